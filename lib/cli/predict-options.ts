/** @file The options of `fluxion predict`. */
import type { Command } from "commander";
import { JSON_FLAG, modelOption, SPLITS } from "./flags.js";
import { addRequired, oneOf, onlyWith, several, single } from "./parse.js";
import type { PredictFlags } from "./predict.js";
import { addQuestions, limitOption } from "./question-options.js";
import type { Terminal } from "./terminal.js";

/** Adds `predict` to a program. */
export const addPredict = (program: Command, terminal: Terminal): void => {
  const command = program
    .command("predict")
    .description(
      "Writes the answers of a T5 to tasks, with an adapter for each as in evaluate, and the archive of them that a leaderboard takes: --prompts DIR --submission OUT.zip. What was interrupted goes on.",
    );
  addRequired(command, modelOption());
  onlyWith(command, "submission", ["illegal", "force"]);
  addQuestions(command, oneOf("--split <name>", "split to answer", SPLITS, "test"))
    .addOption(limitOption().conflicts("submission"))
    .addOption(single("--out <dir>", "folder for the answers: a file TASK.jsonl for each task (default: OUT.zip.part)"))
    .addOption(single("--submission <file>", "archive for the leaderboard of SuperGLUE or GLUE, which ends in .zip"))
    .addOption(
      several(
        "--illegal <task=label>",
        "label in place of answers that the task does not allow; given once for each task; default: its first label",
      ),
    )
    .option("--force", "replace an archive whose answers are not there")
    .option("--json", JSON_FLAG)
    .action(async (flags: PredictFlags) => {
      const { predict } = await import("./predict.js");
      await predict(flags, terminal);
    });
};
