/**
 * Sweeps learning rates on the model and the rows that come with the package, a line a run; runs that are there already are left out:
 *
 *     node --conditions=fluxion-source --import tsx scripts/learning-rates.ts [METHOD...]
 *
 * `lib/lab/learning-rates.ts` has what the lines come to, and a test holds it to them.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { isFluxionError } from "../lib/core/errors.js";
import type { RateRange } from "../lib/lab/learning-rates.js";
import { run } from "../lib/lab/many.js";
import { type RecipeInput, recipe } from "../lib/lab/recipe.js";
import type { Summary } from "../lib/lab/results.js";
import { memoryStore } from "../lib/store/memory.js";

const FILE = "bench/results/learning-rates.jsonl";

/** What each run trains on, and how long. */
export const [TASK, STEPS, EVERY, BATCH] = ["cb", 100, 50, 16] as const;

/** What is swept: the rates of each method and optimizer. */
const SWEEPS: Readonly<Record<string, readonly number[]>> = {
  "prompt adafactor": [0.0003, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 10],
  "lora adafactor": [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1],
  "ia3 adafactor": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
  "prefix adafactor": [0.001, 0.01, 0.03, 0.1, 0.3, 1],
  "per-layer adafactor": [0.001, 0.01, 0.03, 0.1, 0.3, 1],
  "residual adafactor": [0.0001, 0.001, 0.01, 0.03, 0.1, 0.3],
  "p-tuning adafactor": [0.0001, 0.001, 0.01, 0.03, 0.1, 0.3],
  "norms adafactor": [0.0001, 0.001, 0.01, 0.03, 0.1, 0.3],
  "full adafactor": [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01],
  "prompt adamw": [0.0003, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
  "lora adamw": [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03],
};

/** One run of a sweep. Scores are percentages. */
export interface SweepLine {
  readonly method: string;
  readonly optimizer: string;
  readonly rate: number;
  readonly task: string;
  readonly seed: number;
  readonly steps: number;
  /** At the best of the evaluations; null where the loss was no longer a number. */
  readonly score: number | null;
  /** The better of the bare model and the majority class. */
  readonly baseline: number | null;
}

/** The lines of the sweeps so far. */
export const sweepLines = (): readonly SweepLine[] =>
  existsSync(FILE)
    ? readFileSync(FILE, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as SweepLine)
    : [];

/** From this share of the way from the baseline to the best score of its sweep on a rate has worked. */
export const WORKED = 0.5;

/** What is swept: a method and an optimizer. */
export const keyOf = ({ method, optimizer }: SweepLine): string => `${method} ${optimizer}`;

/** The runs of a method and an optimizer whose rates worked. */
const working = (lines: readonly SweepLine[]): readonly SweepLine[] => {
  const best = Math.max(...lines.map(({ score }) => score ?? 0));
  return lines.filter(({ score, baseline }) => {
    if (score === null || baseline === null || best <= baseline) return false;
    return score >= baseline + WORKED * (best - baseline);
  });
};

/** The lowest and the highest rate that worked, by method and optimizer: what `lib/lab/learning-rates.ts` has. */
export const workingRates = (lines: readonly SweepLine[]) => {
  const ranges: Record<string, Record<string, RateRange>> = {};
  for (const key of new Set(lines.map(keyOf))) {
    const worked = working(lines.filter((line) => keyOf(line) === key));
    if (worked.length === 0) continue;
    const [{ method, optimizer }] = worked;
    const rates = worked.map(({ rate }) => rate);
    ranges[method] = { ...ranges[method], [optimizer]: { lowest: Math.min(...rates), highest: Math.max(...rates) } };
  }
  return ranges;
};

const meanOf = (scores: Readonly<Record<string, number>>): number => {
  const values = Object.values(scores);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};

const sweep = async (method: string, optimizer: string, rate: number): Promise<SweepLine> => {
  const input = {
    train: TASK,
    method,
    optimizer: { name: optimizer, learningRate: rate },
    steps: STEPS,
    batch: { examples: BATCH },
    evaluation: { every: EVERY },
    stop: { patience: 0 },
  } as RecipeInput;
  const about = { method, optimizer, rate, task: TASK, seed: recipe(input).seed, steps: STEPS };
  try {
    const { score, untuned, majority } = (await run(input, { store: memoryStore() })) as Summary;
    return { ...about, score, baseline: Math.max(meanOf(untuned), meanOf(majority)) };
  } catch (error) {
    if (!isFluxionError(error, "ArgumentError")) throw error;
    return { ...about, score: null, baseline: null };
  }
};

const main = async (asked: readonly string[]): Promise<void> => {
  const known = new Set(sweepLines().map((line) => `${keyOf(line)} ${line.rate}`));
  for (const [key, rates] of Object.entries(SWEEPS)) {
    const [method, optimizer] = key.split(" ");
    if (asked.length > 0 && !asked.includes(method)) continue;
    for (const rate of rates) {
      if (known.has(`${key} ${rate}`)) continue;
      appendFileSync(FILE, `${JSON.stringify(await sweep(method, optimizer, rate))}\n`);
    }
  }
};

if (process.argv[1]?.endsWith("learning-rates.ts")) await main(process.argv.slice(2));
