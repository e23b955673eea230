/**
 * @file A line search: how far to go in a direction, so that the loss falls enough and its slope is small (the strong Wolfe conditions).
 *
 * The step grows until an interval is found that holds a good one, and the interval shrinks by cubic or quadratic interpolation, or by halves.
 *
 * @see Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6; Hager and Zhang 2006 for the approximate decrease; optax's
 * `scale_by_zoom_linesearch`
 */
import { scope, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { cond } from "../transforms/cond.js";
import { valueAndGrad } from "../transforms/grad.js";
import { whileLoop } from "../transforms/while.js";
import { type Float, floatOf, givenParams, mapLeaves, widestFloat } from "./base.js";
import { optimizer } from "./define.js";
import { dotOf } from "./dot.js";
import { errorsOf, insideOf, type Point } from "./line-points.js";
import { type GradientTransformation, type PerParam, transformation, type UpdateExtra } from "./state.js";

export interface LineSearchOptions {
  /** Most evaluations of the loss and its gradient in a step. */
  readonly maxSteps: number;
  /** The step that is tried first: 1, or that of the search before. Default "keep". */
  readonly initialGuess?: "one" | "keep";
  /** Default: steps may grow without a bound. */
  readonly maxLearningRate?: number;
  /** Errors of both conditions up to it are none. Default 0. */
  readonly tolerance?: number;
  /** What a step grows by until the interval is found. Default 2. */
  readonly increaseFactor?: number;
  /** The loss falls enough where it falls by this share of what the slope promises. Default 1e-4. */
  readonly slopeShare?: number;
  /** The slope is small enough below this share of the first one. Default 0.9. */
  readonly curvatureShare?: number;
  /** Where the loss differs by less than this share of it, the slope alone says whether it falls; null: never. Default 1e-6. */
  readonly approximateShare?: number | null;
  /** An interval as short as this is not searched further. Default 1e-5. */
  readonly precision?: number;
}

export interface LineSearchState {
  /** The step that was found. */
  readonly learningRate: Tensor;
  /** The loss after the step. */
  readonly value: Tensor;
  /** Its gradient, a tree like the parameters. */
  readonly grad: PerParam;
  /** Evaluations of the last search, int32 scalar. */
  readonly searchSteps: Tensor;
  /** How far the last search missed the decrease; 0 where it was enough. */
  readonly decreaseError: Tensor;
  /** How far it missed the small slope. */
  readonly curvatureError: Tensor;
}

/** A point with the gradient at it. */
interface Reached extends Point {
  readonly grad: unknown;
}

interface Search {
  readonly count: Tensor;
  /** Whether an interval is known that holds a good step. */
  readonly found: Tensor;
  readonly done: Tensor;
  readonly failed: Tensor;
  readonly at: Reached;
  readonly low: Point;
  readonly high: Point;
  /** A third point for the cubic. */
  readonly third: Point;
  /** The best point so far where the loss has fallen enough. */
  readonly safe: Reached;
  readonly decreaseError: Tensor;
  readonly curvatureError: Tensor;
}

type Settings = Required<Omit<LineSearchOptions, "maxLearningRate">> & Pick<LineSearchOptions, "maxLearningRate">;

const WHERE = "optim.scaleByZoomLinesearch";

/** The tree where a condition holds, else the other one. */
const either = <T>(condition: Tensor, yes: T, no: T): T =>
  mapLeaves(WHERE, (a: Tensor, b: Tensor) => np.where(condition, a, b), yes, no);

const pointOf = ({ step, value, slope }: Point): Point => ({ step, value, slope });

/** What a trial says of the interval: which ends it becomes. */
type Ends = Pick<Search, "low" | "high" | "third" | "safe" | "found">;

/** While the interval is sought: the trial is beyond the last point. */
const growing = (state: Search, trial: Reached, decrease: Tensor, good: Tensor): Ends => {
  const [now, before] = [pointOf(trial), pointOf(state.at)];
  const risen = np.logicalAnd(np.greaterEqual(now.value, before.value), np.greater(state.count, 0));
  const isHigh = np.logicalOr(np.greater(decrease, 0), risen);
  const isLow = np.logicalAnd(np.greaterEqual(now.slope, 0), np.logicalNot(isHigh));
  const low = either(isLow, now, before);
  return {
    low,
    high: either(isLow, before, now),
    third: low,
    safe: either(np.equal(decrease, 0), trial, state.safe),
    found: np.logicalOr(np.logicalOr(isHigh, isLow), good),
  };
};

/** Once it is known: the trial is inside. */
const shrinking = ({ low, high, safe, found }: Search, trial: Reached, decrease: Tensor): Ends => {
  const now = pointOf(trial);
  const isHigh = np.logicalOr(np.greater(decrease, 0), np.greaterEqual(now.value, low.value));
  const ahead = np.greaterEqual(np.multiply(now.slope, np.subtract(high.step, low.step)), 0);
  const lowIsHigh = np.logicalAnd(ahead, np.logicalNot(isHigh));
  const better = np.logicalAnd(np.equal(decrease, 0), np.less(now.value, safe.value));
  return {
    low: either(isHigh, low, now),
    high: either(isHigh, now, either(lowIsHigh, low, high)),
    third: either(np.logicalOr(isHigh, lowIsHigh), high, low),
    safe: either(better, trial, safe),
    found,
  };
};

/** The search along one direction. `lossAt` gives what is reached by a step. */
const searched = (start: Reached, guess: Tensor, lossAt: (step: Tensor) => Reached, settings: Settings): Search => {
  const { maxSteps, maxLearningRate, increaseFactor, precision, tolerance } = settings;
  const { dtype } = start.value;
  const [no, infinite] = [np.scalar(false), np.full([], Number.POSITIVE_INFINITY, dtype)];
  const first: Search = {
    ...{ count: np.scalar(0, "int32"), found: no, done: no, failed: no, at: start, safe: start },
    ...{ low: pointOf(start), high: pointOf(start), third: pointOf(start) },
    ...{ decreaseError: infinite, curvatureError: infinite },
  };
  const largest = maxLearningRate ?? Number.POSITIVE_INFINITY;
  const turn = (state: Search): Search => {
    const larger = np.where(np.equal(state.count, 0), guess, np.multiply(increaseFactor, state.at.step));
    const trial = lossAt(
      np.where(state.found, insideOf(state.low, state.high, state.third), np.minimum(larger, largest)),
    );
    const { decrease, curvature } = errorsOf(trial, start, settings);
    const near = (error: Tensor): Tensor => np.where(np.lessEqual(error, tolerance), 0, error);
    const good = np.logicalAnd(np.equal(near(decrease), 0), np.equal(near(curvature), 0));
    const ends = either(
      state.found,
      shrinking(state, trial, near(decrease)),
      growing(state, trial, near(decrease), good),
    );
    const atBound = np.logicalAnd(np.greaterEqual(larger, largest), np.logicalNot(ends.found));
    const done = np.logicalOr(good, np.logicalAnd(np.logicalNot(state.found), atBound));
    const short = np.lessEqual(np.abs(np.subtract(state.high.step, state.low.step)), precision);
    const stuck = np.logicalAnd(np.logicalAnd(state.found, short), np.greater(ends.safe.step, 0));
    const count = np.add(state.count, 1);
    const over = np.logicalOr(np.greaterEqual(count, maxSteps), stuck);
    const failed = np.logicalAnd(over, np.logicalNot(done));
    return { ...ends, count, done, failed, at: trial, decreaseError: decrease, curvatureError: curvature };
  };
  const goesOn = ({ done, failed }: Search): Tensor => np.logicalNot(np.logicalOr(done, failed));
  const last = whileLoop(goesOn as never, turn as never, first as never) as unknown as Search;
  // What falls enough is taken where both conditions cannot be met, and nothing where the loss is nowhere a number.
  const outside = np.isinf(last.decreaseError);
  const retreats = np.logicalAnd(last.failed, np.logicalOr(np.greater(last.safe.step, 0), outside));
  return { ...last, at: either(retreats, last.safe, last.at) };
};

/** The loss as a function of the parameters. @throws {ArgumentError} where it was left out */
const lossOf = (extra: UpdateExtra | undefined): ((params: unknown) => Tensor) => {
  if (extra?.valueFn !== undefined) return extra.valueFn as (params: unknown) => Tensor;
  const [what, expected] = [
    "a line search needs the loss",
    "update(grads, state, params, { valueFn: (params) => loss })",
  ];
  throw new ArgumentError({ where: WHERE, what, expected, got: "no valueFn" });
};

const settingsOf = (options: LineSearchOptions): Settings => {
  const all: Settings = {
    ...{ initialGuess: "keep", tolerance: 0, increaseFactor: 2, slopeShare: 1e-4, curvatureShare: 0.9 },
    ...{ approximateShare: 1e-6, precision: 1e-5 },
    ...options,
  };
  const { maxSteps, initialGuess } = all;
  const fail = (name: string, expected: string, got: unknown): never => {
    throw new ArgumentError({ where: WHERE, what: `${name} is out of range`, expected, got: `${got}` });
  };
  if (!(Number.isInteger(maxSteps) && maxSteps >= 1)) fail("maxSteps", "a whole number from 1 on", maxSteps);
  if (!["one", "keep"].includes(initialGuess)) fail("initialGuess", '"one" or "keep"', initialGuess);
  if (!(all.increaseFactor > 1)) fail("increaseFactor", "a number above 1", all.increaseFactor);
  return all;
};

/**
 * Scales updates by a step that a line search finds: it goes on until the loss has fallen enough and its slope is small. It comes last in a chain,
 * after a direction in which the loss falls. `update` is given the loss: `{ valueFn }`; with `value` and `grad`, which are known already, it is evaluated once less.
 *
 * @throws {ArgumentError} for options out of range, and from `update` without the loss
 * @see optax's `scale_by_zoom_linesearch`
 * @example
 * const tx = chain(sgd({ learningRate: 1 }), scaleByZoomLinesearch({ maxSteps: 15 }));
 * const [updates, next] = tx.update(grads, state, params, { valueFn: loss });
 */
export const scaleByZoomLinesearch = optimizer(
  "optim.scaleByZoomLinesearch({ maxSteps, initialGuess, maxLearningRate, tolerance, increaseFactor, slopeShare, curvatureShare, approximateShare, precision })",
  (options: LineSearchOptions): GradientTransformation<LineSearchState> => {
    const settings = settingsOf(options);
    return transformation<LineSearchState>({
      init: (params) =>
        scope(() => {
          const dtype = widestFloat(params);
          const infinite = (): Tensor => np.full([], Number.POSITIVE_INFINITY, dtype);
          return {
            ...{ learningRate: np.ones([], dtype), value: infinite(), searchSteps: np.scalar(0, "int32") },
            grad: mapLeaves(WHERE, (p) => np.zerosLike(p), params),
            ...{ decreaseError: infinite(), curvatureError: infinite() },
          };
        }),
      update: (updates, state, params, extra) =>
        scope(() => {
          const [loss, from] = [lossOf(extra), givenParams(WHERE, params)];
          const dtype = widestFloat(from);
          const lossAndGrad = valueAndGrad(loss as never) as unknown as (at: unknown) => readonly [Tensor, unknown];
          const reached = (step: Tensor, [value, grad]: readonly [Tensor | number, unknown]): Reached => ({
            ...{ step, value: np.full([], value, dtype), grad },
            slope: np.astype(dotOf(grad, updates), dtype),
          });
          const move = (p: Tensor, u: Tensor, step: Tensor): Tensor =>
            np.add(p, np.multiply(np.astype(step, floatOf(p)), u));
          const lossAt = (step: Tensor): Reached =>
            reached(step, lossAndGrad(mapLeaves(WHERE, (p: Tensor, u: Tensor) => move(p, u, step), from, updates)));
          const known = extra?.value !== undefined && extra.grad !== undefined;
          const start = reached(
            np.zeros([], dtype),
            known ? [extra.value as Tensor | number, extra.grad] : lossAndGrad(from),
          );
          const guess = settings.initialGuess === "one" ? np.ones([], dtype) : state.learningRate;
          const { at, count, decreaseError, curvatureError } = searched(start, guess, lossAt, settings);
          const scaled = mapLeaves(WHERE, (u) => np.multiply(u, np.astype(at.step, floatOf(u))), updates);
          const found = { learningRate: at.step, value: at.value, grad: at.grad, searchSteps: count };
          return [scaled, { ...found, decreaseError, curvatureError }] as const;
        }),
    });
  },
);

/** The state of a line search in that of a chain. */
const searchIn = (state: unknown): { readonly value: Tensor; readonly grad: unknown } | undefined => {
  if (typeof state !== "object" || state === null) return undefined;
  if ("learningRate" in state && "value" in state && "grad" in state) return state as never;
  for (const part of Object.values(state)) {
    const found = searchIn(part);
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * A function of parameters and the optimizer's state that gives the loss and its gradient: those that the line search has left in the state, which
 * are of these parameters; before the first step it computes them.
 *
 * @throws {ArgumentError} for a state without a line search
 * @see optax's `value_and_grad_from_state`
 * @example
 * const lossAndGrad = valueAndGradFromState(loss);
 * const [value, grad] = lossAndGrad(params, state);
 * const [updates, next] = tx.update(grad, state, params, { value, grad, valueFn: loss });
 */
export const valueAndGradFromState = takes(
  "optim.valueAndGradFromState(valueFn)",
  <P>(valueFn: (params: P) => Tensor) =>
    (params: P, state: unknown): readonly [value: Tensor, grad: P] => {
      const known = searchIn(state);
      if (known === undefined) {
        const [what, expected] = [
          "the state has no line search",
          "the state of lbfgs, or of a chain with a line search",
        ];
        throw new ArgumentError({ where: "optim.valueAndGradFromState", what, expected, got: "another state" });
      }
      const fresh = valueAndGrad(valueFn as never) as unknown as (at: P) => readonly [Tensor, P];
      return cond(
        np.isfinite(known.value),
        () => [known.value, known.grad] as never,
        () => {
          const [value, grad] = fresh(params);
          return [np.astype(value, known.value.dtype as Float), grad] as never;
        },
      ) as never;
    },
);
