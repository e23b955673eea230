import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteTrie } from "../../lib/tokenizer/byte-trie.js";

const Suite = suite("tokenizer/byte-trie");

/** Value of `key` by walking the trie byte by byte; -1 where it is not a key. */
const lookUp = (trie: ByteTrie, key: string): number => {
  let node = 0;
  for (const byte of Buffer.from(key)) {
    node = trie.child(node, byte);
    if (node < 0) return -1;
  }
  return trie.values[node] as number;
};

const words = fc.string({ unit: fc.constantFrom("a", "b", "é", "▁", "😀"), minLength: 1, maxLength: 6 });

Suite("holds its keys with their values and no others", () => {
  fc.assert(
    fc.property(fc.uniqueArray(words, { maxLength: 40 }), fc.array(words, { maxLength: 40 }), (keys, others) => {
      const trie = new ByteTrie(keys.map((key, i) => [key, i] as const));
      keys.forEach((key, i) => {
        assert.is(lookUp(trie, key), i);
      });
      for (const other of others) assert.is(lookUp(trie, other), keys.indexOf(other));
    }),
  );
});

Suite("holds thousands of keys of any bytes, over many blocks of places", () => {
  const key = fc.string({
    unit: fc.constantFrom("\0", "a", "b", "z", "\x7f", "ÿ", "▁", "😀"),
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(fc.uniqueArray(key, { minLength: 3000, maxLength: 3000 }), (all) => {
      const keys = all.slice(0, 2000);
      const trie = new ByteTrie(keys.map((text, i) => [text, i] as const));
      assert.equal(
        all.map((text) => lookUp(trie, text)),
        all.map((_, i) => (i < 2000 ? i : -1)),
      );
      for (let byte = 0; byte < 256; byte++)
        assert.is(
          trie.child(trie.child(0, 0x7a), byte) < 0,
          !keys.some((text) => Buffer.from(text)[0] === 0x7a && Buffer.from(text)[1] === byte),
        );
    }),
    { numRuns: 5 },
  );
});

Suite("longest finds the longest key at a place, and 0 where none begins", () => {
  fc.assert(
    fc.property(fc.uniqueArray(words, { maxLength: 20 }), fc.array(words), (keys, parts) => {
      const trie = new ByteTrie(keys.map((key, i) => [key, i] as const));
      const text = Buffer.from(`x${parts.join("")}`);
      const expected = Math.max(
        0,
        ...keys.map((key) => (text.subarray(1).toString().startsWith(key) ? Buffer.byteLength(key) : 0)),
      );
      assert.is(trie.longest(text, 1, text.length), expected);
    }),
  );
});

Suite("longest does not look past the end", () => {
  const trie = new ByteTrie([
    ["ab", 0],
    ["abc", 1],
  ]);
  assert.is(trie.longest(Buffer.from("abc"), 0, 3), 3);
  assert.is(trie.longest(Buffer.from("abc"), 0, 2), 2);
  assert.is(trie.longest(Buffer.from("abc"), 0, 1), 0);
});

Suite.run();
