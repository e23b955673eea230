/**
 * @file Mesh TensorFlow's names of T5's parameters as T5X's. Blocks are layers, and the layers of a block are its parts in
 * order; kernels have the same axes.
 * Source: T5X, `t5x/checkpoint_importer.py`.
 */
import type { Shape } from "../../core/aval.js";

const PARTS = {
  encoder: ["pre_attention_layer_norm", "pre_mlp_layer_norm"],
  decoder: ["pre_self_attention_layer_norm", "pre_cross_attention_layer_norm", "pre_mlp_layer_norm"],
} as const;
type Stack = keyof typeof PARTS;

const KERNELS: Readonly<Record<string, string>> = { q: "query", k: "key", v: "value", o: "out" };

/** The modules of a layer, with the part of the block at which they have to be. */
const moduleOf = (stack: Stack, part: number, name: string): string | undefined => {
  const last = PARTS[stack].length - 1;
  if (name === "SelfAttention" && part === 0) return stack === "encoder" ? "attention" : "self_attention";
  if (name === "EncDecAttention" && stack === "decoder" && part === 1) return "encoder_decoder_attention";
  return name === "DenseReluDense" && part === last ? "mlp" : undefined;
};

const inBlock = (stack: Stack, block: number, part: number, rest: string): string | undefined => {
  const layer = `${stack}/layers_${block}`;
  const norm = PARTS[stack][part];
  if (/^(layer|rms)_norm\/scale$/.test(rest)) return norm && `${layer}/${norm}/scale`;
  if (rest === "SelfAttention/relative_attention_bias") {
    return block === 0 && part === 0 ? `${stack}/relpos_bias/rel_embedding` : undefined;
  }
  const [, name = "", kernel = ""] = /^(\w+)\/(q|k|v|o|(?:wi|wi_0|wi_1|wo)\/kernel)$/.exec(rest) ?? [];
  const module = moduleOf(stack, part, name);
  if (module === undefined) return undefined;
  if (module === "mlp") return kernel.endsWith("/kernel") ? `${layer}/mlp/${kernel}` : undefined;
  const theirs = KERNELS[kernel];
  return theirs && `${layer}/${module}/${theirs}/kernel`;
};

/** Parameters outside of the blocks. */
const WHOLE: ReadonlyMap<string, string> = new Map([
  ["shared/embedding", "token_embedder/embedding"],
  ["decoder/logits/kernel", "decoder/logits_dense/kernel"],
  ...(["encoder", "decoder"] as const).flatMap((stack): [string, string][] => [
    [`${stack}/final_layer_norm/scale`, `${stack}/${stack}_norm/scale`],
    [`${stack}/rms_norm/scale`, `${stack}/${stack}_norm/scale`],
  ]),
]);

/** The name of the step among the variables. */
export const STEP = "global_step";

/** Whether a variable is not a parameter: a slot of the optimizer, or the step. */
export const isState = (name: string): boolean => name === STEP || /_slot_(v|vr|vc|m)$/.test(name);

/**
 * T5X's name of a variable; undefined for one that is none of T5's.
 *
 * @example meshName("decoder/block_003/layer_001/EncDecAttention/o") // "decoder/layers_3/encoder_decoder_attention/out/kernel"
 */
export const meshName = (name: string): string | undefined => {
  const [, stack, block, part, rest] = /^(encoder|decoder)\/block_(\d{3,})\/layer_(\d{3})\/(.+)$/.exec(name) ?? [];
  return rest === undefined ? WHOLE.get(name) : inBlock(stack as Stack, Number(block), Number(part), rest);
};

/** The shape of a variable with the axes of heads and of a head in one, as in T5X, for those that have them apart. */
export const fusedShape = (t5xName: string, shape: Shape): Shape => {
  const [a, b, c] = shape as readonly [number, number, number];
  if (shape.length !== 3 || !/attention\/\w+\/kernel$/.test(t5xName)) return shape;
  return t5xName.endsWith("/out/kernel") ? [a * b, c] : [a, b * c];
};
