import { strFromU8, strToU8, zipSync } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { unzipEntry, zipEntries } from "../../../lib/io/fetch/zip.js";

const Zip = suite("io/fetch/zip");

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

const texts = (archive: Uint8Array): readonly string[] =>
  zipEntries(archive).map((entry) => `${entry.name} ${strFromU8(unzipEntry(archive, entry))}`);

Zip("an archive without files, of its end record alone, has no entries", () => {
  assert.equal(zipEntries(EMPTY), []);
  assert.throws(() => zipEntries(EMPTY.subarray(0, 21)), /no directory at its end/);
});

Zip("the directory is found before a comment of any length, whatever that says", () => {
  const archive = zipSync({ "a.jsonl": strToU8("1\n") });
  for (const length of [0, 1, 22, 65_535])
    assert.equal(texts(commented(archive, new Uint8Array(length))), ["a.jsonl 1\n"]);
  const liar = new Uint8Array(40);
  liar.set(EMPTY, 9);
  assert.equal(texts(commented(archive, liar)), ["a.jsonl 1\n"]);
  const longer = new Uint8Array(archive.length + 65_536);
  longer.set(archive);
  assert.throws(() => zipEntries(longer), /no directory at its end/);
});

Zip("a byte order mark is part of a name", () => {
  const names = ["a.jsonl", "\ufeffa.jsonl"];
  const archive = zipSync(Object.fromEntries(names.map((name) => [name, strToU8("1\n")])));
  assert.equal(
    zipEntries(archive).map(({ name }) => name),
    names,
  );
});

Zip.run();
