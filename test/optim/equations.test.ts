/** @file Optimizers against their published equations, written here as loops over plain numbers, in doubles. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { numbers, onReference } from "../helpers/runtime.js";

const Equations = suite("optim/equations");

/** One layer as plain numbers, row by row. */
type Layer = readonly number[];
/** The new weights of a layer from its weights and gradient at step `t`, counted from 1; `memory` is the layer's own. */
type Step = (p: Layer, g: Layer, t: number, memory: Record<string, number[]>, layer: string) => number[];

const SHAPES: Readonly<Record<string, readonly number[]>> = { kernel: [2, 3], bias: [2], gain: [] };
const START: Readonly<Record<string, Layer>> = {
  kernel: [0.5, -1.25, 2, 0.75, -0.5, 1.5],
  bias: [0.25, -0.75],
  gain: [1.25],
};

/** Six steps in float64 equal those of the equations. */
const follows = <S>(tx: optim.GradientTransformation<S>, step: Step): void => {
  onReference(() => {
    const tensors = (x: Readonly<Record<string, Layer>>) => {
      const of = (name: string) => np.array(Float64Array.from(x[name]), { shape: SHAPES[name] });
      return { kernel: of("kernel"), bias: of("bias"), gain: of("gain") };
    };
    let want: Record<string, Layer> = START;
    let params = tensors(START);
    let state = tx.init(params);
    const memory: Record<string, Record<string, number[]>> = { kernel: {}, bias: {}, gain: {} };
    for (let t = 1; t <= 6; t++) {
      const grads: Record<string, Layer> = {};
      const next: Record<string, Layer> = {};
      for (const name of Object.keys(SHAPES)) {
        grads[name] = want[name].map((x, i) => Math.sin(3 * x + t) + 0.1 * i);
        next[name] = step(want[name], grads[name], t, memory[name], name);
      }
      const [updates, after] = tx.update(tensors(grads), state, params);
      params = optim.applyUpdates(params, updates);
      state = after;
      want = next;
      for (const name of ["kernel", "bias", "gain"] as const) {
        numbers(params[name]).forEach((x, i) => {
          assert.ok(Math.abs(x - want[name][i]) < 1e-13, `step ${t}, ${name} ${i}: ${x} and ${want[name][i]}`);
        });
      }
    }
  });
};

/** A moving average that is kept under a name. */
const averaged = (memory: Record<string, number[]>, name: string, decay: number, x: Layer, start = 0): number[] => {
  const old = memory[name] ?? x.map(() => start);
  memory[name] = old.map((m, i) => decay * m + (1 - decay) * x[i]);
  return memory[name];
};
const squares = (x: Layer): number[] => x.map((v) => v * v);
const norm = (x: Layer): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
const unbiased = (x: Layer, decay: number, t: number): number[] => x.map((v) => v / (1 - decay ** t));

Equations("lamb: Algorithm 2 of You et al., with optax's epsilon", () => {
  follows(optim.lamb({ learningRate: 0.05, weightDecay: 0.1, beta1: 0.8, beta2: 0.9 }), (p, g, t, memory) => {
    const m = unbiased(averaged(memory, "m", 0.8, g), 0.8, t);
    const v = unbiased(averaged(memory, "v", 0.9, squares(g)), 0.9, t);
    const r = m.map((x, i) => x / (Math.sqrt(v[i]) + 1e-6) + 0.1 * p[i]);
    return p.map((x, i) => x - 0.05 * (norm(p) / norm(r)) * r[i]);
  });
});

Equations("lars: the local rate is a share of the norms' ratio, then momentum", () => {
  follows(
    optim.lars({ learningRate: 0.5, weightDecay: 0.1, trustCoefficient: 0.2, momentum: 0.7, mask: "kernel" }),
    (p, g, _t, memory, layer) => {
      const decayed = g.map((x, i) => x + (layer === "kernel" ? 0.1 * p[i] : 0));
      const rate = (0.2 * norm(p)) / norm(decayed);
      memory.u = (memory.u ?? p.map(() => 0)).map((u, i) => 0.7 * u + 0.5 * rate * decayed[i]);
      return p.map((x, i) => x - memory.u[i]);
    },
  );
});

Equations("lion: Algorithm 2 of Chen et al.", () => {
  follows(optim.lion({ learningRate: 0.02, weightDecay: 0.3, beta1: 0.8, beta2: 0.95 }), (p, g, _t, memory) => {
    const m = memory.m ?? p.map(() => 0);
    const sign = m.map((x, i) => Math.sign(0.8 * x + 0.2 * g[i]));
    averaged(memory, "m", 0.95, g);
    return p.map((x, i) => x - 0.02 * (sign[i] + 0.3 * x));
  });
});

