/** @file One peer of the step benchmark in a process of its own: `peer.ts PEER SIZE RUNS` prints one JSON line. */
import { drawData, drawWeights, flopsOf, SIZES } from "./model.js";

const [peer, size, runs] = process.argv.slice(2);
const c = SIZES[size as keyof typeof SIZES];
const weights = drawWeights(c);
const data = drawData(c);
const step =
  peer === "fluxion-tfjs"
    ? await (await import("./fluxion.js")).makeFluxionStep(c, weights, data)
    : await (await import("./tfjs.js")).makeTfjsStep(c, weights, data);

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
