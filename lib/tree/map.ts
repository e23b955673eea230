/** @file Mapping, folding and transposing trees: `jax.tree` with types. */
import { takes } from "../core/composite.js";
import { TreeError } from "../core/errors.js";
import {
  checkSameStructure,
  flatten,
  type KeyPath,
  leavesOf,
  pathsOf,
  structureOf,
  type TreeDef,
  treeMapTo,
  treeMapWithPath,
  unflatten,
} from "../core/pytree.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import type { OfTensors } from "../core/tree-types.js";
import { type IsLeaf, isLeafOf, isLeafOption, type LeafOption } from "./leaf-option.js";
import type { LeafOf, Mapped } from "./types.js";

/**
 * Overloads of `tree.map`: where tensors become tensors, also in a tree of which a type parameter alone is known, the type stays. First come
 * further trees of tensors, such as gradients beside parameters. With `{ isLeaf }` at the end the leaves are what it names.
 */
export interface TreeMap {
  <L, R>(
    f: (leaf: L, ...more: never[]) => R,
    tree: unknown,
    ...rest: readonly [...unknown[], Required<LeafOption>]
  ): unknown;
  <T, U>(f: (leaf: Tensor, ...more: Tensor[]) => Tensor, tree: OfTensors<T>, ...rest: readonly OfTensors<U>[]): T;
  <T>(f: (leaf: Tensor, ...more: never[]) => Tensor, tree: OfTensors<T>, ...rest: readonly unknown[]): T;
  <T, R>(f: (leaf: LeafOf<NoInfer<T>>, ...more: never[]) => R, tree: T, ...rest: readonly unknown[]): Mapped<T, R>;
}

/**
 * Applies `f` to every leaf; further trees must have the structure of the first, and give further arguments. An object `{ isLeaf }` at the
 * end names nodes that are not looked into; what further trees have in their places goes with them.
 *
 * @throws {TreeError} with the key paths at which two trees differ
 * @see JAX's `jax.tree.map`
 * @example tree.map((p, g) => np.subtract(p, np.multiply(0.1, g)), params, grads)
 * @example tree.map((pair) => pair[0], tree, { isLeaf: Array.isArray })
 */
export const map: TreeMap = takes(
  "tree.map(f, tree, ...rest)",
  (f: (...leaves: never[]) => unknown, tree: unknown, ...rest: readonly unknown[]): never => {
    const last = rest.at(-1);
    if (!isLeafOption(last)) return treeMapTo(undefined, f, tree, ...rest) as never;
    return treeMapTo(last.isLeaf, f, tree, ...rest.slice(0, -1)) as never;
  },
);

/**
 * Applies `f(path, leaf)` to every leaf.
 *
 * @see JAX's `jax.tree.map_with_path`
 */
export const mapWithPath = takes(
  "tree.mapWithPath(f, tree, { isLeaf })",
  <T, R>(f: (path: KeyPath, leaf: LeafOf<NoInfer<T>>) => R, tree: T, options?: IsLeaf): Mapped<T, R> =>
    treeMapWithPath(f as (path: KeyPath, leaf: never) => unknown, tree, isLeafOf(options)) as Mapped<T, R>,
);

/**
 * The leaves with their key paths, in order, and the structure.
 *
 * @see JAX's `jax.tree.flatten_with_path`
 */
export const flattenWithPath = takes(
  "tree.flattenWithPath(tree, { isLeaf })",
  <T>(
    tree: T,
    options?: IsLeaf,
  ): readonly [leaves: (readonly [path: KeyPath, leaf: LeafOf<T>])[], treedef: TreeDef] => {
    const [leaves, def] = flatten(tree, isLeafOf(options));
    const paths = pathsOf(def);
    return [leaves.map((leaf, i) => [paths[i], leaf as LeafOf<T>] as const), def];
  },
);

/** Overloads of `tree.leaves`: also a tree of which a type parameter alone is known has tensors for leaves. */
export interface TreeLeaves {
  <T>(tree: OfTensors<T>): Tensor[];
  <T>(tree: T): LeafOf<T>[];
  (tree: unknown, options: IsLeaf): unknown[];
}

