/** @file Small sweeps in folders, their workers as processes, and what has to hold of them in the end. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { fewRows } from "../../helpers/program.js";
import { writeSmallModel } from "../small-model.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The program `fluxion` and that of a run's process, each in one piece with what they share. */
export const bundledSweep = async (folder: string): Promise<string> => {
  const entryPoints = ["fluxion", "sweep-child"].map((name) => join(root, "lib", "cli", `${name}.ts`));
  const how = { bundle: true, splitting: true, format: "esm", platform: "node", target: "node20" } as const;
  await build({ ...how, entryPoints, outdir: folder, packages: "external", logLevel: "warning" });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  return join(folder, "fluxion.js");
};

/** What a sweep needs: a model, rows, and the base of its recipes. */
export const smallBase = async (folder: string, steps = 10): Promise<object> => {
  mkdirSync(folder, { recursive: true });
  await writeSmallModel(join(folder, "model"));
  return {
    model: join(folder, "model"),
    data: fewRows(join(folder, "data"), 12, 4),
    steps,
    executor: "tfjs",
    batch: { examples: 2 },
    lengths: { input: 24, buckets: 1 },
    evaluation: { every: 5, tokens: 600, inputLength: 24 },
    method: { name: "prompt", length: 2 },
  };
};

/** Writes a sweep file. */
export const sweepFile = (path: string, sweep: object): string => {
  writeFileSync(path, JSON.stringify(sweep));
  return path;
};

/** Starts a worker. */
export const worker = (program: string, ...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [program, "sweep", ...args], { stdio: ["ignore", "pipe", "pipe"] });

/** The ids of a sweep's plan. */
export const idsOf = (sweep: string): readonly string[] =>
  (JSON.parse(readFileSync(join(sweep, "plan.json"), "utf8")) as { runs: { id: string }[] }).runs.map(({ id }) => id);

/** What a run has come to, without what tells the time. */
export const summaryOf = (sweep: string, id: string): object => {
  const text = readFileSync(join(sweep, "runs", id, "summary.json"), "utf8");
  return { ...(JSON.parse(text) as object), seconds: 0, peakBytes: 0 };
};

export const isDone = (sweep: string, id: string): boolean => existsSync(join(sweep, "runs", id, "summary.json"));

/** The steps in the metrics of a run, in their order. */
export const stepsOf = (sweep: string, id: string): readonly number[] =>
  readFileSync(join(sweep, "runs", id, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly step: number; readonly tokens?: number })
    .flatMap(({ step, tokens }) => (tokens === undefined ? [] : [step]));

/** Names in the folder of leases. */
export const leasesIn = (sweep: string): readonly string[] =>
  existsSync(join(sweep, "leases")) ? readdirSync(join(sweep, "leases")) : [];

/** Processes that compute a run of a sweep below this folder. */
export const childrenBelow = (folder: string): readonly number[] =>
  readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      return command.includes("sweep-child") && command.includes(folder) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
