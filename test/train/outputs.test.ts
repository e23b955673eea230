import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { np, random } from "../../lib/index.js";
import { loadAdapter } from "../../lib/io/adapters.js";
import { loadPrompt } from "../../lib/io/prompts.js";
import { parseSafetensors } from "../../lib/io/safetensors.js";
import { loadTuned } from "../../lib/io/tuned.js";
import { compose, lora, pTuning, residual, weights } from "../../lib/methods/index.js";
import type { MethodSettings } from "../../lib/methods/method.js";
import { methodOf } from "../../lib/methods/registry.js";
import { nodeStore } from "../../lib/store/node.js";
import { outputsOf } from "../../lib/train/outputs.js";
import type { Best } from "../../lib/train/progress.js";
import { hostTree } from "../../lib/train/store.js";
import { hostOf } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { temporaryFolder } from "../io/folder.js";

const Outputs = suite("train/outputs");
Outputs.before(async () => void (await init({ backend: "reference" })));
const root = temporaryFolder(Outputs);

const array = (shape: readonly number[], ...values: number[]) => ({
  shape,
  dtype: "float32" as const,
  data: Float32Array.from(values),
});
/** Writes the files of a best tree into a folder. */
const write = async (dir: string, settings: MethodSettings, tuned: Best["tuned"], step: number, baseModel?: string) => {
  const store = nodeStore(dir);
  const { config, params: frozen } = tinyT5();
  const outputs = outputsOf(methodOf(settings), { config, frozen, baseModel });
  for (const [path, content] of outputs({ step, score: 1, metrics: {}, loss: 1, tuned })) {
    await store.write(path, content);
  }
};
const parsed = (path: string) => parseSafetensors(readFileSync(path), path);
const folderOf = (name: string): string => {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  return dir;
};

Outputs("a prompt is there in three formats and in ours, with its step", async () => {
  const dir = folderOf("prompt");
  const tuned = { prompt: array([2, 3], 1, 2, 3, 4, 5, 6) };
  const settings = { name: "prompt", length: 2, position: "before" };
  await write(dir, settings, tuned, 4, "google/t5-small");
  assert.is((await loadTuned(join(dir, "tuned.safetensors"))).baseModel, "google/t5-small");
  assert.is((await loadPrompt(join(dir, "adapter"))).baseModel, "google/t5-small");
  for (const name of ["prompt.npy", "prompt.safetensors", "adapter"]) {
    const { prompt } = await loadPrompt(join(dir, name));
    assert.equal([...prompt.data], [1, 2, 3, 4, 5, 6], name);
    assert.equal(prompt.shape, [2, 3]);
  }
  assert.is(parsed(join(dir, "prompt.safetensors")).metadata.step, "4");
  const { tensors, metadata } = parsed(join(dir, "tuned.safetensors"));
  assert.equal([...tensors], [["prompt", tuned.prompt]]);
  assert.is(metadata.step, "4");
  assert.equal(JSON.parse(metadata.method), settings);
});

Outputs("a tree of a method that PEFT has is in its folder, too", async () => {
  const dir = folderOf("lora");
  const tuned = {
    "encoder/layers/0/attention/query": { a: array([3, 1], 1, 2, 3), b: array([1, 2], 4, 5) },
  };
  const { settings } = lora({ rank: 1, alpha: 2, kernels: ["q"] });
  await write(dir, settings, tuned, 1);
  const adapter = await loadAdapter(join(dir, "adapter"));
  assert.equal([adapter.format, adapter.settings.rank, adapter.tuned], ["peft", 1, tuned]);
  const own = await loadAdapter(dir);
  assert.equal([own.format, own.settings, own.tuned], ["safetensors", settings, tuned]);
});

Outputs("a tree that PEFT has no place for is in our file alone", async () => {
  const tuned = { "decoder/logitsDense/kernel": array([1, 2], 1, 2) };
  const { settings } = weights("decoder/logitsDense/kernel");
  const both = compose({ a: weights("decoder/logitsDense/kernel") });
  for (const [name, given, tree] of [
    ["weights", settings, tuned],
    ["compose", both.settings, { a: tuned }],
  ] as const) {
    const dir = folderOf(name);
    await write(dir, given, tree, 1);
    assert.equal(readdirSync(dir), ["tuned.safetensors"]);
    assert.equal((await loadAdapter(dir)).tuned, tree);
  }
});

Outputs("of a network the prompt that it makes is there, in all forms of a prompt", async () => {
  const { config, params } = tinyT5();
  const network = residual({ length: 3, bottleneck: 4 });
  const encoder = pTuning({ length: 3, encoder: "lstm", hidden: 4 });
  for (const method of [network, encoder]) {
    const tuned = method.init(random.key(1), config, params);
    const want = hostOf(method.apply(config, params, tuned as never).prefix as never);
    const dir = folderOf(method.settings.name);
    await write(dir, method.settings, hostTree(tuned), 7, "google/t5-small");
    const names = ["adapter", "prompt.npy", "prompt.safetensors", "tuned.safetensors"];
    assert.equal(readdirSync(dir).sort(), names);
    for (const name of names) assert.equal([...(await loadPrompt(join(dir, name))).prompt.data], [...want.data], name);
    const { settings, metadata } = await loadTuned(join(dir, "tuned.safetensors"));
    assert.equal([settings, metadata.step], [{ name: "prompt", length: 3, position: "before" }, "7"]);
  }
});

Outputs("composed methods are folded part by part", async () => {
  const { config, params } = tinyT5();
  const method = compose({ soft: residual({ length: 2, bottleneck: 4 }), low: lora({ rank: 1 }) });
  const tuned = method.init(random.key(1), config, params);
  const { prefix } = method.apply(config, params, tuned);
  const dir = folderOf("composed");
  await write(dir, method.settings, hostTree(tuned), 1);
  const kept = await loadAdapter(dir);
  assert.equal(kept.settings, {
    name: "compose",
    methods: { soft: { name: "prompt", length: 2, position: "before" }, low: lora({ rank: 1 }).settings },
  });
  const model = kept.method.apply(config, params, np.devicePut(kept.tuned) as object);
  assert.equal(hostOf(model.prefix as never), hostOf(prefix as never));
});

Outputs.run();
