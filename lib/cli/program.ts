/** @file The subcommands of `fluxion` and their options. What a subcommand does is loaded when it is called. */
import { Command, Option } from "commander";
import { VERSION } from "../core/version.js";
import { METRICS } from "../prompt/neighbours.js";
import { DECODINGS, INPUT_PREFIXES } from "../train/settings.js";
import type { ConvertOptions } from "./convert.js";
import type { EvaluateFlags } from "./evaluate.js";
import type { ExportFlags } from "./export.js";
import type { FetchFlags } from "./fetch.js";
import { FORMATS } from "./formats.js";
import type { GenerateFlags } from "./generate.js";
import type { InspectOptions } from "./inspect.js";
import {
  addRequired,
  counting,
  executorOption,
  type NumberRange,
  numeric,
  oneOf,
  onlyWith,
  parseArguments,
  quiet,
  several,
  single,
} from "./parse.js";
import type { ShowFlags, TasksFlags } from "./tasks.js";
import type { Terminal } from "./terminal.js";

const MODEL = "a T5: a Hugging Face folder, or a checkpoint of T5X or Mesh TensorFlow";
const TOKENIZER = "SentencePiece model or tokenizer.json (default: that of the model's folder)";
const JSON_FLAG = "print JSON, for machines";

const modelOption = () => single("--model <dir>", MODEL);
const promptOption = () =>
  single(
    "--prompt <path>",
    "tuned prompt: .npy, safetensors, the folder of a PEFT adapter, or a T5X checkpoint with one inside",
  );

const TEMPERATURE: NumberRange = { what: "this is no temperature", expected: "0 or more", has: (x) => x >= 0 };
const SHARE: NumberRange = {
  what: "this is no probability",
  expected: "above 0, at most 1",
  has: (x) => x > 0 && x <= 1,
};
const SEED: NumberRange = { what: "this is no seed", expected: "a whole number", has: Number.isSafeInteger };
/** More than any machine has; each takes memory, and a million of them take hours to start. */
const MOST_THREADS = 1024;
const THREADS: NumberRange = {
  what: "this is no number of threads",
  expected: `a whole number from 1 to ${MOST_THREADS}`,
  has: (n) => Number.isInteger(n) && n >= 1 && n <= MOST_THREADS,
};

const threadsOption = () =>
  numeric("--threads <n>", "threads of onnxruntime-node; default one a core", undefined, THREADS);

const addGenerate = (program: Command, terminal: Terminal): void => {
  const sampling = ["temperature", "topK", "topP"];
  const decoding = [...sampling, "beams", "brevity", "lengthPenalty"];
  const command = program
    .command("generate [text...]")
    .description(
      "Answers each text (without one, each line of the standard input) by a T5, with a tuned prompt in front of it if one is given. Greedy, unless options ask for sampling or beams, or give the answers. A text that begins with - comes after --.",
    );
  addRequired(command, modelOption())
    .option("--tokenizer <file>", TOKENIZER)
    .addOption(promptOption())
    .addOption(counting("--max-tokens <n>", "most tokens of an answer, end of sequence included", 64))
    .addOption(
      counting("--max-input-length <n>", "tokens of a text, end of sequence included; longer ones are cut", 512),
    )
    .addOption(counting("--batch-size <n>", "texts answered at once", 8))
    .addOption(counting("--number <n>", "answers to each text, best first", 1))
    .addOption(numeric("--temperature <x>", "draw tokens, from logits divided by this", undefined, TEMPERATURE))
    .addOption(counting("--top-k <n>", "draw from the n most likely tokens"))
    .addOption(
      numeric("--top-p <x>", "draw from the most likely tokens that together have this probability", undefined, SHARE),
    )
    .addOption(numeric("--seed <n>", "seed of what is drawn", 0, SEED))
    .addOption(counting("--beams <n>", "beam search").conflicts(sampling))
    .addOption(numeric("--brevity <alpha>", "beams scored as in T5X (default, 0.6)").conflicts("lengthPenalty"))
    .addOption(numeric("--length-penalty <x>", "beams scored as in Hugging Face's library"))
    .addOption(
      several("--label <text>", "one of the answers to choose from, by likelihood; given once for each").conflicts(
        decoding,
      ),
    )
    .addOption(executorOption())
    .addOption(threadsOption())
    .option("--json", "print a line of JSON for each text, for machines")
    .action(async (texts: string[], flags: GenerateFlags) => {
      const { generate } = await import("./generate.js");
      await generate(texts, flags, terminal);
    });
};

