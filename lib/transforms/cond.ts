/**
 * @file cond and switchCase: one of several functions, chosen when the program runs.
 *
 * One primitive with a jaxpr for each branch; all of them take the same operands (what any of them closes over comes first). Only the
 * chosen branch is computed, but for `vmap` over the choice itself, which computes all of them and selects. As JAX's `lax.cond` and
 * `lax.switch`.
 */

import { evaluateByImpl } from "../compile/reference/executor.js";
import { type Aval, sameShape } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { branchAt, type CondParams } from "../core/control.js";
import { ArgumentError, DTypeError, FLOAT_HINT, type Mismatch, ShapeError } from "../core/errors.js";
import { evalJaxpr, Jaxpr, Var } from "../core/jaxpr.js";
import { definePrimitive, isLinear, isZero, type Primitive, type Tangent, Zero } from "../core/primitive.js";
import { checkSameStructure, pathsOf, printPath, type TreeDef, unflatten } from "../core/pytree.js";
import { inlineCalls } from "../core/rewrite.js";
import { type Staged, stage } from "../core/stage.js";
import { asTensor, type GradsOf, Literal, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import type { Tuples } from "../core/tree-types.js";
import { reshape } from "../primitives/broadcast.js";
import { convert, le, ne, select } from "../primitives/elementwise.js";
import { mappedFront } from "../primitives/movement.js";
import { batchedBranches, pulledBranches, pushedBranches, splitBranches } from "./cond-derived.js";
import { flatFunction, flattenTensors, type LikeTensors, nameOf } from "./trees.js";

const tensorsOf = (list: readonly Tangent[]): Tensor[] => list.filter((d): d is Tensor => !isZero(d));
const int = (value: number): Literal => new Literal(value, "int32");

/** One tangent for each of `avals`: the next of `tangents` where it is active. */
const spread = (avals: readonly Aval[], active: readonly boolean[], tangents: readonly Tensor[]): Tangent[] => {
  let next = 0;
  return avals.map((a, i) => (active[i] ? tangents[next++] : new Zero(a.strong())));
};

export const condP: Primitive<CondParams> = definePrimitive<CondParams>({
  name: "cond",
  control: "cond",
  abstractEval: (_avals, { branches }) => branches[0].outAvals,
  impl: ([index, ...operands], { branches }) => evaluateByImpl(branches[branchAt(branches, index.data[0])], operands),
  jvp: ([index, ...xs], [, ...dxs], { branches }) => {
    const p = pushedBranches(
      branches,
      dxs.map((d) => !isZero(d)),
    );
    const results = bind(condP, [index, ...xs, ...tensorsOf(dxs)], { branches: p.branches });
    const n = branches[0].outs.length;
    const outs = results.slice(0, n);
    return [outs, spread(branches[0].outAvals, p.outActive, results.slice(n))];
  },
  linearize: ([index, ...xs], [, ...dxs], { branches }) => {
    const s = splitBranches(
      branches,
      dxs.map((d) => !isZero(d)),
    );
    const n = branches[0].outs.length;
    const results = bind(condP, [index, ...xs], { branches: s.primal });
    const residuals = [...s.operands.map((i) => xs[i]), ...results.slice(n)];
    const douts = bind(condP, [index, ...residuals, ...tensorsOf(dxs)], { branches: s.linear });
    return [results.slice(0, n), spread(branches[0].outAvals, s.outActive, douts)];
  },
  transpose: (cts, [index, ...args], { branches }) => {
    const linear = args.map(isLinear);
    const p = pulledBranches(
      branches,
      linear,
      cts.map((c) => !isZero(c)),
    );
    const known = args.filter((x): x is Tensor => !isLinear(x));
    const results = bind(condP, [index as Tensor, ...known, ...tensorsOf(cts)], { branches: p.branches });
    const pulledCts = spread(
      args.filter(isLinear).map((x) => x.aval),
      p.active,
      results,
    );
    let next = 0;
    return [null, ...args.map((x) => (isLinear(x) ? pulledCts[next++] : null))];
  },
  batch: (size, [index, ...xs], [dim, ...dims], { branches }, axisName) => {
    const b = batchedBranches(branches, size, dims, xs, dim !== null, axisName);
    if (dim === null) {
      return [bind(condP, [index, ...xs], { branches: b.branches }), b.outMapped.map((m) => (m ? 0 : null))];
    }
    // Each example has its own choice: all branches, then a selection.
    const at = mappedFront(index, dim, size);
    const [first, ...rest] = b.branches.map((jaxpr) => evalJaxpr(jaxpr, [], xs)).reverse();
    const chosen = rest.reduce((otherwise, outs, i) => {
      const here = le(at, int(rest.length - 1 - i));
      return outs.map((y, k) => select(reshape(here, [size, ...y.shape.slice(1).map(() => 1)]), y, otherwise[k]));
    }, first);
    return [chosen, chosen.map(() => 0)];
  },
});

// --- for users -----------------------------------------------------------------------------------------------------------

/** Branches with one list of constants, which all of them take before their operands. */
const joinConsts = (staged: readonly Staged[]): { branches: Jaxpr[]; consts: Tensor[] } => {
  const consts = [...new Set(staged.flatMap((s) => s.consts))];
  const branches = staged.map(({ jaxpr, consts: own }) => {
    const places = consts.map((c) => jaxpr.constVars[own.indexOf(c)] ?? new Var(c.aval));
    return inlineCalls(new Jaxpr([], [...places, ...jaxpr.inVars], jaxpr.eqns, jaxpr.outs));
  });
  return { branches, consts };
};

const choose = (
  where: string,
  names: readonly string[],
  index: Tensor,
  functions: readonly ((...operands: never[]) => unknown)[],
  operands: readonly unknown[],
): unknown => {
  const [xs, def] = flattenTensors(where, operands, "operands");
  const inAvals = xs.map((x) => x.aval);
  const defs: TreeDef[] = [];
  const stageAll = (dtypes?: readonly Aval[]): Staged[] =>
    functions.map((f, b) => {
      const flat = flatFunction(where, f, def);
      const call = (...leaves: Tensor[]): Tensor[] => {
        const outs = flat.call(...leaves);
        if (dtypes === undefined || !Array.isArray(outs)) return outs;
        return outs.map((y, i) => (y.aval.weak && !dtypes[i].weak ? convert(y, y.dtype) : y));
      };
      const staged = stage(where, call, inAvals);
      defs[b] = flat.out();
      return staged;
    });
  let staged = stageAll();
  for (const [b, other] of defs.entries()) {
    checkSameStructure(where, defs[0], other, `${names[0]} and ${names[b]} must return the same tree`, "the result");
  }
  // A weak result yields to the strong one of another branch.
  const avals = staged[0].jaxpr.outAvals.map(
    (a, i) => staged.map(({ jaxpr }) => jaxpr.outAvals[i]).find((other) => !other.weak) ?? a,
  );
  staged.forEach(({ jaxpr }, b) => {
    checkBranch(where, names, defs[0], staged[0].jaxpr.outAvals, jaxpr.outAvals, b);
  });
  if (staged.some(({ jaxpr }) => jaxpr.outAvals.some((a, i) => !a.equals(avals[i])))) staged = stageAll(avals);
  const { branches, consts } = joinConsts(staged);
  return unflatten(defs[0], bind(condP, [index, ...consts, ...xs], { branches }));
};

const checkBranch = (
  where: string,
  names: readonly string[],
  def: TreeDef,
  expected: readonly Aval[],
  got: readonly Aval[],
  b: number,
): void => {
  const bad = expected.findIndex((a, i) => a.dtype !== got[i].dtype || !sameShape(a.shape, got[i].shape));
  if (bad < 0) return;
  const mismatch: Mismatch = {
    where,
    what: "branches return different types",
    expected: `${expected[bad]}, as ${names[0]} does`,
    got: `${got[bad]} from ${names[b]}`,
    at: printPath(pathsOf(def)[bad], "the result"),
  };
  if (!sameShape(expected[bad].shape, got[bad].shape)) throw new ShapeError(mismatch);
  throw new DTypeError({ ...mismatch, hint: "convert with np.astype" });
};

const demandScalar = (where: string, what: string, x: Tensor): void => {
  if (x.ndim === 0) return;
  throw new ShapeError({
    where,
    what: `the ${what} is not a scalar`,
    expected: "shape []",
    got: `${x.aval}`,
    hint: "np.where chooses element by element; vmap chooses for each example",
  });
};

/**
 * `whenTrue(...operands)` or `whenFalse(...operands)`, by a predicate that may be known only when the program runs.
 *
 * Under `vmap` over the predicate both are computed and selected from.
 * @param pred       a bool scalar; of another dtype, whatever is not zero is true
 * @param whenTrue   a function of the operands
 * @param whenFalse  one that returns a tree of the same structure, shapes and dtypes
 * @throws {TreeError | ShapeError | DTypeError} where the results differ, naming the path and both avals
 * @see JAX's `jax.lax.cond`
 * @example cond(np.greater(x, 0), np.sqrt, np.negative, x)
 */
export const cond = takes(
  "cond(pred, whenTrue, whenFalse, ...operands)",
  <A extends readonly unknown[], R>(
    pred: TensorLike,
    whenTrue: (...operands: { [K in keyof A]: GradsOf<A[K]> }) => R | Tuples,
    whenFalse: (...operands: { [K in keyof A]: GradsOf<A[K]> }) => LikeTensors<R>,
    ...operands: A
  ): GradsOf<R> =>
    transformed("cond", () => {
      const where = nameOf("cond", whenTrue);
      const p = asTensor(pred, where, "pred");
      demandScalar(where, "predicate", p);
      const index =
        p instanceof Literal
          ? int(p.value === 0 ? 0 : 1)
          : convert(p.dtype === "bool" ? p : ne(p, new Literal(0, p.dtype)), "int32");
      const functions = [whenFalse, whenTrue] as ((...xs: never[]) => unknown)[];
      return choose(where, ["the false branch", "the true branch"], index, functions, operands) as GradsOf<R>;
    }),
);

/**
 * `branches[index](...operands)`; an index outside chooses the nearest branch. In `lax` it is also called `switch`.
 *
 * @param index     an int32 scalar
 * @param branches  functions of the operands, which return trees of the same structure, shapes and dtypes
 * @throws {TreeError | ShapeError | DTypeError} where the results differ, naming the path and both avals
 * @see JAX's `jax.lax.switch`
 * @example switchCase(i, [np.sin, np.cos, (y) => y], x)
 */
export const switchCase = takes(
  "switchCase(index, branches, ...operands)",
  <A extends readonly unknown[], R>(
    index: TensorLike,
    branches: readonly ((...operands: { [K in keyof A]: GradsOf<A[K]> }) => R | Tuples)[],
    ...operands: A
  ): GradsOf<R> =>
    transformed("switchCase", () => {
      const where = "switchCase";
      if (branches.length === 0) {
        throw new ArgumentError({ where, what: "there is no branch", expected: "at least one function", got: "none" });
      }
      const given = asTensor(index, where, "index");
      demandScalar(where, "index", given);
      const i = given instanceof Literal && given.aval.weak ? literal(where, given.value, "int32") : given;
      if (i.dtype !== "int32") {
        throw new DTypeError({
          where,
          what: "the index is not an integer",
          expected: "int32",
          got: `${i.aval}`,
          hint: FLOAT_HINT,
        });
      }
      const functions = branches as readonly ((...xs: never[]) => unknown)[];
      const names = branches.map((_, b) => `branch ${b}`);
      return choose(where, names, i, functions, operands) as GradsOf<R>;
    }),
);
