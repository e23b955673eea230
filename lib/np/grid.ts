/** @file Coordinates: grids of them, functions of them, and places counted in one number. */
import { type DType, range, type Shape, sizeOf, stridesOf } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { vmap } from "../transforms/vmap.js";
import { arange } from "./array.js";
import { add } from "./elementwise.js";
import { asIndices } from "./index-items.js";
import { stack } from "./join.js";

export interface MeshOptions {
  /** `xy` (the default) exchanges the first two axes, as pictures have them. */
  readonly indexing?: "xy" | "ij";
  /** Axes of size 1 instead of repeated values. */
  readonly sparse?: boolean;
}
/**
 * For each vector a tensor of the grid that they span, which varies along its axis alone.
 *
 * @example const [x, y] = np.meshgrid([np.arange(3), np.arange(2)]) // both [2,3]
 */
export const meshgrid = composite(
  "np.meshgrid(vectors, { indexing, sparse })",
  (vectors: readonly TensorLike[], { indexing = "xy", sparse = false }: MeshOptions = {}): Tensor[] => {
    const flat = vectors.map((v) => {
      const t = asTensor(v, "np.meshgrid");
      return b.reshape(t, [t.size]);
    });
    const axisOf = (i: number): number => (indexing === "xy" && flat.length > 1 && i < 2 ? 1 - i : i);
    const shape = flat.map((_, axis) => flat[axisOf(axis)].size);
    return flat.map((t, i) => {
      const aligned = b.reshape(
        t,
        shape.map((n, axis) => (axis === axisOf(i) ? n : 1)),
      );
      return sparse ? aligned : b.broadcastTo(aligned, shape);
    });
  },
);
/** `[start, stop]` or `[start, stop, step]`. */
export type Span = readonly [start: number, stop: number, step?: number];
const spans = (ranges: readonly Span[]): Tensor[] => ranges.map(([start, stop, step]) => arange(start, stop, step));
/** The grid of ranges as one tensor, the coordinates along its first axis. */
export const mgrid = composite(
  "np.mgrid(...ranges)",
  (...ranges: readonly Span[]): Tensor => stack(meshgrid(spans(ranges), { indexing: "ij" })),
);
/** The grid of ranges as one tensor a range, with axes of size 1. */
export const ogrid = composite("np.ogrid(...ranges)", (...ranges: readonly Span[]): Tensor[] =>
  meshgrid(spans(ranges), { indexing: "ij", sparse: true }),
);
/** For each axis of a shape the index (int32) of every place along it: `[axes, ...shape]`. */
export const indices = composite(
  "np.indices(shape, dtype)",
  (shape: Shape, dtype: DType = "int32"): Tensor =>
    shape.length === 0 ? mv.iota([0], dtype) : stack(shape.map((_, axis) => mv.iota(shape, dtype, axis))),
);
/**
 * `f` of the indices of every place of a shape.
 *
 * - `f`: is mapped, so it sees scalars (float32); the axes of its result come behind those of the shape
 * @see JAX, `jax.numpy.fromfunction`; NumPy gives `f` all indices at once
 * @example np.fromfunction((i, j) => np.add(np.multiply(i, 10), j), [2, 3]) // [[0, 1, 2], [10, 11, 12]]
 */
export const fromfunction = composite(
  "np.fromfunction(f, shape, dtype)",
  <R>(f: (...indices: Tensor[]) => R, shape: Shape, dtype: DType = "float32"): R => {
    const along = shape.map((n) => mv.iota([n], dtype));
    // The last axis is mapped first, so that the first one is outermost.
    const over = (g: (...indices: Tensor[]) => R, axis: number): ((...indices: Tensor[]) => R) =>
      vmap(g, { inAxes: shape.map((_, a) => (a === axis ? 0 : null)) });
    return range(shape.length).reverse().reduce(over, f)(...along);
  },
) as <R = Tensor>(f: (...indices: Tensor[]) => R, shape: Shape, dtype?: DType) => R;

/**
 * Places given by one index an axis as the numbers (int32) of the elements in row-major order; indices out of range are clipped.
 */
export const ravelMultiIndex = composite(
  "np.ravelMultiIndex(multi, shape)",
  (multi: readonly TensorLike[], shape: Shape): Tensor => {
    if (multi.length !== shape.length || multi.length === 0) {
      throw new ArgumentError({
        where: "np.ravelMultiIndex",
        what: "indices and axes do not pair",
        expected: `one tensor of indices for each of ${shape.length} axes`,
        got: `${multi.length}`,
      });
    }
    const strides = stridesOf(shape);
    const whole = (v: number): Tensor => literal("np.ravelMultiIndex", v, "int32");
    return multi
      .map((x, axis) => {
        const i = e.max(e.min(asIndices("np.ravelMultiIndex", x), whole(shape[axis] - 1)), whole(0));
        return e.mul(i, whole(strides[axis]));
      })
      .reduce((sum, part) => add(sum, part));
  },
);
/** The numbers of elements in row-major order as one index (int32) an axis; numbers out of range are clipped. */
export const unravelIndex = composite("np.unravelIndex(index, shape)", (index: TensorLike, shape: Shape): Tensor[] => {
  const whole = (v: number): Tensor => literal("np.unravelIndex", v, "int32");
  const size = sizeOf(shape);
  const given = asIndices("np.unravelIndex", index);
  const fromFront = e.select(e.lt(given, whole(0)), e.add(given, whole(size)), given);
  const inside = e.max(e.min(fromFront, whole(size - 1)), whole(0));
  const strides = stridesOf(shape);
  return range(shape.length).map((axis) => e.rem(e.div(inside, whole(strides[axis])), whole(shape[axis])));
});
