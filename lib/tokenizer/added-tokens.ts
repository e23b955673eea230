/** @file Tokens that stand beside a vocabulary and are found in text wherever they are written out. */
import { DataError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
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

/** A place in the tree of all tokens, by code points: what a token can go on with, and the token that ends here. */
interface Node<Token> {
  readonly next: Map<number, Node<Token>>;
  token?: Token;
}

/** The longest text of a token; a search reads as far at each place of a text. */
const LONGEST = 1000;

const tooLong = (text: string): DataError =>
  new DataError({
    where: "loadTokenizer",
    what: "an added token is too long",
    expected: `at most ${LONGEST} characters`,
    got: `${text.length}, ${brief(text)}`,
    hint: "fetch the files of the folder again",
  });

const treeOf = <Token>(tokens: readonly Token[], textOf: (token: Token) => string): Node<Token> => {
  const root: Node<Token> = { next: new Map() };
  for (const token of tokens) {
    const text = textOf(token);
    if (text.length > LONGEST) throw tooLong(text);
    if (text === "") continue;
    let node = root;
    for (const character of text) {
      const code = character.codePointAt(0) as number;
      const known = node.next.get(code) ?? { next: new Map() };
      node.next.set(code, known);
      node = known;
    }
    node.token = token;
  }
  return root;
};

/** The longest token that stands at a place, and where it ends. */
const longestAt = <Token>(root: Node<Token>, text: string, start: number): readonly [Token, number] | undefined => {
  let found: readonly [Token, number] | undefined;
  let node: Node<Token> | undefined = root;
  for (let at = start; at < text.length; ) {
    const code = text.codePointAt(at) as number;
    node = node.next.get(code);
    if (node === undefined) break;
    at += code > 0xffff ? 2 : 1;
    if (node.token !== undefined) found = [node.token, at];
  }
  return found;
};

/** Finds the characters that a token begins with: the engine skips others faster than a loop would. */
const beginningsOf = ({ next }: Node<unknown>): RegExp =>
  new RegExp(`[${Array.from(next.keys(), (code) => `\\u{${code.toString(16)}}`).join("")}]`, "gu");

/** The tokens of a text, and what stands between them, also where that is nothing. */
const sectionsOf = <Token>(root: Node<Token>, beginnings: RegExp, text: string): (string | Token)[] => {
  const sections: (string | Token)[] = [];
  let from = 0;
  beginnings.lastIndex = 0;
  for (let match = beginnings.exec(text); match !== null; match = beginnings.exec(text)) {
    const found = longestAt(root, text, match.index);
    if (found === undefined) continue;
    sections.push(text.slice(from, match.index), found[0]);
    from = beginnings.lastIndex = found[1];
  }
  return [...sections, text.slice(from)];
};

/**
 * A function that cuts text at the tokens in it: the first one, and of those at one place the longest.
 *
 * @param textOf  how a token is written
 * @throws {DataError} for a token of more than a thousand characters
 */
export const makeCut = <Token extends FoundToken>(
  tokens: readonly Token[],
  textOf: (token: Token) => string,
): ((text: string) => (string | Token)[]) => {
  const root = treeOf(tokens, textOf);
  if (root.next.size === 0) return (text) => [text];
  const beginnings = beginningsOf(root);
  return (text) => {
    const sections = sectionsOf(root, beginnings, text);
    return sections.map((section, i) => {
      if (typeof section !== "string") return section;
      const [before, after] = [sections[i - 1], sections[i + 1]];
      const rest = typeof before === "object" && before.rstrip ? trimStart(section) : section;
      return typeof after === "object" && after.lstrip ? trimEnd(rest) : rest;
    });
  };
};
