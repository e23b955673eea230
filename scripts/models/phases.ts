/** @file What the committed models are trained by: their sizes, and the phases of each, which are recipes that go on from each other. */
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { FAMILY_NAMES } from "./tasks.js";

/** Sizes of a T5 1.1 with 4,096 pieces. */
export const SIZES = {
  "0.6m": { dModel: 48, dKv: 16, dFf: 128, numHeads: 3, numLayers: 3 },
  "2.4m": { dModel: 128, dKv: 32, dFf: 320, numHeads: 4, numLayers: 3 },
  "8m": { dModel: 256, dKv: 32, dFf: 640, numHeads: 8, numLayers: 5 },
} as const;
export type Size = keyof typeof SIZES;

/** Steps of span corruption, of LM adaptation, and of the mixture with tasks. */
const STEPS: Readonly<Record<Size, { readonly span: number; readonly lm: number; readonly mixture: number }>> = {
  "0.6m": { span: 5000, lm: 2500, mixture: 1500 },
  "2.4m": { span: 2500, lm: 1500, mixture: 3000 },
  "8m": { span: 4000, lm: 2000, mixture: 2000 },
};

/** A run, and the models that are kept of it. */
export interface Phase {
  readonly name: string;
  readonly recipe: RecipeInput;
  /** Where its weights come from: another phase, and a folder of its run; new weights without one. */
  readonly from?: readonly [phase: string, folder: string];
  /** Names of committed models, by the folders of the run that they are. */
  readonly keeps: Readonly<Record<string, string>>;
}

/** The folder of a run with the model after a step. */
const saved = (step: number): string => `saved/${String(step).padStart(8, "0")}`;

const phaseOf = (
  corpus: string,
  steps: number,
  { kind, rate, ...more }: { readonly kind: string; readonly rate: number; readonly [setting: string]: unknown },
  recipe: RecipeInput = {},
): RecipeInput =>
  ({
    method: "full",
    objective: {
      ...{ name: "pretraining", kind, corpus, heldOut: 0.02, validationRows: 128, start: "model" },
      ...{ zLoss: 1e-4, ...more },
    },
    optimizer: {
      ...{ name: "adafactor", learningRate: rate, weightDecay: 0, parameterScale: true },
      schedule: { name: "inverse-square-root", warmup: 1000 },
    },
    lengths: { input: 128 },
    batch: { examples: 32 },
    steps,
    evaluation: { every: Math.max(1, Math.floor(steps / 16)) },
    stop: { patience: 0 },
    ...recipe,
  }) as RecipeInput;

/** A phase of tasks and some texts on a model that has seen texts alone. Targets of tasks are short: of five rows four are of tasks, and of the tokens that are predicted a sixth. */
const mixture = (
  corpus: string,
  steps: number,
  name: string,
  from: readonly [phase: string, folder: string],
  sentinel = false,
): Phase => ({
  name,
  from,
  keeps: { [name]: "last" },
  recipe: phaseOf(
    corpus,
    steps,
    { kind: sentinel ? "span-corruption" : "prefix-lm", rate: 0.5, tasks: { share: 0.8, sentinel } },
    { train: FAMILY_NAMES },
  ),
});

/**
 * The phases of a size, in order.
 *
 * @param part  the share of the steps that is done, to try the script
 */
export const phasesOf = (size: Size, corpus: string, part = 1): readonly Phase[] => {
  const steps = (n: number): number => Math.max(4, Math.ceil((n * part) / 4) * 4);
  const [span, lm, mixed] = [STEPS[size].span, STEPS[size].lm, STEPS[size].mixture].map(steps);
  const marks = [lm / 4, lm / 2, lm];
  const start = { name: "scratch", ...SIZES[size] };
  const phases: Phase[] = [
    {
      ...{ name: "span", keeps: { span: "last" } },
      recipe: phaseOf(corpus, span, { kind: "span-corruption", rate: 1, start }),
    },
    {
      ...{ name: "lm", from: ["span", "last"] },
      keeps: { "lm-25": saved(marks[0]), "lm-50": saved(marks[1]), "lm-100": saved(marks[2]) },
      recipe: phaseOf(corpus, lm, { kind: "prefix-lm", rate: 0.5, saveAt: marks }),
    },
    mixture(corpus, mixed, "mixture", ["lm", saved(marks[2])]),
  ];
  if (size !== "0.6m") return phases;
  return [
    ...phases,
    mixture(corpus, mixed, "mixture-span", ["span", "last"]),
    mixture(corpus, mixed, "mixture-sentinel", ["span", "last"], true),
    mixture(corpus, mixed, "mixture-lm-25", ["lm", saved(marks[0])]),
    mixture(corpus, mixed, "mixture-lm-50", ["lm", saved(marks[1])]),
  ];
};

/** The models of a size that are committed; of the largest the last alone. */
export const isCommitted = (size: Size, model: string): boolean => size !== "8m" || model === "mixture";
