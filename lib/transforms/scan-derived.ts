/**
 * @file The transformations of a scan's body: jaxprs made from it once for what is active, linear or mapped.
 *
 * Whether a carry has a tangent (a cotangent, a batch dimension) in one turn depends on the turns before; each transformation therefore
 * looks for the smallest set of carries that is closed under a turn, and forces what is in it.
 */
import type { Aval } from "../core/aval.js";
import { type ScanParams, scanParts } from "../core/control.js";
import { type Atom, evalJaxpr, Jaxpr, Var } from "../core/jaxpr.js";
import type { BatchDim } from "../core/primitive.js";
import { dependents, hasEffect, neededFor } from "../core/rewrite.js";
import type { Tensor } from "../core/tensor.js";
import { add } from "../primitives/elementwise.js";
import { batched, flags, pulled, pushed, remembered, split, stageFrom } from "./derived.js";

/** The entries of `list` at the places where `which` is true. */
export const chosen = <T>(list: readonly T[], which: readonly boolean[]): T[] => list.filter((_, i) => which[i]);

const keyOf = ({ numConsts, numCarry }: ScanParams, ...parts: (readonly boolean[])[]): string =>
  [numConsts, numCarry, ...parts.map(flags)].join("|");

/** Grows `carry` until a turn adds nothing; `turn` gives the flags of the carry after a turn. */
const closed = <T>(
  carry: readonly boolean[],
  turn: (carry: readonly boolean[]) => { readonly value: T; readonly after: readonly boolean[] },
): { readonly value: T; readonly carry: readonly boolean[] } => {
  for (let flagged = carry; ; ) {
    const { value, after } = turn(flagged);
    const next = flagged.map((f, i) => f || after[i]);
    if (next.every((f, i) => f === flagged[i])) return { value, carry: flagged };
    flagged = next;
  }
};

// --- forward mode --------------------------------------------------------------------------------------------------------

interface PushedScan {
  /** `(consts, dconsts | carry, dcarry | xs, dxs) -> (carry, dcarry | ys, dys)` */
  readonly jaxpr: Jaxpr;
  readonly carryActive: readonly boolean[];
  readonly ysActive: readonly boolean[];
}
const pushedScanOf = remembered<PushedScan>();

export const pushedScan = (params: ScanParams, active: readonly boolean[]): PushedScan =>
  pushedScanOf(params.jaxpr, keyOf(params, active), () => {
    const { jaxpr, numCarry } = params;
    const { consts, carry, xs } = scanParts(params, active);
    const { value: p, carry: carryActive } = closed(carry, (on) => {
      const value = pushed("scan", jaxpr, [...consts, ...on, ...xs], on);
      return { value, after: value.outActive };
    });
    const count = (list: readonly boolean[]): number => list.filter(Boolean).length;
    const [n, dConsts, dCarry] = [active.length, count(consts), count(carryActive)];
    const ins = p.jaxpr.inVars;
    const primals = scanParts(params, ins.slice(0, n));
    const tangents = scanParts({ numConsts: dConsts, numCarry: dCarry }, ins.slice(n));
    const outs = p.jaxpr.outs.slice(0, jaxpr.outs.length);
    const douts = p.jaxpr.outs.slice(jaxpr.outs.length);
    return {
      jaxpr: new Jaxpr(
        [],
        [
          ...[...primals.consts, ...tangents.consts],
          ...[...primals.carry, ...tangents.carry],
          ...[...primals.xs, ...tangents.xs],
        ],
        p.jaxpr.eqns,
        [...outs.slice(0, numCarry), ...douts.slice(0, dCarry), ...outs.slice(numCarry), ...douts.slice(dCarry)],
      ),
      carryActive,
      ysActive: p.outActive.slice(numCarry),
    };
  });

// --- linearization -------------------------------------------------------------------------------------------------------

