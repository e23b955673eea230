/** @file gather, scatter and scatterAdd on the data in place: where slices lie is worked out once, when the equation is lowered. */
import type { TypedArray } from "../../core/host.js";
import { fillOf, type GatherParams, type ScatterParams, windowsOf } from "../../primitives/gather-dims.js";
import type { Equation, Lowering } from "./context.js";
import { LONG_ROW } from "./movement.js";

/** The static part, in typed arrays. */
interface Places {
  readonly count: number;
  /** Of each slice, in the result (or updates) and in the operand. */
  readonly resultStarts: Int32Array;
  readonly operandStarts: Int32Array;
  /** Of each element of a slice. */
  readonly resultOffsets: Int32Array;
  readonly operandOffsets: Int32Array;
  /** Whether a slice is contiguous in both. */
  readonly contiguous: boolean;
  /** Where slice `at` begins in the operand; -1 when it is outside. */
  readonly find: (indices: TypedArray, at: number) => number;
}

const placesOf = (
  operand: readonly number[],
  indices: readonly number[],
  { mode, ...dims }: GatherParams | ScatterParams,
): Places => {
  const w = windowsOf(operand, indices, dims);
  const operandStarts = Int32Array.from(w.operandStarts);
  const inOrder = (offsets: readonly number[]): boolean => offsets.every((offset, i) => offset === i);
  const { strides, lastStarts } = w;
  const n = strides.length;
  const clip = mode === "clip";
  return {
    count: operandStarts.length,
    resultStarts: Int32Array.from(w.resultStarts),
    operandStarts,
    resultOffsets: Int32Array.from(w.resultOffsets),
    operandOffsets: Int32Array.from(w.operandOffsets),
    contiguous: inOrder(w.resultOffsets) && inOrder(w.operandOffsets),
    find: (data, at) => {
      let start = operandStarts[at];
      for (let k = 0; k < n; k++) {
        let i = data[at * n + k];
        if (i < 0 || i > lastStarts[k]) {
          if (!clip) return -1;
          i = Math.min(Math.max(i, 0), lastStarts[k]);
        }
        start += i * strides[k];
      }
      return start;
    },
  };
};

const gatherParams = (params: Equation["params"]): GatherParams => params as unknown as GatherParams;
const scatterParams = (params: Equation["params"]): ScatterParams => params as unknown as ScatterParams;

export const gather: Lowering = ({ device }, { params, inAvals: [x, indices], outAvals: [out] }) => {
  if (!device.backend.inPlace) return undefined;
  const { mode } = gatherParams(params);
  const places = placesOf(x.shape, indices.shape, gatherParams(params));
  const { count, resultStarts, resultOffsets, operandOffsets, contiguous, find } = places;
  const width = resultOffsets.length;
  return ([operand, index]) => {
    const result = device.make(out.shape, out.dtype);
    const target = device.view(result).data;
    const source = device.view(operand).data;
    const where = device.view(index).data;
    if (mode !== "clip") target.fill(fillOf(out.dtype, gatherParams(params)));
    for (let at = 0; at < count; at++) {
      const from = find(where, at);
      if (from < 0) continue;
      const to = resultStarts[at];
      if (contiguous && width >= LONG_ROW) target.set(source.subarray(from, from + width), to);
      else for (let k = 0; k < width; k++) target[to + resultOffsets[k]] = source[from + operandOffsets[k]];
    }
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
      const where = device.view(index).data;
      for (let at = 0; at < count; at++) {
        const to = find(where, at);
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
