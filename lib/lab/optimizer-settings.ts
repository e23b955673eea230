/** @file The settings of optimizers in recipes, and the learning rate over the steps. */
import { flagged, naturalNumber, notNegative, positive, positiveInteger, rate } from "./codecs.js";
import { choice, group, setting, type ValueOf } from "./schema.js";

const warmup = setting(naturalNumber, 0, "steps in which the learning rate rises from 0");
const final = setting(notNegative, 0, "the learning rate to which it falls, after the last step");

const SCHEDULE = choice(
  {
    constant: group({ warmup }),
    linear: group({ warmup, final }),
    cosine: group({ warmup, final }),
    "inverse-square-root": group({
      warmup: setting(
        positiveInteger,
        10_000,
        "steps for which the rate is the learning rate over their root, as in T5's pre-training; then over the root of the step",
      ),
    }),
  },
  "constant",
  "how the learning rate goes on: constant, linear or cosine (to the last step), or inverse-square-root",
  { flag: "--schedule <name>" },
);

const COMMON = {
  learningRate: setting(positive, 0.1, "learning rate; the paper has 0.3 for prompts and 0.001 for all weights", {
    flag: "--learning-rate <x>",
  }),
  schedule: SCHEDULE,
  clip: setting(notNegative, 0, "largest norm of a gradient, to which larger ones are scaled down; 0: any", {
    flag: "--clip <x>",
  }),
};

export const OPTIMIZER = choice(
  {
    adafactor: group({
      ...COMMON,
      weightDecay: setting(rate, 1e-5, "share of what is trained that each step takes away", {
        flag: "--weight-decay <x>",
      }),
      decayRate: setting(positive, 0.8, "exponent of Adafactor's second-moment decay", { flag: "--decay-rate <x>" }),
      startStep: setting(naturalNumber, 0, "step Adafactor starts to count from; the released runs had 1100000", {
        flag: "--optimizer-start-step <n>",
      }),
      parameterScale: setting(flagged, false, "whether the learning rate is relative to the size of what is trained"),
    }),
    adamw: group({
      ...COMMON,
      weightDecay: setting(rate, 1e-5, "share of what is trained that a step takes away, times the learning rate", {
        flag: "--weight-decay <x>",
      }),
      beta1: setting(rate, 0.9, "decay of the mean of gradients"),
      beta2: setting(rate, 0.999, "decay of the mean of squared gradients"),
    }),
    sgd: group({ ...COMMON, momentum: setting(rate, 0, "share of the last update that is kept") }),
  },
  "adafactor",
  "how gradients become updates: adafactor, adamw, sgd",
  { flag: "--optimizer <name>" },
);

export type OptimizerRecipe = ValueOf<typeof OPTIMIZER>;
export type ScheduleRecipe = OptimizerRecipe["schedule"];
