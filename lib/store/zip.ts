/**
 * @file Zip archives in files: their entries by the directory at their end, each unpacked piece by piece and checked against the size and checksum
 * that it states there.
 *
 * fflate, which tests write archives with, looks at neither. Archives of more than 4 GiB, in parts or under a password are refused.
 * Source: PKWARE's APPNOTE.TXT, "ZIP File Format Specification".
 */
import { pipeline } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { crc32 } from "../edge/crc32.js";
import { piecesOf, type Readable, readAt } from "./open.js";

/** What is wrong with an archive. */
export class DamagedZip extends Error {}

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
/** More bytes than the directory of any data set here has. */
const MOST_DIRECTORY = 2 ** 24;
const PIECE_BYTES = 2 ** 16;
const ENCRYPTED = 1;
const [STORED, DEFLATED] = [0, 8];

/** A byte order mark is part of a name, as for others that read the archive. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the record is, in the last bytes of an archive, that says where its directory is. */
const endRecord = (view: DataView): number => {
  for (let at = view.byteLength - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength)
      return at;
  }
  throw new DamagedZip("it has no directory at its end");
};

/** The directory of an archive, as its bytes up to the record at the end, and how many entries it has. */
const directoryOf = async ({ file, size }: Readable): Promise<{ count: number; bytes: Uint8Array }> => {
  const from = Math.max(0, size - END_BYTES - MOST_COMMENT);
  const view = viewOf(await readAt(file, from, size - from));
  const at = endRecord(view);
  const [length, start, end] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true), from + at];
  if (start + length > end) throw new DamagedZip("its directory is outside of it");
  if (end - start > MOST_DIRECTORY) throw new DamagedZip(`its directory has more than ${MOST_DIRECTORY} bytes`);
  return { count: view.getUint16(at + 10, true), bytes: await readAt(file, start, end - start) };
};

/**
 * The entries of an archive.
 *
 * @throws {DamagedZip} when it is cut or is none
 */
export const zipEntries = async (archive: Readable): Promise<ZipEntry[]> => {
  const { count, bytes } = await directoryOf(archive);
  const view = viewOf(bytes);
  const entries: ZipEntry[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL)
      throw new DamagedZip("its directory is damaged");
    const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const from = at + CENTRAL_BYTES;
    if (from + name + extra + comment > bytes.length) throw new DamagedZip("its directory is damaged");
    entries.push({
      name: UTF8.decode(bytes.subarray(from, from + name)),
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

/** Where the packed bytes of an entry begin. */
const startOf = async ({ file, size }: Readable, { name, at, packedSize }: ZipEntry): Promise<number> => {
  const header = await readAt(file, at, LOCAL_BYTES);
  const view = viewOf(header);
  if (header.length < LOCAL_BYTES || view.getUint32(0, true) !== LOCAL) throw new DamagedZip(`${name} has no header`);
  const start = at + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + packedSize > size) throw new DamagedZip(`${name} ends outside of the archive`);
  return start;
};

async function* inflated(packed: AsyncIterable<Uint8Array>, { name, size }: ZipEntry): AsyncGenerator<Uint8Array> {
  try {
    // The iteration throws what goes wrong; the callback has to be there.
    yield* pipeline(packed, createInflateRaw({ chunkSize: PIECE_BYTES }), () => undefined);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code?.startsWith("Z_") !== true) throw cause;
    throw new DamagedZip(`${name} cannot be unpacked to ${size} bytes: ${message}`, { cause });
  }
}

/**
 * The content of a file in an archive, in pieces; no more of them than its stated size, which the caller has to check first.
 *
 * @throws {DamagedZip} when it is damaged, which may show at its end only
 */
export async function* unzipEntry(archive: Readable, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const { name, size, packedSize, method, flags } = entry;
  if ((flags & ENCRYPTED) !== 0) throw new DamagedZip(`${name} is under a password`);
  if (method !== STORED && method !== DEFLATED) throw new DamagedZip(`${name} is packed by method ${method}`);
  const packed = piecesOf(archive.file, await startOf(archive, entry), packedSize);
  let [done, crc] = [0, 0];
  for await (const piece of method === STORED ? packed : inflated(packed, entry)) {
    done += piece.length;
    if (done > size) throw new DamagedZip(`${name} has more bytes than the ${size} of its size`);
    crc = crc32(piece, crc);
    yield piece;
  }
  if (done !== size) throw new DamagedZip(`${name} has ${done} bytes and not the ${size} of its size`);
  if (crc !== entry.crc) throw new DamagedZip(`the checksum of ${name} is wrong`);
}
