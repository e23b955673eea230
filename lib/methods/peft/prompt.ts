/**
 * @file Prompts as PEFT's prompt tuning and P-tuning store them: one tensor of rows.
 *
 * For sequence-to-sequence models PEFT by default makes rows for two submodules, encoder and decoder, and stores `2 n` of them under
 * `prompt_embeddings`; but with T5 only the first `n` stand in front of the encoder's input, and the others are never used. So the first `n`
 * are the prompt. What is written has one submodule and `n` rows, which PEFT reads too. Of P-tuning PEFT stores the rows alone, without the
 * network that made them.
 * Source: https://github.com/huggingface/peft, `PeftModelForSeq2SeqLM.forward` and `get_peft_model_state_dict`, version 0.21.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { Aval } from "../../core/aval.js";
import { CheckpointError, UnsupportedError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import { brief, optional, positiveInteger } from "../../edge/decode.js";
import type { PromptOptions } from "../prompt.js";
import {
  COMMON,
  type JsonObject,
  type PeftAdapter,
  type PeftContent,
  peftForm,
  sortedConfig,
  WHERE,
} from "./adapter.js";

/** The trained tree: `[n, d]`. */
export type HostPrompt = { readonly prompt: HostArray };
type PromptSettings = { readonly name: "prompt" } & Omit<PromptOptions, "init"> &
  Required<Pick<PromptOptions, "length" | "position">>;
type Content = PeftContent<PromptSettings, HostPrompt>;

const Config = t.type(
  {
    num_virtual_tokens: positiveInteger,
    token_dim: optional(positiveInteger),
    num_transformer_submodules: optional(positiveInteger),
  },
  "adapter configuration",
);
type Config = t.TypeOf<typeof Config>;

const USUAL: JsonObject = {
  modules_to_save: null,
  num_attention_heads: null,
  num_layers: null,
  peft_type: "PROMPT_TUNING",
};
/** How a prompt began. */
const START: JsonObject = {
  prompt_tuning_init: "RANDOM",
  prompt_tuning_init_text: null,
  tokenizer_kwargs: null,
  tokenizer_name_or_path: null,
};
const NETWORK = ["encoder_reparameterization_type", "encoder_hidden_size", "encoder_num_layers", "encoder_dropout"];

const RULES = {
  codec: Config,
  read: Object.keys(Config.props),
  free: ["num_attention_heads", "num_layers", ...Object.keys(START), ...NETWORK],
  usual: USUAL,
  hint: 'save its rows alone in Python, which loads, too: numpy.save("prompt.npy", rows)',
};

const NAME = "prompt_embeddings";
/** Its name, or that of the module where a whole state was saved. */
const NAMES = /^prompt_embeddings$|(^|\.)prompt_encoder\.(\w+\.)?embedding\.weight$/;

const rowsIn = ({ tensors }: PeftAdapter, source: string): E.Either<CheckpointError, HostArray> => {
  const [first, ...more] = tensors;
  if (first !== undefined && more.length === 0 && NAMES.test(first[0])) return E.right(first[1]);
  return E.left(
    new CheckpointError({
      where: WHERE,
      what: "not the weights of a prompt",
      expected: `one tensor, ${NAME}`,
      got: brief([...tensors.keys()]),
      at: source,
    }),
  );
};

/** The rows of the encoder, and how many there are of the decoder. */
const contentOf = (
  x: HostArray,
  { num_virtual_tokens: length, token_dim: width, num_transformer_submodules: submodules }: Config,
  config: JsonObject,
  source: string,
): E.Either<CheckpointError, Content> => {
  const [rows, columns] = x.shape;
  const fits = x.shape.length === 2 && x.dtype === "float32" && columns === (width ?? columns);
  if (fits && (submodules === undefined ? rows === length || rows === 2 * length : rows === submodules * length)) {
    const prompt = { ...x, shape: [length, columns], data: x.data.slice(0, length * columns) };
    const settings: PromptSettings = { name: "prompt", length, position: "before" };
    return E.right({ settings, tuned: { prompt }, config, unusedRows: rows - length });
  }
  const expected = `f32[${submodules === undefined ? `${length} or ${2 * length}` : submodules * length},${width ?? "d"}]`;
  const got = `${new Aval(x.shape, x.dtype)}`;
  const what = "the prompt is not that of its configuration";
  return E.left(new CheckpointError({ where: WHERE, what, expected, got, at: source }));
};

/** Describes where a prompt stands and what it sees, for an error message. */
export const describePlace = (position: unknown, sees: unknown): string =>
  `position "${position}"${sees === undefined ? "" : `, sees ${brief(sees)}`}`;

const toPeft = ({ settings, tuned, config }: Content): E.Either<UnsupportedError, PeftAdapter> => {
  const { length, position, sees } = settings;
  if (position !== "before" || sees !== undefined) {
    return E.left(
      new UnsupportedError({
        where: "saveAdapter",
        what: "PEFT has no adapter for such a prompt",
        expected: 'position "before", and nothing in sees',
        got: describePlace(position, sees),
        hint: "save it in fluxion's own form, a .safetensors file",
      }),
    );
  }
  const own: JsonObject = {
    num_transformer_submodules: 1,
    num_virtual_tokens: length,
    token_dim: tuned.prompt.shape[1],
  };
  const start = config?.peft_type === "P_TUNING" ? {} : START;
  return E.right({
    config: sortedConfig(COMMON, USUAL, start, config, own),
    tensors: new Map([[NAME, tuned.prompt]]),
  });
};

/** Prompts in PEFT's form. */
export const PROMPT = peftForm(
  ["PROMPT_TUNING", "P_TUNING"],
  RULES,
  (config, adapter, source) =>
    pipe(
      rowsIn(adapter, source),
      E.chain((rows) => contentOf(rows, config, adapter.config, source)),
    ),
  toPeft,
);
