/**
 * @file Zarr arrays of version 2, one folder each, as T5X writes them: `.zarray` says what the array is, and each file `i.j`
 * holds one chunk, compressed by itself. Chunks at the edge are padded to their full size.
 *
 * Chunks go one by one straight into the final array, and none is inflated beyond its own size. (zarrita, the library for
 * this format, knows no bfloat16, writes no gzip and inflates whatever it is given.)
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createUnzip, gzip } from "node:zlib";
import { type Shape, stridesOf } from "../../core/aval.js";
import { allocate, type HostArray, type TypedArray } from "../../core/host.js";
import { bitsOf, bytesOf } from "../../edge/elements.js";
import { readBounded } from "../../store/files.js";
import { readPieces } from "../../store/open.js";
import { decodeStored, elementCount, STORED, type StoredName } from "../stored.js";
import type { SourceEntry } from "../tensor-source.js";
import { caller, damaged } from "./errors.js";
import { type ChunkFile, chunkFiles, DTYPES, gridOf, type Layout, readLayout, type Tiling } from "./zarr-layout.js";

/** An array whose description was checked; its elements are still on the disk. */
export interface ZarrArray extends SourceEntry {
  /** Bytes that reading it takes: the array, or one chunk if that is larger. */
  readonly claimedBytes: number;
  readonly read: () => Promise<HostArray>;
}

const deflate = promisify(gzip);

const readChunk = async (layout: Layout, { name }: ChunkFile): Promise<TypedArray> => {
  const { folder, compressed, chunkBytes, stored } = layout;
  const at = join(folder, name);
  const bytes = compressed ? await inflated(at, chunkBytes) : await readBounded(at, chunkBytes, caller);
  if (bytes.length !== chunkBytes) {
    throw damaged("a chunk ends early", { expected: `${chunkBytes} bytes`, got: `${bytes.length}`, at });
  }
  return decodeStored(stored, bytes, caller, at);
};

/** Bytes that are inflated at once. */
const PIECE_BYTES = 2 ** 20;

/** The content of a compressed file, piece by piece into one buffer, and never more than `most` bytes of it. */
const inflated = async (path: string, most: number): Promise<Uint8Array> => {
  const out = new Uint8Array(most);
  let done = 0;
  let tooLarge = false;
  const collect = async (pieces: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const piece of pieces) {
      tooLarge = done + piece.length > most;
      if (tooLarge) return; // which closes the stream
      out.set(piece, done);
      done += piece.length;
    }
  };
  try {
    await pipeline(readPieces(path, caller), createUnzip({ chunkSize: PIECE_BYTES }), collect);
    if (tooLarge) throw new Error("the stream goes on");
  } catch (cause) {
    if (tooLarge) {
      throw damaged("a chunk inflates beyond its size", { expected: `${most} bytes`, got: "more", at: path }, cause);
    }
    const got = (cause as Error).message;
    throw damaged("a chunk cannot be inflated", { expected: "a gzip stream", got, at: path }, cause);
  }
  return out.subarray(0, done);
};

/** Visits the runs along the last axis of the part of a chunk that lies inside the array: offsets in the chunk and in the array. */
const forRuns = (
  { shape, chunks }: Tiling,
  fortran: boolean,
  at: readonly number[],
  visit: (inChunk: number, inArray: number, length: number, step: number) => void,
): void => {
  if (shape.length === 0) {
    visit(0, 0, 1, 1);
    return;
  }
  const chunkStrides = fortran ? stridesOf(chunks.toReversed()).reverse() : stridesOf(chunks);
  const arrayStrides = stridesOf(shape);
  const first = at.map((i, axis) => i * (chunks[axis] as number));
  const sizes = first.map((start, axis) => Math.min(chunks[axis] as number, (shape[axis] as number) - start));
  const last = shape.length - 1;
  const walk = (axis: number, inChunk: number, inArray: number): void => {
    if (axis === last) visit(inChunk, inArray, sizes[last] as number, chunkStrides[last] as number);
    else
      for (let i = 0; i < (sizes[axis] as number); i++) {
        walk(axis + 1, inChunk + i * (chunkStrides[axis] as number), inArray + i * (arrayStrides[axis] as number));
      }
  };
  walk(
    0,
    0,
    first.reduce((offset, start, axis) => offset + start * (arrayStrides[axis] as number), 0),
  );
};

