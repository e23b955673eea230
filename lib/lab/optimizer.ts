/** @file The optimizer of a recipe. */
import {
  adafactor,
  adamw,
  chain,
  clipByGlobalNorm,
  type GradientTransformation,
  inverseSquareRoot,
  joinSchedules,
  linearSchedule,
  type Rate,
  sgd,
  warmupConstantSchedule,
  warmupCosineDecaySchedule,
} from "../optim/index.js";
import type { OptimizerRecipe } from "./optimizer-settings.js";
import type { Recipe } from "./recipe.js";

/** The learning rate of a recipe over its steps. */
export const scheduleOf = ({ learningRate, schedule }: OptimizerRecipe, steps: number): Rate => {
  if (schedule.name === "inverse-square-root") return inverseSquareRoot(learningRate, schedule.warmup);
  const { warmup } = schedule;
  if (schedule.name === "constant") {
    return warmup === 0
      ? learningRate
      : warmupConstantSchedule({ initValue: 0, peakValue: learningRate, warmupSteps: warmup });
  }
  const { final } = schedule;
  if (schedule.name === "cosine") {
    return warmupCosineDecaySchedule({
      initValue: 0,
      peakValue: learningRate,
      warmupSteps: warmup,
      decaySteps: Math.max(steps, warmup + 1),
      endValue: final,
    });
  }
  const fall = linearSchedule(learningRate, final, Math.max(1, steps - warmup));
  return warmup === 0 ? fall : joinSchedules([linearSchedule(0, learningRate, warmup), fall], [warmup]);
};

/** Whether the learning rate of a step depends on how many steps there are. */
export const dependsOnSteps = ({ schedule }: OptimizerRecipe): boolean =>
  schedule.name === "linear" || schedule.name === "cosine";

const updatesOf = (optimizer: OptimizerRecipe, learningRate: Rate): GradientTransformation<unknown> => {
  if (optimizer.name === "sgd") {
    const { momentum } = optimizer;
    return sgd({ learningRate, ...(momentum > 0 && { momentum }) }) as GradientTransformation<unknown>;
  }
  if (optimizer.name === "adamw") {
    const { weightDecay, beta1, beta2 } = optimizer;
    return adamw({ learningRate, weightDecay, beta1, beta2 }) as GradientTransformation<unknown>;
  }
  return adafactor({
    learningRate,
    decayRate: optimizer.decayRate,
    weightDecayRate: optimizer.weightDecay,
    multiplyByParameterScale: optimizer.parameterScale,
    initialStep: optimizer.startStep,
  }) as GradientTransformation<unknown>;
};

/** The optimizer of a recipe, behind clipping where there is some. */
export const optimizerOf = ({
  optimizer,
  steps,
}: Pick<Recipe, "optimizer" | "steps">): GradientTransformation<unknown> => {
  const tx = updatesOf(optimizer, scheduleOf(optimizer, steps));
  return optimizer.clip > 0 ? (chain(clipByGlobalNorm(optimizer.clip), tx) as GradientTransformation<unknown>) : tx;
};
