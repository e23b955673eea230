/**
 * @file MPT as PEFT stores it: the shared prompt and the factors of all tasks, in order.
 *
 * For sequence-to-sequence models PEFT by default makes rows for two submodules. Those of the second stand in front of what the decoder reads
 * in training; its own `generate` leaves them out.
 * Source: https://github.com/huggingface/peft, `MultitaskPromptEmbedding` and `get_peft_model_state_dict`, version 0.21.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import type { CheckpointError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import { optional, positiveInteger } from "../../edge/decode.js";
import {
  COMMON,
  checkTensors,
  type JsonObject,
  type PeftAdapter,
  type PeftContent,
  peftForm,
  sortedConfig,
} from "./adapter.js";

/** The trained tree. */
type HostMpt = Readonly<Record<"prompt" | "taskCols" | "taskRows", HostArray>>;
type Settings = { readonly name: "mpt" } & Readonly<Record<"length" | "rank" | "tasks" | "submodules", number>>;
type Content = PeftContent<Settings, HostMpt>;

const Config = t.type(
  {
    num_virtual_tokens: positiveInteger,
    token_dim: optional(positiveInteger),
    num_tasks: optional(positiveInteger),
    num_ranks: optional(positiveInteger),
    num_transformer_submodules: optional(t.union([t.literal(1), t.literal(2)])),
  },
  "adapter configuration",
);

/** How it began. */
const START: JsonObject = {
  prompt_tuning_init: "RANDOM",
  prompt_tuning_init_state_dict_path: null,
  prompt_tuning_init_task: 0,
  prompt_tuning_init_text: null,
  tokenizer_kwargs: null,
  tokenizer_name_or_path: null,
};
const USUAL: JsonObject = {
  ...START,
  modules_to_save: null,
  num_attention_heads: null,
  num_layers: null,
  peft_type: "MULTITASK_PROMPT_TUNING",
};

const RULES = {
  codec: Config,
  read: Object.keys(Config.props),
  free: ["num_attention_heads", "num_layers", ...Object.keys(START)],
  usual: USUAL,
  hint: "train it again with methods.mpt, or with PEFT's usual settings",
};

const NAMES = { prompt: "prompt_embeddings", taskCols: "prefix_task_cols", taskRows: "prefix_task_rows" } as const;

const fromPeft = (
  config: t.TypeOf<typeof Config>,
  adapter: PeftAdapter,
  source: string,
): E.Either<CheckpointError, Content> => {
  const { num_virtual_tokens: length, num_tasks: tasks = 1, num_ranks: rank = 1 } = config;
  const submodules = config.num_transformer_submodules ?? 2;
  const of = (name: keyof typeof NAMES) => adapter.tensors.get(NAMES[name]);
  const [rows, width] = [length * submodules, config.token_dim ?? of("prompt")?.shape.at(-1) ?? 0];
  const shapes = { prompt: [rows, width], taskCols: [tasks, rows, rank], taskRows: [tasks, rank, width] };
  const wanted = Object.entries(shapes).map(([name, shape]) => ({
    names: [NAMES[name as keyof typeof NAMES]],
    shape,
    dtype: "float32" as const,
  }));
  return pipe(
    checkTensors(wanted, adapter, source, "the tensors of MPT"),
    E.map(() => ({
      settings: { name: "mpt", length, rank, tasks, submodules },
      tuned: { prompt: of("prompt"), taskCols: of("taskCols"), taskRows: of("taskRows") } as HostMpt,
      config: adapter.config,
    })),
  );
};

const toPeft = ({ settings, tuned, config }: Content): PeftAdapter => {
  const { length, rank, tasks, submodules } = settings;
  const own: JsonObject = {
    num_ranks: rank,
    num_tasks: tasks,
    num_transformer_submodules: submodules,
    num_virtual_tokens: length,
    token_dim: tuned.prompt.shape[1],
  };
  return {
    config: sortedConfig(COMMON, USUAL, config, own),
    tensors: new Map(Object.entries(NAMES).map(([key, name]) => [name, tuned[key as keyof HostMpt]])),
  };
};

/** MPT in PEFT's form. */
export const MPT = peftForm(["MULTITASK_PROMPT_TUNING"], RULES, fromPeft, (content: Content) =>
  E.right(toPeft(content)),
);
