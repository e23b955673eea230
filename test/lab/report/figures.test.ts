import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RecipeInput } from "../../../lib/lab/recipe.js";
import type { EndedRun } from "../../../lib/lab/report/load.js";
import { lossCurves } from "../../../lib/lab/report/pretraining.js";
import { readReport } from "../../../lib/lab/report/report.js";
import type { Variant } from "../../../lib/lab/report/variants.js";
import { temporaryFolder } from "../../io/folder.js";
import { writeRun } from "./synthetic.js";

const Figures = suite("lab/report/figures");
const root = temporaryFolder(Figures);

let count = 0;
/** The scale and the places of the points of the figure along a setting, of runs that have these recipes. */
const along = async (id: string, recipes: readonly RecipeInput[]) => {
  const dir = join(root, `${++count}`);
  recipes.forEach((recipe, i) => {
    writeRun(join(dir, `${i}`), { recipe: { train: "cb", ...recipe }, tuned: { accuracy: 50 } });
  });
  const figure = (await readReport([dir])).figures.find((one) => one.id === id);
  return [figure?.scale, figure?.panels[0].series[0].points.map(({ x }) => x)];
};
const lengths = (...values: readonly number[]): RecipeInput[] =>
  values.map((length) => ({ method: { name: "prompt", length } }));

Figures("an axis is logarithmic where values above 0 span a factor of 8", async () => {
  assert.equal(await along("along-method.length", lengths(20, 10, 79)), ["linear", [10, 20, 79]]);
  assert.equal(await along("along-method.length", lengths(20, 10, 80)), ["log", [10, 20, 80]]);
});

Figures("points are in the order of their numbers, and not of the names of their variants", async () => {
  const rates = [0.3, 1e-7, 0.1].map((learningRate) => ({ optimizer: { learningRate } }));
  assert.equal(await along("along-optimizer.learningRate", rates), ["log", [1e-7, 0.1, 0.3]]);
  const decays = [0.5, 0, 0.1].map((weightDecay) => ({ optimizer: { weightDecay } }));
  assert.equal(await along("along-optimizer.weightDecay", decays), ["linear", [0, 0.1, 0.5]]);

  const dir = join(root, `${++count}`);
  for (const [name, model] of [
    ["a", 300],
    ["b", 100],
    ["c", 200],
  ] as const) {
    const recipe: RecipeInput = { train: "cb", model: name };
    writeRun(join(dir, name), { recipe, model, digest: name, tuned: { accuracy: 50 } });
  }
  const figure = (await readReport([dir])).figures.find(({ id }) => id === "along-model");
  assert.equal(
    figure?.panels[0].series[0].points.map(({ x }) => x),
    [100, 200, 300],
  );
});

Figures("of nine curves of losses the eight that come lowest are drawn, wherever they begin", () => {
  const variant = (label: string, ...losses: readonly number[]): Variant => {
    const curve = losses.map((loss, i) => ({ step: 10 * (i + 1), score: 1, loss }));
    return { label, method: "span-corruption", number: 1, settings: {}, runs: [{ curve } as unknown as EndedRun] };
  };
  const usual = Array.from({ length: 8 }, (_, i) => variant(`${i}`, 5, 3 + i / 10));
  const [{ series }] = lossCurves([...usual, variant("steep", 9, Number.POSITIVE_INFINITY, 1)]).panels;
  assert.equal(
    series.map(({ label }) => label),
    ["0", "1", "2", "3", "4", "5", "6", "steep"],
  );
  assert.equal(
    series.at(-1)?.points.map(({ x, mean }) => [x, mean]),
    [
      [10, 9],
      [30, 1],
    ],
  );
});

Figures.run();
