/** @file The settings of what is minimised: the loss, what is added to it, and what it is divided by. */
import { either, flagged, nameIn, notNegative, positive, rate, text } from "./codecs.js";
import { PRETRAINING } from "./pretraining/settings.js";
import { choice, group, setting, type ValueOf } from "./schema.js";

const NORMALIZE = ["none", "tokens", "all-tokens", "sequences"] as const;

const lengthNormalize = setting(flagged, true, "divide the likelihood of a label by its number of tokens");

const LOSS = choice(
  {
    tokens: group({}),
    labels: group({ lengthNormalize }),
    hinge: group({ lengthNormalize, margin: setting(positive, 0.2, "how far the right label has to lead") }),
  },
  "tokens",
  "cross entropy of the target's tokens, or of the task's labels by their likelihood, or a hinge between these",
  { flag: "--loss <name>" },
);

const SUM = {
  zLoss: setting(notNegative, 0, "weight of the squared log partition function; the released runs had 1e-4", {
    flag: "--z-loss <x>",
  }),
  labelSmoothing: setting(rate, 0, "share of each target's probability that is spread over the others", {
    flag: "--label-smoothing <x>",
  }),
  normalize: setting<(typeof NORMALIZE)[number] | number>(
    either(nameIn(NORMALIZE), positive),
    "tokens",
    "what the sum of losses is divided by: its tokens, with padding or without, its sequences, a number, or none",
  ),
};

export const OBJECTIVE = choice(
  {
    task: group({
      loss: LOSS,
      ...SUM,
      sentinel: setting(
        flagged,
        false,
        "the first sentinel in front of each target, for a model that has only seen span corruption; answers are read without it",
        { flag: "--sentinel" },
      ),
      wayward: group({
        text: setting(
          text,
          "",
          "text that the prompt stays close to, a vector a piece (Khashabi et al. 2022); without one there is no such term",
          { parse: String },
        ),
        gamma: setting(positive, 0.01, "weight of the squared distance from it"),
      }),
    }),
    pretraining: group({ ...PRETRAINING, ...SUM }),
  },
  "task",
  "what is learned: the answers of tasks (task), or texts without labels (pretraining)",
);

export type ObjectiveRecipe = ValueOf<typeof OBJECTIVE>;
export type TaskObjective = Extract<ObjectiveRecipe, { readonly name: "task" }>;
export type PretrainingObjective = Extract<ObjectiveRecipe, { readonly name: "pretraining" }>;
