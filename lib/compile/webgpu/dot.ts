/** @file dotGeneral in WGSL: one invocation for each element of the result, operands in any layout. */
import { range, sizeOf, stridesOf, without } from "../../core/aval.js";
import type { DotDims } from "../../primitives/dot.js";
import type { GpuLowering } from "./context.js";
import { load, offset, stored, TYPES } from "./wgsl.js";

export const product: GpuLowering = ({ device, gpu }, { params, inAvals: [x, y], outAvals: [out] }) => {
  const d = params as unknown as DotDims;
  const { dtype } = out;
  const [xs, ys] = [stridesOf(x.shape), stridesOf(y.shape)];
  const pick = (list: readonly number[], axes: readonly number[]): number[] => axes.map((a) => list[a]);
  const [lhsFree, rhsFree] = [
    without(range(x.ndim), [...d.lhsContract, ...d.lhsBatch]),
    without(range(y.ndim), [...d.rhsContract, ...d.rhsBatch]),
  ];
  const zeros = (axes: readonly number[]): number[] => axes.map(() => 0);
  const inner = pick(x.shape, d.lhsContract);
  const body = `
    let p = ${offset("i", out.shape, [...pick(xs, d.lhsBatch), ...pick(xs, lhsFree), ...zeros(rhsFree)])};
    let q = ${offset("i", out.shape, [...pick(ys, d.rhsBatch), ...zeros(lhsFree), ...pick(ys, rhsFree)])};
    var sum = ${TYPES[dtype]}(0);
    for (var k = 0; k < ${sizeOf(inner)}; k++) {
      sum = sum + ${load(dtype, 0, `p + ${offset("k", inner, pick(xs, d.lhsContract))}`)}
        * ${load(dtype, 1, `q + ${offset("k", inner, pick(ys, d.rhsContract))}`)};
    }
    result[i] = ${stored(dtype, "sum")};`;
  return ([lhs, rhs]) => {
    const result = device.make(out.shape, dtype);
    gpu.run({ body, count: out.size }, [lhs.info, rhs.info], result.info);
    return [result];
  };
};
