/**
 * @file Reads the safetensors format: 8 bytes of header length, a JSON header, then the tensors' bytes.
 *
 * Files are read tensor by tensor, a tensor piece by piece, so that little is in memory besides the result. Half-precision floats are
 * widened to float32.
 * Source: https://github.com/huggingface/safetensors, its README, "Format".
 */

import type { FileHandle } from "node:fs/promises";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type * as T from "fp-ts/lib/Task.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { sizeOf } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { CheckpointError } from "../core/errors.js";
import { allocate, type HostArray, type TypedArray } from "../core/host.js";
import { brief } from "../edge/decode.js";
import { orThrow, promised, throwing } from "../edge/either.js";
import { attempt } from "../store/files.js";
import { openRegular, readAt } from "../store/open.js";
import { readPieces } from "./safetensors-data.js";
import {
  caller,
  decodeHeader,
  headerLength,
  PREFIX_BYTES,
  type SafetensorsHeader,
  type TensorEntry,
} from "./safetensors-header.js";
import { decodeStored } from "./stored.js";

/** As `parseSafetensors`, as an Either of fp-ts. */
export const parseSafetensorsE = takes(
  "parseSafetensorsE(bytes, source)",
  (
    bytes: Uint8Array,
    source = "safetensors",
  ): E.Either<
    CheckpointError,
    { tensors: ReadonlyMap<string, HostArray>; metadata: Readonly<Record<string, string>> }
  > =>
    pipe(
      headerLength(bytes.subarray(0, PREFIX_BYTES), bytes.length, source),
      E.chain((n) => decodeHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + n), bytes.length, source)),
      E.chain(({ entries, metadata }) => {
        const tensors = new Map<string, HostArray>();
        for (const [name, entry] of entries) {
          const own = new Uint8Array(bytes.subarray(entry.position, entry.position + entry.bytes));
          const tensor = decodeTensor(entry, own, `${source}: ${name}`);
          if (E.isLeft(tensor)) return tensor;
          tensors.set(name, tensor.right);
        }
        return E.right({ tensors, metadata });
      }),
    ),
);

/**
 * Parses a whole file in memory.
 *
 * - `source`: the file's name, for errors
 *
 * @throws {CheckpointError} for a file that is damaged or of another kind
 * @example const { tensors, metadata } = parseSafetensors(readFileSync("prompt.safetensors"), "prompt.safetensors")
 */
export const parseSafetensors = throwing("parseSafetensors(bytes, source)", parseSafetensorsE);

/** One tensor from all of its bytes, whose memory it may share. */
const decodeTensor = (entry: TensorEntry, bytes: Uint8Array, at: string): E.Either<CheckpointError, HostArray> => {
  const { shape, dtype } = entry;
  return E.tryCatch(
    () => ({ shape, dtype, data: decodeStored(entry.stored, bytes, caller, at) }),
    (error) => error as CheckpointError,
  );
};

/** Elements of a tensor, and the index of the first of them; valid until the next piece. */
export type UsePiece = (piece: TypedArray, start: number) => void;

/** Open tensors by name: one file, or several that make up a checkpoint. Close them after use. */
export interface SafetensorsFile extends SafetensorsHeader {
  readonly path: string;
  /** Reads one tensor; the others stay on the disk. */
  readonly read: (name: string) => TE.TaskEither<CheckpointError, HostArray>;
  /** Reads one tensor in pieces of a few MB, in row-major order, for those who do not want it as it is stored. */
  readonly pieces: (name: string, use: UsePiece) => TE.TaskEither<CheckpointError, void>;
  readonly close: T.Task<void>;
}

/** As `SafetensorsFile`, with promises in place of TaskEithers. */
export interface OpenSafetensors extends Omit<SafetensorsFile, "read" | "pieces"> {
  /** Reads one tensor; the others stay on the disk. */
  readonly read: (name: string) => Promise<HostArray>;
  /** Reads one tensor in pieces of a few MB, in row-major order, for those who do not want it as it is stored. */
  readonly pieces: (name: string, use: UsePiece) => Promise<void>;
}

/** An open checkpoint from its header and from how it reads the pieces of a tensor that is there. */
export const tensorsOf = (
  path: string,
  header: SafetensorsHeader,
  pieces: (name: string, entry: TensorEntry, use: UsePiece) => Promise<void>,
  close: T.Task<void>,
): SafetensorsFile => {
  const entryOf = (name: string): TensorEntry => {
    const entry = header.entries.get(name);
    if (entry !== undefined) return entry;
    const what = "there is no tensor of this name";
    throw new CheckpointError({ where: caller.where, what, got: brief(name), at: path });
  };
  return {
    ...header,
    path,
    pieces: (name, use) => attempt(caller, path, async () => pieces(name, entryOf(name), use)),
    read: (name) =>
      attempt(caller, path, async () => {
        const entry = entryOf(name);
        const data = allocate(entry.dtype, sizeOf(entry.shape));
        await pieces(name, entry, (piece, start) => data.set(piece, start));
        return { shape: entry.shape, dtype: entry.dtype, data };
      }),
    close,
  };
};

const readHeader = async (file: FileHandle, size: number, path: string): Promise<SafetensorsHeader> => {
  const length = orThrow(headerLength(await readAt(file, 0, PREFIX_BYTES), size, path));
  const json = await readAt(file, PREFIX_BYTES, length);
  return orThrow(decodeHeader(json, size, path));
};

/** As `openSafetensors`, as a TaskEither of fp-ts; so are `read` and `pieces` of what it gives. */
export const openSafetensorsTE = takes(
  "openSafetensorsTE(path)",
  (path: string): TE.TaskEither<CheckpointError, SafetensorsFile> =>
    attempt(caller, path, async () => {
      const { file, size } = await openRegular(path, caller);
      const header = await readHeader(file, size, path).catch(async (error: unknown) => {
        await file.close();
        throw error;
      });
      return tensorsOf(
        path,
        header,
        (name, entry, use) => readPieces(file, entry, `${path}: ${name}`, use),
        () => file.close(),
      );
    }),
);

/**
 * Opens a file and reads its header; tensors are read one by one.
 *
 * @throws {CheckpointError} for a file that is missing, damaged or of another kind; `read` and `pieces` throw it for a name that is not there
 * @example
 * const file = await openSafetensors("model.safetensors")
 * const embedding = await file.read("shared.weight").finally(file.close)
 */
export const openSafetensors = promised("openSafetensors(path)", (path: string) =>
  pipe(
    openSafetensorsTE(path),
    TE.map(
      (file): OpenSafetensors => ({
        ...file,
        read: promised("openSafetensors.read(name)", file.read),
        pieces: promised("openSafetensors.pieces(name, use)", file.pieces),
      }),
    ),
  ),
);
