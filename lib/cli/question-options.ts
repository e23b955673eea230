/** @file Options that say which tasks are asked, by what, and how: those of `evaluate` and `predict`. */
import type { Command, Option } from "commander";
import { DECODINGS } from "../train/settings.js";
import { addAdapters, dataOption, prefixOption, sentinelOption, TOKENIZER, threadsOption } from "./flags.js";
import { counting, executorOption, oneOf, several } from "./parse.js";

export const limitOption = () => counting("--limit <n>", "examples of each task, from the start; default all");

/** Adds how long inputs, answers and batches may be. */
const addLengths = (command: Command): Command =>
  command
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
    );

/** Adds everything but the model, which not every command needs. */
export const addQuestions = (command: Command, split: Option): Command => {
  command
    .option("--tokenizer <file>", TOKENIZER)
    .addOption(several("--task <name>", "task to answer, or all; without adapters the bare model answers"));
  addAdapters(command)
    .addOption(dataOption())
    .addOption(split)
    .addOption(
      oneOf(
        "--decode <name>",
        "token by token, by T5X's beam search with one beam, or by ranking the labels",
        DECODINGS,
        "greedy",
      ),
    )
    .addOption(prefixOption())
    .addOption(sentinelOption("puts the first sentinel in front of targets, and reads answers without it"));
  return addLengths(command).addOption(executorOption()).addOption(threadsOption());
};
