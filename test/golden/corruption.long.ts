/** @file The checks of golden values fail when one value is wrong: a string, a digest, a count, a label, an element of a tensor. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import * as np from "../../lib/np/index.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { parseSentencePiece } from "../../lib/tokenizer/sentencepiece.js";
import { everyChangeIsSeen } from "../helpers/corrupt.js";
import { type GoldenFiles, readGolden } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { methodOf, openCase } from "../methods/golden-cases.js";
import { settingOf } from "../methods/golden-checks.js";
import { checkMethod, MAX_TOKENS } from "../methods/golden-compare.js";
import { measure, type Optimizer, programsOf } from "../methods/golden-results.js";
import { checkMetrics, type MetricRow } from "../metrics/golden-checks.js";
import { type Case, checkCase, trained } from "../optim/adafactor-checks.js";
import { checkPass, type PassGolden, passOf } from "../t5/golden-results.js";
import { checkStrings, checkTokens, examplesIn, type GoldenTask } from "../tasks/golden-checks.js";
import { checkDecoded, checkEncoded, type Decoded, type Encoded } from "../tokenizer/golden-checks.js";

/** What a row's values are made from. */
const ROW_INPUTS = ["name", "targets", "predictions"].map((key) => `metrics.${key}`);

const Corruption = suite("golden/corruption");

for (const file of ["forward", "prompt", "long"]) {
  withShared(Corruption, `t5-tiny/${file}.json`, async (root) => {
    const loaded = await loadHuggingFace(join(root, "golden/t5-tiny"));
    const golden = readGolden(root, `t5-tiny/${file}.json`) as PassGolden;
    withRuntime(await runtimeFor("wasm"), () =>
      scope(() => {
        const got = passOf({ config: loaded.config, params: np.devicePut(loaded.params) }, golden.inputs);
        const kinds = everyChangeIsSeen(golden, () => checkPass(got, golden), `t5-tiny/${file}.json`, [
          "inputs.input_ids.data",
          "inputs.prompt",
          "prompt_grad",
        ]);
        assert.ok(kinds > 20, `${kinds} kinds`);
      }),
    );
  });
}

for (const producer of ["t5x", "hf"] as const) {
  withShared(Corruption, `adafactor.json, ${producer}`, async (root) => {
    const { cases } = readGolden(root, "adafactor.json") as { cases: Case[] };
    const other = producer === "hf" ? "t5x" : "hf";
    withRuntime(await runtimeFor("reference"), () => {
      for (const c of cases.filter(({ name }) => /strong_decay|vector_64/.test(name))) {
        const got = trained(producer, c);
        const golden = { cases: [c] };
        const elsewhere = [
          "name",
          "shape",
          "settings",
          "initial",
          "gradients.q",
          "gradients.row_exponent",
          "gradients.col_exponent",
        ];
        const inputs = [
          ...elsewhere,
          "gradients.step_exponent",
          "gradients.fine",
          "gradients.roll",
          `factored.${other}`,
        ];
        const others = [`params_after_step.${other}`, `state_after_20.${other}`];
        const left = [...inputs, ...others].map((part) => `cases.${part}`);
        everyChangeIsSeen(golden, () => checkCase(producer, got, c, {}), "adafactor.json", left);
      }
    });
  });
}

withShared(Corruption, "sentencepiece.jsonl and sentencepiece_decode.jsonl", (root) => {
  const model = readFileSync(join(root, "data/t5/sentencepiece.model"));
  const tokenizer = parseSentencePiece(model, { extraIds: 0 });
  for (const row of (readGolden(root, "sentencepiece.jsonl") as Encoded[]).slice(0, 300)) {
    if (row.ids.length > 0) everyChangeIsSeen(row, () => checkEncoded(tokenizer, row), "sentencepiece.jsonl", ["tag"]);
  }
  for (const row of (readGolden(root, "sentencepiece_decode.jsonl") as Decoded[]).slice(0, 5)) {
    everyChangeIsSeen(row, () => checkDecoded(tokenizer, row), "sentencepiece_decode.jsonl", ["ids"]);
  }
});

withShared(Corruption, "metrics.json", (root) => {
  const { metrics } = readGolden(root, "metrics.json") as { metrics: MetricRow[] };
  for (const row of metrics) everyChangeIsSeen({ metrics: [row] }, () => checkMetrics(row), "metrics.json", ROW_INPUTS);
});

withShared(Corruption, "tasks/cb.json: strings, digests, counts and lengths of invented rows", async (root) => {
  const { synthetic } = readGolden(root, "tasks/cb.json") as GoldenTask;
  const task = taskOf("cb");
  for (const [split, wanted] of Object.entries(synthetic?.splits ?? {})) {
    const bytes = new TextEncoder().encode(synthetic?.files[wanted.source]);
    const { rows, examples } = await examplesIn(task, split, wanted.source, () => bytes);
    const check = (): void => {
      checkStrings(split, task, examples, rows.length, wanted);
      checkTokens(root, split, task, examples, wanted);
    };
    everyChangeIsSeen(wanted, check, "tasks/cb.json", ["source"]);
  }
});

/** What a case's results are made with, or another test reads. */
const METHOD_INPUTS = [
  ...["init_token_ids", "init_text", "init_text_token_ids", "training.steps"],
  // Says which files a case has.
  "made_by",
  ...["sgd.lr", "sgd.momentum", "adamw.lr", "adamw.betas", "adamw.eps", "adamw.weight_decay"].map(
    (key) => `training.${key}`,
  ),
  // Bounds of what is compared.
  ...["losses_float32_minus_float64", "final_float32_minus_float64"].map((key) => `training.*.${key}`),
  ...["lr", "eps", "clip_threshold", "decay_rate", "scale_parameter"].map((key) => `training.adafactor.${key}`),
];

/** Golden files as they are, to be altered. */
const plainFiles: GoldenFiles = {
  open: <T>(root: string, file: string, parse?: (path: string) => unknown): T =>
    (parse === undefined ? readGolden(root, file) : parse(join(root, "golden", file))) as T,
};

for (const [model, name] of [
  ["t5-tiny", "lora-patterns"],
  ["t5-tiny", "ia3"],
  ["t5-tiny", "prompt-text-submodules2"],
  ["t5-tiny-v1_0", "model-tuning"],
]) {
  withShared(Corruption, `methods/${model}/${name}`, async (root) => {
    const { config, params } = await loadHuggingFace(join(root, "golden", model));
    withRuntime(await runtimeFor("wasm"), () =>
      scope(() => {
        const [setting] = settingOf(plainFiles, root, { config, params: np.devicePut(params) }, model);
        const c = openCase(plainFiles, root, model, name);
        using programs = programsOf(config, methodOf(c), MAX_TOKENS);
        const optimizers = Object.keys(c.json.training).filter((key) => key !== "steps") as Optimizer[];
        const got = measure(setting, c, programs, optimizers);
        const check = (): void => checkMethod(got, c);
        const folder = `methods/${model}/${name}`;
        const kinds = everyChangeIsSeen(c.json, check, `${folder}/case.json`, METHOD_INPUTS);
        assert.ok(kinds > 30, `${kinds} kinds`);
        for (const tensors of [c.gradients, c.trained]) everyChangeIsSeen(tensors ?? {}, check, folder);
      }),
    );
  });
}

Corruption.run();
