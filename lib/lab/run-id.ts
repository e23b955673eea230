/** @file The name of a run in a sweep: what it comes to follows from what the name is made of. */
import { canonicalJson, hashOf, sha256 } from "./canonical.js";
import type { Lock } from "./lock.js";
import type { PretrainingObjective } from "./objective-settings.js";
import { isPretraining } from "./pretraining/recipe.js";
import type { Recipe } from "./recipe.js";

/** The version of the results: it is raised when a recipe comes to something else than before, so that finished runs are not taken for new ones. */
export const RESULT_VERSION = 2;

/** The version of what the name is made of. */
const SCHEMA = 1;

/** Hexadecimal digits of a name: two of a million runs share one with a probability of 0.002. */
const DIGITS = 12;

/** An objective without the places of its texts; their shares stay. */
const withoutTexts = (objective: PretrainingObjective): PretrainingObjective => ({
  ...objective,
  corpus: objective.corpus.map((source) => ({ ...source, path: "" })),
  validation: objective.validation.map(() => ""),
});

/** A recipe without the places of its inputs, which are known by their digests. */
export const withoutPlaces = (recipe: Recipe): Recipe => ({
  ...recipe,
  model: "",
  tokenizer: "",
  data: "",
  taskFiles: [],
  table: { ...recipe.table, train: "", validation: "" },
  objective: isPretraining(recipe) ? withoutTexts(recipe.objective) : recipe.objective,
});

/**
 * The id of a run: a hash of its recipe without executor and places, the digests of its model, tokenizer and examples, and the versions of schema and results.
 *
 * - `lock`: the inputs that the recipe names, found
 */
export const runIdOf = (recipe: Recipe, { model, tokenizer, examples }: Lock): string => {
  const inputs = { model: model.digest, tokenizer: tokenizer.digest, examples };
  const parts = { schema: SCHEMA, results: RESULT_VERSION, recipe: hashOf(withoutPlaces(recipe)), inputs };
  return sha256(canonicalJson(parts)).slice(0, DIGITS);
};
