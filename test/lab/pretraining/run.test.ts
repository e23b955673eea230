import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { corpusOf } from "../../../lib/data/streams/index.js";
import { orThrow } from "../../../lib/edge/either.js";
import { decodeHuggingFaceConfig } from "../../../lib/io/huggingface-config.js";
import { loadT5 } from "../../../lib/io/load-t5.js";
import { NANO_MODEL } from "../../../lib/lab/assets.js";
import { run } from "../../../lib/lab/many.js";
import { type PretrainingBatches, pretrainingRows, streamOfParts } from "../../../lib/lab/pretraining/batches.js";
import type { CorpusPart } from "../../../lib/lab/pretraining/corpora.js";
import { objectiveOfKind } from "../../../lib/lab/pretraining/kinds.js";
import type { RecipeInput } from "../../../lib/lab/recipe.js";
import type { Summary } from "../../../lib/lab/results.js";
import { memoryStore } from "../../../lib/store/memory.js";
import { nodeStore } from "../../../lib/store/node.js";
import type { Store } from "../../../lib/store/store.js";
import { loadTokenizerTE } from "../../../lib/tokenizer/load-tokenizer.js";
import { temporaryFolder } from "../../io/folder.js";
import { contentsOf, jsonOf, linesOf } from "../own-task.js";
import { refusal } from "../refused.js";
import { SCRATCH, toyCorpus, toyRecipe } from "./toy.js";

const Pretraining = suite("lab/pretraining/run");
const folder = temporaryFolder(Pretraining);
const corpus = (): string => toyCorpus(folder);

/** The losses of the steps, in order. */
const lossesOf = async (store: Store): Promise<number[]> =>
  (await linesOf(store)).flatMap(({ loss }) => (typeof loss === "number" ? [loss] : []));

const evaluationsOf = async (store: Store) =>
  (await linesOf(store)).flatMap(({ evaluation }) => (evaluation === undefined ? [] : [evaluation])) as {
    readonly loss: number;
    readonly score: number;
    readonly tokenAccuracy: number;
  }[];

const saving = (): RecipeInput =>
  toyRecipe(corpus(), {
    objective: { ...(toyRecipe(corpus()).objective as object), saveAt: [2, 4] } as never,
  });

let whole: Store;
let summary: Summary;
Pretraining.before(async () => {
  whole = nodeStore(join(folder, "whole"));
  summary = (await run(saving(), { store: whole })) as Summary;
});

Pretraining(
  "a run leaves the models of its best and its last step, and those of the steps that are named",
  async () => {
    const files = ["config.json", "model.safetensors", "spiece.model"];
    const models = ["best", "last", "saved/00000002", "saved/00000004"];
    const paths = await whole.list();
    for (const model of models)
      for (const file of files) assert.ok(paths.includes(`${model}/${file}`), `${model}/${file}`);
    const { config, params } = await loadT5(join(folder, "whole", "saved/00000004"));
    assert.equal([config.dModel, config.numLayers, config.numDecoderLayers, config.vocabSize], [32, 2, 2, 4096]);
    assert.is(params.tokenEmbedder.embedding.shape.join(), "4096,32");
    const other = await loadT5(join(folder, "whole", "saved/00000002"));
    assert.not.equal(other.params.tokenEmbedder.embedding.data, params.tokenEmbedder.embedding.data);
    const raw = await jsonOf(whole, "last/config.json");
    assert.is(decodeHuggingFaceConfig(raw).config.dFf, 64);
    const tokenizer = await orThrow(loadTokenizerTE(join(folder, "whole", "last")));
    assert.is(tokenizer.vocabSize, 4096);
    assert.equal([summary.steps, summary.counts.tuned], [6, summary.counts.model]);
  },
);

