/** @file `fluxion evaluate RUN`: the kept steps of a run. */
import Table from "cli-table3";
import { type EvaluatedStep, evaluateRun, type StepsOfRun } from "../lab/evaluate-run.js";
import { printScores } from "../lab/terminal.js";
import { nodeStore } from "../store/node.js";
import { usageError } from "./parse.js";
import type { Terminal } from "./terminal.js";

export interface EvaluateRunFlags {
  readonly steps?: string;
  readonly model?: string;
  readonly tokenizer?: string;
  readonly data?: string;
  readonly verify?: boolean;
  readonly json?: boolean;
}

/** @throws {ConfigError} for text that names no steps */
const stepsOf = (text: string): StepsOfRun => {
  if (text === "best" || text === "last" || text === "all") return text;
  const steps = text.split(",").map(Number);
  if (steps.every((step) => Number.isSafeInteger(step) && step >= 0)) return steps;
  throw usageError("--steps <which>", "not steps", {
    expected: "best, last, all, or numbers such as 100,200",
    got: text,
  });
};

const tableOf = (list: readonly EvaluatedStep[]): string => {
  const table = new Table({
    head: ["step", "metrics", "score", "not allowed", "loss", "tokens right"],
    style: { head: [], border: [] },
    colAligns: ["right", "left", "right", "right", "right", "right"],
  });
  for (const { step, evaluation } of list) {
    const { metrics, score, invalid, loss, tokenAccuracy } = evaluation;
    table.push([
      step,
      printScores(metrics),
      score.toFixed(1),
      invalid,
      loss.toFixed(3),
      `${tokenAccuracy.toFixed(1)} %`,
    ]);
  }
  return `${table}\n`;
};

const jsonOf = (list: readonly EvaluatedStep[]): string => {
  const plain = list.map(({ step, evaluation: { predictions: _, tasks: __, ...scores } }) => ({ step, ...scores }));
  return `${JSON.stringify({ steps: plain }, null, 2)}\n`;
};

/**
 * Evaluates steps of a run on its own tasks.
 *
 * @throws {CheckpointError} for a folder without a run, steps that it has not kept, and inputs that have changed
 */
export const evaluateSteps = async (run: string, flags: EvaluateRunFlags, terminal: Terminal): Promise<void> => {
  const { steps = "best", model, tokenizer, data, verify = false, json } = flags;
  const places = {
    ...(model !== undefined && { model }),
    ...(tokenizer !== undefined && { tokenizer }),
    ...(data !== undefined && { data }),
  };
  const list = await evaluateRun({ store: nodeStore(run), steps: stepsOf(steps), places, verify });
  terminal.write(json ? jsonOf(list) : tableOf(list));
};
