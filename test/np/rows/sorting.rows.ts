/** @file Sorting, searching, sets, running sums, and entries put in or taken out. */
import * as np from "../../../lib/np/index.js";
import * as ops from "../../../lib/ops/index.js";
import { golden, type Row } from "./row.js";

const row = golden("np-sorting");
const eagerOnly = { eagerOnly: true };

const sorting: readonly Row[] = [
  row("np.sort", "sort", (x) => np.sort(x), "differences"),
  row("np.sort", "sort: first axis", (x) => np.sort(x, 0), "differences"),
  row("np.sort", "sort: NaN last", (x) => np.sort(x), "special values"),
  row("np.sort", "sort: integers", (x) => np.sort(x), "no floats"),
  row("np.sort", "sort: descending", (x) => np.sort(x, 1, { descending: true }), "differences"),
  row("np.sort", "sort: flat", (x) => np.sort(x, null), "differences"),
  row("np.argsort", "argsort", (x) => np.argsort(x), "piecewise constant"),
  row("np.argsort", "argsort: ties stable, NaN last", (x) => np.argsort(x), "piecewise constant"),
  row("np.argsort", "argsort: descending, stable", (x) => np.argsort(x, 0, { descending: true }), "piecewise constant"),
  row("np.topK", "top_k", (x) => np.topK(x, 2), "differences"),
  row("np.topK", "top_k: ties", (x) => np.topK(x, 3), "a kink"),
  row("np.topK", "top_k: first axis", (x) => np.topK(x, 2, 0), "differences"),
  row("np.lexsort", "lexsort", (a, b) => np.lexsort([a, b]), "piecewise constant"),
  row("np.lexsort", "lexsort: rows", (a) => np.lexsort(a, 1), "no floats"),
  row("np.partition", "partition", (x) => np.partition(x, 2), "differences"),
  row("np.argpartition", "argpartition", (x) => np.argpartition(x, 1, 0), "piecewise constant"),
];

const searching: readonly Row[] = [
  row("np.searchsorted", "searchsorted: left", (a, v) => np.searchsorted(a, v), "piecewise constant"),
  row(
    "np.searchsorted",
    "searchsorted: right",
    (a, v) => np.searchsorted(a, v, { side: "right" }),
    "piecewise constant",
  ),
  row(
    "np.searchsorted",
    "searchsorted: sorter",
    (a, v) => np.searchsorted(a, v, { sorter: np.argsort(a) }),
    "piecewise constant",
  ),
  row("np.searchsorted", "searchsorted: NaN", (a, v) => np.searchsorted(a, v), "special values"),
  row("np.searchsorted", "searchsorted: integers", (a, v) => np.searchsorted(a, v), "no floats"),
  row("np.searchsorted", "searchsorted: none", (a, v) => np.searchsorted(a, v), "piecewise constant"),
  row("np.digitize", "digitize: False", (x, b) => np.digitize(x, b), "piecewise constant"),
  row("np.digitize", "digitize: True", (x, b) => np.digitize(x, b, { right: true }), "piecewise constant"),
  row("np.digitize", "digitize: down, False", (x, b) => np.digitize(x, b), "piecewise constant"),
  row("np.digitize", "digitize: down, True", (x, b) => np.digitize(x, b, { right: true }), "piecewise constant"),
  row("np.bincount", "bincount", (x) => np.bincount(x), "no floats", eagerOnly),
  row("np.bincount", "bincount: minlength", (x) => np.bincount(x, { minlength: 10 }), "no floats", eagerOnly),
  row("np.bincount", "bincount: weights", (x, weights) => np.bincount(x, { weights, length: 8 }), "differences"),
  row("np.bincount", "bincount: length", (x) => np.bincount(x, { length: 4 }), "no floats"),
  row("np.histogram", "histogram", (x) => np.histogram(x, { bins: 5 }), "differences"),
  row("np.histogram", "histogram: density", (x) => np.histogram(x, { bins: 4, density: true }), "differences"),
  row("np.histogram", "histogram: range", (x) => np.histogram(x, { bins: 4, range: [-1, 1] }), "piecewise constant"),
  row("np.histogram", "histogram: edges", (x, bins, weights) => np.histogram(x, { bins, weights }), "a kink"),
  row("np.histogramBinEdges", "histogram_bin_edges", (x) => np.histogramBinEdges(x, { bins: 7 }), "differences"),
  row("np.histogramBinEdges", "histogram_bin_edges: one value", (x) => np.histogramBinEdges(x, { bins: 3 }), "a kink"),
];

