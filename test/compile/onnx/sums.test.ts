import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeOf } from "../../../lib/compile/init.js";
import { setRuntime } from "../../../lib/core/runtime.js";
import type { Tensor } from "../../../lib/core/tensor.js";
import * as lax from "../../../lib/lax/index.js";
import * as np from "../../../lib/np/index.js";
import { jit } from "../../../lib/transforms/jit.js";
import { numbers } from "../../helpers/runtime.js";

const Sums = suite("compile/onnx/sums");

let before: ReturnType<typeof setRuntime>;
Sums.before(async () => {
  // Four threads also where there are fewer cores: what they may do to each other has to show.
  before = setRuntime(await runtimeOf({ backend: "wasm", executor: "onnx", threads: 4 }));
});
Sums.after(() => {
  setRuntime(before);
});

const run = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): number[] => numbers(jit(f)(...xs));
/** The largest distance of results from one number, as a part of it. */
const error = (found: readonly number[], expected: number): number =>
  Math.max(...found.map((x) => Math.abs(x / expected - 1)));

const TENTH = Math.fround(0.1);
const tenths = (...shape: number[]): Tensor => np.full(shape, 0.1);
/** Lengths with divisors for blocks, and a prime. */
const LENGTHS = [100_000, 100_003];

Sums("rows that are somewhat long, as a vocabulary, are right to 2e-6", () => {
  for (const n of [4097, 10_007, 32_128]) {
    assert.ok(
      error(
        run((x) => np.sum(x, { axis: 1 }), np.full([2, n], 0.3)),
        Math.fround(0.3) * n,
      ) < 2e-6,
      `${n}`,
    );
  }
});

for (const n of LENGTHS) {
  Sums(`sums of ${n} along any axes are right to 1e-6, as NumPy's along the last one`, () => {
    const cases: readonly [shape: readonly number[], axes: readonly number[]][] = [
      [[n], [0]],
      [[2, n], [1]],
      [[n, 3], [0]],
      [[n, 20], [0]],
      [[2, n, 2], [1]],
      [
        [2, n, 2],
        [0, 1],
      ],
      [
        [n, 2, 3],
        [0, 2],
      ],
      [
        [n, 2],
        [0, 1],
      ],
    ];
    for (const [shape, axis] of cases) {
      const expected = TENTH * axis.reduce((count, a) => count * shape[a], 1);
      const sum = run((x) => np.sum(x, { axis }), tenths(...shape));
      assert.ok(error(sum, expected) < 1e-6, `[${shape}] over ${axis}: ${sum[0]} for ${expected}`);
    }
  });
  Sums(`products of vectors and matrices with ${n} to contract are right to 2e-6`, () => {
    const cases: readonly [equation: string, left: readonly number[], right: readonly number[]][] = [
      ["k,k->", [n], [n]],
      ["ik,k->i", [2, n], [n]],
      ["k,kj->j", [n], [n, 2]],
      ["ik,kj->ij", [2, n], [n, 3]],
      ["ki,jk->ij", [n, 2], [3, n]],
      ["bik,bkj->bij", [2, 2, n], [2, n, 1]],
      ["bki,bkj->bij", [2, n, 2], [2, n, 1]],
    ];
    for (const [equation, left, right] of cases) {
      const product = run((x, y) => np.einsum(equation, x, y), tenths(...left), tenths(...right));
      assert.ok(error(product, n * TENTH * TENTH) < 2e-6, `${equation}: ${product[0]}`);
    }
  });
}

Sums("every element is counted once, in all blocks and remainders", () => {
  // Whole numbers so small that every order of adding them gives the same.
  const [rows, columns] = [8209, 5];
  const x = np.reshape(np.remainder(np.arange(rows * columns), 7), [rows, columns]);
  const [a, b] = [np.astype(x, "float32"), np.astype(np.remainder(x, 3), "float32")];
  const host = numbers(a);
  const other = numbers(b);
  const count = (f: (i: number, j: number) => number): number[] =>
    Array.from({ length: columns }, (_, j) => host.reduce((sum, _x, i) => sum + (i % columns === j ? f(i, j) : 0), 0));
  assert.equal(
    run((t) => np.sum(t, { axis: 0 }), a),
    count((i) => host[i]),
  );
  assert.equal(
    run((t, u) => np.einsum("kj,k->j", t, u), a, np.take(b, 0, 1)),
    count((i, j) => host[i] * other[i - j]),
  );
});

Sums("means and variances of 10^6 equal numbers are the number and 0", () => {
  const n = 1_000_000;
  assert.ok(
    error(
      run((x) => np.sum(x), tenths(n)),
      n * TENTH,
    ) < 1e-6,
  );
  assert.equal(
    run((x) => np.mean(x), np.ones(n)),
    [1],
  );
  assert.equal(
    run((x) => np.var(x), np.full([n], 100.1)),
    [0],
  );
});

Sums("running sums are right to a unit in the last place", () => {
  const n = 100_000;
  for (const reverse of [false, true]) {
    const sums = run((x) => lax.cumsum(x, { axis: 0, reverse }), tenths(n, 2));
    for (const i of [0, 1000, n - 1]) {
      const expected = TENTH * (reverse ? n - i : i + 1);
      assert.ok(error([sums[2 * i], sums[2 * i + 1]], expected) < 1e-7, `${reverse} ${i}: ${sums[2 * i]}`);
    }
  }
});

Sums("sums of exponentials and of squares along long axes are taken in blocks too", () => {
  const n = 100_000;
  const weights = run((x) => np.divide(np.exp(x), np.sum(np.exp(x))), np.full([n], 0.3));
  assert.ok(error([weights[0]], 1 / n) < 1e-6);
  const norm = (x: Tensor, scale: Tensor): Tensor =>
    np.multiply(np.multiply(x, lax.rsqrt(np.mean(np.square(x), { axis: -1, keepDims: true }))), scale);
  assert.ok(error([run(norm, tenths(1, n), np.ones([n]))[0]], 1) < 1e-6);
});

Sums("what is scattered to one place arrives, whatever the threads do", () => {
  const dims = { updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
  for (const [rows, columns] of [
    [250_000, 1],
    [60_000, 4],
  ]) {
    const add = jit((x: Tensor, places: Tensor) => lax.scatterAdd(np.zeros([2, columns]), places, x, dims));
    const [ones, places] = [np.ones([rows, columns]), np.zeros([rows, 1], "int32")];
    const expected = [rows, 0].flatMap((sum) => new Array<number>(columns).fill(sum));
    for (let turn = 0; turn < 5; turn++) assert.equal(numbers(add(ones, places)), expected);
  }
});

Sums.run();
