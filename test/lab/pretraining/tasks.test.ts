/** @file Tasks beside texts: their examples come in the asked share, with their own order, and are a part of what a run learns. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { corpusOf } from "../../../lib/data/streams/index.js";
import { NANO_MODEL } from "../../../lib/lab/assets.js";
import { run } from "../../../lib/lab/many.js";
import { ratesBeside, streamOfParts } from "../../../lib/lab/pretraining/batches.js";
import { objectiveOfKind } from "../../../lib/lab/pretraining/kinds.js";
import type { RecipeInput } from "../../../lib/lab/recipe.js";
import type { Summary } from "../../../lib/lab/results.js";
import { memoryStore } from "../../../lib/store/memory.js";
import { loadTokenizer } from "../../../lib/tokenizer/index.js";
import { temporaryFolder } from "../../io/folder.js";
import { jsonOf } from "../own-task.js";
import { refusal } from "../refused.js";
import { toyCorpus, toyRecipe, toyTask } from "./toy.js";

const Tasks = suite("lab/pretraining/tasks");
const folder = temporaryFolder(Tasks);

const recipeWith = (tasks: object, more: RecipeInput = {}): RecipeInput => {
  const toy = toyRecipe(toyCorpus(folder));
  return { ...toy, train: "liked", objective: { ...(toy.objective as object), tasks } as never, ...more };
};

Tasks("the share is that of all tasks together; among themselves texts and tasks keep their rates", () => {
  assert.equal(ratesBeside([{ rate: 3 }, { rate: 1 }], [{ rate: 1 }, { rate: 4 }], 0.5), [0.375, 0.125, 0.1, 0.4]);
  assert.equal(ratesBeside([{ rate: 3 }, { rate: 1 }], [], 0.5), [3, 1]);
});

Tasks("examples of a task are drawn in their share, and come as they are", async () => {
  const tokenizer = await loadTokenizer(NANO_MODEL);
  const objective = objectiveOfKind(
    { name: "span-corruption", noiseDensity: 0.15, meanNoiseSpanLength: 3 },
    { input: 24, target: 0 },
    tokenizer,
  );
  const text = { name: "text", rate: 1, corpus: corpusOf([Array.from({ length: 200 }, (_, i) => 10 + i)]) };
  const examples = [0, 1, 2].map((i) => ({ inputs: [900 + i, 1], targets: [950 + i, 1] }));
  const stream = streamOfParts([text], objective, 5, [{ tokens: examples, rate: 7 }], 0.25);
  const drawn = Array.from({ length: 4000 }, (_, n) => stream(n)).filter(({ inputs }) => inputs[0] >= 900);
  // Four standard deviations of a binomial distribution.
  assert.ok(Math.abs(drawn.length - 1000) < 4 * Math.sqrt(4000 * 0.25 * 0.75), `${drawn.length} of 4000`);
  for (let i = 0; i + 3 <= 30; i += 3) {
    const epoch = drawn.slice(i, i + 3).map(({ inputs, targets }) => [...inputs, ...targets]);
    assert.equal(
      epoch.sort(([a], [b]) => a - b),
      examples.map(({ inputs, targets }) => [...inputs, ...targets]),
    );
  }
});

Tasks("a run reads the examples of its tasks, and learns from them", async () => {
  const store = memoryStore();
  const summary = (await run(recipeWith({ share: 0.25 }), { store, tasks: [toyTask] })) as Summary;
  assert.is(summary.steps, 6);
  const lock = await jsonOf<{ readonly examples: object }>(store, "lock.json");
  assert.equal(Object.keys(lock.examples).sort(), ["corpus/train", "corpus/validation", "liked/train"]);
  const other = (await run(recipeWith({ share: 0.75 }), { store: memoryStore(), tasks: [toyTask] })) as Summary;
  assert.is.not(other.validationLoss, summary.validationLoss);
  const bare = (await run(toyRecipe(toyCorpus(folder)), { store: memoryStore() })) as Summary;
  assert.is.not(bare.validationLoss, summary.validationLoss);
});

Tasks("a sentinel in front of the targets of tasks makes another run", async () => {
  const losses = [];
  for (const sentinel of [false, true]) {
    const recipe = recipeWith({ share: 0.5, sentinel });
    losses.push(((await run(recipe, { store: memoryStore(), tasks: [toyTask] })) as Summary).validationLoss);
  }
  assert.is.not(losses[0], losses[1]);
});

Tasks("shares that leave out texts or tasks, and tasks to evaluate, are refused", async () => {
  const refusedAt = async (recipe: RecipeInput): Promise<string | undefined> =>
    (await refusal(run(recipe, { store: memoryStore(), tasks: [toyTask] }), "ConfigError")).at;
  assert.is(await refusedAt(recipeWith({ share: 0 })), "objective.tasks.share");
  assert.is(await refusedAt(recipeWith({ share: 1 })), "objective.tasks.share");
  assert.is(await refusedAt(recipeWith({}, { evaluate: "liked" })), "evaluate");
  assert.is(
    (await refusal(run(recipeWith({}, { train: "likes" }), { store: memoryStore(), tasks: [toyTask] }))).got,
    "likes",
  );
});

Tasks.run();
