/**
 * @file Whole derivatives: Jacobians by columns (`jacfwd`) and by rows (`jacrev`), Hessians, and products with a Hessian.
 *
 * A column is a push of a unit tangent, a row a pull of a unit cotangent; `vmap` makes all of them at once.
 */

import { type Aval, isFloat, type Shape } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { DTypeError } from "../core/errors.js";
import { type Tangent, Zero } from "../core/primitive.js";
import { pathsOf, printPath, type TreeDef, unflatten } from "../core/pytree.js";
import { type GradsOf, Literal, type TangentsOf, type Tensor, type TensorLike } from "../core/tensor.js";
import type { Transformed, Tuples } from "../core/tree-types.js";
import { reshape } from "../primitives/broadcast.js";
import { add, convert, eq } from "../primitives/elementwise.js";
import { iota, sliceAxis } from "../primitives/movement.js";
import { type ArgIndex, type Fitting, type GradOptions, grad, type Scalar, type Wrt } from "./grad.js";
import { instantiate, jvp, jvpFlat } from "./jvp.js";
import { pullBack } from "./linearize.js";
import { refuseMisplaced } from "./misplaced.js";
import { type AnyFunction, asArgnums, describe, linearizeProblem, sortedArgnums, wrtTrees } from "./problem.js";
import { nameOf } from "./trees.js";
import { materialize, vmapFlat } from "./vmap.js";

/** The tree of a result, with a `T` (the tree of an argument) in the place of every leaf. */
export type JacobianOf<R, T> = R extends TensorLike
  ? T
  : R extends null | undefined
    ? R
    : { [K in keyof R]: JacobianOf<R[K], T> };

type Options = GradOptions<number | readonly number[], boolean>;

/** Overloads of `jacfwd` and `jacrev`, as those of `grad`. */
export interface Jacobian {
  <A extends readonly unknown[], R, X, const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => readonly [R | Tuples, X | Tuples],
    options: GradOptions<W, true> & { readonly hasAux: true },
  ): Transformed<A, [jacobian: JacobianOf<R, Wrt<A, W>>, aux: GradsOf<X>]>;
  <A extends readonly unknown[], R, const W extends ArgIndex<A> | readonly ArgIndex<A>[]>(
    f: (...args: A) => R | Tuples,
    argnums: W,
  ): Transformed<A, JacobianOf<R, Wrt<A, W>>>;
  <A extends readonly unknown[], R, const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => R | Tuples,
    options?: GradOptions<W, false>,
  ): Transformed<A, JacobianOf<R, Wrt<A, W>>>;
  <A extends readonly unknown[], R, const W extends number | readonly number[]>(
    f: Transformed<A, R> & Fitting<A, W>,
    argnums: W | GradOptions<W, false>,
  ): Transformed<A, JacobianOf<R, Wrt<A, W>>>;
}
/** Overloads of `hessian`, as those of `grad`. */
export interface Hessian {
  <A extends readonly unknown[], R, X, const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => readonly [R | Tuples, X | Tuples],
    options: GradOptions<W, true> & { readonly hasAux: true },
  ): Transformed<A, [hessian: JacobianOf<JacobianOf<R, Wrt<A, W>>, Wrt<A, W>>, aux: GradsOf<X>]>;
  <A extends readonly unknown[], R, const W extends ArgIndex<A> | readonly ArgIndex<A>[]>(
    f: (...args: A) => R | Tuples,
    argnums: W,
  ): Transformed<A, JacobianOf<JacobianOf<R, Wrt<A, W>>, Wrt<A, W>>>;
  <A extends readonly unknown[], R, const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => R | Tuples,
    options?: GradOptions<W, false>,
  ): Transformed<A, JacobianOf<JacobianOf<R, Wrt<A, W>>, Wrt<A, W>>>;
  <A extends readonly unknown[], R, const W extends number | readonly number[]>(
    f: Transformed<A, R> & Fitting<A, W>,
    argnums: W | GradOptions<W, false>,
  ): Transformed<A, JacobianOf<JacobianOf<R, Wrt<A, W>>, Wrt<A, W>>>;
}

const countOf = (avals: readonly Aval[]): number => avals.reduce((n, a) => n + a.size, 0);

