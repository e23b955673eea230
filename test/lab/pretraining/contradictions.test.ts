/** @file Settings of pre-training that contradict each other, each alone, and those just beside them, which do not. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type RecipeInput, recipe } from "../../../lib/lab/recipe.js";
import { refused } from "../refused.js";

const Contradictions = suite("lab/pretraining/contradictions");

/** Pre-training of all weights on a text, with other settings of the objective and of the recipe. */
const asking = (objective: object, more: RecipeInput = {}): RecipeInput => ({
  method: "full",
  objective: { name: "pretraining", corpus: "a.txt", ...objective } as never,
  ...more,
});

type Refused = readonly [input: RecipeInput, at: string, expected: string, got: string, hint?: string];
const EVALUATED = "tasks are evaluated with the objective task, from a model that was pre-trained";

const REFUSED: Readonly<Record<string, Refused>> = {
  "a task to evaluate": [
    asking({}, { evaluate: "cb" }),
    "evaluate",
    "no task, since texts are evaluated",
    "cb",
    EVALUATED,
  ],
  "own rows": [
    asking({}, { train: "table", table: { train: "a.csv", validation: "b.csv", input: "x", target: "y" } }),
    "table.train",
    "no rows, since texts are evaluated",
    "a.csv",
    EVALUATED,
  ],
  "each task by itself": [asking({}, { each: true }), "each", "false, since the objective is of texts", "true"],
  "tasks without a share": [
    asking({ tasks: { share: 0 } }, { train: "cb" }),
    "objective.tasks.share",
    "a share above 0, since train names tasks",
    "0",
  ],
  "another method": [
    asking({}, { method: "lora" }),
    "method",
    "full, since pre-training is of all weights",
    "lora",
    "--method full",
  ],
  "nothing to evaluate": [
    asking({ heldOut: 0 }),
    "objective.heldOut",
    "a share above 0, or files of held-out text",
    "0",
    "--held-out 0.01",
  ],
  "weights for some": [
    asking({ corpus: "a.txt:2,b.txt,c.txt:1" }),
    "objective.corpus",
    "weights for all paths, or for none",
    "weights for 2 of 3",
  ],
  "more spans than kept tokens": [
    asking({ kind: { name: "span-corruption", noiseDensity: 0.5, meanNoiseSpanLength: 1 } }),
    "objective.kind",
    "",
    "",
    "lower the noise density, or make spans longer",
  ],
};

for (const [name, [input, at, expected, got, hint]] of Object.entries(REFUSED)) {
  Contradictions(`refused: ${name}`, () => {
    const found = refused(() => recipe(input));
    assert.equal([found.at, found.hint], [at, hint]);
    if (expected !== "") assert.equal([found.expected, found.got], [expected, got]);
  });
}

Contradictions("what lies just beside is a recipe", () => {
  const inputs: readonly RecipeInput[] = [
    asking({}),
    asking({ tasks: { share: 0 } }),
    asking({ tasks: { share: 0.01 } }, { train: "cb" }),
    asking({ heldOut: 0, validation: "held.txt" }),
    asking({ heldOut: 0.001 }),
    asking({ corpus: "a.txt:2,b.txt:0.5" }),
    asking({ corpus: "a.txt,b.txt" }),
    asking({ kind: { name: "span-corruption", noiseDensity: 0.5, meanNoiseSpanLength: 2 } }),
  ];
  for (const input of inputs) assert.is(recipe(input).objective.name, "pretraining");
});

Contradictions("short pieces of documents are tried, whose noise may leave no token", () => {
  // Of long pieces 0.3 are kept and 0.28 are spans; of one with 5 tokens 4 are noise, in 2 spans.
  const kind = { name: "span-corruption", noiseDensity: 0.7, meanNoiseSpanLength: 2.5 };
  const { at, expected, got } = refused(() => recipe(asking({ kind })));
  assert.is(at, "objective.kind");
  assert.match(`${expected}`, /fewer tokens are kept than there are spans of noise: at least 2$/);
  assert.is(got, "1");
});

Contradictions.run();
