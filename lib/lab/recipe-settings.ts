/** @file The settings of a recipe, with their defaults. */
import * as t from "io-ts";
import { ABOUT_EXECUTORS, AUTO, EXECUTOR_NAMES, SYNCHRONOUS_BACKENDS } from "../compile/executors.js";
import { closed, such } from "../edge/decode.js";
import { SUPERGLUE_NAMES } from "../tasks/registry.js";
import { DECODINGS, INPUT_PREFIXES } from "../train/settings.js";
import {
  either,
  flagged,
  nameIn,
  names,
  naturalNumber,
  plain,
  positive,
  positiveInteger,
  rate,
  split,
  text,
  whole,
} from "./codecs.js";
import { METHOD } from "./method-settings.js";
import { OBJECTIVE } from "./objective-settings.js";
import { OPTIMIZER } from "./optimizer-settings.js";
import { group, type InputOf, oneOf, setting, type ValueOf } from "./schema.js";

/** A task of a mixture, and its share of the examples. */
export interface Share {
  readonly task: string;
  /** Relative to the other weights. */
  readonly weight?: number;
}

const taskName = such(text, (name) => name !== "", "name");
const share = t.union([closed({ task: taskName }, "task"), closed({ task: taskName, weight: positive }, "share")]);

/** The eight tasks of SuperGLUE. */
const ALL = "all";

/** `cb` and `cb:2` as shares; everything else as it is. */
const shareOf = (raw: unknown): unknown => {
  if (typeof raw !== "string") return raw;
  const [, task, weight] = /^(.*?)(?::([\d.]+))?$/.exec(raw.trim()) as RegExpExecArray;
  return { task, ...(weight !== undefined && { weight: Number(weight) }) };
};

const shares = plain(
  whole(
    such(
      t.readonlyArray(share),
      (list) => new Set(list.map(({ task }) => task)).size === list.length,
      "tasks, each once",
    ) as t.Type<readonly Share[], unknown, unknown>,
    "tasks, each once: a name, a list of names, or of { task, weight } with weights above 0",
  ),
  (raw) => {
    const list = raw === ALL ? SUPERGLUE_NAMES : typeof raw === "string" ? split(raw) : raw;
    return Array.isArray(list) ? list.map(shareOf) : list;
  },
);

type Tasks = string | Share | readonly (string | Share)[];

const TABLE = group({
  name: setting(text, "table", "what the task of these files is called", { parse: String }),
  train: setting(text, "", "own rows to train on: a .csv, .tsv, .jsonl or .parquet file", {
    flag: "--train <file>",
    parse: String,
  }),
  validation: setting(text, "", "own rows to evaluate on", { flag: "--validation <file>", parse: String }),
  input: setting(text, "", "column of the input, in own rows", { flag: "--input <column>", parse: String }),
  target: setting(text, "", "column of the answer, in own rows", { flag: "--target <column>", parse: String }),
  labels: setting(names, [], "the answers that there are; default: those of the training rows, where they are few", {
    flag: "--labels <names>",
    parse: String,
  }),
});

const INPUTS = {
  model: setting(
    text,
    "t5-nano",
    "T5: a folder of Hugging Face, a checkpoint of T5X or Mesh TensorFlow, or the name of a released model",
    {
      flag: "--model <path>",
      parse: String,
    },
  ),
  tokenizer: setting(text, "", "spiece.model or tokenizer.json (default: the one in the model's folder)", {
    flag: "--tokenizer <file>",
    parse: String,
  }),
  data: setting(text, "superglue-mini", "folder with SuperGLUE's official layout (CB/train.jsonl, CB/val.jsonl, …)", {
    flag: "--data <dir>",
    parse: String,
  }),
  train: setting<readonly Share[], Tasks>(
    shares,
    [],
    "task to train on, or several as a mixture: cb,rte, or with shares cb:2,rte:1; all of SuperGLUE by the word all (default: cb, or own rows)",
    { flag: "--task <names>", parse: String },
  ),
  each: setting(flagged, false, "train on each task alone, one run after another; --task all does so", {
    flag: "--each",
  }),
  rates: group({
    temperature: setting(positive, 1, "shares of a mixture without weights are sizes to the power of 1 over this"),
    maximum: setting(naturalNumber, 0, "most examples that count for the share of a task; 0: all"),
  }),
  evaluate: setting<readonly string[], string | readonly string[]>(
    names,
    [],
    "tasks to evaluate on, such as others for transfer (default: those that are trained on); of these, those that are trained on choose the best step",
    { parse: String },
  ),
  table: TABLE,
  taskFiles: setting<readonly string[], string | readonly string[]>(
    names,
    [],
    "modules whose default export is a task, or a list of them",
    {
      flag: "--task-file <files>",
      parse: String,
    },
  ),
  prefix: setting(
    nameIn(INPUT_PREFIXES),
    "none",
    "in front of each input: nothing as in the paper, the task's name as in T5, or its number as one token",
    {
      flag: "--prefix <what>",
    },
  ),
  lengths: group({
    input: setting(positiveInteger, 512, "tokens of a training input, end of sequence included; longer ones are cut", {
      flag: "--max-input-length <n>",
    }),
    target: setting(naturalNumber, 0, "tokens of a training target, likewise; 0: none is cut"),
    buckets: setting(positiveInteger, 3, "different padded lengths, each of which is compiled once", {
      flag: "--buckets <n>",
    }),
  }),
};

