/**
 * @file WSC as T5 asks it: whom does the marked pronoun mean? The answer is a name, and right when it means the given span just if the label
 * says that the pronoun does.
 *
 * @see the data set `wsc.fixed` of TensorFlow Datasets, and T5's `wsc_simple`
 */

import * as t from "io-ts";
import { takes } from "../core/composite.js";
import { naturalNumber } from "../edge/decode.js";
import { accuracy } from "../metrics/classification.js";
import { splitWords } from "../metrics/python-text.js";
import { sameReferent } from "../metrics/referent.js";
import { badField, checkLabel, labelId, rowId } from "./fields.js";
import { judgedById } from "./labelled.js";
import { jsonlClasses } from "./submission.js";
import { asTask, type Example, jsonlFiles, type Split } from "./task.js";

const label = labelId([false, true]);
/** A span and a pronoun of a text, and the places of their first words. */
export interface WscSpans {
  readonly span1_text: string;
  readonly span1_index: number;
  /** The pronoun. */
  readonly span2_text: string;
  readonly span2_index: number;
}
const Spans: t.Type<WscSpans, unknown, unknown> = t.type({
  span1_text: t.string,
  span1_index: naturalNumber,
  span2_text: t.string,
  span2_index: naturalNumber,
});
const Row = t.type({ idx: rowId, text: t.string, target: Spans, label }, "wsc row");
type Row = t.TypeOf<typeof Row>;

/** These have words in between in the text. */
const LEFT_ALONE = ["Kamenev and Zinoviev", "Kamenev, Zinoviev, and Stalin"];

const fixedSpan = (text: string, span: string, index: number, at: string): string => {
  if (text.includes(span) || LEFT_ALONE.includes(span)) return span;
  const word = splitWords(text)[index];
  if (word === undefined) throw badField(`${at}_index`, "the text has no such word", "the place of a word", index);
  const [first, ...rest] = span;
  const cased = /^\p{Lowercase}/u.test(word) ? first.toLowerCase() : first.toUpperCase();
  const fixed = [cased, ...rest].join("").replace(/\.+$/, "").replaceAll("\n", " ");
  if (text.includes(fixed)) return fixed;
  throw badField(`${at}_text`, "the span does not stand in the text", "a part of the text", span);
};

/**
 * The spans as `wsc.fixed` has them: one that is not part of the text takes the case of the word at its place, and loses full stops at its end.
 *
 * @throws {DataError} when it is not part of the text even so
 * @example fixSpans("I met the man.", { span1_text: "The man.", span1_index: 2, span2_text: "I", span2_index: 0 }).span1_text // "the man"
 */
export const fixSpans = takes(
  "fixSpans(text, spans)",
  (text: string, spans: WscSpans): WscSpans => ({
    ...spans,
    span1_text: fixedSpan(text, spans.span1_text, spans.span1_index, "target.span1"),
    span2_text: fixedSpan(text, spans.span2_text, spans.span2_index, "target.span2"),
  }),
);

const [PONY, PEBBLE] = [
  "The boy continued to whip the pony , and eventually the pony threw him over. John laughed out quite loud.",
  "When they had eventually calmed down a bit , and had gotten home, Mr. Farley put the magic pebble in an iron safe .",
];
/** Two published texts whose index does not point at the pronoun, and what T5 makes of them. */
const SPECIAL: ReadonlyMap<string, string> = new Map([
  [`${PONY} "Good for him," he said. `, `${PONY} "Good for X ," he said.`],
  [
    `${PEBBLE} Some day they might want to use it , but really for now, what more could they wish for?`,
    `${PEBBLE} Some day they might want to use X , but really for now, what more could they wish for?`,
  ],
]);

/** The text with `X` in place of the pronoun. */
const withGap = (text: string, { span2_text: pronoun, span2_index: index }: WscSpans): string => {
  const special = SPECIAL.get(text);
  if (special !== undefined) return special;
  const words = text.split(" ");
  if (index === 0 || index >= words.length) {
    const expected = `a place from 1 to ${words.length - 1}`;
    throw badField("target.span2_index", "no pronoun can stand there", expected, index);
  }
  if (words[index] !== pronoun) {
    throw badField("target.span2_index", "another word stands there", `the place of "${pronoun}"`, words[index]);
  }
  // Three parts, so that a pronoun at the end has a space behind it too.
  return [words.slice(0, index).join(" "), "X", words.slice(index + 1).join(" ")].join(" ");
};

const examples = ({ idx, text, target, label: truth }: Row, split: Split): Example<number>[] => {
  checkLabel("label", truth, split, label.name);
  const spans = fixSpans(text, target);
  const inputs = withGap(text, spans).replaceAll(" X ", () => ` *${spans.span2_text}* `);
  // A wrong referent is nothing to learn.
  if (split === "train" && truth !== 1) return [];
  return [{ id: idx, inputs, targets: spans.span1_text, truth }];
};

/** Whether the pronoun means the span, as the leaderboard writes it. */
const WRITTEN = ["False", "True"];

/**
 * The referent of a pronoun. Its target is always the span; its truth says whether the pronoun means it (1), or not (0). The answer of a text
 * is whether it names the span (1), something else (0) or nothing (-1).
 */
export const wsc = asTask<Row, number, number>({
  name: "wsc",
  title: "Whom or what does the marked pronoun mean?",
  licence: "CC BY 4.0",
  prefix: "wsc:",
  index: 7,
  splits: jsonlFiles("WSC"),
  row: Row,
  examples,
  read: (text, { targets }) => sameReferent(text, targets),
  ...judgedById,
  metrics: { accuracy },
  submission: jsonlClasses("WSC.jsonl", WRITTEN, WRITTEN),
});
