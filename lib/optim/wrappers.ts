/** @file Transformations around another: accumulation, refusing NaN, looking ahead, settings in the state, noise. */
import { scope, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { leavesOf } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { floatOf, givenParams, mapLeaves, perFloat, widestFloat } from "./base.js";
import { type Rate, rateAt } from "./schedules.js";
import {
  type GradientTransformation,
  makesTransformation,
  type OfKey,
  type PerParam,
  type PlainTransformation,
  plain,
  transformation,
  type UpdateExtra,
} from "./state.js";

/** The leaves of the first tree where `condition` holds, else those of the second. */
const choose = <T>(where: string, condition: Tensor, yes: T, no: unknown): T =>
  mapLeaves(where, (a, b) => np.where(condition, a, b), yes, no);

const checkCount = (where: string, what: string, n: number): void => {
  if (Number.isInteger(n) && n >= 1) return;
  throw new ArgumentError({ where, what, expected: "a positive integer", got: `${n}` });
};

const count = (x: number): Tensor => np.scalar(x, "int32");

export interface MultiStepsState<S> {
  /** Gradients in the present sum, int32 scalar from 0 to k - 1. */
  readonly miniStep: Tensor;
  /** Steps that the inner transformation has done, int32 scalar. */
  readonly gradientStep: Tensor;
  /** The mean of the gradients so far, a tree like the parameters. */
  readonly accumulated: PerParam;
  readonly inner: S;
}

/**
 * Collects `k` gradients and gives their mean to the inner transformation; until then the updates are zero.
 *
 * The inner update is computed each time and taken every k-th time, so that the step can be compiled and mapped.
 * @throws {ArgumentError} unless `k` is a positive integer
 * @see optax's `MultiSteps`
 * @example multiSteps(adamw({ learningRate: 1e-3 }), 4) // batches of four times the size
 */
export const multiSteps = makesTransformation(
  "optim.multiSteps(inner, k)",
  <S>(inner: GradientTransformation<S>, k: number): GradientTransformation<MultiStepsState<S>> => {
    const where = "optim.multiSteps";
    const tx = plain(inner);
    checkCount(where, "there is no such number of steps", k);
    return transformation<MultiStepsState<S>>({
      init: (params) =>
        scope(() => ({
          miniStep: count(0),
          gradientStep: count(0),
          accumulated: mapLeaves(where, (p) => np.zerosLike(p), params),
          inner: tx.init(params),
        })),
      update: (grads, state, params, extra) =>
        scope(() => {
          const nth = np.add(state.miniStep, 1);
          const add = (_p: Tensor, mean: Tensor, g: Tensor): Tensor =>
            np.add(mean, np.divide(np.subtract(g, mean), nth));
          const mean = mapLeaves(where, add, params ?? grads, state.accumulated, grads) as typeof grads;
          const [updates, next] = tx.update(mean, state.inner, params, extra);
          const full = np.equal(nth, k);
          const zeros = mapLeaves(where, (x) => np.zerosLike(x), mean);
          return [
            choose(where, full, updates, zeros),
            {
              miniStep: np.where(full, count(0), nth),
              gradientStep: np.add(state.gradientStep, np.astype(full, "int32")),
              accumulated: choose(where, full, zeros, mean),
              inner: choose(where, full, next, state.inner),
            },
          ] as const;
        }),
    });
  },
);

export interface ApplyEveryState {
  /** Gradients in the present sum, int32 scalar from 0 to k - 1. */
  readonly count: Tensor;
  /** Their sum, a tree like the parameters. */
  readonly accumulated: PerParam;
}

/**
 * Gives the sum of `k` updates in every k-th step, and zero in the others. What stands before it in a chain goes on in every step; `multiSteps` lets it
 * wait.
 *
 * @throws {ArgumentError} unless `k` is a positive integer
 * @see optax's `apply_every`
 * @example chain(applyEvery(4), scale(-0.1))
 */
export const applyEvery = makesTransformation(
  "optim.applyEvery(k)",
  (k: number): GradientTransformation<ApplyEveryState> => {
    const where = "optim.applyEvery";
    checkCount(where, "there is no such number of steps", k);
    return transformation<ApplyEveryState>({
      init: (params) =>
        scope(() => ({ count: count(0), accumulated: mapLeaves(where, (p) => np.zerosLike(p), params) })),
      update: (grads, state) =>
        scope(() => {
          const [first, last] = [np.equal(state.count, 0), np.equal(state.count, k - 1)];
          const add = (g: Tensor, sum: Tensor): Tensor => np.where(first, g, np.add(sum, g));
          const accumulated = mapLeaves(where, add, grads, state.accumulated);
          const updates = mapLeaves(where, (sum) => np.where(last, sum, np.zerosLike(sum)), accumulated);
          return [updates, { count: np.where(last, count(0), np.add(state.count, 1)), accumulated }] as const;
        }),
    });
  },
);

export interface ApplyIfFiniteState<S> {
  /** Refused gradients since the last that was taken, int32 scalar. */
  readonly notFiniteCount: Tensor;
  /** Whether the last gradient was finite, bool scalar. */
  readonly lastFinite: Tensor;
  /** Gradients that were not finite in all, int32 scalar. */
  readonly totalNotFinite: Tensor;
  readonly inner: S;
}

/**
 * Leaves parameters and state as they are when a gradient holds NaN or an infinity.
 *
 * - `maxConsecutiveErrors`: after so many in a row the next is taken nevertheless, so that the failure shows
 * @see optax's `apply_if_finite`
 */
export const applyIfFinite = makesTransformation(
  "optim.applyIfFinite(inner, maxConsecutiveErrors)",
  <S>(
    inner: GradientTransformation<S>,
    maxConsecutiveErrors: number,
  ): GradientTransformation<ApplyIfFiniteState<S>> => {
    const where = "optim.applyIfFinite";
    const tx = plain(inner);
    return transformation<ApplyIfFiniteState<S>>({
      init: (params) =>
        scope(() => ({
          notFiniteCount: count(0),
          lastFinite: np.scalar(true),
          totalNotFinite: count(0),
          inner: tx.init(params),
        })),
      update: (grads, state, params, extra) =>
        scope(() => {
          const [updates, next] = tx.update(grads, state.inner, params, extra);
          const finite = leavesOf(grads)
            .map((g) => np.all(np.isfinite(g as Tensor)))
            .reduce((a, b) => np.logicalAnd(a, b), np.scalar(true));
          const notFiniteCount = np.where(finite, count(0), np.add(state.notFiniteCount, 1));
          const taken = np.logicalOr(finite, np.greater(notFiniteCount, maxConsecutiveErrors));
          const zeros = mapLeaves(where, (u) => np.zerosLike(u), updates);
          return [
            choose(where, taken, updates, zeros),
            {
              notFiniteCount,
              lastFinite: finite,
              totalNotFinite: np.add(state.totalNotFinite, np.astype(np.logicalNot(finite), "int32")),
              inner: choose(where, taken, next, state.inner),
            },
          ] as const;
        }),
    });
  },
);

/** Two sets of parameters of one structure: the fast ones, whose gradient is taken, and the slow ones, which are the result. */
export interface LookaheadParams<P> {
  readonly fast: P;
  readonly slow: P;
}

export interface LookaheadState<S> {
  /** State of the optimizer of the fast parameters. */
  readonly fast: OfKey<"fast", S>;
  /** Steps since the two were made equal, int32 scalar. */
  readonly stepsSinceSync: Tensor;
}

/** Both sets, equal at the start. The slow ones are copies, so that each can be disposed. */
export const lookaheadParams = takes(
  "optim.lookaheadParams(params)",
  <P>(params: P): LookaheadParams<P> => ({
    fast: params,
    slow: scope(() => mapLeaves("optim.lookaheadParams", (p) => np.add(p, 0), params)),
  }),
);

/**
 * Every `syncPeriod` steps the slow parameters go a share `slowStepSize` of the way to the fast ones, which then go on from there.
 *
 * Parameters and updates are a `LookaheadParams`; the slow part of the gradient is not looked at.
 * @see Zhang et al. 2019, arXiv:1907.08610; optax's `lookahead`
 */
export const lookahead = makesTransformation(
  "optim.lookahead(fast, syncPeriod, slowStepSize)",
  <S>(
    fast: GradientTransformation<S>,
    syncPeriod: number,
    slowStepSize: number,
  ): GradientTransformation<LookaheadState<S>> => {
    const where = "optim.lookahead";
    const tx = plain(fast);
    checkCount(where, "there is no such period", syncPeriod);
    const pair = (x: unknown): LookaheadParams<unknown> => {
      if (typeof x === "object" && x !== null && "fast" in x && "slow" in x) return x as LookaheadParams<unknown>;
      const hint = "make parameters with optim.lookaheadParams";
      throw new ArgumentError({ where, what: "not two sets of parameters", expected: "{ fast, slow }", hint });
    };
    return transformation<LookaheadState<S>>({
      init: (params) => scope(() => ({ fast: tx.init(pair(params).fast), stepsSinceSync: count(0) })),
      update: (grads, state, params, extra) =>
        scope(() => {
          const now = pair(givenParams(where, params));
          const [updates, next] = tx.update(pair(grads).fast, state.fast, now.fast, extra);
          const done = np.add(state.stepsSinceSync, 1);
          const sync = np.equal(done, syncPeriod);
          const slowUpdate = (f: Tensor, s: Tensor, u: Tensor): Tensor =>
            np.where(sync, np.multiply(slowStepSize, np.subtract(np.add(f, u), s)), np.zerosLike(s));
          const slow = mapLeaves(where, slowUpdate, now.fast, now.slow, updates);
          const fastUpdate = (f: Tensor, s: Tensor, u: Tensor, su: Tensor): Tensor =>
            np.where(sync, np.subtract(np.add(s, su), f), u);
          const both = { fast: mapLeaves(where, fastUpdate, now.fast, now.slow, updates, slow), slow };
          return [both as typeof grads, { fast: next, stepsSinceSync: np.where(sync, count(0), done) }] as const;
        }),
    });
  },
);

export interface InjectState<H, S> {
  /** Steps done, int32 scalar. */
  readonly count: Tensor;
  /** The settings of the last step; what was a number can be replaced by another scalar. They are float64 beside float64 leaves. */
  readonly hyperparams: { readonly [K in keyof H]: Tensor };
  readonly inner: S;
}

/**
 * A transformation whose settings are part of the state: they can be seen, and changed between the steps of a compiled function.
 *
 * - `make`: the transformation for settings that are tensors, such as a learning rate or a weight decay
 * - `hyperparams`: numbers, or schedules, which are evaluated at each step
 * @see optax's `inject_hyperparams`
 * @example
 * const tx = injectHyperparams((h) => adamw(h), { learningRate: 1e-3, weightDecay: 1e-4 });
 * const slower = { ...state, hyperparams: { ...state.hyperparams, learningRate: np.scalar(1e-4) } };
 */
export const injectHyperparams = makesTransformation(
  "optim.injectHyperparams(make, hyperparams)",
  <const H extends Readonly<Record<string, Rate>>, S>(
    make: (hyperparams: { readonly [K in keyof H]: Tensor }) => GradientTransformation<S>,
    hyperparams: H,
  ): GradientTransformation<InjectState<H, S>> => {
    type Values = { readonly [K in keyof H]: Tensor };
    const at = (step: Tensor, beside: unknown, value: (name: string, rate: Rate) => Tensor | number): Values => {
      const dtype = widestFloat(beside);
      return Object.fromEntries(
        Object.entries(hyperparams).map(([name, rate]) => {
          const now = typeof rate === "function" ? rateAt(rate, step, dtype) : value(name, rate);
          return [name, np.full([], now, dtype)];
        }),
      ) as Values;
    };
    const init = (params: unknown) =>
      scope(() => {
        const values = at(count(0), params, (_name, rate) => rateAt(rate, count(0), widestFloat(params)));
        return { count: count(0), hyperparams: values, inner: plain(make(values)).init(params) };
      });
    const update = <P>(grads: P, state: ReturnType<typeof init>, params?: unknown, extra?: UpdateExtra) =>
      scope(() => {
        const values = at(state.count, grads, (name) => state.hyperparams[name]);
        const [updates, inner] = plain(make(values)).update(grads, state.inner, params, extra);
        return [updates, { count: np.add(state.count, 1), hyperparams: values, inner }] as const;
      });
    return transformation({ init, update } as unknown as PlainTransformation<InjectState<H, S>>);
  },
);

export interface NoiseState {
  /** Steps done, int32 scalar. */
  readonly count: Tensor;
  /** The key of the next step, uint32[2]. */
  readonly key: Tensor;
}

/**
 * Adds normal noise of variance `eta / t ** gamma` at step `t`, counted from 1. The keys are split as optax splits them, and the noise of a
 * leaf is drawn in its dtype, so that the numbers are optax's.
 *
 * @see Neelakantan et al. 2015, arXiv:1511.06807; optax's `add_noise`
 */
export const addNoise = makesTransformation(
  "optim.addNoise(eta, gamma, seed)",
  (eta: number, gamma: number, seed: number): GradientTransformation<NoiseState> =>
    transformation<NoiseState>({
      init: () => scope(() => ({ count: count(0), key: random.key(seed) })),
      update: (grads, state, params) =>
        scope(() => {
          const steps = np.add(state.count, 1);
          const deviation = perFloat((dtype) => np.sqrt(np.multiply(eta, np.power(np.astype(steps, dtype), -gamma))));
          const [next, sample] = random.subkeys(state.key);
          const keys = random.subkeys(sample, leavesOf(grads).length);
          let leaf = 0;
          const noisy = (_p: Tensor, g: Tensor): Tensor =>
            np.add(g, np.multiply(deviation(g), random.normal(keys[leaf++], g.shape, { dtype: floatOf(g) })));
          const updates = mapLeaves("optim.addNoise", noisy, params ?? grads, grads);
          return [updates as typeof grads, { count: steps, key: next }] as const;
        }),
    }),
);
