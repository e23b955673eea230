/**
 * @file Transposes as a part of products: a product reads operands and writes its result by strides, so that another order of their axes
 * costs nothing. The bits are the same.
 */
import { type Atom, type Eqn, Jaxpr } from "../../core/jaxpr.js";
import { type AnyPrimitive, definePrimitive, notLinear, type Primitive } from "../../core/primitive.js";
import { transposeP } from "../../primitives/broadcast.js";
import { type DotDims, dotGeneralP, freeAxes } from "../../primitives/dot.js";
import { planDot } from "./dot.js";

/** A dotGeneral, and the order of its result's axes. */
export interface OrderedDot extends DotDims {
  readonly perm: readonly number[];
}

const never = notLinear("ordered_dot");

/** A dotGeneral followed by a transpose; made when a program is compiled, after all transformations. */
export const orderedDotP: Primitive<OrderedDot> = definePrimitive<OrderedDot>({
  name: "ordered_dot",
  abstractEval: (avals, { perm, ...dims }) => transposeP.abstractEval(dotGeneralP.abstractEval(avals, dims), { perm }),
  impl: (xs, { perm, ...dims }) => transposeP.impl(dotGeneralP.impl(xs, dims), { perm }),
  jvp: never,
  transpose: never,
  batch: never,
});

type ProducerOf = ReadonlyMap<Atom, Eqn>;
const SIDES = [
  { side: 0, batch: "lhsBatch", contract: "lhsContract", free: "lhs" },
  { side: 1, batch: "rhsBatch", contract: "rhsContract", free: "rhs" },
] as const;

const dimsOf = ({ params }: Eqn): DotDims => params as unknown as DotDims;
const isFloatDot = ({ prim, inputs }: Eqn): boolean =>
  prim === (dotGeneralP as AnyPrimitive) && inputs[0].aval.dtype === "float32" && inputs[0].aval.size > 0;
const isAscending = (axes: readonly number[]): boolean => axes.every((axis, i) => i === 0 || axes[i - 1] < axis);

/** The product of what an operand is the transpose of, where its free axes keep their order and no copy is needed. */
const fromSource = (eqn: Eqn, producerOf: ProducerOf, at: (typeof SIDES)[number]): Eqn | undefined => {
  const before = producerOf.get(eqn.inputs[at.side]);
  if (before?.prim !== (transposeP as AnyPrimitive)) return undefined;
  const perm = before.params.perm as readonly number[];
  const d = dimsOf(eqn);
  const source = (axes: readonly number[]): number[] => axes.map((axis) => perm[axis]);
  if (!isAscending(source(freeAxes(eqn.inputs[0].aval, eqn.inputs[1].aval, d)[at.free]))) return undefined;
  const dims: DotDims = { ...d, [at.batch]: source(d[at.batch]), [at.contract]: source(d[at.contract]) };
  const inputs = eqn.inputs.map((a, i) => (i === at.side ? before.inputs[0] : a));
  if (typeof planDot(inputs[0].aval.shape, inputs[1].aval.shape, dims) === "string") return undefined;
  return { ...eqn, inputs, params: dims as never };
};

/** The product that writes the order that a transpose gives it, where that needs no copy. */
const intoOrder = (dot: Eqn, { params, outputs }: Eqn): Eqn | undefined => {
  const [x, y] = dot.inputs;
  const perm = params.perm as readonly number[];
  if (typeof planDot(x.aval.shape, y.aval.shape, dimsOf(dot), perm) === "string") return undefined;
  return { prim: orderedDotP as AnyPrimitive, inputs: dot.inputs, outputs, params: { ...dot.params, perm } };
};

const producers = (eqns: readonly Eqn[]): ProducerOf =>
  new Map(eqns.flatMap((eqn) => eqn.outputs.map((v) => [v, eqn] as const)));

/** How often each value is read; results of the program are. */
const readsOf = ({ outs }: Jaxpr, eqns: readonly Eqn[]): ReadonlyMap<Atom, number> => {
  const reads = new Map<Atom, number>();
  for (const a of [...outs, ...eqns.flatMap(({ inputs }) => inputs)]) reads.set(a, (reads.get(a) ?? 0) + 1);
  return reads;
};

/** The same program, with transposes before and after products left to them. */
export const transposesInDots = (jaxpr: Jaxpr): Jaxpr => {
  const producerOf = producers(jaxpr.eqns);
  const reading = jaxpr.eqns.map((eqn) =>
    isFloatDot(eqn) ? SIDES.reduce((dot, at) => fromSource(dot, producerOf, at) ?? dot, eqn) : eqn,
  );
  const reads = readsOf(jaxpr, reading);
  const rest = reading.filter(({ prim, outputs }) => prim !== (transposeP as AnyPrimitive) || reads.has(outputs[0]));
  const dots = producers(rest.filter(isFloatDot));
  const written = new Map<Eqn, Eqn>();
  const gone = new Set<Eqn>();
  for (const eqn of rest) {
    const dot = eqn.prim === (transposeP as AnyPrimitive) ? dots.get(eqn.inputs[0]) : undefined;
    const ordered = dot !== undefined && reads.get(eqn.inputs[0]) === 1 ? intoOrder(dot, eqn) : undefined;
    if (dot === undefined || ordered === undefined) continue;
    written.set(dot, ordered);
    gone.add(eqn);
  }
  const eqns = rest.filter((eqn) => !gone.has(eqn)).map((eqn) => written.get(eqn) ?? eqn);
  return new Jaxpr(jaxpr.constVars, jaxpr.inVars, eqns, jaxpr.outs);
};
