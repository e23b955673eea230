/** @file The settings of a prompt-tuning run, decoded at the edge. */
import type * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { EXECUTORS } from "../compile/init.js";
import { ConfigError } from "../core/errors.js";
import { closed, decodeAs, naturalNumber, positiveInteger, such } from "../edge/decode.js";
import { DECODINGS, INPUT_PREFIXES } from "./settings.js";

const choice = <T extends string>(...names: readonly T[]): t.Type<T, T, unknown> =>
  such(t.string, (s) => (names as readonly string[]).includes(s), names.join(" or ")) as unknown as t.Type<
    T,
    T,
    unknown
  >;
const positive = such(t.number, (x) => Number.isFinite(x) && x > 0, "number above 0");
const notNegative = such(t.number, (x) => Number.isFinite(x) && x >= 0, "number from 0");
const rate = such(t.number, (x) => x >= 0 && x < 1, "number from 0 to below 1");

export const RunConfig = closed(
  {
    task: t.string,
    data: t.string,
    model: t.string,
    tokenizer: t.string,
    promptLength: positiveInteger,
    init: choice("class-label", "sampled-vocabulary", "random-uniform", "file"),
    initFile: t.string,
    population: positiveInteger,
    steps: naturalNumber,
    batchSize: positiveInteger,
    learningRate: positive,
    weightDecay: rate,
    decayRate: positive,
    optimizerStartStep: naturalNumber,
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
