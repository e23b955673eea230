/** @file Derivatives for users: linearize, vjp, grad, valueAndGrad. */

import { isFloat } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { ShapeError, UseAfterDisposeError } from "../core/errors.js";
import { evalJaxpr } from "../core/jaxpr.js";
import { type Tangent, Zero } from "../core/primitive.js";
import { unflatten } from "../core/pytree.js";
import { unscoped } from "../core/scope.js";
import { DeviceArray, dispose, type GradsOf, Literal, type TangentsOf, type Tensor } from "../core/tensor.js";
import { isEager } from "../core/trace.js";
import type { Transformed, Tuples } from "../core/tree-types.js";
import { flattenTangents, instantiate, tangentTree } from "./jvp.js";
import { type Linearized, pullBack } from "./linearize.js";
import { refuseMisplaced } from "./misplaced.js";
import {
  type AnyFunction,
  asArgnums,
  describe,
  linearizeProblem,
  type Problem,
  sortedArgnums,
  wrtTrees,
} from "./problem.js";
import { nameOf } from "./trees.js";

/** A function that holds residuals on the device until it is disposed. */
export type Held<F> = F & Disposable & { dispose(): void };

/**
 * Detaches a closure from its scopes: copies its residuals out of every scope. Under another transformation they stay where they are:
 * its trace may refer to them after the closure is disposed, and its scope frees them.
 */
const hold = <A extends unknown[], R>(
  where: string,
  lin: Linearized,
  call: (held: Linearized, ...args: A) => R,
): Held<(...args: A) => R> => {
  const owner = isEager();
  const kept = (): readonly Tensor[] => lin.residuals.map((x) => (x instanceof DeviceArray ? x.alias() : x));
  let held: Linearized | undefined = owner ? { ...lin, residuals: unscoped(kept) } : lin;
  const f = (...args: A): R => {
    if (held === undefined) throw new UseAfterDisposeError({ where, what: "this function was disposed" });
    return call(held, ...args);
  };
  const free = (): void => {
    if (owner) dispose(held?.residuals.filter((x) => x instanceof DeviceArray));
    held = undefined;
  };
  return Object.assign(f, { dispose: free, [Symbol.dispose]: free });
};

/** All arguments, whose integers have no derivative. */
const byAll = (where: string, f: AnyFunction, primals: readonly unknown[]): Problem =>
  describe(where, f, primals, { wrt: primals.map((_, i) => i), allowInt: true });

/**
 * The value of `f` and the function that applies its derivative at this point to tangents.
 *
 * The returned function keeps residuals in memory: dispose it (`using`) when it is no longer needed. Integers and bools have no
 * tangent: null is given for them, and comes out where they are results.
 * @see JAX's `jax.linearize`
 * @example const [y, push] = linearize(np.sin, 0); push(1) // 1
 */
export const linearize = takes(
  "linearize(f, ...primals)",
  <A extends readonly unknown[], R>(
    f: (...args: A) => R | Tuples,
    ...primals: A
  ): [value: R, push: Held<(...tangents: { [K in keyof A]: TangentsOf<A[K]> }) => R>] => {
    const where = nameOf("linearize", f);
    let push: Held<(...tangents: unknown[]) => unknown> | undefined;
    const value = transformed("linearize", () => {
      const problem = byAll(where, f as AnyFunction, primals);
      const { lin, outDef } = linearizeProblem(problem);
      const outAvals = lin.outs.map((y) => y.aval);
      push = hold(where, lin, (held, ...tangents: unknown[]) =>
        transformed("linearize", () => {
          const dxs = problem.wrt.flatMap(({ def, avals }, i) =>
            flattenTangents(where, "tangent", def, avals, tangents[i], `tangents[${i}]`),
          );
          const given = dxs.filter((_, i) => problem.active[i]).map(instantiate);
          const douts = evalJaxpr(held.jaxpr, held.residuals, given);
          const full = held.outPlaces.map((p, i): Tangent => (p === null ? new Zero(outAvals[i].strong()) : douts[p]));
          return tangentTree(outDef, full);
        }),
      );
      return unflatten(outDef, lin.outs);
    });
    return [value as R, push as unknown as Held<(...tangents: { [K in keyof A]: TangentsOf<A[K]> }) => R>];
  },
);

