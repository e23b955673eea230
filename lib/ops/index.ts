/** @file Sums, products and extrema of the entries that belong together: `jax.ops`. */
import { type DType, isFloat, range } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { asTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { asIndices } from "../np/index-items.js";
import { broadcastTo, reshape } from "../primitives/broadcast.js";
import { convert } from "../primitives/elementwise.js";
import { scatterAdd } from "../primitives/gather.js";
import type { ScatterParams } from "../primitives/gather-dims.js";
import { scatterMax, scatterMin, scatterMul } from "../primitives/scatter.js";

export interface SegmentOptions {
  /** The length of the result, needed under `jit`; by default one more than the largest number of a segment. */
  readonly numSegments?: number;
  /** Entries of numbers out of range are left out, or with `clip` belong to the nearest. */
  readonly mode?: "drop" | "clip";
}

const segments = (
  name: string,
  empty: (dtype: DType) => number,
  scatter: (x: Tensor, indices: Tensor, updates: Tensor, params: ScatterParams) => Tensor,
) =>
  composite(
    `${name}(data, segmentIds, { numSegments, mode })`,
    (data: TensorLike, segmentIds: Tensor, { numSegments, mode = "drop" }: SegmentOptions = {}): Tensor => {
      const given = asTensor(data, name);
      // Extrema of bools, which executors scatter as integers.
      const bools = given.dtype === "bool" && (scatter === scatterMax || scatter === scatterMin);
      const x = bools ? convert(given, "int32") : given;
      const ids = asIndices(name, segmentIds);
      if (ids.ndim !== 1 || x.ndim < 1 || x.shape[0] !== ids.size) {
        throw new ShapeError({
          where: name,
          what: "the numbers of the segments do not fit",
          expected: "a vector with a number for each entry along the first axis",
          got: `data ${x.aval}, segmentIds ${segmentIds.aval}`,
        });
      }
      const n = numSegments ?? (ids.size === 0 ? 0 : np.max(ids).item() + 1);
      const rest = x.shape.slice(1);
      const start = broadcastTo(new Literal(empty(given.dtype), x.dtype), [Math.max(n, 0), ...rest]);
      if (x.size === 0 || n <= 0) return bools ? convert(start, "bool") : start;
      const result = scatter(start, reshape(ids, [ids.size, 1]), x, {
        offsetDims: range(rest.length).map((i) => i + 1),
        collapsedSliceDims: [0],
        operandBatchingDims: [],
        startIndicesBatchingDims: [],
        startIndexMap: [0],
        sliceSizes: [1, ...rest],
        mode,
      });
      return bools ? convert(result, "bool") : result;
    },
  );

const lowest = (dtype: DType): number => (isFloat(dtype) ? -Infinity : dtype === "int32" ? -(2 ** 31) : 0);
const HIGHEST = { bool: 1, int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1, float32: Infinity, float64: Infinity };
const highest = (dtype: DType): number => HIGHEST[dtype];

/**
 * The sums of the entries along the first axis that have the same number; 0 where there are none.
 *
 * - `data`: `[n, ...]`
 * - `segmentIds`: `[n]`, integers in any order; other dtypes are a DTypeError
 * @returns `[numSegments, ...]`
 * @see JAX, `jax.ops.segment_sum`
 * @example ops.segmentSum(messages, targets, { numSegments: nodes })
 */
export const segmentSum = segments("ops.segmentSum", () => 0, scatterAdd);
/** The products; 1 where there are no entries. They have no derivative by the data, as in JAX. @see JAX, `jax.ops.segment_prod` */
export const segmentProd = segments("ops.segmentProd", () => 1, scatterMul);
/** The largest; the lowest value of the dtype where there are no entries. @see JAX, `jax.ops.segment_max` */
export const segmentMax = segments("ops.segmentMax", lowest, scatterMax);
/** The smallest; the highest value of the dtype where there are no entries. @see JAX, `jax.ops.segment_min` */
export const segmentMin = segments("ops.segmentMin", highest, scatterMin);
