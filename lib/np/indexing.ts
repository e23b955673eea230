/** @file Elements at computed places along an axis, read and replaced. */
import { broadcastShapes, normalizeAxis, type Shape } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as g from "../primitives/gather.js";
import { checkMode, type IndexMode, readMode, writeMode } from "../primitives/index-mode.js";
import { iota } from "../primitives/movement.js";
import * as sc from "../primitives/scatter.js";
import { fitted } from "./at.js";
import { mod } from "./elementwise.js";
import { asIndices, asWrapped } from "./index-items.js";
import { noBool } from "./promote.js";

/** Modes of `np.take`: those of `np.at`, and `wrap`, which counts on from the beginning. */
export type TakeMode = "fill" | "clip" | "wrap" | "promise_in_bounds";

/** The whole, flattened, when there is no axis. */
const alongAxis = (where: string, x: Tensor, axis: number | null | undefined): [x: Tensor, axis: number] =>
  axis === undefined || axis === null ? [b.reshape(x, [x.size]), 0] : [x, normalizeAxis(where, axis, x.ndim)];

/** @throws {ShapeError} for an element of an axis that has none */
const checkElements = (where: string, x: Tensor, axis: number, indices: Tensor): void => {
  if (x.shape[axis] > 0 || indices.size === 0) return;
  throw new ShapeError({ where, what: "the axis has no elements", expected: "at least one", got: `${x.aval}` });
};

/**
 * The entries of `x` at `indices` along `axis`: shape `[...before axis, ...indices, ...behind axis]`.
 *
 * - `axis`: without one, `x` is flattened
 * - `mode`: for indices out of range. `fill` (the default) counts negative ones from the end and gives `fillValue` for others: NaN,
 *   the lowest int32, the highest uint32 or true; `clip` takes the nearest, the first for negative ones; `wrap` counts on from the
 *   beginning; `promise_in_bounds` is `clip`
 * @throws {DTypeError} when the indices are not integers; {ShapeError} for an axis without elements
 * @see JAX, `jax.numpy.take`
 * @example np.take(table, ids, 0)
 */
export const take = composite(
  "np.take(x, indices, axis, mode, fillValue)",
  (x: TensorLike, indices: TensorLike, axis?: number | null, mode: TakeMode = "fill", fillValue?: number): Tensor => {
    const [t, at] = alongAxis("np.take", asTensor(x, "np.take"), axis);
    const given = noBool("np.take", asTensor(indices, "np.take"));
    const whole = asIndices("np.take", given);
    checkElements("np.take", t, at, whole);
    if (mode !== "wrap") checkMode("np.take", mode);
    const n = t.shape[at];
    if (whole.size === 0) {
      return b.fullOf(
        t.aval.strong().withShape([...t.shape.slice(0, at), ...whole.shape, ...t.shape.slice(at + 1)]),
        0,
      );
    }
    if (mode === "wrap") return g.take(t, asWrapped("np.take", given, n), at, "clip");
    return mode === "fill" ? g.take(t, g.wrapIndices(whole, n), at, "fill", fillValue) : g.take(t, whole, at, "clip");
  },
);

/** What the two functions along an axis need: indices of the tensor's rank, both broadcast but along the axis. */
const pairAlong = (where: string, t: Tensor, indices: TensorLike, at: number): { wide: Shape; i: Tensor } => {
  const i = asIndices(where, indices);
  if (i.ndim !== t.ndim) {
    throw new ShapeError({
      where,
      what: "ranks differ",
      expected: "indices with the rank of the tensor",
      got: `${t.aval} and indices ${i.aval}`,
    });
  }
  checkElements(where, t, at, i);
  const single = ({ shape }: Tensor): Shape => shape.map((n, a) => (a === at ? 1 : n));
  return { wide: broadcastShapes(where, single(t), single(i)), i };
};
const widened = (x: Tensor, wide: Shape, at: number): Tensor =>
  b.broadcastTo(
    x,
    wide.map((n, a) => (a === at ? x.shape[a] : n)),
  );

