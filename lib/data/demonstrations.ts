/** @file Examples with their answers as text in front of an input: prompt design, for models that are not tuned at all. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Example } from "../metrics/answered.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { epochOrder } from "./batch.js";

/** Which examples are shown, and how. */
export interface DemonstrationOptions {
  /** How many examples are shown. */
  readonly count: number;
  /** Draws the examples and their order. Default 0. */
  readonly seed?: number;
  /** The task's own name in front of each example, as in `tokenize`: `Task.prefix`. */
  readonly name?: string;
  /** Most ids; a longer text is an error, since a cut would tear an answer from its question. Without it any length is fine. */
  readonly length?: number;
}

const where = "data.demonstrations";

/** The examples that are shown, in order. @throws {ArgumentError} when there are not as many */
const drawn = (examples: readonly Example[], count: number, seed: number): Example[] => {
  if (!Number.isInteger(count) || count < 1 || count > examples.length) {
    throw new ArgumentError({
      where,
      what: "too few examples to show",
      expected: `a count from 1 to ${examples.length}`,
      got: `${count}`,
    });
  }
  const order = epochOrder(examples.length, seed, 0);
  return order.slice(0, count).map((row) => examples[row] as Example);
};

/**
 * The ids of a text that shows examples with their answers: inputs and target of each, one after the other with a space between. In front of an input,
 * it asks a model by example; it has no EOS.
 *
 * @throws {ArgumentError} when there are fewer examples than `count`, or the text has more than `length` ids
 * @see Brown et al. 2020, arXiv:2005.14165; Lester et al. 2021, section 5 (prompt design)
 * @example
 * const ids = demonstrations(train, tokenizer, { count: 4, length: 512 });
 * const method = methods.design(ids);
 */
export const demonstrations = takes(
  "demonstrations(examples, tokenizer, { count, seed, name, length })",
  (
    examples: readonly Example[],
    tokenizer: Pick<Tokenizer, "encode">,
    { count, seed = 0, name, length = Number.POSITIVE_INFINITY }: DemonstrationOptions,
  ): number[] => {
    const before = name === undefined ? "" : `${name} `;
    const shown = drawn(examples, count, seed);
    const ids = tokenizer.encode(shown.map(({ inputs, targets }) => `${before}${inputs} ${targets}`).join(" "));
    if (ids.length <= length) return [...ids];
    throw new ArgumentError({
      where,
      what: "the demonstrations are too long",
      expected: `at most ${length} ids`,
      got: `${ids.length}`,
      hint: `show fewer than ${count} examples, or shorter ones`,
    });
  },
);
