/**
 * @file The convolution on the WebAssembly heap: windows are laid out as rows (im2col), and our matrix product does the rest.
 *
 * Some examples at a time, so that the rows stay small. With few features in a group (a depthwise convolution) a matrix product
 * does not pay, and the primitive's own loops are used.
 */
import { type Conv, type ConvPlan, convPlan, groupStart } from "../../primitives/conv.js";
import { LONG_ROW } from "../blocks/movement.js";
import type { HeapLowering } from "./context.js";

/** Elements of the rows that are laid out at a time: 4 MB. */
const ROOM = 2 ** 20;
/** Groups with fewer features than this are not a matrix product. */
const FEW = 4;

/** Neighbouring taps of a position that see neighbouring places: first tap, place (-1 for padding) and how many, for each run. */
const runsOf = ({ positions, taps, places }: ConvPlan): { starts: Int32Array; runs: Int32Array } => {
  const starts = new Int32Array(positions + 1);
  const runs: number[] = [];
  for (let o = 0; o < positions; o++) {
    for (let k = 0; k < taps; ) {
      const place = places[o * taps + k];
      const first = k;
      do k++;
      while (k < taps && places[o * taps + k] === (place < 0 ? -1 : place + k - first));
      runs.push(first, place, k - first);
    }
    starts[o + 1] = runs.length;
  }
  return { starts, runs: Int32Array.from(runs) };
};

export const conv: HeapLowering = ({ device, gemm }, { params, inAvals: [x, w], outAvals: [out] }) => {
  if (x.dtype !== "float32") return undefined;
  const { batchGroups } = params as unknown as Conv;
  const plan = convPlan(x.shape, w.shape, params as unknown as Conv);
  const { examples, positions, taps, groups, features, inFeatures, outFeatures } = plan;
  if (groups > 1 && (inFeatures < FEW || outFeatures < FEW)) return undefined;
  const row = taps * inFeatures;
  const width = groups * outFeatures;
  const together = Math.max(1, Math.min(examples, Math.floor(ROOM / Math.max(positions * row, 1))));
  const { starts, runs } = runsOf(plan);
  // Taps side by side are elements side by side only where a group has all features.
  const joined = inFeatures === features;

  /** Lays out the windows of one group of an example, which begins at `from`. */
  const layOut = (source: Float32Array, from: number, target: Float32Array, to: number): void => {
    for (let o = 0; o < positions; o++) {
      for (let r = starts[o]; r < starts[o + 1]; r += 3) {
        let at = to + o * row + runs[r] * inFeatures;
        const [place, count] = [runs[r + 1], runs[r + 2]];
        if (place < 0) target.fill(0, at, at + count * inFeatures);
        else {
          const pieces = joined ? 1 : count;
          const length = joined ? count * inFeatures : inFeatures;
          for (let k = 0; k < pieces; k++, at += length) {
            const begin = from + (place + k) * features;
            if (length >= LONG_ROW) target.set(source.subarray(begin, begin + length), at);
            else for (let i = 0; i < length; i++) target[at + i] = source[begin + i];
          }
        }
      }
    }
  };

  return ([lhs, rhs]) => {
    const result = device.make(out.shape, "float32");
    const rows = device.make([together * positions, row], "float32");
    try {
      for (let n = 0; n < examples; n += together) {
        const count = Math.min(together, examples - n);
        for (let g = 0; g < groups; g++) {
          const source = device.view(lhs).data as Float32Array;
          const target = device.view(rows).data as Float32Array;
          for (let i = 0; i < count; i++) {
            layOut(source, groupStart(plan, batchGroups, n + i, g), target, i * positions * row);
          }
          gemm.run({
            batch: [1, 1],
            m: count * positions,
            n: outFeatures,
            k: row,
            a: { ptr: device.address(rows), rowStride: row, colStride: 1, batchStride: [0, 0] },
            b: {
              ptr: device.address(rhs) + 4 * g * outFeatures,
              rowStride: width,
              colStride: 1,
              batchStride: [0, 0],
            },
            c: {
              ptr: device.address(result) + 4 * (n * positions * width + g * outFeatures),
              rowStride: width,
              batchStride: [0, 0],
            },
          });
        }
      }
    } catch (e) {
      device.free(result);
      throw e;
    } finally {
      device.free(rows);
    }
    return [result];
  };
};
