/** @file Tokens that stand beside a vocabulary and are found in text wherever they are written out. */
import { trimEnd, trimStart } from "./white-space.js";

/** A token that is never split. */
export interface FoundToken {
  readonly id: number;
  readonly content: string;
  /** Whether white space before it belongs to it. */
  readonly lstrip: boolean;
  /** Whether white space after it belongs to it. */
  readonly rstrip: boolean;
}

/**
 * A function that cuts text at the tokens in it: the first one, and of those at one place the longest.
 *
 * @param textOf  how a token is written
 */
export const makeCut = <Token extends FoundToken>(
  tokens: readonly Token[],
  textOf: (token: Token) => string,
): ((text: string) => (string | Token)[]) => {
  const byText = new Map(tokens.map((token) => [textOf(token), token]));
  const longestFirst = [...byText.keys()].filter((text) => text !== "").sort((a, b) => b.length - a.length);
  if (longestFirst.length === 0) return (text) => [text];
  const any = new RegExp(
    `(${longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|")})`,
    "u",
  );
  return (text) => {
    const sections: (string | Token)[] = text
      .split(any)
      .map((section, i) => (i % 2 === 1 ? byText.get(section) : undefined) ?? section);
    return sections.map((section, i) => {
      if (typeof section !== "string") return section;
      const [before, after] = [sections[i - 1], sections[i + 1]];
      const rest = typeof before === "object" && before.rstrip ? trimStart(section) : section;
      return typeof after === "object" && after.lstrip ? trimEnd(rest) : rest;
    });
  };
};
