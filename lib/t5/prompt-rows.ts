/** @file Several prompts in one batch: each row gets the prompt of its task. */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { PromptParams } from "./model.js";

/** A prefix for each row of a batch, as `encode` and the decoding functions take it. */
export interface PromptRows {
  /** `[B, P, d]`, P the length of the longest prompt in use. */
  readonly prefix: Tensor;
  /** `[B, P]` bool: false in front of a shorter prompt. */
  readonly prefixValid: Tensor;
}

/** The prompt of a task. @throws {ArgumentError} where there is none */
const promptOf = (prompts: Readonly<Record<string, PromptParams>>, task: string): PromptParams => {
  if (Object.hasOwn(prompts, task)) return prompts[task];
  throw new ArgumentError({
    where: "t5.promptRows",
    what: "there is no prompt for a task",
    expected: Object.keys(prompts).join(", "),
    got: task,
  });
};

/** All prompts that are used, each of `[1, longest, d]`, behind each other. */
const paddedInFront = (used: readonly Tensor[], longest: number): Tensor =>
  np.stack(
    used.map((x) =>
      np.pad(x, [
        [longest - x.shape[0], 0],
        [0, 0],
      ]),
    ),
    0,
  );

const checkPrompts = (names: readonly string[], prompts: readonly Tensor[]): void => {
  if (names.length === 0) {
    throw new ArgumentError({ where: "t5.promptRows", what: "there are no rows", expected: "a task for each row" });
  }
  prompts.forEach((x, i) => {
    if (x.ndim === 2 && x.shape[1] === prompts[0].shape[1]) return;
    throw new ShapeError({
      where: "t5.promptRows",
      what: "these prompts do not belong to one model",
      expected: `[P, ${prompts[0].shape[prompts[0].ndim - 1]}]`,
      got: `${x.aval}`,
      at: names[i],
    });
  });
};

/**
 * The prompts of a batch whose rows belong to different tasks.
 *
 * A shorter prompt stands right before its tokens, with places in front that are masked: positions count by distance, so its row
 * gets the numbers that it gets alone.
 *
 * - `prompts`: by the name of their task, each `[P, d]`; the lengths may differ
 * - `tasks`: the task of each row
 * @returns what `encode`, `generate`, `stream` and `rank` take as options
 * @throws {ArgumentError} for a task without a prompt; {ShapeError} for prompts of different widths
 * @see Lester et al. 2021, figure 2: mixed-task batches
 * @example const encoded = t5.encode(config, params, inputs, t5.promptRows({ boolq, cb }, ["cb", "boolq", "cb"]))
 */
export const promptRows = composite(
  "t5.promptRows(prompts, tasks)",
  (prompts: Readonly<Record<string, PromptParams>>, tasks: readonly string[]): PromptRows => {
    const names = [...new Set(tasks)];
    const used = names.map((name) => promptOf(prompts, name).prompt);
    checkPrompts(names, used);
    const lengths = used.map((x) => x.shape[0]);
    const longest = Math.max(...lengths);
    const rows = Int32Array.from(tasks, (task) => names.indexOf(task));
    const prefix = np.take(paddedInFront(used, longest), np.array(rows), 0, "clip");
    const missing = np.array(Int32Array.from(rows, (i) => longest - lengths[i]));
    return { prefix, prefixValid: np.greaterEqual(np.arange(longest), np.expandDims(missing, 1)) };
  },
);
