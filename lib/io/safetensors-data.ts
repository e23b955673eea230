/**
 * @file The elements of a tensor of a safetensors file, piece by piece: memory is bounded by a piece, whatever the size of the tensor.
 */
import type { FileHandle } from "node:fs/promises";
import { allocate, type TypedArray } from "../core/host.js";
import { readInto } from "../store/open.js";
import { caller, damaged, type TensorEntry } from "./safetensors-header.js";
import { decodeStored, STORED, storedAsIs } from "./stored.js";

/** Most bytes of a file that are in memory at once besides the result. A multiple of every element size. */
const PIECE_BYTES = 2 ** 21;

/**
 * Reads a tensor and gives its pieces to `use` in order: elements, and the index of the first of them. The elements are overwritten by
 * those of the next piece.
 *
 * @throws {CheckpointError} when the file ends early, and as `decodeStored`
 */
export const readPieces = async (
  file: FileHandle,
  entry: TensorEntry,
  at: string,
  use: (piece: TypedArray, start: number) => void,
): Promise<void> => {
  const { stored } = entry;
  const size = STORED[stored].bytes;
  const scratch = new Uint8Array(Math.min(PIECE_BYTES, entry.bytes));
  const wide = allocate(entry.dtype, storedAsIs(stored) ? 0 : scratch.length / size);
  for (let done = 0; done < entry.bytes; done += scratch.length) {
    const bytes = scratch.subarray(0, Math.min(scratch.length, entry.bytes - done));
    if ((await readInto(file, entry.position + done, bytes)) < bytes.length) {
      throw damaged("the file became shorter while it was read", { at });
    }
    const start = done / size;
    use(decodeStored(stored, bytes, caller, at, { start, wide }), start);
  }
};
