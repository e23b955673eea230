import { encode } from "@msgpack/msgpack";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { unpack } from "../../../lib/io/t5x/msgpack.js";

const Msgpack = suite("io/t5x/msgpack");

Msgpack(
  "keys stay as they are: a byte order mark, a name of every object, the mark that the reader uses, a number",
  () => {
    const keys = ["a", "\ufeffa", "__proto__", "toString", "=", "=a", ""];
    const tree = unpack(encode({ t: Object.fromEntries(keys.map((key, i) => [key, i])) }), "m") as Record<
      string,
      object
    >;
    assert.equal(
      Object.entries(tree.t as object),
      keys.map((key, i) => [key, i]),
    );
    assert.is(Object.getPrototypeOf(tree.t), null);
    const numbered = unpack(Uint8Array.of(0x81, 7, 0xa1, 0x62), "m") as object;
    assert.equal(Object.entries(numbered), [["7", "b"]]);
  },
);

/** A byte that begins a list of billions, where it is taken for more than a part of a value. */
const FILL = 0xdd;
const fill = (n: number): number[] => new Array(n).fill(FILL);
/** A value of each kind of MessagePack's specification, and of each width of its length. */
const KINDS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  "one byte": [[0xc0], [0xc2], [0xc3], [0x7f], [0xe0], [0xff], [0x80], [0x90], [0xa0]],
  short: [
    [0xa3, ...fill(3)],
    [0xbf, ...fill(31)],
    [0x81, 0xa1, 0x61, 5],
    [0x92, 1, 2],
  ],
  bytes: [[2], [0, 2], [0, 0, 0, 2]].map((length, i) => [0xc4 + i, ...length, ...fill(2)]),
  extension: [[4], [0, 4], [0, 0, 0, 4]].map((length, i) => [0xc7 + i, ...length, 9, ...fill(4)]),
  float: [4, 8].map((n, i) => [0xca + i, ...fill(n)]),
  "unsigned integer": [1, 2, 4, 8].map((n, i) => [0xcc + i, ...fill(n)]),
  integer: [1, 2, 4, 8].map((n, i) => [0xd0 + i, ...fill(n)]),
  "extension of fixed length": [1, 2, 4, 8, 16].map((n, i) => [0xd4 + i, 9, ...fill(n)]),
  string: [[2], [0, 2], [0, 0, 0, 2]].map((length, i) => [0xd9 + i, ...length, ...fill(2)]),
  list: [
    [0, 1],
    [0, 0, 0, 1],
  ].map((length, i) => [0xdc + i, ...length, 5]),
  dict: [
    [0, 1],
    [0, 0, 0, 1],
  ].map((length, i) => [0xde + i, ...length, 0xa1, 0x61, 5]),
};

Msgpack("before a tree is read, a value of every kind is stepped over, to what comes after it", () => {
  const long = [0xdc, 0, 33, ...new Array(33).fill(1)];
  for (const [kind, values] of Object.entries(KINDS)) {
    values.forEach((value, i) => {
      const pair = (next: readonly number[]): unknown => unpack(Uint8Array.from([0x92, ...value, ...next]), "m");
      assert.is((pair([7]) as readonly unknown[])[1], 7, `${kind} ${i}`);
      assert.throws(() => pair(long), /expected +lists of at most 32\n/, `${kind} ${i}`);
    });
  }
});

Msgpack.run();
