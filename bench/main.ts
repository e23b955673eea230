/**
 * @file Benchmarks: `npm run bench -- step --size nano --json`.
 *
 * Peers run in processes of their own, in turn, on equal weights and data; quote ratios, since machines are noisy.
 */
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { Argument, Command, Option } from "commander";
import { CASES } from "./sizes/cases.js";
import { SIZES } from "./step/model.js";
import { runTorch } from "./step/torch.js";
import { PEERS as TOKENIZERS } from "./tokenize/peers.js";

interface Line {
  readonly peer: string;
  readonly size: string;
  readonly threads: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly gflops: number;
  readonly loss: number;
}

/** What is measured, each in turn. TensorFlow.js computes on one thread. */
const PEERS = [
  { peer: "fluxion-onnx", threads: 2 },
  { peer: "fluxion-onnx", threads: 1 },
  { peer: "fluxion-tfjs", threads: 1 },
  { peer: "tfjs-wasm", threads: 1 },
  { peer: "torch", threads: 2 },
  { peer: "torch", threads: 1 },
];
type Peer = (typeof PEERS)[number];
const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The JSON line that a script prints in a process of its own; undefined, with the reason, when it prints none. */
const runScript = (path: string, ...args: string[]): { line?: unknown; reason: string } => {
  const options = { encoding: "utf8", maxBuffer: 1 << 26 } as const;
  const child = spawnSync(process.execPath, ["--import", "tsx", script(path), ...args], options);
  const line = child.stdout.split("\n").find((text) => text.startsWith("{"));
  const reason = child.stderr.split("\n").find((text) => /error|memory|abort/i.test(text)) ?? `exit ${child.status}`;
  return { line: line === undefined ? undefined : JSON.parse(line), reason: reason.trim().slice(0, 200) };
};

/** Runs one peer; a peer that fails (out of memory, say) is reported as skipped. */
const runPeer = ({ peer, threads }: Peer, size: string, runs: string): Line | (Peer & { skipped: string }) => {
  if (peer === "torch")
    return { peer, size, threads, ...runTorch(SIZES[size as keyof typeof SIZES], runs, threads) } as Line;
  const { line, reason } = runScript("step/peer.ts", peer, size, runs, String(threads));
  return line === undefined ? { peer, threads, skipped: reason } : (line as Line);
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
    const [ours, ...others] = lines;
    if (options.json === true || !("minMs" in ours)) return;
    for (const other of others) {
      if (!("minMs" in other)) continue;
      const names = `${other.peer} (${other.threads}) / ${ours.peer} (${ours.threads})`;
      console.log(`${names}: ${(other.minMs / ours.minMs).toFixed(2)}`);
    }
  });
program
  .command("tokenize")
  .description("text to token ids: megabytes of English a second")
  .option("--rounds <n>", "rounds of each peer", "4")
  .option("--json", "JSON lines only")
  .action((options: { rounds: string; json?: boolean }) => {
    if (options.json !== true) console.log(`${cpus()[0]?.model} x ${cpus().length}, Node ${process.version}`);
    for (const peer of Object.keys(TOKENIZERS)) {
      const { line, reason } = runScript("tokenize/peer.ts", peer, options.rounds);
      console.log(JSON.stringify(line ?? { bench: "tokenize", peer, skipped: reason }));
    }
  });
program
  .command("sizes")
  .description(
    "whether big models fit: one loaded from bfloat16 shards with random weights, and evaluated or trained for a step",
  )
  .addArgument(new Argument("[case]", "one of them; all by default").choices(Object.keys(CASES)))
  .action((only: string | undefined) => {
    for (const name of Object.keys(CASES).filter((key) => only === undefined || key === only)) {
      const { line, reason } = runScript("sizes/peer.ts", name);
      console.log(JSON.stringify(line ?? { bench: "sizes", case: name, skipped: reason }));
    }
  });
await program.parseAsync();
