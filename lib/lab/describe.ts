/** @file A run in words. */

import { basename } from "node:path";
import { counted } from "../edge/counted.js";
import { describeMethod } from "./method.js";
import type { Prepared } from "./prepared.js";
import { type Corpora, type CorpusPart, documentsIn, idsIn } from "./pretraining/corpora.js";
import type { Recipe } from "./recipe.js";
import type { Part } from "./task-table.js";

const count = (examples: readonly unknown[], what: string): string => counted(examples.length, `${what} example`);

const labelsOf = ({ task }: Part): string =>
  task.labels === undefined ? "free answers" : `labels ${task.labels.join(", ")}`;

/** How the dev examples came about, where they are a share of the training rows. */
const shareOf = ({ task }: Part): string => {
  const { validation } = task.splits;
  if (validation === undefined || !("share" in validation)) return "";
  const alike = task.labels === undefined ? "" : ", of each label alike";
  return ` (${Number((100 * validation.share).toFixed(1))} % of the training rows, drawn by seed ${validation.seed ?? 0}${alike})`;
};

/** Each task with its examples; of a mixture with its share. */
const taskLines = ({ data, recipe }: Prepared, shares: readonly number[]): string[] => {
  const trained = data.train.map((part, i) => {
    const own = data.validation.find(({ task }) => task.name === part.task.name);
    const dev = own === undefined ? "" : ` and ${count(own.examples, "dev")}${shareOf(own)}`;
    const share = recipe.train.length === 1 ? "" : ` (${(100 * shares[i]).toFixed(1)} % of the batches)`;
    return `task       ${part.task.name}: ${count(part.examples, "training")}${dev}, ${labelsOf(part)}${share}`;
  });
  const others = data.validation.filter(({ task }) => !data.train.some((part) => part.task.name === task.name));
  return [
    ...trained,
    ...others.map(
      (part) => `evaluated  ${part.task.name}: ${count(part.examples, "dev")}${shareOf(part)}, ${labelsOf(part)}`,
    ),
  ];
};

/** The objective, its texts and the tasks beside them; a mixture with shares. */
const textLines = (
  { objective }: Recipe,
  { train, validation }: Corpora,
  tasks: readonly Part[],
  shares: readonly number[],
): string[] => {
  const sizes = (parts: readonly CorpusPart[], what: string): string =>
    `${counted(documentsIn(parts), `${what} document`)} (${idsIn(parts).toLocaleString("en")} tokens)`;
  const kind = objective.name === "pretraining" ? objective.kind.name : objective.name;
  return [
    `objective  ${kind}`,
    `texts      ${sizes(train, "training")} and ${sizes(validation, "held-out")}`,
    ...(shares.length === 1
      ? []
      : train.map(({ name }, i) => `           ${name}: ${(100 * shares[i]).toFixed(1)} % of the batches`)),
    ...tasks.map(
      ({ task, examples }, i) =>
        `task       ${task.name}: ${count(examples, "training")} (${(100 * shares[train.length + i]).toFixed(1)} % of the batches)`,
    ),
  ];
};

/** What the model is called: the architecture of one that starts from random weights. */
const modelName = ({ objective, model }: Recipe): string => {
  const scratch = objective.name === "pretraining" && objective.start.name === "scratch";
  return scratch ? `new, as ${objective.start.architecture}` : basename(model);
};

/** Model, method and tasks of a run in lines, for people. */
export const describeRun = (run: Prepared): string[] => {
  const { recipe, counts, cut, facts, shares, data } = run;
  const cutInputs = facts.cuts?.inputs.cut ?? 0;
  return [
    `model      ${modelName(recipe)}, ${counts.model.toLocaleString("en")} weights`,
    `tuned      ${describeMethod(recipe.method)} = ${counts.tuned.toLocaleString("en")} numbers (${((100 * counts.tuned) / counts.model).toFixed(3)} % of the model)`,
    ...(data.corpora === undefined ? taskLines(run, shares) : textLines(recipe, data.corpora, data.train, shares)),
    ...(cutInputs === 0
      ? []
      : [`cut        ${counted(cutInputs, "training input")}, to ${recipe.lengths.input} tokens (--max-input-length)`]),
    ...(cut === 0
      ? []
      : [
          `cut        ${counted(cut, "dev input")}, to ${recipe.evaluation.inputLength} tokens (--max-evaluation-length)`,
        ]),
  ];
};
