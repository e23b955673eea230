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

Msgpack.run();
