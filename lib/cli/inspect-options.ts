/** @file The options of `fluxion inspect`. */
import type { Command } from "commander";
import { isRun } from "../io/adapter-folder.js";
import { METRICS } from "../prompt/neighbours.js";
import { type AdapterPath, JSON_FLAG, pathsOf, TOKENIZER, taskOfAdapterOption } from "./flags.js";
import type { InspectOptions } from "./inspect-adapter.js";
import { counting, oneOf, onlyWith, single } from "./parse.js";
import type { Terminal } from "./terminal.js";

/** Adds `inspect` to a program. */
export const addInspect = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("inspect [path...]")
    .description(
      "Shows the tensors of a checkpoint, or the method of an adapter and what it has trained; of a prompt, its vectors. Of the folder of a run that tuned a prompt: the nearest pieces, how far it moved from its start, and which class labels are near, over the steps that are kept. Of several prompts: how alike they are. Of a folder of adapters: each of them.",
    );
  onlyWith(command, "model", ["tokenizer", "neighbours", "metric"], () => command.args.some(isRun))
    .option(
      "--model <dir>",
      "for a prompt: the model it was tuned for, to find the nearest pieces of its vocabulary; a run knows its own",
    )
    .option("--tokenizer <file>", TOKENIZER)
    .addOption(counting("--neighbours <n>", "pieces for each vector", 5))
    .addOption(oneOf("--metric <name>", "what near means", METRICS, "cosine"))
    .addOption(single("--adapter <path>", "the adapter to look into, in place of <path>"))
    .addOption(taskOfAdapterOption())
    .option("--json", JSON_FLAG)
    .action(async (paths: readonly string[], { adapter, ...options }: InspectOptions & AdapterPath) => {
      const isSeveral = paths.length > 1 && adapter === undefined;
      const chosen = isSeveral ? paths : pathsOf(command, 1, adapter, paths);
      const { inspect } = await import("./inspect.js");
      await inspect(chosen, options, terminal);
    });
};
