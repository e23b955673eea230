/**
 * @file Writes the safetensors format, tensor by tensor: the bytes of a tensor are made when it is its turn, so that memory is bounded
 * by the largest.
 */

import { type DType, type Shape, sizeOf } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { bytesOf } from "../edge/elements.js";
import { toBfloat16, toFloat16 } from "./half.js";
import { PREFIX_BYTES, spellingOf } from "./safetensors-header.js";
import { STORED, type StoredName } from "./stored.js";
import { checkValue } from "./values.js";

/** How float32 is stored; the halves are rounded to the nearest, ties to even. */
export type FloatStorage = "float32" | "bfloat16" | "float16";
export const FLOATS: readonly FloatStorage[] = ["float32", "bfloat16", "float16"];

/** A tensor to be written. */
export interface Outgoing {
  readonly name: string;
  readonly stored: StoredName;
  readonly shape: Shape;
  /** Its bytes, asked for once. */
  readonly bytes: () => Uint8Array;
}

/** Bytes that a tensor will take. */
export const outgoingBytes = ({ stored, shape }: Outgoing): number => STORED[stored].bytes * sizeOf(shape);

/** @throws {ArgumentError} for a storage that is none, which plain JavaScript can give */
export const checkFloats = (where: string, floats: FloatStorage): void => {
  if (FLOATS.includes(floats)) return;
  const expected = FLOATS.join(" | ");
  throw new ArgumentError({ where, what: "weights cannot be stored in this dtype", expected, got: String(floats) });
};

/** An array to be written, which may be made late; float32 is narrowed to `floats`, other dtypes stay as they are. */
export const outgoing = (
  name: string,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: DType },
  value: () => HostArray,
  floats: FloatStorage = "float32",
): Outgoing => ({
  name,
  shape,
  stored: dtype === "float32" ? floats : dtype,
  bytes: () => {
    const { data } = value();
    if (dtype !== "float32" || floats === "float32") return bytesOf(data);
    const narrow = floats === "bfloat16" ? toBfloat16 : toFloat16;
    return new Uint8Array(narrow(data as Float32Array).buffer);
  },
});

/** Larger elements before smaller ones so that every tensor is aligned, then by name: the order of the reference implementation. */
const byAlignment = (a: Outgoing, b: Outgoing): number =>
  STORED[b.stored].bytes - STORED[a.stored].bytes || (a.name < b.name ? -1 : 1);

/**
 * The bytes of a file, in pieces: header first, then tensor by tensor.
 *
 * @throws {ArgumentError} for a tensor named `__metadata__`
 */
export const safetensorsChunks = (
  tensors: readonly Outgoing[],
  metadata?: Readonly<Record<string, string>>,
): Iterable<Uint8Array> => {
  if (tensors.some(({ name }) => name === "__metadata__")) {
    throw new ArgumentError({ where: "encodeSafetensors", what: "a tensor cannot be named __metadata__" });
  }
  const order = [...tensors].sort(byAlignment);
  let end = 0;
  const header: [string, unknown][] = order.map((tensor) => {
    const begin = end;
    end += outgoingBytes(tensor);
    return [tensor.name, { dtype: spellingOf(tensor.stored), shape: tensor.shape, data_offsets: [begin, end] }];
  });
  if (metadata !== undefined) header.unshift(["__metadata__", metadata]);
  return pieces(new TextEncoder().encode(JSON.stringify(Object.fromEntries(header))), order);
};

function* pieces(json: Uint8Array, order: readonly Outgoing[]): Iterable<Uint8Array> {
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  const prefix = new Uint8Array(PREFIX_BYTES);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(padded.length), true);
  yield prefix;
  yield padded;
  for (const tensor of order) yield tensor.bytes();
}

/**
 * A safetensors file of these tensors, each in its own dtype.
 *
 * @throws {ArgumentError} for a tensor named `__metadata__`, or an array whose data do not fit its dtype and shape
 * @example encodeSafetensors({ prompt: hostArray([1, 2], "float32", new Float32Array([1, 2])) }, { step: "300" })
 */
export const encodeSafetensors = takes(
  "encodeSafetensors(tensors, metadata)",
  (tensors: Readonly<Record<string, HostArray>>, metadata?: Readonly<Record<string, string>>): Uint8Array => {
    const chunks = [
      ...safetensorsChunks(
        Object.entries(tensors).map(([name, x]) => {
          checkValue("encodeSafetensors", x, name);
          return outgoing(name, x, () => x);
        }),
        metadata,
      ),
    ];
    const out = new Uint8Array(chunks.reduce((n, chunk) => n + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  },
);
