import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import { refused } from "./refused.js";

const Contradictions = suite("lab/contradictions");

const TABLE = { train: "a.csv", validation: "b.csv", input: "x", target: "y" };
const linear = (warmup: number) => ({ name: "adamw", schedule: { name: "linear", warmup } }) as const;
const adafactor = (startStep: number, schedule: "constant" | "linear") =>
  ({ name: "adafactor", startStep, schedule }) as const;
const prompt = { name: "prompt" } as const;

type Refused = readonly [input: RecipeInput, at: string, expected: string, got: string, hint?: string];

const REFUSED: Readonly<Record<string, Refused>> = {
  "microbatches that do not divide": [
    { batch: { examples: 8 }, microbatches: 3 },
    "microbatches",
    "a number that divides the batch of 8 examples",
    "3",
  ],
  "packed rows with a prompt": [
    { batch: { packed: 4096 }, method: "prompt+lora" },
    "batch.packed",
    "a method that changes weights alone",
    "prompt+lora",
    "take batch.examples or batch.tokens",
  ],
  "packed rows with a loss over labels": [
    { batch: { packed: 4096 }, method: "full", objective: { loss: "labels" } },
    "batch.packed",
    "the loss tokens",
    "labels",
    "take batch.examples or batch.tokens",
  ],
  "weights for some": [{ train: "cb:2,rte,wic" }, "train", "weights for all tasks, or for none", "weights for 1 of 3"],
  "a weight of the only task": [{ train: "cb:2" }, "train", "a weight only where there are several tasks", "cb:2"],
  "own rows without a column": [
    { table: { train: "a.csv", validation: "b.csv", input: "x" } },
    "table.target",
    "given, since there are train and validation and input",
    "nothing",
  ],
  "own rows of other tasks": [
    { table: TABLE, train: "cb,rte" },
    "table.train",
    "table among the tasks, or no own rows",
    "cb, rte",
  ],
  "a start from no file": [
    { method: { ...prompt, init: "file" } },
    "method.init.file",
    "the file of a prompt",
    "nothing",
    "--init-file FILE",
  ],
  "a start from no text": [
    { method: { ...prompt, init: { name: "text", text: "  " } } },
    "method.init.text",
    "a text",
    "nothing",
  ],
  "a start from no file in a part": [
    { method: { name: "compose", methods: { a: "lora", b: { ...prompt, init: "file" } } } },
    "method.methods.b.init.file",
    "the file of a prompt",
    "nothing",
    "--init-file FILE",
  ],
  "a mask behind the input": [
    { method: { ...prompt, position: "after", sees: ["prompt->prompt", "prompt->input"] } },
    "method.sees",
    "all, since the prompt stands after",
    "prompt->prompt, prompt->input",
  ],
  "two prompts": [
    { method: { name: "compose", methods: { a: "prompt", b: "prompt" } } },
    "method.methods",
    "one prompt",
    "2",
  ],
  "nothing composed": [{ method: { name: "compose", methods: {} } }, "method.methods", "one method or more", "none"],
  "tasks that have no prompt": [
    { train: "cb,rte", evaluate: ["rte", "wic"], method: "mpt" },
    "evaluate",
    "tasks that are trained on, since each has its prompt: cb, rte",
    "wic",
  ],
  "tasks that have no part of a composed method": [
    { train: "cb,rte", evaluate: "boolq", method: "multitask+lora" },
    "evaluate",
    "tasks that are trained on, since each has its prompt: cb, rte",
    "boolq",
  ],
  "a start of MPT from no file": [
    { method: { name: "mpt", init: "file" } },
    "method.init.file",
    "the file of a prompt",
    "nothing",
    "--init-file FILE",
  ],
  "two prompts, one of several tasks": [
    { method: { name: "compose", methods: { a: "prompt", b: "mpt" } } },
    "method.methods",
    "one prompt",
    "2",
  ],
  "a warmup to the end": [
    { steps: 10, optimizer: linear(10) },
    "optimizer.schedule.warmup",
    "fewer than the 10 steps",
    "10",
  ],
  "a cosine with a warmup beyond the end": [
    { steps: 10, optimizer: { name: "sgd", schedule: { name: "cosine", warmup: 11 } } },
    "optimizer.schedule.warmup",
    "fewer than the 10 steps",
    "11",
  ],
  "counting on under a schedule": [
    { optimizer: adafactor(5, "linear") },
    "optimizer.startStep",
    "0, since the schedule is linear",
    "5",
  ],
  "wayward without a prompt": [
    { method: "lora", objective: { wayward: { text: "a" } } },
    "objective.wayward.text",
    "no text, since the method is not prompt alone",
    "a",
  ],
  "wayward with two methods": [
    { method: "prompt+lora", objective: { wayward: { text: "a" } } },
    "objective.wayward.text",
    "no text, since the method is not prompt alone",
    "a",
  ],
  "z-loss of a hinge": [
    { objective: { loss: "hinge", zLoss: 0.1 } },
    "objective.zLoss",
    "0 with the loss hinge",
    "0.1",
  ],
  "smoothing of a hinge": [
    { objective: { loss: "hinge", labelSmoothing: 0.1 } },
    "objective.labelSmoothing",
    "0 with the loss hinge",
    "0.1",
  ],
};