Pretraining(
  "loss and token accuracy of held-out documents are recorded, also of the steps that are saved",
  async () => {
    const lines = await linesOf(whole);
    assert.equal(
      lines.filter(({ evaluation }) => evaluation !== undefined).map(({ step }) => step),
      [2, 3, 4, 6],
    );
    const evaluations = await evaluationsOf(whole);
    for (const { loss, score } of evaluations) assert.ok(Math.abs(score - 100 * Math.exp(-loss)) < 1e-9);
    assert.ok(evaluations.every(({ tokenAccuracy }) => tokenAccuracy >= 0 && tokenAccuracy <= 100));
    assert.is(summary.validationLoss, Math.min(...evaluations.map(({ loss }) => loss)));
    const { examples } = await jsonOf<{ examples: object }>(whole, "lock.json");
    assert.equal(Object.keys(examples), ["corpus/train", "corpus/validation"]);
  },
);

Pretraining("a run that was stopped goes on to the same losses, models and evaluations", async () => {
  const store = memoryStore();
  const stop = new AbortController();
  const stopper = { step: ({ step }: { step: number }) => (step === 3 ? stop.abort() : undefined) };
  assert.is((await run(saving(), { store, listener: stopper, signal: stop.signal })).reason, "interrupted");
  await run(saving(), { store, resume: true });
  assert.equal(await linesOf(store), await linesOf(whole));
  const [got, want] = [await contentsOf(store), await contentsOf(whole)];
  const models = Object.keys(want).filter((path) => path.endsWith("model.safetensors"));
  assert.is(models.length, 4);
  for (const path of models) assert.ok(got[path] === want[path], path);
});

Pretraining("microbatches come to the losses and the norms of the whole batch", async () => {
  const split = memoryStore();
  await run(toyRecipe(corpus(), { microbatches: 2, steps: 3 }), { store: split });
  const [got, want] = [await linesOf(split), await linesOf(whole)];
  for (const name of ["loss", "gradientNorm"]) {
    for (const step of [1, 2, 3]) {
      const at = (lines: typeof got): number =>
        lines.find((line) => line.step === step && name in line)?.[name] as number;
      assert.ok(Math.abs(at(got) / at(want) - 1) < 1e-4, `${name} of step ${step}: ${at(got)} and ${at(want)}`);
    }
  }
});

Pretraining("the validation loss falls, from random weights and in every epoch after", async () => {
  const store = memoryStore();
  await run(toyRecipe(corpus(), { steps: 45, evaluation: { every: 15 } }), { store });
  const losses = (await evaluationsOf(store)).map(({ loss }) => loss);
  assert.ok(
    losses.every((loss, i) => i === 0 || loss < losses[i - 1]),
    losses.join(),
  );
  assert.ok((losses.at(-1) as number) < 4, losses.join());
});

Pretraining("LM adaptation goes on from a model, with packed rows", async () => {
  const store = memoryStore();
  const held = { heldOut: 0.1, validationRows: 4 };
  const objective = { name: "pretraining", kind: "prefix-lm", start: "model", corpus: corpus(), ...held } as const;
  const adapted = { ...toyRecipe(corpus()), objective, lengths: { input: 32, target: 32 }, batch: { packed: 256 } };
  const optimizer = { name: "adafactor", learningRate: 1e-3, parameterScale: true } as const;
  const outcome = (await run({ ...adapted, optimizer, steps: 2 }, { store })) as Summary;
  assert.ok(outcome.counts.model > 1e6 && outcome.tuned.likelihood > 0, JSON.stringify(outcome));
  const [, first] = await linesOf(store);
  assert.ok((first.tokens as number) > 128, "rows of 64 ids are filled with examples");
});

/** Parts of made-up documents. */
const parts: readonly CorpusPart[] = [3, 1].map((rate, part) => ({
  name: `part ${part}`,
  rate,
  corpus: corpusOf(Array.from({ length: 30 }, (_, i) => Array.from({ length: 5 + i }, (_, j) => 10 + 50 * part + j))),
}));

