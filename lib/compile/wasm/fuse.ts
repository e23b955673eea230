/**
 * @file Elementwise equations in groups, each of which is one loop: what one equation of a group gives the next stays in registers.
 *
 * Every value is computed by the same instructions as alone, so that results are the same to the last bit.
 */
import { type Shape, sameShape } from "../../core/aval.js";
import { type Atom, type Eqn, Jaxpr, Var } from "../../core/jaxpr.js";
import { definePrimitive, notLinear, type Primitive } from "../../core/primitive.js";
import { evaluateByImpl } from "../reference/executor.js";

const never = notLinear("fused");

/** Elementwise equations whose results have one shape; made when a program is compiled, after all transformations. */
export const fusedP: Primitive<{ readonly jaxpr: Jaxpr }> = definePrimitive<{ readonly jaxpr: Jaxpr }>({
  name: "fused",
  abstractEval: (_avals, { jaxpr }) => jaxpr.outAvals,
  impl: (xs, { jaxpr }) => evaluateByImpl(jaxpr, xs),
  jvp: never,
  transpose: never,
  batch: never,
});

/** Equations from the first of a group to its last in a program: what a group gives early is held until it is read, and its operands too. */
const WINDOW = 64;
/** More operands and results than registers for their addresses are slower than a second loop. */
const MOST_OPERANDS = 10;
const MOST_EQUATIONS = 32;

/** What is emitted as one: a group, or an equation by itself. */
interface Unit {
  readonly eqns: Eqn[];
  readonly first: number;
  /** Of the results; absent where nothing can join. */
  readonly shape?: Shape;
  /**
   * The most steps from one unit to the next on a way to here. It grows with each of them, so that no way leads out of a group and back
   * into it.
   */
  readonly level: number;
}

const join = (units: readonly Unit[], eqn: Eqn): Unit => ({
  ...units[0],
  first: Math.min(...units.map(({ first }) => first)),
  eqns: [...units.flatMap(({ eqns }) => eqns), eqn],
});

/** What a group reads from outside, each once; numbers in place are part of the code. */
const operandsOf = (eqns: readonly Eqn[]): Var[] => {
  const made = new Set<Atom>(eqns.flatMap(({ outputs }) => outputs));
  return [...new Set(eqns.flatMap(({ inputs }) => inputs))].filter((a): a is Var => a instanceof Var && !made.has(a));
};

/** The rule by which a group that has grown is still worth one loop. */
export type Worth = (shape: Shape, operands: readonly Shape[]) => boolean;

/** The unit of each equation, found from the first to the last. */
const unitsOf = (eqns: readonly Eqn[], fuses: (eqn: Eqn) => boolean, worth: Worth): ReadonlyMap<Eqn, Unit> => {
  const unitOf = new Map<Eqn, Unit>();
  const producer = new Map<Atom, Eqn>();
  eqns.forEach((eqn, at) => {
    const shape = fuses(eqn) ? eqn.outputs[0].aval.shape : undefined;
    const before = [...new Set(eqn.inputs.flatMap((a) => unitOf.get(producer.get(a) as Eqn) ?? []))];
    const joins = (unit: Unit): boolean =>
      shape !== undefined && unit.shape !== undefined && sameShape(shape, unit.shape);
    const level = Math.max(0, ...before.map((unit) => unit.level + (joins(unit) ? 0 : 1)));
    const near = before.filter((unit) => joins(unit) && unit.level === level);
    const joined = near.length === 0 ? undefined : join(near, eqn);
    const fits = joined !== undefined && at - joined.first < WINDOW && isSmall(joined, worth);
    const unit = fits
      ? joined
      : { eqns: [eqn], first: at, level: near.length === 0 ? level : level + 1, ...(shape && { shape }) };
    for (const member of unit.eqns) unitOf.set(member, unit);
    for (const v of eqn.outputs) producer.set(v, eqn);
  });
  return unitOf;
};

const isSmall = ({ eqns, shape }: Unit, worth: Worth): boolean => {
  const operands = operandsOf(eqns).map((v) => v.aval.shape);
  return eqns.length <= MOST_EQUATIONS && operands.length <= MOST_OPERANDS && worth(shape as Shape, operands);
};

/** The units in an order in which each comes after those that it reads, and as late as the old order allows. */
const ordered = (eqns: readonly Eqn[], unitOf: ReadonlyMap<Eqn, Unit>): Unit[] => {
  const producer = new Map<Atom, Unit>();
  for (const eqn of eqns) for (const v of eqn.outputs) producer.set(v, unitOf.get(eqn) as Unit);
  const out: Unit[] = [];
  const done = new Set<Unit>();
  const emit = (unit: Unit): void => {
    if (done.has(unit)) return;
    done.add(unit);
    for (const { inputs } of unit.eqns) {
      for (const a of inputs) {
        const from = producer.get(a);
        if (from !== undefined) emit(from);
      }
    }
    out.push(unit);
  };
  for (const eqn of eqns) {
    const unit = unitOf.get(eqn) as Unit;
    if (unit.eqns.at(-1) === eqn) emit(unit);
  }
  return out;
};

/**
 * The same program, with elementwise equations in groups.
 *
 * @param fuses  whether an equation is elementwise and has code for its lanes
 */
export const fused = (jaxpr: Jaxpr, fuses: (eqn: Eqn) => boolean, worth: Worth): Jaxpr => {
  const units = ordered(jaxpr.eqns, unitsOf(jaxpr.eqns, fuses, worth));
  const readers = new Map<Atom, Set<Unit | undefined>>();
  const read = (a: Atom, by?: Unit): void => void readers.set(a, (readers.get(a) ?? new Set()).add(by));
  for (const unit of units) for (const { inputs } of unit.eqns) for (const a of inputs) read(a, unit);
  for (const a of jaxpr.outs) read(a);
  const eqns = units.map((unit): Eqn => {
    if (unit.eqns.length === 1) return unit.eqns[0];
    const inputs = operandsOf(unit.eqns);
    const outputs = unit.eqns
      .flatMap((eqn) => eqn.outputs)
      .filter((v) => [...(readers.get(v) ?? [])].some((reader) => reader !== unit));
    return { prim: fusedP, inputs, outputs, params: { jaxpr: new Jaxpr([], inputs, unit.eqns, outputs) } as never };
  });
  return new Jaxpr(jaxpr.constVars, jaxpr.inVars, eqns, jaxpr.outs);
};
