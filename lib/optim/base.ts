/**
 * @file Gradient transformations: an optimizer is a pair of pure functions, and its state a plain tree.
 *
 * @see optax, whose conventions these are: updates are added to the parameters
 */
import { scope } from "../core/composite.js";
import { checkSameStructure, flatten, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

/** `init` makes the state for parameters; `update` turns gradients into updates and the state into the next. */
export interface GradientTransformation<S> {
  readonly init: (params: unknown) => S;
  readonly update: <P>(grads: P, state: S, params: unknown) => readonly [updates: P, state: S];
}

/** Applies `f` to the leaves of trees of one structure; the result has that structure. */
export const mapLeaves = <P>(
  where: string,
  f: (...leaves: Tensor[]) => Tensor,
  tree: P,
  ...rest: readonly unknown[]
): P => {
  const [leaves, def] = flatten(tree);
  const others = rest.map((other) => {
    const [more, otherDef] = flatten(other);
    checkSameStructure(where, def, otherDef, "gradients, parameters and state belong to one tree");
    return more;
  });
  return unflatten(
    def,
    leaves.map((x, i) => f(x as Tensor, ...others.map((o) => o[i] as Tensor))),
  ) as P;
};

/** A transformation without a state, leaf by leaf. */
export const stateless = (
  name: string,
  f: (grad: Tensor, param: Tensor) => Tensor,
): GradientTransformation<Record<never, never>> => ({
  init: () => ({}),
  update: (grads, state, params) => scope(() => [mapLeaves(name, f, grads, params), state] as const),
});

/** Tuple of the states of several transformations. */
type States<T extends readonly unknown[]> = { readonly [K in keyof T]: T[K] };

/**
 * One transformation after the other.
 *
 * @example chain(clipByGlobalNorm(1), adamw({ learningRate: 1e-3 }))
 */
export const chain = <T extends readonly unknown[]>(
  ...parts: { readonly [K in keyof T]: GradientTransformation<T[K]> }
): GradientTransformation<States<T>> => {
  const list = parts as readonly GradientTransformation<unknown>[];
  return {
    init: (params) => list.map((part) => part.init(params)) as unknown as States<T>,
    update: (grads, state, params) =>
      scope(() => {
        let updates = grads;
        const next = list.map((part, i) => {
          const [u, s] = part.update(updates, (state as readonly unknown[])[i], params);
          updates = u;
          return s;
        });
        return [updates, next as unknown as States<T>] as const;
      }),
  };
};

/** Parameters plus updates. */
export const applyUpdates = <P>(params: P, updates: unknown): P =>
  scope(() => mapLeaves("optim.applyUpdates", (p, u) => np.add(p, u), params, updates));
