/**
 * @file Whether the tensors of a checkpoint in Hugging Face's names are those of a configuration, and if not, which of its fields may
 * be wrong.
 */
import type { CheckpointError } from "../core/errors.js";
import { flatten, type KeyPath, pathsOf } from "../core/pytree.js";
import { type Differences, differencesOf, misfitError, type Wanted } from "../edge/fit.js";
import { dimSize, isDims, paramDims, type T5Config, type T5Dim } from "../t5/config.js";
import { type HuggingFaceName, huggingFaceName, UNUSED_NAMES } from "../t5/huggingface-names.js";
import type { SafetensorsFile } from "./safetensors.js";

/** A tensor expected in the file, its shape there, and what its axes mean. */
export interface WantedParam extends Wanted, HuggingFaceName {
  /** Where it stands in our tree. */
  readonly path: KeyPath;
  readonly dims: readonly T5Dim[];
}

const wantedParam = (config: T5Config, path: KeyPath, ours: readonly T5Dim[]): WantedParam => {
  const name = huggingFaceName(path, config.tiedEmbeddings) as HuggingFaceName;
  const dims = name.transposed ? ours.toReversed() : ours;
  return { ...name, path, dims, dtype: "float32", shape: dims.map((dim) => dimSize(config, dim)) };
};

const FIELD: Record<T5Dim, string> = {
  vocabSize: "vocab_size",
  dModel: "d_model",
  inner: "num_heads * d_kv",
  dFf: "d_ff",
  numHeads: "num_heads",
  relativeAttentionNumBuckets: "relative_attention_num_buckets",
};

/** What a file of this T5 should hold, in the order of the leaves of its parameter tree. */
export const wantedParams = (config: T5Config): WantedParam[] => {
  const [dims, treedef] = flatten(paramDims(config), isDims);
  return pathsOf(treedef).map((path, i) => wantedParam(config, path, dims[i] as readonly T5Dim[]));
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

const blocksOf = (stack: string, names: readonly string[]): number => {
  const block = new RegExp(`^${stack}\\.block\\.(\\d+)\\.`);
  return names.reduce((most, name) => Math.max(most, 1 + Number(block.exec(name)?.[1] ?? -1)), 0);
};

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

const ENCODER_ALONE =
  "this is an encoder alone, as T5EncoderModel saves it; give the T5 that it is from, of which t5.encode uses the encoder";

/** What does not fit, and which field of `config.json` may be the reason; undefined when everything fits. */
export const checkFit = (
  config: T5Config,
  wanted: readonly WantedParam[],
  file: SafetensorsFile,
): CheckpointError | undefined => {
  const differences = differencesOf(wanted, file.entries, UNUSED_NAMES);
  const names = [...file.entries.keys()];
  // Nothing else that is missing says more.
  const encoderAlone = blocksOf("encoder", names) > 0 && !names.some((name) => name.startsWith("decoder."));
  const hints = encoderAlone
    ? [ENCODER_ALONE]
    : [...sizeHints(config, differences), ...depthHints(config, names), ...kindHints(config, names)];
  return misfitError("loadHuggingFace", file.path, wanted.length, differences, {
    hint: hints.length > 0 ? hints.join("; ") : undefined,
  });
};
