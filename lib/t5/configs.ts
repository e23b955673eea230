/**
 * @file The released T5 models by name.
 *
 * @see T5X's `t5_1_0`, `t5_1_1` and `mt5` configurations; Raffel et al. 2020; Xue et al. 2021 (mT5); Chung et al. 2022 (Flan-T5)
 */
import type { T5Config } from "./config.js";

type Dimensions = Pick<T5Config, "numHeads" | "numLayers" | "dKv" | "dModel" | "dFf">;

const dimensions = (numHeads: number, numLayers: number, dKv: number, dModel: number, dFf: number): Dimensions => ({
  numHeads,
  numLayers,
  dKv,
  dModel,
  dFf,
});

const shared = {
  vocabSize: 32128,
  relativeAttentionNumBuckets: 32,
  relativeAttentionMaxDistance: 128,
  layerNormEpsilon: 1e-6,
  padId: 0,
  eosId: 1,
  decoderStartId: 0,
};
const v1_0 = { ...shared, gated: false, activation: "relu", tiedEmbeddings: true } as const;
const v1_1 = { ...shared, gated: true, activation: "gelu", tiedEmbeddings: false } as const;
/** 250100 pieces, in a table whose rows are a multiple of 128. */
const multilingual = { ...v1_1, vocabSize: 250112 } as const;

const model = (version: Omit<T5Config, keyof Dimensions | "numDecoderLayers">, size: Dimensions): T5Config => ({
  ...version,
  ...size,
  numDecoderLayers: size.numLayers,
});

/** The sizes of 1.0, and those that 1.1 and all that came of it share. */
const first = {
  small: dimensions(8, 6, 64, 512, 2048),
  base: dimensions(12, 12, 64, 768, 3072),
  large: dimensions(16, 24, 64, 1024, 4096),
  "3b": dimensions(32, 24, 128, 1024, 16384),
  "11b": dimensions(128, 24, 128, 1024, 65536),
};
const later = {
  small: dimensions(6, 8, 64, 512, 1024),
  base: dimensions(12, 12, 64, 768, 2048),
  large: dimensions(16, 24, 64, 1024, 2816),
  xl: dimensions(32, 24, 64, 2048, 5120),
  xxl: dimensions(64, 24, 64, 4096, 10240),
};

/**
 * The released models: T5 1.0 (`t5-small`), T5 1.1, 1.1 adapted to language modelling (which prompts are tuned on), Flan-T5 and mT5.
 *
 * @example const { dModel } = t5.configs["t5-1.1-small"] // 512
 */
export const configs = {
  "t5-small": model(v1_0, first.small),
  "t5-base": model(v1_0, first.base),
  "t5-large": model(v1_0, first.large),
  "t5-3b": model(v1_0, first["3b"]),
  "t5-11b": model(v1_0, first["11b"]),
  "t5-1.1-small": model(v1_1, later.small),
  "t5-1.1-base": model(v1_1, later.base),
  "t5-1.1-large": model(v1_1, later.large),
  "t5-1.1-xl": model(v1_1, later.xl),
  "t5-1.1-xxl": model(v1_1, later.xxl),
  "t5-small-lm-adapt": model(v1_1, later.small),
  "t5-base-lm-adapt": model(v1_1, later.base),
  "t5-large-lm-adapt": model(v1_1, later.large),
  "t5-xl-lm-adapt": model(v1_1, later.xl),
  "t5-xxl-lm-adapt": model(v1_1, later.xxl),
  "flan-t5-small": model(v1_1, later.small),
  "flan-t5-base": model(v1_1, later.base),
  "flan-t5-large": model(v1_1, later.large),
  "flan-t5-xl": model(v1_1, later.xl),
  "flan-t5-xxl": model(v1_1, later.xxl),
  "mt5-small": model(multilingual, later.small),
  "mt5-base": model(multilingual, later.base),
  "mt5-large": model(multilingual, later.large),
  "mt5-xl": model(multilingual, later.xl),
  "mt5-xxl": model(multilingual, later.xxl),
} as const satisfies Record<string, T5Config>;

/** The name of a released model. */
export type ConfigName = keyof typeof configs;