const TRAINING = {
  steps: setting(naturalNumber, 600, "training steps", { flag: "--steps <n>" }),
  batch: oneOf(
    {
      examples: setting(positiveInteger, 32, "examples a step", { flag: "--batch-size <n>" }),
      tokens: setting(positiveInteger, 4096, "padded tokens a step, as many examples as fit, in place of examples", {
        flag: "--batch-tokens <n>",
      }),
      packed: setting(
        positiveInteger,
        4096,
        "padded tokens a step, in rows that are packed with examples; for methods that put nothing into a row",
        { flag: "--batch-packed <n>" },
      ),
    },
    "examples",
  ),
  microbatches: setting(
    positiveInteger,
    1,
    "parts of a batch whose gradients are added, for less memory; they divide it",
    {
      flag: "--microbatches <n>",
    },
  ),
  dropout: setting(rate, 0, "dropout in the model; the released runs had 0.1", { flag: "--dropout <x>" }),
  ema: setting(rate, 0, "decay of a moving average that is evaluated and kept; 0: without one", { flag: "--ema <x>" }),
};

const EVALUATION = group({
  decoding: setting(
    nameIn(DECODINGS),
    "greedy",
    "how the model answers: token by token, by T5X's beam search with one beam, or by ranking the labels",
    {
      flag: "--evaluation <name>",
    },
  ),
  every: setting(positiveInteger, 10, "steps between evaluations", { flag: "--evaluate-every <n>" }),
  tokens: setting(positiveInteger, 4096, "tokens evaluated at once, padding included; a longer input comes alone", {
    flag: "--evaluation-tokens <n>",
  }),
  inputLength: setting(naturalNumber, 0, "tokens to which inputs of an evaluation are cut; 0: none is cut", {
    flag: "--max-evaluation-length <n>",
  }),
});

const KEEP = ["best", "all"] as const;

export const RECIPE = group({
  ...INPUTS,
  method: METHOD,
  objective: OBJECTIVE,
  optimizer: OPTIMIZER,
  ...TRAINING,
  evaluation: EVALUATION,
  stop: group({
    patience: setting(naturalNumber, 40, "evaluations without a better score before stopping; 0: never", {
      flag: "--patience <n>",
    }),
  }),
  keep: setting<(typeof KEEP)[number] | number>(
    either(nameIn(KEEP), positiveInteger),
    "best",
    "whose trained tree is kept: the best evaluation's, besides the last N, or all",
    { flag: "--keep <what>" },
  ),
  seed: setting(naturalNumber, 0, "seed of first values, batches and dropout", { flag: "--seed <n>" }),
  seeds: setting(positiveInteger, 1, "runs with different seeds, for mean and standard deviation", {
    flag: "--seeds <n>",
  }),
  backend: setting(nameIn(SYNCHRONOUS_BACKENDS), "wasm", "where to compute", {
    flag: "--backend <name>",
  }),
  executor: setting(nameIn(EXECUTOR_NAMES), AUTO, ABOUT_EXECUTORS, { flag: "--executor <name>" }),
});

/** A run as one value, with every setting. */
export type Recipe = ValueOf<typeof RECIPE>;

/** What may be given for a recipe: the settings that differ from the defaults, in their short forms. */
export type RecipeInput = InputOf<typeof RECIPE>;
