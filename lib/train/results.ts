/** @file What a run comes to: the summary and the points of its learning curve. */
import type { Example } from "../metrics/answered.js";
import type { Best } from "./loop.js";

type Scores = Readonly<Record<string, number>>;

/** `summary.json`. Scores are percentages on the dev set. */
export interface Summary {
  readonly tuned: Scores;
  /** The bare model. */
  readonly untuned: Scores;
  readonly majority: Scores;
  readonly bestStep: number;
  readonly steps: number;
  readonly seconds: number;
  readonly executor: string;
  readonly reason: string;
}

/**
 * The most frequent target, for the score of always giving it. Of equally frequent ones the first label; without labels the one seen first.
 *
 * @returns an empty text when there are no examples
 */
export const usualAnswer = (examples: readonly Example[], labels: readonly string[] = []): string => {
  const counts = new Map<string, number>(labels.map((label) => [label, 0]));
  for (const { targets } of examples) counts.set(targets, (counts.get(targets) ?? 0) + 1);
  let [usual, most] = ["", -1];
  for (const [text, n] of counts) if (n > most) [usual, most] = [text, n];
  return usual;
};

type Line = Readonly<Record<string, unknown>>;

/** The points of a learning curve, from the lines of `metrics.jsonl`. */
export const curveOf = (
  lines: readonly Line[],
  best: Best,
): {
  readonly losses: readonly { readonly step: number; readonly value: number }[];
  readonly scores: readonly { readonly step: number; readonly value: number }[];
  readonly scoreName: string;
  readonly bestStep: number;
} => {
  const points = (value: (line: Line) => unknown) =>
    lines.flatMap((line) => {
      const v = value(line);
      return typeof v === "number" && typeof line.step === "number" ? [{ step: line.step, value: v }] : [];
    });
  return {
    losses: points((line) => line.loss),
    scores: points((line) => (line.evaluation as Line | undefined)?.score),
    scoreName: `mean of ${Object.keys(best.metrics).join(" and ")}`,
    bestStep: best.step,
  };
};
