/** @file Rewrites of jaxprs that keep their meaning: calls inlined, dead equations dropped, inputs and outputs in another order. */
import { type Atom, type Eqn, Jaxpr, jaxprsOf, Var } from "./jaxpr.js";
import type { Params } from "./primitive.js";

const effectOf = new WeakMap<Jaxpr, boolean>();
const isEffectful = (jaxpr: Jaxpr): boolean => {
  const known = effectOf.get(jaxpr) ?? jaxpr.eqns.some(hasEffect);
  effectOf.set(jaxpr, known);
  return known;
};

/** Whether an equation, or a jaxpr among its parameters, has a visible effect, such as printing. */
export const hasEffect = ({ prim, params }: Pick<Eqn, "prim" | "params">): boolean =>
  prim.effect === true || jaxprsOf(params).some(isEffectful);

/** The equations without their visible effects: for values that are computed again. */
export const withoutEffects = (eqns: readonly Eqn[]): readonly Eqn[] => {
  const quiet = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(quiet);
    if (!(value instanceof Jaxpr)) return value;
    return new Jaxpr(value.constVars, value.inVars, withoutEffects(value.eqns), value.outs);
  };
  return eqns.flatMap((eqn): Eqn[] => {
    if (eqn.prim.effect === true) return [];
    if (!hasEffect(eqn)) return [eqn];
    const params: Params = Object.fromEntries(Object.entries(eqn.params).map(([name, value]) => [name, quiet(value)]));
    return [{ ...eqn, params }];
  });
};

/** The jaxpr with the equations of called functions in the place of the calls, so that each value shows what it depends on. */
export const inlineCalls = (jaxpr: Jaxpr): Jaxpr => {
  const eqns: Eqn[] = [];
  const write = (inner: Jaxpr, env: Map<Var, Atom>): Atom[] => {
    const read = (a: Atom): Atom => (a instanceof Var ? (env.get(a) ?? a) : a);
    for (const eqn of inner.eqns) {
      const inputs = eqn.inputs.map(read);
      const outputs = eqn.outputs.map((v) => new Var(v.aval));
      let outs: readonly Atom[] = outputs;
      if (eqn.prim.inline === "always") {
        const called = eqn.params.jaxpr as Jaxpr;
        outs = write(called, new Map(called.inVars.map((v, i) => [v, inputs[i]])));
      } else eqns.push({ ...eqn, inputs, outputs });
      eqn.outputs.forEach((v, i) => {
        env.set(v, outs[i]);
      });
    }
    return inner.outs.map(read);
  };
  const outs = write(jaxpr, new Map());
  return new Jaxpr(jaxpr.constVars, jaxpr.inVars, eqns, outs);
};

/** The equations that `outs` need, or that have effects, and whether each of `vars` is needed. */
export const neededFor = (
  eqns: readonly Eqn[],
  outs: readonly Atom[],
): { readonly eqns: readonly Eqn[]; readonly needs: (a: Atom) => boolean } => {
  const needed = new Set<Atom>(outs);
  const kept = eqns
    .slice()
    .reverse()
    .filter((eqn) => {
      const used = hasEffect(eqn) || eqn.outputs.some((v) => needed.has(v));
      if (used) for (const a of eqn.inputs) needed.add(a);
      return used;
    })
    .reverse();
  return { eqns: kept, needs: (a) => needed.has(a) };
};

/** The variables of `eqns` that depend on one of `roots` or come from an equation with effects, and the roots. */
export const dependents = (eqns: readonly Eqn[], roots: readonly Var[]): Set<Atom> => {
  const found = new Set<Atom>(roots);
  for (const eqn of eqns) {
    if (hasEffect(eqn) || eqn.inputs.some((a) => found.has(a))) for (const v of eqn.outputs) found.add(v);
  }
  return found;
};
