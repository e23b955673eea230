/**
 * @file Zip archives in memory: their entries by the directory at their end, each checked against the size and checksum that it states there.
 *
 * fflate, which tests write archives with, looks at neither. Archives of more than 4 GiB, in parts or under a password are refused.
 * Source: PKWARE's APPNOTE.TXT, "ZIP File Format Specification".
 */
import { inflateRawSync } from "node:zlib";

/** What an archive says of a file in it. */
export interface ZipEntry {
  readonly name: string;
  /** In bytes, unpacked. */
  readonly size: number;
  readonly packedSize: number;
  readonly crc: number;
  /** How it is packed: 0 not at all, 8 deflated. */
  readonly method: number;
  readonly flags: number;
  /** Where its own header begins. */
  readonly at: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const MOST_COMMENT = 0xffff;
const ENCRYPTED = 1;
const [STORED, DEFLATED] = [0, 8];

/** A byte order mark is part of a name, as for others that read the archive. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** CRC-32 as zip and gzip have it. (That of `node:zlib` needs Node 22.2.) */
export const crc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (CRC_TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
};

/** The record at the end of an archive that says where its directory is. */
const endRecord = (view: DataView): number => {
  const first = Math.max(0, view.byteLength - END_BYTES - MOST_COMMENT);
  for (let at = view.byteLength - END_BYTES; at >= first; at--) {
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength)
      return at;
  }
  throw new Error("it has no directory at its end");
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The entries of an archive.
 *
 * @throws {Error} that says what is wrong, when it is cut or is none
 */
export const zipEntries = (archive: Uint8Array): ZipEntry[] => {
  const view = viewOf(archive);
  const end = endRecord(view);
  const [count, size, start] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ];
  if (start + size > end) throw new Error("its directory is outside of it");
  const entries: ZipEntry[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) throw new Error("its directory is damaged");
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [
      number,
      number,
      number,
    ];
    const from = at + CENTRAL_BYTES;
    if (from + name + extra + comment > end) throw new Error("its directory is damaged");
    entries.push({
      name: UTF8.decode(archive.subarray(from, from + name)),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    });
    at = from + name + extra + comment;
  }
  return entries;
};

const packedBytes = (archive: Uint8Array, { name, at, packedSize }: ZipEntry): Uint8Array => {
  const view = viewOf(archive);
  if (at + LOCAL_BYTES > archive.length || view.getUint32(at, true) !== LOCAL) throw new Error(`${name} has no header`);
  const start = at + LOCAL_BYTES + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + packedSize > archive.length) throw new Error(`${name} ends outside of the archive`);
  return archive.subarray(start, start + packedSize);
};

const unpacked = (packed: Uint8Array, { name, method, size }: ZipEntry): Uint8Array => {
  if (method === STORED) return packed;
  if (method !== DEFLATED) throw new Error(`${name} is packed by method ${method}`);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    throw new Error(`${name} cannot be unpacked to ${size} bytes: ${(cause as Error).message}`, { cause });
  }
};

/**
 * The content of a file in an archive; no more memory is taken than its stated size, which the caller has to check first.
 *
 * @throws {Error} that says what is wrong, when it is damaged
 */
export const unzipEntry = (archive: Uint8Array, entry: ZipEntry): Uint8Array => {
  const { name, size, crc, flags } = entry;
  if ((flags & ENCRYPTED) !== 0) throw new Error(`${name} is under a password`);
  const bytes = unpacked(packedBytes(archive, entry), entry);
  if (bytes.length !== size) throw new Error(`${name} has ${bytes.length} bytes and not the ${size} of its size`);
  if (crc32(bytes) !== crc) throw new Error(`the checksum of ${name} is wrong`);
  return bytes;
};