/**
 * `y[..., j, ...] = x[..., indices[..., j, ...], ...]` along `axis`; other axes broadcast.
 *
 * - `axis`: default the last; with null, `x` is flattened
 * - `mode`: for indices out of range, as in `np.at(...).get`, but by default `fill`; negative ones count from the end
 * @throws {ShapeError} when ranks differ or shapes do not broadcast
 * @see JAX, `jax.numpy.take_along_axis`
 */
export const takeAlongAxis = composite(
  "np.takeAlongAxis(x, indices, axis, mode, fillValue)",
  (
    x: TensorLike,
    indices: TensorLike,
    axis: number | null = -1,
    mode: IndexMode = "fill",
    fillValue?: number,
  ): Tensor => {
    checkMode("np.takeAlongAxis", mode);
    const [t, at] = alongAxis("np.takeAlongAxis", asTensor(x, "np.takeAlongAxis"), axis);
    const { wide, i } = pairAlong("np.takeAlongAxis", t, indices, at);
    const places = widened(i, wide, at);
    if (places.size === 0) return b.fullOf(t.aval.strong().withShape(places.shape), 0);
    const counted = mode === "promise_in_bounds" ? places : g.wrapIndices(places, t.shape[at]);
    return g.takeAlongAxis(widened(t, wide, at), counted, at, readMode(mode), fillValue);
  },
);

/**
 * `x` with `x[..., indices[..., j, ...], ...] = values[..., j, ...]` along `axis`; `values` broadcast to `indices`, and other axes of the
 * indices to those of `x`.
 *
 * - `axis`: with null, `x` is flattened, and put into shape again
 * - `mode`: for indices out of range, as in `np.at(...).set`: by default they are left out
 * @see JAX, `jax.numpy.put_along_axis`
 */
export const putAlongAxis = composite(
  "np.putAlongAxis(x, indices, values, axis, mode)",
  (x: TensorLike, indices: TensorLike, values: TensorLike, axis: number | null, mode: IndexMode = "drop"): Tensor => {
    const where = "np.putAlongAxis";
    checkMode(where, mode);
    const own = asTensor(x, where);
    const [t, at] = alongAxis(where, own, axis);
    const { wide, i } = pairAlong(where, t, indices, at);
    if (wide.some((n, a) => a !== at && n !== t.shape[a])) {
      throw new ShapeError({
        where,
        what: "the indices are wider than the tensor",
        expected: "sizes of the tensor, or 1, beside the axis",
        got: `${t.aval} and indices ${i.aval}`,
      });
    }
    const places = widened(i, wide, at);
    if (places.size === 0) return own;
    const updates = widened(b.broadcastTo(fitted(where, values, t), i.shape), wide, at);
    return b.reshape(sc.putAlongAxis(t, g.wrapIndices(places, t.shape[at]), updates, at, writeMode(mode)), own.shape);
  },
);

/**
 * `x`, flattened, with `values` (repeated as often as needed) at `indices`, in its shape again.
 *
 * - `mode`: for indices out of range: by default they are left out; `clip` takes the nearest, `wrap` counts on from the beginning
 * @see JAX, `jax.numpy.put`
 */
export const put = composite(
  "np.put(x, indices, values, mode)",
  (x: TensorLike, indices: TensorLike, values: TensorLike, mode: "drop" | "clip" | "wrap" = "drop"): Tensor => {
    const where = "np.put";
    const t = asTensor(x, where);
    const i = asIndices(where, indices);
    const v = fitted(where, values, t);
    if (i.size === 0 || t.size === 0) return t;
    if (v.size === 0) {
      throw new ArgumentError({ where, what: "there are no values", expected: "at least one", got: `${v.aval}` });
    }
    const counted = mode === "wrap" ? asWrapped(where, indices, t.size) : g.wrapIndices(i, t.size);
    const places = b.reshape(counted, [i.size]);
    const repeated =
      v.size === i.size
        ? b.reshape(v, [i.size])
        : g.take(b.reshape(v, [v.size]), mod(iota([i.size], "int32"), v.size), 0, "clip");
    const out = sc.putAlongAxis(
      b.reshape(t, [t.size]),
      places,
      repeated,
      0,
      writeMode(mode === "clip" ? "clip" : "drop"),
    );
    return b.reshape(out, t.shape);
  },
);
