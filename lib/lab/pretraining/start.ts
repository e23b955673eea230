/** @file The weights that pre-training starts from: random ones of an architecture, or those of a model. */
import { existsSync } from "node:fs";
import { closest } from "../../core/closest.js";
import { scope } from "../../core/composite.js";
import { ConfigError } from "../../core/errors.js";
import type { Caller } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { decodeHuggingFaceConfig } from "../../io/huggingface-config.js";
import { loadT5 } from "../../io/load-t5.js";
import * as np from "../../np/index.js";
import * as random from "../../random/index.js";
import { readJson } from "../../store/json-file.js";
import type { T5Config } from "../../t5/config.js";
import { configs } from "../../t5/configs.js";
import { init } from "../../t5/init.js";
import type { Params } from "../../t5/model.js";
import type { Tokenizer } from "../../tokenizer/sentencepiece.js";
import type { StartRecipe } from "./settings.js";

/** A model before its first step. */
export interface StartModel {
  readonly config: T5Config;
  /** The weights on the device; random ones are of a seed. */
  readonly params: (seed: number) => Params;
  readonly isRandom: boolean;
  readonly dropoutRate?: number | undefined;
  readonly modelType?: "mt5" | undefined;
}

type Scratch = Extract<StartRecipe, { readonly name: "scratch" }>;

const where = "--architecture <name>";
const caller: Caller<ConfigError> = { where, error: ConfigError };

/** Embeddings have rows in multiples of this, as T5's have. */
const ROWS = 128;

const NAMES = Object.keys(configs);

/** The architecture of a name, or of a `config.json`. @throws {ConfigError} for a name that is neither */
const architectureOf = async (name: string): Promise<T5Config> => {
  if (Object.hasOwn(configs, name)) return configs[name as keyof typeof configs];
  if (existsSync(name)) return decodeHuggingFaceConfig(await orThrow(readJson(name, caller)), name).config;
  throw new ConfigError({
    where,
    what: "there is no architecture of this name, and no such file",
    expected: `a config.json, or ${NAMES.join(", ")}`,
    got: name,
    hint: `did you mean ${closest(name, NAMES)}?`,
  });
};

/** The configuration of a new model. @throws {ConfigError} for an architecture that is not there, and an embedding with fewer rows than there are pieces */
export const scratchConfig = async (start: Scratch, tokenizer: Pick<Tokenizer, "vocabSize">): Promise<T5Config> => {
  const { name: _, architecture, vocabSize, ...sizes } = start;
  const base = await architectureOf(architecture);
  const given = Object.fromEntries(Object.entries(sizes).filter(([, n]) => n > 0)) as Partial<typeof sizes>;
  const decoder = given.numDecoderLayers ?? given.numLayers ?? base.numDecoderLayers;
  const rows = vocabSize || Math.ceil(tokenizer.vocabSize / ROWS) * ROWS;
  return { ...base, ...given, numDecoderLayers: decoder, vocabSize: rows };
};

/** Finds where pre-training starts. @throws {ConfigError} as `scratchConfig`; the errors of `loadT5` */
export const startModel = async (start: StartRecipe, tokenizer: Tokenizer, model: string): Promise<StartModel> => {
  if (start.name === "scratch") {
    const config = await scratchConfig(start, tokenizer);
    return { config, params: (seed) => scope(() => init(config, random.key(seed))), isRandom: true };
  }
  const { config, params, dropoutRate, modelType } = await loadT5(model);
  const onDevice = (): Params => np.devicePut(params, { donate: true }) as Params;
  return { config, params: onDevice, isRandom: false, dropoutRate, modelType };
};