Equations("nadamw: Dozat's look ahead with a constant decay, and decay of chosen weights", () => {
  follows(
    optim.nadamw({ learningRate: 0.05, weightDecay: 0.2, mask: ["kernel", /gain/] }),
    (p, g, t, memory, layer) => {
      const m = averaged(memory, "m", 0.9, g);
      const v = unbiased(averaged(memory, "v", 0.999, squares(g)), 0.999, t);
      return p.map((x, i) => {
        const ahead = (0.9 * m[i]) / (1 - 0.9 ** (t + 1)) + (0.1 * g[i]) / (1 - 0.9 ** t);
        return x - 0.05 * (ahead / (Math.sqrt(v[i]) + 1e-8) + (layer === "bias" ? 0 : 0.2 * x));
      });
    },
  );
});

Equations("amsgrad never forgets the largest second moment", () => {
  follows(optim.amsgrad({ learningRate: 0.05, beta1: 0.8, beta2: 0.6 }), (p, g, t, memory) => {
    const m = unbiased(averaged(memory, "m", 0.8, g), 0.8, t);
    const v = unbiased(averaged(memory, "v", 0.6, squares(g)), 0.6, t);
    memory.max = v.map((x, i) => Math.max(x, memory.max?.[i] ?? 0));
    return p.map((x, i) => x - (0.05 * m[i]) / (Math.sqrt(memory.max[i]) + 1e-8));
  });
});

Equations("adamaxw divides by a decaying maximum and decays weights", () => {
  follows(optim.adamaxw({ learningRate: 0.05, beta1: 0.8, beta2: 0.7, weightDecay: 0.1 }), (p, g, t, memory) => {
    const m = unbiased(averaged(memory, "m", 0.8, g), 0.8, t);
    memory.v = g.map((x, i) => Math.max(Math.abs(x) + 1e-8, 0.7 * (memory.v?.[i] ?? 0)));
    return p.map((x, i) => x - 0.05 * (m[i] / memory.v[i] + 0.1 * x));
  });
});

Equations("adabelief: Algorithm 2 of Zhuang et al.: the surprise by the first moment after the step", () => {
  follows(optim.adabelief({ learningRate: 0.05, beta2: 0.9, epsilon: 1e-4, epsilonRoot: 1e-3 }), (p, g, t, memory) => {
    const mean = averaged(memory, "m", 0.9, g);
    const m = unbiased(mean, 0.9, t);
    const surprise = g.map((x, i) => (x - mean[i]) ** 2);
    memory.v = averaged(memory, "v", 0.9, surprise).map((x) => x + 1e-3);
    const v = unbiased(memory.v, 0.9, t);
    return p.map((x, i) => x - (0.05 * m[i]) / (Math.sqrt(v[i]) + 1e-4));
  });
});

Equations("yogi: the second moment moves by a step of its own sign", () => {
  follows(optim.yogi({ learningRate: 0.05, beta2: 0.9 }), (p, g, t, memory) => {
    const m = unbiased(averaged(memory, "m", 0.9, g, 1e-6), 0.9, t);
    const old = memory.v ?? p.map(() => 1e-6);
    memory.v = old.map((v, i) => v - 0.1 * Math.sign(v - g[i] ** 2) * g[i] ** 2);
    const v = unbiased(memory.v, 0.9, t);
    return p.map((x, i) => x - (0.05 * m[i]) / (Math.sqrt(v[i]) + 1e-3));
  });
});

Equations("novograd: a norm for each layer, the first taken as it is", () => {
  follows(optim.novograd({ learningRate: 0.05, beta1: 0.8, beta2: 0.3, weightDecay: 0.1 }), (p, g, t, memory) => {
    const square = norm(g) ** 2;
    memory.v = t === 1 ? [square] : [0.3 * memory.v[0] + 0.7 * square];
    const whole = g.map((x, i) => x / (Math.sqrt(memory.v[0]) + 1e-6) + 0.1 * p[i]);
    memory.m = whole.map((x, i) => 0.8 * (memory.m?.[i] ?? 0) + x);
    return p.map((x, i) => x - 0.05 * memory.m[i]);
  });
});

