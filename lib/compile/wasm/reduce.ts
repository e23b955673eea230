/** @file Sums, maxima and minima of float32 by generated loops on the WebAssembly heap. */
import { keepDims, type Shape, sizeBetween } from "../../core/aval.js";
import { axisView } from "../../core/host.js";
import type { Block } from "../blocks/device.js";
import { type Reduction, reduceLoop } from "./code/reduce.js";
import type { HeapLowering } from "./context.js";

/** One loop: an axis (or several neighbours) of `[outer, length, inner]`. */
interface Stage {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Neighbouring axes go together; groups of them one after the other, from the last on. */
const stagesOf = (shape: Shape, axes: readonly number[]): Stage[] => {
  const stages: Stage[] = [];
  let current = shape;
  for (let last = shape.length - 1; last >= 0; last--) {
    if (!axes.includes(last)) continue;
    let first = last;
    while (axes.includes(first - 1)) first--;
    const { outer } = axisView(current, first);
    const { inner } = axisView(current, last);
    stages.push({ outer, length: sizeBetween(current, first, last + 1), inner });
    current = keepDims(
      current,
      axes.filter((a) => a >= first),
    );
    last = first;
  }
  return stages;
};

/** A lowering of a reduction of float32. */
export const reduction =
  (kind: Reduction): HeapLowering =>
  ({ device, heap, loops }, { params, inAvals: [x], outAvals: [out] }) => {
    if (x.dtype !== "float32" || out.size === 0) return undefined;
    const stages = stagesOf(x.shape, params.axes as readonly number[]);
    if (stages.length === 0) return ([block]) => [device.reshaped(block, out.shape)];
    const run = loops(kind, "", () => reduceLoop(heap.memory, kind));
    const stage = (block: Block, { outer, length, inner }: Stage, shape: Shape): Block => {
      const result = device.make(shape, "float32");
      run(device.address(result), device.address(block), outer, length, inner);
      return result;
    };
    return ([block]) => {
      let current = block;
      stages.forEach((s, i) => {
        const next = stage(current, s, i === stages.length - 1 ? out.shape : [s.outer, s.inner]);
        if (current !== block) device.free(current);
        current = next;
      });
      return [current];
    };
  };
