import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { encodeNpy } from "../../lib/io/npy.js";
import { describeRun } from "../../lib/lab/describe.js";
import { checkVocabulary } from "../../lib/lab/inputs.js";
import { freeRun, type Prepared } from "../../lib/lab/prepared.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import type { Example } from "../../lib/metrics/answered.js";
import { classLabels, randomUniform, sampledVocabulary } from "../../lib/prompt/index.js";
import * as random from "../../lib/random/index.js";
import { preparationFailure, prepared } from "../helpers/prepared.js";
import { fewRows, temporary } from "../helpers/program.js";

const Prepare = suite("lab/prepare");
const folder = temporary("prepare");
const data = fewRows(join(folder, "data"));
Prepare.after(() => rmSync(folder, { recursive: true, force: true }));

type PromptInput = Extract<RecipeInput["method"], { readonly name?: "prompt" }>;

const inputOf = (changes: RecipeInput = {}): RecipeInput => ({
  data,
  executor: "tfjs",
  method: { name: "prompt", length: 4 },
  ...changes,
});
const startOf = (changes: RecipeInput = {}): Promise<Prepared> => prepared(inputOf(changes));
const failure = (changes: RecipeInput): Promise<string> => preparationFailure(inputOf(changes));
const promptOf = ({ state }: Prepared): Tensor => (state.tuned as { prompt: Tensor }).prompt;
const validationOf = ({ data: { validation } }: Prepared): readonly Example[] => validation[0].examples;
const free = (run: Prepared): void => freeRun(run, run.state);

Prepare("a run has its model, its examples, its prompt and the scores of the usual answer", async () => {
  const run = await startOf();
  assert.equal(
    [...run.data.train, ...run.data.validation].map(({ examples }) => examples.length),
    [24, 6],
  );
  assert.is(run.cut, 0);
  assert.equal(run.shares, [1]);
  assert.equal(run.counts, { model: 2_378_112, tuned: 4 * 128 });
  assert.equal(run.majority.accuracy, (100 * 2) / 6);
  assert.equal(describeRun(run), [
    "model      t5-nano, 2,378,112 weights",
    "tuned      4 soft tokens = 512 numbers (0.022 % of the model)",
    "task       cb: 24 training examples and 6 dev examples, labels entailment, contradiction, neutral",
  ]);
  const [part] = run.data.validation;
  const drawn = { ...part, task: { ...part.task, splits: { validation: { share: 0.2, seed: 3 } } } };
  const said = describeRun({ ...run, data: { ...run.data, validation: [drawn] } })[2];
  assert.match(said, " and 6 dev examples (20 % of the training rows, drawn by seed 3, of each label alike), labels");
  assert.is(run.state.step.item(), 0);
  assert.equal([...run.state.key.dataSync()], [...random.key(0).dataSync()]);
  // The prompt begins with the labels; the rest is drawn by a key that no step uses.
  const want = classLabels(
    random.foldIn(random.key(0), 1),
    run.frozen.tokenEmbedder.embedding,
    (text) => run.tokenizer.encode(text),
    ["entailment", "contradiction", "neutral"],
    4,
    { population: 5000 },
  );
  assert.equal([...promptOf(run).dataSync()], [...want.dataSync()]);
  const { metrics, predictions } = await run.evaluate(run.state.tuned);
  assert.equal(Object.keys(metrics), Object.keys(run.majority));
  assert.equal(
    predictions.map(({ id }) => id),
    validationOf(run).map(({ id }) => id),
  );
  dispose(want);
  free(run);
});

Prepare("dev inputs are whole, unless a length is given: then the cut ones are counted and named", async () => {
  const run = await startOf({ lengths: { input: 10 }, evaluation: { inputLength: 34 } });
  assert.equal(run.facts.cuts?.validationInputs, { rows: 6, cut: run.cut });
  const lengths = validationOf(run).map(({ inputs }) => run.tokenizer.encode(inputs).length + 1);
  const long = lengths.filter((n) => n > 34).length;
  assert.ok(long > 0 && long < 6, `${lengths}`);
  assert.is(run.cut, long);
  assert.is(describeRun(run).at(-1), `cut        ${long} dev inputs, to 34 tokens (--max-evaluation-length)`);
  const { batch } = run.batchAt(0);
  assert.ok(batch.inputs.shape[1] <= 10, "training inputs are cut");
  dispose(batch);
  free(run);
});

