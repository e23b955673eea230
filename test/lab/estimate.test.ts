import { suite } from "uvu";
import * as assert from "uvu/assert";
import { memory } from "../../lib/index.js";
import { type Estimate, estimate } from "../../lib/lab/estimate.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { collected } from "../helpers/collected.js";
import { ownTask, SMALL } from "./own-task.js";

const Estimating = suite("lab/estimate");
const tasks = [ownTask(), ownTask("other", { word: "that" })];
const RECIPE: RecipeInput = { ...SMALL, steps: 100, evaluation: { every: 30, inputLength: 16 } };
const of = (more: RecipeInput): Promise<Estimate> => estimate({ ...RECIPE, ...more }, { tasks });

/** Asserts how often steps and evaluations are counted. */
const counts = (found: Estimate, steps: number, evaluations: number, message: string): void => {
  const { seconds, secondsPerStep, secondsPerEvaluation } = found;
  const want = steps * secondsPerStep + evaluations * secondsPerEvaluation;
  assert.ok(secondsPerStep > 0 && secondsPerEvaluation > 0, message);
  assert.ok(Math.abs(seconds / want - 1) < 1e-9, `${message}: ${seconds}, ${want}`);
};

Estimating("seeds are counted as they are trained: in one program, with one evaluation of the bare model", async () => {
  const one = await of({});
  assert.equal([one.runs, one.together], [1, 1]);
  counts(one, 100, 4 + 1, "one run");
  await collected();
  const before = memory().arrays;
  const three = await of({ seeds: 3 });
  assert.is(memory().arrays, before);
  assert.equal([three.runs, three.together, three.tokensPerStep], [3, 3, one.tokensPerStep]);
  counts(three, 300, 3 * 4 + 1, "three seeds");
  const six = await of({ seeds: 6, train: "own,other", each: true });
  assert.equal([six.runs, six.together], [12, 4]);
  counts(six, 1200, 12 * 4 + 2, "six seeds of two tasks");
});

Estimating("seeds that cannot be trained together are counted one by one", async () => {
  const apart = await of({ seeds: 2, dropout: 0.1 });
  assert.equal([apart.runs, apart.together], [2, 1]);
  counts(apart, 200, 2 * 4 + 1, "two seeds");
});

Estimating.run();
