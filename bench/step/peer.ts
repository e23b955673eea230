/** @file One peer of the step benchmark in a process of its own: `peer.ts PEER SIZE RUNS THREADS` prints one JSON line. */
import { drawData, drawWeights, flopsOf, SIZES } from "./model.js";

const [peer, size, runs, threads] = process.argv.slice(2);
const c = SIZES[size as keyof typeof SIZES];
const weights = drawWeights(c);
const data = drawData(c);
/** `fluxion-onnx` and `fluxion-tfjs` are one program on two executors. */
const fluxion = async (executor: "onnx" | "tfjs", options: { threads?: number } = {}) =>
  (await import("./fluxion.js")).makeFluxionStep(c, weights, data, { executor, ...options });
const steps: Record<string, () => Promise<() => { loss: number; gradNorm: number }>> = {
  "fluxion-onnx": () => fluxion("onnx", { threads: Number(threads) }),
  "fluxion-tfjs": () => fluxion("tfjs"),
  "tfjs-wasm": async () => (await import("./tfjs.js")).makeTfjsStep(c, weights, data),
};
const step = await steps[peer]();

const first = performance.now();
const { loss, gradNorm } = step();
const firstMs = performance.now() - first;
const times: number[] = [];
for (let i = 0; i < Number(runs); i++) {
  const began = performance.now();
  step();
  times.push(performance.now() - began);
}
times.sort((a, b) => a - b);
const round = (x: number): number => Number(x.toPrecision(4));
const minMs = times[0];
console.log(
  JSON.stringify({
    bench: "step",
    peer,
    size,
    threads: Number(threads),
    minMs: round(minMs),
    medianMs: round(times[Math.floor(times.length / 2)]),
    gflops: round(flopsOf(c) / minMs / 1e6),
    firstMs: round(firstMs),
    loss: round(loss),
    gradNorm: round(gradNorm),
    rssMB: round(process.memoryUsage().rss / 1e6),
  }),
);
process.exit(0);
