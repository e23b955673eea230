/** @file Rows of four tasks as text, to be spoilt, and what reading them says. */
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { orThrow } from "../../lib/edge/either.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { examplesOfE, parseRows } from "../../lib/tasks/rows.js";
import type { Example, Split } from "../../lib/tasks/task.js";

export const cbRow = { premise: "It rains. He said so.", hypothesis: "it rains", label: "entailment", idx: 7 };

/** A row of CB. */
export const row = (over: object = {}): string => JSON.stringify({ ...cbRow, ...over });

/** A row of MultiRC with one question. */
export const questionRow = (answers: object[]): string =>
  JSON.stringify({ idx: 3, passage: { text: "p", questions: [{ question: "q", idx: 4, answers }] } });

/** A row of ReCoRD with one query. */
export const newsRow = (over: object = {}, query: object = {}): string =>
  JSON.stringify({
    idx: 1,
    passage: { text: "Anna \u{1f600}", entities: [{ start: 0, end: 3 }] },
    qas: [{ query: "@placeholder", idx: 2, answers: [{ text: "Anna", start: 0, end: 3 }], ...query }],
    ...over,
  });

const spans = { span1_text: "Tom", span1_index: 0, span2_text: "he", span2_index: 2 };
/** A row of WSC. */
export const schemaRow = (target: object = {}, over: object = {}): string =>
  JSON.stringify({ idx: 5, text: "Tom said he knows", target: { ...spans, ...target }, label: true, ...over });

export const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));

const readFrom = (text: string | Uint8Array, name: string, split: Split) =>
  examplesOfE(taskOf(name), split, parseRows(text, "f.jsonl"), "f.jsonl");

export const read = (text: string | Uint8Array, name = "cb", split: Split = "train"): readonly Example[] =>
  orThrow(readFrom(text, name, split));

/** The message of the error. */
export const problem = (text: string | Uint8Array, name = "cb", split: Split = "train"): string => {
  const result = readFrom(text, name, split);
  return E.isLeft(result) ? result.left.message : "no error";
};

export const says = (message: string, ...parts: readonly string[]): void => {
  for (const part of parts) assert.ok(message.includes(part), `"${part}" is not in: ${message}`);
};