const readArray = async (layout: Layout, files: readonly ChunkFile[]): Promise<HostArray> => {
  const { shape, stored, fortran, fill } = layout;
  const { dtype } = STORED[stored];
  const data = allocate(dtype, elementCount(shape) as number);
  if (fill !== undefined && fill !== 0) data.fill(fill);
  const bits = bitsOf(data);
  for (const file of files) {
    const chunk = bitsOf(await readChunk(layout, file));
    forRuns(layout, fortran, file.at, (inChunk, inArray, length, step) => {
      if (step === 1) bits.set(chunk.subarray(inChunk, inChunk + length), inArray);
      else for (let i = 0; i < length; i++) bits[inArray + i] = chunk[inChunk + i * step] as number;
    });
  }
  return { shape, dtype, data };
};

/**
 * Opens the array of a folder: its description is decoded, checked and compared with the chunk files.
 *
 * @param shortsAreBfloat16  whether `<u2` means bfloat16, as in the checkpoints of version 2
 */
export const openZarr = async (folder: string, shortsAreBfloat16: boolean): Promise<ZarrArray> => {
  const layout = await readLayout(folder, shortsAreBfloat16);
  const files = await chunkFiles(layout);
  const { shape, stored, chunkBytes } = layout;
  const widened = STORED[stored].dtype === "float32" ? 4 : STORED[stored].bytes;
  return {
    shape,
    dtype: STORED[stored].dtype,
    stored,
    storedBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    claimedBytes: Math.max((elementCount(shape) as number) * widened, chunkBytes),
    read: () => readArray(layout, files),
  };
};

/** Target size of a chunk, in bytes, as in T5X. */
const CHUNK_BYTES = 2 ** 26;

/** The shape of the chunks of an array: its own, with the largest axis halved until a chunk is small enough. */
export const chunkShape = (shape: Shape, itemBytes: number): Shape => {
  const chunks = [...shape];
  while (chunks.reduce((n, d) => n * d, itemBytes) > CHUNK_BYTES) {
    const largest = chunks.indexOf(Math.max(...chunks));
    chunks[largest] = Math.ceil((chunks[largest] as number) / 2);
  }
  return chunks;
};

const dtypeOf = (x: HostArray): string => {
  const found = [...DTYPES].find(([, stored]) => stored === x.dtype);
  return (found as [string, StoredName])[0];
};

/** What T5X's index says of an array: the spec that TensorStore would open it with. */
export const zarrMetadata = (x: HostArray) => ({
  chunks: chunkShape(x.shape, x.data.BYTES_PER_ELEMENT),
  compressor: { id: "gzip", level: 1 },
  dtype: dtypeOf(x),
  shape: x.shape,
});

/** Writes an array into a new folder, chunk by chunk. Every chunk is stored, so there is no fill value. */
export const writeZarr = async (folder: string, x: HostArray): Promise<void> => {
  const metadata = zarrMetadata(x);
  await mkdir(folder);
  const description = { ...metadata, fill_value: null, filters: null, order: "C", zarr_format: 2 };
  await writeFile(join(folder, ".zarray"), JSON.stringify(description), { flush: true });
  const { dtype, data } = x;
  for (const at of indices(gridOf(metadata))) {
    const chunk = allocate(dtype, elementCount(metadata.chunks) as number);
    forRuns(metadata, false, at, (inChunk, inArray, length) =>
      chunk.set(data.subarray(inArray, inArray + length), inChunk),
    );
    const bytes = await deflate(bytesOf(chunk), { level: 1 });
    await writeFile(join(folder, at.join(".")), bytes, { flush: true });
  }
};

/** Every index into a grid, the last axis fastest. */
const indices = (grid: readonly number[]): number[][] =>
  grid.reduce<number[][]>(
    (heads, size) => heads.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i])),
    [[]],
  );
