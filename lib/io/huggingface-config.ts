/**
 * @file The `config.json` of a T5, mT5 or UMT5 in transformers, read and written.
 *
 * Defaults are those of `T5Config`, `MT5Config` and `UMT5Config`. Unknown keys are ignored, since every version adds some. Architectures that
 * share the keys but compute something else are refused by name.
 *
 * In transformers 4, `tie_word_embeddings` decides both whether the embedding is the output layer and whether the decoder outputs are scaled.
 * transformers 5 always writes `true`, and ties the embeddings unless the weights contain a separate output layer. Scaling is `scale_decoder_outputs` for
 * `t5` and `umt5`; `mt5` never scales.
 * Source: transformers 5.24, `__post_init__` of `configuration_t5.py`, `configuration_umt5.py` and `configuration_mt5.py`, `tie_weights` of
 * `modeling_utils.py`.
 */

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { takes } from "../core/composite.js";
import { ConfigError } from "../core/errors.js";
import { brief, type Caller, decodeAs, naturalNumber, positiveInteger, such, withDefault } from "../edge/decode.js";
import { throwing } from "../edge/either.js";
import { isScaled, outputLayer, type T5Config } from "../t5/config.js";
import { specialIdError } from "../t5/ids.js";

export const configCaller: Caller<ConfigError> = { where: "loadHuggingFace", error: ConfigError };

const absent = t.union([t.undefined, t.null]);
const optional = <C extends t.Mixed>(codec: C) => t.union([codec, absent]);

/** Relatives of T5 that share its keys, and what they do differently. */
const RELATIVES: Readonly<Record<string, string>> = {
  longt5: "LongT5 attends to a window and to global tokens, here every token attends to all",
  switch_transformers: "Switch Transformers are mixtures of experts",
};

type ModelType = "t5" | "mt5" | "umt5";
const StoredType = t.type(
  { model_type: optional(t.string), architectures: optional(t.array(t.string)) },
  "model configuration",
);

/** What a file says its model is; where `model_type` is not there, by the class that was saved, as `UMT5ForConditionalGeneration`. */
const storedType = ({ model_type: type, architectures }: t.TypeOf<typeof StoredType>): string | undefined =>
  type ?? /^(\w*T5)(?:For|With|Encoder|Model)/.exec(architectures?.[0] ?? "")?.[1]?.toLowerCase();

/** Whether the configuration is that of a T5; files of the first versions do not say. */
const checkModelType = (raw: unknown, source: string): E.Either<ConfigError, ModelType> =>
  pipe(
    decodeAs(StoredType, configCaller, source)(raw),
    E.chain((stored) => {
      const type = storedType(stored);
      if (type === undefined || type === "t5") return E.right("t5");
      if (type === "mt5" || type === "umt5") return E.right(type);
      return E.left(
        new ConfigError({
          where: configCaller.where,
          what: "this is another architecture",
          expected: 'model_type "t5", "mt5" or "umt5"',
          got: brief(type),
          at: source,
          hint: Object.hasOwn(RELATIVES, type) ? RELATIVES[type] : undefined,
        }),
      );
    }),
  );

const Scaling = t.type({ scale_decoder_outputs: t.boolean });

/**
 * The configuration to use if the weights contain a separate output layer although `config.json` says that embeddings are tied, as transformers 5
 * always does. Undefined if an older version wrote the file: then the two contradict each other.
 */
export const withOwnHead = (raw: unknown, config: T5Config): T5Config | undefined => {
  if (!StoredType.is(raw)) return undefined;
  const type = storedType(raw);
  const says = Scaling.is(raw);
  if (!says && type !== "mt5" && type !== "umt5") return undefined;
  const { scaleDecoderOutputs: _, ...rest } = config;
  return { ...rest, ...outputLayer(false, says && isScaled(config)) };
};

/** In transformers' words; the tanh approximation is called `gelu_new` there, except in `gated-gelu`, which means it too. */
const FEED_FORWARD = {
  relu: { gated: false, activation: "relu" },
  gelu_new: { gated: false, activation: "gelu" },
  "gated-relu": { gated: true, activation: "relu" },
  "gated-gelu": { gated: true, activation: "gelu" },
  "gated-gelu_new": { gated: true, activation: "gelu" },
} as const satisfies Record<string, Pick<T5Config, "gated" | "activation">>;

