/**
 * @file Dimension numbers: which axis plays which part in gather and in the scatters, and where their slices lie.
 *
 * They are XLA's, with the index vector always in the last axis of `indices` and with batching dimensions (StableHLO `gather`,
 * `scatter`). The scatters use gather's names for the same roles, so that one record serves both: what XLA calls
 * updateWindowDims, insertedWindowDims and scatterDimsToOperandDims are offsetDims, collapsedSliceDims, startIndexMap.
 */
import { type Aval, type DType, isFloat, printShape, range, type Shape, stridesOf, without } from "../core/aval.js";
import { demand, sameDType } from "../core/rules.js";

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
 * What becomes of a slice that does not lie wholly inside the operand: `fill` gives `fillValue` (by default NaN, the lowest int32,
 * the highest uint32 or true, as JAX does), `clip` moves it inside.
 */
export type GatherMode = "fill" | "clip";
/** A window outside of the operand is left out, or moved inside. */
export type ScatterMode = "drop" | "clip";

export type GatherParams = GatherDims & { readonly mode: GatherMode; readonly fillValue?: number | undefined };
export type ScatterParams = GatherDims & {
  readonly mode: ScatterMode;
  /** A promise that no two updates fall on one place; some derivatives need it. */
  readonly uniqueIndices?: boolean | undefined;
};

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

export const checkDims = (where: string, operand: Aval, indices: Aval, dims: GatherDims): void => {
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
const offsetsOf = (shape: Shape, strides: readonly number[]): Int32Array => {
  let offsets = new Int32Array(1);
  shape.forEach((n, axis) => {
    const [outer, stride] = [offsets, strides[axis]];
    offsets = new Int32Array(outer.length * n);
    let at = 0;
    for (const from of outer) for (let i = 0; i < n; i++) offsets[at++] = from + i * stride;
  });
  return offsets;
};

/** Where the elements of all slices are, in elements of row-major data. */
export interface Windows {
  /** For each slice, where it begins in the result (or updates). */
  readonly resultStarts: Int32Array;
  /** For each slice, where it begins in the operand when its index vector is zero. */
  readonly operandStarts: Int32Array;
  /** For each element of a slice, its distance from the beginning in the result, and in the operand. */
  readonly resultOffsets: Int32Array;
  readonly operandOffsets: Int32Array;
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
export const operandStart = (w: Windows, indices: ArrayLike<number>, at: number, clip: boolean): number => {
  let start = w.operandStarts[at];
  const n = w.strides.length;
  for (let k = 0; k < n; k++) {
    let i = indices[at * n + k];
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
export const fillOf = (dtype: DType, { mode, fillValue }: Pick<GatherParams, "mode" | "fillValue">): number => {
  if (mode !== "fill") return 0;
  if (fillValue !== undefined) return fillValue;
  if (isFloat(dtype)) return Number.NaN;
  return dtype === "int32" ? -(2 ** 31) : dtype === "uint32" ? 2 ** 32 - 1 : 1;
};

/**
 * The dimension numbers after a new axis in front of the result.
 *
 * @param operandSlice  the slice size along the operand's new axis in front; null when it has none
 * @param ownIndices    whether `indices` has a new axis in front too: then it is walked together with the operand's, if there is
 *                      one; else the operand's new axis becomes a part of every slice
 */
export const batchedDims = (dims: GatherDims, operandSlice: number | null, ownIndices: boolean): GatherDims => {
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
