/**
 * @file Reads a T5 from a Hugging Face directory: `config.json` and `model.safetensors`.
 *
 * The defaults of `config.json` are those of `T5Config` in transformers; unknown keys are let through, since every version
 * adds some. All tensors are checked by name, shape and dtype before the first is read.
 */
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import { CheckpointError, ConfigError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { flatten, type KeyPath, pathsOf, unflatten } from "../core/pytree.js";
import { dimSize, isDims, paramDims, type T5Config, type T5Dim, type T5Tree } from "../t5/config.js";
import { type Caller, decodeAs, naturalNumber, positiveInteger, such, withDefault } from "./decode.js";
import { sameBits, transposed } from "./elements.js";
import { readText } from "./files.js";
import { type Differences, differencesOf, misfitError, type Wanted } from "./fit.js";
import { parseJson } from "./json.js";
import { type HuggingFaceName, huggingFaceName, UNUSED_NAMES } from "./names.js";
import { openSafetensors, type SafetensorsFile } from "./safetensors.js";

const WHERE = "loadHuggingFace";
const configCaller: Caller<ConfigError> = { where: WHERE, error: ConfigError };

const absent = t.union([t.undefined, t.null]);

const HuggingFaceConfig = t.type(
  {
    vocab_size: positiveInteger,
    d_model: positiveInteger,
    d_kv: positiveInteger,
    d_ff: positiveInteger,
    num_heads: positiveInteger,
    num_layers: positiveInteger,
    num_decoder_layers: t.union([positiveInteger, absent]),
    relative_attention_num_buckets: withDefault(positiveInteger, 32),
    relative_attention_max_distance: withDefault(positiveInteger, 128),
    layer_norm_epsilon: withDefault(
      such(t.number, (x) => x > 0, "positive number"),
      1e-6,
    ),
    feed_forward_proj: withDefault(t.keyof({ "gated-gelu": null, relu: null }, '"gated-gelu" | "relu"'), "relu"),
    tie_word_embeddings: withDefault(t.boolean, true),
    pad_token_id: withDefault(naturalNumber, 0),
    eos_token_id: withDefault(naturalNumber, 1),
    decoder_start_token_id: t.union([naturalNumber, absent]),
    dropout_rate: withDefault(
      such(t.number, (x) => x >= 0 && x < 1, "number from 0 to below 1"),
      0.1,
    ),
  },
  "T5 configuration",
);

/** A T5 as it was stored. */
export interface StoredT5 {
  readonly config: T5Config;
  /** All float32. */
  readonly params: T5Tree<HostArray>;
  /** The rate it was trained with: a proposal, since dropout belongs to training and not to the model. */
  readonly dropoutRate: number;
}

/** Decodes the value of a `config.json`; `source` names it in errors. */
export const decodeHuggingFaceConfig = (
  raw: unknown,
  source = "config.json",
): E.Either<ConfigError, Pick<StoredT5, "config" | "dropoutRate">> =>
  pipe(
    decodeAs(HuggingFaceConfig, configCaller, source)(raw),
    E.map((c) => ({
      dropoutRate: c.dropout_rate,
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
        gated: c.feed_forward_proj === "gated-gelu",
        activation: c.feed_forward_proj === "relu" ? "relu" : "gelu",
        tiedEmbeddings: c.tie_word_embeddings,
        padId: c.pad_token_id,
        eosId: c.eos_token_id,
        decoderStartId: c.decoder_start_token_id ?? c.pad_token_id,
      },
    })),
  );

/** A tensor expected in the file, its shape there, and what its axes mean. */
interface WantedParam extends Wanted, HuggingFaceName {
  readonly dims: readonly T5Dim[];
}

const wantedParam = (config: T5Config, path: KeyPath, ours: readonly T5Dim[]): WantedParam => {
  const name = huggingFaceName(path, config.tiedEmbeddings) as HuggingFaceName;
  const dims = name.transposed ? ours.toReversed() : ours;
  return { ...name, dims, dtype: "float32", shape: dims.map((dim) => dimSize(config, dim)) };
};

const FIELD: Record<T5Dim, string> = {
  vocabSize: "vocab_size",
  dModel: "d_model",
  inner: "num_heads * d_kv",
  dFf: "d_ff",
  numHeads: "num_heads",
  relativeAttentionNumBuckets: "relative_attention_num_buckets",
};

/** The sizes in which all mis-shaped tensors agree to differ from the configuration; none when they do not agree. */
const sizeHints = (config: T5Config, { misfits }: Differences<WantedParam>): string[] => {
  const found = new Map<T5Dim, number>();
  for (const { wanted, got } of misfits) {
    if (got.shape.length !== wanted.shape.length) return [];
    for (const [axis, dim] of wanted.dims.entries()) {
      const size = got.shape[axis] as number;
      if (found.has(dim) && found.get(dim) !== size) return [];
      found.set(dim, size);
    }
  }
  const differing = [...found].filter(([dim, size]) => size !== dimSize(config, dim));
  return differing.map(
    ([dim, size]) => `this checkpoint has ${FIELD[dim]} ${size}; config.json says ${dimSize(config, dim)}`,
  );
};

