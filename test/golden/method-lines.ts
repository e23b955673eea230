/** @file Which test reads what of the golden files of parameter-efficient methods: lines of table.ts. */
import type { Entry, Line } from "./table.js";

/** Cases of methods whose adapters hold all that is trained. */
const ADAPTERS = [
  ...["dora", "dora-feed-forward", "ia3", "ia3-wi", "ln-tuning"],
  ...["lora", "lora-all-linear", "lora-feed-forward", "lora-patterns", "lora-regex", "lora-rslora"],
  ...["mpt", "mpt-from-average", "mpt-from-shared", "mpt-from-task", "mpt-submodules2"],
  ...["prefix-peft", "prompt-random", "prompt-random-submodules2", "prompt-sample"],
  ...["prompt-text", "prompt-text-submodules2"],
];
/** Cases of networks of which PEFT saves the result. */
const P_TUNING = ["prefix-peft-projection", "ptuning-lstm", "ptuning-lstm-submodules2", "ptuning-mlp"];
/** Cases of methods that PEFT does not have. */
const PLAIN = [
  ...["per-layer-add", "per-layer-replace", "prefix-all", "prefix-all-projection", "prefix-encoder"],
  ...["residual-no-norm", "residual-separate", "residual-shared"],
  ...["add", "concat", "features", "project"].map((kind) => `multitask-${kind}`),
];
/** Keys that say where a prompt starts. */
const STARTS: Readonly<Record<string, readonly string[]>> = {
  "prompt-sample": ["init_token_ids"],
  "prompt-text": ["init_token_ids", "init_text", "init_text_token_ids"],
  "prompt-text-submodules2": ["init_token_ids", "init_text", "init_text_token_ids"],
};
/** Cases that are tried in every run of the tests, by one model. */
export const QUICK_METHODS: Readonly<Record<string, readonly string[]>> = {
  "t5-tiny": [
    "dora",
    "ia3",
    "lora-patterns",
    "prompt-random-submodules2",
    "residual-separate",
    "prefix-all",
    "prefix-peft",
    "mpt",
  ],
  "t5-tiny-v1_0": [
    "dora-feed-forward",
    "ln-tuning",
    "lora-all-linear",
    "model-tuning",
    "ptuning-lstm-submodules2",
    "per-layer-add",
    "multitask-project",
  ],
};

const LONG = "methods/golden.long.ts";
const QUICK = "methods/golden.test.ts";
const BEAMS = "methods/beams.test.ts";

/** The line of a case's file; `elsewhere` are the parts that starts.test.ts reads. */
const line = (model: string, name: string, except: Line["except"] = [], elsewhere: readonly string[] = []): Entry => ({
  tests: {
    [LONG]: elsewhere.length > 0 ? { but: elsewhere } : "all",
    ...(QUICK_METHODS[model].includes(name) && { [QUICK]: "some" as const }),
    ...(elsewhere.length > 0 && { "methods/starts.test.ts": elsewhere }),
  },
  except,
});

/** The lines of one case of which something is read, without its tensors outside of the adapter. */
const caseLines = (model: string, name: string): Readonly<Record<string, Entry>> => {
  const folder = `methods/${model}/${name}`;
  const except: Line["except"] = [
    ["float32_minus_float64", "how far float32 is off"],
    ...(name.startsWith("prefix-peft")
      ? ([["greedy.peft_generate_equals_frozen_model", "that PEFT's generate ignores the prefix"]] as const)
      : []),
  ];
  const json = { [`${folder}/case.json`]: line(model, name, except, STARTS[name]) };
  if (name === "model-tuning" || PLAIN.includes(name)) return json;
  const files = ["adapter", "trained"].flatMap((part) =>
    ["adapter_config.json", "adapter_model.safetensors"].map((file) => `${folder}/${part}/${file}`),
  );
  return { ...json, ...Object.fromEntries(files.map((file) => [file, line(model, name)])) };
};

/** Lines for the files of a model's cases of parameter-efficient methods. */
export const methodLines = (model: string): Readonly<Record<string, Entry>> => {
  const folder = `methods/${model}`;
  const adapters = ADAPTERS.filter((name) => name !== "ia3-wi" || model === "t5-tiny");
  const apart = [...P_TUNING, ...PLAIN];
  const networks = apart.flatMap((name) =>
    ["parameters", "trained", "gradients"].map((part) => [`${folder}/${name}/${part}.safetensors`, line(model, name)]),
  );
  return Object.assign(
    {
      [`${folder}/batch.json`]: { tests: { [QUICK]: "all", [LONG]: "all", [BEAMS]: "some" } },
      [`${folder}/beams.json`]: { tests: { [BEAMS]: "all" }, except: [["score", "words"]] },
    },
    ...[...adapters, ...apart, "model-tuning"].map((name) => caseLines(model, name)),
    Object.fromEntries(networks),
    Object.fromEntries(adapters.map((name) => [`${folder}/${name}/gradients.safetensors`, line(model, name)])),
  ) as Readonly<Record<string, Entry>>;
};
