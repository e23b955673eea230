/**
 * @file TensorFlow's checkpoints of version 2: `PREFIX.index`, a table of names to descriptions of tensors, and
 * `PREFIX.data-00000-of-00002` and so on, their bytes.
 *
 * A tensor is read in pieces of a few MB into its place, with its checksum; the sizes of the data files bound what the index
 * may claim. Variables in slices (partitioned ones) are refused: Mesh TensorFlow saves its master variables, which are whole, and keeps the
 * slices of its devices out of the checkpoint (`mesh_tensorflow/ops.py`, `Variable`; `simd_mesh_impl.py`, `LaidOutVariable`).
 * Source: TensorFlow, `core/protobuf/tensor_bundle.proto` and `core/util/tensor_bundle`.
 */
import { lstat } from "node:fs/promises";
import { PbfReader } from "pbf";
import type { Shape } from "../../core/aval.js";
import { allocate, type HostArray } from "../../core/host.js";
import { bitsOf } from "../../edge/elements.js";
import { readBounded } from "../../store/files.js";
import { openRegular, readAt } from "../../store/open.js";
import { decodeStored, elementCount, STORED, type StoredName } from "../stored.js";
import type { SourceEntry } from "../tensor-source.js";
import { crc32c, masked } from "./crc32c.js";
import { caller, damaged, unsupported } from "./errors.js";
import { decoding, readTable } from "./table.js";

/** TensorFlow's numbers of the element types that are read. */
const DTYPES: ReadonlyMap<number, StoredName> = new Map([
  [1, "float32"],
  [2, "float64"],
  [3, "int32"],
  [9, "int64"],
  [10, "bool"],
  [14, "bfloat16"],
  [19, "float16"],
  [22, "uint32"],
]);

/** An index of 11 billion parameters takes about 200 KB. */
const MAX_INDEX_BYTES = 2 ** 26;
const MAX_RANK = 32;
/** Bytes that are read at once; a multiple of every element size. */
const PIECE_BYTES = 2 ** 22;

/** What the index says of one tensor. */
interface Description {
  dtype: number;
  shape: number[];
  shard: number;
  offset: number;
  size: number;
  crc: number;
  sliced: boolean;
}

/** One tensor of the checkpoint. */
export interface BundleEntry extends SourceEntry {
  readonly stored: StoredName;
  readonly path: string;
  readonly offset: number;
  readonly crc: number;
}

/** The wire types of the fields that are read. */
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** Decodes a message whose fields have to be inside of it and of the expected wire types. */
const message = <T>(
  bytes: Uint8Array,
  result: T,
  fields: Readonly<Record<number, readonly [type: number, read: (pbf: PbfReader) => void]>>,
  at: string,
): T => {
  const reader = new PbfReader(bytes);
  const readField = (tag: number): void => {
    const field = fields[tag];
    if (field === undefined) return;
    if (reader.type !== field[0]) throw damaged("a description in the index cannot be read", { at });
    field[1](reader);
  };
  decoding(() => reader.readFields(readField, result), at);
  if (reader.pos > bytes.length) throw damaged("a description in the index ends early", { at });
  return result;
};

const decodeShape = (bytes: Uint8Array, at: string): number[] => {
  const shape: number[] = [];
  const readDim = (pbf: PbfReader): void => {
    const dim = { size: 0 };
    message(pbf.readBytes(), dim, { 1: [VARINT, (p) => Object.assign(dim, { size: p.readVarint(true) })] }, at);
    shape.push(dim.size);
  };
  return message(bytes, shape, { 2: [BYTES, readDim] }, at);
};

const decodeDescription = (bytes: Uint8Array, at: string): Description => {
  const d: Description = { dtype: 0, shape: [], shard: 0, offset: 0, size: 0, crc: 0, sliced: false };
  const number = (key: "dtype" | "shard" | "offset" | "size"): readonly [number, (pbf: PbfReader) => void] => [
    VARINT,
    (pbf) => {
      d[key] = pbf.readVarint(true);
    },
  ];
  return message(
    bytes,
    d,
    {
      1: number("dtype"),
      2: [
        BYTES,
        (pbf) => {
          d.shape = decodeShape(pbf.readBytes(), at);
        },
      ],
      3: number("shard"),
      4: number("offset"),
      5: number("size"),
      6: [
        FIXED32,
        (pbf) => {
          d.crc = pbf.readFixed32();
        },
      ],
      7: [
        BYTES,
        (pbf) => {
          d.sliced = true;
          pbf.readBytes();
        },
      ],
    },
    at,
  );
};

