/** @file Comparing with golden tensors: `|got - want| <= abs + rel * |want|`, and digests of tensors too big to store. */
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";

/** A tensor as the golden files write it. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  readonly data: readonly number[];
}

/** Stands for a tensor that would be too big. */
export interface Digest {
  readonly shape: readonly number[];
  readonly l2: number;
  readonly sum: number;
  readonly cosdot: number;
  readonly max_abs: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** The golden tensor on the current device. */
export const fromGolden = (x: GoldenTensor): Tensor =>
  np.array(x.dtype === "float32" ? Float32Array.from(x.data) : Int32Array.from(x.data), { shape: x.shape });

export interface Tolerance {
  readonly abs: number;
  readonly rel: number;
}

/** Asserts that numbers agree; `skip` tells which places do not count. */
export const assertNear = (
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { abs, rel }: Tolerance,
  skip: (i: number) => boolean = () => false,
): void => {
  assert.is(got.length, want.length, `${what}: number of elements`);
  for (let i = 0; i < got.length; i++) {
    if (skip(i)) continue;
    const off = Math.abs(got[i] - want[i]);
    if (!(off <= abs + rel * Math.abs(want[i]))) {
      assert.unreachable(`${what}: element ${i} is ${got[i]}, expected ${want[i]} (off by ${off})`);
    }
  }
};

/** Asserts that a gradient has the golden digest. */
export const assertDigest = (what: string, got: ArrayLike<number>, want: Digest): void => {
  let [squares, sum, cosdot] = [0, 0, 0];
  for (let i = 0; i < got.length; i++) {
    squares += got[i] ** 2;
    sum += got[i];
    cosdot += got[i] * Math.cos(i);
  }
  const slack = 2e-5 * want.l2 * Math.sqrt(got.length);
  assertNear(`${what}: l2`, [Math.sqrt(squares)], [want.l2], { abs: 0, rel: 1e-4 });
  assertNear(`${what}: sum and cosdot`, [sum, cosdot], [want.sum, want.cosdot], { abs: slack, rel: 0 });
};