const blocksOf = (stack: string, names: Iterable<string>): number =>
  Math.max(
    0,
    ...[...names].map((name) => 1 + Number(new RegExp(`^${stack}\\.block\\.(\\d+)\\.`).exec(name)?.[1] ?? -1)),
  );

const depthHints = (config: T5Config, names: readonly string[]): string[] =>
  (["num_layers", "num_decoder_layers"] as const).flatMap((field) => {
    const [blocks, layers] =
      field === "num_layers"
        ? [blocksOf("encoder", names), config.numLayers]
        : [blocksOf("decoder", names), config.numDecoderLayers];
    return blocks === 0 || blocks === layers
      ? []
      : [`this checkpoint has ${field} ${blocks}; config.json says ${layers}`];
  });

const kindHints = (config: T5Config, names: readonly string[]): string[] => {
  const gated = names.some((name) => name.endsWith(".wi_0.weight"));
  const plain = names.some((name) => name.endsWith(".wi.weight"));
  const head = names.includes("lm_head.weight");
  return [
    ...(config.gated && plain ? ["this checkpoint has feed_forward_proj relu; config.json says gated-gelu"] : []),
    ...(!config.gated && gated ? ["this checkpoint has feed_forward_proj gated-gelu; config.json says relu"] : []),
    ...(!config.tiedEmbeddings && !head
      ? ["this checkpoint has no lm_head.weight; config.json says tie_word_embeddings false"]
      : []),
  ];
};

const checkFit = (
  config: T5Config,
  wanted: readonly WantedParam[],
  file: SafetensorsFile,
): CheckpointError | undefined => {
  const differences = differencesOf(wanted, file.entries, UNUSED_NAMES);
  const names = [...file.entries.keys()];
  const hints = [...sizeHints(config, differences), ...depthHints(config, names), ...kindHints(config, names)];
  return misfitError(WHERE, file.path, wanted.length, differences, hints.length > 0 ? hints.join("; ") : undefined);
};

/** Reads one parameter; copies of it under other names have to be equal to it. */
const readParam = (
  file: SafetensorsFile,
  { names, transposed: exchange }: WantedParam,
): TE.TaskEither<CheckpointError, HostArray> => {
  const [first, ...copies] = names.filter((name) => file.entries.has(name)) as [string, ...string[]];
  const checkCopy = (value: HostArray, copy: string): TE.TaskEither<CheckpointError, HostArray> =>
    pipe(
      file.read(copy),
      TE.filterOrElse(
        (other) => sameBits(other, value),
        () =>
          new CheckpointError({
            where: WHERE,
            what: "two tensors that T5 shares are different",
            expected: `${copy} equal to ${first}`,
            got: "other values",
            at: file.path,
          }),
      ),
      TE.map(() => value),
    );
  return pipe(
    copies.reduce((result, copy) => TE.chain((value: HostArray) => checkCopy(value, copy))(result), file.read(first)),
    TE.map((value) => (exchange ? transposed(value) : value)),
  );
};

const readParams = (config: T5Config, file: SafetensorsFile): TE.TaskEither<CheckpointError, T5Tree<HostArray>> => {
  const [dims, treedef] = flatten(paramDims(config), isDims);
  const paths = pathsOf(treedef);
  const wanted = paths.map((path, i) => wantedParam(config, path, dims[i] as readonly T5Dim[]));
  const error = checkFit(config, wanted, file);
  if (error !== undefined) return TE.left(error);
  return pipe(
    wanted,
    TE.traverseSeqArray((param) => readParam(file, param)),
    TE.map((leaves) => unflatten(treedef, leaves) as T5Tree<HostArray>),
  );
};

/**
 * Loads a T5 1.0 or 1.1 from a Hugging Face directory, in float32 whatever it is stored in.
 *
 * @param dir  a folder with `config.json` and `model.safetensors`
 * @returns    a ConfigError when `config.json` is missing or does not decode; a CheckpointError when the weights are missing,
 *             damaged, or do not fit the configuration, with all missing, unexpected and mis-shaped tensors together
 * @example const { config, params } = orThrow(await loadHuggingFace("assets/t5-nano")())
 */
export const loadHuggingFace = (dir: string): TE.TaskEither<CheckpointError | ConfigError, StoredT5> => {
  const configPath = join(dir, "config.json");
  const weights = (config: T5Config): TE.TaskEither<CheckpointError, T5Tree<HostArray>> =>
    TE.bracket(
      openSafetensors(join(dir, "model.safetensors")),
      (file) => readParams(config, file),
      (file) => TE.fromTask(file.close),
    );
  return pipe(
    readText(configPath, configCaller),
    TE.chainEitherK((text) => parseJson(text, configCaller, configPath)),
    TE.chainEitherK((raw) => decodeHuggingFaceConfig(raw, configPath)),
    TE.chainW(({ config, dropoutRate }) =>
      pipe(
        weights(config),
        TE.map((params) => ({ config, params, dropoutRate })),
      ),
    ),
  );
};
