/**
 * @file The elements of a tensor of a safetensors file, piece by piece: memory is bounded by a piece, whatever the size of the tensor.
 */
import type { FileHandle } from "node:fs/promises";
import { itemBytes } from "../core/aval.js";
import { CheckpointError } from "../core/errors.js";
import { allocate, type TypedArray } from "../core/host.js";
import { elementsOf, fromInt64, notBool } from "./elements.js";
import { readInto } from "./files.js";
import { fromBfloat16, fromFloat16 } from "./half.js";
import { caller, damaged, storedBytes, type TensorEntry } from "./safetensors-header.js";

/**
 * Elements from their bytes, the first of them element `start` of its tensor. They are written to `wide` where they are stored in
 * another width than they have in memory, else they share the memory of `bytes`.
 *
 * @throws {CheckpointError} for an integer that is too large, or a truth value that is none
 */
export const decodeElements = (
  { stored, dtype }: TensorEntry,
  bytes: Uint8Array,
  wide: TypedArray,
  start: number,
  at: string,
): TypedArray => {
  const out = wide.subarray(0, bytes.length / storedBytes(stored));
  if (stored === "BF16") return fromBfloat16(bytes, out as Float32Array<ArrayBuffer>);
  if (stored === "F16") return fromFloat16(bytes, out as Float32Array<ArrayBuffer>);
  if (stored === "I64") {
    const data = fromInt64(bytes, out as Int32Array<ArrayBuffer>);
    if (data instanceof Int32Array) return data;
    const got = `${data.value} at index ${start + data.index}`;
    const what = "an integer is too large";
    throw new CheckpointError({ where: caller.where, what, expected: "I64 that fits int32", got, at });
  }
  if (stored === "BOOL") {
    const index = notBool(bytes);
    const got = `${bytes[index]} at index ${start + index}`;
    if (index >= 0) throw damaged("a truth value is neither 0 nor 1", { got, at });
  }
  return elementsOf(dtype, bytes);
};

/** Whether the elements have in memory the bytes that they have in the file. */
export const storedAsIs = ({ stored, dtype }: TensorEntry): boolean => storedBytes(stored) === itemBytes(dtype);

/** Most bytes of a file that are in memory at once besides the result. A multiple of every element size. */
const PIECE_BYTES = 2 ** 21;

/**
 * Reads a tensor and gives its pieces to `use` in order: elements, and the index of the first of them. The elements are overwritten by
 * those of the next piece.
 *
 * @throws {CheckpointError} when the file ends early, and as `decodeElements`
 */
export const readPieces = async (
  file: FileHandle,
  entry: TensorEntry,
  at: string,
  use: (piece: TypedArray, start: number) => void,
): Promise<void> => {
  const size = storedBytes(entry.stored);
  const scratch = new Uint8Array(Math.min(PIECE_BYTES, entry.bytes));
  const wide = allocate(entry.dtype, storedAsIs(entry) ? 0 : scratch.length / size);
  for (let done = 0; done < entry.bytes; done += scratch.length) {
    const bytes = scratch.subarray(0, Math.min(scratch.length, entry.bytes - done));
    if ((await readInto(file, entry.position + done, bytes)) < bytes.length) {
      throw damaged("the file became shorter while it was read", { at });
    }
    use(decodeElements(entry, bytes, wide, done / size, at), done / size);
  }
};
