import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bitsLoop } from "../../../../lib/compile/wasm/code/threefry.js";
import { randomBitsP } from "../../../../lib/primitives/random.js";
import { testHeap } from "./heap.js";

const Suite = suite("compile/wasm/code/threefry");

Suite("makes the bits of impl, of every length, and writes nothing beyond them", () => {
  for (const words of [
    [0, 0],
    [0x13198a2e, 0x03707344],
    [2 ** 32 - 1, 2 ** 31],
  ]) {
    for (const n of [0, 1, 2, 3, 4, 5, 7, 8, 1001]) {
      const heap = testHeap();
      const out = heap.put(new Float32Array(n + 4));
      bitsLoop(heap.memory)(out, n, words[0], words[1]);
      const bits = new Uint32Array(heap.memory.buffer, out, n + 4);
      const key = { shape: [2], dtype: "uint32" as const, data: Uint32Array.from(words) };
      const [want] = randomBitsP.impl([key], { shape: [n] });
      assert.equal(Array.from(bits), [...want.data, 0, 0, 0, 0], `${n} with the key ${words}`);
    }
  }
});

Suite.run();
