/** @file The released prompts, which belong to T5 1.1 LM-adapted base: here with random weights of its width and one layer a stack. */
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { saveHuggingFace } from "../../lib/io/save-huggingface.js";
import * as random from "../../lib/random/index.js";
import { configs } from "../../lib/t5/configs.js";
import { init as initT5 } from "../../lib/t5/init.js";
import { withShared } from "../helpers/shared.js";
import { temporaryFolder } from "../io/folder.js";
import { fluxion } from "./run.js";

const Released = suite("cli/released-prompts");
const folder = temporaryFolder(Released);

/** A model of the prompts' width. */
const randomBase = async (root: string): Promise<string> => {
  await init();
  const config = { ...configs["t5-base-lm-adapt"], numLayers: 1, numDecoderLayers: 1 };
  const model = join(folder, "base");
  await saveHuggingFace(model, { config, params: initT5(config, random.key(0)) });
  copyFileSync(join(root, "data/t5/sentencepiece.model"), join(model, "spiece.model"));
  return model;
};

/** A few rows of each task in its official layout: real ones of MRPC and RTE, made up for the others. */
const rowsOf = (root: string): string => {
  const data = join(folder, "data");
  for (const name of ["SST-2", "RTE"]) mkdirSync(join(data, "glue", name), { recursive: true });
  writeFileSync(join(data, "glue/SST-2/dev.tsv"), "sentence\tlabel\nit is good \t1\nit is bad \t0\n");
  const pair = "index\tsentence1\tsentence2\tlabel\n0\tA dog runs .\tAn animal runs .\tentailment\n";
  writeFileSync(join(data, "glue/RTE/dev.tsv"), pair);
  cpSync(join(root, "data/glue/MRPC"), join(data, "glue/MRPC"), { recursive: true });
  cpSync(join(root, "data/superglue/RTE"), join(data, "superglue/RTE"), { recursive: true });
  return data;
};

interface Scored {
  readonly examples: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly loss: number;
}

withShared(Released, "the reference's three prompts are scored by one command, RTE's in both formats", async (root) => {
  const model = await randomBase(root);
  const prompts = join(root, "data/t5x/pretrained_prompts/t5_1_1_lm100k_base");
  const given = { sst2: "sst2", mrpc: "mrpc", glue_rte: "rte", rte: "rte" };
  const adapters = Object.entries(given).flatMap(([task, name]) => ["--adapter", `${task}=${prompts}/${name}.npy`]);
  const { out } = await fluxion([
    ...["evaluate", "--model", model, "--data", rowsOf(root), "--decode", "beam"],
    ...[...adapters, "--limit", "6", "--json"],
  ]);
  const { tasks } = JSON.parse(out) as { tasks: Readonly<Record<string, Scored>> };
  const shown = Object.entries(tasks).map(([name, { examples, metrics }]) => [name, examples, Object.keys(metrics)]);
  assert.equal(shown, [
    ["sst2", 2, ["accuracy"]],
    ["mrpc", 6, ["f1", "accuracy"]],
    ["glue_rte", 1, ["accuracy"]],
    ["rte", 6, ["accuracy"]],
  ]);
  for (const [name, { metrics, loss }] of Object.entries(tasks)) {
    assert.ok(metrics.accuracy >= 0 && metrics.accuracy <= 100, name);
    // Random weights know nothing: about as unsure as 32,128 equally likely words, or more so.
    assert.ok(loss > 5, `${name}: ${loss}`);
  }
});

Released.run();
