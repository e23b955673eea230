/** @file How many seeds train in one program, and what the user is told. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { dispose } from "../../lib/core/tensor.js";
import { groupingOf, MOST_TOGETHER } from "../../lib/lab/joining.js";
import type { Prepared } from "../../lib/lab/prepared.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import * as np from "../../lib/np/index.js";

const Joining = suite("lab/joining");
Joining.before(async () => void (await init({ backend: "reference" })));

/** The most seeds together, and the line for two of them, where each trains so many of 1000 numbers. */
const grouped = (input: RecipeInput, trained = 10): readonly [most: number, line: string] => {
  const [state, frozen] = [{ tuned: np.zeros([trained]) }, { weights: np.zeros([1000]) }];
  const { most, line } = groupingOf({ recipe: recipe(input), state, frozen } as unknown as Prepared);
  dispose([state, frozen]);
  return [most, line(2)];
};
const TOGETHER = [MOST_TOGETHER, "seeds      2 in one program"];
const apart = (why: string): readonly [number, string] => [1, `seeds      one after another: ${why}`];

Joining("seeds train together unless their batches have other rows, or dropout sees other lengths", () => {
  const lengths = "dropout depends on the padded lengths, which differ (--buckets 1)";
  assert.equal(grouped({}), TOGETHER);
  assert.equal(grouped({ batch: { tokens: 256 } }), apart("batches by tokens differ in their rows"));
  assert.equal(grouped({ dropout: 0.1, lengths: { buckets: 1 } }), TOGETHER);
  assert.equal(grouped({ dropout: 0.1, lengths: { buckets: 2 } }), apart(lengths));
  const drops = { name: "lora", dropout: 0.1 } as const;
  assert.equal(grouped({ method: drops, lengths: { buckets: 2 } }), apart(lengths));
  assert.equal(grouped({ method: { ...drops, dropout: 0 }, lengths: { buckets: 2 } }), TOGETHER);
});

Joining("the states of all runs together take at most what the frozen model takes", () => {
  assert.equal(grouped({}, 1000 / MOST_TOGETHER), TOGETHER);
  assert.equal(grouped({}, 1000 / MOST_TOGETHER + 1), apart("they train too many numbers"));
});

Joining.run();
