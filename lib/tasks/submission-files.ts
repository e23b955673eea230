/** @file The files that a leaderboard takes, from the texts of a model, and the archive of them. */

import { zipSync } from "fflate";
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { type Answered, checkTexts, type Example } from "../metrics/answered.js";
import type { Benchmark, Submission, Task } from "./task.js";
import { byCodePoint } from "./text.js";

const WHERE = "submissionFile";

/** The file of a task for its benchmark. */
export interface SubmissionFile {
  readonly benchmark: Benchmark;
  /** Its name in the archive. */
  readonly file: string;
  readonly text: string;
  /** Answers that the task does not allow. */
  readonly invalid: number;
  /** The label that stands in their place; undefined where the task allows every answer. */
  readonly standIn: string | undefined;
}

export interface SubmissionOptions {
  /** The label that stands in place of answers that the task does not allow. Default: the task's first. */
  readonly standIn?: string;
}

/** How a task is written. @throws {ArgumentError} for a task that is in no benchmark */
export const submissionOf = ({ name, submission }: Task): Submission<unknown> => {
  if (submission !== undefined) return submission;
  const [what, expected] = [`no leaderboard takes answers to ${name}`, "a task of SuperGLUE or GLUE"];
  throw new ArgumentError({
    where: WHERE,
    what,
    expected,
    hint: "give it a `submission`, or keep its answers as text",
  });
};

/** The labels that may stand in place of an answer that the task does not allow; none where it allows every answer. */
export const standInsOf = (task: Task): readonly string[] => submissionOf(task).labels ?? task.labels ?? [];

/**
 * The class id of the label that stands in place of an answer that the task does not allow.
 *
 * @returns undefined where the task has no labels
 * @throws {ArgumentError} for a label that the task does not have
 */
export const standInOf = (task: Task, label?: string): { readonly id: number; readonly label: string } | undefined => {
  const labels = standInsOf(task);
  if (label === undefined) return labels.length === 0 ? undefined : { id: 0, label: labels[0] };
  const id = labels.indexOf(label);
  if (id >= 0) return { id, label };
  const expected = labels.length === 0 ? "none: it has no labels" : labels.join(", ");
  throw new ArgumentError({ where: WHERE, what: `not a label of ${task.name}`, expected, got: label });
};

/**
 * The file of a task for its benchmark, of texts in the order of the examples. One label stands in place of all answers that the task does not
 * allow.
 *
 * @throws {ArgumentError} for a task that is in no benchmark, and when there is not one text for each example
 * @example
 * const file = submissionFile(taskOf("cb"), examples, texts, { standIn: "neutral" });
 * console.log(file.file, file.invalid) // CB.jsonl 3
 */
export const submissionFile = takes(
  "submissionFile(task, examples, texts, { standIn })",
  (
    task: Task,
    examples: readonly Example[],
    texts: readonly string[],
    options: SubmissionOptions = {},
  ): SubmissionFile => {
    checkTexts(WHERE, examples, texts);
    const { benchmark, file, write } = submissionOf(task);
    const standIn = standInOf(task, options.standIn);
    let invalid = 0;
    const answered = examples.map((example, i): Answered => {
      const answer = task.read(texts[i], example);
      if (task.valid?.(answer) ?? true) return { answer, example };
      invalid++;
      return { answer: standIn?.id ?? answer, example };
    });
    return { benchmark, file, text: write(answered), invalid, standIn: standIn?.label };
  },
);

/** The benchmark of all these. @throws {ArgumentError} when there are two, or none */
export const onlyBenchmark = (list: readonly { readonly benchmark: Benchmark }[]): Benchmark => {
  const found = [...new Set(list.map(({ benchmark }) => benchmark))];
  if (found.length === 1) return found[0];
  throw new ArgumentError({
    where: "submission",
    what: found.length === 0 ? "there is nothing to submit" : "an archive holds the files of one benchmark",
    expected: "tasks of SuperGLUE, or tasks of GLUE",
    got: found.join(" and ") || "no task",
    hint: "make an archive for each benchmark",
  });
};

/**
 * The bytes of the zip archive that a leaderboard takes. The same files give the same bytes.
 *
 * @throws {ArgumentError} for files of two benchmarks, without files, and when two have one name
 * @example await writeFile("superglue.zip", submissionArchive([submissionFile(cb, examples, texts)]))
 */
export const submissionArchive = takes("submissionArchive(files)", (files: readonly SubmissionFile[]): Uint8Array => {
  onlyBenchmark(files);
  const sorted = [...files].sort((a, b) => byCodePoint(a.file, b.file));
  const twice = sorted.find(({ file }, i) => i > 0 && sorted[i - 1].file === file);
  if (twice !== undefined) {
    const [what, expected] = ["two files have one name", "the file of each task once"];
    throw new ArgumentError({ where: "submissionArchive", what, expected, got: twice.file });
  }
  const encoder = new TextEncoder();
  // Zip has the local time of files: the same numbers of the clock make the same bytes everywhere.
  const mtime = new Date(1980, 0, 1);
  return zipSync(Object.fromEntries(sorted.map(({ file, text }) => [file, encoder.encode(text)])), { mtime });
});
