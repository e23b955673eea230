/**
 * @file Benchmarks: `npm run bench -- step --size nano --json`.
 *
 * Peers have equal weights and data, and alternate; quote ratios, since machines are noisy.
 */
import { spawnSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { type MethodRow, ROWS } from "./methods/rows.js";
import { COST_SIZES } from "./methods/sizes.js";
import { CASES } from "./sizes/cases.js";
import { compare } from "./t5/compare.js";
import { type Line, measure } from "./t5/measure.js";
import { SIZES, type SizeName } from "./t5/model.js";
import type { Task } from "./t5/task.js";
import { PEERS as TOKENIZERS } from "./tokenize/peers.js";

const print = (line: Line): void => console.log(JSON.stringify(line));

/** The machine, when, and how busy it is with other things: processes that want to run. */
const machine = (): Line => ({
  bench: "machine",
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
  load: Number(loadavg()[0].toFixed(1)),
});

/** Who a line is of, in words. */
const nameOf = ({ peer, threads, cache }: Line): string =>
  `${peer} (${threads}${cache === undefined ? "" : cache ? ", cache" : ", no cache"})`;

/** How much longer the others take than the first. */
const ratios = ([ours, ...others]: readonly Line[]): string[] => {
  const time = ({ minMs }: Line): number | undefined => minMs as number | undefined;
  const least = time(ours);
  if (least === undefined) return [];
  return others.flatMap((other) => {
    const ms = time(other);
    return ms === undefined ? [] : [`${nameOf(other)} / ${nameOf(ours)}: ${(ms / least).toFixed(2)}`];
  });
};

interface Common {
  readonly runs: number;
  readonly json?: boolean;
}

const runT5 = async (task: Task, { runs, json }: Common): Promise<void> => {
  const lines = await measure(task, runs);
  lines.forEach(print);
  if (json !== true) for (const text of ratios(lines)) console.log(text);
};

/** The lines of JSON that a script prints in a separate process. */
const runScript = (path: string, args: readonly string[], who: Line): void => {
  const script = fileURLToPath(new URL(path, import.meta.url));
  const options = { encoding: "utf8", maxBuffer: 1 << 26 } as const;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", "tsx", script, ...args], options);
  const lines = stdout.split("\n").filter((text) => text.startsWith("{"));
  const reason = stderr.split("\n").find((text) => /error|memory|abort/i.test(text)) ?? `exit ${status}`;
  if (lines.length === 0) print({ ...who, skipped: reason.trim().slice(0, 200) });
  for (const line of lines) print(JSON.parse(line) as Line);
};
const runRows = (): void => {
  for (const part of ["rows", "memory"]) runScript("rows/measure.ts", [part], { bench: "rows", part });
};
const runJoint = (): void => {
  for (const runs of [1, 5, 10]) {
    for (const way of ["together", "one by one"]) {
      runScript("joint/measure.ts", [String(runs), way], { bench: "joint", runs, way });
    }
  }
};
const runServe = (requests: number, rounds: number): void =>
  runScript("serve/measure.ts", [String(requests), String(rounds)], { bench: "serve" });
const EIGHT = ["boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc"];
const runPacking = (tasks: readonly string[], rounds: number): void => {
  for (const task of tasks) runScript("packing/measure.ts", [task, String(rounds)], { bench: "packing", task });
};
const runTokenize = (rounds: number): void => {
  for (const peer of Object.keys(TOKENIZERS)) {
    runScript("tokenize/peer.ts", [peer, String(rounds)], { bench: "tokenize", peer });
  }
};
const runSizes = (cases: readonly string[]): void => {
  for (const name of cases) runScript("sizes/peer.ts", [name], { bench: "sizes", case: name });
};

interface MethodOptions {
  readonly methods: readonly string[];
  readonly tasks: readonly string[];
  readonly seeds: number;
  readonly steps: number;
  readonly runs: number;
}
const METHOD_NAMES = Object.keys(ROWS);
const isOfOneTask = (method: string): boolean =>
  (ROWS as Readonly<Record<string, MethodRow>>)[method]?.tasks === undefined;
const runCosts = ({ methods, runs }: MethodOptions): void => {
  for (const size of Object.keys(COST_SIZES)) {
    for (const method of methods) {
      runScript("methods/cost.ts", [method, size, String(runs)], { bench: "methods", part: "cost", method, size });
    }
  }
};
const runScores = ({ methods, tasks, seeds, steps }: MethodOptions): void => {
  for (const method of methods.filter(isOfOneTask)) {
    for (const task of tasks) {
      for (let seed = 0; seed < seeds; seed++) {
        const who = { bench: "methods", part: "score", method, task, seed };
        runScript("methods/score.ts", [method, task, String(seed), String(steps)], who);
      }
    }
  }
};

const program = new Command("bench").description("benchmarks against peers in the same run");
const command = (name: string, description: string): Command =>
  program.command(name).description(description).option("--json", "JSON lines only");
const positive = (text: string): number => {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError("a whole number from 1 on");
  return n;
};
const list = (text: string): string[] => text.split(",");
const runsOption = (runs: number): Option =>
  new Option("--runs <n>", "rounds; in each, every peer has a turn of a run at least")
    .argParser(positive)
    .default(runs);
const sizeOption = (): Option => new Option("--size <name>", "model size").choices(Object.keys(SIZES)).default("nano");

for (const [bench, description] of [
  ["step", "one prompt-tuning step: loss and gradient of the prompt of a frozen T5"],
  ["weights", "loss and gradient of all weights of a T5, as pre-training and model tuning have them"],
  ["forward", "the loss of a batch"],
] as const) {
  command(bench, description)
    .addOption(sizeOption())
    .addOption(runsOption(5))
    .action(async ({ size, ...common }: Common & { size: SizeName }) => {
      print(machine());
      await runT5({ bench, size }, common);
    });
}
command("decode", "tokens written by the most likely choice, with and without a cache of keys and values")
  .addOption(sizeOption())
  .addOption(new Option("--tokens <n>", "tokens of each row").argParser(positive).default(32))
  .addOption(new Option("--batch <n>", "rows").argParser(positive).default(8))
  .addOption(runsOption(3))
  .action(async ({ size, tokens, batch, ...common }: Common & { size: SizeName; tokens: number; batch: number }) => {
    print(machine());
    await runT5({ bench: "decode", size, batch, tokens, cache: true }, common);
  });
program
  .command("compare")
  .description(
    "the time of a step and of decoding here, divided by that of another checkout, on the native executor and on the backend's",
  )
  .argument("<checkout>", "the root of the other checkout, with its node_modules")
  .addOption(sizeOption())
  .option("--threads <n>", "threads of the native executor", positive, 1)
  .addOption(runsOption(9))
  .action(async (checkout: string, options: { size: SizeName; threads: number; runs: number }) => {
    print(machine());
    const { size, threads, runs } = options;
    const tasks: readonly Task[] = [
      { bench: "step", size },
      { bench: "decode", size, batch: 8, tokens: 32, cache: true },
    ];
    for (const task of tasks) {
      print(await compare(checkout, { peer: "fluxion-onnx", threads, task }, runs));
      print(await compare(checkout, { peer: "fluxion-tfjs", threads: 1, task }, runs));
    }
  });
command("tokenize", "text to token ids: megabytes of English a second")
  .option("--rounds <n>", "rounds of each peer", positive, 4)
  .action(({ rounds }: { rounds: number }) => {
    print(machine());
    runTokenize(rounds);
  });
command("rows", "rows of files to batches: how many a second, and how much memory a file of 1 GB takes").action(() => {
  print(machine());
  runRows();
});
command("packing", "tokens a second of model tuning with and without packing, at the lengths of the eight tasks")
  .option("--tasks <names>", "some of the tasks", list, EIGHT)
  .addOption(runsOption(5))
  .action(({ tasks, runs }: Common & { tasks: readonly string[] }) => {
    print(machine());
    runPacking(tasks, runs);
  });
command("joint", "1, 5 and 10 prompts trained together in one program, and one after another").action(() => {
  print(machine());
  runJoint();
});
command("serve", "requests a second of fluxion serve: prompts mixed in a batch against one prompt at a time")
  .option("--requests <n>", "requests of each turn", positive, 800)
  .addOption(runsOption(3))
  .action(({ requests, runs }: Common & { requests: number }) => {
    print(machine());
    runServe(requests, runs);
  });
command(
  "sizes",
  "whether big models fit: one loaded from bfloat16 shards with random weights, and evaluated or trained for a step",
)
  .addArgument(new Argument("[case]", "one of them; all by default").choices(Object.keys(CASES)))
  .action((only: string | undefined) => {
    print(machine());
    runSizes(only === undefined ? Object.keys(CASES) : [only]);
  });
program
  .command("methods")
  .description("what each method of training costs and reaches: the tables of docs/methods.md")
  .addArgument(new Argument("[part]", "one of the two; both by default").choices(["costs", "scores"]))
  .option("--methods <names>", "some of the methods", list, METHOD_NAMES)
  .option("--tasks <names>", "tasks of superglue-mini, for the scores", list, ["cb", "rte", "boolq"])
  .option("--seeds <n>", "seeds of each score", positive, 3)
  .option("--steps <n>", "training steps of each score", positive, 300)
  .addOption(runsOption(5))
  .action((part: string | undefined, options: MethodOptions) => {
    print(machine());
    if (part !== "scores") runCosts(options);
    if (part !== "costs") runScores(options);
  });
command("all", "everything docs/benchmarks.md has a table of; scripts/benchmarks.ts makes them of the JSON lines")
  .addOption(runsOption(5))
  .action(async (common: Common) => {
    print(machine());
    for (const bench of ["step", "forward"] as const) {
      for (const size of Object.keys(SIZES) as SizeName[]) await runT5({ bench, size }, common);
    }
    for (const size of ["nano", "small"] as const) {
      for (const batch of [8, 1]) await runT5({ bench: "decode", size, batch, tokens: 32, cache: true }, common);
    }
    runTokenize(common.runs);
    runRows();
    runJoint();
    runServe(800, common.runs);
    runSizes(Object.keys(CASES));
  });
// Leaves what is to be tidied up to those who listen for the end.
process.once("SIGINT", () => process.exit(130));
await program.parseAsync();
