/** @file Sets of recipes as values: from one recipe, and values for some of its settings. */
import { takes } from "../../core/composite.js";
import { orThrow } from "../../edge/either.js";
import { type Recipe, type RecipeInput, recipeOfLayers, valueLayer } from "../recipe.js";
import type { Layer, Path } from "../resolve.js";
import {
  type Axes,
  gridPoints,
  type NameOf,
  type Point,
  randomPoints,
  type Space,
  type Trials,
  zipPoints,
} from "./points.js";

const byPath: NameOf = (path) => path.join(".");

/** The layers of a point: choices come before the settings that belong to them. */
export const pointLayers = (point: Point, nameOf: NameOf): readonly Layer[] =>
  point
    .map(([axis, value]) => ({ axis, path: axis.split("."), value }))
    .sort((a, b) => a.path.length - b.path.length)
    .map(({ axis, path, value }) => ({
      value: path.reduceRight((inner, key) => ({ [key]: inner }), value),
      nameOf: (inner: Path) => nameOf([axis, ...inner.slice(path.length)]),
    }));

const recipesOf = (where: string, input: Recipe | RecipeInput, points: readonly Point[]): Recipe[] =>
  points.map((point) => orThrow(recipeOfLayers(where, [valueLayer(input), ...pointLayers(point, byPath)])));

/**
 * The recipes of all combinations of values; those of the last setting change fastest. They are a plain list: `filter` and `map` are the language for
 * what is left out or depends on something else.
 *
 * @throws {ConfigError} that names settings which are unknown (with the closest name), of another type, or contradict each other
 * @example const recipes = grid({ train: "rte" }, { "method.length": [1, 5, 20, 100, 150], seed: [0, 1, 2] }); // 15
 */
export const grid = takes("grid(input, axes)", (input: Recipe | RecipeInput, axes: Axes): Recipe[] =>
  recipesOf("grid", input, gridPoints("grid", axes, byPath)),
);

/**
 * The recipes of the first values of all settings, of the second values, and so on.
 *
 * @throws {ConfigError} as `grid`, and for lists of different lengths
 * @example zip({ train: "rte" }, { model: ["t5-small-lm-adapt", "t5-base-lm-adapt"], "optimizer.learningRate": [0.5, 0.3] }); // 2
 */
export const zip = takes("zip(input, axes)", (input: Recipe | RecipeInput, axes: Axes): Recipe[] =>
  recipesOf("zip", input, zipPoints("zip", axes, byPath)),
);

/**
 * The recipes of a random search. What is drawn depends on the seed, the number of the trial and the path alone: more trials, and further settings, leave
 * it as it is. Numbers are rounded to four digits.
 *
 * - `space`: for each setting a list of values, or `{ uniform: [low, high] }`, `{ logUniform: [low, high] }` or `{ integer: [low, high] }`, both ends included
 * @throws {ConfigError} as `grid`, and for distributions that cannot be used
 * @example randomSearch({ train: "rte" }, { "optimizer.learningRate": { logUniform: [0.01, 1] } }, { trials: 20, seed: 1 });
 */
export const randomSearch = takes(
  "randomSearch(input, space, { trials, seed })",
  (input: Recipe | RecipeInput, space: Space, options: Trials): Recipe[] =>
    recipesOf("randomSearch", input, randomPoints("randomSearch", space, options, byPath)),
);
