/** @file The tables of scores. */
import type { Comparison, Vote } from "./answers.js";
import { BOOTSTRAP } from "./bootstrap.js";
import { bestOf, byColumn, type Cell, columnOf } from "./cells.js";
import type { Reference } from "./references.js";
import { type Link, MISSING, numbers, plain, type ReportTable, type TableCell, words } from "./table.js";
import { groupBy, inOrder, type Variant } from "./variants.js";

const digits = (value: number): string => value.toFixed(1);

/** The place of a variant among the recipes of the page. */
export const anchorOf = ({ number }: Variant): string => `recipe-${number}`;

/** The name of a variant, which leads to its recipe. */
export const variantCell = (variant: Variant): TableCell => ({
  text: variant.label,
  links: [{ text: variant.label, anchor: anchorOf(variant) }],
});

const runLinks = ({ scores }: Cell): readonly Link[] =>
  scores.map(({ run }) => ({ text: `${run.recipe.seed}`, run: run.place }));

/** The name of a variant, and the runs of a cell. */
const namedRuns = (cell: Cell): TableCell => ({ text: cell.variant.label, links: runLinks(cell) });

/** A mean over seeds, with its runs. */
export const scoreCell = (cell: Cell | undefined, isBest = false): TableCell => {
  if (cell === undefined) return MISSING;
  const deviation = cell.deviation === undefined ? undefined : digits(cell.deviation);
  return { text: digits(cell.mean), deviation, n: cell.n, isBest, links: runLinks(cell) };
};

const SCORES =
  "Mean score over seeds in percent (of a task with several metrics their mean) at the step that was best on the same examples, ± sample standard deviation (n − 1). One seed has no deviation. Baselines stand where all runs of a task have the same.";

/** Scores that need no training, where all runs of a column agree on them. */
const BASELINES = { untuned: "the model, not tuned", majority: "majority class" } as const;

const baselineRow = (kind: keyof typeof BASELINES, columns: readonly Column[]): readonly TableCell[] => {
  const cellOf = ([, cells]: Column): TableCell => {
    const values = cells.flatMap(({ scores, task }) => scores.map(({ run }) => digits(run[kind][task])));
    return new Set(values).size === 1 ? plain(values[0]) : MISSING;
  };
  return [plain(BASELINES[kind]), ...columns.map(cellOf)];
};

type Column = readonly [name: string, cells: readonly Cell[]];

/** A row a variant, a column a task. */
export const summaryTable = (cells: readonly Cell[]): ReportTable => {
  const columns = byColumn(cells.filter((cell) => !cell.isTransfer));
  const variants = [...new Set(columns.flatMap(([, list]) => list.map(({ variant }) => variant)))];
  const rows = variants
    .sort((a, b) => a.number - b.number)
    .map((variant) => [
      variantCell(variant),
      ...columns.map(([, list]) => {
        const cell = list.find((one) => one.variant === variant);
        return scoreCell(cell, list.length > 1 && cell === bestOf(list));
      }),
    ]);
  const names = columns.map(([column]) => column);
  const baselines = rows.length === 0 ? [] : [baselineRow("untuned", columns), baselineRow("majority", columns)];
  return {
    ...{ id: "tasks", title: "Tasks", note: SCORES },
    columns: [...words("method"), ...numbers(...names)],
    rows: [...rows, ...baselines],
  };
};

/** A row a variant and what it was trained on, a column a task that it was evaluated on. */
export const transferTable = (cells: readonly Cell[]): ReportTable => {
  const transfer = cells.filter((cell) => cell.isTransfer);
  const tasks = [...new Set(transfer.map(({ task }) => task))].sort(inOrder);
  const groups = [...groupBy(transfer, ({ variant, trained }) => JSON.stringify([variant.number, trained])).values()];
  const rows = groups.map((list) => [
    variantCell(list[0].variant),
    plain(list[0].trained),
    ...tasks.map((task) => scoreCell(list.find((cell) => cell.task === task))),
  ]);
  const note =
    "Runs that were evaluated on tasks which they were not trained on. The tasks that they were trained on chose their best step.";
  const columns = [...words("method", "trained on"), ...numbers(...tasks)];
  return { id: "transfer", title: "Transfer", note, columns, rows };
};

/** The votes of seeds. */
export const ensembleTable = (votes: readonly Vote[]): ReportTable => ({
  ...{ id: "ensembles", title: "Ensembles" },
  note: "Right answers in percent, of three or more seeds of the variants that are compared below: their average, the best of them, and the answer that most of them give (of equally many the first seed's).",
  columns: [...words("task", "method"), ...numbers("seeds", "average", "best", "vote")],
  rows: votes.map(({ cell, average, best, vote }) => [
    plain(columnOf(cell)),
    namedRuns(cell),
    plain(`${cell.n}`),
    ...[average, best, vote].map((value) => plain(digits(value))),
  ]),
});

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

const intervalOf = ({ low, high }: Comparison): string => `${signed(low)} to ${signed(high)}`;

/** Differences between methods on the same examples. */
export const comparisonTable = (comparisons: readonly Comparison[]): ReportTable => ({
  ...{ id: "comparisons", title: "Paired comparisons" },
  note: `How many more answers in percentage points are right with the best variant of the best method than with the best variant of another (with one method alone: of variants), and the ${100 * BOOTSTRAP.level} % percentile interval of ${BOOTSTRAP.resamples.toLocaleString("en")} paired bootstraps. Whole groups are drawn: questions of MultiRC, queries of ReCoRD, paragraphs of SQuAD. The interval is over examples; seeds are averaged, and what they vary is not in it.`,
  columns: [...words("task", "best", "other"), ...numbers("difference", "interval", "examples", "groups")],
  rows: comparisons.map((one) => [
    plain(one.column),
    namedRuns(one.better),
    namedRuns(one.other),
    { text: signed(one.difference), isBest: one.low > 0 },
    plain(intervalOf(one)),
    ...[one.examples, one.groups].map((count) => plain(count.toLocaleString("en"))),
  ]),
});

/** Published numbers. */
export const referenceTable = (references: readonly Reference[]): ReportTable => ({
  ...{ id: "published", title: "Published numbers" },
  note: "Dashed lines of the figures. They were measured elsewhere.",
  columns: [...words("task", "what"), ...numbers("score"), ...words("source")],
  rows: references.map(({ task, label, score, source }) => [
    plain(task),
    plain(label),
    plain(digits(score)),
    plain(source),
  ]),
});
