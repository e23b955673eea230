import { readFileSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { parseSafetensors } from "../../lib/io/safetensors.js";
import * as np from "../../lib/np/index.js";
import { type AdafactorMoments, adafactor, applyUpdates, chain, clipByGlobalNorm } from "../../lib/optim/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { assertDigest, assertNear, type Digest, type GoldenTensor } from "../helpers/golden.js";
import { readSharedJson, withShared } from "../helpers/shared.js";

const Adafactor = suite("optim/adafactor");

const reference = await runtimeFor("reference");

/** T5X's Adafactor, and that of Hugging Face. */
type Producer = "t5x" | "hf";

interface Case {
  readonly name: string;
  readonly shape: readonly number[];
  readonly settings: {
    readonly learning_rate: number;
    readonly multiply_by_parameter_scale: boolean;
    readonly weight_decay: number | null;
    readonly decay_rate: number;
    readonly clipping_threshold: number;
    readonly beta1: number | null;
    readonly min_dim_size_to_factor: number;
  };
  readonly factored: Readonly<Record<Producer, boolean>>;
  readonly initial: { readonly numerator: GoldenTensor; readonly denominator: number };
  readonly gradients: {
    readonly q: GoldenTensor;
    readonly row_exponent: readonly number[];
    readonly col_exponent: readonly number[] | null;
    readonly step_exponent: readonly number[];
    readonly fine: number;
    readonly roll: readonly [number, number] | null;
  };
  readonly params_after_step: Record<
    Producer,
    Record<string, GoldenTensor | { digest: Digest; rows: number[]; values: GoldenTensor }>
  >;
  readonly state_after_20: Record<Producer, Record<string, GoldenTensor>>;
}

/** The gradient of step `t`, as the case's formula gives it: exact in float32. */
const gradient = ({ shape, gradients: g }: Case, t: number): Float32Array => {
  const [rows, columns] = [shape[0], shape[1] ?? 1];
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    const q =
      g.roll === null
        ? g.q.data[t * rows * columns + at]
        : g.q.data[((i + g.roll[0] * t) % rows) * columns + ((j + g.roll[1] * t) % columns)];
    const column = shape.length === 1 ? 0 : (g.col_exponent?.[j] ?? 0);
    return q * 2 ** (g.row_exponent[i] + column + g.step_exponent[t] - g.fine);
  });
};

/** The state of the second part of a chain. */
const last = <U, A, B>([updates, [, state]]: readonly [U, readonly [A, B]]): readonly [U, B] => [updates, state];

const PARAMS = { abs: 2e-5, rel: 1e-5 };
const STATE = { abs: 1e-37, rel: 1e-4 };

/** What differs by the producer: Hugging Face factors every matrix, and multiplies its weight decay by the learning rate. */
const optionsOf = (producer: Producer, { settings: s }: Case) => ({
  minDimSizeToFactor: producer === "hf" ? 1 : s.min_dim_size_to_factor,
  ...(s.weight_decay === null
    ? {}
    : { weightDecayRate: producer === "hf" ? s.learning_rate * s.weight_decay : s.weight_decay }),
});

const twentySteps = (producer: Producer) => (root: string) => {
  const { cases } = readSharedJson<{ cases: Case[] }>(root, "golden/adafactor.json");
  const stored = parseSafetensors(readFileSync(`${root}/golden/adafactor_params.safetensors`));
  if (E.isLeft(stored)) throw stored.left;
  withRuntime(reference, () => {
    for (const c of cases) {
      scope(() => {
        const { settings: s } = c;
        const tx = adafactor({
          learningRate: s.learning_rate,
          decayRate: s.decay_rate,
          multiplyByParameterScale: s.multiply_by_parameter_scale,
          clippingThreshold: s.clipping_threshold,
          ...optionsOf(producer, c),
          ...(s.beta1 === null ? {} : { beta1: s.beta1 }),
        });
        const { numerator, denominator } = c.initial;
        let params: { w: Tensor } = {
          w: np.array(
            Float32Array.from(numerator.data, (x) => x / denominator),
            { shape: c.shape },
          ),
        };
        let state = tx.init(params);
        assert.is((state.moments as { w: AdafactorMoments }).w.v === null, c.factored[producer], `${c.name}: factored`);
        for (let t = 0; t < 20; t++) {
          const [updates, next] = tx.update({ w: np.array(gradient(c, t), { shape: c.shape }) }, state, params);
          params = applyUpdates(params, updates);
          state = next;
          const want = c.params_after_step[producer][String(t + 1)];
          if (want === undefined) continue;
          const got = params.w.dataSync();
          const what = `${c.name}, step ${t + 1}`;
          const whole = stored.right.tensors.get(`${c.name}/${producer}/${t + 1}`);
          if (whole !== undefined) assertNear(what, got, whole.data, PARAMS);
          if ("data" in want) assertNear(what, got, want.data, PARAMS);
          else {
            assertDigest(what, got, want.digest);
            const width = c.shape[1];
            want.rows.forEach((row, i) => {
              const values = want.values.data.slice(i * width, (i + 1) * width);
              assertNear(`${what}, row ${row}`, got.slice(row * width, (row + 1) * width), values, PARAMS);
            });
          }
        }
        const { v, vRow, vCol } = (state.moments as { w: AdafactorMoments }).w;
        const golden = c.state_after_20[producer];
        // Hugging Face's rows are the mean over the last axis, ours over the longest.
        const swapped = producer === "hf" && c.shape[0] > c.shape[1];
        for (const [name, tensor] of [
          ["v", v],
          [swapped ? "v_col" : "v_row", vRow],
          [swapped ? "v_row" : "v_col", vCol],
        ] as const) {
          if (golden[name] !== undefined)
            assertNear(`${c.name}: ${name}`, (tensor as Tensor).dataSync(), golden[name].data, STATE);
        }
      });
    }
  });
};
withShared(Adafactor, "twenty steps of every case equal T5X's", twentySteps("t5x"));
withShared(Adafactor, "twenty steps of every case equal Hugging Face's", twentySteps("hf"));

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
