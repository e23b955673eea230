import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hashOf } from "../../../lib/lab/canonical.js";
import { recipe } from "../../../lib/lab/recipe.js";
import { grid, randomSearch, zip } from "../../../lib/lab/sweep/grid.js";
import { refused } from "../refused.js";

const Grid = suite("lab/sweep/grid");

Grid("a grid is the product, the last setting fastest, and equals recipes that are written out", () => {
  const all = grid({ train: "rte" }, { "method.length": [5, 20], seed: [0, 1] });
  const written = [5, 20].flatMap((length) =>
    [0, 1].map((seed) => recipe({ train: "rte", method: { name: "prompt", length }, seed })),
  );
  assert.equal(all, written);
  assert.equal(grid(recipe({ train: "rte" }), { seed: [0, 1] }), grid({ train: "rte" }, { seed: [0, 1] }));
  assert.equal(grid({}, {}), [recipe({})]);
});

Grid("choices come before what belongs to them, and one of two settings replaces the other", () => {
  const [first, second] = grid(
    {},
    { "method.rank": [2], method: ["lora", { name: "lora", kernels: ["q"] }], "batch.tokens": [64] },
  );
  assert.equal(first.method, recipe({ method: { name: "lora", rank: 2 } }).method);
  assert.equal(second.method, recipe({ method: { name: "lora", rank: 2, kernels: ["q"] } }).method);
  assert.equal(first.batch, { tokens: 64 });
});

Grid("zip takes values side by side", () => {
  const all = zip({}, { seed: [4, 5], steps: [10, 20] });
  assert.equal(
    all.map(({ seed, steps }) => [seed, steps]),
    [
      [4, 10],
      [5, 20],
    ],
  );
  const { what, at, expected, got } = refused(() => zip({}, { seed: [1, 2], steps: [3] }));
  assert.equal([what, at], ["axes that go side by side have lists of different lengths", "steps"]);
  assert.equal([expected, got], ["2 values, as seed has", "1"]);
});

Grid("settings that are unknown, of another type, or empty are refused by their path and the closest name", () => {
  const unknown = refused(() => grid({}, { "method.lenght": [1] }));
  assert.equal([unknown.at, unknown.hint], ["method.lenght", "did you mean length?"]);
  const type = refused(() => grid({}, { seed: [0, "one"] }));
  assert.equal([type.at, type.got], ["seed", '"one"']);
  const nested = refused(() => grid({}, { method: [{ name: "lora", rnak: 3 }] }));
  assert.equal([nested.at, nested.hint], ["method.rnak", "did you mean rank?"]);
  assert.is(refused(() => grid({}, { seed: [] })).what, "an axis has no list of values");
  assert.is(refused(() => grid({}, { seed: 3 } as never)).at, "seed");
});

Grid("a random search draws within its ranges, and more trials or axes leave what was drawn", () => {
  const space = {
    "optimizer.learningRate": { logUniform: [0.01, 1] },
    dropout: { uniform: [0, 0.5] },
    "method.length": { integer: [1, 4] },
    train: ["cb", "rte"],
  } as const;
  const few = randomSearch({}, space, { trials: 20, seed: 7 });
  const many = randomSearch({}, { ...space, seed: [9] }, { trials: 400, seed: 7 });
  assert.equal(
    many.slice(0, 20).map((one) => ({ ...one, seed: 0 })),
    few,
  );
  const rates = many.map(({ optimizer }) => optimizer.learningRate);
  assert.ok(rates.every((rate) => rate >= 0.01 && rate <= 1));
  // Half of a uniform distribution of the logarithm lies below its middle: 200 ± 4 standard deviations of 10.
  const below = rates.filter((rate) => rate < 0.1).length;
  assert.ok(Math.abs(below - 200) < 40, `${below} of 400 below the middle`);
  assert.equal(
    [...new Set(many.map(({ method }) => (method.name === "prompt" ? method.length : 0)))].sort(),
    [1, 2, 3, 4],
  );
  assert.is(new Set(many.map(({ train }) => train[0].task)).size, 2);
  assert.ok(many.every(({ dropout }) => dropout >= 0 && dropout <= 0.5));
  assert.is(new Set(few.map(hashOf)).size, 20);
  assert.not.equal(randomSearch({}, space, { trials: 20, seed: 8 }), few);
});

Grid("distributions that cannot be used are refused", () => {
  const what = (space: unknown, options: unknown = { trials: 2 }): string =>
    refused(() => randomSearch({}, space as never, options as never)).what;
  assert.is(what({ seed: { uniform: [2, 1] } }), "a range cannot be used");
  assert.is(what({ seed: { logUniform: [0, 1] } }), "a range cannot be used");
  assert.is(what({ seed: { integer: [0.5, 1] } }), "a range cannot be used");
  assert.is(what({ seed: { normal: [0, 1] } }), "an axis has no distribution");
  assert.is(what({ seed: [1] }, {}), "the number of trials is missing");
  assert.is(what({ seed: [1] }, { trials: 2, seed: -1 }), "the seed is not a number");
});

Grid.run();
