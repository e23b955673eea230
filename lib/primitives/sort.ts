/** @file Sorting along an axis. */
import { range } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { axisView, zerosHost } from "../core/host.js";
import { definePrimitive, isZero, notLinear, type Primitive, Zero } from "../core/primitive.js";
import { mapped } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import { moveAxis } from "./broadcast.js";
import { takeAlongAxis } from "./gather.js";

type Axis = { readonly axis: number };

/** Ascending and stable, NaN last; gives the values and the int32 indices they came from. */
export const sortP: Primitive<Axis> = definePrimitive<Axis>({
  name: "sort",
  abstractEval: ([x], { axis }) => {
    if (axis < 0 || axis >= x.ndim) {
      throw new ShapeError({
        where: "sort",
        what: "no such axis",
        expected: "an axis of the operand",
        got: `${x}, ${axis}`,
      });
    }
    return [x, x.withDType("int32")];
  },
  impl: ([x], { axis }) => {
    const { outer, length, inner } = axisView(x.shape, axis);
    const [values, indices] = [zerosHost(x), zerosHost({ shape: x.shape, dtype: "int32" })];
    const rank = (v: number): number => (Number.isNaN(v) ? 1 : 0);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const at = (k: number): number => (o * length + k) * inner + i;
        const order = range(length).sort((p, q) => {
          const [a, b] = [x.data[at(p)], x.data[at(q)]];
          return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0) || p - q;
        });
        order.forEach((from, k) => {
          values.data[at(k)] = x.data[at(from)];
          indices.data[at(k)] = from;
        });
      }
    }
    return [values, indices];
  },
  jvp: ([x], [dx], { axis }) => {
    const [values, indices] = bind(sortP, [x], { axis });
    // Of no elements nothing can be taken.
    const none = isZero(dx) || x.size === 0;
    const tangent = none ? new Zero(values.aval.strong()) : takeAlongAxis(dx, indices, axis);
    return [
      [values, indices],
      [tangent, new Zero(indices.aval)],
    ];
  },
  transpose: notLinear("sort"),
  batch: (_size, [x], [d], { axis }) => {
    const outs = bind(sortP, [moveAxis(x, mapped(d), 0)], { axis: axis + 1 });
    return [outs, [0, 0]];
  },
});
/** Values in ascending order along `axis` and where they came from. */
export const sort = (x: Tensor, axis: number): readonly [values: Tensor, indices: Tensor] => {
  const [values, indices] = bind(sortP, [x], { axis });
  return [values, indices];
};
