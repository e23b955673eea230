/** @file The options of `fluxion evaluate`. */
import type { Command } from "commander";
import type { EvaluateFlags } from "./evaluate.js";
import type { EvaluateRunFlags } from "./evaluate-run.js";
import { JSON_FLAG, modelOption, splitOption } from "./flags.js";
import { single, usageError } from "./parse.js";
import { addQuestions, limitOption } from "./question-options.js";
import type { Terminal } from "./terminal.js";

const WHERE = "fluxion evaluate";

/** The options that apply to a run; the others are settings that it has. */
const OF_RUNS: readonly string[] = ["model", "tokenizer", "data", "steps", "verify", "json"];
/** The options that apply to runs alone. */
const ONLY_OF_RUNS: readonly string[] = ["steps", "verify"];

/** Refuses options that do not belong to what is evaluated: a run, or a model. */
const neededAlone = (command: Command): Command =>
  command.hook("preAction", () => {
    const [run] = command.args;
    const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
    if (run === undefined) {
      const lone = given.find((option) => ONLY_OF_RUNS.includes(option.attributeName()));
      if (lone !== undefined)
        throw usageError(WHERE, `${lone.flags} needs the folder of a run`, { expected: "fluxion evaluate RUN" });
      if (command.getOptionValue("model") === undefined)
        throw usageError(WHERE, "required option '--model <dir>' not specified");
      return;
    }
    const other = given.find((option) => !OF_RUNS.includes(option.attributeName()));
    if (other === undefined) return;
    const [what, expected] = [
      `${other.flags} does not go with the folder of a run`,
      "--steps, --model, --tokenizer, --data, --verify, --json",
    ];
    const hint =
      other.attributeName() === "vote"
        ? `the seeds of a run vote by --model DIR --prompts ${run} --vote --task NAME`
        : "leave it out, or evaluate the run's files by --adapter RUN";
    throw usageError(WHERE, what, { expected, hint });
  });

/** Adds `evaluate` to a program. */
export const addEvaluate = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("evaluate [run]")
    .description(
      "Scores the answers of a T5 to tasks, with an adapter for each: --adapter PATH with each --task NAME that it answers, --adapter cb=PATH once for each task, or --adapters DIR. With all eight tasks of SuperGLUE the diagnostics are answered with RTE's adapter, and the table ends with the average. --vote makes one ensemble of the adapters of a folder. With the folder of a run: what it has kept, on its own tasks.",
    );
  neededAlone(command).addOption(modelOption());
  addQuestions(command, splitOption())
    .addOption(limitOption())
    .addOption(single("--out <dir>", "folder for the answers: a file TASK.jsonl for each task"))
    .addOption(
      single("--steps <which>", "of a run: best (default), last, all that it has kept, or numbers such as 100,200"),
    )
    .option(
      "--vote",
      "with --prompts DIR and --task NAME: all adapters of the folder answer the task, and their majority counts",
    )
    .option("--verify", "of a run: compare every byte of the model with that of the start")
    .option("--json", JSON_FLAG)
    .action(async (run: string | undefined, flags: EvaluateFlags & EvaluateRunFlags) => {
      if (run !== undefined) {
        const { evaluateSteps } = await import("./evaluate-run.js");
        return evaluateSteps(run, flags, terminal);
      }
      if (flags.vote) {
        const { evaluateVote } = await import("./evaluate-vote.js");
        return evaluateVote(flags, terminal);
      }
      const { evaluate } = await import("./evaluate.js");
      await evaluate(flags, terminal);
    });
};
