/**
 * @file Gradient transformations: an optimizer is a pair of pure functions, and its state a plain tree.
 *
 * @see optax, whose conventions these are: updates are added to the parameters
 */

import { sameShape } from "../core/aval.js";
import { scope, takes } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { isTransformation } from "../core/kinds.js";
import { checkSameStructure, leavesOf, pathsOf, printPath, type TreeDef, unflatten } from "../core/pytree.js";
import { listed, wordsOf } from "../core/signature.js";
import type { GradsOf, Tensor } from "../core/tensor.js";
import type { OfTensors } from "../core/tree-types.js";
import * as np from "../np/index.js";
import { flattenTensors } from "../transforms/trees.js";
import {
  type GradientTransformation,
  makesTransformation,
  type PlainTransformation,
  plain,
  transformation,
} from "./state.js";

/** What scalars beside a leaf have, such as rates and bias corrections: its own dtype, so that float64 stays exact and float32 narrow. */
export type Float = "float32" | "float64";

export const floatOf = (leaf: Tensor): Float => (leaf.dtype === "float64" ? "float64" : "float32");

/** float64 where a leaf of a tree is. */
export const widestFloat = (tree: unknown): Float =>
  leavesOf(tree).some((x) => floatOf(x as Tensor) === "float64") ? "float64" : "float32";

/** `f` of the dtype of a leaf, computed once for each dtype. */
export const perFloat = <T>(f: (dtype: Float) => T): ((leaf: Tensor) => T) => {
  const made = new Map<Float, T>();
  return (leaf) => {
    const dtype = floatOf(leaf);
    if (!made.has(dtype)) made.set(dtype, f(dtype));
    return made.get(dtype) as T;
  };
};

/** A factor beside a leaf: a number, or a tensor in the dtype of the leaf. */
export const beside = (leaf: Tensor, factor: number | Tensor): number | Tensor =>
  typeof factor === "number" ? factor : np.astype(factor, floatOf(leaf));

/** @throws {ArgumentError} where the parameters were left out */
export const givenParams = (where: string, params: unknown): unknown => {
  if (params !== undefined) return params;
  const what = "this transformation needs the parameters";
  throw new ArgumentError({ where, what, expected: "update(grads, state, params)", got: "no parameters" });
};

/** What a user can do about trees or leaves that do not fit each other. */
export const ONE_TREE = "gradients, parameters and state belong to one tree";

/** @throws {ShapeError} when a leaf has not the shape of the first of its row; `root` names the tree in messages */
export const checkShapes = (
  where: string,
  def: TreeDef,
  rows: readonly (readonly Tensor[])[],
  leaves: readonly Tensor[],
  root = "",
): void => {
  leaves.forEach((x, i) => {
    const [expected] = rows[i];
    if (sameShape(x.shape, expected.shape)) return;
    throw new ShapeError({
      where,
      what: "two leaves differ in shape",
      expected: `${expected.aval}`,
      got: `${x.aval}`,
      at: printPath(pathsOf(def)[i], root) || "the root",
      hint: ONE_TREE,
    });
  });
};

/**
 * The structure of the first tree, and the leaves of all, one row for each place in it.
 *
 * @throws {TreeError} when another tree has another structure; {ShapeError} when a leaf has another shape, since it would be broadcast
 */
export const alignedLeaves = (
  where: string,
  tree: unknown,
  ...rest: readonly unknown[]
): readonly [rows: Tensor[][], def: TreeDef] => {
  const [leaves, def] = flattenTensors(where, tree, "");
  const rows = leaves.map((x) => [x]);
  for (const other of rest) {
    const [more, otherDef] = flattenTensors(where, other, "");
    checkSameStructure(where, def, otherDef, ONE_TREE);
    checkShapes(where, def, rows, more);
    more.forEach((x, i) => {
      rows[i].push(x);
    });
  }
  return [rows, def];
};

/** Applies `f` to the leaves of trees of one structure; the result has that structure. @throws as `alignedLeaves` */
export const mapLeaves = <P>(
  where: string,
  f: (...leaves: Tensor[]) => Tensor,
  tree: P,
  ...rest: readonly unknown[]
): P => {
  const [rows, def] = alignedLeaves(where, tree, ...rest);
  return unflatten(
    def,
    rows.map((row) => f(...row)),
  ) as P;
};

/** The state of a transformation that remembers nothing. */
export type NoState = Record<never, never>;

/**
 * A transformation without a state, leaf by leaf, of gradient and parameter; `name` is what errors call it. Where `f` declares no
 * parameter, `update` needs none.
 *
 * @example stateless("halve", (g) => np.multiply(g, 0.5))
 */
