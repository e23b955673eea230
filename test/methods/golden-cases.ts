/** @file The cases of shared/golden/methods: their files, and the methods and trained trees that these describe. */
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import { parseSafetensors } from "../../lib/io/safetensors.js";
import * as methods from "../../lib/methods/index.js";
import * as np from "../../lib/np/index.js";
import type { GoldenTensor, Host } from "../helpers/golden.js";
import type { GoldenFiles } from "../helpers/golden-file.js";
import { placeOf, turned } from "./peft-names.js";

/** A digest as these files have it. */
export interface ShortDigest {
  readonly l2: number;
  readonly sum: number;
  readonly cosdot: number;
}
interface LongDigest extends ShortDigest {
  readonly shape: readonly number[];
  readonly max_abs: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
}
export interface Sequences {
  readonly sequences: GoldenTensor;
  readonly smallest_margin: number;
  readonly same_as_teacher_forced_argmax: boolean;
}

/** What one optimizer did in fifteen steps. */
export interface Training {
  readonly lr: number;
  readonly weight_decay: number;
  readonly losses: readonly number[];
  readonly losses_float64: readonly number[];
  readonly losses_float32_minus_float64: number;
  readonly final_float32_minus_float64: number;
  /** Digests by name, or the file. */
  readonly final: string | Readonly<Record<string, ShortDigest>>;
}
export interface Sgd extends Training {
  readonly momentum: number;
  readonly nesterov: boolean;
}
export interface AdamW extends Training {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly loss_of_saved_adapter?: number;
}
export interface Adafactor extends Training {
  readonly eps: readonly [number, number];
  readonly clip_threshold: number;
  readonly decay_rate: number;
  readonly beta1: null;
  readonly scale_parameter: boolean;
  readonly relative_step: boolean;
  readonly factored: string;
}

/** `case.json`. */
export interface CaseJson {
  readonly name: string;
  readonly base: string;
  readonly made_by: string;
  readonly trainable_parameters: number;
  /** Shapes by name; of all weights only how many. */
  readonly tensors: number | Readonly<Record<string, readonly number[]>>;
  readonly parameters?: string;
  readonly adapter_holds_all_trainable?: boolean;
  readonly task_ids?: readonly number[];
  readonly init_token_ids?: readonly number[];
  readonly init_text?: string;
  readonly init_text_token_ids?: readonly number[];
  readonly forward: { readonly loss: number; readonly logits: LongDigest };
  readonly gradients?: Readonly<Record<string, ShortDigest>>;
  readonly greedy: {
    readonly max_new_tokens: number;
    readonly before_training: Sequences;
    readonly after_adamw: Sequences;
  };
  readonly merged?: {
    readonly weights: Readonly<Record<string, ShortDigest>>;
    readonly logits_max_abs_difference: number;
  };
  readonly training: {
    readonly steps: number;
    readonly sgd: Sgd;
    readonly adamw: AdamW;
    readonly adafactor?: Adafactor;
  };
}

/** The tensors of a file by name. */
export type Tensors = Readonly<Record<string, Host>>;

/** One case: what its files hold. Only model tuning has none but `case.json`. */
export interface Case {
  readonly model: string;
  readonly name: string;
  readonly json: CaseJson;
  readonly config?: AdapterConfig;
  readonly trainedConfig?: AdapterConfig;
  readonly start?: Tensors;
  readonly trained?: Tensors;
  readonly gradients?: Tensors;
  /** What PEFT saves of a network before and after training: the prompt that it makes. */
  readonly results?: readonly [start: Tensors, trained: Tensors];
}

/** What PEFT's configurations say that is not the same for all cases. */
interface AdapterConfig {
  readonly peft_type:
    | "LORA"
    | "IA3"
    | "LN_TUNING"
    | "PROMPT_TUNING"
    | "P_TUNING"
    | "PREFIX_TUNING"
    | "MULTITASK_PROMPT_TUNING";
  readonly target_modules?: readonly string[] | string;
  readonly feedforward_modules?: readonly string[];
  readonly r: number;
  readonly lora_alpha: number;
  readonly lora_dropout: number;
  readonly rank_pattern: Readonly<Record<string, number>>;
  readonly alpha_pattern: Readonly<Record<string, number>>;
  readonly use_dora: boolean;
  readonly use_rslora: boolean;
  readonly num_virtual_tokens: number;
  readonly num_tasks: number;
  readonly num_ranks: number;
  readonly num_transformer_submodules: 1 | 2;
  readonly encoder_reparameterization_type: "MLP" | "LSTM";
  readonly encoder_hidden_size: number;
  readonly encoder_num_layers: number;
  readonly prefix_projection: boolean;
}

