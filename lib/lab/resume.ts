/** @file How the recipe of a run that goes on may differ from the one it was started with. */
import { ConfigError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { type Difference, differences } from "./differences.js";
import { dependsOnSteps } from "./optimizer.js";
import type { Recipe } from "./recipe.js";
import { type Path, problemsError } from "./resolve.js";

/** Inputs are found again by their digests, wherever they are. */
const PLACES: readonly string[] = [
  ...["model", "tokenizer", "data", "table.train", "table.validation", "taskFiles"],
  ...["objective.corpus", "objective.validation"],
];

const isPlace = (path: Path): boolean => PLACES.includes(path.join("."));

/** Why a difference is refused; undefined where it is allowed. */
const refusal = ({ path }: Difference, before: Recipe, after: Recipe): string | undefined => {
  const [first] = path;
  if (first === "stop" || isPlace(path)) return undefined;
  if (path.join(".") !== "steps") return "as the run was started";
  if (dependsOnSteps(before.optimizer)) return `${before.steps}, on which the learning rate of the run depends`;
  return after.steps > before.steps ? undefined : `${before.steps} or more`;
};

/**
 * Checks that a run may go on with a recipe: steps may grow, unless the learning rate depends on them, and `stop` may change.
 *
 * - `nameOf`: what messages call a setting
 * @returns whether anything about training has changed
 * @throws {ConfigError} that names every other setting
 */
export const checkChanges = (before: Recipe, after: Recipe, nameOf: (path: Path) => string): boolean => {
  const found = differences(before, after);
  const problems = found.flatMap((difference) => {
    const why = refusal(difference, before, after);
    if (why === undefined) return [];
    const { path, before: old, after: now } = difference;
    const expected = why === "as the run was started" ? `${brief(old)}, as the run was started` : why;
    return [{ path, name: nameOf(path), expected, got: brief(now) }];
  });
  if (problems.length > 0) throw withHint(problemsError("resume", problems));
  return found.some(({ path }) => !isPlace(path));
};

const withHint = ({ mismatch }: ConfigError): ConfigError =>
  new ConfigError({ ...mismatch, hint: "leave the setting out, or begin a new run with another --out" });
