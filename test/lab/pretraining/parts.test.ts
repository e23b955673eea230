/** @file What pre-training is made of, part by part: objectives of settings, sizes of a new model, batches, rates and evaluations. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../../lib/compile/init.js";
import { dispose } from "../../../lib/core/tensor.js";
import { corpusOf } from "../../../lib/data/streams/index.js";
import { pretrainingBatches, streamOfParts } from "../../../lib/lab/pretraining/batches.js";
import { byFrequency, textEvaluator } from "../../../lib/lab/pretraining/evaluation.js";
import { objectiveOfKind } from "../../../lib/lab/pretraining/kinds.js";
import type { KindRecipe } from "../../../lib/lab/pretraining/settings.js";
import { scratchConfig } from "../../../lib/lab/pretraining/start.js";
import type { Method } from "../../../lib/methods/method.js";
import { full } from "../../../lib/methods/weights.js";
import * as np from "../../../lib/np/index.js";
import { configs } from "../../../lib/t5/configs.js";
import { score } from "../../../lib/t5/score.js";
import { tinyT5 } from "../../helpers/tiny-t5.js";

const Parts = suite("lab/pretraining/parts");

const VOCABULARY = { eosId: 1, sentinelId: (k: number): number => 99 - k };
const PIECE = Array.from({ length: 40 }, (_, i) => 10 + i);
const SPANS = { noiseDensity: 0.15, meanNoiseSpanLength: 3 };

Parts("targets have the length of the objective, or a longer one that is asked for; those of LM that of inputs", () => {
  const lengthsOf = (kind: KindRecipe, input: number, target: number): readonly number[] => {
    const { inputLength, targetLength } = objectiveOfKind(kind, { input, target }, VOCABULARY);
    return [inputLength, targetLength];
  };
  assert.equal(lengthsOf({ name: "lm" }, 24, 0), [1, 24]);
  assert.equal(lengthsOf({ name: "lm" }, 24, 7), [1, 7]);
  const own = lengthsOf({ name: "span-corruption", ...SPANS }, 24, 0)[1];
  assert.equal(lengthsOf({ name: "span-corruption", ...SPANS }, 24, own), [24, own]);
  assert.equal(lengthsOf({ name: "span-corruption", ...SPANS }, 24, own + 5), [24, own + 5]);
  assert.throws(() => lengthsOf({ name: "span-corruption", ...SPANS }, 24, own - 1), /at least/);
  for (const name of ["iid-denoising", "prefix-lm", "token-deletion"] as const) {
    const kind = { name, noiseDensity: 0.3 };
    for (const [target, want] of [
      [0, 24],
      [20, 24],
      [30, 30],
    ]) {
      assert.equal(lengthsOf(kind, 24, target), [24, want], `${name} ${target}`);
    }
  }
});

Parts("each kind asks what its name says, with the noise that is asked for", () => {
  const exampleOf = (kind: KindRecipe) => objectiveOfKind(kind, { input: 64, target: 0 }, VOCABULARY).example(PIECE, 3);
  const whole = [...PIECE, 1];
  const sentinels = (ids: readonly number[]): number => ids.filter((id) => id > 60).length;
  const dense = { noiseDensity: 0.5, meanNoiseSpanLength: 2 };
  const spans = exampleOf({ name: "span-corruption", ...dense });
  assert.equal([spans.inputs.length, spans.targets.length, sentinels(spans.inputs)], [20 + 10 + 1, 20 + 10 + 1, 10]);
  const infilling = exampleOf({ name: "text-infilling", ...dense });
  assert.equal([infilling.inputs, infilling.targets], [spans.inputs, whole]);
  const single = exampleOf({ name: "iid-denoising", noiseDensity: 0.9 });
  assert.ok(sentinels(single.inputs) > 0 && single.targets.length > single.inputs.length, `${single.inputs}`);
  const deleted = exampleOf({ name: "token-deletion", noiseDensity: 0.9 });
  assert.ok(deleted.inputs.length < 15 && sentinels(deleted.inputs) === 0, `${deleted.inputs}`);
  assert.equal(deleted.targets, whole);
  const prefix = exampleOf({ name: "prefix-lm", noiseDensity: 0.5 });
  assert.equal([...prefix.inputs.slice(0, -1), ...prefix.targets], whole);
  assert.equal(exampleOf({ name: "lm" }), { inputs: [1], targets: PIECE });
});

const SIZES = { dModel: 0, dKv: 0, dFf: 0, numHeads: 0, numLayers: 0, numDecoderLayers: 0 };

Parts("a new model has the sizes of its architecture, but those that are given", async () => {
  const of = (more: object, vocabSize = 4096) =>
    scratchConfig({ name: "scratch", architecture: "t5-small", vocabSize: 0, ...SIZES, ...more }, { vocabSize });
  const base = configs["t5-small"];
  assert.equal(await of({}), { ...base, vocabSize: 4096 });
  assert.is((await of({}, 4097)).vocabSize, 4224, "a multiple of 128");
  assert.is((await of({ vocabSize: 5000 })).vocabSize, 5000);
  assert.equal(await of({ dModel: 1, numHeads: 2 }), { ...base, vocabSize: 4096, dModel: 1, numHeads: 2 });
  const layers = async (more: object) => {
    const { numLayers, numDecoderLayers } = await of(more);
    return [numLayers, numDecoderLayers];
  };
  assert.equal(await layers({ numLayers: 2 }), [2, 2]);
  assert.equal(await layers({ numLayers: 2, numDecoderLayers: 1 }), [2, 1]);
  assert.equal(await layers({ numDecoderLayers: 1 }), [base.numLayers, 1]);
});

const texts = [{ name: "texts", rate: 1, corpus: corpusOf([PIECE, PIECE.slice(0, 17), PIECE.slice(5)]) }];

Parts("batches have one shape: rows by examples, or as many as the ids allow in whole microbatches", async () => {
  await init({ backend: "reference" });
  const objective = objectiveOfKind({ name: "prefix-lm", noiseDensity: 0.5 }, { input: 12, target: 14 }, VOCABULARY);
  const stream = streamOfParts(texts, objective, 5);
  const rowsIn = (batch: { examples: number } | { tokens: number } | { packed: number }, microbatches: number) => {
    const at = pretrainingBatches({ batch, microbatches, objective }, stream, 0);
    const [first, second] = [0, 1].map((step) => at(step).batch);
    assert.equal([second.inputs.shape, second.targets.shape], [first.inputs.shape, first.targets.shape]);
    assert.equal([first.inputs.shape[1], first.targets.shape[1]], [12, 14]);
    dispose([first, second]);
    return first.inputs.shape[0];
  };
  assert.is(rowsIn({ examples: 3 }, 1), 3);
  for (const ids of [(n: number) => ({ tokens: n }), (n: number) => ({ packed: n })]) {
    assert.equal(
      [78, 77, 26 * 6, 26 * 7, 1].map((n) => rowsIn(ids(n), 1)),
      [3, 2, 6, 7, 1],
    );
    assert.equal([rowsIn(ids(26 * 7), 2), rowsIn(ids(1), 2)], [6, 2]);
  }
  const at = pretrainingBatches({ batch: { examples: 3 }, microbatches: 1, objective }, stream, 0);
  const ids = [3, 4, 5].map(stream).reduce((sum, { inputs, targets }) => sum + inputs.length + targets.length, 0);
  const { batch, tokens } = at(1);
  assert.is(tokens, ids);
  dispose(batch);
});

Parts("a model that knows how often ids come has the entropy of the targets", () => {
  const examples = [
    { inputs: [5], targets: [7, 7, 8] },
    { inputs: [], targets: [7] },
  ];
  const entropy = 0.75 * Math.log(4 / 3) + 0.25 * Math.log(4);
  assert.ok(Math.abs(byFrequency(examples).likelihood - 100 * Math.exp(-entropy)) < 1e-12);
});

Parts("an evaluation is the mean over all target ids, however many ids a batch may have", async () => {
  await init({ backend: "reference" });
  const { config, params } = tinyT5();
  const ids = (n: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => 2 + ((7 * n + 11 * i) % 38));
  const examples = Array.from({ length: 10 }, (_, n) => ({
    inputs: ids(n, 1 + (n % 5)),
    targets: [...ids(n + 3, 12 - n), 1],
  }));
  using scores = score(config);
  let [sum, right, count] = [0, 0, 0];
  for (const { inputs, targets } of examples) {
    const found = scores(params, np.array([inputs], "int32"), np.array([targets], "int32"));
    sum += found.logLikelihood.dataSync()[0];
    right += found.correct.dataSync()[0];
    count += targets.length;
  }
  assert.ok(right > 0 && right < count, `${right} of ${count}`);
  for (const maxTokens of [1, 13, 26, 30, 1000]) {
    const evaluate = textEvaluator(config, params, full() as Method, examples, maxTokens);
    const found = await evaluate(null);
    assert.ok(Math.abs(found.loss - -sum / count) < 1e-4, `${maxTokens}: ${found.loss} and ${-sum / count}`);
    assert.ok(Math.abs(found.tokenAccuracy - (100 * right) / count) < 1e-6, `${found.tokenAccuracy}`);
    assert.is(found.score, 100 * Math.exp(-found.loss));
    assert.equal([found.invalid, found.unlabelled, Object.keys(found.tasks)], [0, 0, ["corpus"]]);
    evaluate.dispose();
  }
  dispose(params);
});

Parts.run();
