/** @file A corpus of made-up sentences, and a recipe that learns from it within seconds. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RecipeInput } from "../../../lib/lab/recipe.js";
import { task } from "../../../lib/tasks/index.js";
import { seeded } from "../../helpers/seeded.js";

const WORDS = ["the cat", "a dog", "my house", "that river", "one bird", "the old tree"];
const VERBS = ["sees", "finds", "likes", "follows"];

/** Writes a file of so many documents, a line each, and gives its path. */
export const toyCorpus = (folder: string, documents = 60, name = "toy.txt"): string => {
  const random = seeded(7);
  const one = (list: readonly string[]): string => list[random.int(list.length)];
  const sentence = (): string => `${one(WORDS)} ${one(VERBS)} ${one(WORDS)}.`;
  const lines = Array.from({ length: documents }, () => Array.from({ length: 6 }, sentence).join(" "));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
  return join(folder, name);
};

/** Sizes of a T5 of two layers and width 32. */
export const SCRATCH = { name: "scratch", dModel: 32, dKv: 8, dFf: 64, numHeads: 4, numLayers: 2 } as const;

/** Pre-training on a corpus in small steps. */
export const toyRecipe = (corpus: string, more: RecipeInput = {}): RecipeInput => ({
  method: "full",
  objective: { name: "pretraining", corpus, heldOut: 0.1, validationRows: 8, start: SCRATCH },
  optimizer: {
    ...{ name: "adafactor", learningRate: 1, weightDecay: 0, parameterScale: true },
    schedule: { name: "inverse-square-root", warmup: 100 },
  },
  lengths: { input: 24 },
  batch: { examples: 4 },
  steps: 6,
  evaluation: { every: 3 },
  stop: { patience: 0 },
  executor: "tfjs",
  ...more,
});

/** A task with as many rows as labels, for a mixture with texts. */
export const toyTask = task({
  name: "liked",
  labels: ["no", "yes"],
  input: "text",
  target: "label",
  train: ["no", "yes"].map((label) => ({ text: `the cat ${label === "no" ? "fears" : "likes"} a dog`, label })),
  validation: [{ text: "a dog likes the cat", label: "yes" }],
});
