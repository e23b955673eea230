/**
 * @file The steps from text to words that a `tokenizer.json` asks for: normalisers and pre-tokenizers, as functions of strings.
 */
import { DataError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { patternProblem } from "../edge/pattern-cost.js";
import { makeGraphemeMap } from "./grapheme-map.js";
import { mostOf, outgrown } from "./growth.js";
import type { Metaspace, NormalizerPart, PreTokenizerPart } from "./tokenizer-json-schema.js";
import { trimEnd, trimStart, WHITE_SPACE } from "./white-space.js";

export type Normalize = (text: string) => string;
/** A step of normalisation; it refuses to make more than `most` characters. */
type Step = (text: string, most: number) => string;
/** The words of a text; `atStart` says that nothing of the input stands before it. */
export type Split = (text: string, atStart: boolean) => string[];

/** Why a part of the file cannot be used. */
const unusable = (what: string, got: string, hint: string, cause: unknown): DataError =>
  new DataError({ where: "parseTokenizerJson", what, got, hint }, { cause });

/** Each step walks over the whole text; the files of T5 have three. */
const MOST_STEPS = 32;
const few = <Part>(steps: readonly Part[]): readonly Part[] => {
  if (steps.length <= MOST_STEPS) return steps;
  throw new DataError({
    where: "parseTokenizerJson",
    what: "a sequence has too many steps",
    expected: `at most ${MOST_STEPS}`,
    got: `${steps.length}`,
    hint: "load the file again",
  });
};

const bytesOf = (base64: string): Uint8Array => {
  try {
    return Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));
  } catch (cause) {
    throw unusable("the character map is not base64", `${base64.length} characters`, "load the file again", cause);
  }
};

const regexOf = (source: string): RegExp => {
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, "gu");
    pattern.test(""); // compiled only now, and refused if it is too large
  } catch (cause) {
    const hint = "it may use Oniguruma's own syntax";
    throw unusable("a pattern is not a regular expression here", brief(source), hint, cause);
  }
  const problem = patternProblem(source);
  if (problem !== undefined) throw new DataError({ where: "parseTokenizerJson", ...problem, got: brief(source) });
  return pattern;
};

/** Replaces what a pattern finds. The length is summed before the text is made, which might not fit into memory. */
const replacing =
  (from: string | RegExp, content: string): Step =>
  (text, most) => {
    let left = most - text.length;
    return text.replaceAll(from, (found) => {
      left -= content.length - Math.min(found.length, content.length);
      if (left < 0) throw outgrown(most);
      return content;
    });
  };

const stepOf = (part: NormalizerPart | null): Step => {
  switch (part?.type) {
    case undefined:
      return (text) => text;
    case "Precompiled":
      return part.precompiled_charsmap === "" ? (text) => text : makeGraphemeMap(bytesOf(part.precompiled_charsmap));
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(part.type);
    case "Strip": {
      const { strip_left: left, strip_right: right } = part;
      return (text) => {
        const rest = left ? trimStart(text) : text;
        return right ? trimEnd(rest) : rest;
      };
    }
    case "Replace": {
      const { pattern, content } = part;
      const from = "Regex" in pattern ? regexOf(pattern.Regex) : pattern.String;
      return replacing(from, content);
    }
    case "Sequence": {
      const steps = few(part.normalizers).map(stepOf);
      return (text, most) => steps.reduce((rest, step) => step(rest, most), text);
    }
  }
};

/**
 * The normalisation that a file asks for. It throws a DataError where its steps make too much of a text.
 *
 * @throws {DataError} when the character map is damaged, or a pattern is none or may take too long
 */
export const makeNormalize = (part: NormalizerPart | null): Normalize => {
  const step = stepOf(part);
  return (text) => {
    const most = mostOf(text.length);
    const normal = step(text, most);
    if (normal.length > most) throw outgrown(most);
    return normal;
  };
};

/** Spaces become marks, the text gets one in front, and each mark begins a word. */
const metaspace = ({ replacement: mark, add_prefix_space, prepend_scheme, split }: Metaspace): Split => {
  const scheme = prepend_scheme ?? (add_prefix_space ? "always" : "never");
  return (text, atStart) => {
    const marked = text.replaceAll(" ", mark);
    const prepend = !marked.startsWith(mark) && (scheme === "always" || (scheme === "first" && atStart));
    const whole = prepend ? mark + marked : marked;
    if (!split) return [whole];
    const [before = "", ...words] = whole.split(mark);
    return [...(before === "" ? [] : [before]), ...words.map((word) => mark + word)];
  };
};

export const makeSplit = (part: PreTokenizerPart | null): Split => {
  switch (part?.type) {
    case undefined:
      return (text) => [text];
    case "Metaspace":
      return metaspace(part);
    case "WhitespaceSplit":
      return (text) => text.split(WHITE_SPACE).filter((word) => word !== "");
    case "Sequence": {
      const steps = few(part.pretokenizers).map(makeSplit);
      return (text, atStart) =>
        steps.reduce((words, step) => words.flatMap((word, i) => step(word, atStart && i === 0)), [text]);
    }
  }
};