Pretraining("1, 2 and 4 workers make the same batches, of one example a row and of packed rows", async () => {
  const vocabulary = { eosId: 1, sentinelId: (k: number) => 999 - k };
  const kinds = [
    { name: "span-corruption", noiseDensity: 0.15, meanNoiseSpanLength: 3 },
    { name: "prefix-lm", noiseDensity: 0.5 },
    { name: "lm" },
  ] as const;
  const batches = [{ examples: 8 }, { tokens: 400 }, { packed: 400 }] as const;
  for (const kind of kinds) {
    const objective = objectiveOfKind(kind, { input: 32, target: 0 }, vocabulary);
    for (const batch of batches) {
      const settings: PretrainingBatches = { batch, microbatches: 2, objective };
      const stream = () => streamOfParts(parts, objective, 5);
      for (const step of [0, 3, 2]) {
        const want = pretrainingRows(settings, stream())(step);
        assert.ok(want.length >= 2);
        for (const count of [2, 4]) {
          const shares = Array.from({ length: count }, (_, index) =>
            pretrainingRows(settings, stream(), { index, count })(step),
          );
          const joined = want.map((_, i) => shares[i % count][Math.floor(i / count)]);
          assert.equal(joined, want, `${kind.name} ${JSON.stringify(batch)} step ${step}, ${count} workers`);
        }
      }
    }
  }
});

Pretraining("packed rows that begin at a step go on as unbroken ones, and make no example before it", () => {
  const vocabulary = { eosId: 1, sentinelId: (k: number) => 999 - k };
  const kinds = [
    { name: "prefix-lm", noiseDensity: 0.5 },
    { name: "span-corruption", noiseDensity: 0.15, meanNoiseSpanLength: 3 },
    { name: "text-infilling", noiseDensity: 0.15, meanNoiseSpanLength: 3 },
    { name: "token-deletion", noiseDensity: 0.15 },
    { name: "lm" },
  ] as const;
  const task = { rate: 1, tokens: [3, 9, 14].map((n) => ({ inputs: Array(n).fill(7), targets: [8, 1] })) };
  for (const kind of kinds) {
    let made = 0;
    const plain = objectiveOfKind(kind, { input: 32, target: 0 }, vocabulary);
    const objective = {
      ...plain,
      example: (piece: readonly number[], seed: number) => {
        made++;
        return plain.example(piece, seed);
      },
    };
    const rowsAt = () =>
      pretrainingRows(
        { batch: { packed: 400 }, microbatches: 2, objective },
        streamOfParts(parts, objective, 5, [task], 0.3),
      );
    const unbroken = rowsAt();
    const all = Array.from({ length: 40 }, (_, step) => unbroken(step));
    for (const step of [1, 17, 39]) {
      made = 0;
      const late = rowsAt();
      assert.equal(late(step), all[step], `${kind.name} from ${step}`);
      const texts = all[step].flat().filter(({ inputs }) => inputs[0] !== 7).length;
      if (kind.name !== "token-deletion") assert.is(made, texts, `${kind.name}: examples that were made`);
      assert.equal(late(step - 1), all[step - 1], `${kind.name}, a step back`);
    }
    assert.ok(all.flat().some((row) => row.length > 1) || kind.name === "lm", `${kind.name}: rows are shared`);
  }
});

const refused = (recipe: RecipeInput, tag: "ConfigError" | "DataError" = "ConfigError") =>
  refusal(run(recipe, { store: memoryStore() }), tag);

/** The recipe with something else in its objective. */
const asking = (objective: object): RecipeInput =>
  toyRecipe(corpus(), { objective: { ...(toyRecipe(corpus()).objective as object), ...objective } as never });

