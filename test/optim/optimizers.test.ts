import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { withRuntime } from "../../lib/core/runtime.js";
import * as np from "../../lib/np/index.js";
import * as optim from "../../lib/optim/index.js";

const Optimizers = suite("optim/optimizers");
const reference = await runtimeFor("reference");

/** Runs five steps on one parameter and compares with the published equations, computed here in doubles. */
const compare = <S>(
  tx: optim.GradientTransformation<S>,
  equations: (p: number[], g: number[], t: number) => number[],
): void => {
  withRuntime(reference, () =>
    scope(() => {
      let p = [0.5, -1.25, 2];
      let params = { w: np.array(p) };
      let state = tx.init(params);
      for (let t = 1; t <= 5; t++) {
        const g = p.map((x, i) => Math.sin(x + t) + 0.1 * i);
        const [updates, next] = tx.update({ w: np.array(g) }, state, params);
        params = optim.applyUpdates(params, updates);
        state = next;
        p = equations(p, g, t);
        const got = params.w.dataSync();
        p.forEach((x, i) => {
          assert.ok(Math.abs(got[i] - x) < 2e-6, `step ${t}: ${got[i]} and ${x}`);
        });
      }
    }),
  );
};

Optimizers("sgd follows the gradient, with momentum and Nesterov's look ahead", () => {
  compare(optim.sgd({ learningRate: 0.1 }), (p, g) => p.map((x, i) => x - 0.1 * g[i]));
  for (const nesterov of [false, true]) {
    const trace = [0, 0, 0];
    compare(optim.sgd({ learningRate: 0.1, momentum: 0.9, nesterov }), (p, g) =>
      p.map((x, i) => {
        trace[i] = g[i] + 0.9 * trace[i];
        return x - 0.1 * (nesterov ? g[i] + 0.9 * trace[i] : trace[i]);
      }),
    );
  }
});

Optimizers("adamw corrects the bias of its moments and decays weights apart from them", () => {
  const [m, v] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  compare(optim.adamw({ learningRate: 0.05, weightDecay: 0.01 }), (p, g, t) =>
    p.map((x, i) => {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] ** 2;
      const step = m[i] / (1 - 0.9 ** t) / (Math.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-8);
      return x - 0.05 * (step + 0.01 * x);
    }),
  );
});

Optimizers("a chain clips by the norm of all leaves before the rest sees the gradient", () => {
  compare(optim.chain(optim.clipByGlobalNorm(0.5), optim.scale(-0.1)), (p, g) => {
    const norm = Math.hypot(...g);
    return p.map((x, i) => x - 0.1 * g[i] * Math.min(1, 0.5 / norm));
  });
});

Optimizers("clipping by elements, by block, and decay are what they say", () => {
  compare(optim.chain(optim.clip(0.3), optim.scale(-1)), (p, g) =>
    p.map((x, i) => x - Math.min(Math.max(g[i], -0.3), 0.3)),
  );
  compare(optim.chain(optim.clipByBlockRms(0.2), optim.scale(-1)), (p, g) => {
    const rms = Math.sqrt(g.reduce((a, x) => a + x * x, 0) / 3);
    return p.map((x, i) => x - g[i] / Math.max(1, rms / 0.2));
  });
  compare(optim.chain(optim.addDecayedWeights(0.1), optim.scale(-1)), (p, g) => p.map((x, i) => x - g[i] - 0.1 * x));
});

Optimizers("gradients of another structure than the parameters are an error with paths", () => {
  withRuntime(reference, () =>
    scope(() => {
      assert.throws(
        () => optim.applyUpdates({ a: np.ones([1]), b: np.ones([1]) }, { a: np.ones([1]) }),
        (e: unknown) => isFluxionError(e, "TreeError") && e.message.includes("b: missing"),
      );
    }),
  );
});

Optimizers.run();