/** The leaves of a tree, in order; `isLeaf`, which may stand alone, names nodes that are not looked into. @see JAX's `jax.tree.leaves` */
export const leaves: TreeLeaves = takes(
  "tree.leaves(tree, { isLeaf })",
  (tree: unknown, options?: IsLeaf): never[] => flatten(tree, isLeafOf(options))[0] as never[],
);

/** Overloads of `tree.reduce`: also a tree of which a type parameter alone is known has tensors for leaves. */
export interface TreeReduce {
  <T>(f: (total: Tensor, leaf: Tensor) => Tensor, tree: OfTensors<T>): Tensor;
  <T>(f: (total: LeafOf<NoInfer<T>>, leaf: LeafOf<NoInfer<T>>) => LeafOf<NoInfer<T>>, tree: T): LeafOf<T>;
  <T, R>(f: (total: R, leaf: Tensor) => R, tree: OfTensors<T>, initial: R): R;
  <T, R>(f: (total: R, leaf: LeafOf<NoInfer<T>>) => R, tree: T, initial: R): R;
  <L, R>(f: (total: R, leaf: L) => R, tree: unknown, initial: R, options: IsLeaf): R;
}

/**
 * Folds the leaves in order, from `initial`, or from the first leaf where that is not given.
 *
 * @throws {TreeError} for a tree without leaves, where `initial` is not given
 * @see JAX's `jax.tree.reduce`
 * @example tree.reduce((n, x) => n + x.size, params, 0)
 */
export const reduce: TreeReduce = takes(
  "tree.reduce(f, tree, initial, { isLeaf })",
  (
    f: (total: never, leaf: never) => unknown,
    tree: unknown,
    initial: unknown = undefined,
    options: IsLeaf = {},
  ): never => {
    const list = flatten(tree, isLeafOf(options))[0];
    if (initial !== undefined) return list.reduce((total, leaf) => f(total as never, leaf as never), initial) as never;
    if (list.length === 0) {
      throw new TreeError({
        where: "tree.reduce",
        what: "there is nothing to start from",
        expected: "an initial value, since the tree has no leaves",
      });
    }
    return list.reduce((total, leaf) => f(total as never, leaf as never)) as never;
  },
);

/** Whether every leaf is true (a tensor: a concrete scalar that is not 0). @see JAX's `jax.tree.all` */
export const all = takes("tree.all(tree)", (tree: unknown): boolean =>
  leavesOf(tree).every((x) => (isTensor(x) ? x.item() !== 0 : Boolean(x))),
);

/**
 * A tree of trees turned inside out: `outer` of `inner` becomes `inner` of `outer`.
 *
 * @throws {TreeError} when the tree has not the structure `outer` of `inner`
 * @see JAX's `jax.tree.transpose`
 * @example tree.transpose(tree.structure([0, 0]), tree.structure({ a: 0 }), [{ a: 1 }, { a: 2 }]) // { a: [1, 2] }
 */
export const transpose = takes(
  "tree.transpose(outer, inner, tree)",
  (outer: TreeDef, inner: TreeDef, tree: unknown): unknown => {
    const [leaves, def] = flatten(tree);
    const one = unflatten(inner, new Array<number>(inner.leaves).fill(0));
    const expected = structureOf(unflatten(outer, new Array<unknown>(outer.leaves).fill(one)));
    checkSameStructure("tree.transpose", expected, def);
    const column = (i: number): unknown => {
      const list = Array.from({ length: outer.leaves }, (_, o) => leaves[o * inner.leaves + i]);
      return unflatten(outer, list);
    };
    return unflatten(
      inner,
      Array.from({ length: inner.leaves }, (_, i) => column(i)),
    );
  },
);

/** The path as patterns see it: its keys with slashes between, as in `encoder/layers/3/kernel`. */
export const slashPath = takes("tree.slashPath(path)", (path: KeyPath): string => path.join("/"));

/** The leaves by their slash paths, in order. */
export const leavesByPath = <L>(
  tree: unknown,
  isLeaf?: (x: unknown) => boolean,
): (readonly [path: string, leaf: L])[] => {
  const [leaves, def] = flatten(tree, isLeaf);
  return pathsOf(def).map((path, i) => [slashPath(path), leaves[i] as L]);
};

/** @throws {TreeError} that says where and why two parts do not make a whole */
export const misfit = (where: string, what: string, path: KeyPath): never => {
  throw new TreeError({ where, what, at: slashPath(path) || "the root" });
};