Prepare("a length of 1 cuts every dev input, and one of 0 none", async () => {
  const run = await startOf({ evaluation: { inputLength: 1 }, prefix: "index" });
  assert.is(run.cut, 6);
  const { batch } = run.batchAt(0);
  const { inputs } = batch;
  // CB is task number 1: its token is the second sentinel.
  assert.equal(
    [...inputs.dataSync()].filter((_, i) => i % inputs.shape[1] === 0),
    new Array(32).fill(run.tokenizer.sentinelId(1)),
  );
  dispose(batch);
  free(run);
});

Prepare("what is cut of training inputs and targets is counted and named", async () => {
  const whole = await startOf();
  const encoded = whole.data.train[0].examples.map(({ inputs }) => whole.tokenizer.encode(inputs));
  const lengths = encoded.map((ids) => ids.length + 1).sort((a, b) => a - b);
  const longest = lengths.at(-1) as number;
  assert.equal(whole.facts.cuts?.inputs, { rows: 24, cut: 0, longest });
  free(whole);
  const length = lengths[11];
  const run = await startOf({ lengths: { input: length, target: 2 } });
  const cut = lengths.filter((n) => n > length).length;
  assert.ok(cut > 0 && cut < 24, `${lengths}`);
  assert.equal(run.facts.cuts?.inputs, { rows: 24, cut, longest });
  const targets = run.facts.cuts?.targets;
  assert.is(targets?.rows, 24);
  assert.ok(targets !== undefined && targets.cut > 0 && targets.longest > 2);
  assert.ok(describeRun(run).includes(`cut        ${cut} training inputs, to ${length} tokens (--max-input-length)`));
  assert.equal(run.facts.labels, ["entailment", "contradiction", "neutral"]);
  free(run);
});

Prepare("targets are cut where a length is given", async () => {
  const run = await startOf({ lengths: { target: 2 } });
  const { batch } = run.batchAt(0);
  assert.is(batch.targets.shape[1], 2);
  dispose(batch);
  free(run);
});

/** The recipe of a prompt of four vectors that starts so. */
const startingAt = (init: PromptInput["init"], more: RecipeInput = {}): RecipeInput => ({
  method: { name: "prompt", length: 4, init },
  ...more,
});

Prepare("a prompt starts from the vocabulary, at random, or from a file, as the seed says", async () => {
  const key = random.foldIn(random.key(3), 1);
  const sampled = await startOf(startingAt({ name: "sampled-vocabulary", population: 50 }, { seed: 3 }));
  const want = sampledVocabulary(key, sampled.frozen.tokenEmbedder.embedding, 4, { population: 50 });
  assert.equal([...promptOf(sampled).dataSync()], [...want.dataSync()]);
  free(sampled);
  const uniform = await startOf(startingAt("random-uniform", { seed: 3 }));
  assert.equal([...promptOf(uniform).dataSync()], [...randomUniform(key, 4, 128).dataSync()]);
  free(uniform);
  const path = join(folder, "prompt.npy");
  const values = Float32Array.from({ length: 512 }, (_, i) => i / 512);
  writeFileSync(path, encodeNpy({ shape: [4, 128], dtype: "float32", data: values }));
  const init = { name: "file", file: path } as const;
  const stored = await startOf(startingAt(init));
  assert.equal([...promptOf(stored).dataSync()], [...values]);
  free(stored);
  assert.ok((await failure({ method: { name: "prompt", length: 5, init } })).includes("[5,128]"));
});

Prepare("a prompt starts from a text, whose pieces and end come again where it is short", async () => {
  const text = "entailment";
  const run = await startOf({ method: { name: "prompt", length: 12, init: { name: "text", text } } });
  const ids = [...run.tokenizer.encode(text), run.tokenizer.eosId];
  assert.ok(ids.length < 12);
  const table = run.frozen.tokenEmbedder.embedding.dataSync();
  const want = Array.from({ length: 12 }, (_, i) => ids[i % ids.length]).flatMap((id) => [
    ...table.subarray(128 * id, 128 * id + 128),
  ]);
  assert.equal([...promptOf(run).dataSync()], want);
  free(run);
});

/** Settings, and what they train: t5-nano is 128 wide (320 in its MLPs), with 9 attentions, 6 MLPs and 17 norms. */
const METHODS: readonly (readonly [RecipeInput["method"], string, number])[] = [
  [{ name: "lora", rank: 2 }, "LoRA of rank 2", 9 * 2 * 2 * (128 + 128)],
  [{ name: "lora", rank: 2, kernels: "o, wi_0" }, "LoRA of rank 2", 2 * (9 * (128 + 128) + 6 * (128 + 320))],
  [
    { name: "lora", rank: 1, dora: true, kernels: "all-linear" },
    "DoRA of rank 1",
    9 * 4 * (128 + 128 + 128) + 6 * (3 * (128 + 320) + 320 + 320 + 128),
  ],
  [{ name: "lora", rank: 1, kernels: { pattern: ".*SelfAttention.q" } }, "LoRA of rank 1", 6 * (128 + 128)],
  ["ia3", "IA3 scales", 9 * 2 * 128 + 6 * 320],
  ["full", "all weights", 2_378_112],
  ["norms", "the scales of the norms", 17 * 128],
  [
    { name: "weights", where: ["decoder/logitsDense/kernel", "encoder/encoderNorm/*"] },
    "the weights decoder/logitsDense/kernel, encoder/encoderNorm/*",
    128 * 4096 + 128,
  ],
];

