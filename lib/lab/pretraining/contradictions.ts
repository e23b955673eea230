/** @file What is wrong with settings of pre-training that are right one by one. */
import { isFluxionError } from "../../core/errors.js";
import { methodLabel } from "../method-settings.js";
import type { Recipe } from "../recipe-settings.js";
import { type Problem, problem } from "../resolve.js";
import { objectiveOfKind } from "./kinds.js";
import { isPretraining, type PretrainingRecipe } from "./recipe.js";

/** Stands in for the tokenizer, which sizes do not depend on. */
const VOCABULARY = { eosId: 1, sentinelId: (k: number): number => 999 - k };

/** Pieces up to this length are tried: of longer ones the shares of noise hardly differ from what is asked for. */
const SHORT = 64;

/** An objective with numbers that it cannot have. */
const inKind = ({ objective, lengths }: PretrainingRecipe): Problem[] => {
  try {
    const { pieces, example } = objectiveOfKind(objective.kind, lengths, VOCABULARY);
    // Documents may end with pieces of any length.
    const short = Array.from({ length: Math.min(SHORT, pieces.length) }, (_, i) => i + 1);
    for (const length of [...short, pieces.length]) example(new Array<number>(length).fill(VOCABULARY.eosId), 0);
    return [];
  } catch (error) {
    if (!isFluxionError(error, "ArgumentError")) throw error;
    const { what, expected = "", got = "", hint } = error.mismatch;
    return [problem("objective.kind", `${what}: ${expected}`, got, hint)];
  }
};

/** Settings of tasks that do not go with texts: tasks may be trained on beside them, but are not evaluated. */
const withTasks = ({ train, evaluate, each, table, objective }: PretrainingRecipe): Problem[] => {
  const hint = "tasks are evaluated with the objective task, from a model that was pre-trained";
  const { share } = objective.tasks;
  return [
    ...(evaluate.length > 0 ? [problem("evaluate", "no task, since texts are evaluated", evaluate, hint)] : []),
    ...(table.train !== "" ? [problem("table.train", "no rows, since texts are evaluated", table.train, hint)] : []),
    ...(each ? [problem("each", "false, since the objective is of texts", each)] : []),
    ...(train.length > 0 && share === 0
      ? [problem("objective.tasks.share", "a share above 0, since train names tasks", share)]
      : []),
  ];
};

/** The settings of pre-training that contradict others. */
export const inPretraining = (recipe: Recipe): Problem[] => {
  if (!isPretraining(recipe)) return [];
  const { method, objective } = recipe;
  const { heldOut, validation, corpus } = objective;
  const weighted = corpus.filter(({ weight }) => weight !== undefined).length;
  return [
    ...inKind(recipe),
    ...withTasks(recipe),
    ...(method.name === "full"
      ? []
      : [problem("method", "full, since pre-training is of all weights", methodLabel(method), "--method full")]),
    ...(heldOut === 0 && validation.length === 0
      ? [problem("objective.heldOut", "a share above 0, or files of held-out text", heldOut, "--held-out 0.01")]
      : []),
    ...(weighted > 0 && weighted < corpus.length
      ? [
          problem(
            "objective.corpus",
            "weights for all paths, or for none",
            `weights for ${weighted} of ${corpus.length}`,
          ),
        ]
      : []),
  ];
};