/** Settings that make a method what it is, or say whose it is; all others are to be switched off. */
const MEANT: ReadonlySet<string> = new Set([
  ...["peft_type", "target_modules", "feedforward_modules", "r", "lora_alpha", "rank_pattern", "alpha_pattern"],
  ...["num_tasks", "num_ranks", "prompt_tuning_init_task", "prompt_tuning_init_state_dict_path"],
  ...["use_dora", "use_rslora", "num_virtual_tokens", "num_transformer_submodules", "token_dim", "prefix_projection"],
  ...[
    "base_model_name_or_path",
    "peft_version",
    "tokenizer_name_or_path",
    "prompt_tuning_init",
    "prompt_tuning_init_text",
  ],
]);
/** Settings of PEFT whose switched-off value says something. */
const SWITCHED_OFF: Readonly<Record<string, unknown>> = {
  bias: "none",
  inference_mode: true,
  init_lora_weights: true,
  init_ia3_weights: true,
  megatron_core: "megatron.core",
  qalora_group_size: 16,
  task_type: "SEQ_2_SEQ_LM",
  num_attention_heads: 4,
  num_layers: 2,
};
/** Settings of the network that makes a prompt of P-tuning; only its result is saved. */
const NETWORK = /^encoder_(hidden_size|num_layers|reparameterization_type)$/;

/** Asserts that an adapter's configuration asks for nothing that `methodOf` leaves out. */
export const checkConfig = ({ model, config, trainedConfig }: Case): void => {
  if (config === undefined) return;
  assert.equal({ ...trainedConfig }, { ...config }, "the configuration after training");
  assert.is((config as unknown as Record<string, unknown>).base_model_name_or_path, model);
  for (const [key, value] of Object.entries(config)) {
    if (MEANT.has(key) || NETWORK.test(key)) continue;
    const off = SWITCHED_OFF[key];
    const isOff = off === undefined ? !value || JSON.stringify(value) === "{}" : value === off;
    assert.ok(isOff, `${key} is ${JSON.stringify(value)}, which the method does not have`);
  }
};

const parse = (path: string): Tensors => {
  const { tensors } = parseSafetensors(readFileSync(path), path);
  return Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, { shape, data }]));
};

/** Whether what is trained lies beside the adapter: in PEFT's P-tuning, and where PEFT has no adapter at all. */
export const isApart = (name: string): boolean =>
  /^(ptuning|residual|multitask|per-layer|prefix-(all|encoder|peft-projection))/.test(name);

/** Opens the files of a case. */
export const openCase = (files: GoldenFiles, root: string, model: string, name: string): Case => {
  const folder = `methods/${model}/${name}`;
  const json = files.open<CaseJson>(root, `${folder}/case.json`);
  const isPeft = json.made_by === "peft";
  if (name === "model-tuning") return { model, name, json };
  const tensors = (file: string): Tensors => files.open<Tensors>(root, `${folder}/${file}.safetensors`, parse);
  const config = (part: string) => files.open<AdapterConfig>(root, `${folder}/${part}/adapter_config.json`);
  const saved = ["adapter/adapter_model", "trained/adapter_model"];
  const [start, trained] = (isApart(name) ? ["parameters", "trained"] : saved).map(tensors);
  return {
    model,
    name,
    json,
    ...(isPeft && { config: config("adapter"), trainedConfig: config("trained") }),
    start,
    trained,
    gradients: tensors("gradients"),
    ...(isPeft && isApart(name) && { results: saved.map(tensors) as [Tensors, Tensors] }),
  };
};

const loraOf = (config: AdapterConfig): methods.Method => {
  const { target_modules: modules = [] } = config;
  return methods.lora({
    rank: config.r,
    alpha: config.lora_alpha,
    kernels: typeof modules === "string" ? { pattern: modules } : [...modules],
    rankPattern: config.rank_pattern,
    alphaPattern: config.alpha_pattern,
    dropout: config.lora_dropout,
    rankStabilized: config.use_rslora,
    dora: config.use_dora,
  }) as methods.Method;
};

const pTuningOf = (config: AdapterConfig): methods.Method => {
  const encoder = config.encoder_reparameterization_type.toLowerCase() as methods.PromptEncoder;
  return methods.pTuning({
    length: config.num_virtual_tokens,
    encoder,
    hidden: config.encoder_hidden_size,
    ...(encoder === "lstm" && { layers: config.encoder_num_layers }),
    submodules: config.num_transformer_submodules,
  }) as methods.Method;
};

