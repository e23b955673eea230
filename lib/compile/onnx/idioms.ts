/** @file Equations that one operator computes together: reductions that keep their axes, softmax, norms, sums with scattered values. */
import { sameShape } from "../../core/aval.js";
import type { Atom, Eqn, Jaxpr } from "../../core/jaxpr.js";
import type { AnyPrimitive } from "../../core/primitive.js";
import { Literal } from "../../core/tensor.js";
import { broadcastInDimP, reduceSumP, reshapeP } from "../../primitives/broadcast.js";
import { addP, divP, mulP, subP } from "../../primitives/elementwise.js";
import { scatterAddP } from "../../primitives/gather.js";
import { expP, rsqrtP } from "../../primitives/math.js";
import { reduceMaxP, reduceMinP } from "../../primitives/reduce.js";
import { Reads } from "../passes/reads.js";
import { lower } from "./lower.js";
import type { Write } from "./lowering.js";
import { LONGEST_ROW } from "./sums.js";

/** How an equation is written together with those that only it reads. */
export interface Idiom {
  readonly inputs: readonly Atom[];
  readonly write: Write;
}

export interface Idioms {
  /** By the last equation of each. */
  readonly byRoot: ReadonlyMap<Eqn, Idiom>;
  /** Equations that are not written by themselves. */
  readonly covered: ReadonlySet<Eqn>;
}

const BOTH_ORDERS = [
  [0, 1],
  [1, 0],
] as const;

interface Found extends Idiom {
  readonly covered: readonly Eqn[];
}
type Finder = (eqn: Eqn, reads: Reads, portable: boolean) => Found | undefined;

/** The writer of an equation with other operands or another result. */
const writerAs = (eqn: Eqn, inputs: readonly Atom[], root: Eqn, portable: boolean): Write | undefined =>
  lower({
    prim: eqn.prim,
    params: eqn.params,
    inAvals: inputs.map((a) => a.aval),
    outAvals: root.outputs.map((v) => v.aval),
    portable,
  });

/** The reduction whose axes a reshape puts back. */
const reductionBelow = (shaped: Eqn | undefined, prim: AnyPrimitive, reads: Reads): Eqn | undefined => {
  if (shaped === undefined) return undefined;
  const eqn = reads.made(shaped.inputs[0], prim);
  if (eqn === undefined) return undefined;
  const axes = eqn.params.axes as readonly number[];
  const { shape } = eqn.inputs[0].aval;
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return sameShape(kept, shaped.params.shape as readonly number[]) ? eqn : undefined;
};

/** A reduction and the reshape that puts its axes back. */
const keptAxes: Finder = (root, reads, portable) => {
  if (root.prim !== reshapeP) return undefined;
  for (const prim of [reduceSumP, reduceMaxP, reduceMinP]) {
    const eqn = reductionBelow(root, prim, reads);
    const write = eqn && writerAs(eqn, eqn.inputs, root, portable);
    if (eqn !== undefined && write !== undefined) return { inputs: eqn.inputs, write, covered: [eqn] };
  }
  return undefined;
};

/** `exp(x - max x) / sum exp(x - max x)` along one axis, if its sum need not be taken in blocks. */
const softmax: Finder = (root, reads) => {
  if (root.prim !== divP) return undefined;
  const exponential = reads.made(root.inputs[0], expP, 2);
  const shapedSum = reads.made(root.inputs[1], reshapeP);
  const sum = reductionBelow(shapedSum, reduceSumP, reads);
  if (exponential === undefined || shapedSum === undefined || sum?.inputs[0] !== root.inputs[0]) return undefined;
  const difference = reads.made(exponential.inputs[0], subP);
  if (difference === undefined) return undefined;
  const [x, shift] = difference.inputs;
  const shapedTop = reads.made(shift, reshapeP);
  const top = reductionBelow(shapedTop, reduceMaxP, reads);
  const axes = sum.params.axes as readonly number[];
  if (shapedTop === undefined || top?.inputs[0] !== x) return undefined;
  if (axes.length !== 1 || `${top.params.axes}` !== `${axes}` || x.aval.shape[axes[0]] > LONGEST_ROW) return undefined;
  return {
    inputs: [x],
    write: (b, [name]) => [b.node("Softmax", [name], { axis: axes[0] })],
    covered: [exponential, difference, shapedSum, sum, shapedTop, top],
  };
};

/** `y + scatterAdd(0, …)`: the values are added to `y` itself. */
const addedInPlace: Finder = (root, reads, portable) => {
  if (root.prim !== addP) return undefined;
  for (const [i, j] of BOTH_ORDERS) {
    const scattered = reads.made(root.inputs[i], scatterAddP);
    const y = root.inputs[j];
    if (scattered === undefined || !sameShape(y.aval.shape, scattered.outputs[0].aval.shape)) continue;
    const [zeros, ...rest] = scattered.inputs;
    const made = reads.made(zeros, broadcastInDimP);
    const [zero] = made?.inputs ?? [];
    if (made === undefined || !(zero instanceof Literal) || zero.value !== 0) continue;
    const inputs = [y, ...rest];
    const write = writerAs(scattered, inputs, root, portable);
    if (write !== undefined) return { inputs, write, covered: [made, scattered] };
  }
  return undefined;
};

/** `x / sqrt(mean(x^2) + epsilon)` along the last axis, times a row of factors. */
const rootMeanSquareNorm: Finder = (root, reads, portable) => {
  if (portable || root.prim !== mulP) return undefined;
  for (const [i, j] of BOTH_ORDERS) {
    const normed = reads.made(root.inputs[i], mulP);
    const chain = normed && reads.chain(normed.inputs[1], [rsqrtP, addP, divP, reshapeP]);
    if (normed === undefined || chain === undefined) continue;
    const [, shifted, mean, shaped] = chain;
    const sum = reductionBelow(shaped, reduceSumP, reads);
    const square = sum && reads.made(sum.inputs[0], mulP);
    const [x, row] = [normed.inputs[0], root.inputs[j]];
    if (sum === undefined || square?.inputs.every((a) => a === x) !== true) continue;
    const [epsilon, count] = [shifted.inputs[1], mean.inputs[1]];
    const [last, features] = [x.aval.ndim - 1, x.aval.shape[x.aval.ndim - 1]];
    if (`${sum.params.axes}` !== `${last}` || row.aval.shape[last] !== features || row.aval.size !== features) continue;
    if (features > LONGEST_ROW) continue;
    if (!(epsilon instanceof Literal) || !(count instanceof Literal) || count.value !== features) continue;
    const attributes = { axis: last, epsilon: { float: epsilon.value } };
    return {
      inputs: [x, row],
      write: (b, names) => [b.node("SimplifiedLayerNormalization", names, attributes)],
      covered: [normed, ...chain, sum, square],
    };
  }
  return undefined;
};

const FINDERS: readonly Finder[] = [softmax, rootMeanSquareNorm, keptAxes, addedInPlace];

/** The idioms of a jaxpr; none share an equation. */
export const idiomsOf = (jaxpr: Jaxpr, portable: boolean): Idioms => {
  const reads = new Reads(jaxpr);
  const byRoot = new Map<Eqn, Idiom>();
  const covered = new Set<Eqn>();
  for (const find of FINDERS) {
    for (const eqn of jaxpr.eqns) {
      if (covered.has(eqn) || byRoot.has(eqn)) continue;
      const found = find(eqn, reads, portable);
      if (found === undefined || found.covered.some((e) => covered.has(e) || byRoot.has(e))) continue;
      byRoot.set(eqn, found);
      for (const e of found.covered) covered.add(e);
    }
  }
  return { byRoot, covered };
};
