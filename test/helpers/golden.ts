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

/** A tensor on the host. */
export interface Host {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}
export const hostOf = (x: Tensor): Host => ({ shape: x.shape, data: x.dataSync() });

/** Asserts that a tensor has the golden's shape and elements. */
export const assertTensor = (
  what: string,
  got: Host,
  want: GoldenTensor,
  tolerance: Tolerance,
  skip?: (i: number) => boolean,
): void => {
  assert.equal(got.shape, want.shape, `${what}: shape`);
  assertNear(what, got.data, want.data, tolerance, skip);
};

/** What golden numbers allow a gradient to be off. */
export const gradientTolerance = (want: ArrayLike<number>): Tolerance => ({
  abs: 1e-5 * Array.from(want).reduce((most, x) => Math.max(most, Math.abs(x)), 0),
  rel: 1e-4,
});

/** Asserts that a gradient has the golden digest. */
export const assertDigest = (what: string, { shape, data: got }: Host, want: Digest): void => {
  assert.equal(shape, want.shape, `${what}: shape`);
  let [squares, sum, cosdot, most] = [0, 0, 0, 0];
  for (let i = 0; i < got.length; i++) {
    squares += got[i] ** 2;
    sum += got[i];
    cosdot += got[i] * Math.cos(i);
    most = Math.max(most, Math.abs(got[i]));
  }
  const slack = 2e-5 * want.l2 * Math.sqrt(got.length);
  assertNear(`${what}: l2`, [Math.sqrt(squares)], [want.l2], { abs: 0, rel: 1e-4 });
  assertNear(`${what}: sum and cosdot`, [sum, cosdot], [want.sum, want.cosdot], { abs: slack, rel: 0 });
  const elements = gradientTolerance([most]);
  assertNear(`${what}: largest element`, [most], [want.max_abs], elements);
  const all = Array.from(got);
  assertNear(`${what}: first elements`, all.slice(0, 4), want.first, elements);
  assertNear(`${what}: last elements`, all.slice(-4), want.last, elements);
};
