/**
 * @file What functions with custom derivative rules share (`custom-jvp.ts`, `custom-vjp.ts`).
 *
 * Their primitives carry functions: a trace that differentiates calls the rule at once, with values as concrete as they are, and the
 * function itself not at all. In a jaxpr stands a second primitive, with the function staged; what it closes over are leading arguments.
 */
import { type Aval, sameShape } from "../core/aval.js";
import { ArgumentError, InvariantError, ShapeError, TreeError } from "../core/errors.js";
import type { Jaxpr } from "../core/jaxpr.js";
import { isZero, type Primitive, type Tangent } from "../core/primitive.js";
import { checkSameStructure, pathsOf, printPath, type TreeDef, unflatten } from "../core/pytree.js";
import { constsAsInputs, stage } from "../core/stage.js";
import type { Tensor } from "../core/tensor.js";
import { notPromised } from "../core/trace.js";
import { convert } from "../primitives/elementwise.js";
import { flattenMixed, flattenTensors, withKept } from "./trees.js";
import { materialize, vmapFlat } from "./vmap.js";

/** A function of tensors. */
export type Flat = (...xs: Tensor[]) => readonly Tensor[];

/** A call of a function with a custom rule. */
export interface CustomCall {
  readonly name: string;
  readonly call: Flat;
}

/** The same in a jaxpr. */
export interface StagedCall {
  readonly name: string;
  readonly jaxpr: Jaxpr;
  /** How many leading arguments are what the function closes over. */
  readonly closed: number;
}

const neverAsked = (name: string) => (): never => {
  throw new InvariantError({ where: name, what: "this primitive is never in a jaxpr and has no rules" });
};

/** Rules that are asked only of what stands in a jaxpr. */
export const onlyTraced = (name: string): Pick<Primitive<CustomCall>, "abstractEval" | "impl" | "transpose"> => ({
  abstractEval: neverAsked(name),
  impl: neverAsked(name),
  transpose: neverAsked(name),
});

/** The function of a call, staged. */
export const stageCall = (
  xs: readonly Tensor[],
  { name, call }: CustomCall,
): { readonly args: readonly Tensor[]; readonly staged: StagedCall } => {
  const { jaxpr, consts } = stage(
    name,
    call,
    xs.map((x) => x.aval),
  );
  return { args: [...consts, ...xs], staged: { name, jaxpr: constsAsInputs(jaxpr), closed: consts.length } };
};

/** A function for a batch, whose results all have the batch dimension in front. */
export const batchedFlat =
  (name: string, f: Flat, size: number, dims: readonly (number | null)[], axisName: string | undefined): Flat =>
  (...xs) => {
    const [outs, outDims] = vmapFlat(`vmap of ${name}`, f, size, xs, dims, axisName);
    return outs.map((y, i) => materialize(y, outDims[i], size, 0));
  };

/** Refuses tangents of what the function closes over: its rule says nothing about them. */
export const refuseClosed = (where: string, dxs: readonly Tangent[], closed: number): void => {
  const i = dxs.findIndex((d, k) => k < closed && !isZero(d));
  if (i < 0) return;
  throw new ArgumentError({
    where,
    what: "the function closes over a value that is differentiated, of which its rule says nothing",
    expected: "what is differentiated among the arguments",
    got: `a closed-over ${dxs[i].aval}`,
    hint: "pass the value as an argument, and give the rule its part",
  });
};

/** The arguments of one call: the tensors to trace, and the way back to what the user's functions take. */
export interface CustomArguments {
  readonly leaves: readonly Tensor[];
  readonly def: TreeDef;
  readonly whole: (xs: readonly Tensor[]) => never[];
  /** Notes the structure of a result; all must be the same. */
  readonly noteOut: (def: TreeDef, who: string) => void;
  readonly out: () => TreeDef;
}

export const customArguments = (
  where: string,
  args: readonly unknown[],
  nondiff: readonly number[],
): CustomArguments => {
  const { leaves, def, kept } = flattenMixed(
    where,
    args.map((arg, i) => (nondiff.includes(i) ? null : arg)),
    "args",
  );
  let outDef: TreeDef | undefined;
  return {
    leaves,
    def,
    whole: (xs) => {
      const trees = unflatten(def, withKept(xs, kept)) as unknown[];
      return args.map((arg, i) => (nondiff.includes(i) ? arg : trees[i])) as never[];
    },
    noteOut: (next, who) => {
      if (outDef !== undefined)
        checkSameStructure(where, outDef, next, `${who} returns what the function returns`, "the result");
      outDef = next;
    },
    out: () => {
      if (outDef === undefined)
        throw new InvariantError({ where, what: "neither the function nor its rule was called" });
      return outDef;
    },
  };
};

/** The user's function on flat tensors. */
export const flatCall =
  (where: string, f: (...args: never[]) => unknown, { whole, noteOut }: CustomArguments): Flat =>
  (...xs) => {
    const [outs, def] = flattenTensors(where, notPromised(where, f(...whole(xs))), "the result");
    noteOut(def, "the function");
    return outs;
  };

/** What a rule returned, which must be a pair. */
export const pairOf = (where: string, who: string, what: string, result: unknown): readonly [unknown, unknown] => {
  notPromised(where, result);
  if (Array.isArray(result) && result.length === 2) return [result[0], result[1]];
  throw new TreeError({
    where,
    what: `${who} did not return a pair`,
    expected: what,
    got: Array.isArray(result) ? `${result.length} values` : "something else",
  });
};

/** Results of a rule, which must have the avals of the function's own. */
export const checkResults = (
  where: string,
  who: string,
  expected: readonly Aval[],
  outs: readonly Tensor[],
  def: TreeDef,
): Tensor[] =>
  outs.map((y, i) => {
    const want = expected[i];
    if (y.dtype === want.dtype && sameShape(y.shape, want.shape)) return want.weak ? y : convert(y, y.dtype);
    throw new ShapeError({
      where,
      what: `${who} gives another result than the function`,
      expected: `${want}`,
      got: `${y.aval}`,
      at: printPath(pathsOf(def)[i], "the result"),
    });
  });