/** Before the weights are compared there is a tree of as many layers as this says. The deepest T5 has 48. */
const layerCount = such(positiveInteger, (n) => n <= 1000, "positive integer up to 1000");

/** transformers takes a list of ends, of which decoding here knows one. */
const endId = such(
  t.union([naturalNumber, t.array(naturalNumber)]),
  (id) => !Array.isArray(id) || id.length === 1,
  "integer from 0, or a list of one: decoding ends at one token",
);

const HuggingFaceConfig = t.type(
  {
    vocab_size: positiveInteger,
    d_model: positiveInteger,
    d_kv: positiveInteger,
    d_ff: positiveInteger,
    num_heads: positiveInteger,
    num_layers: layerCount,
    num_decoder_layers: optional(layerCount),
    relative_attention_num_buckets: withDefault(positiveInteger, 32),
    relative_attention_max_distance: withDefault(positiveInteger, 128),
    layer_norm_epsilon: withDefault(
      such(t.number, (x) => Number.isFinite(x) && x > 0, "positive number"),
      1e-6,
    ),
    feed_forward_proj: optional(t.string),
    dense_act_fn: optional(t.string),
    is_gated_act: optional(t.boolean),
    tie_word_embeddings: optional(t.boolean),
    scale_decoder_outputs: optional(t.boolean),
    pad_token_id: withDefault(naturalNumber, 0),
    eos_token_id: withDefault(endId, 1),
    decoder_start_token_id: optional(naturalNumber),
    dropout_rate: withDefault(
      such(t.number, (x) => x >= 0 && x < 1, "number from 0 to below 1"),
      0.1,
    ),
  },
  "T5 configuration",
);
type HuggingFaceConfig = t.TypeOf<typeof HuggingFaceConfig>;

/** `is_gated_act` and `dense_act_fn` say more exactly what `feed_forward_proj` says, and win where they are present. */
const feedForwardName = (c: HuggingFaceConfig, modelType: ModelType): string => {
  const name = c.feed_forward_proj ?? (modelType === "t5" ? "relu" : "gated-gelu");
  const gated = c.is_gated_act ?? name.startsWith("gated-");
  const activation = name === "gated-gelu" ? "gelu_new" : name.replace(/^gated-/, "");
  return `${gated ? "gated-" : ""}${c.dense_act_fn ?? activation}`;
};

const feedForward = (
  c: HuggingFaceConfig,
  modelType: ModelType,
  source: string,
): E.Either<ConfigError, Pick<T5Config, "gated" | "activation">> => {
  const name = feedForwardName(c, modelType);
  // With `dense_act_fn: "gelu"` the name reads `gated-gelu` and means the exact function.
  if (Object.hasOwn(FEED_FORWARD, name) && c.dense_act_fn !== "gelu") {
    return E.right(FEED_FORWARD[name as keyof typeof FEED_FORWARD]);
  }
  return E.left(
    new ConfigError({
      where: configCaller.where,
      what: "this feed-forward layer is not supported",
      expected: Object.keys(FEED_FORWARD)
        .map((known) => brief(known))
        .join(" | "),
      got: brief(name),
      at: `${source}: ${c.dense_act_fn == null ? "feed_forward_proj" : "dense_act_fn"}`,
      hint: name.endsWith("gelu")
        ? "gelu is the exact function in transformers, gelu_new the tanh approximation"
        : undefined,
    }),
  );
};

/** The contents of a `config.json`: the architecture, and what else it says about the model. */
export interface StoredConfig {
  readonly config: T5Config;
  /** The rate the model was trained with: a proposal, since dropout belongs to training and not to the model. */
  readonly dropoutRate: number;
  /** Present for an mT5, which computes what a T5 of the same configuration computes but is another class in transformers. */
  readonly modelType?: "mt5";
}

