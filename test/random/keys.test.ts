import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { bits, clone, foldIn, key, keyData, PRNGKey, split, subkeys, wrapKeyData } from "../../lib/random/index.js";
import { tensor, useImpl } from "../primitives/on-impl.js";

const Keys = suite("random/keys");
let restore: () => void;
Keys.before(() => {
  restore = useImpl();
});
Keys.after(() => restore());

const values = (x: Tensor): number[] => Array.from(x.dataSync());

// The expected numbers are from JAX's own tests/random_test.py (test_prng_seeds_and_keys in 64-bit mode, testPRNGValues,
// test_threefry_split_fold_in_symmetry) and, where said, from its printed output.

Keys("a key holds the two words of its seed", () => {
  const cases: [number, number[]][] = [
    [0, [0, 0]],
    [1, [0, 1]],
    [2 ** 31 - 1 + 100, [0, 2147483747]],
    [-1, [4294967295, 4294967295]],
    [-(2 ** 31) - 100, [4294967295, 2147483548]],
    [3 * 2 ** 32 + 7, [3, 7]],
  ];
  for (const [seed, expected] of cases) assert.equal(values(key(seed)), expected, `seed ${seed}`);
  assert.equal(values(key(tensor([], "int32", [-2]))), [0, 4294967294]);
  assert.equal(values(key(tensor([], "uint32", [2147483748]))), [0, 2147483748]);
});

Keys("foldIn gives JAX's key", () => {
  assert.equal(values(foldIn(key(0), 4)), [2285895361, 433833334]);
  assert.equal(values(foldIn(key(0), tensor([], "int32", [4]))), [2285895361, 433833334]);
  assert.equal(values(foldIn(key(0), -1)), values(foldIn(key(0), tensor([], "int32", [-1]))));
});

Keys("split gives JAX's keys, as printed by jax 0.11.1 for key(42)", () => {
  assert.equal(split(key(42)).toArray(), [
    [1832780943, 270669613],
    [64467757, 2916123636],
  ]);
  assert.equal(subkeys(key(42)).map(values), split(key(42)).toArray());
});

Keys("key i of a split is the old key with i folded in", () => {
  const old = key(72);
  assert.equal(
    subkeys(old, 3).map(values),
    [0, 1, 2].map((i) => values(foldIn(old, i))),
  );
  assert.equal(split(old, 0).shape, [0, 2]);
});

Keys("a split into a shape has the keys of the split into their number", () => {
  const flat = values(split(key(5), 6));
  const shaped = split(key(5), [2, 3]);
  assert.equal([shaped.shape, values(shaped)], [[2, 3, 2], flat]);
  assert.equal(values(split(key(5), [])), flat.slice(0, 2));
});

Keys("a key is its words", () => {
  assert.equal(values(PRNGKey(42)), [0, 42]);
  assert.is(keyData(split(key(1), 3)).shape.length, 2);
  assert.equal(values(foldIn(wrapKeyData(tensor([2], "uint32", [0, 0])), 4)), [2285895361, 433833334]);
  assert.equal(values(bits(clone(key(3)), [2])), values(bits(key(3), [2])));
});

Keys("narrow bits are the lowest of 32", () => {
  const all = values(bits(key(3), [50]));
  for (const width of [8, 16] as const) {
    assert.equal(
      values(bits(key(3), [50], { width })),
      all.map((x) => x % 2 ** width),
    );
  }
});

Keys("what cannot be a seed, a number to fold in, or a key is refused", () => {
  const fails = (f: () => unknown, tag: "ArgumentError" | "ShapeError" | "DTypeError"): void =>
    assert.throws(f, (e: unknown) => isFluxionError(e, tag));
  fails(() => key(0.5), "ArgumentError");
  fails(() => key(2 ** 53), "ArgumentError");
  fails(() => key(tensor([], "float32", [1])), "DTypeError");
  fails(() => foldIn(key(0), 2 ** 32), "ArgumentError");
  fails(() => split(key(0), -1), "ArgumentError");
  fails(() => split(split(key(0), 3)), "ShapeError");
  fails(() => keyData(tensor([3], "uint32", [0, 1, 2])), "ShapeError");
  fails(() => wrapKeyData(tensor([2], "float32", [0, 1])), "ShapeError");
  fails(() => bits(tensor([2], "int32", [0, 1])), "ShapeError");
});

Keys.run();
