import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createGemm, type Gemm, K_BLOCK, type Matrix } from "../../../../lib/compile/wasm/code/gemm.js";
import { isFluxionError } from "../../../../lib/core/errors.js";
import { randomFloats, type TestHeap, testHeap } from "./heap.js";

const Suite = suite("compile/wasm/code/gemm");

const EPS = 2 ** -23;

/** An m x k matrix in one of four layouts: row major, column major, and both with gaps between the elements. */
type Layout = "rows" | "columns" | "gappyRows" | "gappyColumns";
const strides = (
  layout: Layout,
  rows: number,
  cols: number,
): { rowStride: number; colStride: number; length: number } => {
  const [rowStride, colStride] = {
    rows: [cols, 1],
    columns: [1, rows],
    gappyRows: [2 * cols + 3, 2],
    gappyColumns: [3, 3 * rows + 1],
  }[layout] as [number, number];
  return { rowStride, colStride, length: rows * cols === 0 ? 0 : (rows - 1) * rowStride + (cols - 1) * colStride + 1 };
};

interface Case {
  readonly batch: readonly [number, number];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly la: Layout;
  readonly lb: Layout;
  readonly gap: number;
  readonly seed: number;
  readonly packed: boolean;
}

/** Runs one case with guard elements all around C and checks every element against a product in float64. */
const check = (heap: TestHeap, gemm: Gemm, { batch, m, n, k, la, lb, gap, seed, packed }: Case): void => {
  const [outer, inner] = batch;
  const sa = strides(la, m, k);
  const sb = strides(lb, k, n);
  const count = outer * inner;
  // The inner batch dimension is the slow one in A and fast in B and C, so that a confusion of the two shows.
  const strideA: [number, number] = [sa.length, sa.length * outer];
  const strideB: [number, number] = packed ? [0, 0] : [sb.length * inner, sb.length];
  const cRow = n + gap;
  const sizeC = m * cRow;
  const aValues = randomFloats(sa.length * count, seed);
  const bValues = randomFloats(sb.length * Math.max(count, 1), seed + 1);
  const guard = -12345;
  const a = heap.put(aValues);
  const b = heap.put(bValues);
  const c = heap.put(new Float32Array(sizeC * count + 16).fill(guard)) + 32;
  const right = packed
    ? gemm.packB(k, n, { ptr: b, rowStride: sb.rowStride, colStride: sb.colStride })
    : { ptr: b, batchStride: strideB, rowStride: sb.rowStride, colStride: sb.colStride };
  gemm.run({
    ...{ batch, m, n, k },
    a: { ptr: a, batchStride: strideA, rowStride: sa.rowStride, colStride: sa.colStride },
    b: right,
    c: { ptr: c, batchStride: [sizeC * inner, sizeC], rowStride: cRow },
  });
  if ("packed" in right) right.dispose();

  const expected = new Float64Array(sizeC * count + 16).fill(guard);
  const bound = new Float64Array(expected.length);
  for (let s = 0; s < outer; s++) {
    for (let t = 0; t < inner; t++) {
      const aAt = s * strideA[0] + t * strideA[1];
      const bAt = s * strideB[0] + t * strideB[1];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          let size = 0;
          for (let p = 0; p < k; p++) {
            const x = aValues[aAt + i * sa.rowStride + p * sa.colStride] as number;
            const y = bValues[bAt + p * sb.rowStride + j * sb.colStride] as number;
            sum += x * y;
            size += Math.abs(x * y);
          }
          const at = 8 + (s * inner + t) * sizeC + i * cRow + j;
          expected[at] = sum;
          bound[at] = (k + 2) * (EPS / 2) * size;
        }
      }
    }
  }
  heap.view(c - 32, expected.length).forEach((got, at) => {
    const want = expected[at] as number;
    if (!(Math.abs(got - want) <= (bound[at] as number))) {
      assert.unreachable(`element ${at - 8}: expected ${want} within ${bound[at]}, got ${got}`);
    }
  });
};

