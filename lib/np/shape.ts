/** @file The same elements under another shape or in another order of axes. */
import {
  broadcastShapes as commonShape,
  normalizeAxes,
  normalizeAxis,
  printShape,
  range,
  type Shape,
  sizeOf,
} from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as mv from "../primitives/movement.js";

/** The same elements under another shape; one size may be -1. */
export const reshape = (x: TensorLike, shape: Shape | number): Tensor => {
  const t = asTensor(x, "np.reshape");
  const wanted = typeof shape === "number" ? [shape] : shape;
  const open = wanted.filter((n) => n === -1).length;
  const rest = sizeOf(wanted.filter((n) => n !== -1));
  if (open > 1 || (open === 1 && (rest === 0 || t.size % rest !== 0))) {
    throw new ShapeError({
      where: "np.reshape",
      what: "the size -1 cannot be found out",
      expected: `one -1, beside sizes whose product divides the ${t.size} elements of ${t.aval}`,
      got: printShape(wanted),
    });
  }
  return b.reshape(
    t,
    wanted.map((n) => (n === -1 ? t.size / rest : n)),
  );
};
export const ravel = (x: TensorLike): Tensor => reshape(x, [asTensor(x, "np.ravel").size]);
/** Axes permuted; reversed when none are given. */
export const transpose = (x: TensorLike, axes?: readonly number[]): Tensor => {
  const t = asTensor(x, "np.transpose");
  return b.transpose(t, axes?.map((a) => normalizeAxis("np.transpose", a, t.ndim)) ?? range(t.ndim).reverse());
};
export const swapaxes = (x: TensorLike, i: number, j: number): Tensor => {
  const t = asTensor(x, "np.swapaxes");
  const perm = range(t.ndim);
  const [p, q] = [i, j].map((a) => normalizeAxis("np.swapaxes", a, t.ndim));
  [perm[p], perm[q]] = [q, p];
  return b.transpose(t, perm);
};
export const moveaxis = (x: TensorLike, from: number, to: number): Tensor => {
  const t = asTensor(x, "np.moveaxis");
  return b.moveAxis(t, normalizeAxis("np.moveaxis", from, t.ndim), normalizeAxis("np.moveaxis", to, t.ndim));
};
/** New axes of size 1, at these places of the result. */
export const expandDims = (x: TensorLike, axis: number | readonly number[]): Tensor => {
  const t = asTensor(x, "np.expandDims");
  const count = typeof axis === "number" ? 1 : axis.length;
  const places = normalizeAxes("np.expandDims", t.ndim + count, axis);
  const sizes = [...t.shape];
  for (const p of places) sizes.splice(p, 0, 1);
  return b.reshape(t, sizes);
};
/** Axes of size 1 dropped: those named, or all. */
export const squeeze = (x: TensorLike, axis?: number | readonly number[]): Tensor => {
  const t = asTensor(x, "np.squeeze");
  const named =
    axis === undefined ? range(t.ndim).filter((a) => t.shape[a] === 1) : normalizeAxes("np.squeeze", t.ndim, axis);
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
};
export const broadcastTo = (x: TensorLike, shape: Shape): Tensor => {
  const t = asTensor(x, "np.broadcastTo");
  if (t.ndim > shape.length) commonShape("np.broadcastTo", t.shape, shape);
  return b.broadcastTo(t, shape);
};
export const flip = (x: TensorLike, axis?: number | readonly number[]): Tensor => {
  const t = asTensor(x, "np.flip");
  return mv.reverse(t, normalizeAxes("np.flip", t.ndim, axis));
}; /** Elements moved along `axis` by `shift`, those that fall off come back at the other end. */
export const roll = composite("np.roll", (x: TensorLike, shift: number, axis: number): Tensor => {
  const t = asTensor(x, "np.roll");
  const at = normalizeAxis("np.roll", axis, t.ndim);
  const n = t.shape[at];
  if (n === 0) return t;
  const by = ((shift % n) + n) % n;
  return by === 0 ? t : mv.concatenate([mv.sliceAxis(t, at, n - by, n), mv.sliceAxis(t, at, 0, n - by)], at);
});
