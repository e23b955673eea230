/**
 * @file Floats of 16 bits as files store them: to float32 exactly, from float32 to the nearest.
 *
 * Bits are moved as integers, so that a NaN keeps its payload.
 */
import { aligned } from "../edge/elements.js";

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

/** float32 to bfloat16, to the nearest and ties to even. A NaN stays one: it becomes quiet, and keeps what fits of its payload. */
export const toBfloat16 = (values: Float32Array): Uint16Array => {
  const bits = bitsOf(values);
  const out = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i] as number;
    // Half a unit, or one less where the last bit kept is 0: so a tie moves up only to an even number. Beyond the largest is infinity.
    out[i] = (x & 0x7fffffff) > 0x7f800000 ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
  return out;
};

/** To the nearest integer, ties to even; for the subnormal numbers of float16, whose unit is 2^-24. */
const nearestEven = (x: number): number => {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
};

/** float32 to IEEE 754 binary16, to the nearest and ties to even; what is beyond 65504 becomes infinity. NaN as in `toBfloat16`. */
export const toFloat16 = (values: Float32Array): Uint16Array => {
  const bits = bitsOf(values);
  const out = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i] as number;
    const sign = (x >>> 16) & 0x8000;
    const magnitude = x & 0x7fffffff;
    if (magnitude > 0x7f800000) out[i] = sign | 0x7e00 | ((magnitude >>> 13) & 0x1ff);
    // 65520 is half way between the largest number and the next, which is infinity.
    else if (magnitude >= 0x477ff000) out[i] = sign | 0x7c00;
    else if (magnitude < 0x38800000) out[i] = sign | nearestEven(Math.abs(values[i] as number) * 2 ** 24);
    else out[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  return out;
};
