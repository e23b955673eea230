/** @file What the distributions do with their parameters: shapes, dtypes, and what has no meaning. */
import { asShape, broadcastShapes, checkShape, type Shape, sameShape } from "../core/aval.js";
import { ArgumentError, DTypeError, ShapeError } from "../core/errors.js";
import { isTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";

/** What real numbers are drawn in; float64 needs a backend that has it (`reference`). */
export type Float = "float32" | "float64";
/** The dtype of a draw without parameters, float32 unless given. */
export type FloatOptions = { readonly dtype?: Float };

/** float64 where a parameter is, else float32. */
export const floatOf = (...parameters: readonly TensorLike[]): Float =>
  parameters.some((p) => isTensor(p) && p.dtype === "float64") ? "float64" : "float32";

/** @throws {DTypeError} for a dtype in which no real numbers are drawn */
export const checkFloat = (where: string, dtype: Float): void => {
  if (dtype === "float32" || dtype === "float64") return;
  throw new DTypeError({ where, what: "not a float", expected: "float32 or float64", got: String(dtype) });
};

/** A parameter in the dtype of the draw; a number is rounded to it. */
export const parameter = (x: TensorLike, dtype: Float): Tensor => {
  if (isTensor(x)) return np.astype(x, dtype);
  return new Literal(dtype === "float32" ? Math.fround(Number(x)) : Number(x), dtype);
};

const shapeOf = (x: TensorLike): Shape => (isTensor(x) ? x.shape : []);

/** The shape of a draw: the given one, to which the parameters must broadcast, or else what they broadcast to. */
export const drawShape = (
  where: string,
  given: Shape | number | undefined,
  ...parameters: readonly TensorLike[]
): Shape => {
  const common = broadcastShapes(where, ...parameters.map(shapeOf));
  if (given === undefined) return common;
  const shape = asShape(given);
  checkShape(where, shape);
  const fits = common.length <= shape.length && sameShape(broadcastShapes(where, shape, common), shape);
  if (fits) return shape;
  throw new ShapeError({
    where,
    what: "the parameters do not broadcast to the shape",
    expected: `parameters that fit [${shape.join(",")}]`,
    got: parameters.map((p) => `[${shapeOf(p).join(",")}]`).join(", "),
    hint: "give the whole shape of the result, the axes of the parameters last",
  });
};

/** @throws {ArgumentError} when a probability given as a number is not one; tensors are not looked into */
export const checkProbability = (where: string, p: TensorLike): void => {
  if (isTensor(p) || (Number(p) >= 0 && Number(p) <= 1)) return;
  throw new ArgumentError({ where, what: "not a probability", expected: "a number from 0 to 1", got: String(p) });
};

/** @throws {ArgumentError} unless `value` is an integer from `lowest` to `highest` */
export const checkInteger = (where: string, value: number, lowest: number, highest: number): void => {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return;
  throw new ArgumentError({
    where,
    what: "the number is not an integer in range",
    expected: `an integer from ${lowest} to ${highest}`,
    got: String(value),
  });
};
