import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { randomBits, randomBitsP, threefry, threefryP } from "../../lib/primitives/random.js";
import { tensor, useImpl } from "./on-impl.js";
import { batchesLikeALoop } from "./rules.js";

const Random = suite("primitives/random");
let restore: () => void;
Random.before(() => {
  restore = useImpl();
});
Random.after(() => restore());

const words = (...list: number[]) => tensor([list.length / 2, 2], "uint32", list);

Random("threefry2x32 gives the known answers of Random123 (kat_vectors, 20 rounds)", () => {
  const all = 0xffffffff;
  const keys = words(0, 0, all, all, 0x13198a2e, 0x03707344);
  const counters = words(0, 0, all, all, 0x243f6a88, 0x85a308d3);
  const expected = [0x6b200159, 0x99ba4efe, 0x1cb996fc, 0xbb002be7, 0xc4923a9c, 0x483df7a0];
  assert.equal(Array.from(threefry(keys, counters).dataSync()), expected);
});

Random("an element of random bits depends on its key and its flat index alone", () => {
  const key = tensor([2], "uint32", [0x13198a2e, 0x03707344]);
  const line = Array.from(randomBits(key, [12]).dataSync());
  assert.equal(Array.from(randomBits(key, [3, 4]).dataSync()), line);
  assert.equal(Array.from(randomBits(key, [5]).dataSync()), line.slice(0, 5));
  const pairs = line.map((_, i) => threefry(key, tensor([2], "uint32", [0, i])).dataSync());
  assert.equal(
    line,
    pairs.map(([a, b]) => (a ^ b) >>> 0),
  );
  assert.is(new Set(line).size, 12);
});

Random("batch rules agree with a loop, for every choice of mapped inputs and axes", () => {
  const pair = { shape: [2], dtype: "uint32" as const };
  batchesLikeALoop(randomBitsP, [pair], { shape: [2, 3] });
  batchesLikeALoop(randomBitsP, [pair], { shape: [] });
  batchesLikeALoop(threefryP, [pair, pair], {});
});

Random("draws without elements have none", () => {
  assert.equal(randomBits(tensor([2], "uint32", [0, 1]), [3, 0]).shape, [3, 0]);
  assert.equal(randomBits(tensor([0, 2], "uint32", []), [3]).shape, [0, 3]);
});

Random("what is not a key is refused", () => {
  const fails = (f: () => unknown, tag: "ShapeError" | "DTypeError"): void =>
    assert.throws(f, (e: unknown) => isFluxionError(e, tag));
  fails(() => randomBits(tensor([3], "uint32", [1, 2, 3]), [2]), "ShapeError");
  fails(() => randomBits(tensor([2], "int32", [1, 2]), [2]), "DTypeError");
  fails(() => threefry(words(1, 2), tensor([2], "uint32", [1, 2])), "ShapeError");
});

Random.run();
