/**
 * @file The safetensors format: 8 bytes of header length, a JSON header, then the tensors' bytes.
 *
 * Files are read tensor by tensor, a tensor piece by piece, and written piece by piece, so that little is in memory besides the
 * result. Half-precision floats are widened to float32.
 * Source: https://github.com/huggingface/safetensors, its README, "Format".
 */
import { type FileHandle, open } from "node:fs/promises";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type * as T from "fp-ts/lib/Task.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type DType, itemBytes, sizeOf } from "../core/aval.js";
import { ArgumentError, CheckpointError } from "../core/errors.js";
import { allocate, type HostArray, type TypedArray } from "../core/host.js";
import { brief } from "./decode.js";
import { bytesOf } from "./elements.js";
import { attempt, readAt } from "./files.js";
import { decodeElements, readPieces, storedAsIs } from "./safetensors-data.js";
import {
  caller,
  decodeHeader,
  headerLength,
  PREFIX_BYTES,
  type SafetensorsHeader,
  type StoredType,
  type TensorEntry,
} from "./safetensors-header.js";

const STORED_AS: Record<DType, StoredType> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  uint32: "U32",
  bool: "BOOL",
};

/** Parses a whole file in memory. `source` names it in errors. */
export const parseSafetensors = (
  bytes: Uint8Array,
  source = "safetensors",
): E.Either<CheckpointError, { tensors: ReadonlyMap<string, HostArray>; metadata: Readonly<Record<string, string>> }> =>
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
  );

/** One tensor from all of its bytes, whose memory it may share. */
const decodeTensor = (entry: TensorEntry, bytes: Uint8Array, at: string): E.Either<CheckpointError, HostArray> => {
  const { shape, dtype } = entry;
  const wide = allocate(dtype, storedAsIs(entry) ? 0 : sizeOf(shape));
  return E.tryCatch(
    () => ({ shape, dtype, data: decodeElements(entry, bytes, wide, 0, at) }),
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

const readHeader = async (file: FileHandle, path: string): Promise<SafetensorsHeader> => {
  const { size } = await file.stat();
  const length = orThrow(headerLength(await readAt(file, 0, PREFIX_BYTES), size, path));
  const json = await readAt(file, PREFIX_BYTES, length);
  return orThrow(decodeHeader(json, size, path));
};

const orThrow = <A>(result: E.Either<CheckpointError, A>): A => {
  if (E.isLeft(result)) throw result.left;
  return result.right;
};

/**
 * Opens a file and reads its header; tensors are read one by one.
 *
 * @example
 * const open = openSafetensors("model.safetensors")
 * TE.bracket(open, (file) => file.read("shared.weight"), (file) => TE.fromTask(file.close))
 */
export const openSafetensors = (path: string): TE.TaskEither<CheckpointError, SafetensorsFile> =>
  attempt(caller, path, async () => {
    const file = await open(path, "r");
    const header = await readHeader(file, path).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    return tensorsOf(
      path,
      header,
      (name, entry, use) => readPieces(file, entry, `${path}: ${name}`, use),
      () => file.close(),
    );
  });

/**
 * The bytes of a file, in pieces that share memory with the tensors: header first, larger elements before smaller ones so
 * that every tensor is aligned, then by name.
 *
 * @throws {ArgumentError} for a tensor named `__metadata__`
 */
export const safetensorsChunks = (
  tensors: Readonly<Record<string, HostArray>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array[] => {
  if (Object.hasOwn(tensors, "__metadata__")) {
    throw new ArgumentError({ where: "encodeSafetensors", what: "a tensor cannot be named __metadata__" });
  }
  const order = Object.entries(tensors).sort(
    ([a, x], [b, y]) => itemBytes(y.dtype) - itemBytes(x.dtype) || (a < b ? -1 : 1),
  );
  let end = 0;
  const header: [string, unknown][] = order.map(([name, { dtype, shape, data }]) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: STORED_AS[dtype], shape, data_offsets: [begin, end] }];
  });
  if (metadata !== undefined) header.unshift(["__metadata__", metadata]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  const prefix = new Uint8Array(PREFIX_BYTES);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(padded.length), true);
  return [prefix, padded, ...order.map(([, x]) => bytesOf(x.data))];
};

/**
 * A safetensors file of these tensors, each in its own dtype.
 *
 * @throws {ArgumentError} for a tensor named `__metadata__`
 * @example encodeSafetensors({ prompt: hostArray([1, 2], "float32", new Float32Array([1, 2])) }, { step: "300" })
 */
export const encodeSafetensors = (
  tensors: Readonly<Record<string, HostArray>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array => {
  const chunks = safetensorsChunks(tensors, metadata);
  const out = new Uint8Array(chunks.reduce((n, chunk) => n + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
};