interface SplitScan {
  /** `consts -> values` that are the same in every turn, so that they are computed once */
  readonly hoisted: Jaxpr;
  /** `(consts, hoisted | carry | xs) -> (carry | ys, residuals that vary)` */
  readonly primal: Jaxpr;
  /** `(fixed residuals, dconsts | dcarry | varying residuals, dxs) -> (dcarry | dys)` */
  readonly linear: Jaxpr;
  /** Where the fixed residuals come from: `consts` and `hoisted`, one after the other. */
  readonly fixed: readonly number[];
  /** Where the varying residuals come from: `xs`, and the stacked outputs of `primal`, one after the other. */
  readonly varying: readonly number[];
  readonly carryActive: readonly boolean[];
  readonly ysActive: readonly boolean[];
}
const splitScanOf = remembered<SplitScan>();

export const splitScan = (params: ScanParams, active: readonly boolean[]): SplitScan =>
  splitScanOf(params.jaxpr, keyOf(params, active), () => {
    const { jaxpr, numCarry } = params;
    const flagged = scanParts(params, active);
    const { value: s, carry: carryActive } = closed(flagged.carry, (on) => {
      const value = split("scan", jaxpr, [...flagged.consts, ...on, ...flagged.xs], on);
      return { value, after: value.outPlaces.map((p) => p !== null) };
    });
    const { consts, carry, xs } = scanParts(params, s.primal.inVars);
    const tangents = s.linear.inVars.slice(s.residuals.length);
    const backward = neededFor(s.linear.eqns, s.linear.outs);
    const outs = s.primal.outs.slice(0, jaxpr.outs.length);
    const varies = dependents(s.primal.eqns, [...carry, ...xs]);

    const used = s.residuals
      .map(({ from, index }, i) => ({
        value: (from === "arg" ? s.primal.inVars[index] : s.primal.outs[index]) as Var,
        variable: s.linear.inVars[i],
      }))
      .filter((r) => backward.needs(r.variable));
    const fixed = used.filter((r) => !varies.has(r.value));
    const varying = used.filter((r) => varies.has(r.value));

    // What fixed residuals need is computed before the loop; what of it the body reads comes in beside the constants.
    const before = neededFor(
      s.primal.eqns.filter((eqn) => !hasEffect(eqn)),
      fixed.map((r) => r.value),
    );
    const moved = new Set(before.eqns);
    const made = new Set<Atom>(before.eqns.flatMap((eqn) => eqn.outputs));
    const inside = s.primal.eqns.filter((eqn) => !moved.has(eqn));
    const ys = outs.slice(numCarry);
    for (const { value } of varying) if (!xs.includes(value) && !ys.includes(value)) ys.push(value);
    const body = neededFor(inside, [...outs.slice(0, numCarry), ...ys]);
    const fixedValues = new Set(fixed.map((r) => r.value));
    const hoisted = [...made].filter((v): v is Var => v instanceof Var && (fixedValues.has(v) || body.needs(v)));

    const fixedFrom: Atom[] = [...consts, ...hoisted];
    const varyingFrom: Atom[] = [...xs, ...ys];
    const dParts = scanParts(
      { numConsts: chosen(flagged.consts, flagged.consts).length, numCarry: chosen(carryActive, carryActive).length },
      tangents,
    );
    return {
      hoisted: new Jaxpr([], consts, before.eqns, hoisted),
      primal: new Jaxpr([], [...consts, ...hoisted, ...carry, ...xs], body.eqns, [...outs.slice(0, numCarry), ...ys]),
      linear: new Jaxpr(
        [],
        [
          ...[...fixed.map((r) => r.variable), ...dParts.consts],
          ...dParts.carry,
          ...[...varying.map((r) => r.variable), ...dParts.xs],
        ],
        backward.eqns,
        s.linear.outs,
      ),
      fixed: fixed.map((r) => fixedFrom.indexOf(r.value)),
      varying: varying.map((r) => varyingFrom.indexOf(r.value)),
      carryActive,
      ysActive: s.outPlaces.slice(numCarry).map((p) => p !== null),
    };
  });

// --- transposition -------------------------------------------------------------------------------------------------------

interface PulledScan {
  /** `(known consts | cotangents of consts so far, ct of carry | known xs, ct of ys) -> (… | cotangents of xs)` */
  readonly jaxpr: Jaxpr;
  /** For each linear constant, each carry and each linear `xs`, whether a cotangent reaches it. */
  readonly constsActive: readonly boolean[];
  readonly carryActive: readonly boolean[];
  readonly xsActive: readonly boolean[];
}
const pulledScanOf = remembered<PulledScan>();

