/** @file Pages of Parquet and their checksums, which the files here have not: they are added while headers are read. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type ColumnMetaData, type DataReader, parquetMetadata, parquetSchema } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crc32 } from "../../lib/edge/crc32.js";
import { leavesOf, pagesOf } from "../../lib/tasks/parquet-footer.js";
import { checkPages } from "../../lib/tasks/parquet-pages.js";

const Pages = suite("tasks/parquet-pages");

/** The checksum in the last bytes of what gzip packs, with a sign, as Thrift has it. */
const checksumOf = (bytes: Uint8Array): number => gzipSync(bytes).readInt32LE(gzipSync(bytes).length - 8);

Pages("a page whose checksum is another one is refused, and one with its own is not", () => {
  const file = readFileSync("test/tasks/data/moods-none.parquet");
  const metadata = parquetMetadata(file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer);
  const [chunk] = metadata.row_groups[0].columns;
  const [[start, end]] = pagesOf(chunk);
  const bytes = new Uint8Array(file.subarray(Number(start), Number(end)));
  const [leaf] = leavesOf(parquetSchema(metadata));
  const check = (change: (crc: number) => number): void => {
    const header = (reader: DataReader): ReturnType<typeof parquetHeader> => {
      const read = parquetHeader(reader);
      const body = bytes.subarray(reader.offset, reader.offset + read.compressed_page_size);
      return { ...read, crc: change(checksumOf(body)) };
    };
    checkPages(bytes, chunk.meta_data as ColumnMetaData, leaf, { header, compressors: {} });
  };
  check((crc) => crc);
  assert.throws(() => check((crc) => crc ^ 1), /does not have its checksum/);
});

Pages("checksums go on over pieces", () => {
  // The check value of CRC-32/ISO-HDLC.
  const bytes = new TextEncoder().encode("123456789");
  assert.is(crc32(bytes), 0xcbf43926);
  assert.is(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4))), 0xcbf43926);
});

Pages.run();
