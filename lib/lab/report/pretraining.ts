/** @file What a report says of runs that learned from texts: losses of held-out text, apart from scores of tasks. */
import { isPretraining, subjectOf } from "../pretraining/recipe.js";
import { spreadOf } from "./cells.js";
import { curveOf, type Figure, MOST_SERIES, topSeries } from "./figures.js";
import type { EndedRun } from "./load.js";
import { variantCell } from "./score-tables.js";
import { numbers, plain, type ReportTable, type TableCell, words } from "./table.js";
import { groupBy, type Variant } from "./variants.js";

/** Whether the runs of a variant learned from texts. */
export const isOfTexts = ({ runs }: Pick<Variant, "runs">): boolean => isPretraining(runs[0].recipe);

/** The loss of a likelihood in percent. */
const lossOf = (likelihood: number): number => -Math.log(likelihood / 100);

/** A mean over seeds in nats. */
const lossCell = (runs: readonly EndedRun[], of: (run: EndedRun) => number, links: TableCell["links"]): TableCell => {
  const { mean, deviation, n } = spreadOf(runs.map(of));
  const spread = deviation === undefined ? {} : { deviation: deviation.toFixed(3), n };
  return { text: mean.toFixed(3), ...spread, ...(links && { links }) };
};

const baseline = (kind: "untuned" | "majority") => (run: EndedRun) => lossOf(run[kind][subjectOf(run.recipe)[0]]);

const rowOf = (variant: Variant): readonly TableCell[] => {
  const { runs } = variant;
  const links = runs.map(({ place, recipe: { seed } }) => ({ text: `${seed}`, run: place }));
  const steps = [...new Set(runs.map(({ summary }) => summary.bestStep.toLocaleString("en")))];
  return [
    variantCell(variant),
    lossCell(runs, ({ summary }) => summary.validationLoss, links),
    lossCell(runs, baseline("untuned"), undefined),
    lossCell(runs, baseline("majority"), undefined),
    plain(steps.join(", ")),
  ];
};

/** A row a variant that was pre-trained. */
export const pretrainingTable = (variants: readonly Variant[]): ReportTable => ({
  ...{ id: "pretraining", title: "Pre-training" },
  note: "Loss of a held-out target token in nats at the best step, the mean over seeds ± sample standard deviation (n − 1); that of the model at the start, and of each piece as often as it comes. Losses of different objectives, lengths, vocabularies or held-out texts do not compare.",
  columns: [...words("pre-training"), ...numbers("loss", "at the start", "pieces by frequency", "best step")],
  rows: variants.map(rowOf),
});

/** The losses of held-out text over the steps, a panel an objective. */
export const lossCurves = (variants: readonly Variant[]): Figure => {
  const panels = [...groupBy(variants, ({ method }) => method)].map(([title, alike]) => {
    const series = alike.map((variant) => curveOf(variant, variant.runs, ({ loss }) => loss));
    return { title, series: topSeries(series, (means) => -Math.min(...means)), references: [] };
  });
  return {
    ...{ id: "losses", title: "Losses of held-out text", xLabel: "step", yLabel: "loss, nats" },
    ...{ scale: "linear", isCurve: true, panels },
    note: `Loss of a target token at each evaluation: the mean over seeds, with a band of one sample standard deviation where there are several. At most ${MOST_SERIES} variants an objective, those that came lowest.`,
  };
};
