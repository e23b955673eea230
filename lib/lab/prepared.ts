/** @file A run that is loaded: what it trains, on what, and how it is evaluated. */
import { leavesOf } from "../core/pytree.js";
import { dispose, type Tensor } from "../core/tensor.js";
import type { T5Config } from "../t5/config.js";
import type { Params } from "../t5/model.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { Outputs } from "../train/outputs.js";
import type { TrainState, TrainStep } from "../train/state.js";
import type { BatchAt } from "./batches.js";
import type { Corpora } from "./pretraining/corpora.js";
import type { Recipe } from "./recipe.js";
import type { Facts } from "./start.js";
import type { SuiteEvaluator } from "./suite.js";
import type { Part } from "./task-table.js";

/** The examples of a run. */
export interface RunData {
  readonly train: readonly Part[];
  readonly validation: readonly Part[];
  /** The texts of a run without tasks. */
  readonly corpora?: Corpora;
}

/** A run, ready to start. */
export interface Prepared {
  readonly recipe: Recipe;
  readonly model: T5Config;
  readonly frozen: Params;
  readonly tokenizer: Tokenizer;
  readonly data: RunData;
  readonly state: TrainState<object, unknown>;
  readonly step: TrainStep<object, unknown>;
  /** The step of several runs that differ in their seeds. */
  readonly jointStep: TrainStep<object, unknown>;
  readonly batchAt: BatchAt;
  readonly evaluate: SuiteEvaluator;
  /** Of the examples of all batches, by task that is trained on; they add up to 1. */
  readonly shares: readonly number[];
  /** The files of a tree. */
  readonly outputs: Outputs;
  /** Where those of the best tree stand in the folder of the run: a path that ends with a slash, or nothing. */
  readonly bestFolder: string;
  /** Validation inputs that are cut, where a length was asked for. */
  readonly cut: number;
  readonly facts: Facts;
  /** Scores of always giving the most frequent target of the training split. */
  readonly majority: Readonly<Record<string, number>>;
  /** Numbers, not bytes. */
  readonly counts: { readonly model: number; readonly tuned: number };
  /** The run of another seed, with its own first state and batches; all else is shared. */
  readonly ofSeed: (seed: number) => Prepared;
}

/** The parts of `Prepared` that a seed decides. */
interface OfSeed {
  readonly stateOf: (seed: number) => Prepared["state"];
  readonly batchesOf: (seed: number) => BatchAt;
}

/** A run that can give the runs of other seeds. */
export const withSeeds = (prepared: Omit<Prepared, "ofSeed">, { stateOf, batchesOf }: OfSeed): Prepared => {
  const ofSeed = (seed: number): Prepared => ({
    ...prepared,
    recipe: { ...prepared.recipe, seed },
    state: stateOf(seed),
    batchAt: batchesOf(seed),
    ofSeed,
  });
  return { ...prepared, ofSeed };
};

/** The share of each part in the sum of all rates. */
export const sharesOf = (parts: readonly { readonly rate: number }[]): readonly number[] => {
  const total = parts.reduce((sum, { rate }) => sum + rate, 0);
  return parts.map(({ rate }) => rate / total);
};

/** How many numbers the tensors of a tree hold. */
export const numbersIn = (tree: unknown): number => leavesOf(tree).reduce<number>((n, x) => n + (x as Tensor).size, 0);

/** Frees what a run holds on the device, and a state of it that is not gone into a step. */
export const freeRun = ({ evaluate, step, jointStep, frozen }: Prepared, state?: unknown): void => {
  evaluate.dispose();
  step.dispose();
  jointStep.dispose();
  dispose([frozen, state]);
};
