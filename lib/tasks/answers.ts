/** @file Reading an answer in the text that a model wrote. */
import { takes } from "../core/composite.js";
import { stripStart } from "../metrics/python-text.js";

/**
 * Reads class ids: the place of a text among the labels. The text must be equal to a label.
 *
 * @param otherwise  the id of a text that is not a label
 * @see T5's `string_label_to_class_id`
 * @example classId(["False", "True"])("True") // 1
 */
export const classId = takes(
  "classId(labels, otherwise)",
  (labels: readonly string[], otherwise = -1) =>
    (text: string): number => {
      const id = labels.indexOf(text);
      return id < 0 ? otherwise : id;
    },
);

const SENTINEL = "<extra_id_0>";

/**
 * Drops the first sentinel from the start of a text, then white space: the answer of a model that fills gaps.
 *
 * @see prompt-tuning's `remove_extra_id_0`
 */
export const dropSentinel = takes("dropSentinel(text)", (text: string): string =>
  stripStart(text.startsWith(SENTINEL) ? text.slice(SENTINEL.length) : text),
);

/** A text that comes in parts, without the first sentinel and white space at its start: parts are held back until it is clear what the text begins with. */
export async function* dropSentinelFirst(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let start = "";
  let isPast = false;
  for await (const part of parts) {
    if (!isPast) start += part;
    const text: string = isPast ? part : dropSentinel(start);
    isPast ||= text !== "" && !SENTINEL.startsWith(start);
    if (isPast) yield text;
  }
  if (!isPast) yield dropSentinel(start);
}

/** Puts MRPC's answers in the words of QQP: `not_equivalent` becomes `not_duplicate`. */
export const mrpcToQqp = takes("mrpcToQqp(text)", (text: string): string => text.replaceAll("equivalent", "duplicate"));

/** Puts QQP's answers in the words of MRPC: `not_duplicate` becomes `not_equivalent`. */
export const qqpToMrpc = takes("qqpToMrpc(text)", (text: string): string => text.replaceAll("duplicate", "equivalent"));
