/**
 * @file One peer of the benchmarks of T5 in a process of its own: `peer.ts PEER TASK THREADS`, the task as JSON.
 *
 * It sets up, runs once, and says so on a line of standard output. For each line that comes in it has a turn, and tells the times; when
 * no more come, its peak memory.
 */
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { fluxion } from "./fluxion.js";
import { dimensionsOf, type MakePeer, type Outcome, type Task } from "./task.js";

/** Peers of other libraries are loaded when they are asked for: they may not be installed. */
const PEERS: Readonly<Record<string, MakePeer>> = {
  "fluxion-onnx": fluxion("onnx"),
  "fluxion-tfjs": fluxion("tfjs"),
  "tfjs-wasm": async (...args) => (await import("./tfjs.js")).tfjs(...args),
  "jax-js": async (...args) => {
    // It looks for devices in the browser's `navigator`, which Node 20 does not have.
    (globalThis as { navigator?: object }).navigator ??= {};
    return (await import("./jax-js.js")).jaxJs(...args);
  },
};

/** A turn of a fast peer is this long, so that what the peer before left in the processor's caches does not count. */
const TURN_MS = 250;

const say = (line: object): void => console.log(JSON.stringify(line));
const round = (x: number): number => Number(x.toPrecision(4));
const digest = (ids: ArrayLike<number>): string =>
  createHash("sha256").update(Array.from(ids).join()).digest("hex").slice(0, 8);
const printable = ({ loss, gradNorm, ids }: Outcome): object => ({
  ...(loss === undefined ? {} : { loss: round(loss) }),
  ...(gradNorm === undefined ? {} : { gradNorm: round(gradNorm) }),
  ...(ids === undefined ? {} : { ids: digest(ids) }),
});

const [name = "", json = "", threads = "1"] = process.argv.slice(2);
const task = JSON.parse(json) as Task;
try {
  const { version, run } = await PEERS[name](dimensionsOf(task), task, Number(threads));
  const time = async (): Promise<[ms: number, outcome: Outcome]> => {
    const began = performance.now();
    const outcome = await run();
    return [performance.now() - began, outcome];
  };
  const [firstMs, outcome] = await time();
  say({ version, firstMs: round(firstMs), ...printable(outcome) });
  for await (const _ of createInterface({ input: process.stdin })) {
    const times: number[] = [];
    for (const began = performance.now(); times.length === 0 || performance.now() - began < TURN_MS; ) {
      times.push((await time())[0]);
    }
    say({ times });
  }
  say({ peakRssMB: Math.round((process.resourceUsage().maxRSS * 1024) / 1e6) });
} catch (cause) {
  say({ skipped: (cause as Error).message.split("\n")[0] });
}
process.exit(0);
