/**
 * @file Metrics of answers as text, in percent: exact match and overlap of words, the best over all accepted answers.
 *
 * @see Rajpurkar et al. 2016, and T5's `qa_utils.py`, which agrees with the scripts of SQuAD 1.1 and TriviaQA
 */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { type Answered, type Metric, meanPercent } from "./answered.js";
import { lower, splitWords, wholeNumber } from "./python-text.js";

// Python's `\b` knows the letters and digits of all scripts, JavaScript's those of ASCII.
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;
const NO_WORD = /[^\p{L}\p{N}_]/gu;
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
const PUNCTUATION_AND_QUOTES = /[!-/:-@[-`{-~‘’´]/g;

const normalize = (text: string, marks: RegExp, instead: string): string =>
  splitWords(lower(text).replace(marks, instead).replace(ARTICLES, " ")).join(" ");

/**
 * An answer as SQuAD compares it: in lower case, without ASCII punctuation and articles, single spaces between words.
 *
 * @example normalizeSquad("The  Eiffel-Tower!") // "eiffeltower"
 */
export const normalizeSquad = takes("normalizeSquad(text)", (text: string): string => normalize(text, PUNCTUATION, ""));

/**
 * An answer as TriviaQA compares it: as for SQuAD, but ASCII punctuation and the quotes `‘’´` become spaces.
 *
 * @example normalizeTriviaQa("The  Eiffel-Tower!") // "eiffel tower"
 */
export const normalizeTriviaQa = takes("normalizeTriviaQa(text)", (text: string): string =>
  normalize(text, PUNCTUATION_AND_QUOTES, " "),
);

/** F1 of two bags of words, from 0 to 1; 0 when they have no word in common, so for two empty bags. */
const overlap = (accepted: string, given: string): number => {
  const [a, b] = [splitWords(accepted), splitWords(given)];
  const left = new Map<string, number>();
  for (const word of a) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of b) {
    const n = left.get(word) ?? 0;
    if (n > 0) common++;
    left.set(word, n - 1);
  }
  return common === 0 ? 0 : (2 * common) / (a.length + b.length);
};

const equal = (accepted: string, given: string): number => Number(accepted === given);

/** The mean over examples of the best score that a normalised answer has with any accepted one. */
const bestOf =
  (
    where: string,
    normal: (text: string) => string,
    score: (accepted: string, given: string) => number,
  ): Metric<readonly string[], string> =>
  (answered) =>
    meanPercent(where, answered, ({ answer, example: { id, truth } }) => {
      if (truth.length === 0) {
        throw new ArgumentError({
          where,
          what: "an example accepts no answer",
          expected: "at least one accepted answer",
          at: `example ${id}`,
        });
      }
      const given = normal(answer);
      return Math.max(...truth.map((accepted) => score(normal(accepted), given)));
    });

/** Exact match and F1, by T5's names. */
export type ExactAndF1<Truth> = Readonly<Record<"em" | "f1", Metric<Truth, string>>>;

/**
 * SQuAD's metrics: the share of answers that equal an accepted one, and the mean F1 of their words, both times 100 and after
 * `normalizeSquad`. Two answers without words are equal, and have an F1 of 0.
 *
 * @see T5's `squad`
 * @throws {ArgumentError} for an empty list, or an example that accepts no answer
 * @example squad.f1([{ answer: "tower", example: { id: "0", inputs: "…", targets: "…", truth: ["Eiffel tower"] } }])
 */
export const squad: ExactAndF1<readonly string[]> = {
  em: bestOf("squad.em", normalizeSquad, equal),
  f1: bestOf("squad.f1", normalizeSquad, overlap),
};

/**
 * TriviaQA's metrics: those of SQuAD, after `normalizeTriviaQa`.
 *
 * @see T5's `trivia_qa`
 * @throws {ArgumentError} for an empty list, or an example that accepts no answer
 */
export const triviaQa: ExactAndF1<readonly string[]> = {
  em: bestOf("triviaQa.em", normalizeTriviaQa, equal),
  f1: bestOf("triviaQa.f1", normalizeTriviaQa, overlap),
};

/**
 * CoQA's F1: that of SQuAD, but two answers without words agree.
 *
 * @see T5's `coqa_f1`
 * @throws {ArgumentError} for an empty list, or an example that accepts no answer
 */
export const coqaF1: Metric<readonly string[], string> = takes(
  "coqaF1(answered)",
  bestOf("coqaF1", normalizeSquad, (accepted, given) => (accepted === given ? 1 : overlap(accepted, given))),
);

/** Accepted answers, and the text in which an answer marks its words. */
export interface SpanTruth {
  readonly answers: readonly string[];
  readonly context: string;
}

/** The words of a context that an answer like `start: 3 end: 6` marks; empty when it marks none. */
const markedWords = (answer: string, context: string): string => {
  const words = (text: string): string[] => splitWords(text.replace(NO_WORD, " "));
  const marks = words(answer);
  const [start, end] = [wholeNumber(marks[1] ?? ""), wholeNumber(marks[3] ?? "")];
  if (start === undefined || end === undefined) return "";
  return words(context)
    .slice(start, end + 1)
    .join(" ");
};

const bySpan =
  (metric: Metric<readonly string[], string>): Metric<SpanTruth, string> =>
  (answered) =>
    metric(
      answered.map(
        ({ answer, example }): Answered<readonly string[], string> => ({
          answer: markedWords(answer, example.truth.context),
          example: { ...example, truth: example.truth.answers },
        }),
      ),
    );

/**
 * SQuAD's metrics for answers that are the numbers of a first and a last word of the context: `start: 3 end: 6`. Words are runs of
 * letters and digits, counted from 0.
 *
 * @see T5's `span_squad`
 * @throws {ArgumentError} for an empty list, or an example that accepts no answer
 */
export const spanSquad: ExactAndF1<SpanTruth> = { em: bySpan(squad.em), f1: bySpan(squad.f1) };
