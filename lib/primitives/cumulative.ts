/** @file Running sums along an axis. */
import type { Aval } from "../core/aval.js";
import { axisView, zerosHost } from "../core/host.js";
import { definePrimitive, type Primitive } from "../core/primitive.js";
import { linearJvp, mapped, one, sameDType } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";

const isNumber = (a: Aval): boolean => a.dtype !== "bool";

type Cumulative = { readonly axis: number; readonly reverse: boolean };

export const cumSumP: Primitive<Cumulative> = definePrimitive<Cumulative>({
  name: "cumsum",
  abstractEval: ([x]) => {
    sameDType("cumsum", [x], isNumber, "a float or an integer");
    return [x];
  },
  impl: ([x], { axis, reverse }) => {
    const { outer, length, inner } = axisView(x.shape, axis);
    const out = zerosHost(x);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let k = 0; k < length; k++) {
          const at = (o * length + (reverse ? length - 1 - k : k)) * inner + i;
          sum += x.data[at];
          out.data[at] = sum;
        }
      }
    }
    return [out];
  },
  jvp: linearJvp(() => cumSumP),
  transpose: (cts, _args, { axis, reverse }) => [cumSum(one(cts), axis, !reverse)],
  batch: (_size, [x], [d], { axis, reverse }) => {
    const dim = mapped(d);
    return [[cumSum(x, axis < dim ? axis : axis + 1, reverse)], [dim]];
  },
});
/** Running sums along `axis`, from the end when `reverse`. */
export const cumSum = (x: Tensor, axis: number, reverse = false): Tensor => bind1(cumSumP, [x], { axis, reverse });
