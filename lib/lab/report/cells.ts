/** @file Scores over seeds: a cell is a variant on a task. */
import { mean } from "../../metrics/average.js";
import { deviationOf } from "../results.js";
import type { EndedRun } from "./load.js";
import { groupBy, inOrder, type Variant } from "./variants.js";

/** A mean over seeds. */
export interface Spread {
  readonly mean: number;
  /** The sample standard deviation, which divides by n - 1; undefined for one seed. */
  readonly deviation: number | undefined;
  readonly n: number;
}

/** The mean of values, of which there is at least one. */
export const spreadOf = (values: readonly number[]): Spread => ({
  mean: mean(values),
  deviation: values.length < 2 ? undefined : deviationOf(values),
  n: values.length,
});

/** The score of one run. */
export interface Score {
  readonly run: EndedRun;
  readonly value: number;
}

/** A variant on a task. */
export interface Cell extends Spread {
  readonly variant: Variant;
  /** What it was trained on, such as `cb` or `cb+rte`. */
  readonly trained: string;
  /** The task that it was evaluated on. */
  readonly task: string;
  /** Whether it was trained on that task, and evaluated on no other that it was not trained on. */
  readonly isTransfer: boolean;
  /** Those that are numbers, by seed. */
  readonly scores: readonly Score[];
}

/** What a run was trained on, in one word. */
export const trainedOn = ({ trained }: Pick<EndedRun, "trained">): string => trained.join("+");

/** Whether a run was evaluated on tasks that it was not trained on. */
export const isTransfer = ({ trained, scores }: EndedRun): boolean =>
  Object.keys(scores).some((task) => !trained.includes(task));

const cellsOfVariant = (variant: Variant): Cell[] => {
  const all = variant.runs.flatMap((run) => Object.entries(run.scores).map(([task, value]) => ({ run, task, value })));
  const groups = groupBy(all, ({ run, task }) => JSON.stringify([trainedOn(run), task, isTransfer(run)]));
  return [...groups.values()].flatMap((members) => {
    const [{ run, task }] = members;
    const scores = members
      .filter(({ value }) => !Number.isNaN(value))
      .sort((a, b) => a.run.recipe.seed - b.run.recipe.seed);
    if (scores.length === 0) return [];
    const where = { variant, trained: trainedOn(run), task, isTransfer: isTransfer(run) };
    return [{ ...where, scores, ...spreadOf(scores.map(({ value }) => value)) }];
  });
};

/** All cells that have a score. */
export const cellsOf = (variants: readonly Variant[]): readonly Cell[] => variants.flatMap(cellsOfVariant);

/** What the column of a cell is called. */
export const columnOf = ({ trained, task }: Pick<Cell, "trained" | "task">): string =>
  trained === task ? task : `${task} (trained on ${trained})`;

/** Cells by their columns, in the order of names. */
export const byColumn = (cells: readonly Cell[]): readonly (readonly [column: string, cells: readonly Cell[]])[] =>
  [...groupBy(cells, columnOf)].sort(([a], [b]) => inOrder(a, b));

/** The cell with the highest mean; of equal ones the first. */
export const bestOf = (cells: readonly Cell[]): Cell =>
  cells.reduce((best, cell) => (cell.mean > best.mean ? cell : best));
