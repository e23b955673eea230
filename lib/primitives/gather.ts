/**
 * @file gather and scatterAdd: reading and adding at computed places, each the transpose of the other.
 *
 * The dimension numbers are XLA's, with the index vector always in the last axis of `indices` and with batching dimensions
 * (StableHLO `gather`, `scatter`). scatterAdd uses gather's names for the same roles, so that one record serves both: what
 * XLA calls updateWindowDims, insertedWindowDims and scatterDimsToOperandDims are offsetDims, collapsedSliceDims, startIndexMap.
 */
import {
  Aval,
  type DType,
  isFloat,
  printShape,
  range,
  type Shape,
  sameShape,
  stridesOf,
  without,
} from "../core/aval.js";
import { type HostArray, zerosHost } from "../core/host.js";
import { definePrimitive, isLinear, isZero, type Primitive } from "../core/primitive.js";
import { demand, known, one, sameDType, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { fullOf, reshape } from "./broadcast.js";
import { add, lt, select } from "./elementwise.js";
import { instantiate, mappedFront } from "./movement.js";

/** Which axis plays which part. */
export interface GatherDims {
  /** Axes of the result (of `updates`) along which one slice lies; the others are the axes of `indices` but the last. */
  readonly offsetDims: readonly number[];
  /** Axes of the operand whose slice size is 1 and which the result does not have. Sorted. */
  readonly collapsedSliceDims: readonly number[];
  /** Axes of the operand that are walked together with `startIndicesBatchingDims`. Sorted. */
  readonly operandBatchingDims: readonly number[];
  /** Axes of `indices`, one for each of `operandBatchingDims`, of the same size. */
  readonly startIndicesBatchingDims: readonly number[];
  /** The operand's axis that each component of an index vector counts along. */
  readonly startIndexMap: readonly number[];
  /** The size of one slice, for each axis of the operand. */
  readonly sliceSizes: readonly number[];
}

/**
 * What becomes of a slice that does not lie wholly inside the operand: `fill` gives NaN, the lowest int32, the highest uint32 or
 * true (as JAX does), `zero` gives 0, `clip` moves it inside.
 */
export type GatherMode = "fill" | "zero" | "clip";
/** A window outside of the operand is left out, or moved inside. */
export type ScatterMode = "drop" | "clip";

export type GatherParams = GatherDims & { readonly mode: GatherMode };
export type ScatterParams = GatherDims & { readonly mode: ScatterMode };

// --- shapes and places ---------------------------------------------------------------------------------------------------

/** The axes of the operand that the result has, in order. */
const windowAxes = (operandRank: number, dims: GatherDims): number[] =>
  without(range(operandRank), [...dims.collapsedSliceDims, ...dims.operandBatchingDims]);

/** The shape of gather's result, which is that of scatterAdd's updates. */
export const gatherShape = (operand: Shape, indices: Shape, dims: GatherDims): number[] => {
  const window = windowAxes(operand.length, dims).map((axis) => dims.sliceSizes[axis]);
  const batch = indices.slice(0, -1);
  let b = 0;
  return range(window.length + batch.length).map((axis) => {
    const w = dims.offsetDims.indexOf(axis);
    return w >= 0 ? window[w] : batch[b++];
  });
};

const increasing = (list: readonly number[], limit: number): boolean =>
  list.every((n, i) => Number.isInteger(n) && n >= (i === 0 ? 0 : list[i - 1] + 1) && n < limit);

const checkDims = (where: string, operand: Aval, indices: Aval, dims: GatherDims): void => {
  const rank = operand.ndim;
  const { collapsedSliceDims: collapsed, operandBatchingDims: batching, startIndicesBatchingDims: along } = dims;
  const ok = (condition: boolean, what: string, expected: string, got: string): void =>
    demand(condition, where, what, expected, got);
  sameDType(where, [indices], (a) => a.dtype === "int32", "int32 indices");
  ok(indices.ndim > 0, "the indices have no axis for index vectors", "indices[..., n]", `${indices}`);
  ok(
    dims.startIndexMap.length === indices.shape[indices.ndim - 1],
    "the index vectors have another length than startIndexMap",
    `${dims.startIndexMap.length} components`,
    `${indices}`,
  );
  ok(
    increasing(collapsed, rank) &&
      increasing(batching, rank) &&
      new Set([...collapsed, ...batching]).size === collapsed.length + batching.length &&
      new Set([...dims.startIndexMap, ...batching]).size === dims.startIndexMap.length + batching.length &&
      dims.startIndexMap.every((axis) => axis >= 0 && axis < rank),
    "the operand's axes do not fit",
    `sorted collapsedSliceDims and operandBatchingDims and a startIndexMap below ${rank}, each axis in one part`,
    `${printShape(collapsed)}, ${printShape(batching)} and ${printShape(dims.startIndexMap)}`,
  );
  ok(
    along.length === batching.length &&
      new Set(along).size === along.length &&
      along.every((axis, i) => axis < indices.ndim - 1 && indices.shape[axis] === operand.shape[batching[i]]),
    "the batching axes do not fit",
    "axes of the operand and of the indices with equal sizes, in pairs",
    `${printShape(batching)} of ${operand} and ${printShape(along)} of ${indices}`,
  );
  const single = [...collapsed, ...batching];
  ok(
    dims.sliceSizes.length === rank &&
      dims.sliceSizes.every((n, i) => n >= 0 && (n <= operand.shape[i] || batching.includes(i))) &&
      single.every((axis) => dims.sliceSizes[axis] === 1),
    "the slice sizes do not fit",
    `one size for each axis of ${operand}, not above it, and 1 at axes ${printShape(single)}`,
    printShape(dims.sliceSizes),
  );
  const resultRank = rank - single.length + indices.ndim - 1;
  ok(
    dims.offsetDims.length === rank - single.length && increasing(dims.offsetDims, resultRank),
    "the offset axes do not fit",
    `${rank - single.length} sorted axes below ${resultRank}`,
    printShape(dims.offsetDims),
  );
};

/** The offset of every position of `shape`, row-major, for these strides. */
const offsetsOf = (shape: Shape, strides: readonly number[]): number[] => {
  let offsets = [0];
  shape.forEach((n, axis) => {
    offsets = offsets.flatMap((from) => range(n).map((i) => from + i * strides[axis]));
  });
  return offsets;
};

/** Where the elements of all slices are, in elements of row-major data. */
export interface Windows {
  /** For each slice, where it begins in the result (or updates). */
  readonly resultStarts: readonly number[];
  /** For each slice, where it begins in the operand when its index vector is zero. */
  readonly operandStarts: readonly number[];
  /** For each element of a slice, its distance from the beginning in the result, and in the operand. */
  readonly resultOffsets: readonly number[];
  readonly operandOffsets: readonly number[];
  /** For each component of an index vector: the stride in the operand and the last index at which a slice fits. */
  readonly strides: readonly number[];
  readonly lastStarts: readonly number[];
}

/** The static part of a gather or scatterAdd, for `impl` and for executors that lower it to flat indices. */
export const windowsOf = (operand: Shape, indices: Shape, dims: GatherDims): Windows => {
  const result = gatherShape(operand, indices, dims);
  const resultStrides = stridesOf(result);
  const operandStrides = stridesOf(operand);
  const window = windowAxes(operand.length, dims);
  const windowShape = window.map((axis) => dims.sliceSizes[axis]);
  const batchShape = indices.slice(0, -1);
  const batchStrides = batchShape.map((_, axis) => {
    const i = dims.startIndicesBatchingDims.indexOf(axis);
    return i < 0 ? 0 : operandStrides[dims.operandBatchingDims[i]];
  });
  const pick = (axes: readonly number[], strides: readonly number[]): number[] => axes.map((axis) => strides[axis]);
  return {
    resultStarts: offsetsOf(batchShape, pick(without(range(result.length), dims.offsetDims), resultStrides)),
    operandStarts: offsetsOf(batchShape, batchStrides),
    resultOffsets: offsetsOf(windowShape, pick(dims.offsetDims, resultStrides)),
    operandOffsets: offsetsOf(windowShape, pick(window, operandStrides)),
    strides: pick(dims.startIndexMap, operandStrides),
    lastStarts: dims.startIndexMap.map((axis) => operand[axis] - dims.sliceSizes[axis]),
  };
};

/** Where slice number `at` begins in the operand; -1 when it does not fit and is not to be moved. */
const operandStart = (w: Windows, indices: HostArray, at: number, clip: boolean): number => {
  let start = w.operandStarts[at];
  const n = w.strides.length;
  for (let k = 0; k < n; k++) {
    let i = indices.data[at * n + k];
    const last = w.lastStarts[k];
    if (i < 0 || i > last) {
      if (!clip) return -1;
      i = Math.min(Math.max(i, 0), last);
    }
    start += i * w.strides[k];
  }
  return start;
};

/** What gather gives where a slice is outside. */
export const fillValue = (dtype: DType, mode: GatherMode): number =>
  mode !== "fill"
    ? 0
    : isFloat(dtype)
      ? Number.NaN
      : dtype === "int32"
        ? -(2 ** 31)
        : dtype === "uint32"
          ? 2 ** 32 - 1
          : 1;

// --- gather --------------------------------------------------------------------------------------------------------------

/**
 * The dimension numbers after a new axis in front of the result.
 *
 * @param operandSlice  the slice size along the operand's new axis in front; null when it has none
 * @param ownIndices    whether `indices` has a new axis in front too: then it is walked together with the operand's, if there is
 *                      one; else the operand's new axis becomes a part of every slice
 */
const batchedDims = (dims: GatherDims, operandSlice: number | null, ownIndices: boolean): GatherDims => {
  const up = (list: readonly number[], by: number): number[] => list.map((n) => n + by);
  const o = operandSlice === null ? 0 : 1;
  const paired = operandSlice !== null && ownIndices ? [0] : [];
  return {
    offsetDims: [...(ownIndices ? [] : [0]), ...up(dims.offsetDims, 1)],
    collapsedSliceDims: up(dims.collapsedSliceDims, o),
    operandBatchingDims: [...paired, ...up(dims.operandBatchingDims, o)],
    startIndicesBatchingDims: [...paired, ...up(dims.startIndicesBatchingDims, ownIndices ? 1 : 0)],
    startIndexMap: up(dims.startIndexMap, o),
    sliceSizes: operandSlice === null ? dims.sliceSizes : [operandSlice, ...dims.sliceSizes],
  };
};

/** Inputs: the operand of any dtype, and int32 `indices[..., n]`. */
export const gatherP: Primitive<GatherParams> = definePrimitive<GatherParams>({
  name: "gather",
  abstractEval: ([operand, indices], dims) => {
    checkDims("gather", operand, indices, dims);
    return [operand.withShape(gatherShape(operand.shape, indices.shape, dims))];
  },
  impl: ([operand, indices], { mode, ...dims }) => {
    const out = zerosHost({ shape: gatherShape(operand.shape, indices.shape, dims), dtype: operand.dtype });
    out.data.fill(fillValue(operand.dtype, mode));
    const w = windowsOf(operand.shape, indices.shape, dims);
    for (let at = 0; at < w.resultStarts.length; at++) {
      const from = operandStart(w, indices, at, mode === "clip");
      if (from < 0) continue;
      const to = w.resultStarts[at];
      for (let k = 0; k < w.resultOffsets.length; k++) {
        out.data[to + w.resultOffsets[k]] = operand.data[from + w.operandOffsets[k]];
      }
    }
    return [out];
  },
  // What is outside has no tangent, so there the tangent is zero and not the filling.
  jvp: ([operand, indices], [dx], params) => [
    [bind1(gatherP, [operand, indices], params)],
    [gather(instantiate(dx), indices, { ...params, mode: params.mode === "clip" ? "clip" : "zero" })],
  ],
  transpose: (cts, [operand, indices], params) => {
    const zeros = fullOf(operand.aval, 0);
    const mode = params.mode === "clip" ? "clip" : "drop";
    return [scatterAdd(zeros, known(indices, "gather"), one(cts), { ...params, mode }), null];
  },
  batch: (size, [operand, indices], [d, dIndices], { mode, ...dims }) => {
    const x = d === null ? operand : mappedFront(operand, d, size);
    const i = dIndices === null ? indices : mappedFront(indices, dIndices, size);
    const own = dIndices !== null;
    const batched = batchedDims(dims, d === null ? null : own ? 1 : size, own);
    return [[bind1(gatherP, [x, i], { ...batched, mode })], [0]];
  },
});

/**
 * Slices of `x` that begin at `indices`.
 *
 * @param x        the operand, any shape and dtype
 * @param indices  `[..., n]`, int32; component `k` counts along axis `startIndexMap[k]` of `x`
 * @returns        the axes of `indices` but the last, with the axes of one slice put in at `offsetDims`
 * @throws {ShapeError} when the dimension numbers do not fit
 * @see StableHLO specification, `gather`
 */
export const gather = (x: Tensor, indices: Tensor, params: GatherParams): Tensor =>
  bind1(gatherP, [x, indices], params);

// --- scatterAdd ----------------------------------------------------------------------------------------------------------

/** Inputs: the operand (a float or integer), int32 `indices[..., n]`, and updates of the shape that gather would give. */
export const scatterAddP: Primitive<ScatterParams> = definePrimitive<ScatterParams>({
  name: "scatter_add",
  abstractEval: ([operand, indices, updates], dims) => {
    checkDims("scatterAdd", operand, indices, dims);
    sameDType("scatterAdd", [operand, updates], (a) => a.dtype !== "bool", "a float or an integer");
    const shape = gatherShape(operand.shape, indices.shape, dims);
    demand(
      sameShape(updates.shape, shape),
      "scatterAdd",
      "the updates have another shape",
      printShape(shape),
      `${updates}`,
    );
    return [new Aval(operand.shape, operand.dtype, operand.weak && updates.weak)];
  },
  impl: ([operand, indices, updates], { mode, ...dims }) => {
    const out = zerosHost(operand);
    out.data.set(operand.data);
    const w = windowsOf(operand.shape, indices.shape, dims);
    for (let at = 0; at < w.resultStarts.length; at++) {
      const to = operandStart(w, indices, at, mode === "clip");
      if (to < 0) continue;
      const from = w.resultStarts[at];
      for (let k = 0; k < w.resultOffsets.length; k++) {
        out.data[to + w.operandOffsets[k]] += updates.data[from + w.resultOffsets[k]];
      }
    }
    return [out];
  },
  jvp: ([operand, indices, updates], [dx, , du], params) => {
    const y = bind1(scatterAddP, [operand, indices, updates], params);
    return [[y], [isZero(du) ? dx : scatterAdd(instantiate(dx), indices, du, params)]];
  },
  transpose: (cts, [operand, indices, updates], params) => {
    const ct = one(cts);
    const mode = params.mode === "clip" ? "clip" : "zero";
    return [
      isLinear(operand) ? ct : null,
      null,
      isLinear(updates) ? gather(ct, known(indices, "scatterAdd"), { ...params, mode }) : null,
    ];
  },
  batch: (size, [operand, indices, updates], [d, dIndices, dUpdates], { mode, ...dims }) => {
    const x = mappedFront(operand, d, size);
    const u = mappedFront(updates, dUpdates, size);
    const own = dIndices !== null;
    const i = own ? mappedFront(indices, dIndices, size) : indices;
    const batched = batchedDims(dims, own ? 1 : size, own);
    return [[bind1(scatterAddP, [x, i, u], { ...batched, mode })], [0]];
  },
});

/**
 * `x` with `updates` added to the slices that begin at `indices`; what falls on one place adds up.
 *
 * The parameters are those of the `gather` that would read the updates back.
 */
export const scatterAdd = (x: Tensor, indices: Tensor, updates: Tensor, params: ScatterParams): Tensor =>
  bind1(scatterAddP, [x, indices, updates], params);

// --- what is said with gather --------------------------------------------------------------------------------------------

const NO_BATCHING = { operandBatchingDims: [], startIndicesBatchingDims: [] };

/** Negative indices count from the end of an axis of `size`, as in NumPy. */
export const wrapIndices = (indices: Tensor, size: number): Tensor => {
  const number = (value: number): Tensor => scalarOf(indices.aval.strong(), value);
  return select(lt(indices, number(0)), add(indices, number(size)), indices);
};

/**
 * The entries of `x` at `indices` along `axis`: shape `[...before axis, ...indices, ...behind axis]`.
 *
 * Negative indices are outside; see `wrapIndices`.
 */
export const take = (x: Tensor, indices: Tensor, axis: number, mode: GatherMode = "fill"): Tensor => {
  const k = indices.ndim;
  return gather(x, reshape(indices, [...indices.shape, 1]), {
    ...NO_BATCHING,
    offsetDims: [...range(axis), ...range(x.ndim - axis - 1).map((i) => axis + k + i)],
    collapsedSliceDims: [axis],
    startIndexMap: [axis],
    sliceSizes: x.shape.map((n, i) => (i === axis ? 1 : n)),
    mode,
  });
};

/** `y[..., i, ...] = x[..., indices[..., i, ...], ...]` along `axis`; the other sizes of `x` and `indices` are equal. */
export const takeAlongAxis = (x: Tensor, indices: Tensor, axis: number, mode: GatherMode = "fill"): Tensor => {
  const others = without(range(x.ndim), [axis]);
  return gather(x, reshape(indices, [...indices.shape, 1]), {
    offsetDims: [],
    collapsedSliceDims: [axis],
    operandBatchingDims: others,
    startIndicesBatchingDims: others,
    startIndexMap: [axis],
    sliceSizes: x.shape.map(() => 1),
    mode,
  });
};