const layouts: readonly Layout[] = ["rows", "columns", "gappyRows", "gappyColumns"];

Suite("products of all small sizes, layouts and batches agree with float64, and nothing outside C is written", () => {
  const heap = testHeap();
  const gemm = createGemm(heap);
  const size = fc.integer({ min: 0, max: 70 });
  const cases = fc.record({
    batch: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
    ...{ m: size, n: size, k: size },
    ...{ la: fc.constantFrom(...layouts), lb: fc.constantFrom(...layouts) },
    gap: fc.integer({ min: 0, max: 3 }),
    seed: fc.integer(),
    packed: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, (one) => check(heap, gemm, one)),
    { numRuns: 300 },
  );
});

Suite("every tail of the micro kernel is right in every layout", () => {
  const heap = testHeap();
  const gemm = createGemm(heap);
  for (const la of layouts) {
    for (const lb of layouts) {
      for (let size = 1; size <= 9; size++) {
        check(heap, gemm, { batch: [1, 1], m: size, n: 10 - size, k: 5, la, lb, gap: 0, seed: size, packed: false });
        check(heap, gemm, { batch: [1, 1], m: 3, n: size, k: size, la, lb, gap: 1, seed: size, packed: true });
      }
    }
  }
});

Suite("sizes beyond the cache blocks in every dimension agree with float64", () => {
  const heap = testHeap();
  const gemm = createGemm(heap);
  const sizes = [
    { m: 131, n: 70, k: 2 * K_BLOCK + 3 },
    { m: 9, n: 531, k: K_BLOCK + 1 },
    { m: 20, n: 523, k: K_BLOCK + 4 },
    { m: 300, n: 1, k: K_BLOCK + 9 },
  ];
  sizes.forEach((size, i) => {
    for (const packed of [false, true]) {
      const la = layouts[i % 4] as Layout;
      const lb = layouts[(i + 2) % 4] as Layout;
      check(heap, gemm, { batch: [1, 1], ...size, la, lb, gap: 0, seed: i, packed });
      check(heap, gemm, { batch: [1, 1], ...size, la: lb, lb: la, gap: 0, seed: i, packed });
    }
  });
});

/** Row major operands on a heap of their own; gives C. */
const rowMajor = (m: number, n: number, k: number, a: Float32Array, b: Float32Array): Float32Array => {
  const heap = testHeap();
  const gemm = createGemm(heap);
  const [pa, pb, pc] = [heap.put(a), heap.put(b), heap.put(new Float32Array(m * n))] as [number, number, number];
  gemm.run({
    ...{ batch: [1, 1], m, n, k },
    a: { ptr: pa, batchStride: [0, 0], rowStride: k, colStride: 1 },
    b: { ptr: pb, batchStride: [0, 0], rowStride: n, colStride: 1 },
    c: { ptr: pc, batchStride: [0, 0], rowStride: n },
  });
  return heap.view(pc, m * n).slice();
};

Suite("the sum is taken in the order of k within blocks, each operation rounded to float32", () => {
  const [m, n, k] = [3, 2, K_BLOCK + 40];
  const [a, b] = [randomFloats(m * k, 5), randomFloats(k * n, 6)];
  const got = rowMajor(m, n, k, a, b);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const blocks = [0, 0];
      for (let p = 0; p < k; p++) {
        const at = p < K_BLOCK ? 0 : 1;
        const term = Math.fround((a[i * k + p] as number) * (b[p * n + j] as number));
        blocks[at] = Math.fround((blocks[at] as number) + term);
      }
      assert.is(got[i * n + j], Math.fround((blocks[0] as number) + (blocks[1] as number)));
    }
  }
});