/** The unit vectors of the space that all `avals` span together: element i of `[n, ...shape]` is the part of vector i in that leaf. */
const unitVectors = (avals: readonly Aval[]): Tensor[] => {
  const n = countOf(avals);
  let before = 0;
  return avals.map((a) => {
    const column = add(iota([1, a.size], "int32", 1), new Literal(before, "int32"));
    before += a.size;
    return reshape(convert(eq(iota([n, 1], "int32", 0), column), a.dtype), [n, ...a.shape]);
  });
};

/** Cuts `axis` of `x`, which runs over the elements of all `avals`, into parts, and gives each the shape `shapeOf` says. */
const cut = (x: Tensor, axis: number, avals: readonly Aval[], shapeOf: (part: Shape) => Shape): Tensor[] => {
  let from = 0;
  return avals.map((a) => {
    const part = sliceAxis(x, axis, from, from + a.size);
    from += a.size;
    return reshape(part, shapeOf(a.shape));
  });
};

const refuseIntegers = (where: string, def: TreeDef, outs: readonly Tensor[]): void => {
  const i = outs.findIndex((y) => !isFloat(y.dtype));
  if (i < 0) return;
  throw new DTypeError({
    where,
    what: "an integer or bool has no derivative",
    expected: "a function that returns floats",
    got: `${outs[i].aval}`,
    at: printPath(pathsOf(def)[i], "the result"),
    hint: "return it as aux (hasAux)",
  });
};

interface Derivative {
  readonly jacobian: unknown;
  readonly aux: unknown;
}
type Mode = (where: string, f: AnyFunction, args: readonly unknown[], options: Options) => Derivative;

/** By columns: one push of all unit tangents. */
const byColumns: Mode = (where, f, args, { argnums = 0, hasAux = false }) => {
  const sorted = sortedArgnums(where, argnums, args.length);
  const problem = describe(where, f, args, { wrt: sorted, hasAux, allowInt: false });
  const avals = problem.leaves.filter((_, i) => problem.active[i]).map((x) => x.aval.strong());
  const n = countOf(avals);
  const units = unitVectors(avals);
  const push = (...dxs: Tensor[]): Tensor[] => {
    let next = 0;
    const tangents = problem.leaves.map(
      (x, i): Tangent => (problem.active[i] ? dxs[next++] : new Zero(x.aval.strong())),
    );
    const [outs, douts] = jvpFlat(where, problem.call, problem.leaves, tangents);
    return [...outs, ...douts.slice(0, problem.outs().main.leaves).map(instantiate)];
  };
  const [results, dims] = vmapFlat(
    where,
    push,
    n,
    units,
    units.map(() => 0),
  );
  const { main, aux } = problem.outs();
  const outs = results.slice(0, main.leaves);
  refuseIntegers(where, main, outs);
  const jacobians = outs.map((y, k) => {
    const at = main.leaves + aux.leaves + k;
    const columns = materialize(results[at], dims[at], n, y.ndim);
    const parts = cut(columns, y.ndim, avals, (shape) => [...y.shape, ...shape]);
    return asArgnums(argnums, sorted, wrtTrees(problem.wrt, parts));
  });
  return {
    jacobian: unflatten(main, jacobians),
    aux: unflatten(aux, results.slice(main.leaves, main.leaves + aux.leaves)),
  };
};

/** By rows: one pull of all unit cotangents. */
const byRows: Mode = (where, f, args, { argnums = 0, hasAux = false, allowInt = false }) => {
  const sorted = sortedArgnums(where, argnums, args.length);
  const problem = describe(where, f, args, { wrt: sorted, hasAux, allowInt });
  const { lin, outDef, aux } = linearizeProblem(problem);
  refuseIntegers(where, outDef, lin.outs);
  const avals = lin.outs.map((y) => y.aval.strong());
  const m = countOf(avals);
  const units = unitVectors(avals);
  const [results, dims] = vmapFlat(
    where,
    (...cts) => pullBack(lin, cts).map(instantiate),
    m,
    units,
    units.map(() => 0),
  );
  // For each leaf of the arguments, its part of every row.
  const rows = results.map((r, i) => {
    const all = materialize(r, dims[i], m, 0);
    return cut(all, 0, avals, (shape) => [...shape, ...all.shape.slice(1)]);
  });
  const jacobians = avals.map((_, k) => {
    const parts = rows.map((parts) => parts[k]);
    return asArgnums(argnums, sorted, wrtTrees(problem.wrt, parts));
  });
  return { jacobian: unflatten(outDef, jacobians), aux };
};

