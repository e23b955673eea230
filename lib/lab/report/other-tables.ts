/** @file The tables besides those of scores: costs, differences, and what is not in the others. */
import { mean } from "../../metrics/average.js";
import { type Differing, someOf } from "./differs.js";
import type { EndedRun, Fault } from "./load.js";
import { anchorOf, variantCell } from "./score-tables.js";
import { MISSING, numbers, plain, type ReportTable, type TableCell, words } from "./table.js";
import type { Variant } from "./variants.js";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Bytes with three digits and a unit of a thousand. */
const bytesText = (bytes: number): string => {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toPrecision(3)} ${UNITS[power]}`;
};

const timeText = (seconds: number): string => {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
};

const count = (value: number): string => Math.round(value).toLocaleString("en");

/** The mean of what runs have, where they have it. */
const average = (runs: readonly EndedRun[], of: (run: EndedRun) => number | undefined, text: (n: number) => string) => {
  const values = runs.map(of).filter((value) => value !== undefined && Number.isFinite(value)) as number[];
  return values.length === 0 ? MISSING : plain(text(mean(values)));
};

const costRow = (variant: Variant): readonly TableCell[] => {
  const { runs } = variant;
  const links = [{ text: "runs", anchor: anchorOf(variant) }];
  return [
    variantCell(variant),
    { text: `${runs.length}`, links },
    average(runs, ({ summary }) => summary.counts.tuned, count),
    average(
      runs,
      ({ summary }) => (100 * summary.counts.tuned) / summary.counts.model,
      (share) => share.toFixed(3),
    ),
    average(runs, ({ bytes }) => bytes, bytesText),
    average(runs, ({ summary }) => summary.steps, count),
    average(runs, ({ summary }) => summary.seconds, timeText),
    average(runs, ({ summary }) => summary.peakBytes, bytesText),
  ];
};

/** What variants cost, on the average of their runs. */
export const costTable = (variants: readonly Variant[]): ReportTable => ({
  ...{ id: "cost", title: "Cost" },
  note: "Means of runs over all tasks and seeds: trained numbers, their share of the model, the file of what was trained, steps, time of training and evaluation, and the most memory that the process had. Runs that are trained together share steps and memory; times of different machines do not compare.",
  columns: [...words("method"), ...numbers("runs", "trained", "% of model", "file", "steps", "time", "memory")],
  rows: variants.map(costRow),
});

/** What methods do not share besides their own settings. */
export const differencesTable = (differing: readonly Differing[]): ReportTable => {
  const methods = Object.keys(differing[0]?.values ?? {});
  return {
    ...{ id: "differences", title: "What differs besides the method" },
    note: "A difference in scores may come from these settings as well.",
    columns: words("setting", ...methods),
    rows: differing.map(({ path, values }) => [plain(path), ...methods.map((name) => plain(someOf(values[name])))]),
  };
};

/** Folders that are not in the tables. */
export const faultsTable = (faults: readonly Fault[]): ReportTable => ({
  ...{ id: "failures", title: "Failures" },
  note: "Folders that are not in the tables, or not in all of them.",
  columns: words("folder", "kind", "what"),
  rows: faults.map(({ place, kind, said }) => [
    { text: place, links: [{ text: place, run: place }] },
    plain(kind),
    plain(said),
  ]),
});