for (const [what, [input, at, expected, got, hint]] of Object.entries(REFUSED)) {
  Contradictions(`refused: ${what}`, () => {
    const error = refused(() => recipe(input));
    assert.equal([error.at, error.expected, error.got, error.hint], [at, expected, got, hint]);
  });
}

const TAKEN: readonly RecipeInput[] = [
  { batch: { examples: 9 }, microbatches: 3 },
  { batch: { tokens: 8 }, microbatches: 3 },
  { batch: { packed: 8 }, microbatches: 3, method: "full" },
  { batch: { packed: 8 }, method: { name: "compose", methods: { a: "lora", b: "norms" } } },
  { train: "cb:2,rte:1" },
  { train: "cb,rte" },
  { table: TABLE },
  { table: TABLE, train: "cb", evaluate: "table" },
  { table: TABLE, train: "table,cb" },
  { method: { ...prompt, init: { name: "file", file: "a.npy" } } },
  { method: { ...prompt, init: { name: "text", text: "a" } } },
  { method: { ...prompt, sees: ["prompt->prompt"] } },
  { method: { ...prompt, position: "after" } },
  { method: "prompt+lora" },
  { train: "cb,rte", evaluate: "rte", method: "mpt" },
  { train: "cb", evaluate: "rte", method: "multitask" },
  { train: "cb,rte", evaluate: "wic", method: "mpt", each: true },
  { method: { name: "compose", methods: { a: "lora", b: "lora" } } },
  { steps: 10, optimizer: linear(9) },
  { steps: 0, optimizer: linear(3) },
  { steps: 10, optimizer: { name: "adamw", schedule: { name: "constant", warmup: 20 } } },
  { steps: 10, optimizer: { name: "adamw", schedule: { name: "inverse-square-root", warmup: 20 } } },
  { optimizer: adafactor(5, "constant") },
  { optimizer: adafactor(0, "linear") },
  { objective: { wayward: { text: "a" } } },
  { objective: { loss: "labels", zLoss: 0.1, labelSmoothing: 0.1 } },
  { objective: { loss: "hinge" } },
];

Contradictions("what does not contradict is taken", () => {
  for (const input of TAKEN) assert.is(recipe(input).keep, "best", JSON.stringify(input));
});

Contradictions("every missing part of own rows is named", () => {
  const { expected, what } = refused(() => recipe({ table: { input: "x" } }));
  assert.is(what, "3 settings cannot be used");
  assert.equal(
    expected?.split("\n").map((line) => line.trim()),
    ["train", "validation", "target"].map((part) => `table.${part}: given, since there is input`),
  );
});

Contradictions.run();
