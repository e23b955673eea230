/** @file What a row of the conformance suite is, and the values that rows are made of. */
import { type DType, isFloat, type Shape, sizeOf } from "../../lib/core/aval.js";
import type { HostArray } from "../../lib/core/host.js";
import type { PrimitiveName } from "../../lib/primitives/index.js";
import { host } from "../helpers/runtime.js";

/** One application of a primitive. */
export interface Row {
  readonly prim: PrimitiveName;
  readonly args: readonly HostArray[];
  readonly params: object;
  /** Why its derivatives are not compared with differences; absent where they are. */
  readonly noDerivative?:
    | "special values"
    | "a kink"
    | "the derivative is cut"
    | "it is rounded"
    | "no derivative along the draw";
  /** The arguments that have a derivative; absent where all floats have. */
  readonly wrt?: readonly number[];
}

/** Rows of one primitive: `of(args, params, noDerivative)`. */
export const row = (
  prim: PrimitiveName,
  args: readonly HostArray[],
  params: object = {},
  noDerivative?: Row["noDerivative"],
): Row => ({ prim, args, params, ...(noDerivative === undefined ? {} : { noDerivative }) });

export const RANK8: Shape = [1, 2, 1, 1, 3, 1, 1, 1];

/** NaN, infinities, zeros of both signs, subnormals, the limits of float32, and a few plain numbers and ties. */
export const SPECIAL = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  1e-40,
  -1e-40,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  1.1754943508222875e-38,
  1,
  -1,
  0.5,
  2.5,
  -1.5,
] as const;

/** Limits and small values of the integers; shifts see amounts beside and beyond the width. */
export const INT_LIMITS = [-(2 ** 31), -(2 ** 31) + 1, 2 ** 31 - 1, -1, 0, 1, 2, 7, -7, 31, 32, 46341] as const;
export const UINT_LIMITS = [0, 1, 2, 7, 31, 32, 65537, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1] as const;

/** Different plain numbers, none an integer, half of one, or zero. */
export const TAME = [0.3, -0.7, 1.2, -1.6, 0.85, 2.1] as const;

/** The values of `list`, again and again, in an array of `shape`. */
export const fill = (dtype: DType, shape: Shape, list: readonly number[]): HostArray =>
  host(
    dtype,
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => list[i % list.length]),
  );

export const floats = (shape: Shape, list: readonly number[] = TAME): HostArray => fill("float32", shape, list);
export const ints = (shape: Shape, list: readonly number[] = [3, -1, 4, 1, -5, 9]): HostArray =>
  fill("int32", shape, list);
export const uints = (shape: Shape, list: readonly number[] = [3, 1, 4, 15, 9, 2]): HostArray =>
  fill("uint32", shape, list);
export const bools = (shape: Shape, list: readonly number[] = [1, 0, 0, 1, 1]): HostArray => fill("bool", shape, list);

/** Distinct values of every dtype. */
export const ofEach = (shape: Shape): HostArray[] => [floats(shape), ints(shape), uints(shape), bools(shape)];

/**
 * Another example of the same kind, for batches: the elements in another order; a single element becomes another that is in the
 * same domain.
 */
export const another = (x: HostArray): HostArray => {
  const n = x.data.length;
  if (n !== 1)
    return host(
      x.dtype,
      x.shape,
      Array.from(x.data, (_, i) => x.data[(i + 1) % n]),
    );
  const [v] = x.data;
  return host(x.dtype, x.shape, [isFloat(x.dtype) ? v * 0.75 : v ^ 1]);
};
