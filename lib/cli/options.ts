/** @file The command line of a training run: every setting is an option. */
import { Command, Option } from "commander";
import { orThrow } from "../edge/either.js";
import { nodeStore } from "../store/node.js";
import { SUPERGLUE_NAMES } from "../tasks/registry.js";
import { decodeRunConfig, type RunConfig } from "../train/config.js";
import { readRunConfig } from "../train/run-folder.js";
import { DECODINGS, METHODS } from "../train/settings.js";
import { MINI_DATA, NANO_MODEL } from "./assets.js";
import { prefixOption } from "./flags.js";
import { executorOption, numeric, oneOf, parseArguments, quiet, usageError } from "./parse.js";

/** What to run, and where its results go. */
export interface Invocation {
  readonly config: RunConfig;
  readonly out: string;
  readonly resume: boolean;
}

/** An option with a text for its value. */
const text = (flags: string, what: string, fallback: string): Option => new Option(flags, what).default(fallback);

const inputOptions = (): Option[] => [
  text("--task <name>", `task: ${SUPERGLUE_NAMES.join(", ")}, or all of them one after another`, "cb"),
  text("--data <dir>", "folder with SuperGLUE's official layout (CB/train.jsonl, CB/val.jsonl, …)", MINI_DATA),
  text("--model <path>", "T5: a folder of Hugging Face, or a checkpoint of T5X or Mesh TensorFlow", NANO_MODEL),
  text("--tokenizer <file>", "spiece.model or tokenizer.json (default: the one in the model's folder)", ""),
  text("--out <dir>", "folder for the results (default: runs/<task>-<time>)", ""),
  text("--resume <dir>", "go on with the run in this folder, with the settings it was started with", ""),
];

const methodOptions = (): Option[] => [
  text("--method <name>", `what is trained: ${METHODS.join(", ")}, or several of them as in prompt+lora`, "prompt"),
  numeric("--prompt-length <n>", "soft tokens", 20),
  oneOf(
    "--init <name>",
    "where the prompt starts; a task without labels has sampled-vocabulary in place of class-label",
    ["class-label", "sampled-vocabulary", "random-uniform", "file"],
    "class-label",
  ),
  text("--init-file <file>", "prompt to start from (.npy, .safetensors or a PEFT adapter), for --init file", ""),
  numeric("--population <n>", "how many of the most frequent pieces are sampled", 5000),
  numeric("--rank <n>", "inner size of LoRA's terms", 8),
  numeric("--alpha <x>", "LoRA's terms are scaled by this over the rank", 8),
  text(
    "--kernels <names>",
    "kernels that get a term of LoRA, by our names or Hugging Face's, or all-linear",
    "query,value",
  ),
  new Option("--dora", "train the lengths of LoRA's columns, too").default(false),
  text("--where <globs>", "paths of the weights that --method weights trains, such as decoder/**,**/scale", "**"),
];

const trainingOptions = (): Option[] => [
  numeric("--steps <n>", "training steps", 600),
  numeric("--batch-size <n>", "examples a step", 32),
  numeric("--batch-tokens <n>", "padded tokens a step, as many examples as fit, in place of --batch-size; 0: not", 0),
  numeric("--microbatches <n>", "parts of a batch whose gradients are added, for less memory; they divide it", 1),
  numeric(
    "--learning-rate <x>",
    "constant learning rate of Adafactor; the paper has 0.3 for prompts and 0.001 for all weights",
    0.1,
  ),
  numeric("--weight-decay <x>", "share of what is trained that each step takes away", 1e-5),
  numeric("--decay-rate <x>", "exponent of Adafactor's second-moment decay", 0.8),
  numeric("--optimizer-start-step <n>", "step Adafactor starts to count from; the released runs had 1100000", 0),
  numeric("--clip <x>", "largest norm of a gradient, to which larger ones are scaled down; 0: any", 0),
  numeric("--ema <x>", "decay of a moving average that is evaluated and kept; 0: without one", 0),
  numeric("--dropout <x>", "dropout in the frozen model; the released runs had 0.1", 0),
  numeric("--z-loss <x>", "weight of the squared log partition function; the released runs had 1e-4", 0),
];

const evaluationOptions = (): Option[] => [
  prefixOption(),
  numeric("--max-input-length <n>", "tokens of a training input, end of sequence included; longer ones are cut", 512),
  numeric("--buckets <n>", "different padded lengths, each of which is compiled once", 3),
  oneOf(
    "--evaluation <name>",
    "how the model answers: token by token, by T5X's beam search with one beam, or by ranking the labels",
    DECODINGS,
    "greedy",
  ),
  numeric("--evaluate-every <n>", "steps between evaluations on the dev set", 10),
  numeric("--evaluation-tokens <n>", "tokens evaluated at once, padding included; a longer input comes alone", 4096),
  numeric("--max-evaluation-length <n>", "tokens to which dev inputs are cut; 0: none is cut", 0),
  numeric("--patience <n>", "evaluations without a better score before stopping; 0: never", 40),
  oneOf("--backend <name>", "where to compute", ["wasm", "cpu", "reference", "node-gpu"], "wasm"),
  executorOption(),
  numeric("--seed <n>", "seed of first values, batches and dropout", 0),
];

const program = (): Command => {
  const p = quiet(new Command("superglue")).description(
    "Tunes a soft prompt for a frozen T5 on a SuperGLUE task, or trains it by another method. Without options: a small model and data set that come along.",
  );
  const options = [inputOptions(), methodOptions(), trainingOptions(), evaluationOptions()].flat();
  for (const option of options) p.addOption(option);
  return p;
};

/**
 * Reads the command line; with `--resume`, the settings of that run.
 *
 * @returns undefined when only help was asked for
 * @throws {ConfigError} for unknown options and values that make no sense
 */
export const readInvocation = async (argv: readonly string[]): Promise<Invocation | undefined> => {
  const p = program();
  if (!(await parseArguments(p, "options", argv))) return undefined;
  const { out, resume, ...settings } = p.opts<{ out: string; resume: string } & Record<string, unknown>>();
  const source = resume === "" ? "options" : `${resume}/config.json`;
  const decoded = decodeRunConfig(resume === "" ? settings : await readRunConfig(nodeStore(resume)), source);
  const config = orThrow(decoded);
  if (config.init === "file" && config.initFile === "") {
    throw usageError("options", "--init file needs --init-file FILE");
  }
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  return { config, out: resume || out || `runs/${config.task}-${time}`, resume: resume !== "" };
};
