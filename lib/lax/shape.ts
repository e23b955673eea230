/** @file Creation, shapes, padding and general reductions in lax. */

import {
  Aval,
  asShape,
  broadcastShapes as commonShape,
  type DType,
  normalizeAxis,
  printShape,
  range,
  type Shape,
  sizeOf,
} from "../core/aval.js";
import { composite, named, takes } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { demand, scalarOf } from "../core/rules.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import { reduceByHalves } from "../primitives/by-halves.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";

/** `value` everywhere. */
export const full = named("lax.full(shape, value, dtype)", (shape: Shape, value: TensorLike, dtype?: DType): Tensor => {
  const t = asTensor(value, "lax.full");
  return b.broadcastTo(e.convert(t, dtype ?? t.dtype), shape);
});
export const fullLike = named(
  "lax.fullLike(x, value, dtype)",
  (x: Tensor, value: TensorLike, dtype: DType = x.dtype): Tensor => full(x.shape, value, dtype),
);
/** A tensor of unspecified values; they are zeros. */
export const empty = named(
  "lax.empty(shape, dtype)",
  (shape: Shape, dtype: DType): Tensor => b.fullOf(new Aval(shape, dtype), 0),
);
/** Counts 0, 1, … along one axis, the same along the others. */
export const broadcastedIota = named(
  "lax.broadcastedIota(dtype, shape, axis)",
  (dtype: DType, shape: Shape, axis: number): Tensor => mv.iota(shape, dtype, axis),
);
/** Counts 0, 1, …, n - 1. */
export const iota = named("lax.iota(dtype, n)", (dtype: DType, n: number): Tensor => mv.iota([n], dtype));

/** New axes in front. */
export const broadcast = named(
  "lax.broadcast(x, sizes)",
  (x: Tensor, sizes: Shape): Tensor => b.broadcastTo(x, [...sizes, ...x.shape]),
);
/** New axes of size 1 in front, until there are `rank`. @throws {ShapeError} when there are more already */
export const broadcastToRank = named("lax.broadcastToRank(x, rank)", (x: Tensor, rank: number): Tensor => {
  demand(x.ndim <= rank, "lax.broadcastToRank", "the tensor has more axes", `rank ${rank} or less`, `${x.aval}`);
  return b.reshape(x, [...new Array<number>(rank - x.ndim).fill(1), ...x.shape]);
});
/** The shape that shapes broadcast to. @throws {ShapeError} when they do not */
export const broadcastShapes = takes(
  "lax.broadcastShapes(...shapes)",
  (...shapes: readonly (Shape | number)[]): Shape => commonShape("lax.broadcastShapes", ...shapes.map(asShape)),
);

const axesIn = (where: string, axes: readonly number[], ndim: number): number[] =>
  axes.map((a) => normalizeAxis(where, a, ndim)).sort((p, q) => p - q);
/** New axes of size 1 at these places of the result. */
export const expandDims = named("lax.expandDims(x, axes)", (x: Tensor, axes: readonly number[]): Tensor => {
  const sizes = [...x.shape];
  for (const place of axesIn("lax.expandDims", axes, x.ndim + axes.length)) sizes.splice(place, 0, 1);
  return b.reshape(x, sizes);
});
/** These axes, of size 1, dropped. @throws {ShapeError} when one is of another size */
export const squeeze = named("lax.squeeze(x, axes)", (x: Tensor, axes: readonly number[]): Tensor => {
  const named = axesIn("lax.squeeze", axes, x.ndim);
  demand(
    named.every((a) => x.shape[a] === 1),
    "lax.squeeze",
    "an axis is not of size 1",
    "axes of size 1",
    `${x.aval}, axes ${printShape(named)}`,
  );
  return b.reshape(
    x,
    x.shape.filter((_, i) => !named.includes(i)),
  );
});
/** The axes from `start` to before `stop` made one. */
export const collapse = named(
  "lax.collapse(x, start, stop)",
  (x: Tensor, start: number, stop: number = x.ndim): Tensor => {
    const from = normalizeAxis("lax.collapse", start, x.ndim);
    const to = stop < 0 ? stop + x.ndim : stop;
    demand(
      from < to && to <= x.ndim,
      "lax.collapse",
      "there are no such axes",
      `axes of ${x.aval}`,
      `${start} to ${stop}`,
    );
    return b.reshape(x, [...x.shape.slice(0, from), sizeOf(x.shape.slice(from, to)), ...x.shape.slice(to)]);
  },
);
/** Parts of these sizes along an axis. @throws {ShapeError} when they do not sum to its size */
export const split = named(
  "lax.split(x, sizes, axis)",
  (x: Tensor, sizes: readonly number[], axis: number = 0): Tensor[] => {
    const at = normalizeAxis("lax.split", axis, x.ndim);
    const total = sizes.reduce((p, q) => p + q, 0);
    demand(total === x.shape[at], "lax.split", "the sizes do not fit", `a sum of ${x.shape[at]}`, printShape(sizes));
    let end = 0;
    return sizes.map((n) => {
      end += n;
      return mv.sliceAxis(x, at, end - n, end);
    });
  },
);
/** The whole repeated along each axis. */
export const tile = named("lax.tile(x, times)", (x: Tensor, times: readonly number[]): Tensor => {
  demand(times.length === x.ndim, "lax.tile", "the numbers do not fit", `${x.ndim} numbers`, printShape(times));
  const paired = b.reshape(
    x,
    x.shape.flatMap((n) => [1, n]),
  );
  const wide = b.broadcastTo(
    paired,
    x.shape.flatMap((n, i) => [times[i], n]),
  );
  return b.reshape(
    wide,
    x.shape.map((n, i) => n * times[i]),
  );
});

