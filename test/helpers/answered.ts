/** @file Answered examples for tests of metrics, and comparison with golden percentages. */
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { Answered } from "../../lib/metrics/answered.js";

/** A number as the golden files write it. */
export type GoldenNumber = number | "NaN" | "Infinity" | "-Infinity";

/** Pairs truths with answers, and with groups where there are some; ids count from 0. */
export const answeredList = <Truth, Answer>(
  truths: readonly Truth[],
  answers: readonly Answer[],
  groups?: readonly string[],
): Answered<Truth, Answer>[] => {
  assert.is(answers.length, truths.length, "truths and answers pair up");
  return truths.map((truth, i) => ({
    answer: answers[i],
    example: { id: `${i}`, inputs: "", targets: "", truth, ...(groups && { group: groups[i] }) },
  }));
};

/** Asserts that a number is the golden one to within 1e-9. */
export const assertMetric = (got: number | undefined, want: GoldenNumber, what: string): void => {
  const number = Number(want);
  const same = Object.is(got, number) || (got !== undefined && Math.abs(got - number) < 1e-9);
  assert.ok(same, `${what}: got ${got}, expected ${want}`);
};

/** Asserts that `f` throws an ArgumentError whose message has all these parts. */
export const assertRefused = (f: () => unknown, ...parts: readonly string[]): void => {
  try {
    f();
  } catch (e) {
    if (!isFluxionError(e, "ArgumentError")) throw e;
    for (const part of parts) assert.ok(e.message.includes(part), `"${part}" is not in: ${e.message}`);
    return;
  }
  assert.unreachable("no error");
};
