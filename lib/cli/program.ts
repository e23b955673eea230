/** @file The subcommands of `fluxion` and their options. What a subcommand does is loaded when it is called. */
import { Command, Option } from "commander";
import { VERSION } from "../core/version.js";
import type { ConvertOptions } from "./convert.js";
import type { DoctorFlags } from "./doctor.js";
import { addEvaluate } from "./evaluate-options.js";
import type { ExportFlags } from "./export.js";
import type { FetchFlags } from "./fetch.js";
import {
  type AdapterPath,
  addAdapter,
  dataOption,
  dtypeOption,
  JSON_FLAG,
  modelOption,
  pathsOf,
  prefixOption,
  SEED,
  SHARE,
  sentinelOption,
  shardOption,
  splitOption,
  TEMPERATURE,
  TOKENIZER,
  taskOfAdapterOption,
  threadsOption,
} from "./flags.js";
import { FORMATS } from "./formats.js";
import type { GenerateFlags } from "./generate.js";
import { addInspect } from "./inspect-options.js";
import type { MergeFlags } from "./merge.js";
import {
  addRequired,
  counting,
  executorOption,
  numeric,
  oneOf,
  onlyWith,
  parseArguments,
  quiet,
  several,
  single,
  withoutDots,
} from "./parse.js";
import { addPredict } from "./predict-options.js";
import { addReport } from "./report-options.js";
import { addServe } from "./serve-options.js";
import { addSweep } from "./sweep-options.js";
import type { ShowFlags, TasksFlags } from "./tasks.js";
import type { Terminal } from "./terminal.js";

const addGenerate = (program: Command, terminal: Terminal): void => {
  const sampling = ["temperature", "topK", "topP"];
  const decoding = [...sampling, "beams", "brevity", "lengthPenalty"];
  const command = program
    .command("generate [text...]")
    .description(
      "Answers each text (without one, each line of the standard input) by a T5, with an adapter if one is given. Greedy, unless options ask for sampling or beams, or give the answers. A text that begins with - comes after --.",
    );
  onlyWith(command, "adapter", ["task"], () => command.getOptionValue("prompt") !== undefined);
  addAdapter(addRequired(command, modelOption()).option("--tokenizer <file>", TOKENIZER))
    .addOption(taskOfAdapterOption())
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
    .addOption(sentinelOption("drops the first sentinel in front of answers, and chooses labels behind it"))
    .addOption(executorOption())
    .addOption(threadsOption())
    .option("--json", "print a line of JSON for each text, for machines")
    .action(async (texts: string[], flags: GenerateFlags) => {
      const { generate } = await import("./generate.js");
      await generate(texts, flags, terminal);
    });
};

const addDoctor = (program: Command, terminal: Terminal): void => {
  program
    .command("doctor <run>")
    .description(
      "Tells why the run in a folder may have learned nothing: which of ten rules fire, the number that made each fire, and what to do.",
    )
    .option("--json", JSON_FLAG)
    .action(async (run: string, flags: DoctorFlags) => {
      const { doctor } = await import("./doctor.js");
      await doctor(run, flags, terminal);
    });
};

const addConvert = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("convert [in] [out]")
    .description(
      "Converts a model between Hugging Face (hf) and T5X, or an adapter between PEFT's folder, fluxion's own file (safetensors) and, for a prompt, .npy. What <in> is, is seen from its files.",
    )
    .addOption(
      oneOf("--to <format>", "format of <out>; default: the other one for models, by its name for adapters", FORMATS),
    )
    .addOption(dtypeOption())
    .addOption(shardOption())
    .option("--base-model <name>", "for adapters: the model that it was trained for")
    .addOption(single("--adapter <path>", "the adapter to convert, in place of <in>: convert --adapter <path> <out>"))
    .option("--force", "replace what is there")
    .option("--json", JSON_FLAG)
    .action(async (first: string | undefined, second: string | undefined, given: ConvertOptions & AdapterPath) => {
      const { adapter, ...options } = given;
      const [input, out] = pathsOf(command, 2, adapter, [first, second]);
      const { convert } = await import("./convert.js");
      await convert(input, out, options, terminal);
    });
};

