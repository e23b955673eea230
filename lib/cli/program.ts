/** @file The subcommands of `fluxion` and their options. What a subcommand does is loaded when it is called. */
import { Command } from "commander";
import { VERSION } from "../core/version.js";
import { METRICS } from "../prompt/neighbours.js";
import type { ConvertOptions } from "./convert.js";
import { FORMATS } from "./formats.js";
import type { InspectOptions } from "./inspect.js";
import { counting, oneOf, parseArguments, quiet } from "./parse.js";
import type { Terminal } from "./terminal.js";

const TOKENIZER = "SentencePiece model (default: spiece.model in the model's folder)";
const JSON_FLAG = "print JSON, for machines";

const addInspect = (program: Command, terminal: Terminal): void => {
  program
    .command("inspect <path>")
    .description("Shows the tensors of a checkpoint, or the vectors of a prompt; no more is read than is shown.")
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

const programOf = (terminal: Terminal): Command => {
  const program = quiet(new Command("fluxion"), terminal.write)
    .description("T5 and soft prompts: use, look into and convert them.")
    .version(VERSION)
    .showHelpAfterError(false);
  addInspect(program, terminal);
  addConvert(program, terminal);
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
