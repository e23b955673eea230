/** @file Recipes with names: the experiments of the paper, and the small one that comes with the package. */
import * as E from "fp-ts/lib/Either.js";
import { closest } from "../core/closest.js";
import { ConfigError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { SUPERGLUE_NAMES } from "../tasks/registry.js";
import type { RecipeInput } from "./recipe.js";
import type { Layer } from "./resolve.js";

/** Prompt tuning as the paper has it: its defaults, on the LM-adapted model. */
const promptTuning = {
  model: "t5-small-lm-adapt",
  data: "superglue",
  method: { name: "prompt", length: 100, init: "class-label" },
  optimizer: { name: "adafactor", learningRate: 0.3, weightDecay: 1e-5, decayRate: 0.8, parameterScale: false },
  steps: 30_000,
  batch: { examples: 32 },
  evaluation: { every: 1000 },
  stop: { patience: 0 },
} as const satisfies RecipeInput;

/** What the published configurations come to: dropout, z-loss, beams, a summed loss, Adafactor that goes on counting. */
const promptTuningReleased = {
  ...promptTuning,
  optimizer: { ...promptTuning.optimizer, startStep: 1_100_000 },
  batch: { examples: 128 },
  objective: { name: "task", zLoss: 1e-4, normalize: "none" },
  dropout: 0.1,
  evaluation: { every: 1000, decoding: "beam" },
  keep: "all",
} as const satisfies RecipeInput;

/** The baseline of the paper: all weights, 2^16 tokens a batch. */
const modelTuning = {
  ...promptTuning,
  method: "full",
  optimizer: { name: "adafactor", learningRate: 1e-3, weightDecay: 0, decayRate: 0.8, parameterScale: true },
  batch: { tokens: 2 ** 16 },
  dropout: 0.1,
} as const satisfies RecipeInput;

/** The other baseline: one model for all tasks, each input behind its task's name, 2^20 tokens a batch. */
const multiTaskModelTuning = {
  ...modelTuning,
  train: SUPERGLUE_NAMES,
  prefix: "name",
  batch: { tokens: 2 ** 20 },
} as const satisfies RecipeInput;

/** T5's pre-training as T5X publishes it: span corruption from scratch, 512 and 114 tokens. The texts are yours. */
const pretraining = {
  method: "full",
  objective: { name: "pretraining", kind: "span-corruption", start: "scratch", zLoss: 1e-4 },
  optimizer: {
    name: "adafactor",
    learningRate: 1,
    schedule: "inverse-square-root",
    weightDecay: 0,
    decayRate: 0.8,
    parameterScale: true,
  },
  steps: 10_000,
  batch: { examples: 256 },
  evaluation: { every: 1000 },
  stop: { patience: 0 },
} as const satisfies RecipeInput;

/** The paper's LM adaptation: a model goes on with prefix LM. Its batch and rate are not published; these are those of pre-training and of model tuning. */
const lmAdaptation = {
  ...pretraining,
  model: "t5-1.1-small",
  objective: { ...pretraining.objective, kind: "prefix-lm", start: "model" },
  optimizer: { ...pretraining.optimizer, learningRate: 1e-3, schedule: "constant" },
  steps: 100_000,
} as const satisfies RecipeInput;

/**
 * Recipes by name. Each is a value with the settings that differ from the defaults: spread it and change what you like.
 *
 * - `nano`: what `npm run superglue` runs: 20 soft tokens for a T5 of 2.4 million weights on synthetic rows, all of which come with the package
 * - `prompt-tuning`: the paper's defaults (Lester et al. 2021)
 * - `prompt-tuning-released`: what its published configurations resolve to
 * - `model-tuning`, `multi-task-model-tuning`: the paper's baselines
 * - `pretraining`, `lm-adaptation`: T5's pre-training, and the adaptation of the paper's models; `objective.corpus` names your texts
 *
 * @example recipe({ ...presets["prompt-tuning"], train: "rte" })
 */
export const presets = {
  nano: {},
  "prompt-tuning": promptTuning,
  "prompt-tuning-released": promptTuningReleased,
  "model-tuning": modelTuning,
  "multi-task-model-tuning": multiTaskModelTuning,
  pretraining,
  "lm-adaptation": lmAdaptation,
} as const satisfies Readonly<Record<string, RecipeInput>>;

/** The names of presets. */
export const PRESET_NAMES = Object.keys(presets) as readonly (keyof typeof presets)[];

/** The layer of a preset; none without a name. */
export const presetLayer = (name: unknown, at: string): E.Either<ConfigError, readonly Layer[]> => {
  if (name === undefined) return E.right([]);
  if (typeof name === "string" && Object.hasOwn(presets, name)) {
    const value = presets[name as keyof typeof presets];
    return E.right([{ value, nameOf: (path) => `${path.join(".")} of the preset ${name}` }]);
  }
  const hint = typeof name === "string" ? `did you mean ${closest(name, PRESET_NAMES)}?` : undefined;
  const [what, expected] = ["there is no preset of this name", PRESET_NAMES.join(", ")];
  return E.left(new ConfigError({ where: "recipe", what, expected, got: brief(name), at, hint }));
};