Suite("the bits of an element do not depend on the layout or on the other rows and columns", () => {
  const [m, n, k] = [37, 29, K_BLOCK + 33];
  const [a, b] = [randomFloats(m * k, 1), randomFloats(k * n, 2)];
  const whole = rowMajor(m, n, k, a, b);
  const column = (j: number): Float32Array => Float32Array.from({ length: k }, (_, p) => b[p * n + j] as number);
  for (const j of [0, 7, 28]) {
    const alone = rowMajor(m, 1, k, a, column(j));
    for (let i = 0; i < m; i++) assert.is(alone[i], whole[i * n + j]);
  }
  const heap = testHeap();
  const gemm = createGemm(heap);
  const store = (x: Float32Array, rows: number, cols: number, layout: Layout): Matrix => {
    const s = strides(layout, rows, cols);
    const values = new Float32Array(s.length);
    x.forEach((v, at) => {
      values[Math.floor(at / cols) * s.rowStride + (at % cols) * s.colStride] = v;
    });
    return { ptr: heap.put(values), rowStride: s.rowStride, colStride: s.colStride };
  };
  for (const la of layouts) {
    for (const lb of layouts) {
      const c = heap.put(new Float32Array(m * n));
      const operand = (x: Matrix) => ({ ...x, batchStride: [0, 0] as const });
      gemm.run({
        ...{ batch: [1, 1], m, n, k },
        a: operand(store(a, m, k, la)),
        b: operand(store(b, k, n, lb)),
        c: { ptr: c, batchStride: [0, 0], rowStride: n },
      });
      assert.equal(heap.view(c, m * n), whole, `${la} ${lb}`);
    }
  }
});

/** Element for element, with NaN equal to NaN. */
const same = (got: Float32Array, want: readonly number[]): void => {
  assert.ok(
    got.length === want.length && want.every((v, i) => v === got[i] || (Number.isNaN(v) && Number.isNaN(got[i]))),
    `${got} is not ${want}`,
  );
};

Suite("0 times infinity is NaN, and only in the row and column it belongs to", () => {
  const a = Float32Array.of(0, 1, 2, 1, 1, 1);
  const b = Float32Array.of(Infinity, 1, 0, 1, 0, 1);
  same(rowMajor(2, 2, 3, a, b), [Number.NaN, 3, Infinity, 3]);
  const withNaN = rowMajor(1, 3, 2, Float32Array.of(1, 1), Float32Array.of(1, Number.NaN, 2, 3, 4, 5));
  same(withNaN, [4, Number.NaN, 7]);
});

Suite("k = 0 gives zeros, also where C held NaN", () => {
  const heap = testHeap();
  const c = heap.put(new Float32Array(12).fill(Number.NaN));
  const nothing = { ptr: 0, batchStride: [0, 0], rowStride: 0, colStride: 0 } as const;
  const product = { a: nothing, b: nothing, c: { ptr: c, batchStride: [0, 6], rowStride: 3 } } as const;
  createGemm(heap).run({ batch: [1, 2], m: 2, n: 2, k: 0, ...product });
  const hole = Number.NaN;
  same(heap.view(c, 12), [0, 0, hole, 0, 0, hole, 0, 0, hole, 0, 0, hole]);
});

Suite("attention heads are read in place from [batch, time, head, width]", () => {
  const [batch, heads, time, width] = [2, 3, 11, 5];
  const heap = testHeap();
  const gemm = createGemm(heap);
  const length = batch * time * heads * width;
  const [q, key] = [randomFloats(length, 3), randomFloats(length, 4)];
  const row = heads * width;
  const scores = heap.put(new Float32Array(batch * heads * time * time));
  gemm.run({
    ...{ batch: [batch, heads], m: time, n: time, k: width },
    a: { ptr: heap.put(q), batchStride: [time * row, width], rowStride: row, colStride: 1 },
    b: { ptr: heap.put(key), batchStride: [time * row, width], rowStride: 1, colStride: row },
    c: { ptr: scores, batchStride: [heads * time * time, time * time], rowStride: time },
  });
  const got = heap.view(scores, batch * heads * time * time);
  const at = (s: number, t: number, h: number, d: number): number => ((s * time + t) * heads + h) * width + d;
  for (let s = 0; s < batch; s++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < time; i++) {
        for (let j = 0; j < time; j++) {
          let sum = 0;
          for (let d = 0; d < width; d++) {
            const term = Math.fround((q[at(s, i, h, d)] as number) * (key[at(s, j, h, d)] as number));
            sum = Math.fround(sum + term);
          }
          assert.is(got[((s * heads + h) * time + i) * time + j], sum);
        }
      }
    }
  }
});

