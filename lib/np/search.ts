/** @file Searching in sorted data, and counting in bins. */
import { isFloat } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { asTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import { scatterAdd, take } from "../primitives/gather.js";
import * as mv from "../primitives/movement.js";
import { at } from "./at.js";
import { divide, maximum } from "./elementwise.js";
import { asIndices } from "./index-items.js";
import { where as choice } from "./logic.js";
import { noBool, promoteDType, promoteFloat } from "./promote.js";
import { max, min, sum } from "./reduce.js";

const int = (value: number): Tensor => new Literal(value, "int32");

/** Whether `a` sorts before `b`: NaN comes last. */
const before = (x: Tensor, y: Tensor): Tensor =>
  isFloat(x.dtype) ? e.or(e.lt(x, y), e.and(e.ne(y, y), e.eq(x, x))) : e.lt(x, y);

/**
 * Where in the sorted vector `sorted` each of `values` would be inserted (int32): before equal ones, or behind with `side: "right"`.
 *
 * - `sorter`: indices that sort `sorted`, if it is not
 * @see JAX, `jax.numpy.searchsorted`; a binary search
 */
export const searchsorted = composite(
  "np.searchsorted(sorted, values, { side, sorter })",
  (
    sorted: TensorLike,
    values: TensorLike,
    { side = "left", sorter }: { readonly side?: "left" | "right"; readonly sorter?: Tensor } = {},
  ): Tensor => {
    const where = "np.searchsorted";
    const [given, v] = promoteDType(where, [sorted, values]);
    if (given.ndim !== 1) {
      throw new ShapeError({
        where,
        what: "the sorted values are not a vector",
        expected: "rank 1",
        got: `${given.aval}`,
      });
    }
    const line = sorter === undefined ? given : take(given, asIndices(where, sorter), 0, "clip");
    const n = line.size;
    const flat = b.reshape(v, [v.size]);
    let low = b.broadcastTo(int(0), flat.shape);
    let high = b.broadcastTo(int(n), flat.shape);
    for (let left = n; left > 0; left = Math.floor(left / 2)) {
      const middle = e.shiftRightArithmetic(e.add(low, high), int(1));
      const there = take(line, middle, 0, "clip");
      const goRight = side === "left" ? before(there, flat) : e.not(before(flat, there));
      // Where the search has ended there is nothing to decide.
      const open = e.lt(low, high);
      low = e.select(e.and(open, goRight), e.add(middle, int(1)), low);
      high = e.select(e.and(open, e.not(goRight)), middle, high);
    }
    return b.reshape(low, v.shape);
  },
);

/**
 * The number of the bin that each of `x` is in (int32): `bins[i-1] <= x < bins[i]` for increasing bins, `bins[i-1] > x >= bins[i]` for
 * decreasing ones; with `right` the other bound is in.
 * @see JAX, `jax.numpy.digitize`
 */
export const digitize = composite(
  "np.digitize(x, bins, { right })",
  (x: TensorLike, bins: TensorLike, { right = false }: { readonly right?: boolean } = {}): Tensor => {
    const edges = asTensor(bins, "np.digitize");
    if (edges.ndim !== 1) {
      throw new ShapeError({
        where: "np.digitize",
        what: "the bins are not a vector",
        expected: "rank 1",
        got: `${edges.aval}`,
      });
    }
    const t = asTensor(x, "np.digitize");
    const n = edges.size;
    if (n === 0) return b.broadcastTo(int(0), t.shape);
    const side = right ? "left" : "right";
    const edge = (i: number): Tensor => b.reshape(mv.sliceAxis(edges, 0, i, i + 1), []);
    const up = searchsorted(edges, t, { side });
    const down = e.sub(int(n), searchsorted(mv.reverse(edges, [0]), t, { side: right ? "left" : "right" }));
    return choice(e.ge(edge(n - 1), edge(0)), up, down);
  },
);

/**
 * How often each of 0, 1, … is in the vector `x`, or the sum of `weights` there. Negative ones count as 0.
 *
 * - `length`: the length of the result, needed under `jit`; what is not below it is left out
 * @see JAX, `jax.numpy.bincount`
 */
export const bincount = composite(
  "np.bincount(x, { weights, minlength, length })",
  (
    x: TensorLike,
    { weights, minlength = 0, length }: { weights?: TensorLike; minlength?: number; length?: number } = {},
  ): Tensor => {
    const t = maximum(asIndices("np.bincount", noBool("np.bincount", asTensor(x, "np.bincount"))), 0);
    const size = length ?? (t.size === 0 ? minlength : Math.max(minlength, max(t).item() + 1));
    const w = weights === undefined ? int(1) : asTensor(weights, "np.bincount");
    const zeros = b.broadcastTo(new Literal(0, w.dtype), [size]);
    return at(zeros, t).add(w);
  },
);

export interface HistogramOptions {
  /** How many bins (default 10), or their edges. */
  readonly bins?: number | Tensor;
  /** Lower and upper end; by default those of the data. */
  readonly range?: readonly [low: TensorLike, high: TensorLike];
  readonly weights?: TensorLike;
  /** The density instead of counts: the histogram has the integral 1. */
  readonly density?: boolean;
}

/**
 * The edges of equal bins over the data, or over `range`; data of one value get a bin of width 1 around it.
 * @see JAX, `jax.numpy.histogram_bin_edges`
 */
export const histogramBinEdges = composite(
  "np.histogramBinEdges(x, { bins, range })",
  (x: TensorLike, { bins = 10, range }: Pick<HistogramOptions, "bins" | "range"> = {}): Tensor => {
    const where = "np.histogramBinEdges";
    if (typeof bins !== "number") return bins;
    if (!Number.isInteger(bins) || bins < 1) {
      throw new ArgumentError({ where, what: "not a number of bins", expected: "1, 2, …", got: String(bins) });
    }
    const [t] = promoteFloat(where, x);
    const [low, high] = (range ?? (t.size === 0 ? [0, 1] : [min(t), max(t)])).map(
      (v) => promoteDType(where, [v, t])[0],
    );
    const half = new Literal(0.5, t.dtype);
    const flat = e.eq(low, high);
    const from = e.select(flat, e.sub(low, half), low);
    const to = e.select(flat, e.add(high, half), high);
    const steps = divide(mv.iota([bins + 1], t.dtype), new Literal(bins, t.dtype));
    // The last edge is the upper end itself, not what rounding makes of it.
    const inner = e.add(from, e.mul(e.sub(to, from), mv.sliceAxis(steps, 0, 0, bins)));
    return mv.concatenate([inner, b.reshape(to, [1])], 0);
  },
);

/**
 * How many of the data are in each bin (as floats), and the edges of the bins; the upper end belongs to the last bin.
 *
 * @see JAX, `jax.numpy.histogram`
 * @example const [counts, edges] = np.histogram(x, { bins: 20 })
 */
export const histogram = composite(
  "np.histogram(x, { bins, range, weights, density })",
  (x: TensorLike, options: HistogramOptions = {}): [counts: Tensor, edges: Tensor] => {
    const where = "np.histogram";
    const [t] = promoteFloat(where, x);
    const given = histogramBinEdges(t, options);
    const [edges] = promoteDType(where, [given, t]);
    const n = edges.size - 1;
    const flat = b.reshape(t, [t.size]);
    const last = b.reshape(mv.sliceAxis(edges, 0, n, n + 1), []);
    const bin = e.select(e.eq(flat, last), int(n - 1), e.sub(searchsorted(edges, flat, { side: "right" }), int(1)));
    const one = new Literal(1, t.dtype);
    const w = options.weights === undefined ? one : b.reshape(asTensor(options.weights, where), [t.size]);
    const updates = b.broadcastTo(promoteDType(where, [w, t])[0], [t.size]);
    const counts = scatterAdd(b.broadcastTo(new Literal(0, t.dtype), [n]), b.reshape(bin, [t.size, 1]), updates, {
      offsetDims: [],
      collapsedSliceDims: [0],
      operandBatchingDims: [],
      startIndicesBatchingDims: [],
      startIndexMap: [0],
      sliceSizes: [1],
      mode: "drop",
    });
    if (options.density !== true) return [counts, given];
    const widths = e.sub(mv.sliceAxis(edges, 0, 1, n + 1), mv.sliceAxis(edges, 0, 0, n));
    return [divide(divide(counts, sum(counts)), widths), given];
  },
);
