import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import { saveT5xTE } from "../../lib/io/t5x/save.js";
import { fewRows, runProgram, temporary } from "../helpers/program.js";
import { run } from "../io/folder.js";

const Kinds = suite("train/model-kinds");
const folder = temporary("model-kinds");
const nano = fileURLToPath(new URL("../../assets/t5-nano", import.meta.url));
Kinds.after(() => rmSync(folder, { recursive: true, force: true }));

Kinds("a checkpoint of T5X is tuned, with the vocabulary that lies in its folder", async () => {
  const { params } = await run(loadHuggingFaceTE(nano));
  const model = join(folder, "t5x");
  await run(saveT5xTE(model, { params }));
  copyFileSync(join(nano, "spiece.model"), join(model, "sentencepiece.model"));
  const out = join(folder, "out");
  const args = ["--model", model, "--data", fewRows(join(folder, "data")), "--out", out, "--steps", "1"];
  const { code, err } = await runProgram(...args, "--evaluate-every", "1", "--prompt-length", "2");
  assert.is(code, 0, err);
  assert.ok(existsSync(join(out, "prompt.npy")));
});

Kinds.run();
