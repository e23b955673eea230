/** @file What a recipe would cost: two steps and two evaluations of a few examples, which are thrown away. */

import { stats } from "../compile/init.js";
import { takesLater } from "../core/composite.js";
import { dispose } from "../core/tensor.js";
import { memoryStore } from "../store/memory.js";
import { trainTogether } from "../train/loop.js";
import type { StepRecord } from "../train/progress.js";
import { groupingOf } from "./joining.js";
import { partsOfRecipe } from "./parts.js";
import { prepare } from "./prepare.js";
import { freeRun, type Prepared } from "./prepared.js";
import { type Recipe, type RecipeInput, recipe as recipeOf } from "./recipe.js";
import { type InputOptions, inputsOf } from "./run-inputs.js";

/** What a recipe would cost. */
export interface Estimate {
  /** Numbers that are trained, and those of the model. */
  readonly trained: number;
  readonly model: number;
  /** Tokens of the batch that was measured, without padding. */
  readonly tokensPerStep: number;
  /** The share of one run, where several are trained in one program. */
  readonly secondsPerStep: number;
  readonly secondsPerEvaluation: number;
  /** Of all steps and evaluations, and of all runs of the recipe, if nothing stops them early. */
  readonly seconds: number;
  /** The most memory that the process has had, in bytes. */
  readonly peakBytes: number;
  readonly runs: number;
  /** How many of them are trained in one program. */
  readonly together: number;
  readonly executor: string;
}

/** Batches among which the longest is measured. */
const LOOKED_AT = 16;

/** The step with the longest inputs among the first ones. */
const longestStep = ({ batchAt }: Prepared): number => {
  let [found, most] = [0, 0];
  for (let step = 0; step < LOOKED_AT; step++) {
    const { batch } = batchAt(step);
    if (batch.inputs.size > most) [found, most] = [step, batch.inputs.size];
    dispose(batch);
  }
  return found;
};

/** Takes the longest step twice, of so many runs in one program; the first one compiles. Seconds are the share of one run. Then the first run is evaluated. */
const timeSteps = async (run: Prepared, together: number) => {
  const at = longestStep(run);
  let [seconds, tokens] = [0, 0];
  const others = Array.from({ length: together - 1 }, (_, i) => run.ofSeed(run.recipe.seed + 1 + i));
  let evaluation: ReturnType<Prepared["evaluate"]> | undefined;
  const runs = [run, ...others].map(({ batchAt, state }) => ({
    parts: {
      batchAt: () => batchAt(at),
      evaluate: (tuned: object) => {
        evaluation ??= run.evaluate(tuned);
        return evaluation;
      },
      onStep: (record: StepRecord) => {
        ({ seconds, tokens } = record);
      },
      onEvaluation: async () => undefined,
      save: async () => undefined,
    },
    state,
    position: { step: 0, best: undefined, stale: 0 },
  }));
  const { frozen, model } = run;
  const stepOf = (count: number) => (count === 1 ? run.step : run.jointStep);
  const shared = { frozen, stepOf, padId: model.padId, interrupted: () => false };
  const ended = await trainTogether({ steps: 2, evaluateEvery: 2, patience: 0 }, shared, runs);
  return { states: ended.map(({ state }) => state), seconds, tokens };
};

/** Seconds of an evaluation whose programs are compiled. */
const timeEvaluation = async (run: Prepared, tuned: object): Promise<number> => {
  const began = performance.now();
  await run.evaluate(tuned);
  return (performance.now() - began) / 1000;
};

/** Examples of each task that fill about two batches of an evaluation. */
const sampleSize = ({ evaluation, lengths }: Recipe, longest: number): number =>
  Math.max(2, Math.floor((2 * evaluation.tokens) / Math.min(longest, lengths.input)));

/** About as many tokens as a text has. */
const roughTokens = (text: string): number => Math.max(1, Math.ceil(text.length / 3));

/**
 * Estimates what a recipe costs in time and memory, by two steps and two evaluations of a few examples. Nothing is written.
 *
 * @throws as `run` does before it begins
 * @example const { seconds, peakBytes } = await estimate({ train: "rte", model: "t5-base-lm-adapt" });
 */
export const estimate = takesLater(
  "estimate(input, { tasks })",
  async (input: Recipe | RecipeInput, options: Pick<InputOptions, "tasks"> = {}): Promise<Estimate> => {
    const whole = recipeOf(input as RecipeInput);
    const [recipe = whole] = Object.values(partsOfRecipe(whole));
    const loads = whole.each ? whole.train.length : 1;
    const runs = loads * whole.seeds;
    const { places, data } = await inputsOf(recipe, undefined, { ...options, store: memoryStore() });
    const all = data.validation.reduce((n, { examples }) => n + examples.length, 0);
    const few = data.validation.map(({ task, examples }) => {
      const longest = Math.max(...examples.map(({ inputs }) => roughTokens(inputs)));
      return { task, examples: examples.slice(0, sampleSize(recipe, longest)) };
    });
    const run = await prepare(recipe, places, { ...data, validation: few });
    const together = Math.min(groupingOf(run).most, whole.seeds);
    const { states, seconds: secondsPerStep, tokens } = await timeSteps(run, together);
    const sample = await timeEvaluation(run, states[0].tuned);
    const sampled = few.reduce((n, { examples }) => n + examples.length, 0);
    // Of texts so many rows are evaluated as the recipe says.
    const secondsPerEvaluation = sampled === 0 ? sample : (sample * all) / sampled;
    const { counts } = run;
    freeRun(run, states);
    // The bare model is evaluated once for all seeds.
    const evaluations = runs * Math.ceil(recipe.steps / recipe.evaluation.every) + loads;
    return {
      trained: counts.tuned,
      model: counts.model,
      tokensPerStep: tokens,
      secondsPerStep,
      secondsPerEvaluation,
      seconds: runs * recipe.steps * secondsPerStep + evaluations * secondsPerEvaluation,
      // In kilobytes.
      peakBytes: process.resourceUsage().maxRSS * 1024,
      runs,
      together,
      executor: stats().executor,
    };
  },
);