/**
 * The value of `f` and the function that pulls cotangents of the result back to the arguments (reverse mode).
 *
 * The returned function keeps residuals in memory: dispose it (`using`) when it is no longer needed. Integers and bools have no
 * cotangent: null is given for them, and comes out where they are arguments.
 * @returns `[f(...primals), pull]`; `pull(ct)` gives one tree per argument
 * @throws {TreeError | ShapeError | DTypeError} where a cotangent does not fit the result
 * @see JAX's `jax.vjp`
 * @example const [y, pull] = vjp(np.sin, 0); pull(1) // [1]
 */
export const vjp = takes(
  "vjp(f, ...primals)",
  <A extends readonly unknown[], R>(
    f: (...args: A) => R | Tuples,
    ...primals: A
  ): [value: R, pull: Held<(ct: TangentsOf<R>) => { [K in keyof A]: GradsOf<A[K]> }>] => {
    const where = nameOf("vjp", f);
    let pull: Held<(ct: unknown) => unknown> | undefined;
    const value = transformed("vjp", () => {
      const problem = byAll(where, f as AnyFunction, primals);
      const { lin, outDef } = linearizeProblem(problem);
      const outAvals = lin.outs.map((y) => y.aval);
      pull = hold(where, lin, (held, ct: unknown) =>
        transformed("vjp", () => {
          const cts = flattenTangents(where, "cotangent", outDef, outAvals, ct, "ct");
          return wrtTrees(problem.wrt, pullBack(held, cts).map(instantiate));
        }),
      );
      return unflatten(outDef, lin.outs);
    });
    return [value as R, pull as unknown as Held<(ct: TangentsOf<R>) => { [K in keyof A]: GradsOf<A[K]> }>];
  },
);

/** The numbers of a function's arguments. */
export type ArgIndex<A extends readonly unknown[]> = Extract<
  keyof { [K in keyof A as K extends `${infer N extends number}` ? N : never]: 1 },
  number
>;
/** The gradient type for `argnums`: one tree, or a tuple of trees. */
export type Wrt<A extends readonly unknown[], W> = W extends number
  ? GradsOf<A[W]>
  : W extends readonly number[]
    ? { -readonly [K in keyof W]: GradsOf<A[W[K] & number]> }
    : never;

/** Unknown where `W` numbers arguments of `A`, else never: for a parameter beside `argnums`. */
export type Fitting<A extends readonly unknown[], W> = [W] extends [ArgIndex<A> | readonly ArgIndex<A>[]]
  ? unknown
  : never;

/** What the losses that `grad` takes return. */
export type Scalar = Tensor | number;

export interface GradOptions<W, Aux extends boolean> {
  /** Which arguments to differentiate with respect to: a number gives a tree, a list a tuple of trees. Default 0. */
  readonly argnums?: W;
  /** Whether the function returns `[loss, aux]`, and only the first is differentiated. */
  readonly hasAux?: Aux;
  /** Whether these arguments may hold integers and bools, whose gradient is null. Default false: they are an error. */
  readonly allowInt?: boolean;
}

type Options = GradOptions<number | readonly number[], boolean>;

const signatureOf = (name: string): string => `${name}(f, { argnums, hasAux, allowInt })`;

/** What to do about a result that cannot be a loss. */
const lossHint = (isNothing: boolean, hasAux: boolean): string | undefined => {
  if (isNothing) return "return the loss: a body in braces needs return";
  return hasAux ? undefined : "reduce it with np.sum or np.mean, or set hasAux, or use vjp";
};

/** The value, the aux tree (or null) and the gradients of a scalar function. */
const gradCore = (
  name: "grad" | "valueAndGrad",
  f: AnyFunction,
  args: readonly unknown[],
  { argnums = 0, hasAux = false, allowInt = false }: Options,
): { value: Tensor; aux: unknown; grads: unknown } => {
  const where = nameOf(name, f);
  refuseMisplaced(where, signatureOf(name), f, args);
  const sorted = sortedArgnums(where, argnums, args.length);
  const problem = describe(where, f, args, { wrt: sorted, hasAux, allowInt });
  const { lin, outDef, aux } = linearizeProblem(problem);
  const [value] = lin.outs;
  if (outDef.kind !== "leaf" || value.ndim !== 0 || !isFloat(value.dtype)) {
    const nothing = outDef.kind === "undefined";
    throw new ShapeError({
      where,
      what: nothing ? "the function returns nothing" : "the loss is not a scalar",
      expected: "one float of shape []",
      got: nothing ? "undefined" : outDef.kind === "leaf" ? `${value.aval}` : `a tree of ${outDef.leaves} leaves`,
      hint: lossHint(nothing, hasAux),
    });
  }
  const cts = pullBack(lin, [new Literal(1, value.dtype)]);
  return { value, aux, grads: asArgnums(argnums, sorted, wrtTrees(problem.wrt, cts.map(instantiate))) };
};

