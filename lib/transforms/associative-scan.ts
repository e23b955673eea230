/**
 * @file associativeScan: all prefixes of an associative operation, in a number of steps that grows with the logarithm of the length.
 *
 * Neighbours are combined to half as many elements, whose prefixes are found in the same way; these are the prefixes at odd places, and one
 * more operation each gives those at even places (Blelloch 1990, "Prefix sums and their applications").
 */

import { normalizeAxis } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { checkSameStructure, pathsOf, printPath, unflatten } from "../core/pytree.js";
import type { GradsOf, Tensor } from "../core/tensor.js";
import type { Tuples } from "../core/tree-types.js";
import { reshape } from "../primitives/broadcast.js";
import { concatenate, reverse as reversed, slice } from "../primitives/movement.js";
import { flattenTensors, type LikeTensors, nameOf } from "./trees.js";

export interface AssociativeScanOptions {
  /** Suffixes in place of prefixes. */
  readonly reverse?: boolean;
  /** The axis along which elements are combined; default 0. */
  readonly axis?: number;
}

/** Every `step`-th element from `from` to before `to` along an axis. */
const along = (x: Tensor, axis: number, from: number, to: number, step = 1): Tensor =>
  slice(
    x,
    x.shape.map((_, i) => (i === axis ? from : 0)),
    x.shape.map((n, i) => (i === axis ? to : n)),
    x.shape.map((_, i) => (i === axis ? step : 1)),
  );

/** `a[0], b[0], a[1], b[1], …`; `a` has as many elements as `b`, or one more. */
const interleave = (a: Tensor, b: Tensor, axis: number): Tensor => {
  const n = b.shape[axis];
  const column = (x: Tensor): Tensor => reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
  const pairs = concatenate([column(along(a, axis, 0, n)), column(b)], axis + 1);
  const flat = reshape(pairs, [...b.shape.slice(0, axis), 2 * n, ...b.shape.slice(axis + 1)]);
  return a.shape[axis] === n ? flat : concatenate([flat, along(a, axis, n, n + 1)], axis);
};

type Combine = (a: readonly Tensor[], b: readonly Tensor[]) => readonly Tensor[];

const prefixes = (combine: Combine, xs: readonly Tensor[], axis: number): readonly Tensor[] => {
  const n = xs[0].shape[axis];
  if (n < 2) return xs;
  const cut = (list: readonly Tensor[], from: number, to: number, step = 1): Tensor[] =>
    list.map((x) => along(x, axis, from, to, step));
  const odd = prefixes(combine, combine(cut(xs, 0, n - 1, 2), cut(xs, 1, n, 2)), axis);
  const first = cut(xs, 0, 1);
  const before = n % 2 === 0 ? cut(odd, 0, n / 2 - 1) : odd;
  const even = n === 2 ? first : combine(before, cut(xs, 2, n, 2)).map((y, i) => concatenate([first[i], y], axis));
  return even.map((y, i) => interleave(y, odd[i], axis));
};

/**
 * All prefixes `x[0]`, `f(x[0], x[1])`, `f(f(x[0], x[1]), x[2])`, … of an associative function, by about `2 log2(n)` calls of it.
 *
 * @param f        combines two trees of elements, several at a time: it works along the axis element by element, and is associative
 * @param elems    a tree of tensors with one size along the axis
 * @param options  `axis` (default 0); `reverse`: suffixes in place of prefixes
 * @returns a tree like `elems`
 * @throws {ShapeError} where sizes differ, or `f` changes a shape
 * @see JAX's `jax.lax.associative_scan`
 * @example associativeScan(np.multiply, np.array([1, 2, 3, 4])) // [1, 2, 6, 24]
 */
export const associativeScan = takes(
  "associativeScan(f, elems, { reverse, axis })",
  <X>(
    f: (a: GradsOf<X>, b: GradsOf<X>) => LikeTensors<X>,
    elems: X | Tuples,
    options: AssociativeScanOptions = {},
  ): GradsOf<X> =>
    transformed("associativeScan", () => {
      const where = nameOf("associativeScan", f as (...args: never[]) => unknown);
      const [xs, def] = flattenTensors(where, elems, "elems");
      if (xs.length === 0) {
        throw new ArgumentError({ where, what: "there is nothing to combine", expected: "a tree with a leaf" });
      }
      const at = (i: number): string => printPath(pathsOf(def)[i], "elems");
      const axis = normalizeAxis(where, options.axis ?? 0, xs[0].ndim);
      const bad = xs.findIndex((x) => x.shape[axis] !== xs[0].shape[axis]);
      if (bad >= 0) {
        throw new ShapeError({
          where,
          what: "sizes along the axis differ",
          expected: `${xs[0].shape[axis]} elements along axis ${axis}, as ${at(0)} has`,
          got: `${xs[bad].aval}`,
          at: at(bad),
        });
      }
      const combine: Combine = (a, b) => {
        const [outs, outDef] = flattenTensors(where, f(tree(a), tree(b)), "the result");
        checkSameStructure(where, def, outDef, "the function returns a tree like the ones it takes", "the result");
        outs.forEach((y, i) => {
          if (y.ndim === a[i].ndim && y.shape.every((n, k) => n === a[i].shape[k])) return;
          throw new ShapeError({
            where,
            what: "the function changes a shape",
            expected: `${a[i].aval}`,
            got: `${y.aval}`,
            at: printPath(pathsOf(def)[i], "the result"),
            hint: "it is given several elements at a time, along the axis",
          });
        });
        return outs;
      };
      const tree = (list: readonly Tensor[]): GradsOf<X> => unflatten(def, list) as GradsOf<X>;
      const flip = (list: readonly Tensor[]): readonly Tensor[] =>
        options.reverse === true ? list.map((x) => reversed(x, [axis])) : list;
      return tree(flip(prefixes(combine, flip(xs), axis)));
    }),
);
