import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bundled, ended, fewRows, start, temporary } from "../helpers/program.js";
import { seeded } from "../helpers/seeded.js";
import { alike } from "./own-task.js";
import { writeSmallModel } from "./small-model.js";

const Resume = suite("lab/resume");

const folder = temporary("resume");
const data = fewRows(join(folder, "data"));
Resume.after(() => rmSync(folder, { recursive: true, force: true }));

/** A T5 of two layers and width 32, with the vocabulary of t5-nano. */
const model = join(folder, "model");
let program: readonly string[];
Resume.before(async () => {
  program = await bundled(join(folder, "program"));
  await writeSmallModel(model);
});

const STEPS = 60;
const settings = [
  ...["--data", data, "--model", model, "--steps", `${STEPS}`, "--evaluate-every", "1"],
  ...["--evaluation-tokens", "600", "--max-evaluation-length", "40", "--max-input-length", "40"],
  ...["--patience", "0", "--dropout", "0.1", "--seed", "3"],
];

/** A run of each method, with something of its own to be restored; tfjs starts faster than what is usual. */
const RUNS: Readonly<Record<string, readonly string[]>> = {
  prompt: ["--batch-size", "4", "--prompt-length", "4", "--ema", "0.9"],
  lora: [
    ...["--batch-size", "4", "--executor", "tfjs", "--method", "lora", "--rank", "2", "--learning-rate", "0.01"],
    ...["--microbatches", "2"],
  ],
  full: ["--executor", "tfjs", "--method", "full", "--learning-rate", "0.001", "--clip", "1", "--batch-tokens", "200"],
};

/** The lines of metrics.jsonl without timings. */
const metrics = (dir: string): unknown[] =>
  readFileSync(join(dir, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }));

/** The bytes of a file that do not tell the time: of a checkpoint those without its metadata, which count bytes of timings. */
const lasting = (path: string): Buffer => {
  const bytes = readFileSync(path);
  return basename(path) === "checkpoint.safetensors" ? bytes.subarray(8 + Number(bytes.readBigUInt64LE(0))) : bytes;
};

/** What remains of a run: every file that does not tell the time, as a digest. */
const remains = (dir: string): Readonly<Record<string, string>> => {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => relative(dir, join(file.parentPath, file.name)))
    .filter((name) => !["metrics.jsonl", "summary.json", "curve.svg"].includes(name))
    .sort();
  const digest = (name: string): string =>
    createHash("sha256")
      .update(lasting(join(dir, name)))
      .digest("hex");
  return Object.fromEntries(files.map((name) => [name, digest(name)]));
};

/** How many lines of metrics a run has written. */
const metricsSoFar = (dir: string): number =>
  existsSync(join(dir, "metrics.jsonl")) ? readFileSync(join(dir, "metrics.jsonl"), "utf8").split("\n").length - 1 : 0;

/** Runs the program and kills it so many milliseconds after it has written that many lines of metrics. */
const kill = async (args: readonly string[], dir: string, lines: number, delay: number): Promise<void> => {
  const child = start(args, program);
  let timer: NodeJS.Timeout | undefined;
  const watch = setInterval(() => {
    if (metricsSoFar(dir) >= lines) timer ??= setTimeout(() => child.kill("SIGKILL"), delay);
  }, 5);
  const { signal, err } = await ended(child);
  clearInterval(watch);
  clearTimeout(timer);
  assert.is(signal, "SIGKILL", err);
};

for (const [method, options] of Object.entries(RUNS)) {
  Resume(
    `a run of ${method} that is killed twenty times at random moments ends as if nothing had happened`,
    async () => {
      const whole = join(folder, `${method}-whole`);
      const args = [...settings, ...options];
      const unbroken = await ended(start([...args, "--out", whole], program));
      assert.is(unbroken.code, 0, unbroken.err);

      const broken = join(folder, `${method}-broken`);
      const again = (): string[] =>
        existsSync(join(broken, "recipe.json")) ? ["--resume", broken] : [...args, "--out", broken];
      const random = seeded(12345);
      // Some before there is anything, the others anywhere in the two lines of each step and in what is written between them.
      const draw = (_: unknown, i: number): number => (i < 3 ? 0 : random.int(2 * STEPS - 10));
      const moments = Array.from({ length: 20 }, draw).sort((a, b) => a - b);
      for (const lines of moments) await kill(again(), broken, lines, random.between(0, lines === 0 ? 1500 : 40));
      console.log(`  killed after ${moments.join(", ")} lines of metrics`);
      const last = await ended(start(again(), program));
      assert.is(last.code, 0, last.err);
      assert.equal(metrics(broken), metrics(whole));
      assert.equal(remains(broken), remains(whole));
    },
  );
}

Resume("seeds that are trained together and killed at random moments end as those that were not", async () => {
  const [whole, broken] = [join(folder, "seeds-whole"), join(folder, "seeds-broken")];
  const own = [
    "--batch-size",
    "4",
    "--prompt-length",
    "4",
    "--executor",
    "tfjs",
    "--dropout",
    "0",
    "--learning-rate",
    "0.03",
  ];
  const args = [...settings, ...own, "--seeds", "2", "--steps", "30"];
  const unbroken = await ended(start([...args, "--out", whole], program));
  assert.is(unbroken.code, 0, unbroken.err);
  assert.ok(unbroken.out.includes("2 in one program"), unbroken.out);
  const again = (): string[] =>
    existsSync(join(broken, "recipe.json")) ? ["--resume", broken] : [...args, "--out", broken];
  const random = seeded(54321);
  const last = join(broken, "seed-4");
  for (const lines of [0, 5, 11, 12, 23, 24, 37, 50]) {
    await kill(again(), last, lines, random.between(0, lines === 0 ? 1500 : 40));
  }
  const end = await ended(start(again(), program));
  assert.is(end.code, 0, end.err);
  for (const seed of ["seed-3", "seed-4"]) {
    alike(metrics(join(broken, seed)), metrics(join(whole, seed)), seed);
    assert.equal(Object.keys(remains(join(broken, seed))), Object.keys(remains(join(whole, seed))));
  }
});

Resume("Ctrl-C ends cleanly, with the best prompt saved, and the run can go on", async () => {
  const dir = join(folder, "interrupted");
  const child = start([...settings, "--batch-size", "4", "--prompt-length", "4", "--steps", "5000", "--out", dir]);
  const done = ended(child);
  await new Promise<void>((resolve) => {
    child.stdout?.on("data", (chunk) => {
      if (String(chunk).includes("step     2")) resolve();
    });
  });
  child.kill("SIGINT");
  const { code, out, err } = await done;
  assert.is(code, 130, err);
  assert.ok(out.includes("interrupted") && out.includes("tuned prompt"), out);
  const last = out.trimEnd().split("\n").slice(-2);
  assert.equal(last, [`the curve: ${dir}/curve.svg`, `to go on: npx fluxion train --resume ${dir}`]);
  for (const name of ["prompt.npy", "prompt.safetensors", "summary.json", "curve.svg", "predictions.jsonl"]) {
    assert.ok(existsSync(join(dir, name)), name);
  }
  const summary = JSON.parse(readFileSync(join(dir, "summary.json"), "utf8")) as Record<string, unknown>;
  assert.equal(
    Object.keys(summary).filter((k) =>
      ["tuned", "untuned", "majority", "bestStep", "steps", "seconds", "executor"].includes(k),
    ).length,
    7,
  );
});

Resume.run();
