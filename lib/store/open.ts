/**
 * @file How files are opened for reading: the one place that decides what may be read.
 *
 * Only regular files are, also through links. A pipe would keep the process waiting for a writer, and a device may have no end. What a file is and how
 * large it is are asked of the open file and not of its path, where it could change in between.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { FluxionError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import type { OpenFile } from "./store.js";

/** A regular file, open for reading. Close it after use. */
export interface Readable {
  readonly file: FileHandle;
  /** In bytes, when it was opened. */
  readonly size: number;
}

type Info = Awaited<ReturnType<FileHandle["stat"]>>;

const kindOf = (info: Info): string => {
  if (info.isFIFO()) return "a pipe";
  if (info.isSocket()) return "a socket";
  return info.isCharacterDevice() || info.isBlockDevice() ? "a device" : "something else";
};

/** What is not a regular file. */
const notAFile = <Err extends FluxionError>({ where, error }: Caller<Err>, path: string, got: string): Err =>
  new error({
    where,
    what: "not a regular file",
    expected: "a file, or a link to one",
    got,
    at: path,
    hint: "save what it gives into a file, and name that one",
  });

/** With it a pipe without a writer is opened at once. Windows has no such flag. */
const WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Opens a regular file; run it inside of `attempt`, which tells what the system says of other failures. */
export const openRegular = async <Err extends FluxionError>(path: string, caller: Caller<Err>): Promise<Readable> => {
  const file = await open(path, WITHOUT_WAITING).catch((cause: NodeJS.ErrnoException) => {
    // A socket cannot be opened, nor can a device that is not there.
    throw cause.code === "ENXIO" || cause.code === "ENODEV" ? notAFile(caller, path, "a socket or device") : cause;
  });
  try {
    const info = await file.stat();
    if (info.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
    if (!info.isFile()) throw notAFile(caller, path, kindOf(info));
    return { file, size: info.size };
  } catch (cause) {
    await file.close();
    throw cause;
  }
};

/** Largest single transfer, in bytes; the system moves at most 2 GiB at once. */
export const MOST_AT_ONCE = 2 ** 30;

/** Fills `bytes` from `position` on and tells how many there were; fewer when the file ends before. */
export const readInto = async (file: FileHandle, position: number, bytes: Uint8Array): Promise<number> => {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(bytes.length - done, MOST_AT_ONCE), position + done);
    if (bytesRead === 0) return done;
    done += bytesRead;
  }
  return bytes.length;
};

/** `length` bytes from `position` on; fewer when the file ends before. */
export const readAt = async (file: FileHandle, position: number, length: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, await readInto(file, position, bytes));
};

/** Opens a regular file as those of stores are; run it inside of `attempt`. */
export const openFile = async <Err extends FluxionError>(path: string, caller: Caller<Err>): Promise<OpenFile> => {
  const { file, size } = await openRegular(path, caller);
  return { size, read: (at, length) => readAt(file, at, length), close: () => file.close() };
};

/** Most bytes of a file that is read in whole, where nothing less is said: what Node's own buffers held for long. */
export const MOST_WHOLE = 2 ** 31 - 1;

/** A whole regular file of at most `most` bytes; run it inside of `attempt`. */
export const readWhole = async <Err extends FluxionError>(
  path: string,
  caller: Caller<Err>,
  most = MOST_WHOLE,
): Promise<Uint8Array> => {
  const { file, size } = await openRegular(path, caller);
  try {
    if (size > most) {
      const [expected, got] = [`at most ${most} bytes`, `${size} bytes`];
      throw new caller.error({ where: caller.where, what: "the file is too large", expected, got, at: path });
    }
    return await readAt(file, 0, size);
  } finally {
    await file.close();
  }
};

/** The first `length` bytes of a regular file; run it inside of `attempt`. */
export const readStart = async <Err extends FluxionError>(
  path: string,
  caller: Caller<Err>,
  length: number,
): Promise<Uint8Array> => {
  const { file, size } = await openRegular(path, caller);
  try {
    return await readAt(file, 0, Math.min(length, size));
  } finally {
    await file.close();
  }
};

/** Bytes of a piece of `readPieces`. */
const PIECE = 2 ** 20;

/** `length` bytes from `position` on, in pieces that do not share memory, since streams read ahead; fewer when the file ends before. */
export async function* piecesOf(file: FileHandle, position: number, length: number): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length; done += PIECE) yield readAt(file, position + done, Math.min(PIECE, length - done));
}

/**
 * The bytes of a regular file in pieces, as many as it had when it was opened. Pieces do not share memory.
 *
 * @throws an error of the caller for what is not a file, or becomes shorter meanwhile
 */
export async function* readPieces<Err extends FluxionError>(
  path: string,
  caller: Caller<Err>,
): AsyncGenerator<Uint8Array> {
  const { file, size } = await openRegular(path, caller);
  let done = 0;
  try {
    for await (const piece of piecesOf(file, 0, size)) {
      done += piece.length;
      yield piece;
    }
    if (done === size) return;
    throw new caller.error({ where: caller.where, what: "the file became shorter while it was read", at: path });
  } finally {
    await file.close();
  }
}
