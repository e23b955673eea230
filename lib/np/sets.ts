/**
 * @file Results whose size depends on values: places that are not zero, values without repetitions, sets.
 *
 * Outside of `jit` the size is found out. With `size` it is given, what is more is left out, and what is less is filled up: so these
 * functions can be compiled, as in JAX.
 */
import { Aval, normalizeAxis, stridesOf } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { asTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import { cumSum } from "../primitives/cumulative.js";
import * as e from "../primitives/elementwise.js";
import * as g from "../primitives/gather.js";
import * as mv from "../primitives/movement.js";
import * as r from "../primitives/reduce.js";
import { putAlongAxis } from "../primitives/scatter.js";
import { sort as sorted } from "../primitives/sort.js";
import { fitted } from "./at.js";
import { convertTo, promoteDType } from "./promote.js";

export interface SizeOptions {
  /** The size of the result; without it, the values are asked for, which is not possible under `jit`. */
  readonly size?: number;
  /** What fills the result up to `size`. */
  readonly fillValue?: TensorLike;
}

const int = (value: number): Tensor => new Literal(value, "int32");
const flatten = (x: Tensor): Tensor => b.reshape(x, [x.size]);
const truth = (where: string, x: TensorLike): Tensor => flatten(convertTo(asTensor(x, where), "bool"));
const countOf = (mask: Tensor): Tensor => b.reduceSum(e.convert(mask, "int32"), [0]);

/** The first `size` places where a vector of bools is true; `fill` behind them. */
const placesOf = (where: string, mask: Tensor, size: number | undefined, fill: Tensor): Tensor => {
  const n = size ?? countOf(mask).concrete(`${where} without a size`).host().data[0];
  if (mask.size === 0 || n === 0) return b.broadcastTo(fill, [n]);
  // The k-th true place goes to place k; the others go outside and are dropped.
  const rank = e.sub(cumSum(e.convert(mask, "int32"), 0), int(1));
  const target = e.select(mask, rank, int(n));
  return putAlongAxis(b.broadcastTo(fill, [n]), target, mv.iota([mask.size], "int32"), 0, "drop");
};

/**
 * Where `x`, flattened, is not zero (int32).
 *
 * - `fillValue`: default 0
 * @see JAX, `jax.numpy.flatnonzero`
 */
export const flatnonzero = composite(
  "np.flatnonzero(x, { size, fillValue })",
  (x: TensorLike, options: SizeOptions = {}): Tensor => {
    const fill = fitted("np.flatnonzero", options.fillValue ?? 0, int(0));
    return placesOf("np.flatnonzero", truth("np.flatnonzero", x), options.size, fill);
  },
);

const coordinates = (where: string, x: TensorLike, { size, fillValue = 0 }: SizeOptions): Tensor[] => {
  const { shape } = asTensor(x, where);
  if (shape.length === 0) {
    const hint = "np.flatnonzero takes a number as a vector of one element";
    throw new ShapeError({ where, what: "a number has no coordinates", expected: "rank 1 or more", hint });
  }
  const places = placesOf(where, truth(where, x), size, int(-1));
  const fill = fitted(where, fillValue, int(0));
  return stridesOf(shape).map((stride, axis) => {
    const along = e.rem(e.div(places, int(Math.max(stride, 1))), int(Math.max(shape[axis], 1)));
    return e.select(e.lt(places, int(0)), fill, along);
  });
};
/**
 * Where `x` is not zero: for each axis the indices along it (int32), in row-major order.
 *
 * @throws {ShapeError} for a number
 * @see JAX, `jax.numpy.nonzero`
 */
export const nonzero = composite(
  "np.nonzero(x, { size, fillValue })",
  (x: TensorLike, options: SizeOptions = {}): Tensor[] => coordinates("np.nonzero", x, options),
);
/** Where `x` is not zero, a row of indices for each place: `[n, rank]`, which is empty for a number. @see JAX, `jax.numpy.argwhere` */
export const argwhere = composite(
  "np.argwhere(x, { size, fillValue })",
  (x: TensorLike, options: SizeOptions = {}): Tensor => {
    const where = "np.argwhere";
    if (asTensor(x, where).ndim === 0) {
      const rows = placesOf(where, truth(where, x), options.size, int(0)).size;
      return b.fullOf(new Aval([rows, 0], "int32"), 0);
    }
    const along = coordinates(where, x, options);
    return mv.concatenate(
      along.map((i) => b.reshape(i, [i.size, 1])),
      1,
    );
  },
);

/**
 * The entries along `axis` (flattened without one) where `condition`, a vector, holds.
 *
 * - `fillValue`: default 0
 * @see JAX, `jax.numpy.compress`
 */
export const compress = composite(
  "np.compress(condition, x, { size, fillValue, axis })",
  (condition: TensorLike, x: TensorLike, options: SizeOptions & { readonly axis?: number | null } = {}): Tensor => {
    const where = "np.compress";
    const t = asTensor(x, where);
    const [y, axis] =
      options.axis === undefined || options.axis === null
        ? [flatten(t), 0]
        : [t, normalizeAxis(where, options.axis, t.ndim)];
    const mask = truth(where, condition);
    const n = y.shape[axis];
    const places = placesOf(where, mask, options.size, int(n));
    if (n === 0)
      return b.broadcastTo(
        fitted(where, options.fillValue ?? 0, t),
        y.shape.map((s, a) => (a === axis ? places.size : s)),
      );
    const read = g.take(y, places, axis, "clip");
    const inside = b.broadcastInDim(e.lt(places, int(n)), read.shape, [axis]);
    return e.select(inside, read, b.broadcastTo(fitted(where, options.fillValue ?? 0, t), read.shape));
  },
);
/** The elements of `x` where `condition`, of the same size, holds. @see JAX, `jax.numpy.extract` */
export const extract = composite(
  "np.extract(condition, x, { size, fillValue })",
  (condition: TensorLike, x: TensorLike, options: SizeOptions = {}): Tensor => compress(condition, x, options),
);

// --- values without repetitions ------------------------------------------------------------------------------------------

/** A vector sorted, where it came from, and whether each is the first of its kind; NaN is one kind, or each is its own kind. */
const grouped = (x: Tensor, equalNaN: boolean): { values: Tensor; from: Tensor; first: Tensor } => {
  const [values, from] = sorted(x, 0);
  const [left, right] = [mv.sliceAxis(values, 0, 0, x.size - 1), mv.sliceAxis(values, 0, 1, x.size)];
  const other = e.ne(left, right);
  const differs = equalNaN ? e.and(other, e.or(e.eq(left, left), e.eq(right, right))) : other;
  return { values, from, first: mv.concatenate([b.broadcastTo(new Literal(1, "bool"), [1]), differs], 0) };
};

/** What there is to know about the distinct values of a tensor. */
export interface Unique {
  /** Ascending. */
  readonly values: Tensor;
  /** The first place of each in the flattened tensor. */
  readonly indices: Tensor;
  /** For each element, the place of its value among `values`, in the tensor's shape. */
  readonly inverseIndices: Tensor;
  /** How often each occurs. */
  readonly counts: Tensor;
}

const noElements = (where: string, x: Tensor, { size = 0, fillValue = 0 }: SizeOptions): Unique => {
  const zeros = b.broadcastTo(int(0), [size]);
  return {
    values: b.broadcastTo(fitted(where, fillValue, x), [size]),
    indices: zeros,
    inverseIndices: b.fullOf(new Aval(x.shape, "int32"), 0),
    counts: b.broadcastTo(int(0), [size]),
  };
};

const uniqueOf = (where: string, x: TensorLike, options: SizeOptions, equalNaN: boolean): Unique => {
  const t = asTensor(x, where);
  if (t.size === 0) return noElements(where, t, options);
  const { values, from, first } = grouped(flatten(t), equalNaN);
  const starts = placesOf(where, first, options.size, int(t.size));
  const n = starts.size;
  const inside = e.lt(starts, int(t.size));
  const safe = e.select(inside, starts, int(0));
  const smallest = b.reshape(mv.sliceAxis(values, 0, 0, 1), []);
  const fill = options.fillValue === undefined ? smallest : fitted(where, options.fillValue, t);
  const group = e.sub(cumSum(e.convert(first, "int32"), 0), int(1));
  const ones = b.broadcastTo(int(1), [t.size]);
  const counts = g.scatterAdd(b.broadcastTo(int(0), [n]), b.reshape(group, [t.size, 1]), ones, {
    ...g.alongAxis(1, 0),
    mode: "drop",
  });
  const inverse = putAlongAxis(b.broadcastTo(int(0), [t.size]), from, group, 0, "drop");
  return {
    values: e.select(inside, g.take(values, safe, 0, "clip"), b.broadcastTo(fill, [n])),
    indices: g.take(from, safe, 0, "clip"),
    inverseIndices: b.reshape(inverse, t.shape),
    counts,
  };
};
/**
 * The distinct values of a tensor in ascending order, with their first places, counts and the way back; each NaN is a separate value,
 * and they are last.
 *
 * - `fillValue`: default the smallest value
 * @see JAX, `jax.numpy.unique_all`; the array API has NaN so, where `unique` has it once
 */
export const uniqueAll = composite(
  "np.uniqueAll(x, { size, fillValue })",
  (x: TensorLike, options: SizeOptions = {}): Unique => uniqueOf("np.uniqueAll", x, options, false),
);
/**
 * The distinct values of a tensor, flattened, in ascending order; NaN once and last.
 *
 * - `fillValue`: default the smallest value
 * @see JAX, `jax.numpy.unique`; `uniqueAll` has indices and counts
 * @example np.unique(labels, { size: 10, fillValue: -1 }) // also under jit
 */
export const unique = composite(
  "np.unique(x, { size, fillValue })",
  (x: TensorLike, options: SizeOptions = {}): Tensor => uniqueOf("np.unique", x, options, true).values,
);
/** The distinct values, as `uniqueAll` gives them. */
export const uniqueValues = composite(
  "np.uniqueValues(x, { size, fillValue })",
  (x: TensorLike, options: SizeOptions = {}): Tensor => uniqueOf("np.uniqueValues", x, options, false).values,
);
/** The distinct values and how often each occurs. */
export const uniqueCounts = composite(
  "np.uniqueCounts(x, { size, fillValue })",
  (x: TensorLike, options: SizeOptions = {}): Pick<Unique, "values" | "counts"> => {
    const { values, counts } = uniqueOf("np.uniqueCounts", x, options, false);
    return { values, counts };
  },
);
/** The distinct values and, for each element, its place. */
export const uniqueInverse = composite(
  "np.uniqueInverse(x, { size, fillValue })",
  (x: TensorLike, options: SizeOptions = {}): Pick<Unique, "values" | "inverseIndices"> => {
    const { values, inverseIndices } = uniqueOf("np.uniqueInverse", x, options, false);
    return { values, inverseIndices };
  },
);

// --- sets ----------------------------------------------------------------------------------------------------------------

/** Whether each of a vector is in another. */
const isIn = (x: Tensor, set: Tensor): Tensor =>
  set.size === 0
    ? b.broadcastTo(new Literal(0, "bool"), x.shape)
    : r.reduceOr(e.eq(b.reshape(x, [x.size, 1]), b.reshape(set, [1, set.size])), [1]);

/** Whether each element is among `test`, in the shape of the elements. @see JAX, `jax.numpy.isin` */
export const isin = composite(
  "np.isin(x, test, { invert })",
  (x: TensorLike, test: TensorLike, { invert = false }: { readonly invert?: boolean } = {}): Tensor => {
    const [t, set] = promoteDType("np.isin", [x, test]);
    const found = b.reshape(isIn(flatten(t), flatten(set)), t.shape);
    return invert ? e.not(found) : found;
  },
);

/** The distinct values of `x` for which `keep` is true. */
const kept = (
  where: string,
  x: Tensor,
  keep: (values: Tensor) => Tensor,
  options: SizeOptions,
  equalNaN = true,
): Tensor => {
  if (x.size === 0) return noElements(where, x, options).values;
  const { values, first } = grouped(x, equalNaN);
  return compress(e.and(first, keep(values)), values, options);
};
const pair = (where: string, x: TensorLike, y: TensorLike): Tensor[] => promoteDType(where, [x, y]).map(flatten);

/** The values that are in one of the two or in both. `fillValue` is by default the smallest. @see JAX, `jax.numpy.union1d` */
export const union1d = composite(
  "np.union1d(x, y, { size, fillValue })",
  (x: TensorLike, y: TensorLike, options: SizeOptions = {}): Tensor =>
    unique(mv.concatenate(pair("np.union1d", x, y), 0), options),
);
/** The values that are in both. `fillValue` is by default 0. @see JAX, `jax.numpy.intersect1d` */
export const intersect1d = composite(
  "np.intersect1d(x, y, { size, fillValue })",
  (x: TensorLike, y: TensorLike, options: SizeOptions = {}): Tensor => {
    const [a, c] = pair("np.intersect1d", x, y);
    return kept("np.intersect1d", a, (values) => isIn(values, c), options);
  },
);
/** The values of `x` that are not in `y`. `fillValue` is by default 0. @see JAX, `jax.numpy.setdiff1d` */
export const setdiff1d = composite(
  "np.setdiff1d(x, y, { size, fillValue })",
  (x: TensorLike, y: TensorLike, options: SizeOptions = {}): Tensor => {
    const [a, c] = pair("np.setdiff1d", x, y);
    return kept("np.setdiff1d", a, (values) => e.not(isIn(values, c)), options);
  },
);
/** The values that are in one of the two only; NaN is not a value of the other. `fillValue` is by default 0. @see JAX, `jax.numpy.setxor1d` */
export const setxor1d = composite(
  "np.setxor1d(x, y, { size, fillValue })",
  (x: TensorLike, y: TensorLike, options: SizeOptions = {}): Tensor => {
    const [a, c] = pair("np.setxor1d", x, y);
    const both = mv.concatenate([a, c], 0);
    const unknown = (v: Tensor): Tensor => e.convert(e.ne(v, v), "int32");
    const hasNaN = (v: Tensor): Tensor => (v.size === 0 ? int(0) : r.reduceMax(unknown(v), [0]));
    const only = (values: Tensor): Tensor => {
      const known = e.and(e.eq(values, values), e.ne(isIn(values, a), isIn(values, c)));
      // NaN stands behind all others: once for each of the two that has it.
      const numbers = e.sub(int(values.size), b.reduceSum(unknown(values), [0]));
      const end = e.add(numbers, e.add(hasNaN(a), hasNaN(c)));
      const place = mv.iota([values.size], "int32");
      return e.or(known, e.and(e.ge(place, numbers), e.lt(place, end)));
    };
    return kept("np.setxor1d", both, only, options, false);
  },
);
