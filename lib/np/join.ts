/** @file Joining, splitting and repeating. */

import { normalizeAxis, range } from "../core/aval.js";
import { composite, named } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as mv from "../primitives/movement.js";
import { fromHost } from "./array.js";
import { take } from "./indexing.js";
import { promoteDType } from "./promote.js";
import { atleast1d, atleast2d, atleast3d, expandDims, ravel } from "./shape.js";
import { pythonSlice } from "./slice.js";

/** The tensors one behind the other along an axis; flattened first when the axis is null. */
export const concatenate = composite(
  "np.concatenate(xs, axis)",
  (xs: readonly TensorLike[], axis: number | null = 0): Tensor => {
    if (xs.length === 0) {
      throw new ArgumentError({
        where: "np.concatenate",
        what: "the list is empty",
        expected: "at least one tensor",
        got: "none",
      });
    }
    const same = promoteDType("np.concatenate", xs);
    if (axis === null) return mv.concatenate(same.map(ravel), 0);
    return mv.concatenate(same, normalizeAxis("np.concatenate", axis, same[0].ndim));
  },
);
/** The tensors, of one shape, along a new axis. */
export const stack = composite("np.stack(xs, axis)", (xs: readonly TensorLike[], axis: number = 0): Tensor => {
  const tensors = xs.map((x) => asTensor(x, "np.stack"));
  const place = tensors.length === 0 ? 0 : normalizeAxis("np.stack", axis, tensors[0].ndim + 1);
  return concatenate(
    tensors.map((t) => expandDims(t, place)),
    place,
  );
});

/** That many equal parts, or the parts between the given indices, which count as in Python's slices. */
export const split = named(
  "np.split(x, parts, axis)",
  (x: TensorLike, parts: number | readonly number[], axis: number = 0): Tensor[] => {
    const t = asTensor(x, "np.split");
    const at = normalizeAxis("np.split", axis, t.ndim);
    const size = t.shape[at];
    if (typeof parts === "number" && (!Number.isInteger(parts) || parts < 1 || size % parts !== 0)) {
      throw new ShapeError({
        where: "np.split",
        what: "the axis does not divide into equal parts",
        expected: `a size that ${parts} divides`,
        got: `${t.aval}, axis ${at}`,
      });
    }
    const cuts = typeof parts === "number" ? range(parts - 1).map((i) => ((i + 1) * size) / parts) : parts;
    const bounds = [0, ...cuts, size];
    return bounds.slice(1).map((stop, i) => {
      const [start, limit] = pythonSlice(size, bounds[i], stop, 1);
      return mv.sliceAxis(t, at, start, limit);
    });
  },
); /** Side by side: along the second axis, vectors along their only one. */
export const hstack = composite("np.hstack(xs)", (xs: readonly TensorLike[]): Tensor => {
  const wide = xs.map(atleast1d);
  return concatenate(wide, wide[0]?.ndim === 1 ? 0 : 1);
});
/** One above the other; vectors become rows. */
export const vstack = composite(
  "np.vstack(xs)",
  (xs: readonly TensorLike[]): Tensor => concatenate(xs.map(atleast2d), 0),
);
/** One behind the other along the third axis. */
export const dstack = composite(
  "np.dstack(xs)",
  (xs: readonly TensorLike[]): Tensor => concatenate(xs.map(atleast3d), 2),
);
/** Side by side; vectors become columns. */
export const columnStack = composite(
  "np.columnStack(xs)",
  (xs: readonly TensorLike[]): Tensor =>
    concatenate(
      xs.map((x) => {
        const t = atleast1d(x);
        return t.ndim === 1 ? b.reshape(t, [t.size, 1]) : t;
      }),
      1,
    ),
);
/** Nested lists of tensors. */
export type Blocks = TensorLike | readonly Blocks[];
/**
 * One tensor put together from blocks: the innermost lists along the last axis, the lists around them along the one before.
 *
 * @example np.block([[a, b], [c, d]]) // a matrix of four
 */
export const block = composite("np.block(blocks)", (blocks: Blocks): Tensor => {
  const depthOf = (x: Blocks): number => (Array.isArray(x) ? 1 + Math.max(0, ...x.map(depthOf)) : 0);
  const leaves = (x: Blocks): Tensor[] =>
    Array.isArray(x) ? x.flatMap(leaves) : [asTensor(x as TensorLike, "np.block")];
  const depth = depthOf(blocks);
  const rank = Math.max(depth, ...leaves(blocks).map((t) => t.ndim));
  const build = (x: Blocks, level: number): Tensor => {
    if (Array.isArray(x)) {
      return concatenate(
        x.map((y: Blocks) => build(y, level + 1)),
        level - depth,
      );
    }
    const t = asTensor(x as TensorLike, "np.block");
    return b.reshape(t, [...new Array<number>(rank - t.ndim).fill(1), ...t.shape]);
  };
  return build(blocks, 0);
});
/** `values` behind `x` along an axis; both flattened without one. */
export const append = named(
  "np.append(x, values, axis)",
  (x: TensorLike, values: TensorLike, axis?: number | null): Tensor => concatenate([x, values], axis ?? null),
);

