/** @file gather, scatter and scatterAdd on the data in place: where slices lie is worked out once, when the equation is lowered. */
import { itemBytes } from "../../core/aval.js";
import type { TypedArray } from "../../core/host.js";
import {
  fillOf,
  type GatherParams,
  operandStart,
  type ScatterParams,
  type Windows,
  windowsOf,
} from "../../primitives/gather-dims.js";
import type { Equation, Lowering } from "./context.js";
import { bitsOf, LONG_ROW } from "./movement.js";

/** The static part. */
interface Places extends Pick<Windows, "resultStarts" | "resultOffsets" | "operandOffsets"> {
  readonly count: number;
  /** Whether a slice is contiguous in both. */
  readonly contiguous: boolean;
  /** Writes where each slice begins in the operand; -1 where it is outside. */
  readonly find: (indices: TypedArray) => Int32Array;
}

/** The starts where index vectors have one component, as those of `take` do. */
const findByOne =
  ({ operandStarts, strides: [stride], lastStarts: [last] }: Windows, clip: boolean): Places["find"] =>
  (data) => {
    const starts = new Int32Array(operandStarts.length);
    for (let at = 0; at < starts.length; at++) {
      const i = data[at];
      if (i >= 0 && i <= last) starts[at] = operandStarts[at] + i * stride;
      else starts[at] = clip ? operandStarts[at] + (i < 0 ? 0 : last) * stride : -1;
    }
    return starts;
  };

const findByMany =
  (w: Windows, clip: boolean): Places["find"] =>
  (data) =>
    Int32Array.from(w.operandStarts, (_, at) => operandStart(w, data, at, clip));

const placesOf = (
  operand: readonly number[],
  indices: readonly number[],
  { mode, ...dims }: GatherParams | ScatterParams,
): Places => {
  const w = windowsOf(operand, indices, dims);
  const { resultStarts, resultOffsets, operandOffsets } = w;
  const inOrder = (offsets: Int32Array): boolean => offsets.every((offset, i) => offset === i);
  return {
    count: resultStarts.length,
    resultStarts,
    resultOffsets,
    operandOffsets,
    contiguous: inOrder(resultOffsets) && inOrder(operandOffsets),
    find: (w.strides.length === 1 ? findByOne : findByMany)(w, mode === "clip"),
  };
};

const gatherParams = (params: Equation["params"]): GatherParams => params as unknown as GatherParams;
const scatterParams = (params: Equation["params"]): ScatterParams => params as unknown as ScatterParams;

/** Copies slices to where they lie in the result; those whose start is -1 are left out. */
type CopySlices = (target: TypedArray, source: TypedArray, starts: Int32Array) => void;

const copyOneByOne =
  ({ resultStarts, resultOffsets, operandOffsets }: Places): CopySlices =>
  (target, source, starts) => {
    const width = resultOffsets.length;
    for (let at = 0; at < starts.length; at++) {
      const from = starts[at];
      if (from < 0) continue;
      const to = resultStarts[at];
      for (let k = 0; k < width; k++) target[to + resultOffsets[k]] = source[from + operandOffsets[k]];
    }
  };

const copyRows =
  ({ resultStarts, resultOffsets }: Places): CopySlices =>
  (target, source, starts) => {
    const width = resultOffsets.length;
    for (let at = 0; at < starts.length; at++) {
      const from = starts[at];
      if (from >= 0) target.set(source.subarray(from, from + width), resultStarts[at]);
    }
  };

/** Rows of arrays in one memory: no view is made for each of them. */
const copyRowsWithin =
  ({ resultStarts, resultOffsets }: Places, memory: WebAssembly.Memory): CopySlices =>
  (target, source, starts) => {
    const width = resultOffsets.length;
    const words = new Int32Array(memory.buffer);
    const [toStart, fromStart] = [target.byteOffset / 4, source.byteOffset / 4];
    for (let at = 0; at < starts.length; at++) {
      const from = fromStart + starts[at];
      if (starts[at] >= 0) words.copyWithin(toStart + resultStarts[at], from, from + width);
    }
  };

export const gather: Lowering = ({ device }, { params, inAvals: [x, indices], outAvals: [out] }) => {
  if (!device.backend.inPlace) return undefined;
  const { mode } = gatherParams(params);
  const places = placesOf(x.shape, indices.shape, gatherParams(params));
  const { contiguous, find } = places;
  const { heap } = device.backend;
  const inRows = contiguous && places.resultOffsets.length >= LONG_ROW;
  const copyRow =
    heap !== undefined && itemBytes(out.dtype) === 4 ? copyRowsWithin(places, heap.memory) : copyRows(places);
  const copy = inRows ? copyRow : copyOneByOne(places);
  return ([operand, index]) => {
    const result = device.make(out.shape, out.dtype);
    const target = device.view(result).data;
    const source = device.view(operand).data;
    if (mode !== "clip") target.fill(fillOf(out.dtype, gatherParams(params)));
    copy(bitsOf(target), bitsOf(source), find(device.view(index).data));
    return [result];
  };
};

/** How one window of updates goes into the operand: from `from` on, to `to` on. */
type Put = (target: TypedArray, to: number, source: TypedArray, from: number) => void;

const scattering =
  (putter: (places: Places) => Put): Lowering =>
  ({ device }, { params, inAvals: [x, indices], outAvals: [out] }) => {
    if (!device.backend.inPlace) return undefined;
    const places = placesOf(x.shape, indices.shape, scatterParams(params));
    const { count, resultStarts, find } = places;
    const put = putter(places);
    return ([operand, index, updates]) => {
      const result = device.make(out.shape, out.dtype);
      const target = device.view(result).data;
      target.set(device.view(operand).data);
      const source = device.view(updates).data;
      const starts = find(device.view(index).data);
      for (let at = 0; at < count; at++) {
        const to = starts[at];
        if (to >= 0) put(target, to, source, resultStarts[at]);
      }
      return [result];
    };
  };

export const scatterAdd = scattering(({ resultOffsets, operandOffsets }) => (target, to, source, from) => {
  for (let k = 0; k < resultOffsets.length; k++) target[to + operandOffsets[k]] += source[from + resultOffsets[k]];
});

export const scatter = scattering(({ resultOffsets, operandOffsets, contiguous }) => {
  const width = resultOffsets.length;
  if (contiguous && width >= LONG_ROW) {
    return (target, to, source, from) => target.set(source.subarray(from, from + width), to);
  }
  return (target, to, source, from) => {
    for (let k = 0; k < width; k++) target[to + operandOffsets[k]] = source[from + resultOffsets[k]];
  };
});
