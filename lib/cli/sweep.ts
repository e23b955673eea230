/** @file `fluxion sweep`: plans, runs and shows sets of runs. */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { basename, extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { counted } from "../edge/counted.js";
import { redoRun, retryFailed } from "../lab/sweep/again.js";
import { bullQueue } from "../lab/sweep/bull-queue.js";
import { costOf } from "../lab/sweep/cost.js";
import { folderQueue, leasesOf } from "../lab/sweep/folder-queue.js";
import { labelsOf } from "../lab/sweep/labels.js";
import { changeOf, loadPlan, type PlannedRun, planOf, writePlan } from "../lab/sweep/plan.js";
import type { Queue } from "../lab/sweep/queue.js";
import { refuseServed } from "../lab/sweep/shared-folder.js";
import { endOfRun, type RunState, stateOf, stepsInAll, storeOfRun } from "../lab/sweep/status.js";
import { supervise } from "../lab/sweep/supervisor.js";
import { loadSweep } from "../lab/sweep/sweep-file.js";
import { nodeStore } from "../store/node.js";
import type { Store } from "../store/store.js";
import { sweepDisplay } from "./sweep-display.js";
import { sweepSignals } from "./sweep-signals.js";
import { printBytes, type Terminal } from "./terminal.js";
import { printSeconds } from "./train.js";

export interface SweepFlags {
  readonly out?: string;
  readonly estimate?: boolean;
  readonly json?: boolean;
  readonly jobs?: number;
  readonly retryFailed?: boolean;
  readonly redo?: readonly string[];
  readonly failFast?: boolean;
  readonly wait?: boolean;
  readonly lease?: number;
  readonly queue?: string;
}

const folderOf = (file: string, out: string | undefined): Store =>
  nodeStore(out ?? `sweeps/${basename(file, extname(file))}`);

const PLAIN = { style: { head: [], border: [] } };

const lines = (terminal: Terminal, ...texts: readonly string[]): void => terminal.write(`${texts.join("\n")}\n`);

/** The runs that a plan does not have any more, in a line. */
const removedLine = (removed: readonly PlannedRun[]): readonly string[] =>
  removed.length === 0 ? [] : [`not in the plan any more, and kept: ${removed.map(({ id }) => id).join(", ")}`];

/** Lists the runs of a sweep file, and what they would cost. */
export const planSweep = async (file: string, flags: SweepFlags, terminal: Terminal): Promise<void> => {
  const sweep = folderOf(file, flags.out);
  const planned = await planOf(await loadSweep(file));
  const { added, removed } = await changeOf(sweep, planned);
  const done = new Set<string>();
  for (const { id } of planned) if ((await endOfRun(storeOfRun(sweep, id))) !== undefined) done.add(id);
  const left = planned.filter(({ id }) => !done.has(id));
  const cost =
    flags.estimate === false || left.length === 0
      ? undefined
      : await costOf(left, (n, kinds) => {
          terminal.note(`measuring kind ${n + 1} of ${kinds}`);
        });
  const labels = labelsOf(planned);
  if (flags.json === true) {
    const runs = planned.map(({ id, name, recipe }, i) => ({ id, name, label: labels[i], done: done.has(id), recipe }));
    lines(terminal, JSON.stringify({ folder: sweep.name(), runs, removed: removed.map(({ id }) => id), cost }));
    return;
  }
  const table = new Table({ head: ["id", "run", ""], ...PLAIN });
  for (const [i, { id }] of planned.entries()) table.push([id, labels[i], done.has(id) ? "done" : ""]);
  lines(
    terminal,
    table.toString(),
    `${counted(planned.length, "run")} in ${sweep.name()}: ${done.size} done, ${added.length} new, ${left.length} to do`,
    ...removedLine(removed),
    ...(cost === undefined
      ? []
      : [
          `about ${printSeconds(cost.seconds)} one after another, ${printBytes(cost.peakBytes)} of memory each; from two steps of each of ${counted(cost.kinds, "kind")}`,
        ]),
  );
};

/** The score of a run that has ended. */
const scoreOf = (state: RunState): string => {
  if (state.kind !== "done") return "";
  const { outcome } = state;
  return outcome.kind === "tasks" ? "" : outcome.score.toFixed(1);
};

/** Describes the state of a run. */
const wordsOf = (state: RunState, steps: number): string => {
  if (state.kind === "failed") return `failed (${state.failure.exit}): ${firstLine(state.failure.error)}`;
  if (state.kind === "running") return `step ${state.steps} of ${steps}, on ${state.holder.host}`;
  if (state.kind === "waiting" && state.steps > 0) return `waiting, at step ${state.steps} of ${steps}`;
  return state.kind;
};

const firstLine = (text: string): string => text.trim().split("\n")[0];

/** Tells where each run of a sweep stands. */
export const sweepStatus = async (dir: string, flags: SweepFlags, terminal: Terminal): Promise<void> => {
  const sweep = nodeStore(dir);
  const plan = await loadPlan(sweep);
  const holders = await leasesOf(sweep, flags.lease ?? 60).holders();
  const runs = plan.filter(({ removed }) => !removed);
  const states: RunState[] = [];
  for (const run of runs) states.push(await stateOf(sweep, holders, run));
  const labels = labelsOf(runs);
  if (flags.json === true) {
    const all = runs.map(({ id, name }, i) => ({ id, name, label: labels[i], ...states[i] }));
    lines(terminal, JSON.stringify({ runs: all, removed: plan.filter((run) => run.removed).map(({ id }) => id) }));
    return;
  }
  const table = new Table({ head: ["id", "run", "state", "score"], ...PLAIN });
  for (const [i, { id, recipe }] of runs.entries())
    table.push([id, labels[i], wordsOf(states[i], stepsInAll(recipe)), scoreOf(states[i])]);
  const count = (kind: RunState["kind"]): string => `${states.filter((state) => state.kind === kind).length} ${kind}`;
  lines(
    terminal,
    table.toString(),
    (["done", "running", "failed", "waiting"] as const).map(count).join(", "),
    ...removedLine(plan.filter(({ removed }) => removed)),
  );
};

/** The program of a run's process, beside this file: of TypeScript in a checkout, of JavaScript in the package. */
const CHILD = fileURLToPath(new URL(`./sweep-child${extname(fileURLToPath(import.meta.url))}`, import.meta.url));

const startIn = (sweep: Store, jobs: number) => {
  const threads = String(Math.max(1, Math.floor(availableParallelism() / jobs)));
  const env = { FLUXION_THREADS: threads, ...process.env };
  return ({ id }: PlannedRun) =>
    fork(CHILD, [resolve(sweep.name()), id], { env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
};

/** The queue of a sweep: its folder, or a server, on which `create` makes it. */
const queueOf = async (
  sweep: Store,
  flags: SweepFlags,
  create: boolean,
  note: (line: string) => void,
): Promise<Queue> => {
  const { queue: url, lease: leaseSeconds = 60, wait = true } = flags;
  const options = { leaseSeconds, wait };
  if (url !== undefined) return bullQueue(sweep, { ...options, url, create, note });
  await refuseServed(sweep);
  return folderQueue(sweep, options);
};

/** Lets runs be done again that are asked for. */
const again = async (sweep: Store, queue: Queue, flags: SweepFlags, note: (line: string) => void): Promise<void> => {
  for (const id of flags.redo ?? []) {
    const { run, aside } = await redoRun(sweep, queue, id);
    note(`${run.id} is done anew${aside === undefined ? "" : `; what it had come to: ${aside}`}`);
  }
  if (flags.retryFailed === true) for (const { id } of await retryFailed(sweep)) note(`${id} is tried again`);
};

const work = async (sweep: Store, flags: SweepFlags, terminal: Terminal, create: boolean): Promise<void> => {
  const { jobs = 1, failFast = false } = flags;
  const display = sweepDisplay(
    (await loadPlan(sweep)).filter(({ removed }) => !removed),
    terminal,
  );
  const { stop, exitCode, off } = sweepSignals((line) => display.note(line));
  let queue: Queue | undefined;
  try {
    queue = await queueOf(sweep, flags, create, display.note);
    await again(sweep, queue, flags, display.note);
    const start = startIn(sweep, jobs);
    const found = await supervise({ queue, start, jobs, failFast, stop, tell: display.tell });
    display.end();
    const counts = [`${found.done} done`, `${found.failed} failed`].join(", ");
    lines(
      terminal,
      `${found.stopped ? "stopped" : "nothing is left to do"}: ${counts} here; all of it: npx fluxion sweep status ${sweep.name()}`,
    );
    process.exitCode = exitCode() ?? (found.failed > 0 ? 1 : 0);
  } finally {
    display.end();
    off();
    await queue?.close();
  }
};

/** Writes the plan of a sweep file, and works on it. */
export const runSweep = async (file: string, flags: SweepFlags, terminal: Terminal): Promise<void> => {
  const sweep = folderOf(file, flags.out);
  const { added, removed } = await writePlan(sweep, await planOf(await loadSweep(file)));
  terminal.note(`${sweep.name()}: ${counted(added.length, "new run")}`);
  for (const line of removedLine(removed)) terminal.note(line);
  await work(sweep, flags, terminal, true);
};

/** Works on the sweep in a folder. */
export const workSweep = async (dir: string, flags: SweepFlags, terminal: Terminal): Promise<void> => {
  const sweep = nodeStore(dir);
  await loadPlan(sweep);
  await work(sweep, flags, terminal, false);
};
