/** @file A process that reads mutated files and says how each ended; `run.ts` watches it from outside, since a hang cannot tell of itself. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isFluxionError } from "../../lib/core/errors.js";
import { largestAllocation } from "../helpers/allocations.js";
import { seeded } from "../helpers/seeded.js";
import { BROKEN } from "./broken-kinds.js";
import { type Files, KINDS, type Kind } from "./kinds.js";
import { mutated } from "./mutate.js";
import { BROKEN_FUZZER, type Job, type Told } from "./told.js";

const MOST_SECONDS = 2;
const MOST_GROWTH = 64 * 2 ** 20;
const MOST_MESSAGE = 20_000;
/** Mutations between two collections of garbage, which keep that of one from being counted for another. */
const BETWEEN = 64;

const tell = (told: Told): void => void process.send?.(told);

/** The number that a name, a seed and a count stand for (FNV-1a). */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
};

const write = (dir: string, files: Files): void => {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), bytes);
  }
};

/** What is wrong with an error; undefined when it is as it should be. */
const faultOf = (error: unknown): string | undefined => {
  if (!isFluxionError(error) || isFluxionError(error, "InvariantError")) {
    return `an untyped error: ${error instanceof Error ? error.stack : String(error)}`;
  }
  return error.message.length > MOST_MESSAGE ? `a message of ${error.message.length} characters` : undefined;
};

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;
const heldBytes = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Reads a folder; says whether it was taken, and what is wrong with how it ended. */
const judge = async (
  kind: Kind,
  dir: string,
): Promise<{ readonly taken: boolean; readonly why: string | undefined }> => {
  const [seconds, peak, held] = [cpuSeconds(), peakBytes(), heldBytes()];
  let taken = false;
  let why: string | undefined;
  const largest = await largestAllocation(async () => {
    try {
      await kind.read(dir);
      taken = true;
    } catch (error) {
      why = faultOf(error);
    }
  });
  const took = cpuSeconds() - seconds;
  // The peak does not show what stays below an earlier one.
  const grew = Math.max(largest, peakBytes() - peak, heldBytes() - held);
  if (took > MOST_SECONDS) why ??= `${took.toFixed(1)} s`;
  if (grew > MOST_GROWTH) why ??= `${Math.round(grew / 2 ** 20)} MB`;
  return { taken, why };
};

const openFiles = (): number => {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0; // not on this system
  }
};

const collect = (): void => (globalThis as { gc?: () => void }).gc?.();

const work = async ({ kind: name, seed, from, to }: Job): Promise<void> => {
  const kind = KINDS[name] ?? BROKEN[name];
  const scratch = mkdtempSync(join(tmpdir(), "fluxion-fuzz-"));
  const dir = join(scratch, "files");
  const valid = await kind.make(join(scratch, "make"));
  let last = -1;
  const unhandled = (error: unknown): void =>
    tell({ fails: last, why: `an error that nobody awaits: ${String(error)}` });
  const warned = (warning: Error): void => {
    if (warning.name !== "ExperimentalWarning") tell({ fails: last, why: `a warning of Node: ${warning.message}` });
  };
  process.on("unhandledRejection", unhandled);
  process.on("warning", warned);
  write(dir, valid);
  // They have to be valid; and code that is loaded late should not count.
  const first = kind.read(dir);
  await (kind.isRefused === true ? first.catch(() => undefined) : first);
  collect();
  const open = openFiles();
  let accepted = 0;
  for (let n = from; n < to; n++) {
    last = n;
    tell({ begins: n });
    const random = seeded(hash(`${name} ${seed} ${n}`));
    const [end, form] = random.pick(kind.targets);
    const target = random.pick(Object.keys(valid).filter((path) => path.endsWith(end)));
    rmSync(dir, { recursive: true, force: true });
    write(dir, { ...valid, [target]: mutated(valid[target], form, random, kind.tokens) });
    const { taken, why } = await judge(kind, dir);
    accepted += Number(taken);
    if (why !== undefined) tell({ fails: n, why: `${target}: ${why}` });
    if (n % BETWEEN === 0) collect();
  }
  if (openFiles() > open + 4) tell({ fails: last, why: `${openFiles() - open} files are open still` });
  process.off("unhandledRejection", unhandled);
  process.off("warning", warned);
  rmSync(scratch, { recursive: true, force: true });
  tell({ done: true, accepted });
};

process.on("message", (job: Job) => {
  work(job).catch((error: unknown) => {
    tell({ fails: job.from, why: `the fuzzer itself: ${error instanceof Error ? error.stack : String(error)}` });
    process.exit(BROKEN_FUZZER);
  });
});
