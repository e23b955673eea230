/** @file The figures of a report as values. */

import { canonicalJson } from "../canonical.js";
import { byColumn, type Cell, isTransfer, type Spread, spreadOf, trainedOn } from "./cells.js";
import type { EndedRun } from "./load.js";
import type { Reference } from "./references.js";
import { anchorOf } from "./score-tables.js";
import type { Link } from "./table.js";
import { groupBy, inOrder, leavesOf, type Naming, namingOf, type Settings, type Variant, valueAt } from "./variants.js";

/** A point of a figure, and the spread of its value. */
export interface Point extends Spread {
  readonly x: number | string;
  readonly link: Link;
}

/** Points that belong together. */
export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
}

/** One panel. */
export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
  readonly references: readonly Reference[];
}

/** Panels that share their axes and colours. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly xLabel: string;
  /** Default the score in percent. */
  readonly yLabel?: string;
  readonly scale: "linear" | "log" | "category";
  /** Whether the points of a series are joined, with a band for their deviations in place of bars. */
  readonly isCurve: boolean;
  readonly panels: readonly Panel[];
}

/** The most series of a panel. */
export const MOST_SERIES = 8;

type CurvePoint = EndedRun["curve"][number];

/** A number of each evaluation of runs of a variant, by step: the mean over the runs. Evaluations of which it is not finite are left out. */
export const curveOf = (variant: Variant, runs: readonly EndedRun[], of: (point: CurvePoint) => number): Series => {
  const all = runs.flatMap(({ curve }) => curve).filter((point) => Number.isFinite(of(point)));
  const link: Link = { text: variant.label, anchor: anchorOf(variant) };
  const points = [...groupBy(all, ({ step }) => `${step}`).values()].map((list) => ({
    ...spreadOf(list.map(of)),
    ...{ x: list[0].step, link },
  }));
  return { label: variant.label, points: points.sort((a, b) => a.x - b.x) };
};

/** The series that come highest by a number of their means, in the order of the variants. */
export const topSeries = (series: readonly Series[], rank: (means: readonly number[]) => number): readonly Series[] => {
  const rankOf = ({ points }: Series): number => rank(points.map(({ mean }) => mean));
  const full = series.filter(({ points }) => points.length > 0);
  const chosen = new Set([...full].sort((a, b) => rankOf(b) - rankOf(a)).slice(0, MOST_SERIES));
  return full.filter((one) => chosen.has(one));
};

const linkOf = ({ scores, variant }: Cell): Link =>
  scores.length === 1 ? { text: "run", run: scores[0].run.place } : { text: variant.label, anchor: anchorOf(variant) };

const pointOf = (cell: Cell, x: number | string): Point => {
  const { mean, deviation, n } = cell;
  return { x, mean, deviation, n, link: linkOf(cell) };
};

const referencesOf = (references: readonly Reference[], column: string): readonly Reference[] =>
  references.filter(({ task }) => task === column);

/** The scores of the runs of a variant that were trained on one thing. */
const scoresOf = (variant: Variant, trained: string): Series => {
  const runs = variant.runs.filter((run) => trainedOn(run) === trained && !isTransfer(run));
  return curveOf(variant, runs, ({ score }) => score);
};

/** The series with the highest points. */
const best = (series: readonly Series[]): readonly Series[] => topSeries(series, (means) => Math.max(...means));

/** Scores over the steps. */
export const curves = (variants: readonly Variant[], references: readonly Reference[]): Figure => {
  const all = variants.flatMap(({ runs }) => runs.filter((run) => !isTransfer(run)).map(trainedOn));
  const panels = [...new Set(all)].sort(inOrder).map((trained) => ({
    title: trained,
    series: best(variants.map((variant) => scoresOf(variant, trained))),
    references: referencesOf(references, trained),
  }));
  return {
    ...{ id: "curves", title: "Learning curves", xLabel: "step", scale: "linear", isCurve: true, panels },
    note: `Score of each evaluation: the mean over seeds, with a band of one sample standard deviation where there are several. At most ${MOST_SERIES} variants a task, those that came highest.`,
  };
};

/** The scores of all variants, a row each. */
export const methods = (cells: readonly Cell[], references: readonly Reference[]): Figure => {
  const panels = byColumn(cells.filter((cell) => !cell.isTransfer)).map(([column, list]) => ({
    title: column,
    series: [...groupBy(topOf(list), ({ variant }) => variant.method)].map(([label, own]) => ({
      label,
      points: own.map((cell) => pointOf(cell, cell.variant.label)),
    })),
    references: referencesOf(references, column),
  }));
  return {
    ...{ id: "methods", title: "Score by method", xLabel: "", scale: "category", isCurve: false, panels },
    note: `Mean over seeds, with bars of one sample standard deviation. At most ${MOST_ROWS} variants a task, the best ones.`,
  };
};

