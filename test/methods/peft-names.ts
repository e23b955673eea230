/**
 * @file Where the tensors of transformers and PEFT stand in our trees, written by their documentation and without the library's own
 * names, so that the two check each other.
 */
import type { Host } from "../helpers/golden.js";
import { networkPlace } from "./network-names.js";

/** The modules of one layer by their place in it: `layer.0`, `layer.1`, `layer.2`. */
const PARTS = {
  encoder: ["attention", "mlp"],
  decoder: ["selfAttention", "encoderDecoderAttention", "mlp"],
} as const;
const NORMS = {
  encoder: ["preAttentionLayerNorm", "preMlpLayerNorm"],
  decoder: ["preSelfAttentionLayerNorm", "preCrossAttentionLayerNorm", "preMlpLayerNorm"],
} as const;
const LINEAR: Readonly<Record<string, string>> = {
  q: "query",
  k: "key",
  v: "value",
  o: "out",
  wi: "wi",
  wi_0: "wi0",
  wi_1: "wi1",
  wo: "wo",
};

/** The slash path of a module of transformers' T5, such as `encoder.block.0.layer.1.DenseReluDense.wi_0`. */
export const slashPathOf = (module: string): string => {
  if (module === "shared") return "tokenEmbedder";
  if (module === "lm_head") return "decoder/logitsDense";
  const final = /^(encoder|decoder)\.final_layer_norm$/.exec(module);
  if (final !== null) return `${final[1]}/${final[1]}Norm`;
  const found = /^(encoder|decoder)\.block\.(\d+)\.layer\.(\d)\.(\w+)(?:\.(\w+))?$/.exec(module);
  if (found === null) throw new Error(`${module} is not a module of T5`);
  const [, stack, layer, part, block, name] = found;
  const side = stack as "encoder" | "decoder";
  if (name === "relative_attention_bias") return `${stack}/relposBias`;
  const own =
    block === "layer_norm" ? NORMS[side][Number(part)] : `${PARTS[side][Number(part)]}/${LINEAR[name as string]}`;
  return `${stack}/layers/${layer}/${own}`;
};

/** Where a tensor of theirs stands in a trained tree of ours, and whether its axes are exchanged there. */
export interface Place {
  readonly path: readonly string[];
  readonly transposed: boolean;
  /** Where ours has one array for the networks of all vectors: the row of this one. */
  readonly row?: number;
}

/** The place of a weight by transformers' name, in the tree of `weights`: one key, its slash path. */
export const weightPlace = (name: string): Place => {
  const path = slashPathOf(name.replace(/\.weight$/, ""));
  const norm = /Norm$/.test(path);
  const leaf =
    path === "tokenEmbedder" ? "embedding" : path.endsWith("relposBias") ? "relEmbedding" : norm ? "scale" : "kernel";
  return { path: [`${path}/${leaf}`], transposed: leaf === "kernel" || leaf === "relEmbedding" };
};

/** The width of both golden models. */
const WIDTH = 64;

/** What PEFT writes behind the name of a module, and the key that it has in ours; the second axis of IA3's vectors says which side it scales. */
const FACTORS: readonly (readonly [suffix: RegExp, key: (shape: readonly number[]) => string, transposed: boolean])[] =
  [
    [/\.lora_A\.weight$/, () => "a", true],
    [/\.lora_B\.weight$/, () => "b", true],
    [/\.lora_magnitude_vector$/, () => "magnitude", false],
    [/\.ia3_l$/, (shape) => (shape[1] === 1 ? "out" : "in"), false],
  ];

/** The place of a trained tensor by PEFT's name. */
export const placeOf = (name: string, shape: readonly number[]): Place => {
  // A prefix has the numbers of all layers in a row, a prompt those of a vector.
  if (name === "prompt_embeddings") return { path: [shape[1] > WIDTH ? "prefix" : "prompt"], transposed: false };
  const ofNetwork = networkPlace(name);
  if (ofNetwork !== undefined) return ofNetwork;
  const inner = name.replace(/^base_model\.model\./, "");
  const norm = /^(.*)\.ln_tuning_layers\.weight$/.exec(inner);
  if (norm !== null) return weightPlace(`${norm[1]}.weight`);
  for (const [suffix, key, transposed] of FACTORS) {
    if (suffix.test(inner)) return { path: [slashPathOf(inner.replace(suffix, "")), key(shape)], transposed };
  }
  return weightPlace(inner);
};

/** A matrix with its axes exchanged. */
const transposed = ({ shape: [rows, columns], data }: Host): Host => ({
  shape: [columns, rows],
  data: Float64Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]),
});

/** A tensor of theirs as ours has it, scales without axes of one; its own inverse but for these axes. */
export const turned = (place: Place, x: Host): Host => {
  if (place.transposed) return transposed(x);
  const isScale = ["in", "out"].includes(place.path.at(-1) as string);
  return { shape: isScale ? x.shape.filter((n) => n !== 1) : x.shape, data: x.data };
};
