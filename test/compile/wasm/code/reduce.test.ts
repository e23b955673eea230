import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Reduction, reduceLoop } from "../../../../lib/compile/wasm/code/reduce.js";
import { randomFloats, testHeap } from "./heap.js";

const Suite = suite("compile/wasm/code/reduce");

const STEP: Record<Reduction, readonly [number, (a: number, b: number) => number]> = {
  sum: [0, (a, b) => a + b],
  max: [-Infinity, Math.max],
  min: [Infinity, Math.min],
};

Suite("reduces rows and columns of every length and writes nothing beyond the result", () => {
  for (const kind of ["sum", "max", "min"] as const) {
    const [start, f] = STEP[kind];
    for (const inner of [1, 2, 3, 4, 5, 16, 23]) {
      for (const length of [0, 1, 2, 3, 4, 5, 15, 16, 17, 39]) {
        const outer = 3;
        const heap = testHeap();
        const x = randomFloats(outer * length * inner, 1 + length);
        const out = heap.put(new Float32Array(outer * inner + 4).fill(-7));
        reduceLoop(heap.memory, kind)(out, heap.put(x), outer, length, inner);
        const want = new Float32Array(outer * inner + 4).fill(-7);
        for (let o = 0; o < outer; o++) {
          for (let i = 0; i < inner; i++) {
            let value = start;
            for (let k = 0; k < length; k++) value = f(value, x[(o * length + k) * inner + i]);
            want[o * inner + i] = value;
          }
        }
        assert.equal(heap.view(out, outer * inner + 4), want, `${kind} of [${outer}, ${length}, ${inner}]`);
      }
    }
  }
});

Suite("sums in doubles, so that what cancels is not lost", () => {
  for (const inner of [1, 4]) {
    const heap = testHeap();
    const x = Float32Array.from([1e8, 1, -1e8, 1, 1e8, 1, -1e8, 1].flatMap((v) => new Array<number>(inner).fill(v)));
    const out = heap.put(new Float32Array(inner));
    reduceLoop(heap.memory, "sum")(out, heap.put(x), 1, 8, inner);
    assert.equal([...heap.view(out, inner)], new Array(inner).fill(4), `inner ${inner}`);
  }
});

Suite("NaN wins, wherever it stands", () => {
  for (const kind of ["max", "min"] as const) {
    for (let at = 0; at < 21; at++) {
      const heap = testHeap();
      const x = new Float32Array(21).fill(1);
      x[at] = NaN;
      const out = heap.put(new Float32Array(1));
      reduceLoop(heap.memory, kind)(out, heap.put(x), 1, 21, 1);
      assert.ok(Number.isNaN(heap.view(out, 1)[0]), `${kind}, at ${at}`);
    }
  }
});

Suite.run();
