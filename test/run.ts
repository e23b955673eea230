/**
 * @file Runs the test suites with uvu and ends with one line: `N passed, N failed`.
 *
 * `node --import tsx test/run.ts` runs every `*.test.ts`; with the word `long` every `*.long.ts`, with `slow` every `*.slow.ts`. Further words select files by
 * their path. Files go one by one to whichever process is free (worker.ts), so that every core has work to the end; those that
 * measure memory and time-outs come last, one after another. What a file prints is shown when it has ended.
 */
import { type ChildProcess, fork } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { FROM_SOURCE } from "./helpers/program.js";
import type { FromWorker, Tally } from "./worker.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const KINDS = ["long", "slow"];
const words = process.argv.slice(2).filter((word) => !KINDS.includes(word));
const kind = KINDS.find((word) => process.argv.includes(word)) ?? "test";
/** The files that take longest, by a run's closing lines: they come first, so that no process is left with one at the end. */
const HEAVY = /^(conformance|laws|t5.stack|docs.docs|np.rows|cli|methods.golden|t5.golden)/;
/** Long files that no other may run beside, or before in their process: they measure memory or time-outs, or have the cores to themselves. */
const ALONE =
  /(memory|checkpoint|interrupt|serve|resume|disk|streams|staging|package|bench|examples|webgpu|fuzz|predict|bad-input|run-ways|released-prompts)/;
const files = readdirSync(here, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(`.${kind}.ts`))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort((a, b) => Number(HEAVY.test(b)) - Number(HEAVY.test(a)) || (a < b ? -1 : 1));

const isAlone = (name: string): boolean => kind === "slow" || (kind === "long" && ALONE.test(name));
const tallies: (Tally & { readonly name: string })[] = [];

/** A file that takes longer has stopped making progress: its process is killed, and the run goes on to its closing line. */
const LIMIT_MINUTES = { test: 10, long: 20, slow: 240 }[kind] as number;

const newWorker = (): ChildProcess => fork(`${here}worker.ts`, { execArgv: [...FROM_SOURCE] });

/** Runs files in one process until none is left; a process that ends before its file does fails it, and another takes over. */
const work = (queue: string[], child = newWorker()): Promise<void> =>
  new Promise((resolve) => {
    let name: string | undefined;
    let printed = "";
    let limit: NodeJS.Timeout | undefined;
    const next = (): void => {
      name = queue.shift();
      printed = "";
      clearTimeout(limit);
      if (name === undefined) {
        child.disconnect();
        return;
      }
      limit = setTimeout(() => {
        printed += `  ${name}: not done after ${LIMIT_MINUTES} minutes\n`;
        child.kill("SIGKILL");
      }, LIMIT_MINUTES * 60_000);
      child.send(name);
    };
    const ended = (tally: Tally): void => {
      process.stdout.write(`${printed.replace(/\n +Total:[^✘]*$/, "")}\n`);
      tallies.push({ ...tally, name: name as string });
    };
    child.on("message", (message: FromWorker) => {
      if ("printed" in message) printed += message.printed;
      else {
        ended(message);
        next();
      }
    });
    child.on("exit", (code, signal) => {
      clearTimeout(limit);
      if (name === undefined) return resolve();
      printed += `  ${name}: the process ended before the file did (${signal ?? `code ${code}`})\n`;
      ended({ passed: 0, failed: 1, skipped: 0, seconds: 0, cpuSeconds: 0 });
      resolve(queue.length > 0 ? work(queue) : undefined);
    });
    next();
  });

const beside = files.filter((name) => !isAlone(name));
const processes = Math.min(availableParallelism(), 4, beside.length);
await Promise.all(Array.from({ length: processes }, () => work(beside)));
// Each in a new process: what files before it left behind would be part of what it measures.
for (const name of files.filter(isAlone)) await work([name]);

const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0);
const slowest = tallies.toSorted((a, b) => b.seconds - a.seconds).slice(0, 8);
for (const t of slowest) {
  console.log(`${t.seconds.toFixed(1).padStart(6)} s (${t.cpuSeconds.toFixed(1)} s of CPU)  ${t.name}`);
}
const [passed, failed, skipped] = [sum((t) => t.passed), sum((t) => t.failed), sum((t) => t.skipped)];
const nothing = passed + failed + skipped === 0 ? 1 : 0;
console.log(`\n${passed} passed, ${failed + nothing} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed + nothing > 0 ? 1 : 0;
