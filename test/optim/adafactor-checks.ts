/** @file Adafactor on the cases of the golden file, and whether its parameters and state are those of T5X and Hugging Face. */
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { type AdafactorMoments, adafactor, applyUpdates } from "../../lib/optim/index.js";
import {
  assertDigest,
  assertNear,
  assertTensor,
  type Digest,
  type GoldenTensor,
  type Host,
  hostOf,
} from "../helpers/golden.js";

/** T5X's Adafactor, and that of Hugging Face. */
export type Producer = "t5x" | "hf";

export interface Case {
  readonly name: string;
  readonly shape: readonly number[];
  readonly settings: {
    readonly learning_rate: number;
    readonly multiply_by_parameter_scale: boolean;
    readonly weight_decay: number | null;
    readonly decay_rate: number;
    readonly clipping_threshold: number;
    readonly epsilon1: number;
    readonly epsilon2: number;
    readonly beta1: number | null;
    readonly min_dim_size_to_factor: number;
  };
  /** optax factors as T5X does. */
  readonly factored: Readonly<Record<Producer | "optax", boolean>>;
  readonly initial: { readonly numerator: GoldenTensor; readonly denominator: number };
  readonly gradients: {
    readonly q: GoldenTensor;
    readonly row_exponent: readonly number[];
    readonly col_exponent: readonly number[] | null;
    readonly step_exponent: readonly number[];
    readonly fine: number;
    readonly roll: readonly [number, number] | null;
    readonly digest_of_first_three: readonly Digest[];
  };
  readonly params_after_step: Readonly<
    Record<Producer, Readonly<Record<string, GoldenTensor | { digest: Digest; rows: number[]; values: GoldenTensor }>>>
  >;
  readonly state_after_20: Readonly<Record<Producer, Readonly<Record<string, GoldenTensor>>>>;
}

/** Whole tensors of the safetensors file, by `case/producer/step`. */
export type Whole = Readonly<Record<string, { readonly data: ArrayLike<number> }>>;

const PARAMS = { abs: 2e-5, rel: 1e-5 };
const STATE = { abs: 1e-37, rel: 1e-4 };
const STEPS = 20;

/** The gradient of step `t`, as the case's formula gives it: exact in float32. */
const gradient = ({ shape, gradients }: Case, t: number): Float32Array => {
  const { q, row_exponent: byRow, col_exponent: byColumn, step_exponent: byStep, fine, roll } = gradients;
  const [rows, columns] = [shape[0], shape[1] ?? 1];
  const { data } = q;
  return Float32Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    const digit =
      roll === null
        ? data[t * rows * columns + at]
        : data[((i + roll[0] * t) % rows) * columns + ((j + roll[1] * t) % columns)];
    const column = shape.length === 1 ? 0 : (byColumn?.[j] ?? 0);
    return digit * 2 ** (byRow[i] + column + byStep[t] - fine);
  });
};

/** What differs by the producer: Hugging Face factors every matrix, and multiplies its weight decay by the learning rate. */
const optimizerOf = (producer: Producer, { settings: s }: Case) =>
  adafactor({
    learningRate: s.learning_rate,
    decayRate: s.decay_rate,
    multiplyByParameterScale: s.multiply_by_parameter_scale,
    clippingThreshold: s.clipping_threshold,
    epsilon1: s.epsilon1,
    epsilon2: s.epsilon2,
    minDimSizeToFactor: producer === "hf" ? 1 : s.min_dim_size_to_factor,
    ...(s.weight_decay === null
      ? {}
      : { weightDecayRate: producer === "hf" ? s.learning_rate * s.weight_decay : s.weight_decay }),
    ...(s.beta1 === null ? {} : { beta1: s.beta1 }),
  });

/** What our Adafactor makes of a case. */
export interface Trained {
  readonly gradients: readonly Host[];
  /** After each step. */
  readonly params: readonly Host[];
  readonly factored: boolean;
  readonly state: Readonly<Record<"v" | "vRow" | "vCol", Host | undefined>>;
}

/** Twenty steps of a case, by the producer's settings. */
export const trained = (producer: Producer, c: Case): Trained =>
  scope(() => {
    const tx = optimizerOf(producer, c);
    const { numerator, denominator } = c.initial;
    const { q, roll } = c.gradients;
    assert.equal(numerator.shape, c.shape);
    assert.equal(q.shape, roll === null ? [STEPS, ...c.shape] : c.shape);
    const start = Float32Array.from(numerator.data, (x) => x / denominator);
    let params: { w: Tensor } = { w: np.array(start, { shape: c.shape }) };
    let state = tx.init(params);
    const factored = (state.moments as { w: AdafactorMoments }).w.v === null;
    const gradients = Array.from({ length: STEPS }, (_, t) => ({ shape: c.shape, data: gradient(c, t) }));
    const after = gradients.map(({ data, shape }) => {
      const [updates, next] = tx.update({ w: np.array(data, { shape }) }, state, params);
      params = applyUpdates(params, updates);
      state = next;
      return hostOf(params.w);
    });
    const { v, vRow, vCol } = (state.moments as { w: AdafactorMoments }).w;
    const host = (x: Tensor | null): Host | undefined => (x === null ? undefined : hostOf(x));
    return { gradients, params: after, factored, state: { v: host(v), vRow: host(vRow), vCol: host(vCol) } };
  });

const checkParams = (what: string, got: Host, want: Case["params_after_step"][Producer][string]): void => {
  if ("data" in want) {
    assertTensor(what, got, want, PARAMS);
    return;
  }
  assertDigest(what, got, want.digest);
  const width = got.shape[1];
  const data = want.rows.flatMap((row) => Array.from(got.data).slice(row * width, (row + 1) * width));
  assertTensor(`${what}, rows`, { shape: [want.rows.length, width], data }, want.values, PARAMS);
};

/** Asserts that a case went as the producer's. */
export const checkCase = (producer: Producer, got: Trained, c: Case, whole: Whole): void => {
  for (const [t, digest] of c.gradients.digest_of_first_three.entries()) {
    assertDigest(`gradient ${t}`, got.gradients[t], digest);
  }
  assert.is(got.factored, c.factored[producer], `${c.name}: factored`);
  assert.is(c.factored.optax, c.factored.t5x, `${c.name}: optax factors as T5X does`);
  const steps = c.params_after_step[producer];
  assert.equal(Object.keys(steps), ["1", "2", "3", "5", "10", "20"]);
  for (const [step, want] of Object.entries(steps)) {
    const params = got.params[Number(step) - 1];
    checkParams(`${c.name}, step ${step}`, params, want);
    const all = whole[`${c.name}/${producer}/${step}`];
    if (all !== undefined) assertNear(`${c.name}, step ${step}, whole`, params.data, all.data, PARAMS);
  }
  // Hugging Face's rows are the mean over the last axis, ours over the longest.
  const swapped = producer === "hf" && c.shape[0] > c.shape[1];
  const { v, vRow, vCol } = got.state;
  const ours: Record<string, Host | undefined> = { v, v_row: swapped ? vCol : vRow, v_col: swapped ? vRow : vCol };
  const state = c.state_after_20[producer];
  assert.equal(Object.keys(state), got.factored ? ["v_row", "v_col"] : ["v"]);
  for (const [name, want] of Object.entries(state)) assertTensor(`${c.name}: ${name}`, ours[name] as Host, want, STATE);
};