/** The entry of a tensor whose data file has `fileBytes` bytes. */
const checkEntry = (d: Description, path: string, fileBytes: number, at: string): BundleEntry => {
  const stored = DTYPES.get(d.dtype);
  if (stored === undefined) {
    const expected = [...DTYPES.values()].join(", ");
    throw unsupported("element type that is not read", { expected, got: `TensorFlow's ${d.dtype}`, at });
  }
  if (d.sliced) throw unsupported("a variable is stored in slices", { expected: "whole variables", at });
  const shape: Shape = d.shape;
  const isShape = shape.length <= MAX_RANK && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
  const count = isShape ? elementCount(shape) : undefined;
  if (count === undefined || count * STORED[stored].bytes !== d.size) {
    const got = `${d.size} bytes for ${stored} [${shape.slice(0, 8).join(",")}]`;
    throw damaged("the shape of a tensor does not fill its bytes", { got, at });
  }
  if (!(d.offset >= 0 && d.offset + d.size <= fileBytes)) {
    const expected = `at most ${fileBytes} bytes`;
    throw damaged("a tensor is outside of its data file", { expected, got: `${d.offset} + ${d.size}`, at });
  }
  const { dtype } = STORED[stored];
  return { shape, dtype, stored, path, offset: d.offset, crc: d.crc, storedBytes: d.size };
};

const digits = (n: number): string => String(n).padStart(5, "0");

/** Paths and sizes of the data files. */
const dataFiles = async (prefix: string, header: Uint8Array | undefined, at: string): Promise<[string, number][]> => {
  const h = { shards: 0, endianness: 0 };
  if (header === undefined) throw damaged("the index has no header", { at });
  const set = (key: keyof typeof h): readonly [number, (pbf: PbfReader) => void] => [
    VARINT,
    (pbf) => {
      h[key] = pbf.readVarint();
    },
  ];
  message(header, h, { 1: set("shards"), 2: set("endianness") }, at);
  if (h.endianness !== 0) throw unsupported("the tensors are big-endian", { expected: "little-endian", at });
  const files: [string, number][] = [];
  for (let i = 0; i < h.shards; i++) {
    const path = `${prefix}.data-${digits(i)}-of-${digits(h.shards)}`;
    const info = await lstat(path); // the first that is not there ends this
    if (!info.isFile()) throw damaged("not a file", { at: path });
    files.push([path, info.size]);
  }
  return files;
};

/**
 * Describes the tensors of a checkpoint by name, those for which `wants` holds.
 *
 * @param prefix  the path without `.index`
 */
export const openBundle = async (
  prefix: string,
  wants: (name: string) => boolean,
): Promise<Map<string, BundleEntry>> => {
  const path = `${prefix}.index`;
  const table = readTable(await readBounded(path, MAX_INDEX_BYTES, caller), path);
  const files = await dataFiles(prefix, table.get(""), path);
  const entries = new Map<string, BundleEntry>();
  for (const [name, value] of table) {
    if (name === "" || !wants(name)) continue;
    const at = `${path}: ${name}`;
    const description = decodeDescription(value, at);
    const file = files[description.shard];
    if (file === undefined) {
      throw damaged("there is no such data file", {
        expected: `0 to ${files.length - 1}`,
        got: `${description.shard}`,
        at,
      });
    }
    entries.set(name, checkEntry(description, ...file, at));
  }
  const total = files.reduce((n, [, bytes]) => n + bytes, 0);
  const claimed = [...entries.values()].reduce((n, { storedBytes }) => n + storedBytes, 0);
  if (claimed > total) {
    throw damaged("the tensors overlap", { expected: `at most ${total} bytes`, got: `${claimed}`, at: path });
  }
  return entries;
};

/** Reads one tensor, piece by piece into place. */
export const readEntry = async (entry: BundleEntry, name: string): Promise<HostArray> => {
  const { shape, dtype, stored, path, offset, storedBytes } = entry;
  const at = `${path}: ${name}`;
  const data = allocate(dtype, elementCount(shape) as number);
  const bits = bitsOf(data);
  const opened = await openRegular(path, caller);
  await using file = opened.file;
  let crc = 0;
  for (let done = 0; done < storedBytes; done += PIECE_BYTES) {
    const bytes = await readAt(file, offset + done, Math.min(PIECE_BYTES, storedBytes - done));
    if (bytes.length < Math.min(PIECE_BYTES, storedBytes - done)) {
      throw damaged("the file became shorter while it was read", { at });
    }
    crc = crc32c(bytes, crc);
    bits.set(bitsOf(decodeStored(stored, bytes, caller, at)), done / STORED[stored].bytes);
  }
  if (masked(crc) !== entry.crc) throw damaged("the checksum of a tensor is wrong", { at });
  return { shape, dtype, data };
};