/** That many parts, the first of them longer by one where the axis does not divide; or the parts between the given indices. */
export const arraySplit = named(
  "np.arraySplit(x, parts, axis)",
  (x: TensorLike, parts: number | readonly number[], axis: number = 0): Tensor[] => {
    if (typeof parts !== "number" || !(parts >= 1)) return split(x, parts, axis);
    const t = asTensor(x, "np.arraySplit");
    const size = t.shape[normalizeAxis("np.arraySplit", axis, t.ndim)];
    const longer = size % parts;
    return split(
      x,
      range(parts - 1).map((i) => (i + 1) * Math.floor(size / parts) + Math.min(i + 1, longer)),
      axis,
    );
  },
);
export const vsplit = named("np.vsplit(x, parts)", (x: TensorLike, parts: number | readonly number[]): Tensor[] =>
  split(x, parts, 0),
);
/** Along the second axis; a vector along its only one. */
export const hsplit = named("np.hsplit(x, parts)", (x: TensorLike, parts: number | readonly number[]): Tensor[] =>
  split(x, parts, asTensor(x, "np.hsplit").ndim === 1 ? 0 : 1),
);
export const dsplit = named("np.dsplit(x, parts)", (x: TensorLike, parts: number | readonly number[]): Tensor[] =>
  split(x, parts, 2),
);
/** The tensors along an axis, which goes: the inverse of `stack`. */
export const unstack = composite("np.unstack(x, axis)", (x: TensorLike, axis: number = 0): Tensor[] => {
  const t = asTensor(x, "np.unstack");
  const at = normalizeAxis("np.unstack", axis, t.ndim);
  const rest = t.shape.filter((_, i) => i !== at);
  return range(t.shape[at]).map((i) => b.reshape(mv.sliceAxis(t, at, i, i + 1), rest));
});

/**
 * Each element so many times, one number for all or one for each along the axis; flattened without an axis.
 *
 * @throws {ArgumentError} when a number is negative or a fraction; {ShapeError} when there are not as many as elements
 */
export const repeat = composite(
  "np.repeat(x, repeats, axis)",
  (x: TensorLike, repeats: number | readonly number[], axis?: number | null): Tensor => {
    const t = axis === undefined || axis === null ? ravel(x) : asTensor(x, "np.repeat");
    const at = normalizeAxis("np.repeat", axis ?? 0, t.ndim);
    const n = t.shape[at];
    const counts = typeof repeats === "number" ? [repeats] : repeats;
    if (counts.some((k) => !Number.isInteger(k) || k < 0)) {
      throw new ArgumentError({
        where: "np.repeat",
        what: "not a number of times",
        expected: "integers from 0 on",
        got: `${repeats}`,
      });
    }
    if (counts.length === 1) {
      const [k] = counts;
      const paired = b.reshape(t, [...t.shape.slice(0, at + 1), 1, ...t.shape.slice(at + 1)]);
      const wide = b.broadcastTo(paired, [...t.shape.slice(0, at + 1), k, ...t.shape.slice(at + 1)]);
      return b.reshape(wide, [...t.shape.slice(0, at), n * k, ...t.shape.slice(at + 1)]);
    }
    if (counts.length !== n) {
      throw new ShapeError({
        where: "np.repeat",
        what: "not one number per element",
        expected: `${n} numbers, as in ${t.aval} along axis ${at}`,
        got: `${counts.length}`,
      });
    }
    const from = Int32Array.from(counts.flatMap((k, i) => new Array<number>(k).fill(i)));
    return take(t, fromHost({ shape: [from.length], dtype: "int32", data: from }), at);
  },
);
/** The whole repeated along each axis; a number is for the last one. */
export const tile = composite("np.tile(x, times)", (x: TensorLike, times: number | readonly number[]): Tensor => {
  const t = asTensor(x, "np.tile");
  const repeats = typeof times === "number" ? [times] : times;
  const rank = Math.max(t.ndim, repeats.length);
  const shape = [...new Array<number>(rank - t.ndim).fill(1), ...t.shape];
  const all = [...new Array<number>(rank - repeats.length).fill(1), ...repeats];
  const paired = b.reshape(
    t,
    shape.flatMap((n) => [1, n]),
  );
  const wide = b.broadcastTo(
    paired,
    shape.flatMap((n, i) => [all[i], n]),
  );
  return b.reshape(
    wide,
    shape.map((n, i) => n * all[i]),
  );
});
