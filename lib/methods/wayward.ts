/** @file What holds a prompt near a text. */
import * as t from "io-ts";
import { composite, takes } from "../core/composite.js";
import { ArgumentError, ShapeError, TreeError } from "../core/errors.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import * as np from "../np/index.js";
import type { PromptParams } from "../t5/model.js";
import type { AnyParams } from "../t5/stack.js";
import { checkIds, embeddedIds } from "./frozen.js";
import { readOptions } from "./options.js";
import { kindOf } from "./trees.js";

const WHERE = "methods.wayward";

export interface WaywardOptions {
  /** The text without end of sequence: one id for each vector of the prompt. */
  readonly ids: readonly number[];
  /** The weight of the distance, from 0. Default 0.01. */
  readonly gamma?: number;
}

const OPTIONS = { ids: t.array(t.number, "list of ids"), gamma: optional(t.number) };

/** The prompt of a trained tree. @throws {TreeError} when the tree has none; {ShapeError} when the prompt is not `[length, width]` */
const promptOf = (tuned: PromptParams, length: number, width: number): Tensor => {
  const prompt = (tuned as Partial<PromptParams> | null | undefined)?.prompt;
  const expected = `[${length},${width}]`;
  const hint = `the text has ${length} ids: train methods.prompt({ length: ${length} })`;
  if (!isTensor(prompt)) {
    const what = "the trained tree has no prompt";
    throw new TreeError({ where: WHERE, what, expected: `{ prompt: ${expected} }`, got: kindOf(tuned), hint });
  }
  if (prompt.ndim === 2 && prompt.shape[0] === length && prompt.shape[1] === width) return prompt;
  const what = "the prompt does not fit the text or the model";
  throw new ShapeError({ where: WHERE, what, expected, got: `${prompt.aval}`, at: "prompt", hint });
};

/**
 * The squared distance of a prompt from the embeddings of a text: `gamma · Σ_i ‖prompt_i - embedding(ids_i)‖² / P`. As the `regularizer` of a
 * training step it holds a prompt of `P` vectors near a text of `P` ids, whether or not the text tells the task.
 *
 * @returns a pure function of the frozen model and a tree `{ prompt }`, `[P, d]`, with a scalar for its result
 * @throws {ArgumentError} for no ids, a `gamma` below 0, or (from the returned function) an id without an embedding; {TreeError} for a tree without
 * a prompt; {ShapeError} for a prompt of another length or width
 * @see Khashabi et al. 2021, arXiv:2112.08348
 * @example
 * const ids = tokenizer.encode("Is the review good or bad?");
 * const method = methods.prompt({ length: ids.length });
 * const step = makeTrainStep(config, method, tx, { regularizer: methods.wayward({ ids }) });
 */
export const wayward = takes(
  "methods.wayward(options)",
  (options: WaywardOptions): ((frozen: AnyParams, tuned: PromptParams) => Tensor) => {
    const { ids, gamma = 0.01 } = readOptions(WHERE, OPTIONS, options);
    checkIds(WHERE, ids);
    if (!(Number.isFinite(gamma) && gamma >= 0)) {
      throw new ArgumentError({ where: WHERE, what: "gamma is out of range", expected: "0 <= gamma", got: `${gamma}` });
    }
    return composite(WHERE, (frozen: AnyParams, tuned: PromptParams): Tensor => {
      const text = embeddedIds(WHERE, frozen, ids);
      const prompt = promptOf(tuned, ids.length, text.shape[1]);
      return np.multiply(gamma / ids.length, np.sum(np.square(np.subtract(prompt, text))));
    });
  },
);