Pretraining("texts that cannot be read are refused with what to do", async () => {
  const empty = join(folder, "empty.txt");
  writeFileSync(empty, "\n \n");
  mkdirSync(join(folder, "nothing"), { recursive: true });
  const one = toyCorpus(folder, 1, "one.txt");
  assert.is((await refused(asking({ corpus: empty }), "DataError")).what, "there is no text");
  assert.ok((await refused(asking({ corpus: join(folder, "gone.txt") }), "DataError")).at?.includes("gone.txt"));
  assert.is(
    (await refused(asking({ corpus: join(folder, "nothing") }), "DataError")).what,
    "the folder has no file of text",
  );
  const alone = await refused(asking({ corpus: one }), "DataError");
  assert.equal(
    [alone.what, alone.hint],
    ["there is no document to hold out", "name a file of held-out text: --validation-corpus FILE"],
  );
  const none = await refused(asking({ corpus: [] }));
  assert.equal([none.what, none.hint], ["no text is named to train on", "--corpus wiki.jsonl.gz"]);
});

Pretraining("settings that pre-training cannot have are refused", async () => {
  const unknown = await refused(asking({ kind: "span-coruption" }));
  assert.equal([unknown.at, unknown.hint], ["objective.kind", "did you mean span-corruption?"]);
  const dense = await refused(asking({ kind: { name: "prefix-lm", noiseDensity: 0.9 } }));
  assert.ok(dense.expected?.includes("from 0 to 0.5"), dense.expected);
  const few = await refused(asking({ kind: { name: "span-corruption", noiseDensity: 0.5, meanNoiseSpanLength: 1 } }));
  assert.equal([few.at, few.hint], ["objective.kind", "lower the noise density, or make spans longer"]);
  const tight = await refused({ ...toyRecipe(corpus()), lengths: { input: 24, target: 4 } });
  assert.ok(tight.expected?.includes("a target length of at least"), tight.expected);
  const prompt = await refused({ ...toyRecipe(corpus()), method: "prompt", batch: { packed: 128 } });
  assert.ok(prompt.expected?.includes("batch.packed: a method that changes weights alone"), prompt.expected);
  assert.ok(prompt.expected?.includes("method: full, since pre-training is of all weights"), prompt.expected);
  const tasks = await refused({ ...toyRecipe(corpus()), evaluate: "cb" });
  assert.equal([tasks.at, tasks.got], ["evaluate", "cb"]);
  const nothing = await refused(asking({ heldOut: 0 }));
  assert.is(nothing.at, "objective.heldOut");
  const name = await refused(asking({ start: { ...SCRATCH, architecture: "t5-1.1-smal" } }));
  assert.is(name.hint, "did you mean t5-1.1-small?");
  const rows = await refused(asking({ start: { ...SCRATCH, vocabSize: 100 } }));
  assert.is(rows.what, "the tokenizer has more pieces than the model has embeddings");
});

Pretraining("an architecture is a config.json, too, and texts that have changed end what goes on", async () => {
  const store = memoryStore();
  const start = { ...SCRATCH, architecture: join(NANO_MODEL, "config.json"), numDecoderLayers: 1 };
  await run({ ...asking({ start }), steps: 1 }, { store });
  const config = await jsonOf<Record<string, unknown>>(store, "last/config.json");
  assert.equal([config.num_layers, config.num_decoder_layers, config.d_model], [2, 1, 32]);
  const path = toyCorpus(folder, 30, "other.txt");
  const error = await refusal(
    run({ ...asking({ start, corpus: path }), steps: 2 }, { store, resume: true }),
    "CheckpointError",
  );
  assert.ok(error.hint?.includes("--corpus PATHS"), error.hint);
});

Pretraining("several seeds begin with different weights and see the same held-out text", async () => {
  const store = memoryStore();
  await run({ ...toyRecipe(corpus()), steps: 1, seeds: 2 }, { store });
  const [first, second] = await Promise.all([store.below("seed-0"), store.below("seed-1")].map(lossesOf));
  assert.not.equal(first, second);
  const locks = await Promise.all(
    ["seed-0", "seed-1"].map((seed) => jsonOf<{ examples: object }>(store, `${seed}/lock.json`)),
  );
  assert.equal(locks[0].examples, locks[1].examples);
});

Pretraining.run();
