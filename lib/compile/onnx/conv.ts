/** @file The convolution by the operator, which has the features in front. */
import { range } from "../../core/aval.js";
import type { Conv } from "../../primitives/conv.js";
import type { Lowering } from "./lowering.js";
import { pad } from "./movement.js";

export const conv: Lowering = (equation) => {
  const {
    inAvals: [x, w],
  } = equation;
  const p = equation.params as unknown as Conv;
  const rank = x.ndim - 2;
  // The runtime has kernels for one to three spatial axes.
  if (x.dtype !== "float32" || x.size === 0 || rank < 1 || rank > 3 || p.batchGroups !== 1) return undefined;
  const frame = (values: readonly number[]): number[] => [0, ...values, 0];
  const [low, high] = [0, 1].map((side) => p.padding.map((pads) => pads[side]));
  const gaps = p.lhsDilation.map((n) => n - 1);
  const direct = gaps.every((n) => n === 0) && p.padding.flat().every((n) => n >= 0);
  const spread = pad({ ...equation, params: { low: frame(low), high: frame(high), interior: frame(gaps) } });
  return (b, [input, kernel]) => {
    const wide = direct || spread === undefined ? input : spread(b, [input, b.scalar("float32", 0)])[0];
    const features = b.node("Transpose", [wide], { perm: [0, rank + 1, ...range(rank).map((i) => i + 1)] });
    const weights = b.node("Transpose", [kernel], { perm: [rank + 1, rank, ...range(rank)] });
    const y = b.node("Conv", [features, weights], {
      kernel_shape: w.shape.slice(0, rank),
      strides: p.strides,
      dilations: p.rhsDilation,
      group: p.featureGroups,
      pads: direct ? [...low, ...high] : new Array<number>(2 * rank).fill(0),
    });
    return [b.node("Transpose", [y], { perm: [0, ...range(rank).map((i) => i + 2), 1] })];
  };
};
