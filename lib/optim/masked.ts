/** @file Transformations for some of the parameters. */
import { scope, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { leavesOf, type TreeDef, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as tree from "../tree/index.js";
import { leavesByPath } from "../tree/map.js";
import { alignedLeaves } from "./base.js";
import {
  type GradientTransformation,
  type OfPart,
  type PlainTransformation,
  plain,
  type StateOf,
  transformation,
} from "./state.js";

/** The tree with null in place of the leaves that are not kept. */
const kept = (def: TreeDef, leaves: readonly Tensor[], keep: readonly boolean[]): unknown =>
  unflatten(
    def,
    leaves.map((leaf, i) => (keep[i] ? leaf : null)),
  );

/** The selected leaves, found from the parameters alone. */
const keepOf = (params: unknown, filter: tree.PathFilter<Tensor>): boolean[] =>
  leavesOf(tree.mask(params, filter as tree.PathFilter<never>)) as boolean[];

/**
 * Transforms the gradients of the selected parameters and returns the others unchanged; the state covers the selected parameters.
 *
 * @see optax's `masked`; `tree.partition` for the filter
 * @example masked(clip(1), "decoder/**")
 */
export const masked = takes(
  "optim.masked(inner, filter)",
  <S>(inner: GradientTransformation<S>, filter: tree.PathFilter<Tensor>): GradientTransformation<OfPart<S>> => {
    const meant = plain(inner);
    const init = (params: unknown) => meant.init(tree.select(params, filter as tree.PathFilter<never>));
    const update = <P>(grads: P, state: StateOf<S, unknown>, params?: unknown) =>
      scope(() => {
        const known = params ?? grads;
        const [rows, def] = alignedLeaves("optim.masked", known, grads);
        const keep = keepOf(known, filter);
        const side = (column: 0 | 1): unknown =>
          kept(
            def,
            rows.map((row) => row[column]),
            keep,
          );
        const [updates, next] = meant.update(side(1), state, params === undefined ? undefined : side(0));
        const changed = leavesOf(updates);
        let at = 0;
        const whole = unflatten(
          def,
          rows.map(([, g], i) => (keep[i] ? changed[at++] : g)),
        );
        return [whole as P, next] as const;
      });
    return transformation<OfPart<S>>({ init, update } as unknown as PlainTransformation<OfPart<S>>);
  },
);

/**
 * Another transformation for each group of parameters; the state is that of each, by its name.
 *
 * - `label`: the name of the group that a parameter belongs to, of its path (`encoder/layers/3/kernel`) and itself; or the tree of names
 * @throws {ArgumentError} naming the path whose label is none of the names
 * @see optax's `multi_transform` (`partition`)
 * @example
 * multiTransform({ slow: adam({ learningRate: 1e-5 }), fast: adam({ learningRate: 1e-3 }) }, (path) =>
 *   path.startsWith("encoder/") ? "slow" : "fast",
 * );
 */
export const multiTransform = takes(
  "optim.multiTransform(transforms, label)",
  <S extends Readonly<Record<string, unknown>>>(
    transforms: { readonly [K in keyof S]: GradientTransformation<S[K]> },
    label: ((path: string, param: Tensor) => keyof S & string) | Readonly<Record<string, unknown>>,
  ): GradientTransformation<{ readonly [K in keyof S]: OfPart<S[K]> }> => {
    const where = "optim.multiTransform";
    const labels = typeof label === "function" ? undefined : new Map(leavesByPath<string>(label));
    const labelOf = (path: string, param: Tensor): string | undefined =>
      typeof label === "function" ? label(path, param) : labels?.get(path);
    const groups = Object.entries(transforms).map(
      ([name, inner]) => [name, plain(masked(inner, (path, param) => labelOf(path, param) === name))] as const,
    );
    const checkLabels = (params: unknown): void => {
      for (const [path, param] of tree.flattenWithPath(params)[0]) {
        const at = tree.slashPath(path);
        const got = labelOf(at, param);
        if (typeof got === "string" && Object.hasOwn(transforms, got)) continue;
        const expected = Object.keys(transforms).join(", ");
        throw new ArgumentError({ where, what: "there is no such group", expected, got: String(got), at });
      }
    };
    const all = transformation<Readonly<Record<string, unknown>>>({
      init: (params) => {
        checkLabels(params);
        return Object.fromEntries(groups.map(([name, group]) => [name, group.init(params)]));
      },
      update: (grads, state, params) =>
        scope(() => {
          let updates = grads;
          const next = groups.map(([name, group]) => {
            const [u, s] = group.update(updates, state[name], params);
            updates = u;
            return [name, s] as const;
          });
          return [updates, Object.fromEntries(next)] as const;
        }),
    });
    return all as unknown as GradientTransformation<{ readonly [K in keyof S]: OfPart<S[K]> }>;
  },
);
