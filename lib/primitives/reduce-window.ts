/** @file Sums and extrema of windows that move over a tensor: pooling. */
import { type Aval, isFloat, range, type Shape } from "../core/aval.js";
import { allocate, axisView, type HostArray, type TypedArray, zerosHost } from "../core/host.js";
import { definePrimitive, notLinear, type Primitive, Zero } from "../core/primitive.js";
import { demand, linearJvp, mapped, one, sameDType, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind, bind1 } from "../core/trace.js";
import { reshape } from "./broadcast.js";
import { max, mul, sub } from "./elementwise.js";
import { gather } from "./gather.js";
import { instantiate, iota, mappedFront } from "./movement.js";
import { type Pads, spreading, type Window, windowCount, windowPlaces } from "./window.js";

/** Numbers for each axis of the operand. */
export interface ReduceWindow {
  readonly windowDimensions: readonly number[];
  readonly windowStrides: readonly number[];
  readonly padding: readonly Pads[];
  readonly baseDilation: readonly number[];
  readonly windowDilation: readonly number[];
}

const windowsOf = (p: ReduceWindow): Window[] =>
  p.windowDimensions.map((size, i) => ({
    size,
    stride: p.windowStrides[i],
    pads: p.padding[i],
    baseDilation: p.baseDilation[i],
    dilation: p.windowDilation[i],
  }));

const paramsOf = (windows: readonly Window[]): ReduceWindow => ({
  windowDimensions: windows.map((w) => w.size),
  windowStrides: windows.map((w) => w.stride),
  padding: windows.map((w) => w.pads),
  baseDilation: windows.map((w) => w.baseDilation),
  windowDilation: windows.map((w) => w.dilation),
});

/** A window that sees one element at a time. */
const SINGLE: Window = { size: 1, stride: 1, pads: [0, 0], baseDilation: 1, dilation: 1 };
const isSingle = (w: Window): boolean =>
  w.size === 1 && w.stride === 1 && w.pads[0] === 0 && w.pads[1] === 0 && w.baseDilation === 1;

const outShape = (x: Shape, p: ReduceWindow): number[] => windowsOf(p).map((w, i) => windowCount(x[i], w));

const shapeOf = (name: string, x: Aval, p: ReduceWindow): number[] => {
  sameDType(name, [x], (a) => a.dtype !== "bool", "a float or an integer");
  const lists = [p.windowDimensions, p.windowStrides, p.baseDilation, p.windowDilation];
  demand(
    lists.every((list) => list.length === x.ndim && list.every((n) => Number.isInteger(n) && n > 0)) &&
      p.padding.length === x.ndim &&
      p.padding.flat().every(Number.isInteger),
    name,
    "the window does not fit",
    `${x.ndim} positive integers each for sizes, strides and dilations, and as many pairs of integers for padding`,
    `${x}, window ${JSON.stringify(p)}`,
  );
  return outShape(x.shape, p);
};

/** Calls `visit(outputs, inputs, length)` for every place of every window along one axis: that many neighbours go into that many. */
const walk = (
  shape: Shape,
  axis: number,
  window: Window,
  visit: (to: number, from: number, length: number) => void,
): void => {
  const { outer, length, inner } = axisView(shape, axis);
  const count = windowCount(length, window);
  const places = windowPlaces(length, window);
  for (let o = 0; o < outer; o++) {
    for (let p = 0; p < count; p++) {
      for (let k = 0; k < window.size; k++) {
        const place = places[p * window.size + k];
        if (place >= 0) visit((o * count + p) * inner, (o * length + place) * inner, inner);
      }
    }
  }
};

/** One pass for each axis: windows are boxes, so sums and extrema of them go axis by axis. Starts at the last. */
const passes = (
  shape: Shape,
  p: ReduceWindow,
  pass: (axis: number, window: Window, shape: Shape, out: Shape) => void,
): void => {
  const windows = windowsOf(p);
  let current = shape;
  for (const axis of range(shape.length).reverse()) {
    const window = windows[axis];
    if (isSingle(window)) continue;
    const next = current.map((n, i) => (i === axis ? windowCount(n, window) : n));
    pass(axis, window, current, next);
    current = next;
  }
};

/** The batch rule's window over a new axis in front. */
const inFront = (p: ReduceWindow): ReduceWindow => paramsOf([SINGLE, ...windowsOf(p)]);

export const reduceWindowSumP: Primitive<ReduceWindow> = definePrimitive<ReduceWindow>({
  name: "reduce_window_sum",
  abstractEval: ([x], p) => [x.withShape(shapeOf("reduceWindow", x, p))],
  impl: ([x], p) => {
    // In doubles; whole numbers wrap when they are stored.
    let sums = Float64Array.from(x.data);
    passes(x.shape, p, (axis, window, shape, out) => {
      const next = new Float64Array(out.reduce((a, b) => a * b, 1));
      walk(shape, axis, window, (to, from, length) => {
        for (let i = 0; i < length; i++) next[to + i] += sums[from + i];
      });
      sums = next;
    });
    const y = zerosHost({ shape: outShape(x.shape, p), dtype: x.dtype });
    y.data.set(sums);
    return [y];
  },
  jvp: linearJvp(() => reduceWindowSumP),
  transpose: (cts, [x], p) => {
    const windows = windowsOf(p).map((w, i) => spreading(x.aval.shape[i], w));
    return [bind1(reduceWindowSumP, [one(cts)], paramsOf(windows))];
  },
  batch: (size, [x], [d], p) => [[bind1(reduceWindowSumP, [mappedFront(x, mapped(d), size)], inFront(p))], [0]],
});

