/** @file lax: slices, gather and scatter, sorting and running operations. */
import * as lax from "../../../lib/lax/index.js";
import { golden, type Row } from "./row.js";

const at = golden("np-indexing");
const order = golden("np-sorting");

const slices: readonly Row[] = [
  at("lax.dynamicSlice", "dynamic_slice", (x, i, j) => lax.dynamicSlice(x, [i, j], [2, 3]), "differences"),
  at("lax.dynamicSlice", "dynamic_slice", (x) => lax.dynamicSlice(x, [-2, 1], [2, 3]), "differences"),
  at(
    "lax.dynamicSlice",
    "dynamic_slice: moved inside",
    (x, i, j) => lax.dynamicSlice(x, [i, j], [2, 3]),
    "differences",
  ),
  at("lax.dynamicIndexInDim", "dynamic_index", (x, i) => lax.dynamicIndexInDim(x, i, 1), "differences"),
  at(
    "lax.dynamicIndexInDim",
    "dynamic_index: dropped",
    (x, i) => lax.dynamicIndexInDim(x, i, 0, { keepDims: false }),
    "differences",
  ),
  at("lax.dynamicSliceInDim", "dynamic_index", (x, i) => lax.dynamicSliceInDim(x, i, 1, -1), "differences"),
  at(
    "lax.dynamicUpdateSlice",
    "dynamic_update_slice",
    (x, v, i) => lax.dynamicUpdateSlice(x, v, [i, 1]),
    "differences",
  ),
  at(
    "lax.dynamicUpdateSliceInDim",
    "dynamic_update_slice_in_dim",
    (x, v, i) => lax.dynamicUpdateSliceInDim(x, v, i, 1),
    "differences",
  ),
  at(
    "lax.dynamicUpdateIndexInDim",
    "dynamic_update_index_in_dim",
    (x, v, i) => lax.dynamicUpdateIndexInDim(x, v, i, 1),
    "differences",
  ),
  at("lax.sliceInDim", "slice_in_dim", (x) => lax.sliceInDim(x, 1, -1, 2, 1), "differences"),
  at("lax.indexInDim", "index_in_dim", (x) => lax.indexInDim(x, -2, 1, { keepDims: false }), "differences"),
  at("lax.indexTake", "index_take", (x, i, j) => lax.indexTake(x, [i, j], [0, 2]), "differences"),
];

const read: lax.GatherDims = { offsetDims: [1, 2], collapsedSliceDims: [], startIndexMap: [0, 1] };
const batches: lax.GatherDims = {
  offsetDims: [],
  collapsedSliceDims: [1],
  startIndexMap: [1],
  operandBatchingDims: [0],
  startIndicesBatchingDims: [0],
};
const written: lax.ScatterDims = {
  updateWindowDims: [1, 2],
  insertedWindowDims: [],
  scatterDimsToOperandDims: [0, 1],
};
const places: readonly Row[] = [
  at("lax.gather", "gather: windows", (x, i) => lax.gather(x, i, read, [2, 3]), "differences"),
  at(
    "lax.gather",
    "gather: windows, fill",
    (x, i) => lax.gather(x, i, read, [2, 3], { mode: "fill", fillValue: 0.5 }),
    "differences",
  ),
  at("lax.gather", "gather: batches", (x, i) => lax.gather(x, i, batches, [1, 1]), "differences"),
  at("lax.scatter", "scatter: set", (x, i, v) => lax.scatter(x, i, v, written), "differences"),
  at("lax.scatterAdd", "scatter: add", (x, i, v) => lax.scatterAdd(x, i, v, written), "differences"),
  at("lax.scatterSub", "scatter: subtract", (x, i, v) => lax.scatterSub(x, i, v, written), "differences"),
  at(
    "lax.scatterMul",
    "scatter: multiply",
    (x, i, v) => lax.scatterMul(x, i, v, written, { uniqueIndices: true }),
    "differences",
  ),
  at("lax.scatterMin", "scatter: min", (x, i, v) => lax.scatterMin(x, i, v, written), "differences"),
  at("lax.scatterMax", "scatter: max", (x, i, v) => lax.scatterMax(x, i, v, written), "differences"),
];

const ordered: readonly Row[] = [
  order("lax.sort", "sort", (x) => lax.sort(x), "differences"),
  order("lax.sort", "sort: two keys", (a, b, c) => lax.sort([a, b, c], { numKeys: 2 }), "differences"),
  order("lax.sortKeyVal", "sort_key_val", (k, v) => lax.sortKeyVal(k, v, 0), "differences"),
  order("lax.topK", "top_k", (x) => lax.topK(x, 2), "differences"),
  order("lax.topK", "top_k: ties", (x) => lax.topK(x, 3), "a kink"),
  order("lax.topK", "top_k: first axis", (x) => lax.topK(x, 2, 0), "differences"),
  order("lax.cumsum", "cumsum", (x) => lax.cumsum(x, { axis: 1 }), "differences"),
  order("lax.cumprod", "cumprod: zeros", (x) => lax.cumprod(x), "differences"),
  order("lax.cumprod", "cumprod: reverse", (x) => lax.cumprod(x, { reverse: true }), "differences"),
  order("lax.cummax", "cummax", (x) => lax.cummax(x, { axis: 1 }), "differences"),
  order("lax.cummin", "cummin", (x) => lax.cummin(x), "differences"),
  order("lax.cumlogsumexp", "cumlogsumexp", (x) => lax.cumlogsumexp(x, { axis: 1 }), "differences"),
  order("lax.cumlogsumexp", "cumlogsumexp: limits", (x) => lax.cumlogsumexp(x), "special values"),
];

export const rows: readonly Row[] = [...slices, ...places, ...ordered];
