/** @file Derivatives for users: linearize, vjp, grad, valueAndGrad. */
import { isFloat } from "../core/aval.js";
import { transformed } from "../core/composite.js";
import { ArgumentError, DTypeError, ShapeError, TreeError, UseAfterDisposeError } from "../core/errors.js";
import { evalJaxpr } from "../core/jaxpr.js";
import { type Tangent, Zero } from "../core/primitive.js";
import { checkSameStructure, type KeyPath, pathsOf, printPath, type TreeDef, unflatten } from "../core/pytree.js";
import { unscoped } from "../core/scope.js";
import { DeviceArray, dispose, type GradsOf, Literal, type Tensor } from "../core/tensor.js";
import { isEager } from "../core/trace.js";
import { checkTangent, instantiate } from "./jvp.js";
import { type Linearized, linearizeFlat, pullBack } from "./linearize.js";
import { flatFunction, flattenArgs, flattenTensors, nameOf } from "./trees.js";

type AnyFunction = (...args: never[]) => unknown;

/** A function that holds residuals on the device until it is disposed. */
export type Held<F> = F & Disposable & { dispose(): void };

/**
 * Gives a closure a life of its own: copies its residuals out of every scope. Under another transformation they stay where they are:
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

/** Linearizes a function of trees with respect to the leaves of the arguments at `wrt`. */
const linearizeTrees = (
  where: string,
  f: AnyFunction,
  args: readonly unknown[],
  wrt: readonly number[],
  pick: (outs: unknown) => { readonly differentiated: unknown; readonly aux: unknown },
): { lin: Linearized; outDef: TreeDef; auxDef: TreeDef; aux: Tensor[]; argDefs: TreeDef[]; argAvals: Tensor[][] } => {
  const flatArgs = args.map((arg, i) => flattenTensors(where, arg, `args[${i}]`));
  const [leaves, def] = flattenArgs(where, args);
  const active = flatArgs.flatMap(([xs, argDef], i) => {
    const on = wrt.includes(i);
    if (on) demandFloats(where, xs, argDef, i);
    return xs.map(() => on);
  });
  let outDef: TreeDef | undefined;
  let auxDef: TreeDef | undefined;
  let outCount = 0;
  const flat = flatFunction(where, f, def);
  const lin = linearizeFlat(
    where,
    (...xs) => {
      const outs = flat.call(...xs);
      if (!Array.isArray(outs)) return outs;
      const { differentiated, aux } = pick(unflatten(flat.out(), outs));
      const [main, mainDef] = flattenTensors(where, differentiated, "the result");
      const [rest, restDef] = flattenTensors(where, aux, "aux");
      [outDef, auxDef, outCount] = [mainDef, restDef, main.length];
      return [...main, ...rest];
    },
    leaves,
    active,
  );
  return {
    lin: { ...lin, outs: lin.outs.slice(0, outCount), outPlaces: lin.outPlaces.slice(0, outCount) },
    outDef: outDef as unknown as TreeDef,
    auxDef: auxDef as unknown as TreeDef,
    aux: lin.outs.slice(outCount),
    argDefs: flatArgs.map(([, d]) => d),
    argAvals: flatArgs.map(([xs]) => xs),
  };
};

const demandFloats = (where: string, xs: readonly Tensor[], def: TreeDef, arg: number): void => {
  let paths: KeyPath[] | undefined;
  xs.forEach((x, i) => {
    if (isFloat(x.dtype)) return;
    paths ??= pathsOf(def);
    throw new DTypeError({
      where,
      what: "an integer or bool cannot be differentiated",
      expected: "float leaves in the arguments named by argnums",
      got: `${x.aval}`,
      at: printPath(paths[i], `args[${arg}]`),
      hint: "choose other argnums, or close over the value",
    });
  });
};

const whole = (outs: unknown): { differentiated: unknown; aux: unknown } => ({ differentiated: outs, aux: null });

/** Splits cotangents (one per active leaf) into a tree per argument. */
const gradTrees = (cts: readonly Tangent[], defs: readonly TreeDef[]): unknown[] => {
  let next = 0;
  return defs.map((def) => {
    const from = next;
    next += def.leaves;
    return unflatten(def, cts.slice(from, next).map(instantiate));
  });
};

/**
 * The value of `f` and the function that applies its derivative at this point to tangents.
 *
 * The returned function keeps residuals in memory: dispose it (`using`) when it is no longer needed.
 * @see JAX's `jax.linearize`
 * @example const [y, push] = linearize(np.sin, 0); push(1) // 1
 */
