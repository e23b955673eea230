import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { CharsMap } from "../../lib/tokenizer/chars-map.js";
import { makeGraphemeMap } from "../../lib/tokenizer/grapheme-map.js";
import { charsMap } from "./model-file.js";

const Suite = suite("tokenizer/chars-map");

const RULES = { "\t": " ", Å: "A", "A\u030a": "Å", ﬁ: "fi", "\u0001": "", ab: "x", a: "y" };

/** The replacement of the longest rule at the start of `text`, and how many bytes it takes. */
const replace = (map: CharsMap, text: string): [string, number] | undefined => {
  const bytes = Buffer.from(text);
  const start = map.find(bytes, 0, bytes.length);
  if (start < 0) return undefined;
  return [Buffer.from(map.replacements.subarray(start, map.endOf(start))).toString(), map.matched];
};

Suite("the longest key wins, and a text that begins no key has none", () => {
  const map = new CharsMap(charsMap(RULES));
  assert.equal(replace(map, "\tx"), [" ", 1]);
  assert.equal(replace(map, "ﬁn"), ["fi", 3]);
  assert.equal(replace(map, "\u0001"), ["", 1]);
  assert.equal(replace(map, "abc"), ["x", 2]);
  assert.equal(replace(map, "ac"), ["y", 1]);
  assert.equal(replace(map, "A\u030a"), ["Å", 3]);
  for (const none of ["A", "A\u030b", "z", "ﬂ", "", "\0"])
    assert.is(replace(map, none), undefined, JSON.stringify(none));
});

Suite("a match does not reach past the end that is given", () => {
  const map = new CharsMap(charsMap(RULES));
  map.find(Buffer.from("ab"), 0, 1);
  assert.is(map.matched, 1);
});

Suite("hasAsciiPair tells the bytes whose rules may depend on an ASCII byte after them", () => {
  const map = new CharsMap(charsMap(RULES));
  assert.is(map.hasAsciiPair(0x61), true);
  assert.is(map.hasAsciiPair(0x41), false); // A goes on with a combining ring only
  assert.is(map.hasAsciiPair(0x7a), false);
});

Suite("an offset with the extension bit counts in steps of 256", () => {
  const blob = new Uint8Array(4 + 4 * 512 + 2);
  const view = new DataView(blob.buffer);
  const unit = (at: number, value: number): void => view.setUint32(4 + 4 * at, value, true);
  view.setUint32(0, 4 * 512, true);
  unit(0, (1 << 10) | (1 << 9)); // root: offset 1 << 8
  unit(256 ^ 0x61, (1 << 10) | (1 << 8) | 0x61); // "a": offset 1, a key ends here
  unit(256 ^ 0x61 ^ 1, 0x80000000); // its value: replacement 0
  blob[4 + 4 * 512] = 0x62;
  assert.equal(replace(new CharsMap(blob), "a"), ["b", 1]);
});

Suite("a map whose sizes do not add up is a DataError", () => {
  const blob = charsMap(RULES);
  const withSize = (size: number): Uint8Array => {
    const copy = blob.slice();
    new DataView(copy.buffer).setUint32(0, size, true);
    return copy;
  };
  const damaged = [
    blob.slice(0, 3),
    blob.slice(0, 7),
    withSize(0),
    withSize(6),
    withSize(0xfffffffc),
    withSize(blob.length - 4),
  ];
  for (const bytes of damaged) {
    assert.throws(
      () => new CharsMap(bytes),
      (e: unknown) => isFluxionError(e, "DataError") && /damaged/.test(e.message),
    );
  }
});

Suite("a byte order mark is text as other characters", () => {
  const map = makeGraphemeMap(charsMap({ a: "\ufeffb", c: "d\ufeff" }));
  assert.equal(
    ["a", "xca", "\ufeffe"].map((text) => map(text)),
    ["\ufeffb", "xd\ufeff\ufeffb", "\ufeffe"],
  );
});

Suite.run();
