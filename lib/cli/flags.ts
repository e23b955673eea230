/** @file Options that several commands have. */
import { type Command, Option } from "commander";
import { INPUT_PREFIXES } from "../train/settings.js";
import { counting, type NumberRange, numeric, oneOf, several, single, usageError } from "./parse.js";

const MODEL = "a T5: a Hugging Face folder, or a checkpoint of T5X or Mesh TensorFlow";
export const TOKENIZER = "SentencePiece model or tokenizer.json (default: that of the model's folder)";
export const JSON_FLAG = "print JSON, for machines";

/** As messages name the options. */
export const MODEL_FLAG = "--model <dir>";
export const TOKENIZER_FLAG = "--tokenizer <file>";
export const modelOption = () => single(MODEL_FLAG, MODEL);

/** The option that names the vocabulary: `--tokenizer`, or `--model` if that is absent. */
export const vocabularyFlag = (tokenizer: string | undefined): string =>
  tokenizer === undefined ? MODEL_FLAG : TOKENIZER_FLAG;

const ADAPTER =
  "what was trained for the model: fluxion's own file, the folder of a run, a PEFT adapter, a prompt as .npy or safetensors, or a T5X checkpoint with one inside";

/** Adds `--adapter`, and `--prompt`, which is the same. */
export const addAdapter = (command: Command): Command =>
  command
    .addOption(single("--adapter <path>", ADAPTER))
    .addOption(single("--prompt <path>", "another name of --adapter").conflicts("adapter"));

/** The adapter of a run of several tasks. */
export const taskOfAdapterOption = () =>
  single("--task <name>", "of a run with an adapter for each of several tasks: which one");

/** Adds the options of `evaluate` that name adapters; they exclude each other. */
export const addAdapters = (command: Command): Command => {
  const names = ["adapter", "prompt", "adapters", "prompts"];
  const options = [
    several("--adapter <path>", "adapter, or TASK=PATH; given once for each task"),
    several("--prompt <path>", "another name of --adapter"),
    single("--adapters <dir>", "folder with a folder or a file of an adapter for each task, by its name"),
    single("--prompts <dir>", "another name of --adapters"),
  ];
  options.forEach((option, i) => {
    command.addOption(option.conflicts(names.filter((_, j) => j !== i)));
  });
  return command;
};

export const TEMPERATURE: NumberRange = { what: "not a temperature", expected: "0 or more", has: (x) => x >= 0 };
export const SHARE: NumberRange = {
  what: "not a probability",
  expected: "above 0, at most 1",
  has: (x) => x > 0 && x <= 1,
};
export const SEED: NumberRange = { what: "not a seed", expected: "a whole number", has: Number.isSafeInteger };
/** More than any machine has; each takes memory, and a million of them take hours to start. */
const MOST_THREADS = 1024;
const THREADS: NumberRange = {
  what: "not a number of threads",
  expected: `a whole number from 1 to ${MOST_THREADS}`,
  has: (n) => Number.isInteger(n) && n >= 1 && n <= MOST_THREADS,
};

export const threadsOption = () =>
  numeric("--threads <n>", "threads of onnxruntime-node; default one a core", undefined, THREADS);

export const dataOption = () =>
  single(
    "--data <dir>",
    "folder with the official files (CB/val.jsonl, glue/CoLA/dev.tsv, …), what was fetched (glue, mrqa, fetched), or transfer-mini; default: the synthetic set that comes along",
  );
export const SPLITS: readonly string[] = ["train", "validation", "test"];
export const splitOption = () => oneOf("--split <name>", "default: validation, or the only one there is", SPLITS);
export const prefixOption = () =>
  oneOf(
    "--prefix <what>",
    "in front of each input: nothing as in the paper, the task's name as in T5, or the task's number as one token",
    INPUT_PREFIXES,
    "none",
  );

/** @param what  is done with it, for the help */
export const sentinelOption = (what: string): Option =>
  new Option("--sentinel", `${what}, for what was trained with --sentinel`);

export const dtypeOption = () =>
  oneOf("--dtype <name>", "how a Hugging Face folder stores weights", ["float32", "bfloat16", "float16"]);
export const shardOption = () =>
  counting("--max-shard-bytes <n>", "most bytes of tensors in one file of a Hugging Face folder");

/** An adapter that is named by an option where a path could stand. */
export interface AdapterPath {
  readonly adapter?: string;
}

/** The `count` paths of a command, the first of which `--adapter` may name. @throws {ConfigError} when there are more or fewer */
export const pathsOf = (
  command: Command,
  count: number,
  adapter: string | undefined,
  given: readonly (string | undefined)[],
): readonly string[] => {
  const paths = [adapter, ...given].filter((path) => path !== undefined);
  if (paths.length === count) return paths;
  throw usageError(
    `fluxion ${command.name()}`,
    paths.length < count ? "a path is missing" : "there are too many paths",
    {
      expected: `${command.registeredArguments.map((argument) => `<${argument.name()}>`).join(" ")}, or --adapter <path> for the first`,
      got: paths.join(" ") || "none",
    },
  );
};
