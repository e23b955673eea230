import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readInvocation } from "../../lib/cli/options.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { encodeNpy } from "../../lib/io/npy.js";
import * as np from "../../lib/np/index.js";
import { adafactor, chain, clipByGlobalNorm, type GradientTransformation } from "../../lib/optim/index.js";
import { classLabels, randomUniform, sampledVocabulary } from "../../lib/prompt/index.js";
import * as random from "../../lib/random/index.js";
import type { RunConfig } from "../../lib/train/config.js";
import { checkVocabulary, describeRun, makeOptimizer, type Prepared, prepare } from "../../lib/train/prepare.js";
import { fewRows, temporary } from "../helpers/program.js";

const Prepare = suite("train/prepare");
const folder = temporary("prepare");
const data = fewRows(join(folder, "data"));
Prepare.after(() => rmSync(folder, { recursive: true, force: true }));

const configOf = async (changes: Partial<RunConfig> = {}): Promise<RunConfig> => {
  const invocation = await readInvocation(["--data", data, "--executor", "tfjs", "--prompt-length", "4"]);
  if (invocation === undefined) throw new Error("no invocation");
  return { ...invocation.config, ...changes };
};
const promptOf = ({ state }: Prepared): Tensor => (state.tuned as { prompt: Tensor }).prompt;
const free = (run: Prepared): void => {
  run.evaluator.dispose();
  run.step.dispose();
  dispose([run.frozen, run.state]);
};
const failure = async (changes: Partial<RunConfig>): Promise<string> => {
  try {
    free(await prepare(await configOf(changes)));
  } catch (error) {
    assert.ok(isFluxionError(error), String(error));
    return error.message;
  }
  return "no error";
};

Prepare("a run has its model, its examples, its prompt and the scores of the usual answer", async () => {
  const run = await prepare(await configOf());
  assert.equal([run.train.length, run.validation.length, run.cut], [24, 6, 0]);
  assert.equal(run.counts, { model: 2_378_112, tuned: 4 * 128 });
  assert.equal(run.majority.accuracy, (100 * 2) / 6);
  assert.equal(describeRun(run), [
    "model      t5-nano, 2,378,112 weights",
    "tuned      4 soft tokens = 512 numbers (0.022 % of the model)",
    "task       cb: 24 training and 6 dev examples, labels entailment, contradiction, neutral",
  ]);
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
  const { metrics, predictions } = await run.evaluator(run.state.tuned);
  assert.equal(Object.keys(metrics), Object.keys(run.majority));
  assert.equal(
    predictions.map(({ id }) => id),
    run.validation.map(({ id }) => id),
  );
  dispose(want);
  free(run);
});

