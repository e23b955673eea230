/** @file Dtypes: their names, their limits, what they promote to. */

import { Aval, type DType, isDType, isFloat, isInteger, promoteDTypes } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { DTypeError } from "../core/errors.js";
import { asTensor, isTensor, type TensorLike } from "../core/tensor.js";
import { promoteDType } from "./promote.js";

export const float32 = "float32";
export const float64 = "float64";
export const int32 = "int32";
export const uint32 = "uint32";
export const bool = "bool";

/**
 * The dtype in which tensors, numbers and dtypes meet: what arithmetic on them gives.
 *
 * @throws {DTypeError} when they have no common type
 * @example np.resultType(ids, 2) // "int32"
 */
export const resultType = takes("np.resultType(...xs)", (...xs: readonly (TensorLike | DType)[]): DType => {
  const dtypes = xs.filter(isDType).map((dtype) => new Aval([], dtype));
  const values = xs.filter((x) => !isDType(x)) as TensorLike[];
  const avals = values.length === 0 ? dtypes : [...dtypes, promoteDType("np.resultType", values)[0].aval];
  return avals.reduce((a, c) => promoteDTypes("np.resultType", a, c)).dtype;
});
/** The dtype in which two dtypes meet. @throws {DTypeError} when they have no common type */
export const promoteTypes = takes(
  "np.promoteTypes(a, b)",
  (a: DType, b: DType): DType => promoteDTypes("np.promoteTypes", new Aval([], a), new Aval([], b)).dtype,
);
/** Whether every value of one dtype is a value of the other. */
export const canCast = takes(
  "np.canCast(from, to)",
  (from: DType, to: DType): boolean => from === to || from === "bool" || (to === "float64" && from !== "float64"),
);
/** Whether a dtype is of a kind. */
export const isdtype = takes(
  "np.isdtype(dtype, kind)",
  (
    dtype: DType,
    kind: DType | "bool" | "signed integer" | "unsigned integer" | "integral" | "real floating" | "numeric",
  ): boolean => {
    switch (kind) {
      case "signed integer":
        return dtype === "int32";
      case "unsigned integer":
        return dtype === "uint32";
      case "integral":
        return isInteger(dtype);
      case "real floating":
        return isFloat(dtype);
      case "numeric":
        return dtype !== "bool";
      default:
        return dtype === kind;
    }
  },
);
/** Whether `x` is a number, a boolean or a tensor without axes. */
export const isscalar = takes(
  "np.isscalar(x)",
  (x: unknown): boolean =>
    typeof x === "number" || typeof x === "boolean" || (isTensor(x) && asTensor(x, "np.isscalar").ndim === 0),
);

export interface FloatInfo {
  readonly dtype: DType;
  readonly bits: number;
  /** The distance from 1 to the next number. */
  readonly eps: number;
  readonly max: number;
  readonly min: number;
  /** The smallest positive number that is not subnormal, and the smallest at all. */
  readonly tiny: number;
  readonly smallestSubnormal: number;
}
const FLOATS: Partial<Record<DType, FloatInfo>> = {
  float32: {
    dtype: "float32",
    bits: 32,
    eps: 2 ** -23,
    max: (2 - 2 ** -23) * 2 ** 127,
    min: -(2 - 2 ** -23) * 2 ** 127,
    tiny: 2 ** -126,
    smallestSubnormal: 2 ** -149,
  },
  float64: {
    dtype: "float64",
    bits: 64,
    eps: Number.EPSILON,
    max: Number.MAX_VALUE,
    min: -Number.MAX_VALUE,
    tiny: 2 ** -1022,
    smallestSubnormal: Number.MIN_VALUE,
  },
};
/** The limits of a float dtype. @throws {DTypeError} for another */
export const finfo = takes("np.finfo(dtype)", (dtype: DType): FloatInfo => {
  const info = FLOATS[dtype];
  if (info !== undefined) return info;
  throw new DTypeError({ where: "np.finfo", what: "not a float", expected: "float32 or float64", got: dtype });
});
/** The limits of an integer dtype. @throws {DTypeError} for another */
export const iinfo = takes(
  "np.iinfo(dtype)",
  (dtype: DType): { dtype: DType; bits: number; min: number; max: number } => {
    if (dtype === "int32") return { dtype, bits: 32, min: -(2 ** 31), max: 2 ** 31 - 1 };
    if (dtype === "uint32") return { dtype, bits: 32, min: 0, max: 2 ** 32 - 1 };
    throw new DTypeError({ where: "np.iinfo", what: "not an integer", expected: "int32 or uint32", got: dtype });
  },
);