const addInspect = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("inspect <path>")
    .description("Shows the tensors of a checkpoint, or the vectors of a prompt; no more is read than is shown.");
  onlyWith(command, "model", ["tokenizer", "neighbours", "metric"])
    .option("--model <dir>", "for a prompt: the model it was tuned for, to find the nearest pieces of its vocabulary")
    .option("--tokenizer <file>", TOKENIZER)
    .addOption(counting("--neighbours <n>", "pieces for each vector", 5))
    .addOption(oneOf("--metric <name>", "what near means", METRICS, "cosine"))
    .option("--json", JSON_FLAG)
    .action(async (path: string, options: InspectOptions) => {
      const { inspect } = await import("./inspect.js");
      await inspect(path, options, terminal);
    });
};

const addConvert = (program: Command, terminal: Terminal): void => {
  program
    .command("convert <in> <out>")
    .description(
      "Converts a model between Hugging Face (hf) and T5X, or a prompt between .npy, PEFT adapter and safetensors. What <in> is, is seen from its files.",
    )
    .addOption(
      oneOf("--to <format>", "format of <out>; default: the other one for models, by its name for prompts", FORMATS),
    )
    .addOption(oneOf("--dtype <name>", "how hf stores weights", ["float32", "bfloat16", "float16"]))
    .addOption(counting("--max-shard-bytes <n>", "most bytes of tensors in one file of hf"))
    .option("--base-model <name>", "for peft: the model that the prompt was tuned for")
    .option("--force", "replace what is there")
    .option("--json", JSON_FLAG)
    .action(async (input: string, out: string, options: ConvertOptions) => {
      const { convert } = await import("./convert.js");
      await convert(input, out, options, terminal);
    });
};

const addExport = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("export")
    .description(
      "Writes a T5 with a tuned prompt inside as ONNX: encoder.onnx, whose results are what decoder-step.onnx reads besides a cache, and fluxion.json with the lengths and ids that the loop needs. Shapes are fixed.",
    );
  addRequired(command, modelOption(), new Option("--out <dir>", "folder for the files"))
    .addOption(promptOption())
    .option("--task <name>", "name of the task, for the metadata")
    .addOption(counting("--input-length <n>", "tokens of a text, end of sequence included", 128))
    .addOption(counting("--max-length <n>", "most tokens of an answer, end of sequence included", 64))
    .addOption(counting("--batch-size <n>", "texts at once", 1))
    .option("--force", "replace what is there")
    .option("--json", JSON_FLAG)
    .action(async (flags: ExportFlags) => {
      const { exportModel } = await import("./export.js");
      await exportModel(flags, terminal);
    });
};

const addFetch = (program: Command, terminal: Terminal): void => {
  program
    .command("fetch [name]")
    .description(
      "Fetches a released model or data set into the cache, and prints its folder. What is there already is not fetched again; what was interrupted goes on.",
    )
    .option("--list", "print the names that are known; owner/repository of Hugging Face is one, too")
    .option("--mirror <url>", "server to ask instead, with the same paths")
    .option("--cache <dir>", "folder to keep files in (default: FLUXION_CACHE, else the cache folder of the system)")
    .option("--revision <name>", "branch, tag or commit of a model")
    .option("--json", JSON_FLAG)
    .action(async (name: string | undefined, flags: FetchFlags) => {
      const { fetchNamed } = await import("./fetch.js");
      await fetchNamed(name, flags, terminal);
    });
};

const dataOption = () =>
  single(
    "--data <dir>",
    "folder with the official files (CB/val.jsonl, …); default: the synthetic set that comes along",
  );
const splitOption = () =>
  oneOf("--split <name>", "default: validation, or the only one there is", ["train", "validation", "test"]);
