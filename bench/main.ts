/**
 * @file Benchmarks: `npm run bench -- step --size nano --json`.
 *
 * Peers run in processes of their own, in turn, on equal weights and data; quote ratios, since machines are noisy.
 */
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { SIZES } from "./step/model.js";

interface Line {
  readonly peer: string;
  readonly size: string;
  readonly minMs: number;
  readonly medianMs: number;
  readonly gflops: number;
  readonly loss: number;
}

const PEERS = ["fluxion-tfjs", "tfjs-wasm"] as const;
const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Runs one peer; a peer that fails (out of memory, say) is reported as skipped. */
const runPeer = (peer: string, size: string, runs: string): Line | { peer: string; skipped: string } => {
  const child = spawnSync(process.execPath, ["--import", "tsx", script("step/peer.ts"), peer, size, runs], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const line = child.stdout.split("\n").find((text) => text.startsWith("{"));
  if (line !== undefined) return JSON.parse(line) as Line;
  const reason = child.stderr.split("\n").find((text) => /error|memory|abort/i.test(text)) ?? `exit ${child.status}`;
  return { peer, skipped: reason.trim().slice(0, 200) };
};

const program = new Command("bench").description("benchmarks against peers in the same run");
program
  .command("step")
  .description("one prompt-tuning step: loss and gradient of the prompt of a frozen T5")
  .addOption(new Option("--size <name>", "model size").choices(Object.keys(SIZES)).default("nano"))
  .option("--runs <n>", "timed runs of each peer", "5")
  .option("--json", "JSON lines only")
  .action((options: { size: string; runs: string; json?: boolean }) => {
    if (options.json !== true) console.log(`${cpus()[0]?.model} x ${cpus().length}, Node ${process.version}`);
    const lines = PEERS.map((peer) => runPeer(peer, options.size, options.runs));
    for (const line of lines) console.log(JSON.stringify({ bench: "step", size: options.size, ...line }));
    const [ours, theirs] = lines;
    if (options.json !== true && "minMs" in ours && "minMs" in theirs) {
      console.log(`tfjs-wasm / fluxion-tfjs: ${(theirs.minMs / ours.minMs).toFixed(2)}`);
    }
  });
await program.parseAsync();
