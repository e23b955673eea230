/**
 * @file Cutting a program into parts that run natively and equations that do not.
 *
 * A part is one equation, which carries the jaxpr of what it computes.
 */

import type { HostArray } from "../../core/host.js";
import { type Atom, type Eqn, Jaxpr, Var } from "../../core/jaxpr.js";
import { definePrimitive, notLinear, type Primitive } from "../../core/primitive.js";
import { hasEffect } from "../../core/rewrite.js";
import type { Optimized } from "../passes/loops.js";
import { evaluateByImpl } from "../reference/executor.js";

export interface Segment {
  /** Its constants are part of it. */
  readonly jaxpr: Jaxpr;
  readonly consts: readonly HostArray[];
}

const never = notLinear("segment");

/** Made when a program is compiled, after all transformations. */
export const segmentP: Primitive<Segment> = definePrimitive<Segment>({
  name: "segment",
  abstractEval: (_avals, { jaxpr }) => jaxpr.outAvals,
  impl: (xs, { jaxpr, consts }) =>
    evaluateByImpl(new Jaxpr([], [...jaxpr.constVars, ...jaxpr.inVars], jaxpr.eqns, jaxpr.outs), [...consts, ...xs]),
  jvp: never,
  transpose: never,
  batch: never,
});

/**
 * Equations in an order in which those that `native` takes stand together as far as their inputs allow. Those with effects, which are never
 * native, keep their order.
 */
const rounds = (jaxpr: Jaxpr, native: (eqn: Eqn) => boolean): { eqns: Eqn[]; native: boolean }[] => {
  const known = new Set<Atom>([...jaxpr.constVars, ...jaxpr.inVars]);
  const ready = (eqn: Eqn): boolean => eqn.inputs.every((a) => !(a instanceof Var) || known.has(a));
  let left: readonly Eqn[] = jaxpr.eqns;
  const out: { eqns: Eqn[]; native: boolean }[] = [];
  for (let turn = true; left.length > 0; turn = !turn) {
    const eqns: Eqn[] = [];
    const rest: Eqn[] = [];
    let waits = false;
    for (const eqn of left) {
      const effect = hasEffect(eqn);
      if (native(eqn) !== turn || !ready(eqn) || (effect && waits)) {
        rest.push(eqn);
        waits ||= effect;
        continue;
      }
      eqns.push(eqn);
      for (const v of eqn.outputs) known.add(v);
    }
    if (eqns.length > 0) out.push({ eqns, native: turn });
    left = rest;
  }
  return out;
};

/** The same program, with all that `native` takes in segments. */
export const segmented = ({ jaxpr, consts }: Optimized, native: (eqn: Eqn) => boolean): Optimized => {
  const constOf = new Map(jaxpr.constVars.map((v, i) => [v, consts[i]]));
  const parts = rounds(jaxpr, native);
  /** In how many parts (or among the results) a variable is read. */
  const readers = new Map<Atom, Set<unknown>>();
  const read = (a: Atom, by: unknown): void => {
    const set = readers.get(a) ?? new Set();
    set.add(by);
    readers.set(a, set);
  };
  for (const part of parts) for (const eqn of part.eqns) for (const a of eqn.inputs) read(a, part);
  for (const a of jaxpr.outs) read(a, "results");

  const eqns = parts.flatMap((part): Eqn[] => {
    if (!part.native) return part.eqns;
    const made = new Set<Atom>(part.eqns.flatMap((eqn) => eqn.outputs));
    const used = new Set(part.eqns.flatMap((eqn) => eqn.inputs).filter((a) => a instanceof Var && !made.has(a)));
    const outer = [...used] as Var[];
    const own = outer.filter((v) => constOf.has(v));
    const inputs = outer.filter((v) => !constOf.has(v));
    const outputs = [...made].filter((v) => [...(readers.get(v) ?? [])].some((reader) => reader !== part)) as Var[];
    const params: Segment = {
      jaxpr: new Jaxpr(own, inputs, part.eqns, outputs),
      consts: own.map((v) => constOf.get(v) as HostArray),
    };
    return [{ prim: segmentP, inputs, outputs: outputs, params: params as never }];
  });
  const needed = new Set<Atom>([...jaxpr.outs, ...eqns.flatMap((eqn) => eqn.inputs)]);
  const constVars = jaxpr.constVars.filter((v) => needed.has(v));
  return {
    jaxpr: new Jaxpr(constVars, jaxpr.inVars, eqns, jaxpr.outs),
    consts: constVars.map((v) => constOf.get(v) as HostArray),
  };
};
