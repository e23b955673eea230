/**
 * @file The convolution (a correlation, as everywhere in deep learning), of any number of spatial axes.
 *
 * One layout: `x` `[N, ...spatial, C]` and `w` `[...spatial, C / groups, O]` to `[N, ...spatial, O]`, since a window of it is a row of a matrix
 * product without further ado. Other layouts are transposes around it; see `lax.convGeneralDilated`.
 *
 * Linear in each operand: both transposes are convolutions again, in which strides and dilations change places, and batch and
 * features too.
 */
import { type Aval, range, type Shape, sizeOf } from "../core/aval.js";
import { type HostArray, zerosHost } from "../core/host.js";
import {
  type BatchDim,
  definePrimitive,
  isLinear,
  isZero,
  type Primitive,
  type Tangent,
  Zero,
} from "../core/primitive.js";
import { demand, known, one, sameDType } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { moveAxis, reshape, transpose } from "./broadcast.js";
import { add } from "./elementwise.js";
import { reverse } from "./movement.js";
import { dilated, type Pads, spreading, type Window, windowCount, windowPlaces } from "./window.js";

/** Numbers for each spatial axis, and the groups. */
export interface Conv {
  readonly strides: readonly number[];
  readonly padding: readonly Pads[];
  /** Distances of the elements of `x`, and of the kernel's. */
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
  /** Features of group `g` of `x` make features of group `g` of the result. */
  readonly featureGroups: number;
  /** Examples of group `g` of `x` make features of group `g` of the result. */
  readonly batchGroups: number;
}

const spatialOf = (x: Shape): Shape => x.slice(1, -1);
const kernelOf = (w: Shape): Shape => w.slice(0, -2);

/** The window along each spatial axis. */
const windowsOf = (kernel: Shape, p: Conv): Window[] =>
  kernel.map((size, i) => ({
    size,
    stride: p.strides[i],
    pads: p.padding[i],
    baseDilation: p.lhsDilation[i],
    dilation: p.rhsDilation[i],
  }));

const paramsOf = (windows: readonly Window[], featureGroups: number, batchGroups: number): Conv => ({
  strides: windows.map((w) => w.stride),
  padding: windows.map((w) => w.pads),
  lhsDilation: windows.map((w) => w.baseDilation),
  rhsDilation: windows.map((w) => w.dilation),
  featureGroups,
  batchGroups,
});

const check = (x: Aval, w: Aval, p: Conv): void => {
  const ok = (condition: boolean, what: string, expected: string): void =>
    demand(condition, "conv", what, expected, `lhs ${x}, kernel ${w}`);
  sameDType("conv", [x, w], (a) => a.dtype !== "bool", "a float or an integer");
  const rank = x.ndim - 2;
  ok(
    rank >= 0 && w.ndim === x.ndim,
    "the ranks do not fit",
    "[N, ...spatial, C] and a kernel [...spatial, C / groups, O]",
  );
  ok(
    [p.strides, p.padding, p.lhsDilation, p.rhsDilation].every((list) => list.length === rank) &&
      [...p.strides, ...p.lhsDilation, ...p.rhsDilation].every((n) => Number.isInteger(n) && n > 0) &&
      p.padding.flat().every(Number.isInteger),
    "the window does not fit",
    `${rank} positive integers each for strides and dilations, and as many pairs of integers for padding`,
  );
  const [inner, out] = [w.shape[w.ndim - 2], w.shape[w.ndim - 1]];
  const groups = p.featureGroups * p.batchGroups;
  ok(p.featureGroups === 1 || p.batchGroups === 1, "both features and examples are grouped", "one kind of groups");
  ok(
    x.shape[x.ndim - 1] === inner * p.featureGroups,
    "the kernel has another number of input features",
    `lhs features = kernel input features · ${p.featureGroups} feature groups`,
  );
  ok(
    out % groups === 0 && x.shape[0] % p.batchGroups === 0,
    "the groups do not divide the features",
    `multiples of ${groups} output features, and of ${p.batchGroups} examples`,
  );
  ok(
    kernelOf(w.shape).every((n) => n > 0),
    "the kernel is empty",
    "spatial sizes of 1 or more",
  );
};

const outShape = (x: Shape, w: Shape, p: Conv): number[] => [
  x[0] / p.batchGroups,
  ...windowsOf(kernelOf(w), p).map((window, i) => windowCount(spatialOf(x)[i], window)),
  w[w.length - 1],
];

/** How a convolution walks through data, for `impl` and for executors that make a matrix product of it. */
export interface ConvPlan {
  readonly examples: number;
  /** Places of `x`, of the result and of the kernel: products of their spatial sizes. */
  readonly inputs: number;
  readonly positions: number;
  readonly taps: number;
  readonly groups: number;
  readonly features: number;
  /** Features of one group that come in, and that go out. */
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The place of `x` that tap `k` sees at position `o`: entry `o * taps + k`, -1 for padding. */
  readonly places: Int32Array;
}

