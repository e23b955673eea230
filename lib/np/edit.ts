/** @file Putting in, taking out and choosing. */
import { normalizeAxis, range, sizeOf } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { asTensor, isTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import { cumSum } from "../primitives/cumulative.js";
import * as e from "../primitives/elementwise.js";
import * as g from "../primitives/gather.js";
import * as mv from "../primitives/movement.js";
import { array } from "./array.js";
import { fitted } from "./at.js";
import { clip, mod } from "./elementwise.js";
import { asIndices, asWrapped, placesOfSlice, type Slice, type SliceText } from "./index-items.js";
import { convertTo, promoteDType } from "./promote.js";
import { broadcastArrays } from "./shape.js";

const alongAxis = (where: string, x: TensorLike, axis: number | null | undefined): [x: Tensor, axis: number] => {
  const t = asTensor(x, where);
  return axis === undefined || axis === null ? [b.reshape(t, [t.size]), 0] : [t, normalizeAxis(where, axis, t.ndim)];
};

const place = (where: string, index: number, last: number): number => {
  if (Number.isInteger(index) && index >= -last && index <= last) return index < 0 ? index + last : index;
  throw new ArgumentError({
    where,
    what: "there is no such place",
    expected: `-${last} to ${last}`,
    got: String(index),
  });
};

const constant = (list: readonly number[]): Tensor => array(Int32Array.from(list));

/**
 * `x` with `values` before the places `index` along `axis`; flattened without one.
 *
 * - `index`: one place, before which all values go, or one for each of the values along the axis; they count in `x` as it is
 * - `values`: broadcast to the entries
 * @see JAX, `jax.numpy.insert`
 */
export const insert = composite(
  "np.insert(x, index, values, axis)",
  (x: TensorLike, index: number | readonly number[], values: TensorLike, axis?: number | null): Tensor => {
    const where = "np.insert";
    const [t, at] = alongAxis(where, x, axis);
    const n = t.shape[at];
    const given = fitted(where, values, t);
    const wide = b.reshape(given, [...new Array<number>(Math.max(0, t.ndim - given.ndim)).fill(1), ...given.shape]);
    // One place takes the first axis of the values for the one along `axis`, as NumPy does.
    const single = typeof index === "number";
    const aligned = single && wide.ndim === t.ndim ? b.moveAxis(wide, 0, at) : wide;
    const places = single
      ? new Array<number>(aligned.shape[at]).fill(place(where, index, n))
      : index.map((i) => place(where, i, n));
    const added = b.broadcastTo(
      aligned,
      t.shape.map((size, a) => (a === at ? places.length : size)),
    );
    // Behind each other: the entries of x, and the new ones; both are read in the order of their places.
    const order = [
      ...range(n).map((i) => ({ i, key: i, own: 1 })),
      ...places.map((key, k) => ({ i: n + k, key, own: 0 })),
    ];
    order.sort((p, q) => p.key - q.key || p.own - q.own || p.i - q.i);
    return g.take(mv.concatenate([t, added], at), constant(order.map(({ i }) => i)), at, "clip");
  },
);

/**
 * `x` without the entries at `index` along `axis`; flattened without one.
 *
 * - `index`: a place, several, or a slice
 * @see JAX, `jax.numpy.delete`
 */
export const deleteAt = composite(
  "np.delete(x, index, axis)",
  (x: TensorLike, index: number | readonly number[] | Slice | SliceText, axis?: number | null): Tensor => {
    const where = "np.delete";
    const [t, at] = alongAxis(where, x, axis);
    const n = t.shape[at];
    const isList = Array.isArray(index);
    const gone = new Set(
      typeof index === "number" || isList
        ? (isList ? (index as readonly number[]) : [index as number]).map((i) => place(where, i, n))
        : placesOfSlice(where, index as Slice | SliceText, at, n),
    );
    if (gone.has(n)) place(where, n + 1, n);
    return g.take(t, constant(range(n).filter((i) => !gone.has(i))), at, "clip");
  },
);

/**
 * For each element of `index` the one of `choices[index]`; all broadcast together.
 *
 * - `mode`: for indices out of range: the nearest, or `wrap` around (JAX's own default, an error, needs values)
 * @see JAX, `jax.numpy.choose`
 */
export const choose = composite(
  "np.choose(index, choices, { mode })",
  (
    index: TensorLike,
    choices: readonly TensorLike[],
    { mode = "clip" }: { readonly mode?: "clip" | "wrap" } = {},
  ): Tensor => {
    const where = "np.choose";
    if (choices.length === 0) {
      throw new ArgumentError({ where, what: "there are no choices", expected: "at least one", got: "none" });
    }
    const n = choices.length;
    const inside = mode === "wrap" ? asWrapped(where, index, n) : clip(asIndices(where, index), 0, n - 1);
    const same = promoteDType(where, choices);
    const [wide, ...all] = broadcastArrays(inside, ...same);
    return all.reduceRight((rest, choice, k) => e.select(e.eq(wide, new Literal(k, "int32")), choice, rest));
  },
);

/**
 * `x` with its elements where `mask` holds replaced by `values` in order, again and again.
 *
 * @see JAX, `jax.numpy.place`
 */
export const placeAt = composite(
  "np.place(x, mask, values)",
  (x: TensorLike, mask: TensorLike, values: TensorLike): Tensor => {
    const where = "np.place";
    const t = asTensor(x, where);
    const holds = convertTo(asTensor(mask, where), "bool");
    const v = fitted(where, values, t);
    if (holds.size !== t.size || (v.size === 0 && t.size > 0)) {
      throw new ShapeError({
        where,
        what: "the mask or the values do not fit",
        expected: `a mask of ${t.size} elements, and at least one value`,
        got: `${holds.aval} and ${v.aval}`,
      });
    }
    if (t.size === 0) return t;
    const flat = b.reshape(holds, [t.size]);
    const rank = e.sub(cumSum(e.convert(flat, "int32"), 0), new Literal(1, "int32"));
    const picked = g.take(b.reshape(v, [v.size]), mod(rank, v.size), 0, "clip");
    return e.select(b.reshape(flat, t.shape), b.reshape(picked, t.shape), t);
  },
);

/**
 * Vectors of integers (or lists of numbers or bools) made to broadcast together, so that they index the product of their places.
 *
 * @see JAX, `jax.numpy.ix_`
 * @example np.get(x, ...np.ix([0, 2], [true, false, true])) // rows 0 and 2, columns 0 and 2
 */
export const ix = composite(
  "np.ix(...lists)",
  (...lists: readonly (Tensor | readonly (number | boolean)[])[]): Tensor[] =>
    lists.map((list, k) => {
      const t = isTensor(list)
        ? asIndices("np.ix", list)
        : constant(list.flatMap((v, i) => (typeof v === "number" ? [v] : v ? [i] : [])));
      return b.reshape(
        t,
        lists.map((_, i) => (i === k ? sizeOf(t.shape) : 1)),
      );
    }),
);