const sets: readonly Row[] = [
  row("np.nonzero", "nonzero", (x) => np.nonzero(x), "piecewise constant", eagerOnly),
  row("np.nonzero", "nonzero: size 4", (x) => np.nonzero(x, { size: 4, fillValue: 9 }), "piecewise constant"),
  row("np.nonzero", "nonzero: size 2", (x) => np.nonzero(x, { size: 2 }), "piecewise constant"),
  row("np.flatnonzero", "flatnonzero", (x) => np.flatnonzero(x), "piecewise constant", eagerOnly),
  row("np.flatnonzero", "flatnonzero", (x) => np.flatnonzero(x, { size: 3 }), "piecewise constant"),
  row("np.argwhere", "argwhere", (x) => np.argwhere(x), "piecewise constant", eagerOnly),
  row("np.argwhere", "argwhere", (x) => np.argwhere(x, { size: 3 }), "piecewise constant"),
  row("np.compress", "compress", (c, x) => np.compress(c, x, { axis: 1 }), "differences", eagerOnly),
  row("np.compress", "compress: flat", (c, x) => np.compress(c, x, { size: 2 }), "differences"),
  row(
    "np.compress",
    "compress: size 4",
    (c, x) => np.compress(c, x, { axis: 1, size: 4, fillValue: 7.5 }),
    "differences",
  ),
  row("np.extract", "extract", (x) => np.extract(np.greater(x, 0.5), x, { size: 2 }), "differences"),
  row("np.unique", "unique", (x) => np.unique(x), "special values", eagerOnly),
  row("np.unique", "unique", (x) => np.unique(x, { size: 5 }), "special values"),
  row("np.unique", "unique: tame", (x) => np.unique(x, { size: 4 }), "differences"),
  row("np.unique", "unique: size 3", (x) => np.unique(x, { size: 3 }), "special values"),
  row("np.unique", "unique: size 7", (x) => np.unique(x, { size: 7 }), "special values"),
  row("np.unique", "unique: integers", (x) => np.unique(x), "no floats", eagerOnly),
  row("np.uniqueValues", "unique: tame", (x) => np.uniqueValues(x, { size: 4 }), "differences"),
  row("np.uniqueAll", "unique_all", (x) => np.uniqueAll(x), "special values", eagerOnly),
  row("np.uniqueAll", "unique_all", (x) => np.uniqueAll(x, { size: 6 }), "special values"),
  row("np.uniqueAll", "unique: tame", (x) => np.uniqueAll(x, { size: 4 }).values, "differences"),
  row("np.uniqueCounts", "unique: tame", (x) => np.uniqueCounts(x, { size: 4 }).values, "differences"),
  row("np.uniqueInverse", "unique: tame", (x) => np.uniqueInverse(x, { size: 4 }).values, "differences"),
  row("np.isin", "isin", (x, y) => np.isin(x, y), "no floats"),
  row("np.isin", "isin: inverted", (x, y) => np.isin(x, y, { invert: true }), "no floats"),
  row("np.union1d", "union1d", (x, y) => np.union1d(x, y), "no floats", eagerOnly),
  row("np.union1d", "union1d", (x, y) => np.union1d(x, y, { size: 5 }), "no floats"),
  row("np.intersect1d", "intersect1d", (x, y) => np.intersect1d(x, y), "no floats", eagerOnly),
  row("np.intersect1d", "intersect1d", (x, y) => np.intersect1d(x, y, { size: 2 }), "no floats"),
  row("np.setdiff1d", "setdiff1d", (x, y) => np.setdiff1d(x, y), "no floats", eagerOnly),
  row("np.setdiff1d", "setdiff1d: size 5", (x, y) => np.setdiff1d(x, y, { size: 5, fillValue: 7 }), "no floats"),
  row("np.setxor1d", "setxor1d", (x, y) => np.setxor1d(x, y), "no floats", eagerOnly),
  row("np.setxor1d", "setxor1d", (x, y) => np.setxor1d(x, y, { size: 3 }), "no floats"),
];

