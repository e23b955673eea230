/**
 * @file Elements as files store them (little-endian bytes) and as host arrays hold them.
 *
 * Known limit: typed arrays have the byte order of the machine, and this file assumes that it is little-endian, as it is
 * wherever Node and browsers run today.
 */
import { type DType, itemBytes, sameShape } from "../core/aval.js";
import { allocate, type HostArray, type TypedArray } from "../core/host.js";

/** The bytes of elements, without a copy. */
export const bytesOf = (data: TypedArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The bytes if they start at a multiple of `size`, else a copy. (`slice` would not do: that of a `Buffer` does not copy.) */
export const aligned = (bytes: Uint8Array, size: number): Uint8Array =>
  bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);

/** Bytes read as elements of `dtype`; they are copied only when they do not start at a multiple of the element size. */
export const elementsOf = (dtype: DType, bytes: Uint8Array): TypedArray => {
  const { buffer, byteOffset } = aligned(bytes, itemBytes(dtype));
  const n = bytes.byteLength / itemBytes(dtype);
  switch (dtype) {
    case "float32":
      return new Float32Array(buffer, byteOffset, n);
    case "float64":
      return new Float64Array(buffer, byteOffset, n);
    case "int32":
      return new Int32Array(buffer, byteOffset, n);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, n);
    case "bool":
      return new Uint8Array(buffer, byteOffset, n);
  }
};

/** int64 to int32 in `out`, or the index of the first element that does not fit. */
export const fromInt64 = (
  bytes: Uint8Array,
  out = new Int32Array(bytes.byteLength / 8),
): Int32Array | { readonly index: number; readonly value: bigint } => {
  const { buffer, byteOffset, byteLength } = aligned(bytes, 8);
  const from = new BigInt64Array(buffer, byteOffset, byteLength / 8);
  for (let i = 0; i < from.length; i++) {
    const value = from[i] as bigint;
    out[i] = Number(value);
    if (BigInt(out[i] as number) !== value) return { index: i, value };
  }
  return out;
};

/** The index of the first byte that is not a truth value, or -1. */
export const notBool = (bytes: Uint8Array): number => bytes.findIndex((byte) => byte > 1);

/** The same memory as integers where elements have four bytes: a float that is moved as a float may change the payload of its NaN. */
export const bitsOf = (data: TypedArray): TypedArray =>
  data.BYTES_PER_ELEMENT === 4 ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;

/**
 * Writes a piece of a `[rows, columns]` matrix, its elements `start` to `start + piece.length` in row-major order, to their
 * places in the transpose `out`. Tile by tile, so that both sides stay in cache.
 */
export const transposeInto = (
  out: TypedArray,
  [rows, columns]: readonly [number, number],
  piece: TypedArray,
  start: number,
): void => {
  const [to, from] = [bitsOf(out), bitsOf(piece)];
  const end = start + piece.length;
  const [first, last] = [Math.floor(start / columns), Math.ceil(end / columns)];
  for (let top = first; top < last; top += TILE) {
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns);
      for (let j = left; j < right; j++) {
        // The first and the last row may be there only in part.
        const i0 = top === first && first * columns + j < start ? first + 1 : top;
        const bottom = Math.min(top + TILE, last);
        const i1 = bottom === last && (last - 1) * columns + j >= end ? last - 1 : bottom;
        for (let i = i0; i < i1; i++) to[j * rows + i] = from[i * columns + j - start] as number;
      }
    }
  }
};

/** 32 x 32 float32 values are 4 KiB, so that two tiles fit into any first-level cache. */
const TILE = 32;

/** A matrix with its axes exchanged. */
export const transposed = (x: HostArray): HostArray => {
  const [rows, columns] = x.shape as readonly [number, number];
  const data = allocate(x.dtype, rows * columns);
  transposeInto(data, [rows, columns], x.data, 0);
  return { shape: [columns, rows], dtype: x.dtype, data };
};

/** Whether two arrays have the same shape, dtype and bits. */
export const sameBits = (a: HostArray, b: HostArray): boolean =>
  a.dtype === b.dtype && sameShape(a.shape, b.shape) && Buffer.compare(bytesOf(a.data), bytesOf(b.data)) === 0;
