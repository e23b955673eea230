/** @file What is wrong with settings that are right one by one. */
import { isByTask, isOfWeights, methodLabel, partsOf } from "./method-settings.js";
import { inPretraining } from "./pretraining/contradictions.js";
import type { Recipe } from "./recipe-settings.js";
import { type Problem, problem } from "./resolve.js";

const inBatches = ({ batch, microbatches }: Recipe): Problem[] => {
  if (!("examples" in batch) || batch.examples % microbatches === 0) return [];
  return [problem("microbatches", `a number that divides the batch of ${batch.examples} examples`, microbatches)];
};

/** All examples of a packed row would see what a method puts into it, and a loss over labels counts rows. */
const inPacking = ({ batch, method, objective }: Recipe): Problem[] => {
  if (!("packed" in batch)) return [];
  const hint = "take batch.examples or batch.tokens";
  const name = objective.name === "task" ? objective.loss.name : "tokens";
  return [
    ...(isOfWeights(method)
      ? []
      : [problem("batch.packed", "a method that changes weights alone", methodLabel(method), hint)]),
    ...(name === "tokens" ? [] : [problem("batch.packed", "the loss tokens", name, hint)]),
  ];
};

/** Whether own rows are among the tasks of a recipe. */
const usesTable = ({ train, evaluate, table }: Recipe): boolean =>
  evaluate.includes(table.name) || train.some(({ task }) => task === table.name);

const inShares = (recipe: Recipe): Problem[] => {
  const { train, table } = recipe;
  const weighted = train.filter(({ weight }) => weight !== undefined).length;
  const mixed = weighted > 0 && weighted < train.length;
  const one = train.length === 1 && weighted === 1;
  return [
    ...(mixed
      ? [problem("train", "weights for all tasks, or for none", `weights for ${weighted} of ${train.length}`)]
      : []),
    ...(one
      ? [problem("train", "a weight only where there are several tasks", `${train[0].task}:${train[0].weight}`)]
      : []),
    ...inTable(table),
    ...(table.train !== "" && !usesTable(recipe)
      ? [
          problem(
            "table.train",
            `${table.name} among the tasks, or no own rows`,
            train.map(({ task }) => task).join(", "),
          ),
        ]
      : []),
  ];
};

const inTable = (table: Recipe["table"]): Problem[] => {
  const parts = ["train", "validation", "input", "target"] as const;
  const given = parts.filter((part) => table[part] !== "");
  if (given.length === 0 || given.length === parts.length) return [];
  const missing = parts.filter((part) => table[part] === "");
  return missing.map((part) =>
    problem(
      `table.${part}`,
      `given, since there ${given.length === 1 ? "is" : "are"} ${given.join(" and ")}`,
      "nothing",
    ),
  );
};

const inMethod = ({ method }: Recipe): Problem[] =>
  partsOf(method).flatMap(([key, part]) => {
    if (part.name !== "prompt" && part.name !== "residual" && part.name !== "mpt") return [];
    const at = method.name === "compose" ? `method.methods.${key}` : "method";
    const { init } = part;
    return [
      ...(init.name === "file" && init.file === ""
        ? [problem(`${at}.init.file`, "the file of a prompt", "nothing", "--init-file FILE")]
        : []),
      ...(init.name === "text" && init.text.trim() === "" ? [problem(`${at}.init.text`, "a text", "nothing")] : []),
      ...(part.name === "prompt" && part.sees !== "all" && part.position !== "before"
        ? [problem(`${at}.sees`, `all, since the prompt stands ${part.position}`, part.sees.join(", "))]
        : []),
    ];
  });

const inSchedule = ({ optimizer, steps }: Recipe): Problem[] => {
  const { schedule } = optimizer;
  const ends = schedule.name === "linear" || schedule.name === "cosine";
  const long = ends && schedule.warmup >= steps && steps > 0;
  const counted = optimizer.name === "adafactor" && optimizer.startStep > 0 && schedule.name !== "constant";
  return [
    ...(long ? [problem("optimizer.schedule.warmup", `fewer than the ${steps} steps`, schedule.warmup)] : []),
    ...(counted
      ? [problem("optimizer.startStep", `0, since the schedule is ${schedule.name}`, optimizer.startStep)]
      : []),
  ];
};

/** Methods that put a prompt at the input. */
const PROMPTS: readonly string[] = ["prompt", "p-tuning", "residual", "per-layer", "multitask", "mpt"];

const inObjective = ({ objective, method }: Recipe): Problem[] => {
  if (objective.name !== "task") return [];
  const { loss, wayward, zLoss, labelSmoothing } = objective;
  const prompts = partsOf(method).filter(([, { name }]) => PROMPTS.includes(name));
  const hinge = loss.name === "hinge";
  return [
    ...(wayward.text !== "" && method.name !== "prompt"
      ? [problem("objective.wayward.text", "no text, since the method is not prompt alone", wayward.text)]
      : []),
    ...(hinge && zLoss > 0 ? [problem("objective.zLoss", "0 with the loss hinge", zLoss)] : []),
    ...(hinge && labelSmoothing > 0
      ? [problem("objective.labelSmoothing", "0 with the loss hinge", labelSmoothing)]
      : []),
    ...(method.name === "compose" && prompts.length > 1
      ? [problem("method.methods", "one prompt", prompts.length)]
      : []),
  ];
};

const inCompose = ({ method }: Recipe): Problem[] =>
  method.name === "compose" && partsOf(method).length === 0
    ? [problem("method.methods", "one method or more", "none")]
    : [];

/** A method with a part for each task has none for others. */
const inTasks = ({ method, train, evaluate, each }: Recipe): Problem[] => {
  if (each || train.length < 2 || !isByTask(method)) return [];
  const known = train.map(({ task }) => task);
  const others = evaluate.filter((name) => !known.includes(name));
  if (others.length === 0) return [];
  return [
    problem("evaluate", `tasks that are trained on, since each has its prompt: ${known.join(", ")}`, others.join(", ")),
  ];
};

/** The settings of a recipe that contradict others. */
export const contradictions = (recipe: Recipe): readonly Problem[] =>
  [inBatches, inPacking, inShares, inMethod, inCompose, inTasks, inSchedule, inObjective, inPretraining].flatMap(
    (check) => check(recipe),
  );