/**
 * Overloads of `grad`. The one with aux comes first: a pair that a function returns is a tuple only where one is expected. The last takes
 * the call of another transformation, whose arguments are not inferred where the type of `argnums` is bounded by their number.
 */
export interface Grad {
  <A extends readonly unknown[], X, const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => readonly [Scalar, X | Tuples],
    options: GradOptions<W, true> & { readonly hasAux: true },
  ): Transformed<A, [grads: Wrt<A, W>, aux: GradsOf<X>]>;
  <A extends readonly unknown[], const W extends ArgIndex<A> | readonly ArgIndex<A>[]>(
    f: (...args: A) => Scalar,
    argnums: W,
  ): Transformed<A, Wrt<A, W>>;
  <A extends readonly unknown[], const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => Scalar,
    options?: GradOptions<W, false>,
  ): Transformed<A, Wrt<A, W>>;
  <A extends readonly unknown[], const W extends number | readonly number[]>(
    f: Transformed<A, Scalar> & Fitting<A, W>,
    argnums: W | GradOptions<W, false>,
  ): Transformed<A, Wrt<A, W>>;
}
/** Overloads of `valueAndGrad`, as those of `grad`. */
export interface ValueAndGrad {
  <A extends readonly unknown[], X, const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => readonly [Scalar, X | Tuples],
    options: GradOptions<W, true> & { readonly hasAux: true },
  ): Transformed<A, [value: [loss: Tensor, aux: GradsOf<X>], grads: Wrt<A, W>]>;
  <A extends readonly unknown[], const W extends ArgIndex<A> | readonly ArgIndex<A>[]>(
    f: (...args: A) => Scalar,
    argnums: W,
  ): Transformed<A, [value: Tensor, grads: Wrt<A, W>]>;
  <A extends readonly unknown[], const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => Scalar,
    options?: GradOptions<W, false>,
  ): Transformed<A, [value: Tensor, grads: Wrt<A, W>]>;
  <A extends readonly unknown[], const W extends number | readonly number[]>(
    f: Transformed<A, Scalar> & Fitting<A, W>,
    argnums: W | GradOptions<W, false>,
  ): Transformed<A, [value: Tensor, grads: Wrt<A, W>]>;
}

/**
 * The gradient of a scalar function, as a function of the same arguments.
 *
 * @param f        returns a float scalar (with `hasAux`, `[scalar, aux]`)
 * @param options  `argnums`: which arguments (default 0); `hasAux`; `allowInt`: null for integers, instead of an error
 * @throws {ShapeError} when the loss is not a scalar; {DTypeError} for integer arguments
 * @see JAX's `jax.grad`
 * @example grad((x: Tensor) => np.multiply(x, x))(3) // 6
 */
export const grad: Grad = takes(
  signatureOf("grad"),
  (f: AnyFunction, options: Options = {}) =>
    (...args: unknown[]): never =>
      transformed("grad", () => {
        const { aux, grads } = gradCore("grad", f, args, options);
        return (options.hasAux === true ? [grads, aux] : grads) as never;
      }),
);

/**
 * The value and the gradient of a scalar function, as a function of the same arguments.
 *
 * @returns `[value, grads]`; with `hasAux`, `[[value, aux], grads]`
 * @see JAX's `jax.value_and_grad`
 * @example valueAndGrad((x: Tensor) => np.multiply(x, x))(3) // [9, 6]
 */
export const valueAndGrad: ValueAndGrad = takes(
  signatureOf("valueAndGrad"),
  (f: AnyFunction, options: Options = {}) =>
    (...args: unknown[]): never =>
      transformed("valueAndGrad", () => {
        const { value, aux, grads } = gradCore("valueAndGrad", f, args, options);
        return [options.hasAux === true ? [value, aux] : value, grads] as never;
      }),
);
