import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createStridedCopy } from "../../../../lib/compile/wasm/code/copy.js";
import { isFluxionError } from "../../../../lib/core/errors.js";
import { testHeap } from "./heap.js";

const Suite = suite("compile/wasm/code/copy");

/** Row-major strides of a shape whose dimensions are stored in the order `order`. */
const dense = (shape: readonly number[], order: readonly number[]): number[] => {
  const strides = shape.map(() => 0);
  let step = 1;
  for (const axis of [...order].reverse()) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
};

const offsets = (shape: readonly number[], strides: readonly number[]): number[] =>
  shape.reduce<number[]>(
    (list, size, axis) =>
      list.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * (strides[axis] as number))),
    [0],
  );

const heap = testHeap();
const copy = createStridedCopy(heap.memory);

/** Copies integers, some with the bits of a NaN, and compares the whole destination with plain indexing. */
const check = (shape: readonly number[], src: readonly number[], dst: readonly number[]): void => {
  const [from, to] = [offsets(shape, src), offsets(shape, dst)];
  const extent = (list: readonly number[]): [number, number] => [Math.min(0, ...list), Math.max(0, ...list) + 1];
  const [lowFrom, highFrom] = extent(from);
  const [lowTo, highTo] = extent(to);
  const source = Int32Array.from({ length: highFrom - lowFrom }, (_, i) => (i % 3 === 0 ? 0x7fa00000 + i : i + 1));
  const want = new Int32Array(highTo - lowTo + 8).fill(-7);
  for (let i = 0; i < from.length; i++) {
    want[(to[i] as number) - lowTo + 4] = source[(from[i] as number) - lowFrom] as number;
  }
  const a = heap.malloc(4 * source.length);
  const b = heap.malloc(4 * want.length);
  new Int32Array(heap.memory.buffer, a, source.length).set(source);
  new Int32Array(heap.memory.buffer, b, want.length).fill(-7);
  copy(shape, { ptr: a - 4 * lowFrom, strides: src }, { ptr: b + 4 * (4 - lowTo), strides: dst });
  assert.equal(new Int32Array(heap.memory.buffer, b, want.length), want, `[${shape}] from [${src}] to [${dst}]`);
};

Suite(
  "any permutation, slice, broadcast and reversal of rank 0 to 8 is what indexing gives, and nothing else is written",
  () => {
    const axis = fc.record({
      size: fc.integer({ min: 0, max: 5 }),
      extra: fc.integer({ min: 0, max: 2 }),
      how: fc.constantFrom("keep", "keep", "skip", "reverse", "repeat"),
      by: fc.tuple(fc.nat(), fc.nat()),
    });
    fc.assert(
      fc.property(fc.array(axis, { maxLength: 8 }), (axes) => {
        // At most about 2000 elements: later axes shrink to 1.
        let count = 1;
        const shape = axes.map(({ size }) => {
          const fits = count * Math.max(size, 1) <= 2000;
          count *= fits ? Math.max(size, 1) : 1;
          return fits ? size : 1;
        });
        const order = (key: 0 | 1): number[] =>
          shape.map((_, i) => i).sort((i, j) => (axes[i]?.by[key] ?? 0) - (axes[j]?.by[key] ?? 0));
        const padded = shape.map((size, i) => size + (axes[i]?.how === "skip" ? 1 : 0) + (axes[i]?.extra ?? 0));
        const src = dense(padded, order(0)).map((stride, i) => {
          const how = axes[i]?.how;
          if (how === "repeat") return 0;
          return how === "reverse" ? -stride : stride;
        });
        check(shape, src, dense(shape, order(1)));
        check(shape, src, dense(padded, order(1)));
      }),
      { numRuns: 300 },
    );
  },
);

Suite("matrices of all small sizes are transposed, alone and in a batch", () => {
  for (let m = 1; m <= 9; m++) for (let n = 1; n <= 9; n++) check([n, m], [1, n], [m, 1]);
  check([3, 35, 70], [70 * 35, 1, 35], [70 * 35, 70, 1]);
  check([37, 19], [1, 40], [20, 1]);
});

Suite("heads move in front of time", () => {
  check([2, 3, 5, 8], [5 * 3 * 8, 8, 3 * 8, 1], [3 * 5 * 8, 5 * 8, 8, 1]);
});

Suite("one element, and none, are copied too", () => {
  check([], [], []);
  check([1, 1], [7, 9], [3, 2]);
  check([2, 0, 3], [1, 1, 1], [1, 1, 1]);
});

Suite("a stride too few is refused", () => {
  const x = { ptr: 64, strides: [1] };
  assert.throws(
    () => copy([2, 2], x, x),
    (e: unknown) => isFluxionError(e, "ArgumentError"),
  );
});

Suite.run();