const MOST_ROWS = 16;

/** The best cells, in the order of the variants. */
const topOf = (cells: readonly Cell[]): readonly Cell[] => {
  const chosen = new Set([...cells].sort((a, b) => b.mean - a.mean).slice(0, MOST_ROWS));
  return cells.filter((cell) => chosen.has(cell));
};

/** Scores against the number of trained values. */
export const efficiency = (cells: readonly Cell[], references: readonly Reference[]): Figure => {
  const panels = byColumn(cells.filter((cell) => !cell.isTransfer)).map(([column, list]) => ({
    title: column,
    series: [...groupBy(list, ({ variant }) => variant.method)].map(([label, own]) => ({
      label,
      points: own.map((cell) => pointOf(cell, cell.scores[0].run.summary.counts.tuned)),
    })),
    references: referencesOf(references, column),
  }));
  return {
    ...{
      id: "efficiency",
      title: "Parameter efficiency",
      xLabel: "trained numbers",
      scale: "log",
      isCurve: false,
      panels,
    },
    note: "Score against how many numbers are trained.",
  };
};

/** The value of a setting on an axis: the size of a model stands for its name. */
const positionOf = (cell: Cell, path: string, { describe }: Naming): number | string => {
  if (path === "model") return cell.scores[0].run.summary.counts.model;
  const value = valueAt(cell.variant.settings, path);
  return typeof value === "number" ? value : describe(cell.variant.settings, path);
};

/** Settings without the one at a path; without a model, also without what was read of it. */
const without = (settings: Settings, path: string): string =>
  canonicalJson(
    leavesOf(settings).filter(
      ([at]) => at !== path && !at.startsWith(`${path}.`) && !(path === "model" && at.startsWith("read.")),
    ),
  );

const seriesAlong = (cells: readonly Cell[], path: string, naming: Naming): readonly Series[] =>
  [...groupBy(cells, ({ variant }) => without(variant.settings, path)).values()].flatMap((list) => {
    const points = list.map((cell) => pointOf(cell, positionOf(cell, path, naming)));
    if (new Set(points.map(({ x }) => x)).size < 2) return [];
    const { method, settings } = list[0].variant;
    const sorted = points.sort((a, b) => (typeof a.x === "number" ? a.x - Number(b.x) : inOrder(a.x, `${b.x}`)));
    return [{ label: naming.label(method, settings, path), points: sorted }];
  });

const scaleOf = (panels: readonly Panel[]): Figure["scale"] => {
  const all = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => x)));
  const values = all.filter((x) => typeof x === "number");
  if (values.length < all.length) return "category";
  return Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) >= 8 ? "log" : "linear";
};

/** Variants of one method, and what they are called among each other. */
interface Family extends Naming {
  readonly method: string;
}

/** Scores against one setting, of variants that differ in nothing else. */
const along = (path: string, families: readonly Family[], cells: readonly Cell[], references: readonly Reference[]) => {
  const panels = byColumn(cells).flatMap(([column, list]): readonly Panel[] => {
    const series = families.flatMap((family) =>
      seriesAlong(
        list.filter(({ variant }) => variant.method === family.method),
        path,
        family,
      ),
    );
    if (series.length === 0) return [];
    return [{ title: column, series: best(series), references: referencesOf(references, column) }];
  });
  const isSize = path === "model";
  const figure: Figure = {
    ...{ id: `along-${path}`, title: `Score against ${isSize ? "size of the model" : path}` },
    ...{ scale: scaleOf(panels), isCurve: false, panels, xLabel: isSize ? "numbers of the model" : path },
    note: "Variants of a line differ in nothing else. Bars are one sample standard deviation.",
  };
  return figure;
};

/** A figure for each setting that varies while everything else stays. */
export const axes = (variants: readonly Variant[], cells: readonly Cell[], references: readonly Reference[]) => {
  const families = [...groupBy(variants, ({ method }) => method)].map(
    ([method, alike]): Family => ({ method, ...namingOf(alike.map(({ settings }) => settings)) }),
  );
  const paths = new Set(families.flatMap((family) => family.paths));
  const own = cells.filter((cell) => !cell.isTransfer);
  return [...paths].filter((path) => !path.startsWith("read.")).map((path) => along(path, families, own, references));
};
