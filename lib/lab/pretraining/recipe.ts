/** @file Which recipes pre-train, and which train on tasks. */
import { InvariantError } from "../../core/errors.js";
import type { PretrainingObjective, TaskObjective } from "../objective-settings.js";
import type { Recipe } from "../recipe-settings.js";

/** A recipe whose objective is of texts without labels. */
export type PretrainingRecipe = Recipe & { readonly objective: PretrainingObjective };

/** Whether a recipe learns from texts without labels. */
export const isPretraining = (recipe: Recipe): recipe is PretrainingRecipe => recipe.objective.name === "pretraining";

/** The objective of a recipe that trains on tasks. */
export const taskObjective = ({ objective }: Pick<Recipe, "objective">): TaskObjective => {
  if (objective.name === "task") return objective;
  throw new InvariantError({ where: "taskObjective", what: "the objective is not of tasks", got: objective.name });
};

/** The steps after which the model is kept in a separate folder. */
export const savedSteps = ({ objective }: Pick<Recipe, "objective">): readonly number[] =>
  objective.name === "pretraining" ? objective.saveAt : [];

/** What a recipe trains on, in words: its tasks, or what it asks about texts. */
export const subjectOf = ({ objective, train }: Pick<Recipe, "objective" | "train">): readonly string[] =>
  objective.name === "pretraining" ? [objective.kind.name] : train.map(({ task }) => task);

/** What a run is compared with is called: the model that it starts from, and what knows how often answers come, or the pieces of texts, and nothing else. */
export const baselinesOf = (recipe: Recipe): readonly [untuned: string, majority: string] =>
  isPretraining(recipe) ? ["at the start", "pieces by frequency"] : ["not tuned", "majority class"];
