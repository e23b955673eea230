/** @file What a recipe minimises, held to the losses of methods with the same options, and to distances that are computed by hand. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { freeRun, type Prepared } from "../../lib/lab/prepared.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { methodLoss } from "../../lib/methods/loss.js";
import { prompt } from "../../lib/methods/prompt.js";
import type { LossOptions } from "../../lib/t5/loss-options.js";
import { preparationFailure, prepared } from "../helpers/prepared.js";
import { fewRows, temporary } from "../helpers/program.js";

const Objective = suite("lab/objective");
const folder = temporary("objective");
const data = fewRows(join(folder, "data"));
Objective.after(() => rmSync(folder, { recursive: true, force: true }));

const inputOf = (changes: RecipeInput): RecipeInput => ({
  data,
  executor: "tfjs",
  method: { name: "prompt", length: 4 },
  batch: { examples: 2 },
  ...changes,
});
const startOf = (changes: RecipeInput): Promise<Prepared> => prepared(inputOf(changes));

/** The loss of the first step. */
const firstLoss = async (changes: RecipeInput): Promise<number> => {
  const run = await startOf(changes);
  const { batch } = run.batchAt(0);
  const { state, loss } = run.step(run.frozen, run.state, batch);
  const value = loss.item();
  dispose([batch, loss]);
  freeRun(run, state);
  return value;
};

/** Objectives of recipes, and the options of a loss that they stand for. */
const OBJECTIVES: readonly (readonly [RecipeInput["objective"], LossOptions])[] = [
  ["task", {}],
  [{ zLoss: 0.5 }, { zLoss: 0.5 }],
  [{ labelSmoothing: 0.1 }, { labelSmoothing: 0.1 }],
  [{ normalize: "none" }, { normalize: "none" }],
  [{ normalize: "sequences" }, { normalize: "sequences" }],
  [{ normalize: 7 }, { normalize: 7 }],
  [{ loss: "labels" }, { loss: "labels" }],
  [{ loss: { name: "labels", lengthNormalize: false } }, { loss: "labels", lengthNormalize: false }],
  [
    { loss: "labels", zLoss: 0.5 },
    { loss: "labels", zLoss: 0.5 },
  ],
  [{ loss: "hinge" }, { loss: "hinge", hinge: 0.2 }],
  [{ loss: { name: "hinge", margin: 3, lengthNormalize: false } }, { loss: "hinge", hinge: 3, lengthNormalize: false }],
];

Objective("a step has the loss that the recipe says", async () => {
  const seen = new Set<number>();
  for (const [objective, options] of OBJECTIVES) {
    const run = await startOf({ objective });
    const { batch } = run.batchAt(0);
    const lossOf = methodLoss(run.model, prompt({ length: 4 }), options);
    const want = scope(() => lossOf(run.frozen, run.state.tuned as { prompt: Tensor }, batch)).item();
    const { state, loss } = run.step(run.frozen, run.state, batch);
    const what = `${JSON.stringify(objective)}: ${loss.item()}, not ${want}`;
    assert.ok(Math.abs(loss.item() - want) < 1e-4 * Math.max(1, Math.abs(want)), what);
    seen.add(Math.round(1e4 * want));
    dispose([batch, loss]);
    freeRun(run, state);
  }
  assert.is(seen.size, OBJECTIVES.length, "all of them differ");
});

Objective("dropout of the recipe reaches the step, and microbatches have the loss of the batch", async () => {
  const [plain, dropped] = [await firstLoss({}), await firstLoss({ dropout: 0.5 })];
  assert.ok(Math.abs(dropped - plain) > 1e-3, `${dropped} and ${plain}`);
  const parts = await firstLoss({ microbatches: 2 });
  assert.ok(Math.abs(parts - plain) < 1e-4, `${parts} and ${plain}`);
});

