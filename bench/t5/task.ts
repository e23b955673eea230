/** @file What the benchmarks of T5 measure, as a process is told it, and what a peer is. */
import { readFileSync } from "node:fs";
import { SIZES, type Size, type SizeName } from "./model.js";

/** Loss and gradient of the prompt or of all weights, the loss alone, or tokens written by the most likely choice. */
export type Task =
  | { readonly bench: "step" | "weights" | "forward"; readonly size: SizeName }
  | {
      readonly bench: "decode";
      readonly size: SizeName;
      readonly batch: number;
      /** Written for each row; nothing ends a row before. */
      readonly tokens: number;
      /** Whether keys and values of earlier tokens are kept, or the whole prefix is computed again. */
      readonly cache: boolean;
    };

/** The dimensions of a task; a decoder of `tokens` positions. */
export const dimensionsOf = (task: Task): Size =>
  task.bench === "decode" ? { ...SIZES[task.size], batch: task.batch, target: task.tokens } : SIZES[task.size];

/** What all peers must agree on; `ids` are a row after the other. */
export interface Outcome {
  readonly loss?: number;
  readonly gradNorm?: number;
  readonly ids?: ArrayLike<number>;
}

/** A peer that has its weights and its batch, and does its task once when it is run. */
export interface Peer {
  readonly version: string;
  readonly run: () => Outcome | Promise<Outcome>;
}
export type MakePeer = (c: Size, task: Task, threads: number) => Promise<Peer>;

/** The version of an installed package, with its name. */
export const versionOf = (name: string): string => {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${(JSON.parse(readFileSync(file, "utf8")) as { version: string }).version}`;
};
