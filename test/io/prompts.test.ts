import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { runtimeOn } from "../../lib/compile/runtime.js";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { encodeNpy } from "../../lib/io/npy.js";
import { loadPromptTE, type PromptFormat, savePromptTE } from "../../lib/io/prompts.js";
import { parseSafetensorsE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import * as np from "../../lib/np/index.js";
import { withShared } from "../helpers/shared.js";
import { messageOf, rightOf, run, temporaryFolder } from "./folder.js";

const Prompts = suite("io/prompts");
const folder = temporaryFolder(Prompts);

let files = 0;
const place = (name = ""): string => {
  const dir = join(folder, `${files++}`);
  mkdirSync(dir);
  return join(dir, name);
};
const write = (name: string, content: string | Uint8Array): string => {
  const path = place(name);
  writeFileSync(path, content);
  return path;
};
const numbered = (rows: number, columns: number): HostArray =>
  hostArray(
    [rows, columns],
    "float32",
    Float32Array.from({ length: rows * columns }, (_, i) => i + 0.5),
  );
const prompt = numbered(3, 2);

/** An adapter as PEFT writes it. */
const CONFIG = {
  base_model_name_or_path: "google/t5-base-lm-adapt",
  inference_mode: true,
  num_attention_heads: 12,
  num_layers: 12,
  num_virtual_tokens: 3,
  peft_type: "PROMPT_TUNING",
  prompt_tuning_init: "TEXT",
  task_type: "SEQ_2_SEQ_LM",
  token_dim: 2,
};
const adapterOf = (config: object, tensors: Record<string, HostArray>): string => {
  const dir = place();
  writeFileSync(join(dir, "adapter_config.json"), JSON.stringify(config));
  writeFileSync(join(dir, "adapter_model.safetensors"), encodeSafetensors(tensors, { format: "pt" }));
  return dir;
};
const adapter = (changes: object = {}, tensors = { prompt_embeddings: numbered(6, 2) } as Record<string, HostArray>) =>
  adapterOf({ ...CONFIG, ...changes }, tensors);
const refused = async (path: string, tag: "CheckpointError" | "ConfigError" = "CheckpointError"): Promise<string> =>
  messageOf(await loadPromptTE(path)(), tag);

Prompts("what was saved comes back in every format, from a tensor too", async () => {
  const runtime = runtimeOn(referenceExecutor());
  const tensor = withRuntime(runtime, () => np.devicePut(prompt));
  for (const [name, format] of [
    ["a.npy", "npy"],
    ["a.safetensors", "safetensors"],
    ["a", "peft"],
  ] as [string, PromptFormat][]) {
    const path = place(name);
    await run(savePromptTE(path, format === "npy" ? tensor : prompt));
    assert.equal(await run(loadPromptTE(path)), { prompt, format, baseModel: undefined, unusedRows: 0 });
  }
  runtime.dispose();
  const path = place("no-suffix");
  await run(savePromptTE(path, prompt, { format: "npy" }));
  assert.is((await run(loadPromptTE(path))).format, "npy");
});

Prompts("an adapter that we write has what PEFT reads: one submodule, its rows, the base model", async () => {
  const dir = place("adapter");
  await run(savePromptTE(dir, prompt, { baseModel: "t5-base" }));
  assert.equal(readdirSync(dir).sort(), ["adapter_config.json", "adapter_model.safetensors"]);
  const config = JSON.parse(readFileSync(join(dir, "adapter_config.json"), "utf8"));
  const { num_transformer_submodules, num_virtual_tokens, token_dim, peft_type, task_type } = config;
  assert.equal([num_transformer_submodules, num_virtual_tokens, token_dim], [1, 3, 2]);
  assert.equal([peft_type, task_type, config.base_model_name_or_path], ["PROMPT_TUNING", "SEQ_2_SEQ_LM", "t5-base"]);
  const { tensors, metadata } = rightOf(parseSafetensorsE(readFileSync(join(dir, "adapter_model.safetensors"))));
  assert.equal([[...tensors.keys()], metadata], [["prompt_embeddings"], { format: "pt" }]);
  assert.is((await run(loadPromptTE(dir))).baseModel, "t5-base");
});

Prompts("of PEFT's rows for encoder and decoder the first half is the prompt", async () => {
  const loaded = { prompt, format: "peft", baseModel: CONFIG.base_model_name_or_path, unusedRows: 3 };
  const dir = adapter();
  for (const path of [dir, join(dir, "adapter_config.json"), join(dir, "adapter_model.safetensors")]) {
    assert.equal(await run(loadPromptTE(path)), loaded);
  }
  assert.equal(await run(loadPromptTE(adapter({ num_transformer_submodules: 2 }))), loaded);
  const one = await run(loadPromptTE(adapter({ num_transformer_submodules: 1 }, { prompt_embeddings: prompt })));
  assert.equal(one, { ...loaded, unusedRows: 0 });
  assert.is((await run(loadPromptTE(adapter({}, { prompt_embeddings: prompt })))).unusedRows, 0);
});

Prompts("the tensor of an adapter may have the name of its module", async () => {
  for (const name of ["prompt_encoder.default.embedding.weight", "base_model.prompt_encoder.embedding.weight"]) {
    assert.equal((await run(loadPromptTE(adapter({}, { [name]: prompt })))).prompt, prompt);
  }
});

Prompts("adapters of other kinds, and those that contradict themselves, are refused", async () => {
  const prefix = await refused(adapter({ peft_type: "ADALORA" }), "ConfigError");
  assert.match(prefix, /type are not supported\n {2}expected +PROMPT_TUNING, P_TUNING, .*\n {2}got +ADALORA/);
  assert.match(
    await refused(adapter({ task_type: "CAUSAL_LM" }), "ConfigError"),
    'expected  task_type: "SEQ_2_SEQ_LM"',
  );
  const norms = {
    "base_model.model.encoder.final_layer_norm.ln_tuning_layers.weight": hostArray([1], "float32", new Float32Array(1)),
  };
  const tuning = { peft_type: "LN_TUNING", target_modules: ["final_layer_norm"] };
  const message = messageOf(await loadPromptTE(adapterOf(tuning, norms))(), "CheckpointError");
  assert.match(message, /the adapter is not a prompt[\s\S]*got +weights[\s\S]*loadAdapter/);
  assert.match(await refused(adapter({ num_virtual_tokens: -1 }), "ConfigError"), "num_virtual_tokens");
  assert.match(await refused(adapter({ num_virtual_tokens: 4 })), "expected  f32[4 or 8,2]");
  assert.match(await refused(adapter({ token_dim: 5 })), "expected  f32[3 or 6,5]");
  assert.match(await refused(adapter({ num_transformer_submodules: 1 })), "expected  f32[3,2]");
  assert.match(await refused(adapter({}, { "lora_A.weight": prompt })), "expected  one tensor, prompt_embeddings");
  assert.match(await refused(adapter({}, { prompt_embeddings: prompt, other: prompt })), "expected  one tensor");
});

Prompts("pickles are refused, with the way to convert them", async () => {
  const dir = place();
  writeFileSync(join(dir, "adapter_config.json"), JSON.stringify(CONFIG));
  assert.match(await refused(dir), "there are no weights in this folder");
  writeFileSync(join(dir, "adapter_model.bin"), "PK\x03\x04");
  assert.match(await refused(dir), "safetensors.torch.save_file");
  assert.match(await refused(join(dir, "adapter_model.bin")), "safetensors.torch.save_file");
  assert.match(await refused(write("prompt.pt", "PK\x03\x04 and more")), "this is a pickle");
});

Prompts("T5X's names are found: without a suffix, in the folder of a step, or with the suffix left out", async () => {
  const bytes = encodeNpy(prompt);
  const path = write("encoder.prompt.prompt.prompt", bytes);
  assert.equal((await run(loadPromptTE(path))).prompt, prompt);
  assert.equal((await run(loadPromptTE(join(path, "..")))).prompt, prompt);
  assert.equal((await run(loadPromptTE(write("mrpc.npy", bytes).slice(0, -4)))).prompt, prompt);
  const folderOfRun = place();
  for (const name of ["prompt.npy", "prompt.safetensors", "other.prompt"])
    writeFileSync(join(folderOfRun, name), bytes);
  assert.equal((await run(loadPromptTE(folderOfRun))).prompt, prompt);
  const two = place();
  for (const name of ["a.prompt", "b.prompt"]) writeFileSync(join(two, name), bytes);
  assert.match(await refused(two), 'got       ["a.prompt","b.prompt"]');
});

Prompts("float64 becomes float32; what is no matrix of floats is refused", async () => {
  const wide = hostArray([1, 2], "float64", new Float64Array([0.1, 2]));
  assert.equal((await run(loadPromptTE(write("a", encodeNpy(wide))))).prompt.data, new Float32Array([0.1, 2]));
  const vector = hostArray([2], "float32", new Float32Array(2));
  const integers = hostArray([1, 2], "int32", new Int32Array(2));
  const empty = hostArray([0, 2], "float32", new Float32Array(0));
  for (const x of [vector, integers, empty]) {
    assert.match(await refused(write("a.npy", encodeNpy(x))), "loadPrompt: not a prompt");
    assert.match(messageOf(await savePromptTE(place("b.npy"), x)(), "CheckpointError"), "savePrompt: not a prompt");
  }
});

Prompts("files that hold no prompt, or are none, are refused", async () => {
  assert.match(await refused(write("a.safetensors", encodeSafetensors({ x: prompt }))), 'got       ["x"]');
  assert.match(await refused(write("a.txt", "hello, this is text")), "not a file of a prompt");
  assert.match(await refused(write("a.npy", "")), "not a file of a prompt");
  assert.match(await refused(place()), "the folder does not hold exactly one prompt");
  assert.match(await refused(join(folder, "none")), "there is no such file or folder");
});

withShared(Prompts, "the released prompts load, and go through PEFT bit by bit", async (root) => {
  const released = join(root, "data/t5x/pretrained_prompts/t5_1_1_lm100k_base");
  // First values as printed by NumPy.
  const first = new Map([
    ["mrpc.npy", -30.358],
    ["sst2.npy", -18.4223],
  ]);
  const names = readdirSync(released);
  assert.equal(names.sort(), ["mrpc.npy", "rte.npy", "sst2.npy"]);
  for (const name of names) {
    const loaded = (await run(loadPromptTE(join(released, name)))).prompt;
    assert.equal(loaded.shape, [100, 768]);
    const value = first.get(name);
    if (value !== undefined) assert.ok(Math.abs((loaded.data[0] as number) - value) < 1e-4, `${loaded.data[0]}`);
    const dir = place("adapter");
    await run(savePromptTE(dir, loaded));
    const back = (await run(loadPromptTE(dir))).prompt;
    const npy = place(name);
    await run(savePromptTE(npy, back));
    assert.is(Buffer.compare(readFileSync(npy), readFileSync(join(released, name))), 0, name);
  }
  const copy = place("without-suffix");
  copyFileSync(join(released, "rte.npy"), copy);
  assert.equal((await run(loadPromptTE(copy))).prompt.shape, [100, 768]);
  const wide = (await run(loadPromptTE(join(root, "data/t5x/prompt_5x256.npy")))).prompt;
  assert.equal([wide.shape, wide.data[0]], [[5, 256], Math.fround(0.29594051724693826)]);
});

Prompts(
  "an adapter of another kind that is given as a prompt is called what it is, also without its configuration",
  async () => {
    const lora = "base_model.model.encoder.block.0.layer.0.SelfAttention.q";
    const tensors = { [`${lora}.lora_A.weight`]: numbered(2, 4), [`${lora}.lora_B.weight`]: numbered(4, 2) };
    const dir = place();
    const weights = join(dir, "adapter_model.safetensors");
    writeFileSync(weights, encodeSafetensors(tensors, { format: "pt" }));
    const alone = await refused(weights);
    assert.match(
      alone,
      /a LoRA adapter without its configuration, and not a prompt[\s\S]*hint +give the folder.*adapter_config\.json/,
    );
    assert.match(
      await refused(dir),
      /has no configuration\n {2}expected +adapter_config\.json beside adapter_model\.safetensors/,
    );
    const ia3 = write("a.safetensors", encodeSafetensors({ "base_model.model.x.ia3_l": numbered(2, 1) }));
    assert.match(await refused(ia3), /an IA3 adapter without its configuration/);
    const own = place();
    const settings = { name: "lora", rank: 2, alpha: 2 };
    writeFileSync(
      join(own, "tuned.safetensors"),
      encodeSafetensors({ "x/a": numbered(2, 2) }, { format: "fluxion-tuned", method: JSON.stringify(settings) }),
    );
    for (const path of [own, join(own, "tuned.safetensors")]) {
      assert.match(
        await refused(path),
        /the adapter is not a prompt[\s\S]*got +an adapter of the method "lora"[\s\S]*loadAdapter/,
      );
    }
  },
);

Prompts(
  "rows of an adapter whose configuration is not there are not taken whole, where half of them may be unused",
  async () => {
    const weights = (rows: number): string =>
      write("adapter_model.safetensors", encodeSafetensors({ prompt_embeddings: numbered(rows, 2) }, { format: "pt" }));
    assert.match(
      await refused(weights(6)),
      /how many of its rows are the prompt is not known\n.*adapter_config\.json beside adapter_model\.safetensors\n.*6 rows, which may be 3 for the encoder and 3 that T5 does not use/,
    );
    assert.equal((await run(loadPromptTE(weights(3)))).prompt, prompt);
  },
);

Prompts("zips of arrays, bfloat16 of NumPy and empty files have a hint of their own", async () => {
  // python3 -c "import numpy; numpy.savez('p.npz', prompt=numpy.zeros((1, 1), 'f4'))" begins so, and torch.save of a new file.
  const zip = (name: string): Buffer => {
    const header = Buffer.alloc(30);
    header.write("PK\x03\x04", "latin1");
    header.writeUInt16LE(name.length, 26);
    return Buffer.concat([header, Buffer.from(name), Buffer.alloc(80)]);
  };
  assert.match(
    await refused(write("p.npz", zip("prompt.npy"))),
    /hint +this is an \.npz.*numpy\.load\("FILE\.npz"\)\["NAME"\]/,
  );
  assert.match(await refused(write("p.pt", zip("archive/data.pkl"))), /hint +this is a pickle/);
  assert.match(await refused(write("p.npy", "")), /got +an empty file/);
  const npy = Buffer.from(encodeNpy(numbered(1, 2)));
  const bfloat16 = Buffer.from(npy.toString("latin1").replace("'<f4'", "'|V2'"), "latin1");
  assert.match(
    await refused(write("b.npy", bfloat16)),
    /got +'\|V2'[\s\S]*hint +if this is bfloat16.*view\(ml_dtypes\.bfloat16\)\.astype\('float32'\)/,
  );
});

Prompts.run();
