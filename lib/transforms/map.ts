/** @file map: a function of one row over all rows, one after the other or a few at a time. */

import type { Shape } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { treeMap, unflatten } from "../core/pytree.js";
import type { GradsOf, Tensor } from "../core/tensor.js";
import type { Tuples } from "../core/tree-types.js";
import { reshape } from "../primitives/broadcast.js";
import { concatenate, slice } from "../primitives/movement.js";
import { scan } from "./scan.js";
import { lengthOf } from "./scan-length.js";
import { flattenTensors, nameOf } from "./trees.js";
import { vmap } from "./vmap.js";

export interface MapOptions {
  /** How many rows are computed at once, by `vmap`; default 1, without it. */
  readonly batchSize?: number;
}

/** Rows `from` to before `to`. */
const rows = (x: Tensor, from: number, to: number): Tensor =>
  slice(
    x,
    x.shape.map((_, axis) => (axis === 0 ? from : 0)),
    x.shape.map((n, axis) => (axis === 0 ? to : n)),
  );

/**
 * Applies `f` to every row of `xs`, one after the other, and stacks what it returns: like `vmap`, with the memory of one row at a time.
 *
 * @param f        a function of one row of every leaf
 * @param xs       a tree of tensors with one leading size
 * @param options  `batchSize`: how many rows are computed at once
 * @returns the results, stacked along a new leading axis
 * @throws {ShapeError} where leading sizes differ
 * @see JAX's `jax.lax.map`
 * @example map((x) => np.sum(x), np.ones([4, 3])) // [3, 3, 3, 3]
 */
export const map = takes(
  "map(f, xs, { batchSize })",
  <X, Y>(f: (x: GradsOf<X>) => Y | Tuples, xs: X | Tuples, options: MapOptions = {}): GradsOf<Y> =>
    transformed("map", () => {
      const where = nameOf("map", f as (...args: never[]) => unknown);
      const { batchSize = 1 } = options;
      if (!Number.isInteger(batchSize) || batchSize < 1) {
        throw new ArgumentError({
          where,
          what: "batchSize is not a number of rows",
          expected: "1, 2, …",
          got: String(batchSize),
        });
      }
      const [leaves, def] = flattenTensors(where, xs, "xs");
      const each = (tree: X | Tuples, g: (x: GradsOf<X>) => Y | Tuples): Y => {
        const turn = (_none: null, x: GradsOf<X>): readonly [null, Y | Tuples] => [null, g(x)];
        Object.defineProperty(turn, "name", { value: f.name });
        return scan<null, X, Y>(turn, null, tree)[1] as Y;
      };
      if (batchSize === 1) return each(xs, f) as GradsOf<Y>;

      const length = lengthOf(where, leaves, def, undefined);
      const whole = length - (length % batchSize);
      const together = vmap(f as (x: unknown) => unknown) as (x: unknown) => Y;
      const of = (g: (x: Tensor) => Tensor): X => unflatten(def, leaves.map(g)) as X;
      const split = (shape: Shape): Shape => [whole / batchSize, batchSize, ...shape.slice(1)];
      const joined = (y: Tensor): Tensor => reshape(y, [whole, ...y.shape.slice(2)]);
      const parts: unknown[] = [];
      if (whole > 0) {
        const batches = of((x) => reshape(rows(x, 0, whole), split(x.shape)));
        parts.push(treeMap(joined as (y: never) => Tensor, each(batches, together)));
      }
      if (whole < length || length === 0) parts.push(together(of((x) => rows(x, whole, length))));
      if (parts.length === 1) return parts[0] as GradsOf<Y>;
      const join = (...ys: Tensor[]): Tensor => concatenate(ys, 0);
      return treeMap(join as (...ys: never[]) => Tensor, parts[0], parts[1]) as GradsOf<Y>;
    }),
);
