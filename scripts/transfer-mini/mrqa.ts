/** @file The layout of MRQA: a header, then a line for each text, with tokens and inclusive spans; packed by gzip, always the same. */
import { gzipSync, strToU8 } from "fflate";
import { type Span, toJsonl } from "../superglue-mini/shared.js";
import { hexId, type Passage } from "./questions.js";

/** A token, and the code point at which it starts. */
type Token = readonly [string, number];

/** Words and signs, each one token. */
const tokensOf = (text: string): Token[] =>
  [...text.matchAll(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)].map(({ 0: token, index }) => [
    token,
    [...text.slice(0, index)].length,
  ]);

const detected = (tokens: readonly Token[], { start, end, text }: Span): object => {
  const inside = [...tokens.keys()].filter((k) => tokens[k][1] >= start && tokens[k][1] < end);
  return { text, char_spans: [[start, end - 1]], token_spans: [[inside[0], inside.at(-1)]] };
};

const line = ({ text, asked }: Passage, seed: string): object => {
  const tokens = tokensOf(text);
  return {
    context: text,
    qas: asked.map(({ question, answer }, q) => ({
      qid: hexId(`${seed}/${q}`, 32),
      question,
      question_tokens: tokensOf(question),
      detected_answers: [detected(tokens, answer)],
      answers: [answer.text],
    })),
    context_tokens: tokens,
  };
};

/** The file of a set. Versions of Node pack in different ways, fflate in one; the time is left out. */
export const mrqaFile = (dataset: string, passages: readonly Passage[]): Uint8Array => {
  const lines = passages.map((one, i) => line(one, `${dataset}/${i}`));
  return gzipSync(strToU8(toJsonl([{ header: { dataset, split: "dev" } }, ...lines])), { level: 9, mtime: 0 });
};
