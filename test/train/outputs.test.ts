import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { orThrow } from "../../lib/edge/either.js";
import { loadPrompt } from "../../lib/io/prompts.js";
import { parseSafetensors } from "../../lib/io/safetensors.js";
import { saveTunedBy } from "../../lib/train/outputs.js";
import { temporaryFolder } from "../io/folder.js";

const Outputs = suite("train/outputs");
const root = temporaryFolder(Outputs);

const array = (shape: readonly number[], ...values: number[]) => ({
  shape,
  dtype: "float32" as const,
  data: Float32Array.from(values),
});
const parsed = (path: string) => orThrow(parseSafetensors(readFileSync(path), path));
const folderOf = (name: string): string => {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  return dir;
};

Outputs("a prompt is there in three formats and in ours, with its step", async () => {
  const dir = folderOf("prompt");
  const tuned = { prompt: array([2, 3], 1, 2, 3, 4, 5, 6) };
  const settings = { name: "prompt", length: 2, position: "before" };
  await saveTunedBy(settings)(dir, { step: 4, score: 1, metrics: {}, tuned });
  for (const name of ["prompt.npy", "prompt.safetensors", "adapter"]) {
    const { prompt } = await orThrow(loadPrompt(join(dir, name)));
    assert.equal([...prompt.data], [1, 2, 3, 4, 5, 6], name);
    assert.equal(prompt.shape, [2, 3]);
  }
  assert.is(parsed(join(dir, "prompt.safetensors")).metadata.step, "4");
  const { tensors, metadata } = parsed(join(dir, "tuned.safetensors"));
  assert.equal([...tensors], [["prompt", tuned.prompt]]);
  assert.is(metadata.step, "4");
  assert.equal(JSON.parse(metadata.method), settings);
});

Outputs("a tree of a method that nobody else has is in our file alone", async () => {
  const dir = folderOf("toy");
  const tuned = { "a/b": { deep: { x: array([1], 1) } }, c: array([], 2) };
  await saveTunedBy({ name: "toy" })(dir, { step: 1, score: 1, metrics: {}, tuned });
  const { tensors } = parsed(join(dir, "tuned.safetensors"));
  assert.equal(Object.fromEntries(tensors), { "a/b:deep:x": array([1], 1), c: array([], 2) });
  for (const name of ["prompt.npy", "prompt.safetensors", "adapter"]) assert.not.ok(existsSync(join(dir, name)), name);
});

Outputs.run();
