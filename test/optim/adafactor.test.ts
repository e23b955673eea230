import { readFileSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { parseSafetensorsE } from "../../lib/io/safetensors.js";
import * as np from "../../lib/np/index.js";
import { type AdafactorMoments, adafactor, applyUpdates, chain, clipByGlobalNorm } from "../../lib/optim/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { type Case, checkCase, trained, type Whole } from "./adafactor-checks.js";

const Adafactor = suite("optim/adafactor");

const reference = await runtimeFor("reference");

/** The state of the second part of a chain. */
const last = <U, A, B>([updates, [, state]]: readonly [U, readonly [A, B]]): readonly [U, B] => [updates, state];

const files = goldenFiles(Adafactor, "optim/adafactor.test.ts");

/** The tensors of a safetensors file by name. */
const tensorsIn = (path: string): unknown => {
  const stored = parseSafetensorsE(readFileSync(path));
  if (E.isLeft(stored)) throw stored.left;
  return Object.fromEntries(Array.from(stored.right.tensors, ([name, { data }]) => [name, { data }]));
};

for (const [producer, who] of [
  ["t5x", "T5X"],
  ["hf", "Hugging Face"],
] as const) {
  withShared(Adafactor, `twenty steps of every case equal those of ${who}`, (root) => {
    const { cases } = files.open<{ cases: readonly Case[] }>(root, "adafactor.json");
    const whole = files.open<Whole>(root, "adafactor_params.safetensors", tensorsIn);
    withRuntime(reference, () => {
      for (const c of cases) checkCase(producer, trained(producer, c), c, whole);
    });
  });
}

/** The state of T5X's own test after one step: every second moment is a constant. */
const afterOneStep = (moments: Partial<Record<keyof AdafactorMoments, Tensor>>) => ({
  count: np.scalar(1, "int32"),
  moments: { w: { m: null, v: null, vRow: null, vCol: null, ...moments } },
});

Adafactor("one step from a given state gives the numbers of T5X's own test", () => {
  withRuntime(reference, () =>
    scope(() => {
      const ones = { w: np.ones([3, 2]) };
      const constant = (what: string, x: Tensor | null, shape: number[], value: number): void => {
        assert.equal(x?.shape, shape, what);
        for (const v of x?.dataSync() ?? []) assert.ok(Math.abs(v - value) < 1e-6, `${what}: ${v} and ${value}`);
      };
      const clipped = chain(clipByGlobalNorm(1), adafactor({ learningRate: 0.1, minDimSizeToFactor: 0 }));
      const factored = adafactor({ learningRate: 0.1, minDimSizeToFactor: 0 });
      const moments = { vRow: np.full([2], 0.9), vCol: np.full([3], 0.1) };
      for (const [what, [updates, state], row, col] of [
        ["factored", factored.update(ones, afterOneStep(moments), ones), 0.9574349, 0.6169143],
        ["global clip", last(clipped.update(ones, [{}, afterOneStep(moments)], ones)), 0.478811, 0.13829],
      ] as const) {
        const { vRow, vCol } = (state.moments as { w: AdafactorMoments }).w;
        constant(`${what}: vRow`, vRow, [2], row);
        constant(`${what}: vCol`, vCol, [3], col);
        constant(`${what}: params`, applyUpdates(ones, updates).w, [3, 2], 0.9);
        assert.is(state.count.item(), 2);
      }
      const whole = adafactor({ learningRate: 0.1, factored: false, beta1: 0 });
      const start = afterOneStep({ m: np.zeros([3, 2]), v: np.full([3, 2], 0.5) });
      const [updates, state] = whole.update(ones, start, ones);
      const { m, v } = (state.moments as { w: AdafactorMoments }).w;
      constant("v", v, [3, 2], 0.787174);
      constant("m", m, [3, 2], 0.1);
      constant("params", applyUpdates(ones, updates).w, [3, 2], 0.9);
    }),
  );
});

Adafactor("the step offset moves the decay of the second moment", () => {
  withRuntime(reference, () =>
    scope(() => {
      const params = { w: np.ones([2]) };
      // At the offset itself the decay is 0: the moment is the squared gradient, whatever it was before.
      const tx = adafactor({ learningRate: 1, stepOffset: 7, initialStep: 7, epsilon1: 0 });
      const start = { ...tx.init(params), moments: { w: { m: null, v: np.full([2], 5), vRow: null, vCol: null } } };
      const [, state] = tx.update({ w: np.array([2, 3]) }, start, params);
      assert.equal(Array.from((state.moments as { w: { v: Tensor } }).w.v.dataSync()), [4, 9]);
      assert.is(state.count.item(), 8);
    }),
  );
});

Adafactor("started at step 1100000 the first update has root mean square 0.3", () => {
  withRuntime(reference, () =>
    scope(() => {
      const tx = adafactor({ learningRate: 0.3, multiplyByParameterScale: false, initialStep: 1_100_000 });
      const params = { prompt: np.ones([20, 16]) };
      const grads = { prompt: np.add(np.reshape(np.sin(np.arange(320)), [20, 16]), 0.01) };
      const [updates] = tx.update(grads, tx.init(params), params);
      const size = Math.sqrt(np.mean(np.square(updates.prompt)).item());
      assert.ok(Math.abs(size - 0.3) < 1e-6, `${size}`);
    }),
  );
});

Adafactor(
  "a leaf is factored exactly when its second longest axis reaches the limit, over the two longest axes",
  () => {
    withRuntime(reference, () =>
      scope(() => {
        const shapes = (shape: number[], least: number) => {
          const tx = adafactor({ learningRate: 1, minDimSizeToFactor: least });
          const { v, vRow, vCol } = (tx.init({ w: np.zeros(shape) }).moments as { w: AdafactorMoments }).w;
          return [v, vRow, vCol].map((x) => x?.shape.join() ?? null);
        };
        assert.equal(shapes([24, 16], 8), [null, "16", "24"]);
        assert.equal(shapes([24, 16], 32), ["24,16", null, null]);
        assert.equal(shapes([64, 64], 32), [null, "64", "64"]);
        assert.equal(shapes([31, 64], 32), ["31,64", null, null]);
      }),
    );
  },
);

Adafactor("an update can be jitted, and is the same", () => {
  withRuntime(reference, () =>
    scope(() => {
      const tx = adafactor({ learningRate: 0.3, weightDecayRate: 1e-5, multiplyByParameterScale: false });
      const params = { a: np.arange(6, undefined, 1, "float32"), b: [np.ones([2, 2])] };
      const grads = { a: np.full([6], 0.5), b: [np.full([2, 2], -0.25)] };
      const state = tx.init(params);
      using step = jit((g: typeof grads, s: typeof state, p: typeof params) => tx.update(g, s, p));
      const [eager] = tx.update(grads, state, params);
      const [jitted] = step(grads, state, params);
      assert.equal(jitted.a.toArray(), eager.a.toArray());
      assert.equal(jitted.b[0].toArray(), eager.b[0].toArray());
    }),
  );
});

Adafactor.run();
