/** @file The command line of a prompt-tuning run: every setting is an option. */
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import * as E from "fp-ts/lib/Either.js";
import { EXECUTORS } from "../compile/init.js";
import { ArgumentError, ConfigError } from "../core/errors.js";
import { TASK_NAMES } from "../data/superglue.js";
import { decodeRunConfig, type RunConfig } from "../train/config.js";
import { readRunConfig } from "../train/run-folder.js";

/** What to run, and where its results go. */
export interface Invocation {
  readonly config: RunConfig;
  readonly out: string;
  readonly resume: boolean;
}

/** Files that come with the package. */
const asset = (name: string): string => fileURLToPath(new URL(`../../assets/${name}`, import.meta.url));

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() !== "" && !Number.isNaN(value)) return value;
  throw new ArgumentError({
    where: "options",
    what: "an option is not a number",
    expected: "a number",
    got: text,
    hint: "see --help",
  });
};

const program = (): Command => {
  const p = new Command("superglue")
    .description(
      "Tunes a soft prompt for a frozen T5 on a SuperGLUE task. Without options: a small model and data set that come along.",
    )
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .allowExcessArguments(false);
  const text = (flags: string, what: string, fallback: string): void => {
    p.option(flags, what, fallback);
  };
  const numeric = (flags: string, what: string, fallback: number): void => {
    p.addOption(new Option(flags, what).argParser(number).default(fallback));
  };
  const oneOf = (flags: string, what: string, names: readonly string[], fallback: string): void => {
    p.addOption(new Option(flags, what).choices(names).default(fallback));
  };
  text("--task <name>", `task: ${TASK_NAMES.join(", ")}`, "cb");
  text(
    "--data <dir>",
    "folder with SuperGLUE's official layout (CB/train.jsonl, CB/val.jsonl, …)",
    asset("superglue-mini"),
  );
  text("--model <dir>", "Hugging Face directory of a T5 (config.json, model.safetensors)", asset("t5-nano"));
  text("--tokenizer <file>", "SentencePiece model (default: spiece.model in the model's directory)", "");
  text("--out <dir>", "folder for the results (default: runs/<task>-<time>)", "");
  text("--resume <dir>", "go on with the run in this folder, with the settings it was started with", "");
  numeric("--prompt-length <n>", "soft tokens", 20);
  oneOf(
    "--init <name>",
    "where the prompt starts",
    ["class-label", "sampled-vocabulary", "random-uniform", "file"],
    "class-label",
  );
  text("--init-file <file>", "prompt to start from (.npy, .safetensors or a PEFT adapter), for --init file", "");
  numeric("--population <n>", "how many of the most frequent pieces are sampled", 5000);
  numeric("--steps <n>", "training steps", 600);
  numeric("--batch-size <n>", "examples a step", 32);
  numeric("--learning-rate <x>", "constant learning rate of Adafactor", 0.3);
  numeric("--weight-decay <x>", "share of the prompt that each step takes away", 1e-5);
  numeric("--decay-rate <x>", "exponent of Adafactor's second-moment decay", 0.8);
  numeric("--optimizer-start-step <n>", "step Adafactor starts to count from; the released runs had 1100000", 0);
  numeric("--dropout <x>", "dropout in the frozen model; the released runs had 0.1", 0);
  numeric("--z-loss <x>", "weight of the squared log partition function; the released runs had 1e-4", 0);
  numeric("--max-input-length <n>", "tokens of the input, end of sequence included; longer ones are cut", 512);
  numeric("--buckets <n>", "different padded lengths, each of which is compiled once", 3);
  oneOf("--evaluation <name>", "decode the answer, or rank the labels by likelihood", ["greedy", "rank"], "greedy");
  numeric("--evaluate-every <n>", "steps between evaluations on the dev set", 25);
  numeric("--evaluation-batch-size <n>", "examples evaluated at once", 30);
  numeric("--patience <n>", "evaluations without a better score before stopping; 0: never", 12);
  oneOf("--backend <name>", "where to compute", ["wasm", "cpu", "reference", "node-gpu"], "wasm");
  oneOf(
    "--executor <name>",
    "what runs compiled programs: onnxruntime-node (onnx), the backend (tfjs), or the first where it is installed (auto)",
    EXECUTORS,
    process.env.FLUXION_EXECUTOR ?? "auto",
  );
  numeric("--seed <n>", "seed of prompt, batches and dropout", 0);
  return p;
};

const configError = (what: string): ConfigError => new ConfigError({ where: "options", what, hint: "see --help" });

/**
 * Reads the command line; with `--resume`, the settings of that run.
 *
 * @returns undefined when only help was asked for
 * @throws {ConfigError} for unknown options and values that make no sense
 */
export const readInvocation = async (argv: readonly string[]): Promise<Invocation | undefined> => {
  const p = program();
  try {
    p.parse(argv as string[], { from: "user" });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === "commander.helpDisplayed") return undefined;
    if (code !== undefined) throw configError(message.replace(/^error: /, ""));
    throw error;
  }
  const { out, resume, ...settings } = p.opts<{ out: string; resume: string } & Record<string, unknown>>();
  const source = resume === "" ? "options" : `${resume}/config.json`;
  const decoded = decodeRunConfig(resume === "" ? settings : await readRunConfig(resume), source);
  if (E.isLeft(decoded)) throw decoded.left;
  const config = decoded.right;
  if (config.init === "file" && config.initFile === "") throw configError("--init file needs --init-file FILE");
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  return { config, out: resume || out || `runs/${config.task}-${time}`, resume: resume !== "" };
};