/** Forward over reverse. */
const byBoth: Mode = (where, f, args, options) => {
  const first = (...xs: unknown[]): unknown => {
    const { jacobian, aux } = byRows(where, f, xs, options);
    return options.hasAux === true ? [jacobian, aux] : jacobian;
  };
  return byColumns(where, first as AnyFunction, args, options);
};

const derivative = (name: string, mode: Mode) => {
  const signature = `${name}(f, { argnums, hasAux, allowInt })`;
  return takes(signature, (f: AnyFunction, options: Options = {}): ((...args: unknown[]) => never) => {
    const where = nameOf(name, f);
    return (...args) =>
      transformed(name, () => {
        refuseMisplaced(where, signature, f, args);
        const { jacobian, aux } = mode(where, f, args, options);
        return (options.hasAux === true ? [jacobian, aux] : jacobian) as never;
      });
  });
};

/**
 * The Jacobian of `f`, column by column in forward mode: for tall Jacobians, with more results than arguments.
 *
 * The tree of the result, with the tree of the argument at each leaf: `J[i, j] = ∂f(x)[i] / ∂x[j]`, of shape `[...out, ...in]`.
 * @param f        a function of trees that returns floats (with `hasAux`, `[result, aux]`)
 * @param options  `argnums`: by which arguments (default 0; a list gives a tuple at each leaf); `hasAux`
 * @throws {DTypeError} for integer arguments or results
 * @see JAX's `jax.jacfwd`
 * @example jacfwd((x: Tensor) => np.multiply(x, x))(np.array([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacfwd: Jacobian = derivative("jacfwd", byColumns);

/**
 * The Jacobian of `f`, row by row in reverse mode: for wide Jacobians, with more arguments than results. The same numbers as `jacfwd`.
 *
 * @param f        a function of trees that returns floats (with `hasAux`, `[result, aux]`)
 * @param options  `argnums`: by which arguments (default 0; a list gives a tuple at each leaf); `hasAux`; `allowInt`
 * @throws {DTypeError} for integer arguments or results
 * @see JAX's `jax.jacrev`, also called `jax.jacobian`
 * @example jacrev((x: Tensor) => np.multiply(x, x))(np.array([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacrev: Jacobian = derivative("jacrev", byRows);

/** Another name of `jacrev`. */
export const jacobian = jacrev;

/**
 * The second derivatives of `f`, forward over reverse: the tree of the result, with the tree of the argument at each leaf, twice.
 *
 * `H[i, j, k] = ∂²f(x)[i] / ∂x[j] ∂x[k]`, of shape `[...out, ...in, ...in]`.
 * @param f        a function of trees that returns floats, mostly a scalar (with `hasAux`, `[result, aux]`)
 * @param options  `argnums`: by which arguments (default 0; a list gives a tuple of tuples); `hasAux`
 * @throws {DTypeError} for integer arguments or results
 * @see JAX's `jax.hessian`
 * @example hessian((x: Tensor) => np.sum(np.power(x, 3)))(np.array([1, 2])) // [[6, 0], [0, 12]]
 */
export const hessian: Hessian = derivative("hessian", byBoth);

/**
 * The Hessian of a scalar function times a vector, without the Hessian: the derivative of `grad(f)` along `tangents`.
 *
 * `H v = ∂/∂t ∇f(x + t v)` at `t = 0`; costs about as much as two gradients.
 * @param primals   the arguments of `f`
 * @param tangents  one tree per argument; null for what does not move
 * @param options   `argnums`: the arguments that the gradient is taken by (default 0)
 * @returns like `grad(f, options)(...primals)`
 * @see Pearlmutter 1994, "Fast exact multiplication by the Hessian"
 * @example hvp((x: Tensor) => np.sum(np.power(x, 3)), [np.array([1, 2])], [np.array([1, 1])]) // [6, 12]
 */
export const hvp = takes(
  "hvp(f, primals, tangents, { argnums })",
  <A extends readonly unknown[], const W extends ArgIndex<A> | readonly ArgIndex<A>[] = 0 & ArgIndex<A>>(
    f: (...args: A) => Scalar,
    primals: readonly [...A],
    tangents: { readonly [K in keyof A]: TangentsOf<A[K]> },
    options: { readonly argnums?: W } = {},
  ): Wrt<A, W> => {
    const gradient = (...args: A): Wrt<A, W> => grad(f, options)(...args);
    Object.defineProperty(gradient, "name", { value: nameOf("grad", f) });
    return transformed("hvp", () => jvp(gradient, primals, tangents)[1]);
  },
);
