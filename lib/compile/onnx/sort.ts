/** @file Sorting as ONNX nodes: by each key in turn, the last first, with a stable sort. */
import type { DType } from "../../core/aval.js";
import type { GraphBuilder } from "./builder.js";
import { Nodes } from "./elementwise.js";
import type { Lowering } from "./lowering.js";

/** Arrays that the operator orders as the primitive orders `x`, by the first of them, then by the next. */
const keysOf = (b: GraphBuilder, dtype: DType, x: string): string[] => {
  const n = new Nodes(b);
  switch (dtype) {
    case "bool":
      return [n.signed(x)];
    case "uint32":
      return [n.ordered(x)];
    case "int32":
      return [x];
    default: {
      // The operator has no place for NaN, which goes behind infinity.
      const nan = n.isNaN(x);
      return [n.signed(nan), n.where(nan, b.scalar("float32", Number.POSITIVE_INFINITY), x)];
    }
  }
};

export const sort: Lowering = ({ inAvals, params }) => {
  const { axis, numKeys } = params as { axis: number; numKeys: number };
  return (b, inputs) => {
    const along = (x: string, order: string): string => b.node("GatherElements", [x, order], { axis });
    const length = b.ints([inAvals[0].shape[axis]]);
    const keys = inputs.slice(0, numKeys).flatMap((x, i) => keysOf(b, inAvals[i].dtype, x));
    // All elements, the smallest first; of equal ones the operator puts first what was before.
    const step = (key: string): string => b.nodeN("TopK", [key, length], 2, { axis, largest: 0, sorted: 1 })[1];
    const order = keys.reduceRight<string | undefined>(
      (before, key) => (before === undefined ? step(key) : along(before, step(along(key, before)))),
      undefined,
    ) as string;
    return inputs.map((x) => along(x, order));
  };
};