Equations("sm3-II: the bound of an element is the least of its row's and column's", () => {
  follows(optim.sm3({ learningRate: 0.05, momentum: 0.8 }), (p, g, _t, memory, layer) => {
    const [rows, columns] = layer === "kernel" ? [2, 3] : [p.length, 1];
    const row = memory.row ?? new Array<number>(rows).fill(0);
    const column = memory.column ?? new Array<number>(columns).fill(Number.POSITIVE_INFINITY);
    if (layer === "kernel" && memory.column === undefined) column.fill(0);
    const nu = g.map((x, i) => Math.min(row[Math.floor(i / columns)], column[i % columns]) + x * x);
    memory.row = row.map((_, r) => Math.max(...nu.filter((_v, i) => Math.floor(i / columns) === r)));
    if (layer === "kernel") {
      memory.column = column.map((_, c) => Math.max(...nu.filter((_v, i) => i % columns === c)));
    }
    const m = averaged(
      memory,
      "m",
      0.8,
      g.map((x, i) => x / Math.sqrt(nu[i] + 1e-8)),
    );
    return p.map((x, i) => x - 0.05 * m[i]);
  });
});

Equations("signSgd, and ema with and without correction", () => {
  follows(optim.signSgd({ learningRate: 0.1 }), (p, g) => p.map((x, i) => x - 0.1 * Math.sign(g[i])));
  for (const debias of [true, false]) {
    follows(optim.chain(optim.ema(0.8, { debias }), optim.scale(-0.1)), (p, g, t, memory) => {
      const m = averaged(memory, "m", 0.8, g);
      return p.map((x, i) => x - 0.1 * (debias ? m[i] / (1 - 0.8 ** t) : m[i]));
    });
  }
});

Equations("adaptive clipping compares the norms of units: columns of a kernel, vectors as a whole", () => {
  follows(optim.chain(optim.adaptiveGradClip(0.3), optim.scale(-0.1)), (p, g, _t, _memory, layer) => {
    const unit = (i: number): number => (layer === "kernel" ? i % 3 : 0);
    return p.map((x, i) => {
      const of = (y: Layer): number => norm(y.filter((_, j) => unit(j) === unit(i)));
      const most = 0.3 * Math.max(of(p), 1e-3);
      return x - 0.1 * g[i] * Math.min(1, most / of(g));
    });
  });
});

Equations("centralizing takes the mean of each row; scaling by parameters takes their norm or root mean square", () => {
  follows(optim.chain(optim.centralize(), optim.scale(-0.1)), (p, g, _t, _memory, layer) => {
    const mean = (i: number): number => {
      const row = g.slice(3 * Math.floor(i / 3), 3 * Math.floor(i / 3) + 3);
      return row.reduce((a, b) => a + b, 0) / 3;
    };
    return p.map((x, i) => x - 0.1 * (g[i] - (layer === "kernel" ? mean(i) : 0)));
  });
  follows(optim.chain(optim.scaleByParamBlockNorm(1), optim.scale(-0.1)), (p, g) =>
    p.map((x, i) => x - 0.1 * g[i] * Math.max(norm(p), 1)),
  );
  follows(optim.chain(optim.scaleByParamBlockRms(1), optim.scale(-0.1)), (p, g) =>
    p.map((x, i) => x - 0.1 * g[i] * Math.max(norm(p) / Math.sqrt(p.length), 1)),
  );
});

Equations("parameters that are not negative stay so, and NaN is no update", () => {
  onReference(() => {
    const params = { w: np.array([1, 0.5, 0]) };
    const step = <S>(tx: optim.GradientTransformation<S>, g: number[]): number[] =>
      numbers(tx.update({ w: np.array(g) }, tx.init(params), params)[0].w);
    assert.equal(step(optim.keepParamsNonnegative(), [-2, -0.25, 3]), [-1, -0.25, 3]);
    assert.equal(step(optim.zeroNans(), [Number.NaN, 1, Number.POSITIVE_INFINITY]), [0, 1, Number.POSITIVE_INFINITY]);
    assert.equal(step(optim.setToZero(), [1, 2, 3]), [0, 0, 0]);
  });
});

Equations("a trust ratio of a zero update or parameter is 1", () => {
  onReference(() => {
    const tx = optim.scaleByTrustRatio();
    const [zero, some] = [np.zeros([2]), np.array([3, 4])];
    const [updates] = tx.update({ a: some, b: zero, c: some }, {}, { a: zero, b: some, c: some });
    assert.equal(numbers(updates.a), [3, 4]);
    assert.equal(numbers(updates.b), [0, 0]);
    assert.equal(numbers(updates.c), [3, 4]);
  });
});

Equations.run();