/** The method of a case that PEFT does not have, by the shapes of its tensors. */
const plainOf = ({ name, start = {} }: Case): methods.Method => {
  if (name.startsWith("per-layer")) {
    const combine = name === "per-layer-add" ? "add" : "replace";
    return methods.perLayer({ length: start["prompts.0"].shape[0], combine }) as methods.Method;
  }
  if (name.startsWith("prefix")) {
    const [vectors, down] = [
      start["encoder.self.0.key"] ?? start["encoder.self.embedding"],
      start["encoder.self.down.bias"],
    ];
    return methods.prefix({
      length: vectors.shape[0],
      ...(name === "prefix-encoder" && { attentions: ["encoder"] }),
      ...(down && { projection: down.shape[0] }),
    }) as methods.Method;
  }
  const kind = /^multitask-(.*)$/.exec(name)?.[1] as methods.MultitaskKind | undefined;
  if (kind !== undefined) {
    const { shared, tasks } = start;
    const own = kind === "concat" ? { taskLength: 2 } : kind === "add" ? {} : { features: 16 };
    return methods.multitask({ kind, tasks: tasks.shape[0], length: shared.shape[0], ...own }) as methods.Method;
  }
  const { prompt } = start;
  const down = start["mlp.down.weight"] ?? start["mlp.0.down.weight"];
  return methods.residual({
    length: prompt.shape[0],
    bottleneck: down.shape[0],
    shared: name !== "residual-separate",
    layerNorm: name !== "residual-no-norm",
  }) as methods.Method;
};

/** The method of a case. */
export const methodOf = (c: Case): methods.Method => {
  const { config, start } = c;
  if (start === undefined) return methods.full() as methods.Method;
  if (config === undefined) return plainOf(c);
  if (config.peft_type === "P_TUNING") return pTuningOf(config);
  if (config.peft_type === "PREFIX_TUNING") {
    const { num_virtual_tokens: length, encoder_hidden_size: projection, prefix_projection: projects } = config;
    return methods.peftPrefix({ length, ...(projects && { projection }) }) as methods.Method;
  }
  if (config.peft_type === "MULTITASK_PROMPT_TUNING") {
    const { num_virtual_tokens: length, num_ranks: rank, num_tasks: tasks } = config;
    return methods.mpt({ length, rank, tasks, submodules: config.num_transformer_submodules }) as methods.Method;
  }
  if (config.peft_type === "LORA") return loraOf(config);
  if (config.peft_type === "IA3") {
    const { target_modules: kernels, feedforward_modules: feedForward } = config;
    return methods.ia3({ kernels: kernels as string[], feedForward: feedForward as string[] }) as methods.Method;
  }
  if (config.peft_type !== "LN_TUNING") return methods.prompt({ length: config.num_virtual_tokens }) as methods.Method;
  assert.equal(config.target_modules, ["final_layer_norm", "layer_norm"]);
  return methods.norms() as methods.Method;
};

/** Host numbers as float32 on the device. */
export const onDevice = ({ shape, data }: Host): Tensor => np.array(Float32Array.from(data), { shape });

type Nested = { [key: string]: Nested | Tensor };

/** A tree of ours from a file of theirs; of a prompt with a `length` that many rows are taken. */
export const treeOf = (tensors: Tensors, length: number | undefined): Record<string, unknown> => {
  const tree: Nested = {};
  const rows = new Map<string, Tensor[]>();
  const put = ([key, ...rest]: readonly string[], x: Tensor, node = tree): void => {
    if (rest.length === 0) node[key] = x;
    else {
      node[key] ??= {};
      put(rest, x, node[key] as Nested);
    }
  };
  for (const [name, x] of Object.entries(tensors)) {
    const place = placeOf(name, x.shape);
    const ours = onDevice(turned(place, x));
    const path = place.path.join(" ");
    if (place.row !== undefined) rows.set(path, Object.assign(rows.get(path) ?? [], { [place.row]: ours }));
    else if (name === "prompt_embeddings" && length !== undefined) put(place.path, np.slice(ours, [[0, length]]));
    else put(place.path, ours);
  }
  for (const [path, all] of rows) put(path.split(" "), np.stack(all));
  return tree;
};

/** The leaf of a tree where a tensor of theirs stands, or its row there. */
export const leafAt = (tree: object, name: string, shape: readonly number[]): Tensor => {
  const { path, row } = placeOf(name, shape);
  const leaf = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], tree) as Tensor;
  return row === undefined ? leaf : np.get(leaf, row);
};
