/** @file The types of optimizers' states: they are written once, as templates, and filled in for the parameters at hand. */
import { scope, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { checkSameStructure, flatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import type { Leaf, Mapped } from "../tree/types.js";

declare const PER_PARAM: unique symbol;
declare const OF_PART: unique symbol;
declare const OF_KEY: unique symbol;

/** Stands in the template of a state for a tree like the parameters, with an `X` for each of them. */
export interface PerParam<X = Tensor> {
  readonly [PER_PARAM]: X;
}

/** Stands for the state of the selected parameters, where the others are null. */
export interface OfPart<S> {
  readonly [OF_PART]: S;
}

/** Stands for the state of what the parameters have at the key `K`. */
export interface OfKey<K extends string, S> {
  readonly [OF_KEY]: readonly [K, S];
}

/** The state with the template `S`, for parameters `P`; `N` is null where some of them may be missing. */
export type StateOf<S, P, N = never> = unknown extends S
  ? S
  : S extends Leaf | null | undefined
    ? S
    : S extends PerParam<infer X>
      ? Mapped<P, X | N>
      : S extends OfPart<infer I>
        ? StateOf<I, P, null>
        : S extends OfKey<infer K, infer I>
          ? StateOf<I, P extends { readonly [Key in K]: infer Q } ? Q : unknown, N>
          : { [K in keyof S]: StateOf<S[K], P, N> };

/** What some transformations look at besides gradients and parameters. Chains and wrappers hand it on. */
export interface UpdateExtra<P = unknown> {
  /** The loss at the parameters, a scalar; `reduceOnPlateau` needs it. */
  readonly value?: Tensor | number;
  /** Its gradient, which a line search would compute without it. */
  readonly grad?: P;
  /** The loss as a function of the parameters, which a line search needs. */
  readonly valueFn?: (params: P) => Tensor;
}

/**
 * `init` makes the state for parameters; `update` turns gradients into updates and the state into the next. The parameters may be left out
 * where their values play no part (plain descent, Adam); otherwise `update` throws an `ArgumentError`. What else a transformation needs, such as the value of
 * the loss, comes last, by name.
 *
 * `S` is the template of the state, in which `PerParam` stands for trees like the parameters. `OptState` names the state itself.
 */
export interface GradientTransformation<S> {
  readonly init: <P>(params: P) => StateOf<S, P>;
  readonly update: <P>(
    grads: P,
    state: StateOf<S, P>,
    params?: unknown,
    extra?: UpdateExtra<NoInfer<P>>,
  ) => readonly [updates: P, state: StateOf<S, P>];
}

/**
 * The state of a transformation for parameters of the type `P`.
 *
 * @example
 * const tx = optim.adam({ learningRate: 1e-3 });
 * interface State { readonly params: Params; readonly opt: optim.OptState<typeof tx, Params> }
 */
export type OptState<Tx, P> = Tx extends GradientTransformation<infer S> ? StateOf<S, P> : never;

/** A transformation seen from inside: trees like the parameters are unknown. */
export interface PlainTransformation<S> {
  readonly init: (params: unknown) => StateOf<S, unknown>;
  readonly update: <P>(
    grads: P,
    state: StateOf<S, unknown>,
    params?: unknown,
    extra?: UpdateExtra,
  ) => readonly [updates: P, state: StateOf<S, unknown>];
}

const missing = (where: string, what: string): ArgumentError =>
  new ArgumentError({ where, what, expected: "update(grads, state, params)", got: "nothing" });

/** Whether an update runs: those inside it leave it to the outermost, whose name the user wrote, to say what is wrong. */
let updating = false;

/**
 * A transformation whose `update` refuses missing gradients, a missing state, and the state of another one.
 *
 * States are looked at only where an update has failed, so that updates take no longer.
 */
export const guarded = <S>(where: string, tx: GradientTransformation<S>): GradientTransformation<S> => {
  const { init, update } = tx as unknown as PlainTransformation<S>;
  const guardedUpdate: PlainTransformation<S>["update"] = (grads, state, params, extra) => {
    if (updating) return update(grads, state, params, extra);
    if (grads === undefined) throw missing(where, "the gradients are missing");
    if (state === undefined) throw missing(where, "the state is missing");
    updating = true;
    try {
      return update(grads, state, params, extra);
    } catch (error) {
      if (params === undefined && !(error instanceof TypeError)) throw error;
      const ours = scope(() => flatten(init(params ?? grads))[1]);
      checkSameStructure(where, ours, flatten(state)[1], "take the state of init, or of the last update", "state");
      throw error;
    } finally {
      updating = false;
    }
  };
  return { ...tx, init, update: guardedUpdate } as unknown as GradientTransformation<S>;
};

/** As `takes`, for functions that make transformations, whose `update` is guarded. */
export const makesTransformation = <F extends (...args: never[]) => unknown>(signature: string, f: F): F => {
  const checked = takes(signature, f);
  const where = signature.slice(0, signature.indexOf("("));
  const make = (...args: never[]): unknown => guarded(where, checked(...args) as GradientTransformation<unknown>);
  return Object.defineProperty(make, "length", { value: f.length }) as unknown as F;
};

/**
 * A transformation of your own, whose state has the template `S`; inside, trees like the parameters are unknown.
 *
 * @example
 * const summed = transformation<{ readonly sum: PerParam }>({
 *   init: (params) => ({ sum: tree.map((p: Tensor) => np.zerosLike(p), params) }),
 *   update: (grads, { sum }) => [grads, { sum: tree.map((s: Tensor, g: Tensor) => np.add(s, g), sum, grads) }],
 * })
 */
export const transformation = takes(
  "optim.transformation(tx)",
  <S>(tx: PlainTransformation<S>): GradientTransformation<S> => tx as unknown as GradientTransformation<S>,
);

/** The other way round, for transformations of transformations. */
export const plain = <S>(tx: GradientTransformation<S>): PlainTransformation<S> =>
  tx as unknown as PlainTransformation<S>;