Prepare("every method starts as the bare model, trains what it says, and takes a step", async () => {
  for (const [method, name, count] of METHODS) {
    const run = await startOf({ method, batch: { examples: 2 }, optimizer: { learningRate: 1e-3 } });
    assert.is(run.counts.tuned, count, name);
    assert.ok(describeRun(run)[1].startsWith(`tuned      ${name} = ${count.toLocaleString("en")} numbers`), name);
    const [bare, start] = [await run.evaluate(null), await run.evaluate(run.state.tuned)];
    assert.ok(Math.abs(bare.loss - start.loss) < 1e-5, `${name}: ${bare.loss} and ${start.loss}`);
    const { batch, tokens } = run.batchAt(0);
    assert.is(tokens, [batch.inputs, batch.targets].flatMap((x) => [...x.dataSync()].filter((id) => id !== 0)).length);
    const { state, loss } = run.step(run.frozen, run.state, batch);
    assert.ok(Number.isFinite(loss.item()));
    const after = await run.evaluate(state.tuned);
    assert.ok(after.loss !== start.loss, `${name} has learned something`);
    dispose([batch, loss]);
    freeRun(run, state);
  }
});

Prepare("composed methods have a tree each, and a prompt in it counts", async () => {
  const methods = { soft: { name: "prompt", length: 4 }, lora: { rank: 1, name: "lora" } } as const;
  const run = await startOf({ method: { name: "compose", methods }, batch: { examples: 2 } });
  assert.is(describeRun(run)[1].split(" = ")[0], "tuned      4 soft tokens and LoRA of rank 1");
  assert.equal(Object.keys(run.state.tuned), ["soft", "lora"]);
  assert.is(run.counts.tuned, 4 * 128 + 9 * 2 * (128 + 128));
  const { batch, tokens } = run.batchAt(0);
  const filled = [batch.inputs, batch.targets].flatMap((x) => [...x.dataSync()].filter((id) => id !== 0)).length;
  assert.is(tokens, filled + 2 * 4);
  dispose(batch);
  free(run);
});

Prepare("microbatches, an average and batches by tokens are those of the settings", async () => {
  assert.match(await failure({ microbatches: 5 }), /divides the batch of 32[\s\S]*5[\s\S]*microbatches/);
  const run = await startOf({ ema: 0.5, microbatches: 2, batch: { tokens: 600 } });
  const { batch } = run.batchAt(0);
  const [size, length] = batch.inputs.shape;
  assert.is(size, 2 * Math.floor(600 / (length + 4 + batch.targets.shape[1]) / 2));
  assert.ok(run.state.average !== undefined);
  const first = [...promptOf(run).dataSync()];
  const { state, loss } = run.step(run.frozen, run.state, batch);
  assert.ok(Number.isFinite(loss.item()));
  const [average, now] = [state.average, state.tuned].map((tree) => (tree as { prompt: Tensor }).prompt.dataSync());
  first.forEach((x, i) => {
    assert.ok(Math.abs(average[i] - (x + now[i]) / 2) < 1e-6);
  });
  dispose([batch, loss]);
  freeRun(run, state);
});

Prepare("a vocabulary that is larger than the embedding is refused", () => {
  const check = (vocabSize: number) => checkVocabulary({ vocabSize: 100 } as never, { vocabSize } as never);
  check(100);
  check(3);
  assert.throws(() => check(101), /at most 100 pieces[\s\S]*101[\s\S]*--tokenizer/);
});

Prepare("settings that do not fit the task are refused before the model is read", async () => {
  assert.match(
    await failure({ train: "record", data: "superglue-mini", evaluation: { decoding: "rank" }, model: "gone" }),
    /record has no labels to rank/,
  );
});

Prepare("ranking, beams and greedy decoding are chosen by the settings", async () => {
  for (const decoding of ["rank", "beam"] as const) {
    const run = await startOf({ evaluation: { decoding, tokens: 200 } });
    const { predictions, invalid } = await run.evaluate(null);
    assert.is(predictions.length, 6);
    if (decoding === "rank") assert.is(invalid, 0);
    free(run);
  }
});

Prepare.run();
