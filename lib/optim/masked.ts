/** @file Transformations for some of the parameters. */
import { scope } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { flatten, leavesOf, type TreeDef, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as tree from "../tree/index.js";
import { leavesByPath } from "../tree/map.js";
import { treeBy } from "../tree/partition.js";
import { alignedLeaves, type NoState, setToZero } from "./base.js";
import {
  type GradientTransformation,
  makesTransformation,
  type OfPart,
  type PlainTransformation,
  plain,
  type StateOf,
  transformation,
  type UpdateExtra,
} from "./state.js";

/** The tree with null in place of the leaves that are not kept. */
const kept = (def: TreeDef, leaves: readonly unknown[], keep: readonly boolean[]): unknown =>
  unflatten(
    def,
    leaves.map((leaf, i) => (keep[i] ? leaf : null)),
  );

/** A transformation of the leaves that `keepOf` finds from the parameters alone. */
const maskedBy = <S>(
  inner: GradientTransformation<S>,
  keepOf: (params: unknown) => readonly boolean[],
): GradientTransformation<OfPart<S>> => {
  const meant = plain(inner);
  const init = (params: unknown) => {
    const [leaves, def] = flatten(params);
    return meant.init(kept(def, leaves, keepOf(params)));
  };
  const update = <P>(grads: P, state: StateOf<S, unknown>, params?: unknown, extra?: UpdateExtra) =>
    scope(() => {
      const known = params ?? grads;
      const [rows, def] = alignedLeaves("optim.masked", known, grads);
      const keep = keepOf(known);
      const side = (column: 0 | 1): unknown =>
        kept(
          def,
          rows.map((row) => row[column]),
          keep,
        );
      const [updates, next] = meant.update(side(1), state, params === undefined ? undefined : side(0), extra);
      const changed = leavesOf(updates);
      let at = 0;
      const whole = unflatten(
        def,
        rows.map(([, g], i) => (keep[i] ? changed[at++] : g)),
      );
      return [whole as P, next] as const;
    });
  return transformation<OfPart<S>>({ init, update } as unknown as PlainTransformation<OfPart<S>>);
};

/**
 * Transforms the gradients of the selected parameters and returns the others unchanged; the state covers the selected parameters.
 *
 * @see optax's `masked`; `tree.partition` for the filter
 * @example masked(clip(1), "decoder/**")
 */
export const masked = makesTransformation(
  "optim.masked(inner, filter)",
  <S>(inner: GradientTransformation<S>, filter: tree.PathFilter<Tensor>): GradientTransformation<OfPart<S>> =>
    maskedBy(inner, (params) => leavesOf(tree.mask(params, filter as tree.PathFilter<never>)) as boolean[]),
);

/** The groups of transformations, and the state of each by its name. */
type Groups<S> = { readonly [K in keyof S]: GradientTransformation<S[K]> };
type Grouped<S> = GradientTransformation<{ readonly [K in keyof S]: OfPart<S[K]> }>;
type Labels = Readonly<Record<string, unknown>>;
/** Forms of `multiTransform`: a label for each path, or a tree of labels and what gives it. */
export interface MultiTransform {
  <S extends Labels>(
    transforms: Groups<S>,
    label: ((path: string, param: Tensor) => keyof S & string) | Labels,
  ): Grouped<S>;
  <S extends Labels, P>(transforms: Groups<S>, label: (params: P) => Labels): Grouped<S>;
}

/** The label of each leaf, in order. */
const labelsOf = (label: unknown, params: unknown): readonly unknown[] => {
  const leaves = leavesByPath<Tensor>(params);
  const given = typeof label === "function" ? treeBy(label as () => unknown, params) : label;
  if (given === undefined) return leaves.map(([path, leaf]) => (label as (...leaf: unknown[]) => unknown)(path, leaf));
  const named = new Map(leavesByPath(given));
  return leaves.map(([path]) => named.get(path));
};

/** @throws {ArgumentError} naming the path whose label is none of the names */
const checkLabels = (transforms: object, label: unknown, params: unknown): void => {
  const paths = leavesByPath(params);
  labelsOf(label, params).forEach((got, i) => {
    if (typeof got === "string" && Object.hasOwn(transforms, got)) return;
    throw new ArgumentError({
      where: "optim.multiTransform",
      what: "there is no such group",
      expected: Object.keys(transforms).join(", "),
      got: String(got),
      at: paths[i][0],
    });
  });
};

/**
 * Another transformation for each group of parameters; the state is that of each, by its name.
 *
 * - `label`: the name of the group that a parameter belongs to, of its path (`encoder/layers/3/kernel`) and itself; or the tree of names, or
 *   the function that gives it for the parameters
 * @throws {ArgumentError} naming the path whose label is none of the names
 * @see optax's `multi_transform` (`partition`)
 * @example
 * multiTransform({ slow: adam({ learningRate: 1e-5 }), fast: adam({ learningRate: 1e-3 }) }, (path) =>
 *   path.startsWith("encoder/") ? "slow" : "fast",
 * );
 */
export const multiTransform: MultiTransform = makesTransformation(
  "optim.multiTransform(transforms, label)",
  (transforms: Groups<Labels>, label: unknown): never => {
    const groups = Object.entries(transforms).map(
      ([name, inner]) =>
        [name, plain(maskedBy(inner, (params) => labelsOf(label, params).map((own) => own === name)))] as const,
    );
    const all: PlainTransformation<Labels> = {
      init: (params) => {
        checkLabels(transforms, label, params);
        return Object.fromEntries(groups.map(([name, group]) => [name, group.init(params)]));
      },
      update: (grads, state, params, extra) =>
        scope(() => {
          let updates = grads;
          const next = groups.map(([name, group]) => {
            const [u, s] = group.update(updates, state[name], params, extra);
            updates = u;
            return [name, s] as const;
          });
          return [updates, Object.fromEntries(next)] as const;
        }),
    };
    return transformation(all) as never;
  },
);

/** The name that optax now gives to `multiTransform`. */
export const partition = multiTransform;

/**
 * Zero updates for the selected parameters; the updates of the others stay. As the last part of a chain it freezes them.
 *
 * @see optax's `freeze`
 * @example chain(adam({ learningRate: 1e-3 }), freeze("encoder/**"))
 */
export const freeze = makesTransformation(
  "optim.freeze(filter)",
  (filter: tree.PathFilter<Tensor>): GradientTransformation<OfPart<NoState>> => masked(setToZero(), filter),
);
