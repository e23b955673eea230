import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALLER } from "../../lib/io/fetch/content.js";
import { openRegular, type Readable } from "../../lib/store/open.js";
import { DamagedZip, unzipEntry, zipEntries } from "../../lib/store/zip.js";
import { temporaryFolder } from "../io/folder.js";

const Zip = suite("store/zip");
const folder = temporaryFolder(Zip);

/** Opens the bytes of an archive as a file. */
const opened = async <A>(bytes: Uint8Array, use: (archive: Readable) => Promise<A>): Promise<A> => {
  const path = join(folder, "a.zip");
  writeFileSync(path, bytes);
  const archive = await openRegular(path, CALLER);
  try {
    return await use(archive);
  } finally {
    await archive.file.close();
  }
};

/** What an archive without files is: the 22 bytes of the record at its end. */
const EMPTY = Uint8Array.from([0x50, 0x4b, 5, 6, ...new Array(18).fill(0)]);

/** With a comment at its end, of which the record before it states the length. */
const commented = (archive: Uint8Array, comment: Uint8Array): Uint8Array => {
  const all = new Uint8Array(archive.length + comment.length);
  all.set(archive);
  all.set(comment, archive.length);
  new DataView(all.buffer).setUint16(archive.length - 2, comment.length, true);
  return all;
};

const texts = (bytes: Uint8Array): Promise<readonly string[]> =>
  opened(bytes, async (archive) => {
    const found: string[] = [];
    for (const entry of await zipEntries(archive)) {
      const pieces: Uint8Array[] = [];
      for await (const piece of unzipEntry(archive, entry)) pieces.push(piece);
      found.push(`${entry.name} ${Buffer.concat(pieces).toString()}`);
    }
    return found;
  });

const throws = async (bytes: Uint8Array, message: RegExp): Promise<void> => {
  const error: unknown = await texts(bytes).catch((cause: unknown) => cause);
  assert.ok(error instanceof DamagedZip);
  assert.match(error.message, message);
};

Zip("an archive without files, of its end record alone, has no entries", async () => {
  assert.equal(await texts(EMPTY), []);
  await throws(EMPTY.subarray(0, 21), /no directory at its end/);
});

Zip("the directory is found before a comment of any length, whatever that says", async () => {
  const archive = zipSync({ "a.jsonl": strToU8("1\n") });
  for (const length of [0, 1, 22, 65_535])
    assert.equal(await texts(commented(archive, new Uint8Array(length))), ["a.jsonl 1\n"]);
  const liar = new Uint8Array(40);
  liar.set(EMPTY, 9);
  assert.equal(await texts(commented(archive, liar)), ["a.jsonl 1\n"]);
  const longer = new Uint8Array(archive.length + 65_536);
  longer.set(archive);
  await throws(longer, /no directory at its end/);
});

Zip("a byte order mark is part of a name", async () => {
  const names = ["a.jsonl", "\ufeffa.jsonl"];
  const archive = zipSync(Object.fromEntries(names.map((name) => [name, strToU8("1\n")])));
  assert.equal(
    await texts(archive),
    names.map((name) => `${name} 1\n`),
  );
});

/** Bytes that deflate to less than half, in many pieces. */
const LARGE = Uint8Array.from({ length: 3_000_000 }, (_, i) => 97 + (((i * i) >>> 7) % 13));

Zip("a file of many pieces is unpacked as they come, and held to what the directory states", async () => {
  for (const level of [0, 6] as const) {
    const bytes = zipSync({ "a.tsv": [LARGE, { level }] });
    const lengths: number[] = [];
    await opened(bytes, async (archive) => {
      for (const entry of await zipEntries(archive))
        for await (const piece of unzipEntry(archive, entry)) lengths.push(piece.length);
    });
    assert.ok(lengths.length > 2 && Math.max(...lengths) <= 2 ** 20, `${lengths.length} pieces`);
    assert.ok((await texts(bytes))[0] === `a.tsv ${Buffer.from(LARGE).toString()}`);
    const at = Buffer.from(bytes).lastIndexOf("PK\x01\x02", undefined, "latin1");
    const lying = (offset: number, value: number): Uint8Array => {
      const lie = bytes.slice();
      new DataView(lie.buffer).setUint32(at + offset, value, true);
      return lie;
    };
    await throws(lying(24, 2_999_999), /has more bytes than the 2999999/);
    await throws(lying(24, 3_000_001), /has 3000000 bytes and not the 3000001/);
    await throws(lying(16, 1), /the checksum of a\.tsv is wrong/);
    await throws(lying(20, 1000), level === 0 ? /has 1000 bytes/ : /cannot be unpacked/);
    await throws(lying(20, 2 ** 31), /ends outside/);
    await throws(lying(42, 2 ** 31), /has no header/);
  }
});

Zip.run();