Prepare("dev inputs are whole, unless a length is given: then the cut ones are counted and named", async () => {
  const run = await prepare(await configOf({ maxInputLength: 10, maxEvaluationLength: 34 }));
  const lengths = run.validation.map(({ inputs }) => run.tokenizer.encode(inputs).length + 1);
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
  const run = await prepare(await configOf({ maxEvaluationLength: 1, prefix: "index" }));
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

Prepare("a prompt starts from the vocabulary, at random, or from a file, as the seed says", async () => {
  const key = random.foldIn(random.key(3), 1);
  const sampled = await prepare(await configOf({ init: "sampled-vocabulary", seed: 3, population: 50 }));
  const want = sampledVocabulary(key, sampled.frozen.tokenEmbedder.embedding, 4, { population: 50 });
  assert.equal([...promptOf(sampled).dataSync()], [...want.dataSync()]);
  free(sampled);
  const uniform = await prepare(await configOf({ init: "random-uniform", seed: 3 }));
  assert.equal([...promptOf(uniform).dataSync()], [...randomUniform(key, 4, 128).dataSync()]);
  free(uniform);
  const path = join(folder, "prompt.npy");
  const values = Float32Array.from({ length: 512 }, (_, i) => i / 512);
  writeFileSync(path, encodeNpy({ shape: [4, 128], dtype: "float32", data: values }));
  const stored = await prepare(await configOf({ init: "file", initFile: path }));
  assert.equal([...promptOf(stored).dataSync()], [...values]);
  free(stored);
  assert.ok((await failure({ init: "file", initFile: path, promptLength: 5 })).includes("[5,128]"));
});

Prepare("the optimizer is Adafactor with the settings of the run, without scaling by the parameter", async () => {
  const config = await configOf({ learningRate: 0.2, decayRate: 0.6, weightDecay: 0.01, optimizerStartStep: 9 });
  const params = {
    prompt: np.array([
      [1, -2],
      [3, 0.5],
    ]),
  };
  const grads = {
    prompt: np.array([
      [0.1, 2],
      [-3, 1],
    ]),
  };
  const updatesOf = <S>(tx: GradientTransformation<S>): number[] => {
    let state = tx.init(params);
    const list: number[] = [];
    for (let i = 0; i < 3; i++) {
      const [updates, next] = tx.update(grads, state, params);
      list.push(...(updates as typeof params).prompt.dataSync());
      state = next;
    }
    return list;
  };
  const options = {
    learningRate: 0.2,
    decayRate: 0.6,
    weightDecayRate: 0.01,
    multiplyByParameterScale: false,
    initialStep: 9,
  };
  const got = updatesOf(makeOptimizer(config));
  assert.equal(got, updatesOf(adafactor(options)));
  for (const other of [
    { learningRate: 0.1 },
    { decayRate: 0.8 },
    { weightDecayRate: 0.02 },
    { multiplyByParameterScale: true },
    { initialStep: 0 },
  ]) {
    assert.not.equal(got, updatesOf(adafactor({ ...options, ...other })), JSON.stringify(other));
  }
  const clipped = updatesOf(makeOptimizer({ ...config, clip: 1 }));
  assert.equal(clipped, updatesOf(chain(clipByGlobalNorm(1), adafactor(options))));
});

Prepare("z-loss and dropout of the settings reach the step", async () => {
  const lossOf = async (changes: Partial<RunConfig>): Promise<number> => {
    const run = await prepare(await configOf({ batchSize: 2, ...changes }));
    const { batch } = run.batchAt(0);
    const { state, loss } = run.step(run.frozen, run.state, batch);
    const value = loss.item();
    run.evaluator.dispose();
    run.step.dispose();
    dispose([run.frozen, state, batch, loss]);
    return value;
  };
  const [plain, z, dropped] = [await lossOf({}), await lossOf({ zLoss: 0.5 }), await lossOf({ dropout: 0.5 })];
  assert.ok(z > plain + 0.1, `${z} and ${plain}`);
  assert.ok(Math.abs(dropped - plain) > 1e-3, `${dropped} and ${plain}`);
});

/** Settings, and what they train: t5-nano is 128 wide (320 in its MLPs), with 9 attentions, 6 MLPs and 17 norms. */
const METHODS: readonly (readonly [Partial<RunConfig>, string, number])[] = [
  [{ method: "lora", rank: 2 }, "LoRA of rank 2", 9 * 2 * 2 * (128 + 128)],
  [{ method: "lora", rank: 2, kernels: "o, wi_0" }, "LoRA of rank 2", 2 * (9 * (128 + 128) + 6 * (128 + 320))],
  [
    { method: "lora", rank: 1, dora: true, kernels: "all-linear" },
    "DoRA of rank 1",
    9 * 4 * (128 + 128 + 128) + 6 * (3 * (128 + 320) + 320 + 320 + 128),
  ],
  [{ method: "ia3" }, "IA3 scales", 9 * 2 * 128 + 6 * 320],
  [{ method: "full" }, "all weights", 2_378_112],
  [{ method: "norms" }, "the scales of the norms", 17 * 128],
  [
    { method: "weights", where: "decoder/logitsDense/kernel, encoder/encoderNorm/*" },
    "the weights decoder/logitsDense/kernel, encoder/encoderNorm/*",
    128 * 4096 + 128,
  ],
];

Prepare("every method starts as the bare model, trains what it says, and takes a step", async () => {
  for (const [settings, name, count] of METHODS) {
    const run = await prepare(await configOf({ ...settings, batchSize: 2, learningRate: 1e-3 }));
    assert.is(run.counts.tuned, count, name);
    assert.ok(describeRun(run)[1].startsWith(`tuned      ${name} = ${count.toLocaleString("en")} numbers`), name);
    const [bare, start] = [await run.evaluator(null), await run.evaluator(run.state.tuned)];
    assert.ok(Math.abs(bare.loss - start.loss) < 1e-5, `${name}: ${bare.loss} and ${start.loss}`);
    const { batch, tokens } = run.batchAt(0);
    assert.is(tokens, [batch.inputs, batch.targets].flatMap((x) => [...x.dataSync()].filter((id) => id !== 0)).length);
    const { state, loss } = run.step(run.frozen, run.state, batch);
    assert.ok(Number.isFinite(loss.item()));
    const after = await run.evaluator(state.tuned);
    assert.ok(after.loss !== start.loss, `${name} has learned something`);
    run.evaluator.dispose();
    run.step.dispose();
    dispose([run.frozen, state, batch, loss]);
  }
});

Prepare("composed methods have a tree each, and a prompt in it counts", async () => {
  const run = await prepare(await configOf({ method: "prompt+lora", rank: 1, batchSize: 2 }));
  assert.is(describeRun(run)[1].split(" = ")[0], "tuned      4 soft tokens and LoRA of rank 1");
  assert.equal(Object.keys(run.state.tuned), ["prompt", "lora"]);
  assert.is(run.counts.tuned, 4 * 128 + 9 * 2 * (128 + 128));
  const { batch, tokens } = run.batchAt(0);
  const filled = [batch.inputs, batch.targets].flatMap((x) => [...x.dataSync()].filter((id) => id !== 0)).length;
  assert.is(tokens, filled + 2 * 4);
  dispose(batch);
  free(run);
});

Prepare("microbatches, an average and batches by tokens are those of the settings", async () => {
  assert.match(await failure({ microbatches: 5 }), /--microbatches[\s\S]*divides --batch-size 32/);
  const run = await prepare(await configOf({ ema: 0.5, microbatches: 2, batchTokens: 600 }));
  const { batch } = run.batchAt(0);
  const [size, length] = batch.inputs.shape;
  assert.is(size, 2 * Math.floor(600 / (length + 4 + batch.targets.shape[1]) / 2));
  assert.ok(run.state.average !== undefined);
  const { state, loss } = run.step(run.frozen, run.state, batch);
  assert.ok(state.average !== undefined && Number.isFinite(loss.item()));
  run.evaluator.dispose();
  run.step.dispose();
  dispose([run.frozen, state, batch, loss]);
});

Prepare("a vocabulary that is larger than the embedding is refused", () => {
  const check = (vocabSize: number) => checkVocabulary({ vocabSize: 100 } as never, { vocabSize } as never);
  check(100);
  check(3);
  assert.throws(() => check(101), /at most 100 pieces[\s\S]*101[\s\S]*--tokenizer/);
});

Prepare("settings that do not fit the task are refused before the model is read", async () => {
  assert.match(await failure({ task: "record", evaluation: "rank", model: "gone" }), /record has no labels to rank/);
});

Prepare("ranking, beams and greedy decoding are chosen by the settings", async () => {
  for (const evaluation of ["rank", "beam"] as const) {
    const run = await prepare(await configOf({ evaluation, evaluationTokens: 200 }));
    const { predictions, invalid } = await run.evaluator(null);
    assert.is(predictions.length, 6);
    if (evaluation === "rank") assert.is(invalid, 0);
    free(run);
  }
});

Prepare.run();
