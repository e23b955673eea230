/**
 * @file A function of trees as derivatives see it: flat, with the arguments it is differentiated by, and its result apart from aux.
 *
 * Integers and bools have no derivative. Where JAX has an array of dtype `float0`, a tree here has `null`.
 */
import { type Aval, isFloat } from "../core/aval.js";
import { ArgumentError, DTypeError, TreeError } from "../core/errors.js";
import { pathsOf, printPath, type TreeDef, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import { type Linearized, linearizeFlat } from "./linearize.js";
import { flatFunction, flattenMixed, flattenTensors, refuseFlags } from "./trees.js";

export type AnyFunction = (...args: never[]) => unknown;

/** An argument that a function is differentiated by. */
export interface Argument {
  readonly def: TreeDef;
  readonly avals: readonly Aval[];
}

/** What `describe` makes of a function and its arguments. */
export interface Problem {
  readonly where: string;
  /** All arguments, flat. */
  readonly leaves: readonly Tensor[];
  /** Which of them have a tangent. */
  readonly active: readonly boolean[];
  /** The arguments to differentiate by, in the order of `wrt`. */
  readonly wrt: readonly Argument[];
  /** From all leaves to those of the result, then those of aux. */
  readonly call: (...leaves: Tensor[]) => Tensor[];
  /** After a call: the structures of the result and of aux. */
  readonly outs: () => { readonly main: TreeDef; readonly aux: TreeDef };
}

export interface ProblemOptions {
  /** Numbers of the arguments to differentiate by, ascending. */
  readonly wrt: readonly number[];
  /** Whether the function returns `[result, aux]`. */
  readonly hasAux?: boolean | undefined;
  /** Whether integers among them have no derivative, or are an error. */
  readonly allowInt: boolean;
}

const refuseIntegers = (where: string, avals: readonly Aval[], def: TreeDef, arg: number): void => {
  const i = avals.findIndex((a) => !isFloat(a.dtype));
  if (i < 0) return;
  throw new DTypeError({
    where,
    what: "an integer or bool cannot be differentiated",
    expected: "float leaves in the arguments named by argnums",
    got: `${avals[i]}`,
    at: printPath(pathsOf(def)[i], `args[${arg}]`),
    hint: "choose other argnums, close over the value, or set allowInt to get null there",
  });
};

/** Sets a function up to be differentiated. */
export const describe = (
  where: string,
  f: AnyFunction,
  args: readonly unknown[],
  { wrt, hasAux = false, allowInt }: ProblemOptions,
): Problem => {
  const { leaves, def, kept } = flattenMixed(where, args, "args");
  const flatArgs = args.map((arg, i): Argument => {
    if (!wrt.includes(i)) {
      const mixed = flattenMixed(where, arg, `args[${i}]`);
      return { def: mixed.def, avals: mixed.leaves.map((x) => x.aval) };
    }
    refuseFlags(where, arg, `args[${i}]`);
    const [xs, argDef] = flattenTensors(where, arg, `args[${i}]`);
    return { def: argDef, avals: xs.map((x) => x.aval) };
  });
  const active = flatArgs.flatMap(({ def: argDef, avals }, i) => {
    const on = wrt.includes(i);
    if (on && !allowInt) refuseIntegers(where, avals, argDef, i);
    return avals.map((a) => on && isFloat(a.dtype));
  });
  let defs: { readonly main: TreeDef; readonly aux: TreeDef } | undefined;
  const split = (result: unknown): readonly [unknown, unknown] => {
    if (!hasAux) return [result, null];
    if (Array.isArray(result) && result.length === 2) return [result[0], result[1]];
    throw new TreeError({
      where,
      what: "hasAux is set",
      expected: "a function that returns [result, aux]",
      got: "something else",
    });
  };
  const flat = flatFunction(where, f, def, kept);
  return {
    where,
    leaves,
    active,
    wrt: wrt.map((i) => flatArgs[i]),
    call: (...xs) => {
      const outs = flat.call(...xs);
      if (!Array.isArray(outs)) return outs;
      const [result, rest] = split(unflatten(flat.out(), outs));
      const [main, mainDef] = flattenTensors(where, result, "the result");
      const [aux, auxDef] = flattenTensors(where, rest, "aux");
      defs = { main: mainDef, aux: auxDef };
      return [...main, ...aux];
    },
    outs: () => {
      if (defs === undefined) throw new TreeError({ where, what: "the function did not return" });
      return defs;
    },
  };
};

/** A problem linearized at its arguments: the derivative of its result; aux as it is. */
export interface LinearizedProblem {
  readonly lin: Linearized;
  readonly outDef: TreeDef;
  /** The tree of aux. */
  readonly aux: unknown;
}

export const linearizeProblem = (problem: Problem): LinearizedProblem => {
  const lin = linearizeFlat(problem.where, problem.call, problem.leaves, problem.active);
  const { main, aux } = problem.outs();
  return {
    lin: { ...lin, outs: lin.outs.slice(0, main.leaves), outPlaces: lin.outPlaces.slice(0, main.leaves) },
    outDef: main,
    aux: unflatten(aux, lin.outs.slice(main.leaves)),
  };
};

/** Puts one value per leaf that has a derivative into a tree per argument; null for the other leaves. */
export const wrtTrees = (wrt: readonly Argument[], values: readonly unknown[]): unknown[] => {
  let next = 0;
  return wrt.map(({ def, avals }) =>
    unflatten(
      def,
      avals.map((a) => (isFloat(a.dtype) ? values[next++] : null)),
    ),
  );
};

/** The numbers in `argnums`, ascending, each once. @throws {ArgumentError} where one names no argument */
export const sortedArgnums = (where: string, argnums: number | readonly number[], count: number): readonly number[] => {
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
  return [...new Set(list)].sort((a, b) => a - b);
};

/** From one tree per argument of `sorted` to what `argnums` asked for: a tree for a number, a list for a list. */
export const asArgnums = (
  argnums: number | readonly number[],
  sorted: readonly number[],
  trees: readonly unknown[],
): unknown => {
  const at = (n: number): unknown => trees[sorted.indexOf(n)];
  return typeof argnums === "number" ? at(argnums) : argnums.map(at);
};
