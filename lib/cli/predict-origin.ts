/** @file What the answers to a task are made from. */
import { VERSION } from "../core/version.js";
import type { Origin } from "../lab/answers.js";
import { digestOfExamples, digestOfFiles } from "../lab/digest.js";
import { type Question, type QuestionFlags, vocabularyPath } from "./questions.js";

/**
 * The origins of the answers to questions: all on which answers and batches depend. Which program computes is not part of it: that changes rounding
 * alone.
 */
export const originsOf = async (questions: readonly Question[], flags: QuestionFlags): Promise<readonly Origin[]> => {
  const digests = new Map<string, string | null>();
  const digestOf = async (path: string): Promise<string | null> => {
    const known = digests.get(path);
    if (known !== undefined) return known;
    const digest = (await digestOfFiles(path)) ?? null;
    digests.set(path, digest);
    return digest;
  };
  const { decode, prefix, maxInputLength = null, maxTokens = null, evaluationTokens } = flags;
  const [model, tokenizer] = [await digestOf(flags.model), await digestOf(vocabularyPath(flags))];
  const origins: Origin[] = [];
  for (const { path, split, examples } of questions) {
    origins.push({
      ...{ fluxion: VERSION, model, tokenizer },
      adapter: path === undefined ? null : await digestOf(path),
      ...{ split, examples: digestOfExamples(examples) },
      ...{ decode, prefix, maxInputLength, maxTokens, evaluationTokens },
      // Answers that are there from before the option had none.
      ...(flags.sentinel === true && { sentinel: "first" }),
    });
  }
  return origins;
};
