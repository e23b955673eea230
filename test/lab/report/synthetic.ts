/** @file Folders of runs that nobody trained, for tests of reports. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RecipeInput, recipe } from "../../../lib/lab/recipe.js";
import { beginning } from "../beginning.js";

/** An answer, right or wrong. */
export interface SyntheticAnswer {
  readonly id: string;
  readonly group?: string;
  readonly inputs?: string;
  readonly prediction?: string;
  readonly correct: boolean;
}

/** What a run is to have; the rest is made up. */
export interface Synthetic {
  readonly recipe: RecipeInput;
  /** Of each metric, with the task in front where there are several. */
  readonly tuned: Readonly<Record<string, number>>;
  readonly score?: number;
  readonly answers?: readonly SyntheticAnswer[];
  /** Scores of evaluations, ten steps apart. */
  readonly curve?: readonly (number | null)[];
  readonly trained?: number;
  readonly model?: number;
  readonly summary?: Readonly<Record<string, unknown>>;
  readonly examples?: Readonly<Record<string, string>>;
  /** The digest of its model. */
  readonly digest?: string;
}

const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");

const metricsOf = ({ curve = [], tuned }: Synthetic): string =>
  lines([
    { step: 0, untuned: tuned, majority: tuned },
    ...curve.flatMap((score, i) => [
      { step: 10 * i + 9, loss: 1, seconds: 1, tokens: 10 },
      { step: 10 * (i + 1), evaluation: { accuracy: score, score: score ?? 0, loss: 1 } },
    ]),
  ]);

const lockOf = ({ examples = { "cb/validation": "aa" }, digest = beginning.lock.model.digest }: Synthetic) => ({
  ...beginning.lock,
  model: { ...beginning.lock.model, digest },
  examples,
});

/** Writes the folder of a run that has ended. */
export const writeRun = (path: string, run: Synthetic): string => {
  mkdirSync(path, { recursive: true });
  const write = (file: string, text: string): void => writeFileSync(join(path, file), text);
  const { tuned, answers = [], trained = 100, model = 1000, summary = {} } = run;
  const score = run.score ?? Object.values(tuned).reduce((a, b) => a + b, 0) / Object.keys(tuned).length;
  const baseline = Object.fromEntries(Object.keys(tuned).map((name) => [name, 50]));
  write("recipe.json", JSON.stringify(recipe(run.recipe)));
  write("lock.json", JSON.stringify(lockOf(run)));
  write("metrics.jsonl", metricsOf(run));
  write(
    "predictions.jsonl",
    lines(answers.map((one) => ({ inputs: `q ${one.id}`, target: "yes", prediction: "yes", valid: true, ...one }))),
  );
  const counted = { counts: { model, tuned: trained }, peakBytes: 2e8, executor: "onnx", reason: "steps done" };
  const steps = { bestStep: 20, steps: 30, seconds: 12, validationLoss: 0.5 };
  const scores = { kind: "run", tuned, untuned: baseline, majority: baseline, score };
  write("summary.json", JSON.stringify({ ...scores, ...steps, ...counted, ...summary }));
  return path;
};
