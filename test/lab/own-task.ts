/** @file A task of a few rows in memory, and a run of it that takes no time. */

import * as assert from "uvu/assert";
import type { Listener } from "../../lib/lab/listener.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { memoryStore } from "../../lib/store/memory.js";
import { readFrom, type Store } from "../../lib/store/store.js";
import { labelled } from "../../lib/tasks/labelled.js";
import type { Task } from "../../lib/tasks/task.js";

const LABELS = ["sad", "glad"];

const rows = (count: number, word: string): object[] =>
  Array.from({ length: count }, (_, i) => ({
    text: `${word} ${i} is ${["red", "blue"][i % 2]}`,
    label: LABELS[i % 2],
    idx: i,
  }));

/** A task with these many rows. */
export const ownTask = (name = "own", { train = 6, validation = 4, word = "it" } = {}): Task =>
  labelled(name, LABELS, ["text"], {
    index: 50,
    splits: { train: { rows: rows(train, word) }, validation: { rows: rows(validation, word) } },
  });

/** Two steps of a prompt of two vectors, evaluated after each. */
export const SMALL = {
  train: "own",
  steps: 2,
  method: { name: "prompt", length: 2 },
  batch: { examples: 2 },
  executor: "tfjs",
  evaluation: { every: 1, inputLength: 16 },
} as const satisfies RecipeInput;

/** The text of a file. */
export const textOf = async (store: Store, path: string): Promise<string> =>
  new TextDecoder().decode(await readFrom(store, path));

export const jsonOf = async <T>(store: Store, path: string): Promise<T> => JSON.parse(await textOf(store, path)) as T;

export type Line = Readonly<Record<string, unknown>>;

/** The lines of `metrics.jsonl` without timings. */
export const linesOf = async (store: Store): Promise<Line[]> =>
  (await textOf(store, "metrics.jsonl"))
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { seconds: _, ...rest } = JSON.parse(line) as Line;
      return rest;
    });

/** Asserts that two values are alike, numbers up to a share of 1e-4 or 1e-5 in all: what is left of the order in which sums are taken. */
export const alike = (got: unknown, want: unknown, path = ""): void => {
  if (typeof got === "number" && typeof want === "number") {
    assert.ok(Math.abs(got - want) <= Math.max(1e-5, 1e-4 * Math.abs(want)), `${path}: ${got} and ${want}`);
  } else if (typeof got === "object" && got !== null && typeof want === "object" && want !== null) {
    assert.equal(Object.keys(got), Object.keys(want), path);
    for (const key of Object.keys(got)) alike((got as Line)[key], (want as Line)[key], `${path}/${key}`);
  } else assert.equal(got, want, path);
};

/** All files of a store, as texts of their bytes. */
export const contentsOf = async (store: Store): Promise<Readonly<Record<string, string>>> => {
  const contents: Record<string, string> = {};
  for (const path of await store.list()) {
    contents[path] = Buffer.from((await readFrom(store, path)) as Uint8Array).toString("latin1");
  }
  return contents;
};

/** A store with the same files. */
export const copyOf = async (store: Store): Promise<Store> => {
  const copy = memoryStore();
  for (const path of await store.list()) await copy.write(path, (await readFrom(store, path)) as Uint8Array);
  return copy;
};

/** A listener that notes what it is told. */
export const noting = (said: string[]): Listener => ({
  begin: ({ start, part, place }) => void said.push(`begin ${start} ${part} ${place}`),
  step: ({ step }) => void said.push(`step ${step}`),
  evaluation: (step) => void said.push(`evaluation ${step}`),
  stopping: () => void said.push("stopping"),
  stopped: () => void said.push("stopped"),
  end: ({ kind, reason }, { part }, before) => void said.push(`end ${kind} ${reason} ${part} ${before}`),
});
