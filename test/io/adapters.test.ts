import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { runtimeOn } from "../../lib/compile/runtime.js";
import { hostArray } from "../../lib/core/host.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { np, random, t5 } from "../../lib/index.js";
import { checkFitsE, otherBase } from "../../lib/io/adapter-fit.js";
import { type Adapter, loadAdapter, loadAdapterTE } from "../../lib/io/adapters.js";
import { encodeNpy } from "../../lib/io/npy.js";
import { parseSafetensorsE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { saveAdapterTE } from "../../lib/io/save-adapter.js";
import { saveT5xTE } from "../../lib/io/t5x/save.js";
import { saveTunedTE } from "../../lib/io/tuned.js";
import * as methods from "../../lib/methods/index.js";
import type { Method } from "../../lib/methods/method.js";
import { hostTree } from "../../lib/train/store.js";
import { withShared } from "../helpers/shared.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { messageOf, rightOf, run, temporaryFolder } from "./folder.js";

const Adapters = suite("io/adapters");
const folder = temporaryFolder(Adapters);
let files = 0;
const place = (name = ""): string => {
  const dir = join(folder, `${files++}`);
  mkdirSync(dir);
  return join(dir, name);
};

const runtime = runtimeOn(referenceExecutor());
Adapters.after(() => runtime.dispose());
const { config, params } = withRuntime(runtime, () => tinyT5());
const treeOf = (method: Method) => withRuntime(runtime, () => hostTree(method.init(random.key(1), config, params)));

const prompt = hostArray(
  [3, 16],
  "float32",
  Float32Array.from({ length: 48 }, (_, i) => i + 0.5),
);
const PROMPT = { name: "prompt", length: 3, position: "before" };
const plain = ({ method, ...rest }: Adapter) => {
  assert.equal(method.settings, rest.settings);
  return rest;
};

Adapters("a prompt is one method, whatever it is stored as", async () => {
  const want = { settings: PROMPT, tuned: { prompt }, baseModel: undefined, unusedRows: 0 };
  const npy = place("mrpc.npy");
  writeFileSync(npy, encodeNpy(prompt));
  for (const path of [npy, npy.slice(0, -4)]) {
    assert.equal(plain(await run(loadAdapterTE(path))), { ...want, format: "npy" });
  }
  const alone = place("a.safetensors");
  writeFileSync(alone, encodeSafetensors({ prompt }));
  assert.equal(plain(await run(loadAdapterTE(alone))), { ...want, format: "safetensors" });
  const t5x = place("checkpoints");
  const host = withRuntime(runtime, () => hostTree(params)) as never;
  await run(saveT5xTE(t5x, { params: host, prompts: { "encoder/prompt/prompt/prompt": prompt }, step: 2 }));
  for (const path of [t5x, join(t5x, "checkpoint_2"), join(t5x, "checkpoint_2", "checkpoint")]) {
    assert.equal(plain(await run(loadAdapterTE(path))), { ...want, format: "t5x" }, path);
  }
  const peft = place("adapter");
  await run(saveAdapterTE(peft, { ...want, baseModel: "t5-tiny" }));
  for (const path of [peft, join(peft, "adapter_config.json"), join(peft, "adapter_model.safetensors")]) {
    const { config: kept, ...rest } = plain(await run(loadAdapterTE(path)));
    assert.equal(rest, { ...want, format: "peft", baseModel: "t5-tiny" });
    assert.is(kept?.base_model_name_or_path, "t5-tiny");
  }
  assert.equal((await loadAdapter(npy)).settings, PROMPT);
});

const lora = methods.lora({ rank: 2, dora: true });
const tuned = treeOf(lora);

Adapters("a file of our own form, and the folder of a run, hold any method", async () => {
  const path = place("lora.safetensors");
  await run(saveAdapterTE(path, { settings: lora.settings, tuned, baseModel: "t5-tiny" }));
  const want = { settings: lora.settings, tuned, format: "safetensors", baseModel: "t5-tiny", unusedRows: 0 };
  assert.equal(plain(await run(loadAdapterTE(path))), want);
  const dir = place();
  writeFileSync(join(dir, "config.json"), "{}");
  writeFileSync(join(dir, "prompt.npy"), encodeNpy(prompt));
  assert.is((await run(loadAdapterTE(dir))).settings.name, "prompt");
  await run(saveTunedTE(join(dir, "tuned.safetensors"), { settings: lora.settings, tuned }));
  assert.equal(plain(await run(loadAdapterTE(dir))), { ...want, baseModel: undefined });
});

Adapters("what was trained with stacked layers is there by layer, within methods that are composed, too", async () => {
  const method = methods.compose({ low: methods.ia3(), soft: methods.prompt({ length: 2 }) });
  const [stacked, listed] = withRuntime(runtime, () => [
    hostTree(method.init(random.key(1), config, t5.stackLayers(params))),
    hostTree(method.init(random.key(1), config, params)),
  ]);
  const path = place("stacked.safetensors");
  await run(saveTunedTE(path, { settings: method.settings, tuned: stacked }));
  assert.equal((await run(loadAdapterTE(path))).tuned, listed);
});

Adapters("through PEFT and back, trees of its methods are the same", async () => {
  for (const method of [lora, methods.ia3(), methods.norms(), methods.prompt({ length: 3 })] as Method[]) {
    const dir = place("adapter");
    const tree = treeOf(method);
    await run(saveAdapterTE(dir, { settings: method.settings, tuned: tree }));
    const back = await run(loadAdapterTE(dir));
    assert.equal(back.tuned, tree, method.settings.name);
    assert.equal(rightOf(checkFitsE(back, config, dir)), null);
  }
});

const unsupported = async (path: string, method: Method): Promise<string> => {
  const result = await saveAdapterTE(path, { settings: method.settings, tuned: treeOf(method) })();
  if (result._tag === "Right") throw new Error("expected a failure");
  assert.is(result.left._tag, "UnsupportedError");
  assert.not.ok(existsSync(path), "something was written");
  return result.left.message;
};

Adapters("what a format has no place for is refused, with one that has", async () => {
  assert.match(await unsupported(place("a.npy"), lora), /only hold a prompt[\s\S]*got +lora[\s\S]*\.safetensors/);
  const after = methods.prompt({ length: 2, position: "after" });
  assert.match(await unsupported(place("a.npy"), after), 'position "after"');
  assert.match(await unsupported(place("dir"), after), 'position "after"');
  assert.match(await unsupported(place("dir"), methods.design([5])), /no adapter for this method[\s\S]*design/);
  assert.match(await unsupported(place("dir"), methods.full()), "scales of norms");
});

const unread = async (path: string, tag: "CheckpointError" | "ConfigError" = "CheckpointError"): Promise<string> =>
  messageOf(await loadAdapterTE(path)(), tag);

Adapters("what is no adapter is refused", async () => {
  assert.match(await unread(join(folder, "nowhere")), "there is no such file or folder");
  assert.match(await unread(place()), "loadPrompt");
  const text = place("a.txt");
  writeFileSync(text, "hello, this is text");
  assert.match(await unread(text), "not a file of a prompt");
  const weights = place("model.safetensors");
  writeFileSync(weights, encodeSafetensors({ x: prompt }));
  assert.match(await unread(weights), 'got       ["x"]');
  const pickle = place();
  writeFileSync(join(pickle, "adapter_config.json"), JSON.stringify({ peft_type: "LORA" }));
  writeFileSync(join(pickle, "adapter_model.bin"), "PK");
  assert.match(await unread(join(pickle, "adapter_model.bin")), "safetensors.torch.save_file");
  const host = withRuntime(runtime, () => hostTree(params)) as never;
  const bare = place("bare");
  await run(saveT5xTE(bare, { params: host }));
  assert.match(await unread(bare), "the checkpoint does not hold exactly one prompt");
});

for (const type of ["ADALORA", "LOHA", "SOMETHING_NEW"]) {
  Adapters(`PEFT's ${type} is refused by its name`, async () => {
    const dir = place();
    writeFileSync(join(dir, "adapter_config.json"), JSON.stringify({ peft_type: type }));
    assert.match(await unread(dir, "ConfigError"), new RegExp(`LORA[\\s\\S]*got +${type}\\n`));
  });
}

const misfit = (method: Method, tree: object, other: Partial<t5.T5Config> = {}): string =>
  messageOf(checkFitsE({ method, tuned: tree as never }, { ...config, ...other }, "my-adapter"), "CheckpointError");

Adapters("an adapter of another model is refused with paths and shapes", () => {
  const soft = methods.prompt({ length: 3 });
  assert.equal(rightOf(checkFitsE({ method: soft, tuned: { prompt } }, config, "a")), null);
  const wide = misfit(soft, { prompt }, { dModel: 32 });
  assert.match(
    wide,
    /does not fit the model[\s\S]*prompt is f32\[3,16\], not f32\[3,32\]\n {2}at +my-adapter\n.*--model/,
  );
  assert.equal(rightOf(checkFitsE({ method: lora, tuned }, config, "a")), null);
  const head = misfit(lora, tuned, { dKv: 8 });
  assert.match(head, /24 mis-shaped: .*query\/b is f32\[2,8\], not f32\[2,16\]/);
  const more = misfit(lora, tuned, { numLayers: 3 });
  assert.match(more, /6 missing: encoder\/layers\/2\/attention\/query\/a/);
  assert.match(misfit(lora, tuned, { numDecoderLayers: 1 }), /12 unexpected: decoder\/layers\/1/);
  const gate = methods.lora({ kernels: ["wi_1"] });
  assert.match(misfit(gate, treeOf(gate), { gated: false }), /no such kernel[\s\S]*got +wi_1\n.*my-adapter\n.*--model/);
  const both = methods.compose({ soft, low: lora });
  assert.match(misfit(both, { soft: { prompt }, low: {} }), "missing: low/decoder/layers/0");
});

Adapters("names of base models are compared without their folders", () => {
  assert.is(otherBase(undefined, "assets/t5-nano"), false);
  assert.is(otherBase("google/T5-Nano", "assets/t5-nano/"), false);
  assert.is(otherBase("google/t5-base-lm-adapt", "assets/t5-nano"), true);
});

/** What `saveAdapter` writes of a golden adapter, against what it was read from. */
const roundTrip = async (dir: string): Promise<void> => {
  const out = place("adapter");
  await run(saveAdapterTE(out, await run(loadAdapterTE(dir))));
  assert.equal(readdirSync(out).sort(), ["adapter_config.json", "adapter_model.safetensors"]);
  const json = (root: string): unknown => JSON.parse(readFileSync(join(root, "adapter_config.json"), "utf8"));
  assert.equal(json(out), json(dir));
  const bytes = (root: string): Uint8Array => readFileSync(join(root, "adapter_model.safetensors"));
  const [ours, theirs] = [out, dir].map((root) => rightOf(parseSafetensorsE(bytes(root))));
  assert.equal(ours.metadata, theirs.metadata);
  assert.equal(new Map([...ours.tensors].sort()), new Map([...theirs.tensors].sort()));
};

withShared(Adapters, "PEFT's adapters go through files as they came, bit by bit", async (root) => {
  for (const name of ["lora-patterns", "dora", "ia3", "ia3-wi", "ln-tuning", "prompt-text", "ptuning-lstm"]) {
    await roundTrip(join(root, "golden/methods/t5-tiny", name, "adapter"));
  }
});

Adapters("a folder of PEFT that cannot be written whole stays as it was", async () => {
  const dir = place("adapter");
  await run(saveAdapterTE(dir, { settings: lora.settings, tuned }));
  const copy = place("copy");
  cpSync(dir, copy, { recursive: true });
  const nowhere = join(dir, "adapter_config.json", "x");
  messageOf(await saveAdapterTE(nowhere, { settings: lora.settings, tuned })(), "CheckpointError");
  for (const name of readdirSync(copy)) assert.equal(readFileSync(join(dir, name)), readFileSync(join(copy, name)));
  rmSync(dir, { recursive: true });
});

Adapters("a loaded tree is what the method applies", async () => {
  const path = place("lora.safetensors");
  await run(saveAdapterTE(path, { settings: lora.settings, tuned }));
  const { method, tuned: stored } = await run(loadAdapterTE(path));
  withRuntime(runtime, () => {
    const inputs = np.array([[3, 1]], { dtype: "int32" });
    const batch = { inputs, targets: np.array([[4, 1]], { dtype: "int32" }) };
    const device = np.devicePut(stored) as object;
    const [bare, with_] = [params, method.apply(config, params, device)].map((m) => t5.logits(config, m, batch));
    // B starts as zeros, and DoRA's magnitudes as they are: the law of neutral starts, bit for bit.
    assert.equal(with_.dataSync(), bare.dataSync());
  });
});

Adapters.run();
