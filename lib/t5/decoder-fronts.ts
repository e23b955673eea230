/** @file What the self-attention of the decoder sees before its tokens: keys and values with and without positions. */
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { KeyValue } from "./attention.js";
import type { T5Config, T5RelativePositions } from "./config.js";
import { biasWithFront, type Front, frontOf, inFront, ofLayer, type PrefixKeyValues } from "./key-values.js";
import { biasPerLayer, positionBias } from "./layers.js";
import { causalMask, maskBias, type Places } from "./masks.js";

/** The fronts of the attentions of a decoder. */
export interface DecoderFronts {
  readonly decoder: Front | undefined;
  readonly positioned: Front | undefined;
  readonly cross: Front | undefined;
}

/** The fronts of one layer, or of all with a first axis for the layer. */
export type LayerFronts = { readonly [K in keyof DecoderFronts]: KeyValue | undefined };

/** The fronts of the attentions of a decoder. @throws {ShapeError} when one does not fit the model and the batch */
export const decoderFronts = (
  config: T5Config,
  prefixes: PrefixKeyValues | undefined,
  examples: number,
): DecoderFronts => ({
  decoder: frontOf(config, prefixes, "decoder", examples),
  positioned: frontOf(config, prefixes, "decoderPositioned", examples),
  cross: frontOf(config, prefixes, "cross", examples),
});

/** The keys and values of fronts alone, with a first axis for the layer. */
export const layerFronts = ({ decoder, positioned, cross }: DecoderFronts): LayerFronts => ({
  decoder: decoder?.layers,
  positioned: positioned?.layers,
  cross: cross?.layers,
});

/** The keys and values of the fronts of one layer. */
export const frontsOfLayer = (fronts: DecoderFronts, i: number): LayerFronts => ofLayer(layerFronts(fronts), i);

/** Keys and values of tokens behind those of a layer's fronts. */
export const behindFronts = ({ decoder, positioned }: LayerFronts, seen: KeyValue): KeyValue =>
  inFront(decoder, inFront(positioned, seen));

/**
 * The bias of the decoder's self-attention over whole sequences, `[1 or rows, heads, S, n + S]`.
 *
 * @param targets  the positions of the decoder, `[rows, S]`
 */
export const selfBias = (
  config: T5Config,
  stack: T5RelativePositions<Tensor>,
  targets: Places,
  { decoder, positioned }: DecoderFronts,
): ((layer: T5RelativePositions<Tensor>) => Tensor) => {
  const [length, before] = [targets.valid.shape[1], positioned?.count ?? 0];
  const position = positionBias(config, before + length, before + length, false);
  const mask = biasWithFront(maskBias(causalMask(targets)), positioned);
  return biasPerLayer(stack, (table) => {
    const all = position(table);
    const ofTokens = before === 0 ? all : np.slice(all, [null, null, [before, before + length]]);
    return biasWithFront(np.add(ofTokens, mask), decoder);
  });
};