Suite("works after the memory has grown", () => {
  const heap = testHeap();
  const gemm = createGemm(heap);
  const one: Case = { batch: [1, 2], m: 9, n: 17, k: 8, la: "rows", lb: "columns", gap: 0, seed: 1, packed: false };
  check(heap, gemm, one);
  const before = heap.memory.buffer;
  heap.memory.grow(10);
  assert.is.not(heap.memory.buffer, before);
  check(heap, gemm, one);
});

Suite("works on addresses above 2 GiB", () => {
  // A signed address would be negative there. The pages are never touched, so this costs no memory.
  const heap = testHeap(new WebAssembly.Memory({ initial: 33000 }));
  heap.malloc(2 ** 31);
  const gemm = createGemm({ ...heap, malloc: (bytes) => heap.malloc(bytes) | 0 });
  assert.ok(gemm.packB(1, 1, { ptr: 64, rowStride: 1, colStride: 1 }).ptr > 2 ** 31);
  for (const la of layouts) {
    check(heap, gemm, { batch: [1, 2], m: 21, n: 70, k: 19, la, lb: la, gap: 1, seed: 9, packed: false });
  }
});

Suite("works on a memory shared between threads", () => {
  const heap = testHeap(new WebAssembly.Memory({ initial: 20, maximum: 200, shared: true }));
  check(heap, createGemm(heap), {
    batch: [1, 1],
    m: 5,
    n: 9,
    k: 7,
    la: "rows",
    lb: "rows",
    gap: 0,
    seed: 2,
    packed: true,
  });
});

Suite("counts what it holds on the heap and frees it once", () => {
  const heap = testHeap();
  const gemm = createGemm(heap);
  assert.ok(gemm.scratchBytes > 0);
  const packed = gemm.packB(30, 20, { ptr: heap.put(randomFloats(600, 1)), rowStride: 20, colStride: 1 });
  assert.is(gemm.packedBytes, packed.bytes);
  assert.ok(packed.bytes >= 4 * 30 * 24);
  packed.dispose();
  packed.dispose();
  assert.is(gemm.packedBytes, 0);
  assert.is(heap.freed.length, 1);
  gemm.dispose();
  assert.is(heap.freed.length, 2);
});

Suite("refuses sizes that are none, and packed matrices that do not fit or are gone", () => {
  const heap = testHeap();
  const gemm = createGemm(heap);
  const x = { ptr: 64, batchStride: [0, 0], rowStride: 1, colStride: 1 } as const;
  const b = gemm.packB(2, 3, x);
  const run = (k: number, n: number) => () => gemm.run({ batch: [1, 1], m: 1, n, k, a: x, b, c: x });
  assert.throws(
    run(-1, 3),
    (e: unknown) => isFluxionError(e, "ArgumentError") && e.message.includes("k is not a size"),
  );
  assert.throws(run(2, 4), (e: unknown) => isFluxionError(e, "ArgumentError") && e.message.includes("k = 2, n = 3"));
  b.dispose();
  assert.throws(run(2, 3), (e: unknown) => isFluxionError(e, "UseAfterDisposeError"));
  const full = { memory: heap.memory, malloc: () => 0, free: () => {} };
  assert.throws(
    () => createGemm(full),
    (e: unknown) => isFluxionError(e, "BackendError"),
  );
});

interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    readonly _malloc: (bytes: number) => number;
    readonly _free: (ptr: number) => void;
  };
  readonly getMemoryOffset: (dataId: object) => number;
}

