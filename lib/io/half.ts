/**
 * @file Floats of 16 bits as files store them, to float32: exactly.
 *
 * Bits are moved as integers, so that a NaN keeps its payload.
 */
import { aligned } from "./elements.js";

const halves = (bytes: Uint8Array): Uint16Array => {
  const { buffer, byteOffset, byteLength } = aligned(bytes, 2);
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
};
const bitsOf = (x: Float32Array): Uint32Array => new Uint32Array(x.buffer, x.byteOffset, x.length);

/** bfloat16 to float32 in `out`: a bfloat16 is the upper half of a float32. */
export const fromBfloat16 = (bytes: Uint8Array, out = new Float32Array(bytes.length / 2)): Float32Array => {
  const from = halves(bytes);
  const bits = bitsOf(out);
  for (let i = 0; i < from.length; i++) bits[i] = (from[i] as number) << 16;
  return out;
};

/** IEEE 754 binary16 to float32 in `out`, with subnormal numbers, infinities and the payload of NaN. */
export const fromFloat16 = (bytes: Uint8Array, out = new Float32Array(bytes.length / 2)): Float32Array => {
  const from = halves(bytes);
  const bits = bitsOf(out);
  for (let i = 0; i < from.length; i++) {
    const half = from[i] as number;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 0) out[i] = (sign === 0 ? 1 : -1) * mantissa * 2 ** -24;
    else bits[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (mantissa << 13);
  }
  return out;
};