export const linearize = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: A
): [value: R, push: Held<(...tangents: { [K in keyof A]: GradsOf<A[K]> | A[K] }) => R>] => {
  const where = nameOf("linearize", f);
  let push: Held<(...tangents: unknown[]) => unknown> | undefined;
  const value = transformed("linearize", () => {
    const all = primals.map((_, i) => i);
    const { lin, outDef, argDefs, argAvals } = linearizeTrees(where, f as AnyFunction, primals, all, whole);
    const outAvals = lin.outs.map((y) => y.aval);
    push = hold(where, lin, (held, ...tangents: unknown[]) =>
      transformed("linearize", () => {
        const flat = tangents.map((t, i) => flattenTensors(where, t, `tangents[${i}]`));
        flat.forEach(([dxs, def], i) => {
          checkSameStructure(where, argDefs[i], def, undefined, `tangents[${i}]`);
          const paths = pathsOf(def);
          dxs.forEach((dx, j) => {
            checkTangent(where, "tangent", argAvals[i][j].aval, dx.aval, printPath(paths[j], `tangents[${i}]`));
          });
        });
        const douts = evalJaxpr(
          held.jaxpr,
          held.residuals,
          flat.flatMap(([dxs]) => dxs),
        );
        const full = held.outPlaces.map((p, i) => instantiate(p === null ? new Zero(outAvals[i].strong()) : douts[p]));
        return unflatten(outDef, full);
      }),
    );
    return unflatten(outDef, lin.outs);
  });
  return [value as R, push as unknown as Held<(...tangents: { [K in keyof A]: GradsOf<A[K]> | A[K] }) => R>];
};

/**
 * The value of `f` and the function that pulls cotangents of the result back to the arguments (reverse mode).
 *
 * The returned function keeps residuals in memory: dispose it (`using`) when it is no longer needed.
 * @returns `[f(...primals), pull]`; `pull(ct)` gives one tree per argument
 * @throws {TreeError | ShapeError | DTypeError} where a cotangent does not fit the result
 * @see JAX's `jax.vjp`
 * @example const [y, pull] = vjp(np.sin, 0); pull(1) // [1]
 */
export const vjp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: A
): [value: R, pull: Held<(ct: GradsOf<R> | R) => { [K in keyof A]: GradsOf<A[K]> }>] => {
  const where = nameOf("vjp", f);
  let pull: Held<(ct: unknown) => unknown> | undefined;
  const value = transformed("vjp", () => {
    const all = primals.map((_, i) => i);
    const { lin, outDef, argDefs } = linearizeTrees(where, f as AnyFunction, primals, all, whole);
    const outAvals = lin.outs.map((y) => y.aval);
    pull = hold(where, lin, (held, ct: unknown) =>
      transformed("vjp", () => {
        const [cts, def] = flattenTensors(where, ct, "ct");
        checkSameStructure(where, outDef, def, "a cotangent has the structure of the result", "ct");
        const paths = pathsOf(def);
        const checked = cts.map((c, i): Tangent => {
          if (!isFloat(outAvals[i].dtype)) return new Zero(outAvals[i]);
          checkTangent(where, "cotangent", outAvals[i], c.aval, printPath(paths[i], "ct"));
          return c;
        });
        return gradTrees(pullBack(held, checked), argDefs);
      }),
    );
    return unflatten(outDef, lin.outs);
  });
  return [value as R, pull as unknown as Held<(ct: GradsOf<R> | R) => { [K in keyof A]: GradsOf<A[K]> }>];
};

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

/** What the losses that `grad` takes return. */
type Scalar = Tensor | number;

export interface GradOptions<W, Aux extends boolean> {
  /** Which arguments to differentiate with respect to: a number gives a tree, a list a tuple of trees. Default 0. */
  readonly argnums?: W;
  /** Whether the function returns `[loss, aux]`, and only the first is differentiated. */
  readonly hasAux?: Aux;
}

const checkArgnums = (where: string, argnums: number | readonly number[], count: number): readonly number[] => {
  const list = typeof argnums === "number" ? [argnums] : argnums;
  for (const n of list) {
    if (Number.isInteger(n) && n >= 0 && n < count) continue;
    throw new ArgumentError({
      where,
      what: "argnums names no argument",
      expected: `numbers from 0 to ${count - 1}`,
      got: `${n}`,
    });
  }
  return list;
};

