/** @file What is seen of a sweep at work: a live table on a terminal, plain lines elsewhere. */
import { MultiBar, type SingleBar } from "cli-progress";
import { printable } from "../edge/printable.js";
import { labelsOf } from "../lab/sweep/labels.js";
import type { PlannedRun } from "../lab/sweep/plan.js";
import { stepsInAll } from "../lab/sweep/status.js";
import type { SweepEvent } from "../lab/sweep/supervisor.js";
import type { Terminal } from "./terminal.js";

/** A display, which `end` takes off the terminal. */
export interface SweepDisplay {
  readonly tell: (event: SweepEvent) => void;
  readonly note: (line: string) => void;
  readonly end: () => void;
}

/** A line for what has happened; none for steps and scores. */
const lineOf = (event: SweepEvent, label: string, score: number | undefined): string | undefined => {
  const { kind, run } = event;
  if (kind === "step" || kind === "score") return undefined;
  const more = {
    started: "",
    done: score === undefined ? "" : `, last score ${score.toFixed(1)}`,
    released: ", to go on later",
    lost: ": another worker has it",
    killed: kind === "killed" ? ` by ${event.exit}, started again` : "",
    failed:
      kind === "failed"
        ? ` (${event.failure.exit}): ${event.failure.error.trim().split("\n").slice(0, 3).join(" ").replace(/\s+/g, " ")}`
        : "",
  }[kind];
  return `${run.id} ${kind}${more}  ${label}`;
};

const BAR = 24;
const USUAL_COLUMNS = 80;
/** Lines may be longer than the terminal is wide: bars are cut there, lines are not. What is below belongs to bars, which are drawn anew. */
const [WRAP, CUT] = ["\u001b[?7h\u001b[0J", "\u001b[?7l"];

/** The bars of a terminal: one for all runs, and one for each that is at work. */
const liveBars = (total: number) => {
  const columns = (): number => process.stderr.columns ?? USUAL_COLUMNS;
  const barsize = Math.min(BAR, Math.floor(columns() / 4));
  const multi = new MultiBar({
    format: "{bar} {value}/{total} {label}",
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    barsize,
    // Lines move bars that stay as they are, too.
    forceRedraw: true,
    // Signals are for `sweepSignals`: the bars stay until the runs have ended.
    gracefulExit: false,
  });
  const stop = (): void => {
    process.off("exit", stop);
    multi.stop();
  };
  process.on("exit", stop);
  /** A label that fits beside a bar of so many. */
  const fitting = (count: number, label: string): string => {
    const width = Math.max(1, columns() - barsize - 2 * `${count}`.length - 3);
    return label.length <= width ? label : `${label.slice(0, width - 1)}…`;
  };
  const all = multi.create(total, 0, { label: "runs" });
  const bySlot = new Map<number, SingleBar>();
  const remove = (slot: number): void => {
    const bar = bySlot.get(slot);
    if (bar !== undefined) multi.remove(bar);
    bySlot.delete(slot);
  };
  return {
    show: (event: SweepEvent, label: string): void => {
      const { kind, slot, run } = event;
      const count = stepsInAll(run.recipe);
      if (kind === "started") bySlot.set(slot, multi.create(count, 0, { label: fitting(count, label) }));
      else if (kind === "step") {
        const told = { label: fitting(count, `loss ${event.loss.toFixed(3)}  ${label}`) };
        // Each part of a run counts its own steps.
        if (count === run.recipe.steps) bySlot.get(slot)?.update(event.step, told);
        else bySlot.get(slot)?.increment(1, told);
      } else if (kind !== "score" && kind !== "killed") remove(slot);
      if (kind === "done") all.increment();
    },
    line: (text: string): void => {
      multi.log(`${WRAP}${text}${CUT}\n`);
      multi.update();
    },
    stop,
  };
};

/** Shows what happens to runs. */
export const sweepDisplay = (runs: readonly PlannedRun[], terminal: Terminal): SweepDisplay => {
  const all = labelsOf(runs);
  const labels = new Map(runs.map(({ id }, i) => [id, all[i]]));
  const scores = new Map<string, number>();
  let bars = terminal.watched ? liveBars(runs.length) : undefined;
  const note = (line: string): void => (bars === undefined ? terminal.note(line) : bars.line(printable(line)));
  return {
    note,
    tell: (event) => {
      const label = labels.get(event.run.id) ?? event.run.name ?? "";
      if (event.kind === "score") scores.set(event.run.id, event.score);
      const line = lineOf(event, label, scores.get(event.run.id));
      if (line !== undefined) note(line);
      bars?.show(event, printable(label));
    },
    end: () => {
      bars?.stop();
      bars = undefined;
    },
  };
};
