/** @file The training examples of a run as ids, and how many of them are cut. */
import { longestOf, type Tokens, tokenize, withEos } from "../data/batch.js";
import { rateBySize } from "../data/mixture.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { checkedFront, sentinelOf } from "../train/task-evaluator.js";
import type { TokenPart } from "./batches.js";
import { answerLabels } from "./label-answers.js";
import type { Recipe } from "./recipe.js";
import type { Cut } from "./start.js";
import type { Part } from "./task-table.js";

/** The encoded training examples, and what is cut of them. */
export interface TrainingTokens {
  readonly parts: readonly TokenPart[];
  readonly inputs: Cut;
  readonly targets: Cut;
}

const cutOf = (rows: readonly (readonly number[])[], length: number): Cut => ({
  rows: rows.length,
  cut: rows.reduce((n, row) => n + (row.length > length ? 1 : 0), 0),
  longest: longestOf(rows),
});

/** A row with its EOS, cut to a length that includes it. */
const within = (row: readonly number[], length: number, eosId: number): readonly number[] =>
  row.length > length ? withEos(row.slice(0, -1), eosId, length) : row;

/** Encodes the training examples, and gives each task its share. */
export const trainingTokens = (recipe: Recipe, train: readonly Part[], tokenizer: Tokenizer): TrainingTokens => {
  const { prefix, lengths, rates } = recipe;
  const { objective } = recipe;
  const target = lengths.target > 0 ? lengths.target : Number.POSITIVE_INFINITY;
  const sentinel = sentinelOf(tokenizer, (objective.name === "task" ? objective : objective.tasks).sentinel);
  const whole = train.map(({ task, examples }) =>
    tokenize(examples, tokenizer, { ...checkedFront(task, prefix), ...(sentinel !== undefined && { sentinel }) }),
  );
  const cut = ({ inputs, targets }: Tokens): Tokens => ({
    inputs: within(inputs, lengths.input, tokenizer.eosId),
    targets: within(targets, target, tokenizer.eosId),
  });
  const parts = train.map(({ task, examples }, i) => ({
    tokens: whole[i].map(cut),
    rate: recipe.train[i].weight ?? rateBySize(examples.length, rates),
    ...(objective.name === "task" &&
      objective.loss.name !== "tokens" &&
      answerLabels(task, examples, tokenizer, sentinel)),
  }));
  const all = whole.flat();
  return {
    parts,
    inputs: cutOf(
      all.map(({ inputs }) => inputs),
      lengths.input,
    ),
    targets: cutOf(
      all.map(({ targets }) => targets),
      target,
    ),
  };
};