/** Values and where they came from; a window that sees no element has the `lowest` value and index -1. */
const extremaOf = (
  x: HostArray,
  p: ReduceWindow,
  lowest: number,
  better: (v: number, best: number) => boolean,
): readonly HostArray[] => {
  let values: TypedArray = x.data.slice();
  let indices = Int32Array.from(x.data, (_, i) => i);
  passes(x.shape, p, (axis, window, shape, out) => {
    const size = out.reduce((a, b) => a * b, 1);
    const best = allocate(x.dtype, size).fill(lowest);
    const at = new Int32Array(size).fill(-1);
    walk(shape, axis, window, (to, from, length) => {
      for (let i = 0; i < length; i++) {
        const [v, index] = [values[from + i], indices[from + i]];
        // The first of equals, row-major; the first NaN before everything.
        const wins = at[to + i] < 0 || better(v, best[to + i]) || (Number.isNaN(v) && !Number.isNaN(best[to + i]));
        if (index < 0 || !wins) continue;
        best[to + i] = v;
        at[to + i] = index;
      }
    });
    [values, indices] = [best, at];
  });
  const shape = outShape(x.shape, p);
  return [
    { shape, dtype: x.dtype, data: values },
    { shape, dtype: "int32", data: indices },
  ];
};

/** The elements of a vector at `indices`, zero where there is none. */
const chosen = (flat: Tensor, indices: Tensor): Tensor =>
  gather(flat, reshape(indices, [...indices.shape, 1]), {
    offsetDims: [],
    collapsedSliceDims: [0],
    operandBatchingDims: [],
    startIndicesBatchingDims: [],
    startIndexMap: [0],
    sliceSizes: [1],
    mode: "fill",
    fillValue: 0,
  });

const extremum = (
  name: string,
  lowest: (x: { readonly dtype: Aval["dtype"] }) => number,
  better: (v: number, best: number) => boolean,
): Primitive<ReduceWindow> => {
  const prim: Primitive<ReduceWindow> = definePrimitive<ReduceWindow>({
    name,
    abstractEval: ([x], p) => {
      const y = x.withShape(shapeOf("reduceWindow", x, p));
      return [y, y.withDType("int32")];
    },
    impl: ([x], p) => extremaOf(x, p, lowest(x), better),
    // The tangent of the element that was chosen: of equals the first, as XLA's select-and-scatter has it.
    jvp: ([x], [dx], p) => {
      const [values, indices] = bind(prim, [x], p);
      const flat = reshape(instantiate(dx), [x.size]);
      const tangent = x.size === 0 ? new Zero(values.aval.strong()) : chosen(flat, indices);
      return [
        [values, indices],
        [tangent, new Zero(indices.aval)],
      ];
    },
    transpose: notLinear(name),
    batch: (size, [x], [d], p) => {
      const front = mappedFront(x, mapped(d), size);
      const [values, indices] = bind(prim, [front], inFront(p));
      // Indices count within each example; those of empty windows stay -1.
      const int = (n: number): Tensor => scalarOf(indices.aval.strong(), n);
      const first = mul(iota([size, ...indices.shape.slice(1).map(() => 1)], "int32", 0), int(front.size / size));
      return [
        [values, max(sub(indices, first), int(-1))],
        [0, 0],
      ];
    },
  });
  return prim;
};
const least = ({ dtype }: { readonly dtype: Aval["dtype"] }): number =>
  isFloat(dtype) ? -Infinity : dtype === "int32" ? -(2 ** 31) : 0;
const greatest = ({ dtype }: { readonly dtype: Aval["dtype"] }): number =>
  isFloat(dtype) ? Infinity : dtype === "int32" ? 2 ** 31 - 1 : 2 ** 32 - 1;

/** Results: the largest of each window, and its index (int32) in the flattened operand. NaN wins. */
export const reduceWindowMaxP = extremum("reduce_window_max", least, (v, best) => v > best);
/** Results: the smallest of each window, and its index (int32) in the flattened operand. NaN wins. */
export const reduceWindowMinP = extremum("reduce_window_min", greatest, (v, best) => v < best);

export const reduceWindowSum = (x: Tensor, p: ReduceWindow): Tensor => bind1(reduceWindowSumP, [x], p);
export const reduceWindowMax = (x: Tensor, p: ReduceWindow): Tensor => bind(reduceWindowMaxP, [x], p)[0];
export const reduceWindowMin = (x: Tensor, p: ReduceWindow): Tensor => bind(reduceWindowMinP, [x], p)[0];
