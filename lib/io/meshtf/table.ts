/**
 * @file LevelDB's sorted table, in which TensorFlow keeps the index of a checkpoint: blocks of entries whose keys share a
 * prefix with the one before, a block that finds them, and a footer.
 * Compressed blocks are refused: TensorFlow writes the index without compression (`tensor_bundle.cc`, `BundleWriter::Finish`).
 * Source: https://github.com/google/leveldb/blob/main/doc/table_format.md
 */
import { PbfReader } from "pbf";
import { isFluxionError } from "../../core/errors.js";
import { crc32c, masked } from "./crc32c.js";
import { damaged, unsupported } from "./errors.js";

const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** After a block: the kind of compression, and a checksum. */
const TRAILER_BYTES = 5;

type Entry = readonly [key: string, value: Uint8Array];

/** Keys share prefixes, so a short file can spell long keys and many of them; these are far beyond those of any T5. */
const MAX_KEY_BYTES = 512;
const MAX_ENTRIES = 100_000;

/** Reads what pbf reads; it throws plain errors where a number has no end, or for wire types that are not used any more. */
export const decoding = <A>(read: () => A, at: string): A => {
  try {
    return read();
  } catch (cause) {
    if (isFluxionError(cause)) throw cause;
    throw damaged("the index cannot be read", { got: (cause as Error).message, at });
  }
};

/** Reads a varint that has to end inside of the bytes. */
const varint = (reader: PbfReader, at: string): number => {
  const value = decoding(() => reader.readVarint(), at);
  if (reader.pos <= reader.length && Number.isSafeInteger(value) && value >= 0) return value;
  throw damaged("a number in the index cannot be read", { at });
};

/** The bytes of the block that a handle (offset, size) names. */
const blockOf = (bytes: Uint8Array, handle: PbfReader, at: string): Uint8Array => {
  const [offset, size] = [varint(handle, at), varint(handle, at)];
  const end = offset + size + TRAILER_BYTES;
  if (end > bytes.length) {
    throw damaged("a block is outside of the index", { expected: `${bytes.length} bytes`, got: `${end}`, at });
  }
  const compression = bytes[offset + size];
  const stored = new DataView(bytes.buffer, bytes.byteOffset + offset + size + 1).getUint32(0, true);
  if (masked(crc32c(bytes.subarray(offset, offset + size + 1))) !== stored) {
    throw damaged("the checksum of a block of the index is wrong", { at });
  }
  if (compression !== 0) {
    const got = compression === 1 ? "snappy" : `compression ${compression}`;
    throw unsupported("the index is compressed", { expected: "blocks without compression", got, at });
  }
  return bytes.subarray(offset, offset + size);
};

const entriesOf = (block: Uint8Array, at: string): Entry[] => {
  const restarts =
    block.length < 4 ? -1 : new DataView(block.buffer, block.byteOffset + block.length - 4).getUint32(0, true);
  const end = block.length - 4 * (restarts + 1);
  if (restarts < 0 || end < 0) throw damaged("a block of the index is too short", { got: `${block.length} bytes`, at });
  const reader = new PbfReader(block.subarray(0, end));
  const entries: Entry[] = [];
  let key = new Uint8Array();
  while (reader.pos < end) {
    const [shared, own, length] = [varint(reader, at), varint(reader, at), varint(reader, at)];
    if (shared > key.length || reader.pos + own + length > end) {
      throw damaged("an entry of the index is outside of its block", { at });
    }
    if (shared + own > MAX_KEY_BYTES || entries.length >= MAX_ENTRIES) {
      throw damaged("the index has too many or too long names", { at });
    }
    const start = reader.pos;
    const next = new Uint8Array(shared + own);
    next.set(key.subarray(0, shared));
    next.set(block.subarray(start, start + own), shared);
    key = next;
    entries.push([new TextDecoder().decode(key), block.subarray(start + own, start + own + length)]);
    reader.pos = start + own + length;
  }
  return entries;
};

/**
 * The entries of a table in memory, which share its bytes. Checksums are checked.
 *
 * @param at  the file's name, for errors
 */
export const readTable = (bytes: Uint8Array, at: string): Map<string, Uint8Array> => {
  const footer = bytes.length - FOOTER_BYTES;
  if (footer < 0 || new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(bytes.length - 8, true) !== MAGIC) {
    throw damaged("not an index of TensorFlow", { expected: "a table of LevelDB", got: `${bytes.length} bytes`, at });
  }
  const handles = new PbfReader(bytes.subarray(footer, bytes.length - 8));
  for (let i = 0; i < 2; i++) varint(handles, at); // the handle of a block about filters, which TensorFlow does not use
  const entries = new Map<string, Uint8Array>();
  for (const [, handle] of entriesOf(blockOf(bytes, handles, at), at)) {
    for (const [key, value] of entriesOf(blockOf(bytes, new PbfReader(handle), at), at)) {
      if (entries.has(key)) throw damaged("a name stands twice in the index", { got: key.slice(0, 60), at });
      entries.set(key, value);
    }
  }
  return entries;
};
