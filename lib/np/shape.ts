/** @file The same elements under another shape or in another order of axes. */

import {
  asShape,
  checkShape,
  broadcastShapes as commonShape,
  normalizeAxes,
  normalizeAxis,
  printShape,
  range,
  type Shape,
  sizeOf,
} from "../core/aval.js";
import { composite, named, takes } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as mv from "../primitives/movement.js";

/** The same elements under another shape; one size may be -1. */
export const reshape = named("np.reshape(x, shape)", (x: TensorLike, shape: Shape | number): Tensor => {
  const t = asTensor(x, "np.reshape");
  const wanted = asShape(shape);
  if (!wanted.includes(-1)) return b.reshape(t, wanted);
  const open = wanted.filter((n) => n === -1).length;
  const rest = sizeOf(wanted.filter((n) => n !== -1));
  if (open > 1 || (open === 1 && (rest === 0 || t.size % rest !== 0))) {
    throw new ShapeError({
      where: "np.reshape",
      what: "the size -1 cannot be inferred",
      expected: `one -1, beside sizes whose product divides the ${t.size} elements of ${t.aval}`,
      got: printShape(wanted),
    });
  }
  return b.reshape(
    t,
    wanted.map((n) => (n === -1 ? t.size / rest : n)),
  );
});
export const ravel = named("np.ravel(x)", (x: TensorLike): Tensor => reshape(x, [asTensor(x, "np.ravel").size]));
/** Axes permuted; reversed when none are given. */
export const transpose = named("np.transpose(x, axes)", (x: TensorLike, axes?: readonly number[]): Tensor => {
  const t = asTensor(x, "np.transpose");
  return b.transpose(t, axes?.map((a) => normalizeAxis("np.transpose", a, t.ndim)) ?? range(t.ndim).reverse());
});
export const swapaxes = named("np.swapaxes(x, i, j)", (x: TensorLike, i: number, j: number): Tensor => {
  const t = asTensor(x, "np.swapaxes");
  const perm = range(t.ndim);
  const [p, q] = [i, j].map((a) => normalizeAxis("np.swapaxes", a, t.ndim));
  [perm[p], perm[q]] = [q, p];
  return b.transpose(t, perm);
});
/** Axes moved to other places, the others keep their order. @throws {ShapeError} when the lists differ in length */
export const moveaxis = named(
  "np.moveaxis(x, from, to)",
  (x: TensorLike, from: number | readonly number[], to: number | readonly number[]): Tensor => {
    const t = asTensor(x, "np.moveaxis");
    const [sources, targets] = [from, to].map((list) =>
      (typeof list === "number" ? [list] : list).map((a) => normalizeAxis("np.moveaxis", a, t.ndim)),
    );
    if (sources.length !== targets.length || new Set(sources).size + new Set(targets).size !== 2 * sources.length) {
      throw new ShapeError({
        where: "np.moveaxis",
        what: "the axes do not pair",
        expected: "as many places as axes, all distinct",
        got: `[${sources}] to [${targets}]`,
      });
    }
    const perm = range(t.ndim).filter((a) => !sources.includes(a));
    for (const place of [...targets].sort((p, q) => p - q)) perm.splice(place, 0, sources[targets.indexOf(place)]);
    return b.transpose(t, perm);
  },
);
/** The axis moved so that it comes before the one at `start`. */
export const rollaxis = named(
  "np.rollaxis(x, axis, start)",
  (x: TensorLike, axis: number, start: number = 0): Tensor => {
    const { ndim } = asTensor(x, "np.rollaxis");
    const from = normalizeAxis("np.rollaxis", axis, ndim);
    const before = start === ndim ? ndim : normalizeAxis("np.rollaxis", start, ndim);
    return moveaxis(x, from, from < before ? before - 1 : before);
  },
);
/** The last two axes exchanged. @throws {ShapeError} when there are fewer */
export const matrixTranspose = named("np.matrixTranspose(x)", (x: TensorLike): Tensor => {
  const t = asTensor(x, "np.matrixTranspose");
  if (t.ndim >= 2) return swapaxes(t, -1, -2);
  throw new ShapeError({
    where: "np.matrixTranspose",
    what: "not a matrix",
    expected: "rank 2 or more",
    got: `${t.aval}`,
  });
});
/** New axes of size 1, at these places of the result. */
export const expandDims = named("np.expandDims(x, axis)", (x: TensorLike, axis: number | readonly number[]): Tensor => {
  const t = asTensor(x, "np.expandDims");
  const count = typeof axis === "number" ? 1 : axis.length;
  const places = normalizeAxes("np.expandDims", t.ndim + count, axis);
  const sizes = [...t.shape];
  for (const p of places) sizes.splice(p, 0, 1);
  return b.reshape(t, sizes);
});
/** Axes of size 1 dropped: those named, or all. */
export const squeeze = named(
  "np.squeeze(x, axis)",
  (x: TensorLike, axis?: number | readonly number[] | null): Tensor => {
    const t = asTensor(x, "np.squeeze");
    const named =
      axis === undefined || axis === null
        ? range(t.ndim).filter((a) => t.shape[a] === 1)
        : normalizeAxes("np.squeeze", t.ndim, axis);
    const wide = named.find((a) => t.shape[a] !== 1);
    if (wide !== undefined) {
      throw new ShapeError({
        where: "np.squeeze",
        what: `axis ${wide} is not of size 1`,
        expected: "axes of size 1",
        got: `${t.aval}`,
      });
    }
    return b.reshape(
      t,
      t.shape.filter((_, i) => !named.includes(i)),
    );
  },
);
export const broadcastTo = named("np.broadcastTo(x, shape)", (x: TensorLike, shape: Shape): Tensor => {
  const t = asTensor(x, "np.broadcastTo");
  if (t.ndim > shape.length) commonShape("np.broadcastTo", t.shape, shape);
  return b.broadcastTo(t, shape);
});
export const flip = named("np.flip(x, axis)", (x: TensorLike, axis?: number | readonly number[] | null): Tensor => {
  const t = asTensor(x, "np.flip");
  return mv.reverse(t, normalizeAxes("np.flip", t.ndim, axis));
}); /** The number of elements, or of those along an axis. */
export const size = takes("np.size(x, axis)", (x: TensorLike, axis?: number | null): number => {
  const { aval } = asTensor(x, "np.size");
  return axis === undefined || axis === null ? aval.size : aval.shape[normalizeAxis("np.size", axis, aval.ndim)];
});
export const shape = takes("np.shape(x)", (x: TensorLike): Shape => asTensor(x, "np.shape").shape);
export const ndim = takes("np.ndim(x)", (x: TensorLike): number => asTensor(x, "np.ndim").ndim);

