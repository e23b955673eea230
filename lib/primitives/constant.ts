/** @file A value that stands in a jaxpr: what a user's derivative rule made or closes over, when the rule is staged. */
import type { Aval } from "../core/aval.js";
import type { HostArray } from "../core/host.js";
import { definePrimitive, notLinear, type Primitive } from "../core/primitive.js";
import { zeroTangents } from "../core/rules.js";

/** No inputs, one output. Programs fold it; nothing ever maps or differentiates it, since it depends on nothing. */
export const constantP: Primitive<{ readonly aval: Aval; readonly value: HostArray }> = definePrimitive({
  name: "constant",
  abstractEval: (_avals, { aval }) => [aval],
  impl: (_xs, { value }) => [{ ...value, data: value.data.slice() }],
  jvp: zeroTangents(() => constantP),
  transpose: notLinear("constant"),
  batch: notLinear("constant"),
});