/** `linear` and `ctActive` have one flag for each input and output of the body; all of the carry is linear. */
export const pulledScan = (params: ScanParams, linear: readonly boolean[], ctActive: readonly boolean[]): PulledScan =>
  pulledScanOf(params.jaxpr, keyOf(params, linear, ctActive), () => {
    const { jaxpr, numConsts, numCarry } = params;
    const isLinear = scanParts(params, linear);
    const avals = scanParts(params, jaxpr.inAvals);
    const linearConsts = chosen(isLinear.consts, isLinear.consts).length;
    const ctYs = ctActive.slice(numCarry);
    const { value: p, carry: carryActive } = closed(ctActive.slice(0, numCarry), (on) => {
      const forced = jaxpr.inVars.map((_, i) => i >= numConsts && on[i - numConsts] === true);
      const value = pulled("scan", jaxpr, linear, [...on, ...ctYs], forced);
      return { value, after: value.active.slice(linearConsts, linearConsts + numCarry) };
    });
    const constsActive = p.active.slice(0, linearConsts);
    const known = {
      consts: avals.consts.filter((_, i) => !isLinear.consts[i]),
      xs: avals.xs.filter((_, i) => !isLinear.xs[i]),
    };
    const sums = chosen(chosen(avals.consts, isLinear.consts), constsActive).map((a) => a.strong());
    const carry = chosen(avals.carry, carryActive).map((a) => a.strong());
    const cts = chosen(jaxpr.outAvals.slice(numCarry), ctYs).map((a) => a.strong());
    const turn = (...args: Tensor[]): Tensor[] => {
      let next = 0;
      const take = (list: readonly unknown[]): Tensor[] => {
        const from = next;
        next += list.length;
        return args.slice(from, next);
      };
      const [constArgs, sumArgs, carryArgs, xArgs, ctArgs] = [known.consts, sums, carry, known.xs, cts].map(take);
      const results = evalJaxpr(p.jaxpr, [], [...constArgs, ...xArgs, ...carryArgs, ...ctArgs]);
      return results.map((ct, i) => (i < sumArgs.length ? add(sumArgs[i], ct) : ct));
    };
    const inAvals = [...known.consts, ...sums, ...carry, ...known.xs, ...cts];
    return {
      jaxpr: stageFrom(jaxpr, "transpose of scan", turn, inAvals),
      constsActive,
      carryActive,
      xsActive: p.active.slice(linearConsts + numCarry),
    };
  });

// --- batching ------------------------------------------------------------------------------------------------------------

interface BatchedScan {
  readonly jaxpr: Jaxpr;
  readonly carryMapped: readonly boolean[];
  readonly ysMapped: readonly boolean[];
}

/** `dims` are those of constants, of the initial carry and of rows; a mapped carry has its batch dimension in front, and so have results. */
export const batchedScan = (
  params: ScanParams,
  size: number,
  dims: readonly BatchDim[],
  axisName: string | undefined,
): BatchedScan => {
  const { jaxpr, numCarry } = params;
  const { consts, carry, xs } = scanParts(params, dims);
  const wide = (aval: Aval, dim: BatchDim): Aval =>
    dim === null ? aval : aval.withShape([...aval.shape.slice(0, dim), size, ...aval.shape.slice(dim)]);
  const { value, carry: carryMapped } = closed(
    carry.map((d) => d !== null),
    (on) => {
      const all = [...consts, ...on.map((yes) => (yes ? 0 : null)), ...xs];
      const avals = jaxpr.inAvals.map((a, i) => wide(a, all[i]));
      const forced = [...on, ...jaxpr.outs.slice(numCarry).map(() => false)];
      const b = batched("scan", jaxpr, size, all, avals, forced, axisName);
      return { value: b, after: b.outDims.map((d) => d !== null) };
    },
  );
  return { jaxpr: value.jaxpr, carryMapped, ysMapped: value.outDims.slice(numCarry).map((d) => d !== null) };
};