/** At least one axis: a scalar becomes a vector. */
export const atleast1d = composite("np.atleast1d(x)", (x: TensorLike): Tensor => {
  const t = asTensor(x, "np.atleast1d");
  return t.ndim === 0 ? b.reshape(t, [1]) : t;
});
/** At least two axes, new ones in front. */
export const atleast2d = composite("np.atleast2d(x)", (x: TensorLike): Tensor => {
  const t = atleast1d(x);
  return t.ndim === 1 ? b.reshape(t, [1, t.size]) : t;
});
/** At least three axes: a vector gets one on either side, a matrix one behind. */
export const atleast3d = composite("np.atleast3d(x)", (x: TensorLike): Tensor => {
  const t = atleast2d(x);
  return t.ndim === 2 ? b.reshape(t, [...t.shape, 1]) : t;
});
/** The shape that these shapes broadcast to. @throws {ShapeError} when they do not */
export const broadcastShapes = takes(
  "np.broadcastShapes(...shapes)",
  (...shapes: readonly (Shape | number)[]): Shape => commonShape("np.broadcastShapes", ...shapes.map(asShape)),
);
/** The tensors, all repeated to their common shape. */
export const broadcastArrays = named("np.broadcastArrays(...xs)", (...xs: readonly TensorLike[]): Tensor[] => {
  const tensors = xs.map((x) => asTensor(x, "np.broadcastArrays"));
  const common = commonShape("np.broadcastArrays", ...tensors.map((t) => t.shape));
  return tensors.map((t) => b.broadcastTo(t, common));
});
/** Left and right exchanged: the second axis reversed. */
export const fliplr = named("np.fliplr(x)", (x: TensorLike): Tensor => flip(x, 1));
/** Up and down exchanged: the first axis reversed. */
export const flipud = named("np.flipud(x)", (x: TensorLike): Tensor => flip(x, 0));
/** The plane of two axes turned `k` quarters, from the first axis towards the second. */
export const rot90 = composite(
  "np.rot90(x, k, axes)",
  (x: TensorLike, k: number = 1, axes: readonly [number, number] = [0, 1]): Tensor => {
    const t = asTensor(x, "np.rot90");
    const [p, q] = axes.map((a) => normalizeAxis("np.rot90", a, t.ndim));
    normalizeAxes("np.rot90", t.ndim, axes);
    const quarters = ((k % 4) + 4) % 4;
    if (quarters === 0) return t;
    if (quarters === 2) return mv.reverse(t, [p, q].sort());
    return quarters === 1 ? swapaxes(mv.reverse(t, [q]), p, q) : mv.reverse(swapaxes(t, p, q), [q]);
  },
);
/** The elements again and again, or the first of them, as many as the shape takes. */
export const resize = composite("np.resize(x, shape)", (x: TensorLike, shape: Shape | number): Tensor => {
  const wanted = asShape(shape);
  checkShape("np.resize", wanted);
  const flat = ravel(x);
  const n = sizeOf(wanted);
  if (flat.size === 0 || n === 0) return b.broadcastTo(scalarOf(flat.aval.strong(), 0), wanted);
  const times = Math.ceil(n / flat.size);
  const repeated = b.reshape(b.broadcastTo(flat, [times, flat.size]), [times * flat.size]);
  return b.reshape(mv.sliceAxis(repeated, 0, 0, n), wanted);
});