Objective("a loss over labels has those of the task, and the right one of each example", async () => {
  const run = await startOf({ objective: { loss: "labels" }, batch: { examples: 24 } });
  const { batch } = run.batchAt(0);
  const { choices, answer } = batch as typeof batch & { readonly choices: Tensor; readonly answer: Tensor };
  const [size, count, length] = choices.shape;
  assert.equal([size, count], [24, 3]);
  const ids = [...choices.dataSync()];
  const textAt = (at: number): string =>
    run.tokenizer.decode(ids.slice(at * length, (at + 1) * length).filter((id) => id > 1));
  const labels = ["entailment", "contradiction", "neutral"];
  const targets = [...batch.targets.dataSync()];
  const width = batch.targets.shape[1];
  [...answer.dataSync()].forEach((right, i) => {
    assert.equal(
      [0, 1, 2].map((label) => textAt(3 * i + label)),
      labels,
    );
    const target = targets.slice(i * width, (i + 1) * width).filter((id) => id > 1);
    assert.is(labels[right], run.tokenizer.decode(target));
  });
  assert.ok(ids.filter((id) => id === run.tokenizer.eosId).length === 3 * 24);
  dispose(batch);
  freeRun(run, run.state);
});

Objective("the first sentinel stands in front of targets and labels, and counts in their loss", async () => {
  const run = await startOf({ objective: { loss: "labels", sentinel: true }, batch: { examples: 8 } });
  const plain = await startOf({ objective: { loss: "labels" }, batch: { examples: 8 } });
  const [{ batch }, { batch: bare }] = [run.batchAt(0), plain.batchAt(0)];
  const rowsOf = (x: Tensor): number[][] => {
    const [ids, width] = [[...x.dataSync()], x.shape.at(-1) as number];
    return Array.from({ length: ids.length / width }, (_, i) =>
      ids.slice(i * width, (i + 1) * width).filter((id) => id > 0),
    );
  };
  type Choices = typeof batch & { readonly choices: Tensor };
  for (const part of [({ targets }: Choices) => targets, ({ choices }: Choices) => choices]) {
    const [with0, without] = [rowsOf(part(batch as Choices)), rowsOf(part(bare as Choices))];
    assert.equal(
      with0,
      without.map((row) => [run.tokenizer.sentinelId(0), ...row]),
    );
  }
  assert.equal([...batch.inputs.dataSync()], [...bare.inputs.dataSync()]);
  dispose([batch, bare]);
  freeRun(run, run.state);
  freeRun(plain, plain.state);
});

Objective("a loss over labels is refused for a task without labels, before the model is read", async () => {
  for (const loss of ["labels", "hinge"] as const) {
    const message = await preparationFailure({ train: "record", objective: { loss }, model: "gone" });
    for (const part of ["record has no labels", `the loss ${loss}`, "tokens"])
      assert.ok(message.includes(part), message);
  }
});

Objective("the distance of the prompt from a text is added, times gamma, as a mean over vectors", async () => {
  const text = "it is entailment";
  const bare = await startOf({});
  const ids = bare.tokenizer.encode(text);
  freeRun(bare, bare.state);
  const method = { name: "prompt", length: ids.length } as const;
  const run = await startOf({ method });
  const [table, vectors] = [run.frozen.tokenEmbedder.embedding, (run.state.tuned as { prompt: Tensor }).prompt].map(
    (x) => x.dataSync(),
  );
  const squares = ids.flatMap((id, i) =>
    Array.from({ length: 128 }, (_, j) => (vectors[128 * i + j] - table[128 * id + j]) ** 2),
  );
  const distance = squares.reduce((sum, x) => sum + x, 0) / ids.length;
  freeRun(run, run.state);
  assert.ok(distance > 1);
  const plain = await firstLoss({ method });
  for (const [gamma, weight] of [
    [undefined, 0.01],
    [0.5, 0.5],
  ] as const) {
    const wayward = { text, gamma };
    const loss = await firstLoss({ method, objective: { wayward } });
    const want = plain + weight * distance;
    assert.ok(Math.abs(loss - want) < 1e-4 * want, `${loss}, not ${want}`);
    // Once for the whole batch, whatever its parts.
    const parts = await firstLoss({ method, objective: { wayward }, microbatches: 2 });
    assert.ok(Math.abs(parts - want) < 1e-4 * want, `${parts}, not ${want}`);
  }
});

Objective("a text of another length than the prompt is refused before there is a step", async () => {
  const message = await preparationFailure(inputOf({ objective: { wayward: { text: "entailment and much more" } } }));
  for (const part of [
    "not as long as the text",
    /method\.length \d+, a vector a piece/.exec(message)?.[0],
    "method.length 4",
  ]) {
    assert.ok(part !== undefined && message.includes(part), message);
  }
});

Objective.run();
