/**
 * @file Gathers and scatters at computed places, eager: ours on the wasm backend against tfjs `gather` on the same, in milliseconds.
 *
 *     node --conditions=fluxion-source --import tsx bench/gather.ts
 *
 * One JSON line a case: the best of several rounds, alternating between the two. tfjs has no scatter that adds to what is there.
 */
import { cpus } from "node:os";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { dispose, init, np, type Tensor } from "fluxion";

interface Case {
  readonly name: string;
  readonly indices: number;
  readonly rows: number;
  readonly width: number;
}

const CASES: readonly Case[] = [
  { name: "single elements", indices: 1_000_000, rows: 1000, width: 1 },
  { name: "many single elements", indices: 16_000_000, rows: 1000, width: 1 },
  { name: "rows of an embedding", indices: 20_000, rows: 32_128, width: 64 },
];
const ROUNDS = 5;

await init({ executor: "tfjs" });
await tf.setBackend("wasm");
console.log(JSON.stringify({ cpu: cpus()[0]?.model, node: process.version, tfjs: tf.version_core }));

const time = (run: () => void): number => {
  const start = performance.now();
  run();
  return performance.now() - start;
};

for (const { name, indices, rows, width } of CASES) {
  const shape = width === 1 ? [rows] : [rows, width];
  const places = Int32Array.from({ length: indices }, (_, i) => (i * 7919) % rows);
  const [table, at] = [np.ones(shape), np.array(places)];
  const [theirTable, theirAt] = [tf.ones(shape), tf.tensor1d(places, "int32")];
  const updates = np.ones(width === 1 ? [indices] : [indices, width]);
  const ours = (result: Tensor): void => dispose(result);
  const runs: Record<string, () => void> = {
    take: () => ours(np.take(table, at, 0)),
    tfjsGather: () => tf.gather(theirTable, theirAt).dispose(),
    addAt: () => ours(np.at(table, at).add(updates)),
  };
  const best = Object.fromEntries(Object.keys(runs).map((key) => [key, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [key, run] of Object.entries(runs)) best[key] = Math.min(best[key], time(run));
  }
  const ms = Object.fromEntries(Object.entries(best).map(([key, value]) => [key, Number(value.toFixed(1))]));
  console.log(JSON.stringify({ name, indices, rows, width, ms }));
  dispose([table, at, updates]);
  tf.dispose([theirTable, theirAt]);
}
