/** @file What `np` does with its operands before a primitive sees them: dtypes are promoted, ranks aligned. */
import { Aval, broadcastShapes, type DType, isFloat, isInteger, promoteDTypes } from "../core/aval.js";
import { hostArray } from "../core/host.js";
import { asTensor, Literal, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import { reshape } from "../primitives/broadcast.js";
import { convert, convertP } from "../primitives/elementwise.js";

/** `x` as an operand of `dtype`; a literal is converted without an operation. @throws {DTypeError} when a literal does not fit */
export const cast = (where: string, x: Tensor, dtype: DType): Tensor => {
  if (!(x instanceof Literal)) return x.dtype === dtype ? x : convert(x, dtype);
  return x.dtype === dtype && !x.aval.weak ? x : literal(where, x.value, dtype);
};

/** Bools as int32, so that they count. */
export const noBool = (where: string, x: Tensor): Tensor => (x.dtype === "bool" ? cast(where, x, "int32") : x);

/** `x` converted because the user said so: fractions are cut off, anything but zero is true. */
export const convertTo = (x: Tensor, dtype: DType): Tensor => {
  if (!(x instanceof Literal)) return convert(x, dtype);
  if (isFloat(dtype)) return new Literal(x.value, dtype);
  const from = isFloat(x.dtype) ? hostArray([], "float64", Float64Array.of(x.value)) : x.host();
  return new Literal(convertP.impl([from], { dtype })[0].data[0], dtype);
};

/** Whether `x` is a whole number that a user wrote, which may stand for an integer. */
const isWhole = (x: Tensor): boolean => x instanceof Literal && x.aval.weak && Number.isInteger(x.value);
const fitsInt32 = (x: Tensor): boolean => isWhole(x) && ((x as Literal).value | 0) === (x as Literal).value;

/** The dtype of whole numbers among operands without floats: that of an integer tensor, int32 beside bools; undefined for floats alone. */
const wholeDType = (xs: readonly Tensor[]): DType | undefined => {
  if (xs.some((x) => isFloat(x.dtype) && !isWhole(x))) return undefined;
  const integer = xs.find((x) => isInteger(x.dtype));
  if (integer !== undefined) return integer.dtype;
  const besideBools = xs.some((x) => x.dtype === "bool") && xs.every((x) => x.dtype === "bool" || fitsInt32(x));
  return besideBools ? "int32" : undefined;
};

/** The common aval of operands; a whole number takes the dtype of an integer tensor, and is an int32 beside bools. */
const common = (where: string, xs: readonly Tensor[]): Aval => {
  const whole = wholeDType(xs);
  const avals = xs.map((x) => (whole !== undefined && isWhole(x) ? new Aval([], whole, true) : x.aval));
  return avals.reduce((a, b) => promoteDTypes(where, a, b));
};

/** Operands of one dtype, shapes as they are; literals of numbers alone stay weak. */
export const promoteDType = (where: string, operands: readonly TensorLike[]): Tensor[] => {
  const xs = operands.map((x) => asTensor(x, where));
  const [{ dtype }] = xs;
  if (xs.every((x) => x.dtype === dtype && !(x instanceof Literal))) return xs;
  const target = common(where, xs);
  return xs.map((x) =>
    x instanceof Literal && target.weak && x.dtype === target.dtype ? x : cast(where, x, target.dtype),
  );
};

/** Operands of one dtype, as elementwise primitives want them: of one rank, or scalars. */
export const promote = (where: string, ...operands: readonly TensorLike[]): Tensor[] =>
  alignRanks(where, promoteDType(where, operands));

/** The same for a function of integers: whole numbers alone are int32. */
export const promoteInteger = (where: string, ...operands: readonly TensorLike[]): Tensor[] => {
  const xs = operands.map((x) => asTensor(x, where));
  return promote(where, ...(xs.every(fitsInt32) ? xs.map((x) => cast(where, x, "int32")) : xs));
};

/** Operands of one dtype that is a float, shapes as they are: integers and bools become float32. */
export const promoteFloatDType = (where: string, operands: readonly TensorLike[]): Tensor[] =>
  promoteDType(where, operands).map((x) => (isFloat(x.dtype) ? x : cast(where, x, "float32")));

/** The same as elementwise primitives want them. */
export const promoteFloat = (where: string, ...operands: readonly TensorLike[]): Tensor[] =>
  alignRanks(where, promoteFloatDType(where, operands));

/** Adds leading axes of size 1 to the operands of lower rank; scalars stay. @throws {ShapeError} naming the shapes as they were */
export const alignRanks = (where: string, xs: readonly Tensor[]): Tensor[] => {
  const rank = broadcastShapes(where, ...xs.map((x) => x.shape)).length;
  return xs.map((x) =>
    x.ndim === 0 || x.ndim === rank ? x : reshape(x, [...new Array<number>(rank - x.ndim).fill(1), ...x.shape]),
  );
};
