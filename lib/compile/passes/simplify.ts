/** @file Equations that compute nothing: each gives a value that is there already, to the last bit, or looks further back for its operand. */
import { range, sameShape } from "../../core/aval.js";
import type { Atom, Eqn } from "../../core/jaxpr.js";
import { Literal } from "../../core/tensor.js";
import { reshapeP, transposeP } from "../../primitives/broadcast.js";
import { mulP, nameP, negP, stopGradientP } from "../../primitives/elementwise.js";

/** An equation whose results have no names yet. */
export type Unnamed = Omit<Eqn, "outputs">;

/** The equation that made a value, if one did. */
export type ProducerOf = (a: Atom) => Unnamed | undefined;

const isOne = (a: Atom): boolean => a instanceof Literal && a.value === 1;

/** The operand that `x * 1` is. */
const factor = ([x, y]: readonly Atom[]): Atom | undefined => {
  const other = isOne(y) ? x : isOne(x) ? y : undefined;
  // A weak 1 may lend its dtype to a weaker operand.
  return other !== undefined && other.aval.dtype === (isOne(y) ? y : x).aval.dtype && !other.aval.weak
    ? other
    : undefined;
};

/** The value that an equation gives, where it is one of before. */
export const sameValue = ({ prim, inputs, params }: Unnamed, producerOf: ProducerOf): Atom | undefined => {
  if (prim === stopGradientP || prim === nameP) return inputs[0];
  if (prim === mulP) return factor(inputs);
  if (prim === negP) {
    const before = producerOf(inputs[0]);
    return before?.prim === negP ? before.inputs[0] : undefined;
  }
  if (prim === reshapeP)
    return sameShape(params.shape as readonly number[], inputs[0].aval.shape) ? inputs[0] : undefined;
  if (prim === transposeP)
    return (params.perm as readonly number[]).every((from, to) => from === to) ? inputs[0] : undefined;
  return undefined;
};

/** Reshapes of reshapes and transposes of transposes, as one. */
export const shortened = (eqn: Unnamed, producerOf: ProducerOf): Unnamed => {
  const { prim, inputs, params } = eqn;
  if (prim !== reshapeP && prim !== transposeP) return eqn;
  const before = producerOf(inputs[0]);
  if (before?.prim !== prim) return eqn;
  if (prim === reshapeP) return { prim, inputs: before.inputs, params };
  const [outer, inner] = [params.perm, before.params.perm] as (readonly number[])[];
  return { prim, inputs: before.inputs, params: { perm: range(outer.length).map((i) => inner[outer[i]]) } };
};
