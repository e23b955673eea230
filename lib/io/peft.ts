/**
 * @file Prompt adapters of Hugging Face's PEFT: a folder with `adapter_config.json` and `adapter_model.safetensors`.
 *
 * For sequence-to-sequence models PEFT by default makes rows for two submodules, encoder and decoder, and stores `2 k` of them under
 * `prompt_embeddings`; but with T5 its prompt tuning puts only the first `k` in front of the encoder's input and never uses the others.
 * So the first `k` are the prompt. What we write has one submodule and `k` rows, which PEFT reads too.
 * Source: https://github.com/huggingface/peft, `PeftModelForSeq2SeqLM.forward` and `get_peft_model_state_dict`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import { Aval } from "../core/aval.js";
import { CheckpointError, ConfigError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { brief, type Caller, decodeAs, positiveInteger } from "../edge/decode.js";
import { readJson } from "../store/json-file.js";
import type { StagedFile } from "../store/staging.js";
import { openSafetensors, type SafetensorsFile } from "./safetensors.js";
import { outgoing, safetensorsChunks } from "./safetensors-write.js";

const WHERE = "loadPrompt";
const caller: Caller<ConfigError> = { where: WHERE, error: ConfigError };

export const ADAPTER_CONFIG = "adapter_config.json";
const WEIGHTS = "adapter_model.safetensors";

const optional = <C extends t.Mixed>(codec: C) => t.union([codec, t.undefined, t.null]);
const AdapterConfig = t.type(
  {
    peft_type: t.string,
    task_type: optional(t.string),
    num_virtual_tokens: positiveInteger,
    token_dim: optional(positiveInteger),
    num_transformer_submodules: optional(positiveInteger),
    base_model_name_or_path: optional(t.string),
  },
  "adapter configuration",
);
type AdapterConfig = t.TypeOf<typeof AdapterConfig>;

const checkKind = (config: AdapterConfig, at: string): E.Either<ConfigError, AdapterConfig> => {
  const refuse = (expected: string, got: string, hint: string): E.Either<ConfigError, never> =>
    E.left(new ConfigError({ where: WHERE, what: "this adapter is no prompt of a T5", expected, got, at, hint }));
  if (config.peft_type !== "PROMPT_TUNING") {
    const hint = "adapters of other types change layers, not only the input";
    return refuse('peft_type "PROMPT_TUNING"', brief(config.peft_type), hint);
  }
  if ((config.task_type ?? "SEQ_2_SEQ_LM") === "SEQ_2_SEQ_LM") return E.right(config);
  return refuse('task_type "SEQ_2_SEQ_LM"', brief(config.task_type), "a prompt belongs to the model it was tuned for");
};

/** The only tensor: PEFT's own name for it, or that of the module where a whole state was saved. */
const tensorName = (file: SafetensorsFile): E.Either<CheckpointError, string> => {
  const names = [...file.entries.keys()];
  const [name] = names;
  if (
    names.length === 1 &&
    /^prompt_embeddings$|(^|\.)prompt_encoder\.(\w+\.)?embedding\.weight$/.test(name as string)
  ) {
    return E.right(name as string);
  }
  return E.left(
    new CheckpointError({
      where: WHERE,
      what: "these are not the weights of a prompt",
      expected: "one tensor, prompt_embeddings",
      got: brief(names),
      at: file.path,
    }),
  );
};

/** The rows of the encoder, and how many there are of the decoder. */
const encoderRows = (
  x: HostArray,
  config: AdapterConfig,
  at: string,
): E.Either<CheckpointError, Pick<PeftPrompt, "prompt" | "unusedRows">> => {
  const { num_virtual_tokens: k, token_dim: width, num_transformer_submodules: submodules } = config;
  const [rows, columns] = x.shape;
  const fits = x.shape.length === 2 && x.dtype === "float32" && columns === (width ?? columns);
  if (fits && (submodules == null ? rows === k || rows === 2 * k : rows === submodules * k)) {
    const prompt = { ...x, shape: [k, columns as number], data: x.data.slice(0, k * (columns as number)) };
    return E.right({ prompt, unusedRows: (rows as number) - k });
  }
  const expected = `f32[${submodules == null ? `${k} or ${2 * k}` : submodules * k},${width ?? "d"}]`;
  const got = `${new Aval(x.shape, x.dtype)}`;
  const what = "the prompt is not that of its configuration";
  return E.left(new CheckpointError({ where: WHERE, what, expected, got, at }));
};

/** A prompt of PEFT. */
export interface PeftPrompt {
  /** `[P, d]` float32. */
  readonly prompt: HostArray;
  /** The model it was tuned for, as the adapter says. */
  readonly baseModel: string | undefined;
  /** Rows for a decoder that are stored behind the prompt; PEFT does not use them with T5. */
  readonly unusedRows: number;
}

const noWeights = (dir: string): CheckpointError => {
  const pickle = existsSync(join(dir, "adapter_model.bin"));
  return new CheckpointError({
    where: WHERE,
    what: "there are no weights in this folder",
    expected: WEIGHTS,
    got: pickle ? "adapter_model.bin, a pickle, which can run code when it is read" : undefined,
    at: dir,
    hint: pickle
      ? 'convert it in Python: safetensors.torch.save_file(torch.load("adapter_model.bin"), "adapter_model.safetensors")'
      : "fetch it from where the configuration is from",
  });
};

const readRows = (dir: string, config: AdapterConfig): TE.TaskEither<CheckpointError, PeftPrompt> => {
  const path = join(dir, WEIGHTS);
  if (!existsSync(path)) return TE.left(noWeights(dir));
  return TE.bracket(
    openSafetensors(path),
    (file) =>
      pipe(
        TE.fromEither(tensorName(file)),
        TE.chain(file.read),
        TE.chainEitherK((x) => encoderRows(x, config, path)),
        TE.map((rows) => ({ ...rows, baseModel: config.base_model_name_or_path ?? undefined })),
      ),
    (file) => TE.fromTask(file.close),
  );
};

/** Reads the adapter of a folder. */
export const readPeft = (dir: string): TE.TaskEither<CheckpointError | ConfigError, PeftPrompt> => {
  const path = join(dir, ADAPTER_CONFIG);
  return pipe(
    readJson(path, caller),
    TE.chainEitherK(decodeAs(AdapterConfig, caller, path)),
    TE.chainEitherK((config) => checkKind(config, path)),
    TE.chainW((config) => readRows(dir, config)),
  );
};

/** The files of an adapter. */
export const peftFiles = (prompt: HostArray, baseModel: string | undefined): StagedFile[] => {
  const config = {
    auto_mapping: null,
    base_model_name_or_path: baseModel ?? null,
    inference_mode: true,
    num_attention_heads: null,
    num_layers: null,
    num_transformer_submodules: 1,
    num_virtual_tokens: prompt.shape[0],
    peft_type: "PROMPT_TUNING",
    prompt_tuning_init: "RANDOM",
    prompt_tuning_init_text: null,
    revision: null,
    task_type: "SEQ_2_SEQ_LM",
    token_dim: prompt.shape[1],
    tokenizer_name_or_path: null,
  };
  const tensors = [outgoing("prompt_embeddings", prompt, () => prompt)];
  return [
    [WEIGHTS, safetensorsChunks(tensors, { format: "pt" })],
    [ADAPTER_CONFIG, `${JSON.stringify(config, null, 2)}\n`],
  ];
};
