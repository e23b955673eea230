import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import { dispose } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { messageOf, noLeaks, numbers, onReference, treesClose } from "../helpers/runtime.js";

const Base = suite("optim/base");

type Opaque = optim.GradientTransformation<unknown>;
/** The transformation, whatever its state. */
const opaque = <S>(tx: optim.GradientTransformation<S>): Opaque => tx as unknown as Opaque;

/** A kind of each transformation, by name. */
const ALL: Record<string, Opaque> = {
  adafactor: opaque(optim.adafactor({ learningRate: 0.1, weightDecayRate: 1e-3, beta1: 0.9 })),
  factored: opaque(optim.adafactor({ learningRate: optim.warmup(3, 0.1), minDimSizeToFactor: 2 })),
  adamw: opaque(optim.adamw({ learningRate: 0.1 })),
  sgd: opaque(optim.sgd({ learningRate: 0.1 })),
  nesterov: opaque(optim.sgd({ learningRate: optim.warmup(3, 0.1), momentum: 0.9, nesterov: true })),
  amsgrad: opaque(optim.amsgrad({ learningRate: 0.1 })),
  nadam: opaque(optim.nadam({ learningRate: 0.1 })),
  adamax: opaque(optim.adamax({ learningRate: 0.1 })),
  radam: opaque(optim.radam({ learningRate: 0.1, beta2: 0.7 })),
  adabelief: opaque(optim.adabelief({ learningRate: 0.1 })),
  yogi: opaque(optim.yogi({ learningRate: 0.1 })),
  adagrad: opaque(optim.adagrad({ learningRate: 0.1 })),
  adadelta: opaque(optim.adadelta({ learningRate: 0.1 })),
  rmsprop: opaque(optim.rmsprop({ learningRate: 0.1, momentum: 0.9 })),
  centered: opaque(optim.rmsprop({ learningRate: 0.1, centered: true })),
  lamb: opaque(optim.lamb({ learningRate: 0.1, weightDecay: 0.1, mask: "b/*" })),
  lars: opaque(optim.lars({ learningRate: 0.1, weightDecay: 0.1, trustMask: ["a", "b/0"] })),
  lion: opaque(optim.lion({ learningRate: 0.1 })),
  novograd: opaque(optim.novograd({ learningRate: 0.1 })),
  sm3: opaque(optim.sm3({ learningRate: 0.1 })),
  noisySgd: opaque(optim.noisySgd({ learningRate: 0.1 })),
  ema: opaque(optim.ema(0.9)),
  multiSteps: opaque(optim.multiSteps(optim.adam({ learningRate: 0.1 }), 2)),
  applyIfFinite: opaque(optim.applyIfFinite(optim.adam({ learningRate: 0.1 }), 2)),
  masked: opaque(optim.chain(optim.masked(optim.adam({ learningRate: 0.1 }), ["a", "c"]), optim.scale(0.5))),
  multiTransform: opaque(
    optim.multiTransform(
      { slow: optim.sgd({ learningRate: 0.1 }), fast: optim.adam({ learningRate: 1 }), none: optim.setToZero() },
      (path) => (path === "a" ? "slow" : path === "c" ? "none" : "fast"),
    ),
  ),
  injected: opaque(
    optim.injectHyperparams((h) => optim.adamw(h), { learningRate: optim.warmup(3, 0.1), weightDecay: 0.1 }),
  ),
  perLeaf: opaque(
    optim.chain(
      optim.adaptiveGradClip(0.1),
      optim.centralize(),
      optim.scaleByTrustRatio(),
      optim.scaleByParamBlockNorm(),
      optim.scaleByParamBlockRms(),
      optim.zeroNans(),
      optim.keepParamsNonnegative(),
    ),
  ),
  chain: opaque(
    optim.chain(
      optim.identity(),
      optim.clipByGlobalNorm(0.5),
      optim.clip(0.4),
      optim.clipByBlockRms(0.3),
      optim.addDecayedWeights(0.1),
      optim.scaleBySchedule(optim.warmup(3, 0.1)),
      optim.scale(-1),
    ),
  ),
};

/** Three rows of parameters or gradients; a row is a tree with a vector, a matrix in a list, and a scalar. */
const rows = (seed: number) => {
  const numbersOf = (shape: number[]): Tensor =>
    np.reshape(
      np.sin(
        np.add(
          np.arange(
            shape.reduce((a, b) => a * b),
            undefined,
            1,
            "float32",
          ),
          seed,
        ),
      ),
      shape,
    );
  return { a: numbersOf([3, 2]), b: [numbersOf([3, 2, 3])], c: numbersOf([3]) };
};
type Rows = ReturnType<typeof rows>;
const row = (x: Rows, i: number): Rows => ({
  a: np.slice(x.a, [i]),
  b: [np.slice(x.b[0], [i])],
  c: np.slice(x.c, [i]),
});

