/** @file What `np` does with its operands before a primitive sees them: dtypes are promoted, ranks aligned. */
import { Aval, type DType, isFloat, isInteger, promoteDTypes } from "../core/aval.js";
import { asTensor, Literal, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import { reshape } from "../primitives/broadcast.js";
import { convert } from "../primitives/elementwise.js";

/** `x` as a tensor of `dtype`; a literal is converted without an operation. */
export const cast = (where: string, x: Tensor, dtype: DType): Tensor => {
  if (!(x instanceof Literal)) return x.dtype === dtype ? x : convert(x, dtype);
  if (x.dtype === dtype && !x.aval.weak) return x;
  return x.aval.weak || dtype === "bool" ? literal(where, x.value, dtype) : new Literal(x.value, dtype);
};

/** The common aval of operands; a literal integer takes the dtype of an integer tensor (decision 11). */
const common = (where: string, xs: readonly Tensor[]): Aval => {
  const soft = (x: Tensor): boolean => x instanceof Literal && x.aval.weak && Number.isInteger(x.value);
  const integer = xs.find((x) => isInteger(x.dtype));
  const floats = xs.some((x) => isFloat(x.dtype) && !soft(x));
  const avals = xs.map((x) =>
    integer !== undefined && !floats && soft(x) ? new Aval([], integer.dtype, true) : x.aval,
  );
  return avals.reduce((a, b) => promoteDTypes(where, a, b));
};

/** Operands of one dtype, as elementwise primitives want them: of one rank, or scalars. */
export const promote = (where: string, ...operands: readonly TensorLike[]): Tensor[] => {
  const xs = operands.map((x) => asTensor(x, where));
  const target = common(where, xs);
  const all = xs.map((x) => (x instanceof Literal && target.weak ? x : cast(where, x, target.dtype)));
  return alignRanks(all);
};

/** The same for a function of floats: integers and bools become float32. */
export const promoteFloat = (where: string, ...operands: readonly TensorLike[]): Tensor[] =>
  promote(where, ...operands).map((x) => (isFloat(x.dtype) ? x : cast(where, x, "float32")));

/** Adds leading axes of size 1 to the operands of lower rank; scalars stay. */
export const alignRanks = (xs: readonly Tensor[]): Tensor[] => {
  const rank = Math.max(...xs.map((x) => x.ndim));
  return xs.map((x) =>
    x.ndim === 0 || x.ndim === rank ? x : reshape(x, [...new Array<number>(rank - x.ndim).fill(1), ...x.shape]),
  );
};
