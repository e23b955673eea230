/**
 * @file Prefixes as PEFT stores them for T5: one tensor of rows, `[n, 2 L a]`, without the network that made them.
 *
 * Source: https://github.com/huggingface/peft, `PrefixEncoder` and `get_peft_model_state_dict`, version 0.21.
 */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { Aval } from "../../core/aval.js";
import { CheckpointError } from "../../core/errors.js";
import type { HostArray } from "../../core/host.js";
import { brief, optional, positiveInteger } from "../../edge/decode.js";
import {
  COMMON,
  type JsonObject,
  type PeftAdapter,
  type PeftContent,
  peftForm,
  sortedConfig,
  WHERE,
} from "./adapter.js";

type Content = PeftContent<{ readonly name: "peft-prefix"; readonly length: number }, { readonly prefix: HostArray }>;

const Config = t.type(
  {
    num_virtual_tokens: positiveInteger,
    token_dim: optional(positiveInteger),
    num_layers: optional(positiveInteger),
  },
  "adapter configuration",
);

/** With another number of submodules PEFT 0.21 fails in the forward pass of a T5. */
const SUBMODULES = 2;

const USUAL: JsonObject = {
  encoder_hidden_size: null,
  init_weights: null,
  modules_to_save: null,
  num_attention_heads: null,
  num_layers: null,
  num_transformer_submodules: SUBMODULES,
  peft_type: "PREFIX_TUNING",
  prefix_projection: false,
};

const NAME = "prompt_embeddings";

const RULES = {
  codec: Config,
  read: Object.keys(Config.props),
  // The network is not stored, and heads are those of the model.
  free: ["encoder_hidden_size", "init_weights", "num_attention_heads", "prefix_projection"],
  usual: USUAL,
  hint: "train it again with methods.prefix, or with PEFT's usual settings",
};

const fromPeft = (
  config: t.TypeOf<typeof Config>,
  { tensors, config: all }: PeftAdapter,
  source: string,
): E.Either<CheckpointError, Content> => {
  const refused = (what: string, expected: string, got: string) =>
    E.left(new CheckpointError({ where: WHERE, what, expected, got, at: source }));
  const [first, ...more] = tensors;
  if (first === undefined || more.length > 0 || first[0] !== NAME) {
    return refused("not the weights of a prefix", `one tensor, ${NAME}`, brief([...tensors.keys()]));
  }
  const { num_virtual_tokens: length, token_dim: width, num_layers: layers } = config;
  const [, prefix] = first;
  const columns = width === undefined || layers === undefined ? undefined : 2 * layers * width;
  const [rows, numbers] = prefix.shape;
  const fits = prefix.shape.length === 2 && prefix.dtype === "float32" && rows === length;
  if (!fits || numbers !== (columns ?? numbers)) {
    const expected = `f32[${length},${columns ?? "2 L a"}]`;
    return refused("the prefix is not that of its configuration", expected, `${new Aval(prefix.shape, prefix.dtype)}`);
  }
  return E.right({ settings: { name: "peft-prefix", length }, tuned: { prefix }, config: all });
};

const toPeft = ({ settings, tuned, config }: Content): PeftAdapter => ({
  config: sortedConfig(COMMON, USUAL, config, { num_virtual_tokens: settings.length }),
  tensors: new Map([[NAME, tuned.prefix]]),
});

/** Prefixes in PEFT's form. */
export const PREFIX = peftForm(["PREFIX_TUNING"], RULES, fromPeft, (content: Content) => E.right(toPeft(content)));
