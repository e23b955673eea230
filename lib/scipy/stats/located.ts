/** @file Continuous distributions moved and scaled: functions of `(x - loc) / scale`, made from those of the standard distribution. */
import { composite } from "../../core/composite.js";
import type { Tensor, TensorLike } from "../../core/tensor.js";
import * as np from "../../np/index.js";
import { promoteFloat } from "../../np/promote.js";

/** Where a distribution lies and how wide it is, by name. */
export interface Located {
  readonly loc?: TensorLike;
  readonly scale?: TensorLike;
}
type Loc = TensorLike | Located;
type Scale = TensorLike | Pick<Located, "scale">;

/** A function of a distribution without a shape parameter. */
export type OfNone = (x: TensorLike, loc?: Loc, scale?: Scale) => Tensor;
/** A function of a distribution with one shape parameter. */
export type OfOne = (x: TensorLike, a: TensorLike, loc?: Loc, scale?: Scale) => Tensor;
/** A function of a distribution with two shape parameters. */
export type OfTwo = (x: TensorLike, a: TensorLike, b: TensorLike, loc?: Loc, scale?: Scale) => Tensor;

/** A function of the standard distribution: of a value, or of a probability, and of the shape parameters. */
export type Standard = (z: Tensor, ...shapes: Tensor[]) => Tensor;

/** What a function of the standard distribution becomes when it is moved and scaled. */
type Moved = (f: Standard, x: Tensor, loc: Tensor, scale: Tensor, shapes: readonly Tensor[]) => Tensor;

/** A probability, or its logarithm. */
export const probability: Moved = (f, x, loc, scale, shapes) => f(np.divide(np.subtract(x, loc), scale), ...shapes);
/** A logarithm of a density. */
export const logDensity: Moved = (f, x, loc, scale, shapes) =>
  np.subtract(probability(f, x, loc, scale, shapes), np.log(scale));
/** A density, from the logarithm of the standard one. */
export const density: Moved = (...given) => np.exp(logDensity(...given));
/** A value at which a probability is reached. */
export const quantile: Moved = (f, q, loc, scale, shapes) => np.add(np.multiply(f(q, ...shapes), scale), loc);

/** NaN where the scale or a shape parameter is not above 0, as in SciPy. */
const located = (name: string, moved: Moved, f: Standard) => {
  const where = `scipy.stats.${name}`;
  return (x: TensorLike, shapes: readonly TensorLike[], loc: TensorLike, scale: TensorLike): Tensor => {
    const [value, from, by, ...own] = promoteFloat(where, x, loc, scale, ...shapes);
    const allowed = own.reduce((sofar, a) => np.logicalAnd(sofar, np.greater(a, 0)), np.greater(by, 0));
    return np.where(allowed, moved(f, value, from, by, own), Number.NaN);
  };
};

/** A function of a distribution without a shape parameter. */
export const ofNone = (name: string, moved: Moved, f: Standard): OfNone => {
  const of = located(name, moved, f);
  return composite(
    `scipy.stats.${name}(x, loc, scale)`,
    (x: TensorLike, loc: TensorLike = 0, scale: TensorLike = 1): Tensor => of(x, [], loc, scale),
  ) as OfNone;
};

/** A function of a distribution with the shape parameter `a`, which messages call by its name. */
export const ofOne = (name: string, a: string, moved: Moved, f: Standard): OfOne => {
  const of = located(name, moved, f);
  return composite(
    `scipy.stats.${name}(x, ${a}, loc, scale)`,
    (x: TensorLike, shape: TensorLike, loc: TensorLike = 0, scale: TensorLike = 1): Tensor =>
      of(x, [shape], loc, scale),
  ) as OfOne;
};

/** A function of a distribution with the shape parameters `a` and `b`. */
export const ofTwo = (name: string, moved: Moved, f: Standard): OfTwo => {
  const of = located(name, moved, f);
  return composite(
    `scipy.stats.${name}(x, a, b, loc, scale)`,
    (x: TensorLike, a: TensorLike, b: TensorLike, loc: TensorLike = 0, scale: TensorLike = 1): Tensor =>
      of(x, [a, b], loc, scale),
  ) as OfTwo;
};

/** `f(x)` where `x` is inside of the support, else `outside`; NaN where `x` is NaN. Derivatives outside are 0. */
export const within = (x: Tensor, inside: Tensor, f: (x: Tensor) => Tensor, outside: number | Tensor): Tensor => {
  const value = np.where(inside, f(np.where(inside, x, 0.5)), outside);
  return np.where(np.equal(x, x), value, Number.NaN);
};

/** Whether a number lies in `[0, 1]`. */
export const inUnit = (x: Tensor): Tensor => np.logicalAnd(np.greaterEqual(x, 0), np.lessEqual(x, 1));

/** The logarithm of the standard normal density. */
export const logNormal = (z: Tensor): Tensor => np.multiply(-0.5, np.add(np.square(z), Math.log(2 * Math.PI)));
