/** @file What a recipe would cost: two steps and two evaluations of a few examples, which are thrown away. */

import { stats } from "../compile/init.js";
import { takesLater } from "../core/composite.js";
import { dispose } from "../core/tensor.js";
import { memoryStore } from "../store/memory.js";
import { partsOfRecipe } from "./many.js";
import { freeRun, type Prepared, prepare } from "./prepare.js";
import { type Recipe, type RecipeInput, recipe as recipeOf } from "./recipe.js";
import { type InputOptions, inputsOf } from "./run-inputs.js";

/** What a recipe would cost. */
export interface Estimate {
  /** Numbers that are trained, and those of the model. */
  readonly trained: number;
  readonly model: number;
  /** Tokens of the batch that was measured, without padding. */
  readonly tokensPerStep: number;
  readonly secondsPerStep: number;
  readonly secondsPerEvaluation: number;
  /** Of all steps and evaluations, and of all runs of the recipe, if nothing stops them early. */
  readonly seconds: number;
  /** The most memory that the process has had, in bytes. */
  readonly peakBytes: number;
  readonly runs: number;
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

/** Takes the longest step twice: the first one compiles. */
const timeSteps = (run: Prepared) => {
  const at = longestStep(run);
  let { state } = run;
  let [seconds, tokens] = [0, 0];
  for (let i = 0; i < 2; i++) {
    const began = performance.now();
    const next = run.batchAt(at);
    const result = run.step(run.frozen, state, next.batch);
    state = result.state;
    result.loss.item();
    dispose([next.batch, result.loss, result.gradientNorm]);
    [seconds, tokens] = [(performance.now() - began) / 1000, next.tokens];
  }
  return { state, seconds, tokens };
};

/** Evaluates twice, of which the first time compiles. */
const timeEvaluations = async (run: Prepared, tuned: object): Promise<number> => {
  await run.evaluate(tuned);
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
    const parts = Object.values(partsOfRecipe(whole));
    const recipe = parts.length === 0 ? whole : parts[0];
    const runs = Math.max(1, parts.length) * Math.max(recipe.seeds, 1);
    const { places, data } = await inputsOf(recipe, undefined, { ...options, store: memoryStore() });
    const all = data.validation.reduce((n, { examples }) => n + examples.length, 0);
    const few = data.validation.map(({ task, examples }) => {
      const longest = Math.max(...examples.map(({ inputs }) => roughTokens(inputs)));
      return { task, examples: examples.slice(0, sampleSize(recipe, longest)) };
    });
    const run = await prepare(recipe, places, { ...data, validation: few });
    const { state, seconds: secondsPerStep, tokens } = timeSteps(run);
    const sample = await timeEvaluations(run, state.tuned);
    const secondsPerEvaluation = (sample * all) / few.reduce((n, { examples }) => n + examples.length, 0);
    const { counts } = run;
    freeRun(run, state);
    const evaluations = Math.ceil(recipe.steps / recipe.evaluation.every) + 1;
    return {
      trained: counts.tuned,
      model: counts.model,
      tokensPerStep: tokens,
      secondsPerStep,
      secondsPerEvaluation,
      seconds: runs * (recipe.steps * secondsPerStep + evaluations * secondsPerEvaluation),
      // In kilobytes.
      peakBytes: process.resourceUsage().maxRSS * 1024,
      runs,
      executor: stats().executor,
    };
  },
);