const storedConfig = (
  c: HuggingFaceConfig,
  ff: Pick<T5Config, "gated" | "activation">,
  modelType: ModelType,
): StoredConfig => ({
  dropoutRate: c.dropout_rate,
  ...(modelType === "mt5" && { modelType }),
  config: {
    vocabSize: c.vocab_size,
    dModel: c.d_model,
    dKv: c.d_kv,
    dFf: c.d_ff,
    numHeads: c.num_heads,
    numLayers: c.num_layers,
    numDecoderLayers: c.num_decoder_layers ?? c.num_layers,
    relativeAttentionNumBuckets: c.relative_attention_num_buckets,
    relativeAttentionMaxDistance: c.relative_attention_max_distance,
    layerNormEpsilon: c.layer_norm_epsilon,
    gated: ff.gated,
    activation: ff.activation,
    ...(modelType === "umt5" && { relativeAttentionPerLayer: true }),
    ...outputLayer(
      c.tie_word_embeddings ?? modelType !== "mt5",
      modelType === "mt5" ? false : (c.scale_decoder_outputs ?? undefined),
    ),
    padId: c.pad_token_id,
    eosId: [c.eos_token_id].flat()[0] as number,
    decoderStartId: c.decoder_start_token_id ?? c.pad_token_id,
  },
});

/** As `decodeHuggingFaceConfig`, as an Either of fp-ts. */
export const decodeHuggingFaceConfigE = takes(
  "decodeHuggingFaceConfigE(raw, source)",
  (raw: unknown, source = "config.json"): E.Either<ConfigError, StoredConfig> =>
    pipe(
      E.Do,
      E.bind("modelType", () => checkModelType(raw, source)),
      E.bind("c", () => decodeAs(HuggingFaceConfig, configCaller, source)(raw)),
      E.bind("ff", ({ c, modelType }) => feedForward(c, modelType, source)),
      E.map(({ c, ff, modelType }) => storedConfig(c, ff, modelType)),
      E.chain((stored) => {
        const error = specialIdError(configCaller.where, stored.config, source);
        return error === undefined ? E.right(stored) : E.left(error);
      }),
    ),
);

/**
 * Decodes the value of a `config.json` of a T5 (1.0, 1.1, LM-adapted, Flan), mT5 or UMT5 (Pile-T5); `source` names it in errors.
 *
 * @throws {ConfigError} for values of a wrong kind, special tokens outside of the vocabulary, other architectures and other feed-forward layers
 * @example const { config } = decodeHuggingFaceConfig(JSON.parse(text), "t5-small/config.json")
 */
export const decodeHuggingFaceConfig = throwing("decodeHuggingFaceConfig(raw, source)", decodeHuggingFaceConfigE);

/**
 * The value of a `config.json` that transformers reads as this T5.
 *
 * - `dropoutRate`: default 0.1, as there
 * - `modelType`: `mt5` names the class of mT5; a model whose decoder's results are scaled is a `t5`, since mT5 never scales
 * @example JSON.stringify(encodeHuggingFaceConfig({ config: t5.configs["t5-1.1-small"] }), null, 2)
 */
export const encodeHuggingFaceConfig = takes(
  "encodeHuggingFaceConfig(t5)",
  ({
    config: c,
    dropoutRate = 0.1,
    modelType: given,
  }: Pick<StoredConfig, "config"> & Partial<StoredConfig>): Readonly<Record<string, unknown>> => {
    const feedForwardProj = { relu: "relu", gelu: c.gated ? "gelu" : "gelu_new" }[c.activation];
    const shared = given === "mt5" && !isScaled(c) ? given : "t5";
    const modelType = c.relativeAttentionPerLayer === true ? "umt5" : shared;
    return {
      architectures: [`${modelType.toUpperCase()}ForConditionalGeneration`],
      d_ff: c.dFf,
      d_kv: c.dKv,
      d_model: c.dModel,
      decoder_start_token_id: c.decoderStartId,
      dense_act_fn: c.activation === "gelu" ? "gelu_new" : "relu",
      dropout_rate: dropoutRate,
      eos_token_id: c.eosId,
      feed_forward_proj: `${c.gated ? "gated-" : ""}${feedForwardProj}`,
      is_encoder_decoder: true,
      is_gated_act: c.gated,
      layer_norm_epsilon: c.layerNormEpsilon,
      model_type: modelType,
      num_decoder_layers: c.numDecoderLayers,
      num_heads: c.numHeads,
      num_layers: c.numLayers,
      pad_token_id: c.padId,
      relative_attention_max_distance: c.relativeAttentionMaxDistance,
      relative_attention_num_buckets: c.relativeAttentionNumBuckets,
      // mT5 never scales, and has no such key.
      ...(modelType !== "mt5" && { scale_decoder_outputs: isScaled(c) }),
      tie_word_embeddings: c.tiedEmbeddings,
      vocab_size: c.vocabSize,
    };
  },
);