const running: readonly Row[] = [
  row("np.cumsum", "cumsum", (x) => np.cumsum(x, { axis: 1 }), "differences"),
  row("np.cumsum", "cumsum: flat", (x) => np.cumsum(x), "differences"),
  row("np.cumsum", "cumsum: integers", (x) => np.cumsum(x, { axis: 1 }), "no floats"),
  row("np.cumprod", "cumprod", (x) => np.cumprod(x, { axis: 0 }), "differences"),
  row("np.cumprod", "cumprod: zeros", (x) => np.cumprod(x), "differences"),
  row("np.cumprod", "cumprod: integers", (x) => np.cumprod(x, { axis: 1 }), "no floats"),
  row("np.cumprod", "cumprod: reverse", (x) => np.cumprod(x, { axis: 0, reverse: true }), "differences"),
  row("np.cummax", "cummax", (x) => np.cummax(x, { axis: 1 }), "differences"),
  row("np.cummax", "cummax: reverse", (x) => np.cummax(x, { axis: 1, reverse: true }), "differences"),
  row("np.cummin", "cummin", (x) => np.cummin(x, { axis: 0 }), "differences"),
  row("np.cumulativeSum", "cumsum: zeros", (x) => np.cumulativeSum(x), "differences"),
  row(
    "np.cumulativeSum",
    "cumsum: initial",
    (x) => np.cumulativeSum(x, { axis: 1, includeInitial: true }),
    "differences",
  ),
  row("np.cumulativeProd", "cumprod: zeros", (x) => np.cumulativeProd(x), "differences"),
  row(
    "np.cumulativeProd",
    "cumprod: initial",
    (x) => np.cumulativeProd(x, { axis: 1, includeInitial: true }),
    "differences",
  ),
  row("np.diff", "diff", (x) => np.diff(x), "differences"),
  row("np.diff", "diff: twice along columns", (x) => np.diff(x, { n: 2, axis: 0 }), "differences"),
  row("np.diff", "diff: prepend, append", (x, prepend) => np.diff(x, { prepend, append: 2.5 }), "differences"),
  row("np.diff", "diff: bools", (x) => np.diff(x), "no floats"),
  row("np.ediff1d", "ediff1d", (x) => np.ediff1d(x), "differences"),
  row("np.ediff1d", "ediff1d: ends", (x, toBegin, toEnd) => np.ediff1d(x, { toBegin, toEnd }), "differences"),
];

const editing: readonly Row[] = [
  row("np.insert", "insert", (x) => np.insert(x, 1, 5.5, 1), "differences"),
  row("np.insert", "insert: row", (x, v) => np.insert(x, -1, v, 0), "differences"),
  row("np.insert", "insert: column", (x, v) => np.insert(x, 4, v, 1), "differences"),
  row("np.insert", "insert: several", (x, v) => np.insert(x, [3, 0, 3], v, 1), "differences"),
  row("np.insert", "insert: flat", (x, v) => np.insert(x, 2, v), "differences"),
  row("np.delete", "delete", (x) => np.delete(x, -2, 1), "differences"),
  row("np.delete", "delete: several", (x) => np.delete(x, [0, 2, 0, -1], 1), "differences"),
  row("np.delete", "delete: flat", (x) => np.delete(x, [1, 11]), "differences"),
  row("np.delete", "delete: slice", (x) => np.delete(x, "::2", 1), "differences"),
  row("np.choose", "choose", (i, ...choices) => np.choose(i, choices), "differences"),
  row("np.choose", "choose: clip", (i, ...choices) => np.choose(i, choices), "differences"),
  row("np.choose", "choose: wrap", (i, ...choices) => np.choose(i, choices, { mode: "wrap" }), "differences"),
  row("np.place", "place", (x, v) => np.place(x, np.greater(x, 0.3), v), "differences"),
  row("np.ix", "ix_", (x) => np.ix([0, 2], [true, false, true], x), "no floats"),
];

const segments: readonly Row[] = [
  row("ops.segmentSum", "segment_sum", (x, ids) => ops.segmentSum(x, ids, { numSegments: 4 }), "differences"),
  row("ops.segmentProd", "segment_prod", (x, ids) => ops.segmentProd(x, ids, { numSegments: 4 }), "refused as in JAX"),
  row("ops.segmentMax", "segment_max", (x, ids) => ops.segmentMax(x, ids, { numSegments: 4 }), "special values"),
  row(
    "ops.segmentMax",
    "segment_max: each has entries",
    (x, ids) => ops.segmentMax(x, ids, { numSegments: 2 }),
    "differences",
  ),
  row(
    "ops.segmentMin",
    "segment_min: each has entries",
    (x, ids) => ops.segmentMin(x, ids, { numSegments: 2 }),
    "differences",
  ),
  row("ops.segmentMin", "segment_min", (x, ids) => ops.segmentMin(x, ids, { numSegments: 4 }), "special values"),
  row("ops.segmentMax", "segment_max: integers", (x, ids) => ops.segmentMax(x, ids, { numSegments: 4 }), "no floats"),
];

export const rows: readonly Row[] = [...sorting, ...searching, ...sets, ...running, ...editing, ...segments];