/** Two steps, so that the second sees a state. */
const twoSteps =
  (tx: Opaque) =>
  (params: Rows, grads: Rows): { params: Rows; state: unknown } => {
    const [first, state] = tx.update(grads, tx.init(params), params);
    const moved = optim.applyUpdates(params, first);
    const [second, last] = tx.update(grads, state, moved);
    return { params: optim.applyUpdates(moved, second), state: last };
  };

for (const [name, tx] of Object.entries(ALL)) {
  Base(`${name}: compiled is eager, and mapped is one after the other`, () => {
    onReference(() => {
      const [params, grads] = [rows(0.5), rows(2)];
      const f = twoSteps(tx);
      const one = f(row(params, 1), row(grads, 1));
      using compiled = jit(f);
      treesClose(compiled(row(params, 1), row(grads, 1)), one, "jit");
      const mapped = vmap(f)(params, grads);
      treesClose(row(mapped.params, 1), one.params, "vmap");
    });
  });

  Base(`${name}: an eager step leaves its results and nothing else`, () => {
    onReference(() => {
      const [params, grads] = [row(rows(0.5), 0), row(rows(2), 0)];
      noLeaks(() => {
        const state = tx.init(params);
        const [updates, next] = tx.update(grads, state, params);
        const moved = optim.applyUpdates(params, updates);
        dispose([state, updates, next, moved]);
      });
      assert.equal(grads.a.shape, [2], "the gradients are still there");
      grads.a.dataSync();
    });
  });

  Base(`${name}: gradients, parameters and updates that do not fit are refused with the path`, () => {
    onReference(() => {
      const [params, grads] = [row(rows(0.5), 0), row(rows(2), 0)];
      const state = tx.init(params);
      const { c: _, ...fewer } = grads;
      const lacking = messageOf(() => tx.update(fewer, state, params));
      assert.match(lacking ?? "no error", /two trees differ in structure[\s\S]*\bc: (missing|unexpected)/);
      const extra = messageOf(() => tx.update({ ...grads, d: np.ones([1]) }, state, params));
      assert.match(extra ?? "no error", /two trees differ in structure[\s\S]*\bd: (missing|unexpected)/);
      // Without the check it would be broadcast, and the parameter would change its shape.
      const wide = messageOf(() => tx.update({ ...grads, b: [np.ones([1, 2, 3])] }, state, params));
      assert.match(wide ?? "no error", /differ in shape[\s\S]*f32\[1,2,3\][\s\S]*b\[0\]/);
    });
  });
}

Base("Adafactor refuses the state of other settings or parameters", () => {
  onReference(() => {
    const params = { w: np.ones([4, 4]), u: np.ones([2]) };
    const [whole, factored] = [
      optim.adafactor({ learningRate: 1 }),
      optim.adafactor({ learningRate: 1, minDimSizeToFactor: 4 }),
    ];
    const other = messageOf(() => factored.update(params, whole.init(params), params));
    assert.match(other ?? "no error", /state\.moments\.w\.v\b/);
    const fewer = messageOf(() => whole.update<unknown>(params, whole.init<unknown>({ w: params.w }), params));
    assert.match(fewer ?? "no error", /state\.moments\.u: missing/);
  });
});

Base("a state whose leaves have another shape, or are others, is refused with its path", () => {
  onReference(() => {
    const tx = optim.scaleByAdam();
    const params = { w: np.ones([2, 3]) };
    const wide = messageOf(() => tx.update(params, tx.init({ w: np.ones([1, 3]) }), params));
    assert.match(wide ?? "no error", /differ in shape[\s\S]*f32\[1,3\][\s\S]*state\.mu\.w/);
    const fewer = messageOf(() => tx.update<unknown>(params, tx.init<unknown>({ u: np.ones([2, 3]) }), params));
    assert.match(fewer ?? "no error", /state\.mu\.(w|u): (missing|unexpected)/);
  });
});

Base("a schedule scales by the step, counted from 0", () => {
  onReference(() => {
    const tx = optim.scaleBySchedule(optim.linearSchedule(1, 3, 2));
    let state = tx.init({ w: np.ones([1]) });
    const seen = [0, 1, 2, 3].map(() => {
      const [updates, next] = tx.update({ w: np.full([1], 10) }, state, { w: np.ones([1]) });
      state = next;
      return numbers(updates.w)[0];
    });
    assert.equal(seen, [10, 20, 30, 30]);
    assert.is(state.count.item(), 4);
  });
});

Base("a learning rate apart from the optimizer gives the same steps", () => {
  onReference(() => {
    const rate = optim.cosineDecaySchedule(0.1, 5);
    const [params, grads] = [row(rows(0.5), 0), row(rows(2), 0)];
    const apart = opaque(optim.chain(optim.scaleBySchedule(rate), optim.scale(-1)));
    const whole = opaque(optim.sgd({ learningRate: rate }));
    treesClose(twoSteps(apart)(params, grads).params, twoSteps(whole)(params, grads).params, "two ways");
  });
});

Base.run();
