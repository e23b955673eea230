/** @file Slices and single entries at given or computed places. */

import { isInteger, normalizeAxis } from "../core/aval.js";
import { composite, named } from "../core/composite.js";
import { DTypeError, FLOAT_HINT, ShapeError } from "../core/errors.js";
import { asTensor, Literal, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import { reshape } from "../primitives/broadcast.js";
import * as d from "../primitives/dynamic-slice.js";
import { toIndices, wrapIndices } from "../primitives/gather.js";
import * as mv from "../primitives/movement.js";

/** A start as an int32 scalar; negative ones count from the end of an axis of `n`. */
const startOf = (where: string, start: TensorLike, n: number): Tensor => {
  const t = asTensor(start, where);
  if (t instanceof Literal && t.dtype !== "bool") return literal(where, t.value < 0 ? t.value + n : t.value, "int32");
  if (isInteger(t.dtype)) return wrapIndices(toIndices(t), n);
  const got = `${t.aval}`;
  throw new DTypeError({
    where,
    what: "a start is not an integer",
    expected: "int32 or uint32",
    got,
    hint: FLOAT_HINT,
  });
};
const startsOf = (where: string, starts: readonly TensorLike[], x: Tensor): Tensor[] => {
  if (starts.length !== x.ndim) {
    throw new ShapeError({
      where,
      what: "the starts do not fit",
      expected: `one for each axis of ${x.aval}`,
      got: `${starts.length}`,
    });
  }
  return starts.map((start, axis) => startOf(where, start, x.shape[axis]));
};

/**
 * The slice of `x` of `sliceSizes` that begins at `starts`, moved inside where it would stick out.
 *
 * - `starts`: integers, one for each axis of `x`; negative ones count from the end
 * @throws {ShapeError} when the slice is larger than `x`
 * @see JAX, `jax.lax.dynamic_slice`
 */
export const dynamicSlice = composite(
  "lax.dynamicSlice(x, starts, sliceSizes)",
  (x: TensorLike, starts: readonly TensorLike[], sliceSizes: readonly number[]): Tensor => {
    const t = asTensor(x, "lax.dynamicSlice");
    return d.dynamicSlice(t, startsOf("lax.dynamicSlice", starts, t), sliceSizes);
  },
);
/** `x` with the slice that begins at `starts` (moved inside where it would stick out) replaced. @see JAX, `jax.lax.dynamic_update_slice` */
export const dynamicUpdateSlice = composite(
  "lax.dynamicUpdateSlice(x, update, starts)",
  (x: TensorLike, update: TensorLike, starts: readonly TensorLike[]): Tensor => {
    const t = asTensor(x, "lax.dynamicUpdateSlice");
    return d.dynamicUpdateSlice(t, asTensor(update, ""), startsOf("lax.dynamicUpdateSlice", starts, t));
  },
);

/** The starts of a slice that is whole but along one axis. */
const along = (x: Tensor, axis: number, start: TensorLike): TensorLike[] =>
  x.shape.map((_, a) => (a === axis ? start : 0));
const withSize = (x: Tensor, axis: number, size: number): number[] => x.shape.map((n, a) => (a === axis ? size : n));

/** `size` entries along `axis` from a computed place on, moved inside. @see JAX, `jax.lax.dynamic_slice_in_dim` */
export const dynamicSliceInDim = composite(
  "lax.dynamicSliceInDim(x, start, size, axis)",
  (x: TensorLike, start: TensorLike, size: number, axis: number = 0): Tensor => {
    const t = asTensor(x, "lax.dynamicSliceInDim");
    const at = normalizeAxis("lax.dynamicSliceInDim", axis, t.ndim);
    return dynamicSlice(t, along(t, at, start), withSize(t, at, size));
  },
);
export interface KeepDims {
  /** Whether the axis stays, with size 1; default true. */
  readonly keepDims?: boolean;
}
/** The entry at a computed place along `axis`, moved inside. @see JAX, `jax.lax.dynamic_index_in_dim` */
export const dynamicIndexInDim = composite(
  "lax.dynamicIndexInDim(x, index, axis, { keepDims })",
  (x: TensorLike, index: TensorLike, axis: number = 0, { keepDims = true }: KeepDims = {}): Tensor => {
    const t = asTensor(x, "lax.dynamicIndexInDim");
    const at = normalizeAxis("lax.dynamicIndexInDim", axis, t.ndim);
    const y = dynamicSliceInDim(t, index, 1, at);
    return keepDims
      ? y
      : reshape(
          y,
          t.shape.filter((_, a) => a !== at),
        );
  },
);
/** `x` with entries along `axis` replaced from a computed place on, moved inside. @see JAX, `jax.lax.dynamic_update_slice_in_dim` */
export const dynamicUpdateSliceInDim = composite(
  "lax.dynamicUpdateSliceInDim(x, update, start, axis)",
  (x: TensorLike, update: TensorLike, start: TensorLike, axis: number): Tensor => {
    const t = asTensor(x, "lax.dynamicUpdateSliceInDim");
    return dynamicUpdateSlice(t, update, along(t, normalizeAxis("lax.dynamicUpdateSliceInDim", axis, t.ndim), start));
  },
);
/** `x` with one entry along `axis` replaced; the update may lack that axis. @see JAX, `jax.lax.dynamic_update_index_in_dim` */
export const dynamicUpdateIndexInDim = composite(
  "lax.dynamicUpdateIndexInDim(x, update, index, axis)",
  (x: TensorLike, update: TensorLike, index: TensorLike, axis: number): Tensor => {
    const t = asTensor(x, "lax.dynamicUpdateIndexInDim");
    const at = normalizeAxis("lax.dynamicUpdateIndexInDim", axis, t.ndim);
    const u = asTensor(update, "lax.dynamicUpdateIndexInDim");
    const whole = u.ndim === t.ndim ? u : reshape(u, [...u.shape.slice(0, at), 1, ...u.shape.slice(at)]);
    return dynamicUpdateSliceInDim(t, whole, index, at);
  },
);
/**
 * Every `stride`-th entry along `axis` from `start` to before `limit`; null for the ends, negative ones count from the end.
 * @see JAX, `jax.lax.slice_in_dim`
 */
export const sliceInDim = named(
  "lax.sliceInDim(x, start, limit, stride, axis)",
  (x: TensorLike, start: number | null, limit: number | null, stride: number = 1, axis: number = 0): Tensor => {
    const t = asTensor(x, "lax.sliceInDim");
    const at = normalizeAxis("lax.sliceInDim", axis, t.ndim);
    const fromFront = (i: number): number => (i < 0 ? i + t.shape[at] : i);
    return mv.slice(
      t,
      withSize(t, at, 0).map((_, a) => (a === at ? fromFront(start ?? 0) : 0)),
      withSize(t, at, fromFront(limit ?? t.shape[at])),
      t.shape.map((_, a) => (a === at ? stride : 1)),
    );
  },
);
/** The entry at a place along `axis`; a negative one counts from the end. @see JAX, `jax.lax.index_in_dim` */
export const indexInDim = composite(
  "lax.indexInDim(x, index, axis, { keepDims })",
  (x: TensorLike, index: number, axis: number = 0, { keepDims = true }: KeepDims = {}): Tensor => {
    const t = asTensor(x, "lax.indexInDim");
    const at = normalizeAxis("lax.indexInDim", axis, t.ndim);
    const n = t.shape[at];
    if (!Number.isInteger(index) || index < -n || index >= n) {
      throw new ShapeError({
        where: "lax.indexInDim",
        what: "there is no such entry",
        expected: `${-n} to ${n - 1}`,
        got: `${index}`,
      });
    }
    const y = mv.sliceAxis(t, at, index < 0 ? index + n : index, (index < 0 ? index + n : index) + 1);
    return keepDims
      ? y
      : reshape(
          y,
          t.shape.filter((_, a) => a !== at),
        );
  },
);
