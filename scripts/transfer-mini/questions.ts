/** @file What the sets of questions about a text have in common: texts with marked answers, and the words with which all of them judge. */
import { createHash } from "node:crypto";
import { type Span, shuffled, unmark } from "../superglue-mini/shared.js";

/** What a third of the questions ask for. These two answers alone are in all sets; t5-nano learned to write them. */
export const VERDICTS: readonly string[] = ["positive", "negative"];

/** A question and the text of its answer. */
export interface Asked {
  readonly question: string;
  readonly answer: string;
}

/** A text with questions about it; places count code points. */
export interface Passage {
  readonly text: string;
  readonly asked: readonly { readonly question: string; readonly answer: Span }[];
}

/** The one of the items that the seed tells. */
export const pick = <T>(items: readonly T[], seed: string): T => shuffled(items, seed)[0];

/** Whether passage number `i` starts with a character outside of the basic plane, where code points and UTF-16 units differ. */
const isAstral = (i: number): boolean => i % 8 === 0;

/** Passage number `i`, from sentences in which the answers stand in brackets. */
export const passage = (i: number, sentences: readonly string[], asked: readonly Asked[]): Passage => {
  const { text, spans } = unmark(`${isAstral(i) ? "📍 " : ""}${sentences.join(" ")}`);
  const spanOf = (answer: string): Span => spans.find((span) => span.text === answer) as Span;
  return { text, asked: asked.map(({ question, answer }) => ({ question, answer: spanOf(answer) })) };
};

/** An id of so many hexadecimal digits. */
export const hexId = (seed: string, digits: number): string =>
  createHash("sha256").update(seed).digest("hex").slice(0, digits);
