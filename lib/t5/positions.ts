/**
 * @file Relative position buckets: which learned bias a pair of positions gets.
 *
 * @see Raffel et al. 2020, section 2.1; the buckets are T5X's, with its machine epsilon that keeps exact powers in place
 */
import { takes } from "../core/composite.js";

/** Float32 machine epsilon, which T5X adds inside the logarithm. */
const EPSILON = 2 ** -23;

/**
 * Bucket of a relative position.
 *
 * @param relative       key position minus query position
 * @param bidirectional  whether keys after the query have their own buckets (encoder) or share bucket 0 (decoder)
 * @param buckets        number of buckets
 * @param maxDistance    distance from which on all share the last bucket
 * @returns a number in `[0, buckets)`
 */
export const relativeBucket = takes(
  "t5.relativeBucket(relative, bidirectional, buckets, maxDistance)",
  (relative: number, bidirectional: boolean, buckets: number, maxDistance: number): number => {
    const half = bidirectional ? Math.floor(buckets / 2) : buckets;
    const after = bidirectional && relative > 0 ? half : 0;
    const distance = bidirectional ? Math.abs(relative) : Math.max(-relative, 0);
    const exact = Math.floor(half / 2);
    if (distance < exact) return after + distance;
    // In float32, as the reference computes it.
    const f = Math.fround;
    const scale = f(f(Math.log(f(f(distance / exact) + EPSILON))) / f(Math.log(maxDistance / exact)));
    const large = exact + Math.trunc(f(scale * (half - exact)));
    return after + Math.min(large, half - 1);
  },
);

/** Buckets of all pairs, row-major `[queries, keys]`. */
export const bucketTable = takes(
  "t5.bucketTable(queries, keys, bidirectional, buckets, maxDistance)",
  (queries: number, keys: number, bidirectional: boolean, buckets: number, maxDistance: number): Int32Array => {
    const table = new Int32Array(queries * keys);
    const of = new Map<number, number>();
    for (let q = 0; q < queries; q++) {
      for (let k = 0; k < keys; k++) {
        let bucket = of.get(k - q);
        if (bucket === undefined) {
          bucket = relativeBucket(k - q, bidirectional, buckets, maxDistance);
          of.set(k - q, bucket);
        }
        table[q * keys + k] = bucket;
      }
    }
    return table;
  },
);
