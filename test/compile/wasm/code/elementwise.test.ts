import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elementwiseLoop } from "../../../../lib/compile/wasm/code/elementwise.js";
import { type LaneFunction, laneFunction } from "../../../../lib/compile/wasm/code/functions.js";
import { testHeap } from "./heap.js";

const Suite = suite("compile/wasm/code/elementwise");

Suite("walks rows with contiguous and repeated operands and writes nothing beyond the result", () => {
  const sub = laneFunction("sub", {}, ["float32", "float32"]) as LaneFunction;
  for (const repeated of [
    [false, false],
    [false, true],
    [true, false],
  ]) {
    for (const length of [1, 2, 3, 4, 5, 7, 8, 13]) {
      const rows = 3;
      const heap = testHeap();
      const run = elementwiseLoop(
        heap.memory,
        sub,
        repeated.map((r) => ({ dtype: "float32" as const, repeated: r })),
        "float32",
      );
      const [x, y] = repeated.map((r, i) =>
        Float32Array.from({ length: r ? rows : rows * length }, (_, at) => (i === 0 ? 100 : 1) * (at + 1)),
      );
      const out = heap.put(new Float32Array(rows * length + 4).fill(-1));
      const stride = (r: boolean): number => (r ? 4 : 4 * length);
      run(out, rows, length, heap.put(x), stride(repeated[0]), heap.put(y), stride(repeated[1]));
      const at = (values: Float32Array, r: boolean, row: number, i: number): number =>
        values[r ? row : row * length + i];
      const want = Float32Array.from({ length: rows * length + 4 }, (_, k) => {
        const [row, i] = [Math.floor(k / length), k % length];
        return k < rows * length ? at(x, repeated[0], row, i) - at(y, repeated[1], row, i) : -1;
      });
      assert.equal(heap.view(out, rows * length + 4), want, `${repeated}, ${length} columns`);
    }
  }
});

Suite("reads and writes bools as single bytes", () => {
  const less = laneFunction("lt", {}, ["float32", "float32"]) as LaneFunction;
  const heap = testHeap();
  const operand = { dtype: "float32" as const, repeated: false };
  const run = elementwiseLoop(heap.memory, less, [operand, operand], "bool");
  const n = 7;
  const x = heap.put(Float32Array.from([1, 2, 3, NaN, 5, -Infinity, -0]));
  const y = heap.put(Float32Array.from([2, 2, 4, 1, NaN, 0, 0]));
  const out = heap.malloc(n + 1);
  new Uint8Array(heap.memory.buffer, out, n + 1).fill(9);
  run(out, 1, n, x, 0, y, 0);
  assert.equal([...new Uint8Array(heap.memory.buffer, out, n + 1)], [1, 0, 1, 0, 0, 1, 0, 9]);

  const not = laneFunction("not", {}, ["bool"]) as LaneFunction;
  const flip = elementwiseLoop(heap.memory, not, [{ dtype: "bool", repeated: false }], "bool");
  flip(out, 1, n, out, 0);
  assert.equal([...new Uint8Array(heap.memory.buffer, out, n + 1)], [0, 1, 0, 1, 1, 0, 1, 9]);
});

Suite.run();