export const convPlan = (x: Shape, w: Shape, p: Conv): ConvPlan => {
  const spatial = spatialOf(x);
  const kernel = kernelOf(w);
  const out = outShape(x, w, p);
  const groups = p.featureGroups * p.batchGroups;
  // Axis by axis: positions and taps so far are the slower ones.
  let [places, positions, taps] = [Int32Array.of(0), 1, 1];
  windowsOf(kernel, p).forEach((window, axis) => {
    const own = windowPlaces(spatial[axis], window);
    const [count, size] = [out[axis + 1], window.size];
    const next = new Int32Array(positions * count * taps * size);
    let at = 0;
    for (let o = 0; o < positions; o++) {
      for (let q = 0; q < count; q++) {
        for (let k = 0; k < taps; k++) {
          const before = places[o * taps + k];
          for (let l = 0; l < size; l++) {
            const here = own[q * size + l];
            next[at++] = before < 0 || here < 0 ? -1 : before * spatial[axis] + here;
          }
        }
      }
    }
    [places, positions, taps] = [next, positions * count, taps * size];
  });
  return {
    examples: out[0],
    inputs: sizeOf(spatial),
    positions,
    taps,
    groups,
    features: x[x.length - 1],
    inFeatures: w[w.length - 2],
    outFeatures: w[w.length - 1] / groups,
    places,
  };
};

/** Where the features of group `g` of example `n` begin in `x`, without the place. */
export const groupStart = (plan: ConvPlan, batchGroups: number, n: number, g: number): number =>
  batchGroups > 1
    ? (g * plan.examples + n) * plan.inputs * plan.features
    : n * plan.inputs * plan.features + g * plan.inFeatures;

/** Sums in doubles (integers wrap); padding counts as zeros, so an infinite weight on it gives NaN. */
const convolve = (x: HostArray, w: HostArray, p: Conv): HostArray => {
  const out = zerosHost({ shape: outShape(x.shape, w.shape, p), dtype: x.dtype });
  const plan = convPlan(x.shape, w.shape, p);
  const { taps, groups, features, inFeatures, outFeatures } = plan;
  const width = groups * outFeatures;
  const whole = x.dtype === "int32" || x.dtype === "uint32";
  const sums = new Float64Array(width);
  for (let n = 0; n < plan.examples; n++) {
    for (let o = 0; o < plan.positions; o++) {
      sums.fill(0);
      for (let k = 0; k < taps; k++) {
        const place = plan.places[o * taps + k];
        for (let g = 0; g < groups; g++) {
          const from = groupStart(plan, p.batchGroups, n, g) + place * features;
          for (let c = 0; c < inFeatures; c++) {
            const value = place < 0 ? 0 : x.data[from + c];
            const row = (k * inFeatures + c) * width;
            for (let f = g * outFeatures; f < (g + 1) * outFeatures; f++) {
              if (whole) sums[f] = (sums[f] + Math.imul(value, w.data[row + f])) | 0;
              else sums[f] += value * w.data[row + f];
            }
          }
        }
      }
      out.data.set(sums, (n * plan.positions + o) * width);
    }
  }
  return out;
};

// --- transposes ----------------------------------------------------------------------------------------------------------

/** Splits `axis` of `x` into `[count, rest]`. */
const splitAxis = (x: Tensor, axis: number, count: number): Tensor => {
  const { shape } = x;
  return reshape(x, [...shape.slice(0, axis), count, shape[axis] / count, ...shape.slice(axis + 1)]);
};
/** Makes one axis of `axis` and the one behind it. */
const joinAxis = (x: Tensor, axis: number): Tensor => {
  const { shape } = x;
  return reshape(x, [...shape.slice(0, axis), shape[axis] * shape[axis + 1], ...shape.slice(axis + 2)]);
};

/** The cotangent of `x`: the cotangent spread by the kernel, turned round, with its features exchanged within each group. */
const pullInput = (ct: Tensor, w: Tensor, x: Aval, p: Conv): Tensor => {
  const rank = w.ndim - 2;
  const groups = p.featureGroups * p.batchGroups;
  const windows = windowsOf(kernelOf(w.shape), p).map((window, i) => spreading(spatialOf(x.shape)[i], window));
  const split = splitAxis(reverse(w, range(rank)), rank + 1, groups);
  const exchanged = transpose(split, [...range(rank), rank + 2, rank + 1, rank]);
  const z = bind1(convP, [ct, joinAxis(exchanged, rank + 1)], paramsOf(windows, groups, 1));
  // The features of a group of examples become these examples.
  return p.batchGroups === 1 ? z : joinAxis(moveAxis(splitAxis(z, z.ndim - 1, p.batchGroups), z.ndim - 1, 0), 0);
};

