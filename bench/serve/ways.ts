/** @file The ways of answering that are compared. */

import type { Outcome } from "../../lib/serve/queue.js";
import type { Question, Reply, Responder } from "../../lib/serve/responder.js";

type Answer = Responder["answer"];

/** The questions of a batch in parts, each answered alone. */
const inParts =
  (answer: Answer, partOf: (question: Question, i: number) => unknown): Answer =>
  async (questions) => {
    const parts = new Map<unknown, number[]>();
    questions.forEach((question, i) => {
      const part = partOf(question, i);
      parts.set(part, [...(parts.get(part) ?? []), i]);
    });
    const outcomes: Outcome<Reply>[] = [];
    for (const places of parts.values()) {
      const got = await answer(places.map((i) => questions[i]));
      places.forEach((place, i) => {
        outcomes[place] = got[i];
      });
    }
    return outcomes;
  };

/** What makes a batch: all that waits, the requests with one prompt, or one request. */
export const WAYS: Readonly<Record<string, (answer: Answer) => Answer>> = {
  "prompts mixed": (answer) => answer,
  "one prompt a batch": (answer) => inParts(answer, ({ wanted }) => JSON.stringify(wanted)),
  "one request a batch": (answer) => inParts(answer, (_, i) => i),
};