/**
 * `[low, high, interior]` new places for each axis, filled with a scalar; a negative amount takes places away, after those between the
 * elements are there.
 *
 * @throws {ShapeError} when more is taken away than there is, or an interior amount is negative
 * @example lax.pad(x, np.scalar(0), [[1, -1, 0], [0, 0, 2]])
 */
export const pad = composite(
  "lax.pad(x, value, config)",
  (x: Tensor, value: Tensor, config: readonly (readonly [low: number, high: number, interior: number])[]): Tensor => {
    const padded = mv.pad(x, value, {
      low: config.map(([low]) => Math.max(low, 0)),
      high: config.map(([, high]) => Math.max(high, 0)),
      interior: config.map(([, , interior]) => interior),
    });
    const start = config.map(([low]) => Math.max(-low, 0));
    const limit = config.map(([, high], i) => padded.shape[i] - Math.max(-high, 0));
    if (start.some((n, i) => n > limit[i])) {
      throw new ShapeError({
        where: "lax.pad",
        what: "more elements are removed than there are",
        expected: `amounts that fit ${x.aval}`,
        got: JSON.stringify(config),
      });
    }
    return mv.slice(padded, start, limit);
  },
);

/**
 * An associative function over axes, which are dropped: log2(n) applications of `f` to whole tensors.
 *
 * - `init`: a scalar with `f(init, x) = x`
 * @see jax.lax.reduce, for one operand
 * @example lax.reduce(x, np.scalar(0), np.add, [0])
 */
export const reduce = composite(
  "lax.reduce(x, init, f, axes)",
  (x: Tensor, init: TensorLike, f: (a: Tensor, b: Tensor) => Tensor, axes: readonly number[]): Tensor => {
    const neutral = e.convert(asTensor(init, "lax.reduce"), x.dtype);
    return reduceByHalves(x, axesIn("lax.reduce", axes, x.ndim), neutral, f);
  },
);
/** Exclusive or over axes, which are dropped. */
export const reduceXor = composite(
  "lax.reduceXor(x, axes)",
  (x: Tensor, axes: readonly number[]): Tensor => reduceByHalves(x, axes, scalarOf(x.aval.strong(), 0), e.xor),
);
/** Tensors of one shape, beside each other along a new axis. @throws {ShapeError} when there are none, or their shapes differ */
export const stack = named("lax.stack(xs, axis)", (xs: readonly Tensor[], axis: number = 0): Tensor => {
  demand(xs.length > 0, "lax.stack", "there are no tensors", "at least one", "none");
  const at = normalizeAxis("lax.stack", axis, xs[0].ndim + 1);
  return mv.concatenate(
    xs.map((x) => expandDims(x, [at])),
    at,
  );
});
/** The tensors along an axis, which goes. */
export const unstack = named("lax.unstack(x, axis)", (x: Tensor, axis: number = 0): Tensor[] => {
  const at = normalizeAxis("lax.unstack", axis, x.ndim);
  const rest = x.shape.filter((_, i) => i !== at);
  return range(x.shape[at]).map((i) => b.reshape(mv.sliceAxis(x, at, i, i + 1), rest));
});
