/** @file The settings of a training run, decoded at the edge. */
import type * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { EXECUTORS } from "../compile/init.js";
import { ConfigError } from "../core/errors.js";
import { closed, decodeAs, naturalNumber, positiveInteger, such, withDefault } from "../edge/decode.js";
import { DECODINGS, INPUT_PREFIXES, isMethods, METHODS } from "./settings.js";

const choice = <T extends string>(...names: readonly T[]): t.Type<T, T, unknown> =>
  such(t.string, (s) => (names as readonly string[]).includes(s), names.join(" or ")) as unknown as t.Type<
    T,
    T,
    unknown
  >;
const positive = such(t.number, (x) => Number.isFinite(x) && x > 0, "number above 0");
const notNegative = such(t.number, (x) => Number.isFinite(x) && x >= 0, "number from 0");
const rate = such(t.number, (x) => x >= 0 && x < 1, "number from 0 to below 1");

const methods = such(t.string, isMethods, `${METHODS.join(", ")}, or several of them as in prompt+lora`);

/** Settings with defaults are those that runs of older versions do not have. */
export const RunConfig = closed(
  {
    task: t.string,
    data: t.string,
    model: t.string,
    tokenizer: t.string,
    method: withDefault(methods, "prompt"),
    promptLength: positiveInteger,
    init: choice("class-label", "sampled-vocabulary", "random-uniform", "file"),
    initFile: t.string,
    population: positiveInteger,
    rank: withDefault(positiveInteger, 8),
    alpha: withDefault(positive, 8),
    kernels: withDefault(t.string, "query,value"),
    dora: withDefault(t.boolean, false),
    where: withDefault(t.string, "**"),
    steps: naturalNumber,
    batchSize: positiveInteger,
    batchTokens: withDefault(naturalNumber, 0),
    microbatches: withDefault(positiveInteger, 1),
    learningRate: positive,
    weightDecay: rate,
    decayRate: positive,
    optimizerStartStep: naturalNumber,
    clip: withDefault(notNegative, 0),
    ema: withDefault(rate, 0),
    dropout: rate,
    zLoss: notNegative,
    prefix: choice(...INPUT_PREFIXES),
    maxInputLength: positiveInteger,
    buckets: positiveInteger,
    evaluation: choice(...DECODINGS),
    evaluateEvery: positiveInteger,
    evaluationTokens: positiveInteger,
    maxEvaluationLength: naturalNumber,
    patience: naturalNumber,
    backend: choice("wasm", "cpu", "reference", "node-gpu"),
    executor: choice(...EXECUTORS),
    seed: naturalNumber,
  },
  "settings",
);
export type RunConfig = t.TypeOf<typeof RunConfig>;

/** Checks raw settings; unknown names and values out of range are reported together. */
export const decodeRunConfig = (raw: unknown, source: string): E.Either<ConfigError, RunConfig> =>
  decodeAs(RunConfig, { where: "settings", error: ConfigError }, source, "see --help")(raw);
