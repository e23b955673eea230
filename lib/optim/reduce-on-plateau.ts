/** @file Smaller steps once the loss has stopped falling. */
import { scope } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { beside, mapLeaves, widestFloat } from "./base.js";
import { optimizer } from "./define.js";
import { type GradientTransformation, transformation } from "./state.js";

export interface PlateauOptions {
  /** What the scale is multiplied by, between 0 and 1. Default 0.1. */
  readonly factor?: number;
  /** Values without progress before the scale is reduced. Default 10. */
  readonly patience?: number;
  /** A value is progress when it is below `(1 - rtol) · best - atol`. Default 1e-4. */
  readonly rtol?: number;
  /** Default 0. */
  readonly atol?: number;
  /** Values after a reduction that are not counted. Default 0. */
  readonly cooldown?: number;
  /** Losses whose mean is one value: more than one for the losses of single batches. Default 1. */
  readonly accumulationSize?: number;
  /** The scale is not reduced below it. Default 0. */
  readonly minScale?: number;
}

export interface PlateauState {
  /** What updates are multiplied by. */
  readonly scale: Tensor;
  readonly bestValue: Tensor;
  /** Values without progress, int32 scalar. */
  readonly plateauCount: Tensor;
  /** Values that are not counted any more, int32 scalar. */
  readonly cooldownCount: Tensor;
  /** Losses in the present mean, int32 scalar, and that mean. */
  readonly count: Tensor;
  readonly meanValue: Tensor;
}

const WHERE = "optim.reduceOnPlateau";

const checked = (options: PlateauOptions): Required<PlateauOptions> => {
  const all = {
    ...{ factor: 0.1, patience: 10, rtol: 1e-4, atol: 0, cooldown: 0, accumulationSize: 1, minScale: 0 },
    ...options,
  };
  const fail = (name: keyof PlateauOptions, expected: string): never => {
    throw new ArgumentError({ where: WHERE, what: `${name} is out of range`, expected, got: `${all[name]}` });
  };
  if (!(all.factor > 0 && all.factor < 1)) fail("factor", "a number between 0 and 1");
  if (!(all.rtol >= 0 && all.rtol <= 1)) fail("rtol", "a number from 0 to 1");
  if (!(all.atol >= 0)) fail("atol", "a number from 0 on");
  if (all.rtol === 0 && all.atol === 0) fail("rtol", "a number above 0, or atol above 0");
  if (!(all.minScale >= 0)) fail("minScale", "a number from 0 on");
  if (!(Number.isInteger(all.patience) && all.patience >= 1)) fail("patience", "a whole number from 1 on");
  if (!(Number.isInteger(all.cooldown) && all.cooldown >= 0)) fail("cooldown", "a whole number from 0 on");
  if (!(Number.isInteger(all.accumulationSize) && all.accumulationSize >= 1)) {
    fail("accumulationSize", "a whole number from 1 on");
  }
  return all;
};

/** The state after a value, which is the mean of the losses so far. */
const afterValue = (state: PlateauState, value: Tensor, options: Required<PlateauOptions>): PlateauState => {
  const { factor, patience, rtol, atol, cooldown, minScale } = options;
  const bound = np.subtract(np.multiply(1 - rtol, state.bestValue), atol);
  const better = np.less(value, bound);
  const waited = np.where(better, 0, np.add(state.plateauCount, 1));
  const cooling = np.greater(state.cooldownCount, 0);
  const full = np.logicalAnd(np.equal(waited, patience), np.logicalNot(cooling));
  const reduced = np.maximum(np.where(full, np.multiply(state.scale, factor), state.scale), minScale);
  return {
    scale: np.where(cooling, state.scale, reduced),
    bestValue: np.where(better, value, state.bestValue),
    plateauCount: np.where(np.logicalOr(cooling, full), 0, waited),
    cooldownCount: np.where(cooling, np.subtract(state.cooldownCount, 1), np.where(full, cooldown, 0)),
    count: np.zerosLike(state.count),
    meanValue: np.zerosLike(state.meanValue),
  };
};

/** @throws {ArgumentError} where the loss was left out */
const givenValue = (value: Tensor | number | undefined): Tensor | number => {
  if (value !== undefined) return value;
  const expected = "update(grads, state, params, { value: loss })";
  throw new ArgumentError({ where: WHERE, what: "this transformation needs the loss", expected, got: "no value" });
};

/**
 * Multiplies updates by a scale, which is reduced where the loss has stopped falling. `update` is given the loss: `{ value }`; a step of
 * `makeTrainStep` gives it.
 *
 * @throws {ArgumentError} for options out of range, and from `update` without a value
 * @see optax's `contrib.reduce_on_plateau`
 * @example
 * const tx = chain(adam({ learningRate: 1e-3 }), reduceOnPlateau({ patience: 5 }));
 * const [updates, next] = tx.update(grads, state, params, { value: loss });
 */
export const reduceOnPlateau = optimizer(
  "optim.reduceOnPlateau({ factor, patience, rtol, atol, cooldown, accumulationSize, minScale })",
  (options: PlateauOptions = {}): GradientTransformation<PlateauState> => {
    const all = checked(options);
    return transformation<PlateauState>({
      init: (params) =>
        scope(() => {
          const dtype = widestFloat(params);
          const zero = (): Tensor => np.scalar(0, "int32");
          return {
            ...{ scale: np.ones([], dtype), bestValue: np.full([], Number.POSITIVE_INFINITY, dtype) },
            ...{ plateauCount: zero(), cooldownCount: zero(), count: zero(), meanValue: np.zeros([], dtype) },
          };
        }),
      update: (grads, state, _params, extra) =>
        scope(() => {
          const { dtype } = state.meanValue;
          const value = np.full([], givenValue(extra?.value), dtype);
          const count = np.add(state.count, 1);
          const sum = np.add(np.multiply(np.astype(state.count, dtype), state.meanValue), value);
          const mean = np.divide(sum, np.astype(count, dtype));
          const after = afterValue(state, mean, all);
          const full = np.equal(count, all.accumulationSize);
          const waiting = { ...state, count, meanValue: mean };
          const next = mapLeaves(WHERE, (a: Tensor, b: Tensor) => np.where(full, a, b), after, waiting);
          const updates = mapLeaves(WHERE, (g) => np.multiply(g, beside(g, next.scale)), grads);
          return [updates, next] as const;
        }),
    });
  },
);
