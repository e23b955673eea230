/** @file Files of rows that are packed, unpacked while they are read. */
import { DataError, isFluxionError } from "../core/errors.js";
import { READER } from "./fields.js";

const GZIP = [0x1f, 0x8b];
/** How a pointer of Git LFS begins, which stands in place of a large file. */
export const LFS_POINTER = "version https://git-lfs.github.com/spec/";

/** Whether a file that begins so is a pointer of Git LFS. */
export const isPointer = (start: Uint8Array): boolean =>
  new TextDecoder("latin1").decode(start.subarray(0, LFS_POINTER.length)) === LFS_POINTER;

export const POINTER_PROBLEM = {
  what: "a pointer of Git LFS, and not the file",
  hint: "git lfs pull gets the file",
} as const;

/** Whether a file that begins so is packed by gzip. */
export const isGzip = (start: Uint8Array): boolean => GZIP.every((byte, i) => start[i] === byte);

const streamOf = (iterator: AsyncIterator<Uint8Array>): ReadableStream<BufferSource> =>
  new ReadableStream({
    async pull(controller) {
      const { value, done } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value as Uint8Array<ArrayBuffer>);
    },
  });

async function* unzipped(iterator: AsyncIterator<Uint8Array>, source: string): AsyncGenerator<Uint8Array> {
  try {
    yield* streamOf(iterator).pipeThrough(new DecompressionStream("gzip")) as unknown as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (isFluxionError(cause)) throw cause;
    const [what, hint] = ["the gzip file is damaged or cut", "get the file again"];
    throw new DataError({ where: READER.where, what, got: (cause as Error).message, at: source, hint }, { cause });
  }
}

/** The first value of an iterator again, then its others. */
async function* from(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let piece = first; ; ) {
    yield piece;
    const { value, done } = await iterator.next();
    if (done) return;
    piece = value;
  }
}

/**
 * The bytes of a file, unpacked where it begins as gzip does.
 *
 * @throws {DataError} for a damaged or cut gzip file, and for a pointer that Git LFS left instead of a file
 */
export async function* plainPieces(pieces: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    const { value: first, done } = await iterator.next();
    if (done) return;
    if (isPointer(first)) throw new DataError({ where: READER.where, ...POINTER_PROBLEM, at: source });
    const all = from(first, iterator);
    yield* isGzip(first) ? unzipped(all, source) : all;
  } finally {
    // Closes the file, also when it was not read to its end.
    await iterator.return?.();
  }
}
