/**
 * @file The transformations of branches: jaxprs made from each of them once, so that all of them take and give the same.
 *
 * What has a tangent (a cotangent, a batch dimension) in one branch has one in all; the residuals of the branches share places where
 * their avals are equal, and a branch that has none for a place gives zeros.
 */
import type { Aval } from "../core/aval.js";
import { evalJaxpr, Jaxpr, Var } from "../core/jaxpr.js";
import type { BatchDim } from "../core/primitive.js";
import { neededFor } from "../core/rewrite.js";
import type { Tensor } from "../core/tensor.js";
import { fullOf } from "../primitives/broadcast.js";
import { batched, pulled, pushed, split, stageFrom } from "./derived.js";

type Flags = readonly boolean[];

/** The entries at which one of the lists is true. */
const union = (lists: readonly Flags[]): boolean[] => lists[0].map((_, i) => lists.some((list) => list[i]));

/** Made once to see what each branch has, and again with what any of them has forced on all. */
const joined = <T>(
  branches: readonly Jaxpr[],
  make: (jaxpr: Jaxpr, forced: Flags) => T,
  flagsOf: (made: T) => Flags,
): { readonly made: readonly T[]; readonly flags: Flags } => {
  const flags = union(branches.map((jaxpr) => flagsOf(make(jaxpr, []))));
  return { made: branches.map((jaxpr) => make(jaxpr, flags)), flags };
};

/** `(operands, active tangents) -> (outs, active tangents)`, one for each branch. */
export const pushedBranches = (
  branches: readonly Jaxpr[],
  active: Flags,
): { readonly branches: readonly Jaxpr[]; readonly outActive: Flags } => {
  const { made, flags } = joined(
    branches,
    (jaxpr, forced) => pushed("cond", jaxpr, active, forced),
    (p) => p.outActive,
  );
  return { branches: made.map((p) => p.jaxpr), outActive: flags };
};

interface SplitBranches {
  /** `operands -> (outs, residuals that are computed)` */
  readonly primal: readonly Jaxpr[];
  /** `(residuals that are operands, residuals that are computed, active tangents) -> active tangents` */
  readonly linear: readonly Jaxpr[];
  /** Numbers of the operands that are residuals. */
  readonly operands: readonly number[];
  readonly outActive: Flags;
}

export const splitBranches = (branches: readonly Jaxpr[], active: Flags): SplitBranches => {
  const { made, flags } = joined(
    branches,
    (jaxpr, forced) => split("cond", jaxpr, active, forced),
    (s) => s.outPlaces.map((p) => p !== null),
  );
  const parts = made.map((s) => {
    const backward = neededFor(s.linear.eqns, s.linear.outs);
    const used = s.residuals
      .map((r, i) => ({ ...r, variable: s.linear.inVars[i] }))
      .filter((r) => backward.needs(r.variable));
    return { s, eqns: backward.eqns, used };
  });
  const operands = branches[0].inVars
    .map((_, i) => i)
    .filter((i) => parts.some(({ used }) => used.some((r) => r.from === "arg" && r.index === i)));
  // A place holds one residual of each branch that has one of its aval.
  const places: Aval[] = [];
  const placed = parts.map(({ used }) => {
    const own = new Map<number, (typeof used)[number]>();
    for (const r of used) {
      if (r.from === "arg") continue;
      const { aval } = r.variable;
      const free = places.findIndex((a, at) => a.equals(aval) && !own.has(at));
      own.set(free < 0 ? places.push(aval) - 1 : free, r);
    }
    return own;
  });
  return {
    primal: parts.map(({ s }, b) => {
      const n = branches[b].outs.length;
      const f = (...xs: Tensor[]): Tensor[] => {
        const outs = evalJaxpr(s.primal, [], xs);
        const residuals = places.map((aval, at) => {
          const r = placed[b].get(at);
          return r === undefined ? fullOf(aval, 0) : outs[r.index];
        });
        return [...outs.slice(0, n), ...residuals];
      };
      return stageFrom(branches[b], "cond", f, branches[b].inAvals);
    }),
    linear: parts.map(({ s, eqns, used }, b) => {
      const ofOperand = (i: number): Var =>
        used.find((r) => r.from === "arg" && r.index === i)?.variable ?? new Var(branches[b].inAvals[i]);
      const tangents = s.linear.inVars.slice(s.residuals.length);
      const inputs = [
        ...operands.map(ofOperand),
        ...places.map((aval, at) => placed[b].get(at)?.variable ?? new Var(aval)),
        ...tangents,
      ];
      return new Jaxpr([], inputs, eqns, s.linear.outs);
    }),
    operands,
    outActive: flags,
  };
};

/** `(known operands, active cotangents) -> cotangents of linear operands`, one for each branch. */
export const pulledBranches = (
  branches: readonly Jaxpr[],
  linear: Flags,
  ctActive: Flags,
): { readonly branches: readonly Jaxpr[]; readonly active: Flags } => {
  const places = linear.flatMap((yes, i) => (yes ? [i] : []));
  const { made, flags } = joined(
    branches,
    (jaxpr, forced) => {
      const all = linear.map((_, i) => forced[places.indexOf(i)] === true);
      return pulled("cond", jaxpr, linear, ctActive, all);
    },
    (p) => p.active,
  );
  return { branches: made.map((p) => p.jaxpr), active: flags };
};

/** Branches for a batch; mapped results have their batch dimension in front. With `all`, every result is mapped. */
export const batchedBranches = (
  branches: readonly Jaxpr[],
  size: number,
  dims: readonly BatchDim[],
  xs: readonly Tensor[],
  all: boolean,
  axisName: string | undefined,
): { readonly branches: readonly Jaxpr[]; readonly outMapped: Flags } => {
  const avals = xs.map((x) => x.aval);
  const none = branches[0].outs.map(() => all);
  const { made, flags } = joined(
    branches,
    (jaxpr, forced) => batched("cond", jaxpr, size, dims, avals, forced.length === 0 ? none : forced, axisName),
    (b) => b.outDims.map((d) => d !== null),
  );
  return { branches: made.map((b) => b.jaxpr), outMapped: flags };
};
