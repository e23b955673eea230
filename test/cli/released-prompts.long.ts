/** @file The released prompts, which belong to T5 1.1 LM-adapted base: here with random weights of its width and one layer a stack. */
import { copyFileSync } from "node:fs";
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

withShared(Released, "the reference's RTE prompt is scored on SuperGLUE's RTE", async (root) => {
  await init();
  const config = { ...configs["t5-base-lm-adapt"], numLayers: 1, numDecoderLayers: 1 };
  const params = initT5(config, random.key(0));
  const model = join(folder, "base");
  await saveHuggingFace(model, { config, params });
  copyFileSync(join(root, "data/t5/sentencepiece.model"), join(model, "spiece.model"));
  const prompt = join(root, "data/t5x/pretrained_prompts/t5_1_1_lm100k_base/rte.npy");
  const { out } = await fluxion([
    ...["evaluate", "--model", model, "--prompt", prompt, "--task", "rte"],
    ...["--data", join(root, "data/superglue"), "--decode", "beam", "--limit", "12", "--json"],
  ]);
  const { tasks } = JSON.parse(out) as {
    tasks: { rte: { examples: number; metrics: { accuracy: number }; loss: number } };
  };
  assert.is(tasks.rte.examples, 12);
  assert.ok(tasks.rte.metrics.accuracy >= 0 && tasks.rte.metrics.accuracy <= 100);
  // Random weights know nothing: about as unsure as 32,128 equally likely words, or more so.
  assert.ok(tasks.rte.loss > 5, `${tasks.rte.loss}`);
});

Released.run();
