/** @file Two checkouts on one task: each runs its own benchmark in a process of its own, and they take turns. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Line } from "./measure.js";
import { PeerProcess, type Said } from "./peer-process.js";
import type { Entry } from "./peers.js";

const HERE = fileURLToPath(new URL("../..", import.meta.url));

/** The library at a checkout does the task of `entry`. */
const start = (checkout: string, { peer, threads, task }: Entry): PeerProcess => {
  const script = join(resolve(checkout), "bench", "t5", "peer.ts");
  const args = ["--import", "tsx", script, peer, JSON.stringify(task), String(threads)];
  return new PeerProcess(process.execPath, args, process.env);
};

export const median = (list: readonly number[]): number => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const round = (x: number): number => Number(x.toPrecision(4));
const timeOf = ({ times }: Said): number => median(times as readonly number[]);

/** What two rows of turns say: the median time of each, and the median, lowest and highest ratio of neighbouring turns. */
export const comparison = (before: readonly number[], after: readonly number[]): Line => {
  const ratios = after.map((ms, i) => ms / before[i]);
  return {
    beforeMs: round(median(before)),
    afterMs: round(median(after)),
    ratio: round(median(ratios)),
    lowest: round(Math.min(...ratios)),
    highest: round(Math.max(...ratios)),
  };
};

/** What both computed; a change of speed only counts where the results are equal. */
const results = ({ loss, gradNorm, ids }: Said): string => JSON.stringify({ loss, gradNorm, ids });

/**
 * The time of a task here, divided by that of another checkout. In each round both have a turn, and they change who is first.
 *
 * @throws {Error} when one of them fails
 */
export const compare = async (checkout: string, entry: Entry, rounds: number): Promise<Line> => {
  const both = [start(checkout, entry), start(HERE, entry)];
  const said: Said[] = [];
  for (const process of both) said.push(await process.next());
  const failed = said.find(({ skipped }) => skipped !== undefined);
  if (failed !== undefined) throw new Error(failed.skipped);
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    for (const side of i % 2 === 0 ? [0, 1] : [1, 0]) times[side].push(timeOf(await both[side].turn()));
  }
  const ends = [await both[0].end(), await both[1].end()];
  const { bench, size } = entry.task;
  return {
    bench: `compare ${bench}`,
    size,
    peer: entry.peer,
    threads: entry.threads,
    ...comparison(...times),
    firstRunRatio: round((said[1].firstMs as number) / (said[0].firstMs as number)),
    peakRssRatio: round((ends[1].peakRssMB as number) / (ends[0].peakRssMB as number)),
    same: results(said[0]) === results(said[1]),
  };
};
