/**
 * @file Transposes as a part of products: a product reads operands and writes its result by strides, so that another order of their axes
 * costs nothing. The bits are the same.
 */
import { type Eqn, Jaxpr } from "../../core/jaxpr.js";
import { type AnyPrimitive, definePrimitive, notLinear, type Primitive } from "../../core/primitive.js";
import { transposeP } from "../../primitives/broadcast.js";
import { type DotDims, dotGeneralP, freeAxes } from "../../primitives/dot.js";
import { Reads } from "../passes/reads.js";
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

const TRANSPOSE = transposeP as AnyPrimitive;
const DOT = dotGeneralP as AnyPrimitive;
const SIDES = [
  { side: 0, batch: "lhsBatch", contract: "lhsContract", free: "lhs" },
  { side: 1, batch: "rhsBatch", contract: "rhsContract", free: "rhs" },
] as const;

const dimsOf = ({ params }: Eqn): DotDims => params as unknown as DotDims;
const isFloatDot = ({ prim, inputs }: Eqn): boolean =>
  prim === DOT && inputs[0].aval.dtype === "float32" && inputs[0].aval.size > 0;
const isAscending = (axes: readonly number[]): boolean => axes.every((axis, i) => i === 0 || axes[i - 1] < axis);

/** The product of what an operand is the transpose of, where its free axes keep their order and no copy is needed. */
const fromSource = (eqn: Eqn, reads: Reads, at: (typeof SIDES)[number]): Eqn | undefined => {
  const before = reads.maker(eqn.inputs[at.side], TRANSPOSE);
  if (before === undefined) return undefined;
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

/** The same program, with transposes before and after products left to them. */
export const transposesInDots = (jaxpr: Jaxpr): Jaxpr => {
  const before = new Reads(jaxpr);
  const reading = jaxpr.eqns.map((eqn) =>
    isFloatDot(eqn) ? SIDES.reduce((dot, at) => fromSource(dot, before, at) ?? dot, eqn) : eqn,
  );
  const reads = new Reads(new Jaxpr(jaxpr.constVars, jaxpr.inVars, reading, jaxpr.outs));
  const written = new Map<Eqn, Eqn>();
  const gone = new Set<Eqn>();
  for (const eqn of reading) {
    if (eqn.prim !== TRANSPOSE) continue;
    const dot = reads.has(eqn.outputs[0]) ? reads.made(eqn.inputs[0], DOT) : undefined;
    const ordered = dot !== undefined && isFloatDot(dot) ? intoOrder(dot, eqn) : undefined;
    if (dot !== undefined && ordered !== undefined) written.set(dot, ordered);
    if (ordered !== undefined || !reads.has(eqn.outputs[0])) gone.add(eqn);
  }
  const eqns = reading.filter((eqn) => !gone.has(eqn)).map((eqn) => written.get(eqn) ?? eqn);
  return new Jaxpr(jaxpr.constVars, jaxpr.inVars, eqns, jaxpr.outs);
};