/** The cotangent of the kernel: `x` with examples as features, over the cotangent as kernel. */
const pullKernel = (ct: Tensor, x: Tensor, w: Aval, p: Conv): Tensor => {
  const rank = w.ndim - 2;
  const windows = windowsOf(kernelOf(w.shape), p).map((window, i): Window => {
    const n = dilated(spatialOf(x.shape)[i], window.baseDilation);
    const [low] = window.pads;
    const span = dilated(ct.shape[i + 1], window.stride) + dilated(window.size, window.dilation) - 1;
    return {
      size: ct.shape[i + 1],
      stride: window.dilation,
      pads: [low, span - n - low],
      baseDilation: window.baseDilation,
      dilation: window.stride,
    };
  });
  const exchanged = transpose(x, [rank + 1, ...range(rank).map((i) => i + 1), 0]);
  const z = bind1(convP, [exchanged, moveAxis(ct, 0, rank)], paramsOf(windows, p.batchGroups, p.featureGroups));
  return moveAxis(z, 0, rank);
};

// --- batching ------------------------------------------------------------------------------------------------------------

/** The mapped axis of `x` behind the groups of its examples, as more examples. */
const asExamples = (x: Tensor, dim: number, groups: number): Tensor => {
  const split = splitAxis(moveAxis(x, dim, 0), 1, groups);
  return joinAxis(joinAxis(moveAxis(split, 0, 1), 0), 0);
};

const batch = (size: number, x: Tensor, w: Tensor, d: BatchDim, e: BatchDim, p: Conv): readonly [Tensor, number] => {
  if (e === null) {
    const z = bind1(convP, [asExamples(x, d as number, p.batchGroups), w], p);
    return [splitAxis(z, 0, size), 0];
  }
  const last = w.ndim - 2;
  if (d === null) {
    // More output features in each group: [groups, size, features of a group].
    const groups = p.featureGroups * p.batchGroups;
    const split = splitAxis(moveAxis(w, e, last), last + 1, groups);
    const z = bind1(convP, [x, joinAxis(joinAxis(moveAxis(split, last, last + 1), last), last)], p);
    const parts = splitAxis(splitAxis(z, last, groups), last + 1, size);
    return [joinAxis(moveAxis(parts, last + 1, 0), last + 1), 0];
  }
  // Both: every example of the batch is a separate group.
  const kernel = joinAxis(moveAxis(w, e, last), last);
  if (p.batchGroups > 1) {
    const z = bind1(convP, [joinAxis(moveAxis(x, d, 0), 0), kernel], { ...p, batchGroups: p.batchGroups * size });
    return [splitAxis(z, last, size), last];
  }
  const features = joinAxis(moveAxis(x, d, last), last);
  const z = bind1(convP, [features, kernel], { ...p, featureGroups: p.featureGroups * size });
  return [splitAxis(z, last, size), last];
};

// --- the primitive -------------------------------------------------------------------------------------------------------

export const convP: Primitive<Conv> = definePrimitive<Conv>({
  name: "conv",
  abstractEval: ([x, w], p) => {
    check(x, w, p);
    return [x.withShape(outShape(x.shape, w.shape, p)).withDType(x.dtype, x.weak && w.weak)];
  },
  impl: ([x, w], p) => [convolve(x, w, p)],
  jvp: ([x, w], [dx, dw], p) => {
    const y = bind1(convP, [x, w], p);
    const terms = [
      ...(isZero(dx) ? [] : [bind1(convP, [dx, w], p)]),
      ...(isZero(dw) ? [] : [bind1(convP, [x, dw], p)]),
    ];
    return [[y], [terms.length === 0 ? new Zero(y.aval.strong()) : terms.reduce((a, b) => add(a, b))]];
  },
  transpose: (cts, [x, w], p): readonly (Tangent | null)[] => {
    const ct = one(cts);
    const pulled = (to: Aval, f: () => Tensor): Tangent => (ct.size === 0 ? new Zero(to) : f());
    if (isLinear(x)) return [pulled(x.aval, () => pullInput(ct, known(w, "conv"), x.aval, p)), null];
    return [null, pulled(w.aval, () => pullKernel(ct, known(x, "conv"), w.aval, p))];
  },
  batch: (size, [x, w], [d, e], p) => {
    const [y, dim] = batch(size, x, w, d, e, p);
    return [[y], [dim]];
  },
});

/** The convolution of `x` `[N, ...spatial, C]` with the kernel `w` `[...spatial, C / groups, O]`; see `Conv`. */
export const conv = (x: Tensor, w: Tensor, params: Conv): Tensor => bind1(convP, [x, w], params);
