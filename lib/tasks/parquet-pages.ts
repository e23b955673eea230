/**
 * @file The pages of a column in a Parquet file: whether they hold what they state, before the reader of Parquet takes them.
 *
 * It believes the lengths of runs: one wrong byte in one would have it write values until memory ends.
 */

import type { parquetHeader } from "hyparquet/src/column.js";
import type { ColumnMetaData, Compressors, DataReader } from "hyparquet/src/types.js";
import { crc32 } from "../edge/crc32.js";
import type { Leaf } from "./parquet-footer.js";

/** What reads the parts of pages. */
export interface PageParts {
  readonly header: typeof parquetHeader;
  readonly compressors: Compressors;
}

type PageHeader = ReturnType<typeof parquetHeader>;

/** Bits of a number up to `most`. */
const widthOf = (most: number): number => 32 - Math.clz32(most);

const fail = (what: string): never => {
  throw new Error(what);
};

/** A number of seven bits a byte, and where it ends. */
const varint = (bytes: Uint8Array, at: number): readonly [number: number, end: number] => {
  let [number, scale, end] = [0, 1, at];
  for (; end < bytes.length && bytes[end] >= 0x80; end++, scale *= 0x80) number += (bytes[end] & 0x7f) * scale;
  return [number + (bytes[end] ?? 0) * scale, end + 1];
};

/** Checks runs of equal values, and of values packed into `width` bits each; how many values they have. */
const checkRuns = (bytes: Uint8Array, width: number, most: number): number => {
  let seen = 0;
  for (let at = 0; at < bytes.length && seen < most; ) {
    const [header, end] = varint(bytes, at);
    const isPacked = header % 2 === 1;
    const count = Math.floor(header / 2) * (isPacked ? 8 : 1);
    if (count >= most + 8) fail(`a run of ${count} values in a page of ${most}`);
    at = end + Math.ceil(((isPacked ? count : 1) * width) / 8);
    seen += count;
  }
  return seen;
};

/** Checks the levels of values, of which each has one unless all are alike. */
const checkLevels = (bytes: Uint8Array, width: number, count: number): void => {
  if (width > 0 && checkRuns(bytes, width, count) < count) fail(`levels of less than ${count} values`);
};

/** Where a part ends that begins with its length. */
const endOfPart = (bytes: Uint8Array): number => {
  if (bytes.length < 4) return fail("a page without levels");
  return 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
};

/** Checks levels that begin with their length; what is behind them. */
const behindLevels = (bytes: Uint8Array, width: number, count: number): Uint8Array => {
  if (width === 0) return bytes;
  const end = endOfPart(bytes);
  checkLevels(bytes.subarray(4, end), width, count);
  return bytes.subarray(end);
};

const checkValues = (bytes: Uint8Array, encoding: string, most: number): void => {
  if (encoding.endsWith("_DICTIONARY") && bytes.length > 0) checkRuns(bytes.subarray(1), bytes[0], most);
  if (encoding === "RLE" && bytes.length > 0) checkRuns(bytes.subarray(4, endOfPart(bytes)), 1, most);
};

/** Checks a page, and gives the number of its values. */
const pageValues = (
  { data_page_header, data_page_header_v2: v2, dictionary_page_header, uncompressed_page_size }: PageHeader,
  body: Uint8Array,
  { repetition, definition }: Leaf,
  unpack: (bytes: Uint8Array, size: number) => Uint8Array,
): number => {
  if (dictionary_page_header !== undefined) {
    const { num_values } = dictionary_page_header;
    return num_values <= uncompressed_page_size ? 0 : fail(`${num_values} values in ${uncompressed_page_size} bytes`);
  }
  if (data_page_header !== undefined) {
    const { num_values, encoding } = data_page_header;
    const levels = behindLevels(unpack(body, uncompressed_page_size), widthOf(repetition), num_values);
    checkValues(behindLevels(levels, widthOf(definition), num_values), encoding, num_values);
    return num_values;
  }
  if (v2 === undefined) return 0;
  const { num_values, repetition_levels_byte_length: first, definition_levels_byte_length: second } = v2;
  checkLevels(body.subarray(0, first), widthOf(repetition), num_values);
  checkLevels(body.subarray(first, first + second), widthOf(definition), num_values);
  const [packed, size] = [body.subarray(first + second), uncompressed_page_size - first - second];
  checkValues(v2.is_compressed === false || size === 0 ? packed : unpack(packed, size), v2.encoding, num_values);
  return num_values;
};

/** @throws {Error} that tells what is wrong with the pages of a column */
export const checkPages = (bytes: Uint8Array, column: ColumnMetaData, leaf: Leaf, parts: PageParts): void => {
  const { codec, total_uncompressed_size: most, num_values } = column;
  const unpack = (packed: Uint8Array, size: number): Uint8Array =>
    codec === "UNCOMPRESSED" ? packed : (parts.compressors[codec]?.(packed, size) ?? fail(`no codec ${codec}`));
  const reader: DataReader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  let values = 0;
  while (reader.offset < bytes.length) {
    const header = parts.header(reader);
    const { compressed_page_size: size, uncompressed_page_size: unpacked, crc } = header;
    const body = bytes.subarray(reader.offset, reader.offset + size);
    if (!(size >= 0 && body.length === size)) fail(`a page of ${size} bytes goes beyond its column`);
    if (!(unpacked >= 0 && unpacked <= most)) fail(`a page of ${unpacked} bytes in a column of ${most}`);
    // Those of parquet-mr (Spark) leave checksums, those of Arrow only where they are asked to.
    if (crc !== undefined && crc32(body) !== crc >>> 0) fail("a page that does not have its checksum");
    reader.offset += size;
    const count = pageValues(header, body, leaf, unpack);
    if (!(count >= 0 && count <= num_values)) fail(`a page of ${count} values in a column of ${num_values}`);
    values += count;
  }
  if (BigInt(values) !== num_values) fail(`pages with ${values} values in a column of ${num_values}`);
};