const prefixOption = () =>
  oneOf(
    "--prefix <what>",
    "in front of each input: nothing as in the paper, the task's name as in T5, or the task's number as one token",
    INPUT_PREFIXES,
    "none",
  );

const addTasks = (program: Command, terminal: Terminal): void => {
  const tasks = program
    .command("tasks")
    .description("Lists the tasks: examples by split, answers, metrics, licence.")
    .addOption(dataOption())
    .option("--json", JSON_FLAG)
    .action(async (flags: TasksFlags) => {
      const { listTasks } = await import("./tasks.js");
      await listTasks(flags, terminal);
    });
  tasks
    .command("show <name>")
    .description("Prints examples of a task as the model sees them, and how long they are in tokens.")
    .addOption(dataOption())
    .addOption(splitOption())
    .option("--tokenizer <file>", "SentencePiece model or tokenizer.json, or a folder with one (default: t5-nano's)")
    .addOption(prefixOption())
    .addOption(counting("--number <n>", "examples to print", 3))
    .addOption(counting("--input-length <n>", "tells how many inputs are longer than this many tokens", 512))
    .option("--json", JSON_FLAG)
    .action(async (name: string, _: unknown, command: Command) => {
      const { showTask } = await import("./tasks.js");
      await showTask(name, command.optsWithGlobals<ShowFlags>(), terminal);
    });
};

const addEvaluate = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("evaluate")
    .description(
      "Scores the answers of a T5 to tasks, with a prompt for each: --prompt FILE --task NAME, --prompt cb=FILE once for each task, or --prompts DIR. With all eight tasks of SuperGLUE the diagnostics are answered by RTE's prompt, and the table ends with the average.",
    );
  addRequired(command, modelOption())
    .option("--tokenizer <file>", TOKENIZER)
    .addOption(several("--task <name>", "task to evaluate, or all; without prompts the bare model answers"))
    .addOption(several("--prompt <path>", "tuned prompt, or TASK=PATH; given once for each task"))
    .addOption(single("--prompts <dir>", "folder with a run's folder or a file of a prompt for each task, by its name"))
    .addOption(dataOption())
    .addOption(splitOption())
    .addOption(
      oneOf(
        "--decode <name>",
        "token by token, by T5X's beam search with one beam, or by ranking the labels",
        DECODINGS,
        "greedy",
      ),
    )
    .addOption(prefixOption())
    .addOption(counting("--limit <n>", "examples of each task, from the start; default all"))
    .addOption(
      counting(
        "--max-input-length <n>",
        "tokens to which inputs are cut, end of sequence included; default: none is cut",
      ),
    )
    .addOption(counting("--max-tokens <n>", "most tokens of an answer; default: those of the longest target or label"))
    .addOption(
      counting(
        "--evaluation-tokens <n>",
        "tokens evaluated at once, padding included; a longer input comes alone",
        4096,
      ),
    )
    .addOption(single("--out <dir>", "folder for the answers: a file TASK.jsonl for each task"))
    .addOption(executorOption())
    .addOption(threadsOption())
    .option("--json", JSON_FLAG)
    .action(async (flags: EvaluateFlags) => {
      const { evaluate } = await import("./evaluate.js");
      await evaluate(flags, terminal);
    });
};

const programOf = (terminal: Terminal): Command => {
  const program = quiet(new Command("fluxion"), terminal.write)
    .description("T5, soft prompts and tasks: use, evaluate, look into and convert them.")
    .version(VERSION)
    .showHelpAfterError(false);
  addGenerate(program, terminal);
  addTasks(program, terminal);
  addEvaluate(program, terminal);
  addInspect(program, terminal);
  addConvert(program, terminal);
  addExport(program, terminal);
  addFetch(program, terminal);
  return program;
};

/**
 * Runs a command line.
 *
 * @throws {ConfigError} when it makes no sense, and the typed errors of what it does
 */
export const runFluxion = async (argv: readonly string[], terminal: Terminal): Promise<void> => {
  await parseArguments(programOf(terminal), "fluxion", argv.length === 0 ? ["--help"] : argv);
};