/**
 * Elements moved by `shift` along an axis, or several; those that fall off come back at the other end. Without an axis as if flat.
 *
 * @throws {ShapeError} when there are more shifts than axes, or the other way round
 */
export const roll = composite(
  "np.roll(x, shift, axis)",
  (x: TensorLike, shift: number | readonly number[], axis?: number | readonly number[] | null): Tensor => {
    const t = asTensor(x, "np.roll");
    if (axis === undefined || axis === null) {
      const total = (typeof shift === "number" ? [shift] : shift).reduce((p, q) => p + q, 0);
      return b.reshape(rollAxis(ravel(t), total, 0), t.shape);
    }
    const axes = (typeof axis === "number" ? [axis] : axis).map((a) => normalizeAxis("np.roll", a, t.ndim));
    const shifts = typeof shift === "number" ? axes.map(() => shift) : shift;
    if (shifts.length !== axes.length) {
      throw new ShapeError({
        where: "np.roll",
        what: "shifts and axes do not pair",
        expected: "one shift for all axes, or one for each",
        got: `${shifts.length} shifts, ${axes.length} axes`,
      });
    }
    return axes.reduce((y, a, i) => rollAxis(y, shifts[i], a), t);
  },
);
const rollAxis = (t: Tensor, shift: number, at: number): Tensor => {
  const n = t.shape[at];
  if (n === 0) return t;
  const by = ((shift % n) + n) % n;
  return by === 0 ? t : mv.concatenate([mv.sliceAxis(t, at, n - by, n), mv.sliceAxis(t, at, 0, n - by)], at);
};