Suite("multiplies tensors of the TensorFlow.js wasm backend where they lie", async () => {
  const before = tf.getBackend();
  await tf.setBackend("wasm");
  const backend = tf.backend() as unknown as WasmBackend;
  const { asm, _malloc, _free } = backend.wasm;
  const gemm = createGemm({ memory: asm.memory, malloc: _malloc, free: _free });
  const [batch, m, n, k] = [3, 33, 20, 45];
  const a = tf.tensor3d(randomFloats(batch * m * k, 1), [batch, m, k]);
  const b = tf.tensor3d(randomFloats(batch * k * n, 2), [batch, n, k]);
  const c = tf.zeros([batch, m, n]);
  const big = tf.zeros([9_000_000]); // makes the heap grow after the module was instantiated on it
  const at = (x: tf.Tensor): number => backend.getMemoryOffset(x.dataId);
  gemm.run({
    ...{ batch: [1, batch], m, n, k },
    a: { ptr: at(a), batchStride: [0, m * k], rowStride: k, colStride: 1 },
    b: { ptr: at(b), batchStride: [0, n * k], rowStride: 1, colStride: k },
    c: { ptr: at(c), batchStride: [0, m * n], rowStride: n },
  });
  const expected = tf.matMul(a, b, false, true);
  const off = tf.max(tf.abs(tf.sub(c, expected))).dataSync()[0] as number;
  const size = tf.max(tf.matMul(tf.abs(a), tf.abs(b), false, true)).dataSync()[0] as number;
  assert.ok(off <= 2 * k * EPS * size, `differs by ${off}`);
  assert.ok(size > 1);
  gemm.dispose();
  tf.dispose([a, b, c, big, expected]);
  if (before) await tf.setBackend(before);
});

Suite("a prepared product runs at other addresses, and is refused when it is prepared", () => {
  const heap = testHeap();
  const gemm = createGemm(heap);
  // The last one is a column, which is computed as a row of the transposed product.
  for (const [inner, m, n, k] of [
    [1, 5, 9, 7],
    [3, 5, 9, 7],
    [2, 6, 1, 300],
  ] as const) {
    const layout = {
      ...{ batch: [2, inner] as const, m, n, k },
      a: { rowStride: k, colStride: 1, batchStride: [inner * m * k, m * k] as const },
      b: { rowStride: n, colStride: 1, batchStride: [inner * k * n, k * n] as const },
      c: { rowStride: n, batchStride: [inner * m * n, m * n] as const },
    };
    const run = gemm.prepare(layout);
    for (const seed of [1, 2]) {
      const a = heap.put(randomFloats(2 * inner * m * k, seed));
      const b = heap.put(randomFloats(2 * inner * k * n, seed + 10));
      const size = 2 * inner * m * n;
      const [c, other] = [heap.put(new Float32Array(size)), heap.put(new Float32Array(size))];
      run(a, b, c);
      const { a: aAt, b: bAt, c: cAt } = layout;
      gemm.run({ ...layout, a: { ...aAt, ptr: a }, b: { ...bAt, ptr: b }, c: { ...cAt, ptr: other } });
      const got = heap.view(c, size);
      assert.equal(got, heap.view(other, size));
      const row = heap.view(a, k) as Float32Array;
      const column = Array.from({ length: k }, (_, p) => heap.view(b, k * n)[p * n] as number);
      const first = column.reduce((sum, x, p) => sum + x * (row[p] as number), 0);
      assert.ok(Math.abs((got[0] as number) - first) <= 1e-5 * k, `batch ${inner}, seed ${seed}`);
    }
  }
  const wrong = { rowStride: 1, colStride: 1, batchStride: [0, 0] as const };
  const refused = (): unknown => gemm.prepare({ batch: [1, 1], m: -1, n: 1, k: 1, a: wrong, b: wrong, c: wrong });
  assert.throws(refused, (e: unknown) => isFluxionError(e, "ArgumentError"));
  gemm.dispose();
});

Suite.run();
