/**
 * @file Matrix products: ours against tfjs `matMul`, both on the heap of the tfjs wasm backend, in GFLOP/s.
 *
 *     node --import tsx bench/gemm.ts
 *
 * One JSON line a case: the best of several rounds, alternating between the two, in one thread. `packed` is ours with B packed
 * beforehand, as for frozen weights. The first line names the machine.
 */
import { cpus } from "node:os";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { createGemm, type Product } from "../lib/compile/wasm/code/gemm.js";

interface Backend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    readonly _malloc: (bytes: number) => number;
    readonly _free: (ptr: number) => void;
  };
  readonly getMemoryOffset: (dataId: object) => number;
}

interface Sizes {
  readonly name: string;
  readonly batch?: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const CASES: readonly Sizes[] = [
  { name: "square 512", m: 512, n: 512, k: 512 },
  { name: "square 1024", m: 1024, n: 1024, k: 1024 },
  { name: "nano mlp in", m: 672, n: 320, k: 128 },
  { name: "nano mlp out", m: 672, n: 128, k: 320 },
  { name: "nano logits", m: 64, n: 4096, k: 128 },
  { name: "nano scores", batch: 32, m: 84, n: 84, k: 32 },
  { name: "nano values", batch: 32, m: 84, n: 32, k: 84 },
  { name: "small mlp in", m: 1824, n: 1024, k: 512 },
  { name: "small logits", m: 64, n: 32128, k: 512 },
  { name: "small scores", batch: 48, m: 228, n: 228, k: 64 },
  { name: "decoding, 1 row", m: 1, n: 512, k: 512 },
  { name: "decoding, 8 rows", m: 8, n: 512, k: 512 },
  { name: "small heads", batch: 256, m: 8, n: 8, k: 32 },
  { name: "tiny", m: 8, n: 8, k: 8 },
];

const ROUNDS = 5;
/** Work of one round; enough to be timed, little enough for the slowest kernel. */
const FLOP_PER_ROUND = 1e8;

const time = (run: () => void, reps: number): number => {
  const start = performance.now();
  for (let i = 0; i < reps; i++) run();
  return (performance.now() - start) / reps;
};

await tf.setBackend("wasm");
const backend = tf.backend() as unknown as Backend;
const { asm, _malloc, _free } = backend.wasm;
const gemm = createGemm({ memory: asm.memory, malloc: _malloc, free: _free });
const at = (x: tf.Tensor): number => backend.getMemoryOffset(x.dataId);

console.log(JSON.stringify({ cpu: cpus()[0]?.model, node: process.version, tfjs: tf.version_core, threads: 1 }));
for (const { name, batch = 1, m, n, k } of CASES) {
  const flop = 2 * batch * m * n * k;
  const reps = Math.ceil(FLOP_PER_ROUND / flop);
  for (const [transposeA, transposeB] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const) {
    const shape = (transpose: boolean, rows: number, cols: number): number[] => [
      ...(batch === 1 ? [] : [batch]),
      ...(transpose ? [cols, rows] : [rows, cols]),
    ];
    const a = tf.randomNormal(shape(transposeA, m, k));
    const b = tf.randomNormal(shape(transposeB, k, n));
    const c = tf.zeros(shape(false, m, n));
    const right = { ptr: at(b), rowStride: transposeB ? 1 : n, colStride: transposeB ? k : 1 };
    const packed = batch === 1 ? gemm.packB(k, n, right) : undefined;
    const product: Product = {
      ...{ batch: [1, batch], m, n, k },
      a: { ptr: at(a), batchStride: [0, m * k], rowStride: transposeA ? 1 : k, colStride: transposeA ? m : 1 },
      b: { ...right, batchStride: [0, k * n] },
      c: { ptr: at(c), batchStride: [0, m * n], rowStride: n },
    };
    const runs: Record<string, () => void> = {
      tfjs: () => tf.matMul(a, b, transposeA, transposeB).dispose(),
      ours: () => gemm.run(product),
      ...(packed === undefined ? {} : { packed: () => gemm.run({ ...product, b: packed }) }),
    };
    const best = Object.fromEntries(Object.keys(runs).map((key) => [key, Number.POSITIVE_INFINITY]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [key, run] of Object.entries(runs)) best[key] = Math.min(best[key] as number, time(run, reps));
    }
    const rate = Object.fromEntries(
      Object.entries(best).map(([key, ms]) => [key, Number((flop / ms / 1e6).toFixed(1))]),
    );
    console.log(JSON.stringify({ name, batch, m, n, k, transposeA, transposeB, gflops: rate }));
    packed?.dispose();
    tf.dispose([a, b, c]);
  }
}
