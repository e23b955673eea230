/**
 * @file The element types that files of weights use, and what they become in memory: half-precision floats are widened to
 * float32, int64 is narrowed to int32 where it fits.
 */
import { type DType, itemBytes, type Shape } from "../core/aval.js";
import type { FluxionError } from "../core/errors.js";
import type { TypedArray } from "../core/host.js";
import type { Caller } from "../edge/decode.js";
import { elementsOf, fromInt64, notBool } from "../edge/elements.js";
import { fromBfloat16, fromFloat16 } from "./half.js";

/** Element types as they are stored: bytes of one element, and the dtype it has in memory. */
export const STORED = {
  float32: { bytes: 4, dtype: "float32" },
  float64: { bytes: 8, dtype: "float64" },
  float16: { bytes: 2, dtype: "float32" },
  bfloat16: { bytes: 2, dtype: "float32" },
  int32: { bytes: 4, dtype: "int32" },
  int64: { bytes: 8, dtype: "int32" },
  uint32: { bytes: 4, dtype: "uint32" },
  bool: { bytes: 1, dtype: "bool" },
} as const satisfies Record<string, { bytes: number; dtype: DType }>;

/** The name of an element type in a file. */
export type StoredName = keyof typeof STORED;

export const isStoredName = (name: unknown): name is StoredName =>
  typeof name === "string" && Object.hasOwn(STORED, name);

/** Elements of a shape, or undefined beyond what a number holds exactly. */
export const elementCount = (shape: Shape): number | undefined => {
  if (shape.includes(0)) return 0;
  const n = shape.reduce((product, d) => product * d, 1);
  return Number.isSafeInteger(n) ? n : undefined;
};

/** Whether the elements have in memory the bytes that they have in a file. */
export const storedAsIs = (stored: StoredName): boolean => STORED[stored].bytes === itemBytes(STORED[stored].dtype);

export interface DecodeOptions {
  /** Which element of its tensor the first one is, for errors. */
  readonly start?: number;
  /** Where elements go that have another width in memory than in the file, from the beginning on; by default a new array. */
  readonly wide?: TypedArray | undefined;
}

/**
 * Elements from little-endian bytes; those that are stored as they are in memory may share the memory of the bytes.
 *
 * @throws an error of the caller for an int64 that does not fit int32, or a truth value that is neither 0 nor 1
 */
export const decodeStored = <Err extends FluxionError>(
  stored: StoredName,
  bytes: Uint8Array,
  caller: Caller<Err>,
  at: string,
  { start = 0, wide }: DecodeOptions = {},
): TypedArray => {
  const out = wide?.subarray(0, bytes.length / STORED[stored].bytes);
  const refuse = (what: string, got: string): Err => new caller.error({ where: caller.where, what, got, at });
  if (stored === "bfloat16") return fromBfloat16(bytes, out as Float32Array<ArrayBuffer> | undefined);
  if (stored === "float16") return fromFloat16(bytes, out as Float32Array<ArrayBuffer> | undefined);
  if (stored === "int64") {
    const data = fromInt64(bytes, out as Int32Array<ArrayBuffer> | undefined);
    if (data instanceof Int32Array) return data;
    throw refuse("an integer does not fit int32", `${data.value} at index ${start + data.index}`);
  }
  const index = stored === "bool" ? notBool(bytes) : -1;
  if (index >= 0) throw refuse("a truth value is neither 0 nor 1", `${bytes[index]} at index ${start + index}`);
  return elementsOf(STORED[stored].dtype, bytes);
};