export const stateless = makesTransformation(
  "optim.stateless(name, f)",
  (name: string, f: (grad: Tensor, param: Tensor) => Tensor): GradientTransformation<NoState> => ({
    init: () => ({}),
    update: (grads, state, params) =>
      scope(() => {
        const known = f.length > 1 ? givenParams(name, params) : (params ?? grads);
        return [mapLeaves(name, (p, g) => f(g, p), known, grads) as typeof grads, state] as const;
      }),
  }),
);

/** Leaves gradients as they are: the updates are the gradients themselves, not copies. */
export const identity = makesTransformation(
  "optim.identity()",
  (): GradientTransformation<NoState> => ({
    init: () => ({}),
    update: (grads, state) => [grads, state],
  }),
);

/** Zero for every update: what freezes parameters, as one group of `multiTransform`. @see optax's `set_to_zero` */
export const setToZero = makesTransformation(
  "optim.setToZero()",
  (): GradientTransformation<NoState> => stateless("optim.setToZero", (g) => np.zerosLike(g)),
);

/** Forms of `chain`: transformations one by one, or in a list. */
export interface Chain {
  <T extends readonly unknown[]>(
    parts: readonly [...{ readonly [K in keyof T]: GradientTransformation<T[K]> }],
  ): GradientTransformation<Readonly<T>>;
  <T extends readonly unknown[]>(
    ...parts: { readonly [K in keyof T]: GradientTransformation<T[K]> }
  ): GradientTransformation<Readonly<T>>;
}

/** @throws {ArgumentError} for what is not a transformation */
const checkedPart = (where: string, part: unknown, at: string): GradientTransformation<unknown> => {
  if (isTransformation(part)) return part as GradientTransformation<unknown>;
  throw new ArgumentError({
    where,
    what: "not a transformation",
    expected: "transformations, such as optim.clip(1) and optim.adam(1e-3)",
    got: wordsOf(part),
    at,
  });
};

/** Parts one after the other, with the state of each under its key. */
const inTurn = <K extends string | number>(
  parts: readonly (readonly [K, PlainTransformation<unknown>])[],
  collect: (states: readonly (readonly [K, unknown])[]) => unknown,
): PlainTransformation<Readonly<Record<K, unknown>>> => ({
  init: (params) => collect(parts.map(([key, part]) => [key, part.init(params)])) as never,
  update: (grads, state, params, extra) =>
    scope(() => {
      let updates = grads;
      const next = parts.map(([key, part]) => {
        const [u, s] = part.update(updates, (state as Readonly<Record<K, unknown>>)[key], params, extra);
        updates = u;
        return [key, s] as const;
      });
      return [updates, collect(next) as never] as const;
    }),
});

/**
 * One transformation after the other, or a list of them; the state is a tuple of theirs.
 *
 * @example chain(clipByGlobalNorm(1), adamw({ learningRate: 1e-3 }))
 */
export const chain: Chain = makesTransformation("optim.chain(...parts)", (...parts: readonly unknown[]): never => {
  const list = listed(parts).map((part, i) => [i, plain(checkedPart("optim.chain", part, `part ${i}`))] as const);
  return transformation(inTurn(list, (states) => states.map(([, state]) => state))) as never;
});

/**
 * One transformation after the other, with names by which the state has theirs.
 *
 * @see optax's `named_chain`
 * @example
 * const tx = namedChain({ clip: clipByGlobalNorm(1), adam: adam({ learningRate: 1e-3 }) });
 * tx.init(params).adam
 */
export const namedChain = makesTransformation(
  "optim.namedChain(parts)",
  <S extends object>(
    parts: {
      readonly [K in keyof S]: GradientTransformation<S[K]>;
    },
  ): GradientTransformation<Readonly<S>> => {
    const list = Object.entries(parts).map(
      ([name, part]) => [name, plain(checkedPart("optim.namedChain", part, name))] as const,
    );
    return transformation(inTurn(list, (states) => Object.fromEntries(states))) as never;
  },
);

/** Overloads of `applyUpdates`: the parameters keep their type, unless they are numbers, of which tensors are made. */
export interface ApplyUpdates {
  <P>(params: OfTensors<P>, updates: unknown): P;
  <P>(params: P, updates: unknown): GradsOf<P>;
}

/** Parameters plus updates. @throws {TreeError | ShapeError} where the two do not fit */
export const applyUpdates: ApplyUpdates = takes(
  "optim.applyUpdates(params, updates)",
  (params: unknown, updates: unknown): never =>
    scope(() => mapLeaves("optim.applyUpdates", (p, u) => np.add(p, u), params, updates)) as never,
);
