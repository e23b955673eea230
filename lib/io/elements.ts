/**
 * @file Elements as files store them (little-endian bytes) and as host arrays hold them.
 *
 * Known limit: typed arrays have the byte order of the machine, and this file assumes that it is little-endian, as it is
 * wherever Node and browsers run today.
 */
import { type DType, itemBytes, sameShape } from "../core/aval.js";
import { allocate, type HostArray, type TypedArray } from "../core/host.js";

/** The bytes of an array, without a copy. */
export const bytesOf = ({ data }: HostArray): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The bytes if they start at a multiple of `size`, else a copy. (`slice` would not do: that of a `Buffer` does not copy.) */
const aligned = (bytes: Uint8Array, size: number): Uint8Array =>
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

const halves = (bytes: Uint8Array): Uint16Array => {
  const { buffer, byteOffset, byteLength } = aligned(bytes, 2);
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
};

/** bfloat16 to float32, exactly: a bfloat16 is the upper half of a float32. */
export const fromBfloat16 = (bytes: Uint8Array): Float32Array => {
  const from = halves(bytes);
  const bits = new Uint32Array(from.length);
  for (let i = 0; i < bits.length; i++) bits[i] = (from[i] as number) << 16;
  return new Float32Array(bits.buffer);
};

/** IEEE 754 binary16 to float32, exactly, with subnormal numbers, infinities and the payload of NaN. */
export const fromFloat16 = (bytes: Uint8Array): Float32Array => {
  const from = halves(bytes);
  const bits = new Uint32Array(from.length);
  const out = new Float32Array(bits.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = from[i] as number;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 0) out[i] = (sign === 0 ? 1 : -1) * mantissa * 2 ** -24;
    else bits[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (mantissa << 13);
  }
  return out;
};

/** int64 to int32, or the index of the first element that does not fit. */
export const fromInt64 = (bytes: Uint8Array): Int32Array | { readonly index: number; readonly value: bigint } => {
  const { buffer, byteOffset, byteLength } = aligned(bytes, 8);
  const from = new BigInt64Array(buffer, byteOffset, byteLength / 8);
  const out = new Int32Array(from.length);
  for (let i = 0; i < out.length; i++) {
    const value = from[i] as bigint;
    out[i] = Number(value);
    if (BigInt(out[i] as number) !== value) return { index: i, value };
  }
  return out;
};

/** The index of the first byte that is not a truth value, or -1. */
export const notBool = (bytes: Uint8Array): number => bytes.findIndex((byte) => byte > 1);

/** A matrix with its axes exchanged, copied in tiles so that both sides stay in cache. */
export const transposed = (x: HostArray): HostArray => {
  const [rows, columns] = x.shape as readonly [number, number];
  const out = allocate(x.dtype, rows * columns);
  for (let top = 0; top < rows; top += TILE) {
    for (let left = 0; left < columns; left += TILE) {
      const [bottom, right] = [Math.min(top + TILE, rows), Math.min(left + TILE, columns)];
      for (let j = left; j < right; j++) {
        for (let i = top; i < bottom; i++) out[j * rows + i] = x.data[i * columns + j] as number;
      }
    }
  }
  return { shape: [columns, rows], dtype: x.dtype, data: out };
};

/** 32 x 32 float32 values are 4 KiB, so that two tiles fit into any first-level cache. */
const TILE = 32;

/** Whether two arrays have the same shape, dtype and bits. */
export const sameBits = (a: HostArray, b: HostArray): boolean =>
  a.dtype === b.dtype && sameShape(a.shape, b.shape) && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