/** The value, the aux tree (or null) and the gradients of a scalar function. */
const gradCore = (
  where: string,
  f: AnyFunction,
  args: readonly unknown[],
  argnums: number | readonly number[],
  hasAux: boolean,
): { value: Tensor; aux: unknown; grads: unknown } => {
  const wrt = checkArgnums(where, argnums, args.length);
  const pick = (outs: unknown): { differentiated: unknown; aux: unknown } => {
    if (!hasAux) return whole(outs);
    if (Array.isArray(outs) && outs.length === 2) return { differentiated: outs[0], aux: outs[1] };
    throw new TreeError({
      where,
      what: "hasAux is set",
      expected: "a function that returns [loss, aux]",
      got: "something else",
    });
  };
  // In the order of the arguments, each once; `argnums` may name them in any order.
  const sorted = [...new Set(wrt)].sort((a, b) => a - b);
  const { lin, outDef, auxDef, aux, argDefs } = linearizeTrees(where, f, args, sorted, pick);
  const [value] = lin.outs;
  if (outDef.kind !== "leaf" || value.ndim !== 0 || !isFloat(value.dtype)) {
    throw new ShapeError({
      where,
      what: "the loss is not a scalar",
      expected: "one float of shape []",
      got: outDef.kind === "leaf" ? `${value.aval}` : `a tree of ${outDef.leaves} leaves`,
      hint: hasAux ? undefined : "reduce it with np.sum or np.mean, or set hasAux, or use vjp",
    });
  }
  const cts = pullBack(lin, [new Literal(1, value.dtype)]);
  const trees = gradTrees(
    cts,
    sorted.map((i) => argDefs[i]),
  );
  const at = (n: number): unknown => trees[sorted.indexOf(n)];
  return {
    value,
    aux: unflatten(auxDef, aux),
    grads: typeof argnums === "number" ? at(argnums) : argnums.map(at),
  };
};

/** Overloads of `grad`. */
export interface Grad {
  <A extends readonly unknown[], const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => Scalar,
    options?: GradOptions<W, false>,
  ): (...args: A) => Wrt<A, W>;
  <A extends readonly unknown[], X, const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => readonly [Scalar, X],
    options: GradOptions<W, true> & { readonly hasAux: true },
  ): (...args: A) => [grads: Wrt<A, W>, aux: X];
}
/** Overloads of `valueAndGrad`. */
export interface ValueAndGrad {
  <A extends readonly unknown[], const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => Scalar,
    options?: GradOptions<W, false>,
  ): (...args: A) => [value: Tensor, grads: Wrt<A, W>];
  <A extends readonly unknown[], X, const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => readonly [Scalar, X],
    options: GradOptions<W, true> & { readonly hasAux: true },
  ): (...args: A) => [value: [loss: Tensor, aux: X], grads: Wrt<A, W>];
}

type Options = GradOptions<number | readonly number[], boolean>;

/**
 * The gradient of a scalar function, as a function of the same arguments.
 *
 * @param f        returns a float scalar (with `hasAux`, `[scalar, aux]`)
 * @param options  `argnums`: which arguments (default 0); `hasAux`
 * @throws {ShapeError} when the loss is not a scalar; {DTypeError} for integer arguments
 * @see JAX's `jax.grad`
 * @example grad((x: Tensor) => np.mul(x, x))(3) // 6
 */
export const grad: Grad = (f: AnyFunction, options: Options = {}) => {
  const where = nameOf("grad", f);
  return (...args: unknown[]): never =>
    transformed("grad", () => {
      const { aux, grads } = gradCore(where, f, args, options.argnums ?? 0, options.hasAux === true);
      return (options.hasAux === true ? [grads, aux] : grads) as never;
    });
};

/**
 * The value and the gradient of a scalar function, as a function of the same arguments.
 *
 * @returns `[value, grads]`; with `hasAux`, `[[value, aux], grads]`
 * @see JAX's `jax.value_and_grad`
 * @example valueAndGrad((x: Tensor) => np.mul(x, x))(3) // [9, 6]
 */
export const valueAndGrad: ValueAndGrad = (f: AnyFunction, options: Options = {}) => {
  const where = nameOf("valueAndGrad", f);
  return (...args: unknown[]): never =>
    transformed("valueAndGrad", () => {
      const { value, aux, grads } = gradCore(where, f, args, options.argnums ?? 0, options.hasAux === true);
      return [options.hasAux === true ? [value, aux] : value, grads] as never;
    });
};