const addMerge = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("merge")
    .description(
      "Writes a T5 with what an adapter changes in its weights as a plain Hugging Face folder: LoRA, DoRA, IA3, or tuned weights.",
    );
  addRequired(
    command,
    modelOption(),
    single("--adapter <path>", "adapter that changes weights only"),
    new Option("--out <dir>", "folder for the model"),
  )
    .addOption(dtypeOption())
    .addOption(shardOption())
    .option("--force", "replace what is there")
    .option("--json", JSON_FLAG)
    .action(async (flags: MergeFlags) => {
      const { merge } = await import("./merge.js");
      await merge(flags, terminal);
    });
};

const addExport = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("export")
    .description(
      "Writes a T5 with its adapter inside as ONNX: encoder.onnx, whose results are what decoder-step.onnx reads besides a cache, and fluxion.json with the lengths and ids that the loop needs. Shapes are fixed.",
    );
  addAdapter(addRequired(command, modelOption(), new Option("--out <dir>", "folder for the files")))
    .option(
      "--task <name>",
      "name of the task, for the metadata; of a run with an adapter for each of several tasks, which one",
    )
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
    .option(
      "--list",
      "print the names that are known, with sizes and licences; owner/repository of Hugging Face is one, too",
    )
    .option("--mirror <url>", "server to ask instead, with the same paths")
    .option("--cache <dir>", "folder to keep files in (default: FLUXION_CACHE, else the cache folder of the system)")
    .option("--revision <name>", "branch, tag or commit of a model")
    .option("--json", JSON_FLAG)
    .action(async (name: string | undefined, flags: FetchFlags) => {
      const { fetchNamed } = await import("./fetch.js");
      await fetchNamed(name, flags, terminal);
    });
};

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

/** Its options are those of a recipe, which are many: they are loaded when they are asked for. */
const addTrain = async (program: Command, asked: string | undefined): Promise<void> => {
  for (const [name, { description, preset }] of Object.entries(RUNS)) {
    const command = program.command(name).description(description);
    if (asked !== name) continue;
    const { addTrainArguments, trainArguments } = await import("./train-arguments.js");
    addTrainArguments(command, preset).action(async () => {
      const { train } = await import("./train.js");
      await train(await trainArguments(command, command.args, preset));
    });
  }
};

/** The subcommands that run recipes, and what they begin with. */
const RUNS: Readonly<Record<string, { readonly description: string; readonly preset?: string }>> = {
  train: {
    description:
      "Tunes a soft prompt for a frozen T5 on a task, or trains it by another method, and evaluates it. A recipe in a file, settings and flags say what; without any, a small model and data set that come along.",
  },
  pretrain: {
    description:
      "Trains a T5 on texts without labels: a new one (--architecture), or one that goes on (--start model, --preset lm-adaptation). A recipe in a file, settings and flags say what; --corpus names the texts.",
    preset: "pretraining",
  },
};

/** Makes paths of names that come with the package, or were fetched; a run finds its own inputs. */
const resolveNames = async (command: Command): Promise<void> => {
  if (Object.hasOwn(RUNS, command.name())) return;
  const { pathOf } = await import("../lab/inputs.js");
  for (const owner of [command, command.parent]) {
    for (const [name, flag] of [
      ["model", "--model <dir>"],
      ["data", "--data <dir>"],
    ]) {
      const value: unknown = owner?.getOptionValue(name);
      if (typeof value === "string") owner?.setOptionValue(name, pathOf(flag, value));
    }
  }
};

const programOf = async (terminal: Terminal, asked: string | undefined): Promise<Command> => {
  const program = quiet(new Command("fluxion"), terminal.write)
    .description("T5, adapters and tasks: use, evaluate, look into and convert them.")
    .version(VERSION)
    .showHelpAfterError(false)
    .hook("preAction", (_, command) => resolveNames(command));
  await addTrain(program, asked);
  addSweep(program, terminal);
  addGenerate(program, terminal);
  addTasks(program, terminal);
  addEvaluate(program, terminal);
  addPredict(program, terminal);
  addServe(program, terminal);
  addInspect(program, terminal);
  addDoctor(program, terminal);
  addReport(program, terminal);
  addConvert(program, terminal);
  addMerge(program, terminal);
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
  const program = await programOf(terminal, argv[0]);
  await parseArguments(program, "fluxion", argv.length === 0 ? ["--help"] : withoutDots(argv));
};
