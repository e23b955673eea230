/**
 * @file The names of T5's parameters: our key paths (T5X's, in camel case) and Hugging Face's, both ways.
 *
 * Hugging Face counts the parts of a layer (`layer.0`, `layer.1`, `layer.2`), keeps the relative position table that a stack shares in its
 * first layer, and stores kernels as `[out, in]`. So kernels and position tables are transposed, the embedding is not.
 */
import type { KeyPath } from "../core/pytree.js";
import { flatten, pathsOf } from "../core/pytree.js";
import { isDims, paramDims, type T5Config } from "../t5/config.js";

const EMBEDDING = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"] as const;
export const HEAD = "lm_head.weight";
const RELATIVE_BIAS = "layer.0.SelfAttention.relative_attention_bias.weight";

/** Parameters outside of the layers. */
const WHOLE: ReadonlyMap<string, string> = new Map([
  ["encoder.relposBias.relEmbedding", `encoder.block.0.${RELATIVE_BIAS}`],
  ["encoder.encoderNorm.scale", "encoder.final_layer_norm.weight"],
  ["decoder.relposBias.relEmbedding", `decoder.block.0.${RELATIVE_BIAS}`],
  ["decoder.decoderNorm.scale", "decoder.final_layer_norm.weight"],
  ["decoder.logitsDense.kernel", HEAD],
]);

const attention = (ours: string, theirs: string): [string, string][] => [
  [`${ours}.query.kernel`, `${theirs}.q.weight`],
  [`${ours}.key.kernel`, `${theirs}.k.weight`],
  [`${ours}.value.kernel`, `${theirs}.v.weight`],
  [`${ours}.out.kernel`, `${theirs}.o.weight`],
];
const mlp = (theirs: string): [string, string][] => [
  ["mlp.wi.kernel", `${theirs}.DenseReluDense.wi.weight`],
  ["mlp.wi0.kernel", `${theirs}.DenseReluDense.wi_0.weight`],
  ["mlp.wi1.kernel", `${theirs}.DenseReluDense.wi_1.weight`],
  ["mlp.wo.kernel", `${theirs}.DenseReluDense.wo.weight`],
];

/** Parameters of one layer, below `encoder.layers[i]` here and `encoder.block.i` there. */
const ENCODER_LAYER = new Map([
  ["preAttentionLayerNorm.scale", "layer.0.layer_norm.weight"],
  ...attention("attention", "layer.0.SelfAttention"),
  ["preMlpLayerNorm.scale", "layer.1.layer_norm.weight"],
  ...mlp("layer.1"),
  ["relposBias.relEmbedding", RELATIVE_BIAS],
]);
const DECODER_LAYER = new Map([
  ["preSelfAttentionLayerNorm.scale", "layer.0.layer_norm.weight"],
  ...attention("selfAttention", "layer.0.SelfAttention"),
  ["preCrossAttentionLayerNorm.scale", "layer.1.layer_norm.weight"],
  ...attention("encoderDecoderAttention", "layer.1.EncDecAttention"),
  ["preMlpLayerNorm.scale", "layer.2.layer_norm.weight"],
  ...mlp("layer.2"),
  ["relposBias.relEmbedding", RELATIVE_BIAS],
]);
const LAYER: ReadonlyMap<unknown, ReadonlyMap<string, string>> = new Map([
  ["encoder", ENCODER_LAYER],
  ["decoder", DECODER_LAYER],
]);

/** What Hugging Face calls a parameter of ours. */
export interface HuggingFaceName {
  /** The usual name first, then names under which tied copies of the same tensor may be stored. */
  readonly names: readonly string[];
  /** Whether its two axes are exchanged there. */
  readonly transposed: boolean;
}

/**
 * The Hugging Face names of the parameter at `path`; undefined for a path that is none of T5's, such as a prompt.
 *
 * @param tied  whether the output layer is the embedding (T5 1.0), so that `lm_head.weight` may be stored as a copy of it
 * @example huggingFaceName(["encoder", "layers", 3, "mlp", "wi0", "kernel"], false)?.names[0]
 *          // "encoder.block.3.layer.1.DenseReluDense.wi_0.weight"
 */
export const huggingFaceName = (path: KeyPath, tied: boolean): HuggingFaceName | undefined => {
  const joined = path.join(".");
  if (joined === "tokenEmbedder.embedding")
    return { names: tied ? [...EMBEDDING, HEAD] : EMBEDDING, transposed: false };
  const [stack, layers, index, ...rest] = path;
  const inLayer = layers === "layers" ? LAYER.get(stack)?.get(rest.join(".")) : undefined;
  const name = inLayer === undefined ? WHOLE.get(joined) : `${stack}.block.${index}.${inLayer}`;
  if (name === undefined) return undefined;
  const leaf = path.at(-1);
  return { names: [name], transposed: leaf === "kernel" || leaf === "relEmbedding" };
};

const WEIGHT = ".weight";

/** The leaf of a node that Hugging Face calls a module's weight. */
const LEAVES = ["kernel", "scale"] as const;

/**
 * The Hugging Face module of a kernel or a norm, by the slash path of its node; undefined for a path that is neither's.
 *
 * @example moduleName("encoder/layers/0/attention/query") // "encoder.block.0.layer.0.SelfAttention.q"
 */
export const moduleName = (node: string): string | undefined => {
  const keys = node.split("/");
  const names = LEAVES.flatMap((leaf) => huggingFaceName([...keys, leaf], false)?.names ?? []);
  return names[0]?.slice(0, -WEIGHT.length);
};

const NODES_OF_LAYER: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  [...LAYER].map(([stack, names]) => [stack as string, new Map([...names].map(([ours, theirs]) => [theirs, ours]))]),
);
const NODES: ReadonlyMap<string, string> = new Map([...WHOLE].map(([ours, theirs]) => [theirs, ours]));

/**
 * The slash path of the node of a Hugging Face module, the other way round; undefined for a module that is neither a kernel nor a norm.
 *
 * @example nodePath("decoder.block.2.layer.0.layer_norm") // "decoder/layers/2/preSelfAttentionLayerNorm"
 */
export const nodePath = (module: string): string | undefined => {
  const [, stack, index, rest] = /^(encoder|decoder)\.block\.(\d+)\.(.+)$/.exec(module) ?? [];
  const name = (rest ?? module) + WEIGHT;
  const leaf = stack === undefined ? NODES.get(name) : NODES_OF_LAYER.get(stack)?.get(name);
  if (leaf === undefined || leaf.endsWith("relEmbedding")) return undefined;
  const node = leaf.replace(/\.(kernel|scale)$/, "").replaceAll(".", "/");
  return stack === undefined ? node : `${stack}/layers/${Number(index)}/${node}`;
};

/** Our key path of every Hugging Face name that a T5 of this configuration may have. */
export const pathsByHuggingFaceName = (config: T5Config): ReadonlyMap<string, KeyPath> =>
  new Map(
    pathsOf(flatten(paramDims(config), isDims)[1]).flatMap((path) =>
      (huggingFaceName(path, config.tiedEmbeddings)?.names ?? []).map((name): [string, KeyPath] => [name, path]),
    ),
  );

/** Tensors of older checkpoints that no T5 uses: cross attention has no relative positions. */
export const UNUSED_NAMES: ReadonlySet<string> = new Set([
  "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
]);
