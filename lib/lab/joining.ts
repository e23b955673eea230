/** @file How many seeds of a recipe are trained in one program. */
import { bytesOf } from "../train/joint.js";
import { partsOf } from "./method-settings.js";
import type { Prepared } from "./prepared.js";
import type { Recipe } from "./recipe.js";

/**
 * The most runs that are trained in one program. On two cores a step of five runs of t5-nano takes as long together as one by one, and one of ten a sixth longer
 * (see docs/benchmarks.md); what is gained is the time of starting, and the memory of each run is held at once.
 */
export const MOST_TOGETHER = 4;

/** Whether steps use dropout. Its masks depend on the shape of the batch. */
const drops = ({ dropout, method }: Recipe): boolean =>
  dropout > 0 || partsOf(method).some(([, part]) => "dropout" in part && part.dropout > 0);

type Loaded = Pick<Prepared, "recipe" | "state" | "frozen">;

/** Why the seeds of a recipe are trained one after another; undefined where they are trained together. */
const apart = ({ recipe, state, frozen }: Loaded): string | undefined => {
  if ("tokens" in recipe.batch) return "batches by tokens differ in their rows";
  if (drops(recipe) && recipe.lengths.buckets > 1)
    return "dropout depends on the padded lengths, which differ (--buckets 1)";
  // Each run has its own copy of what it trains, with what the optimizer keeps; where that is large, little is shared.
  if (MOST_TOGETHER * bytesOf(state) > bytesOf(frozen)) return "they train too many numbers";
  return undefined;
};

/** The number of seeds that train together, and the line that tells the user. */
export const groupingOf = (run: Loaded): { readonly most: number; readonly line: (runs: number) => string } => {
  const why = apart(run);
  const most = why === undefined ? MOST_TOGETHER : 1;
  return {
    most,
    line: (runs) => `seeds      ${why === undefined ? `${runs} in one program` : `one after another: ${why}`}`,
  };
};
