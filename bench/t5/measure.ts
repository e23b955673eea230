/** @file All peers on one task, in turn for several rounds, each in a process of its own that lives through all of them. */
import { flopsOf } from "./model.js";
import type { PeerProcess, Said } from "./peer-process.js";
import { type Entry, entriesOf, ModelFiles, startPeer } from "./peers.js";
import { dimensionsOf, type Task } from "./task.js";

/** What a benchmark prints of one peer. */
export type Line = Readonly<Record<string, unknown>>;

interface Entrant {
  readonly entry: Entry;
  readonly process: PeerProcess;
  /** About its first run; then `skipped` if it fails later. */
  said: Said;
  readonly times: number[];
}

const round = (x: number): number => Number(x.toPrecision(4));

/** The rate that goes with a time. */
const rateOf = (task: Task, ms: number): Line => {
  if (task.bench === "decode") return { tokensPerSecond: round((1000 * task.batch * task.tokens) / ms) };
  const passes = { forward: 1, step: 2, weights: 3 }[task.bench];
  return { gflops: round((passes * flopsOf(dimensionsOf(task))) / ms / 1e6) };
};

const lineOf = ({ entry: { peer, threads, task }, said, times }: Entrant): Line => {
  const { bench, size, ...rest } = task;
  const who = { bench, peer, size, threads, ...rest };
  if (said.skipped !== undefined) return { ...who, skipped: said.skipped };
  const sorted = [...times].sort((a, b) => a - b);
  const [minMs, medianMs] = [sorted[0], sorted[Math.floor(sorted.length / 2)]];
  return { ...who, minMs: round(minMs), medianMs: round(medianMs), ...rateOf(task, minMs), ...said };
};

/** Slow peers take minutes: who is at work is told beside the results. */
const tell = ({ peer, threads, task }: Entry, what: string): void => {
  const cache = task.bench === "decode" ? `, ${task.cache ? "" : "no "}cache` : "";
  process.stderr.write(`${task.bench} ${task.size}: ${peer} (${threads}${cache}) ${what}\n`);
};

/**
 * The lines of all peers. They start one after the other; then each has a turn in every round. One that fails is skipped, with the
 * reason.
 */
export const measure = async (task: Task, rounds: number): Promise<Line[]> => {
  using files = new ModelFiles(task);
  const entrants: Entrant[] = [];
  for (const entry of entriesOf(task)) {
    tell(entry, "starts");
    const process = startPeer(entry, files);
    entrants.push({ entry, process, said: await process.next(), times: [] });
  }
  const running = (): Entrant[] => entrants.filter(({ said }) => said.skipped === undefined);
  for (let i = 0; i < rounds; i++) {
    for (const entrant of running()) {
      tell(entrant.entry, `round ${i + 1} of ${rounds}`);
      const { times, ...failed } = await entrant.process.turn();
      if (times === undefined) entrant.said = failed;
      else entrant.times.push(...(times as number[]));
    }
  }
  for (const entrant of running()) entrant.said = { ...entrant.said, ...(await entrant.process.end()) };
  return entrants.map(lineOf);
};
