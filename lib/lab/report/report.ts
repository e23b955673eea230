/** @file The report of runs as a value: tables and figures, which the formats show. */

import { takesLater } from "../../core/composite.js";
import { CheckpointError } from "../../core/errors.js";
import { VERSION } from "../../core/version.js";
import { hashOf } from "../canonical.js";
import { isPretraining } from "../pretraining/recipe.js";
import { recipe as recipeOf } from "../recipe.js";
import { fromAnswers } from "./answers.js";
import { cellsOf } from "./cells.js";
import { differencesBetween, ownSettings } from "./differs.js";
import { axes, curves, efficiency, type Figure, methods } from "./figures.js";
import { runFolders } from "./folders.js";
import { type EndedRun, type Fault, loadFolder } from "./load.js";
import { modelNames } from "./model-names.js";
import { costTable, differencesTable, faultsTable } from "./other-tables.js";
import { isOfTexts, lossCurves, pretrainingTable } from "./pretraining.js";
import type { Reference } from "./references.js";
import {
  anchorOf,
  comparisonTable,
  ensembleTable,
  referenceTable,
  summaryTable,
  transferTable,
} from "./score-tables.js";
import type { Link, ReportTable } from "./table.js";
import { type Settings, settingsOf, type Variant, variantsOf } from "./variants.js";

/** The recipe of a variant, for readers. */
export interface RecipeEntry {
  readonly id: string;
  readonly title: string;
  /** The settings that differ from the defaults. */
  readonly settings: readonly string[];
  readonly runs: readonly Link[];
}

/** What a report says. */
export interface Report {
  readonly title: string;
  /** How many runs are in it, in words. */
  readonly intro: string;
  readonly warnings: readonly string[];
  /** Tables that have rows; `faults` come last. */
  readonly tables: readonly ReportTable[];
  readonly figures: readonly Figure[];
  readonly recipes: readonly RecipeEntry[];
}

/** What a report takes besides folders. */
export interface ReportOptions {
  readonly title?: string;
  readonly references?: readonly Reference[];
}

/** The settings of a recipe that names none. */
const defaultSettings = (): Settings => {
  const usual = { recipe: recipeOf({}), lock: undefined };
  return settingsOf(usual, modelNames([usual])(usual));
};

const recipeEntry = (variant: Variant, defaults: Settings): RecipeEntry => {
  const { label, settings, runs } = variant;
  const links = runs.map(({ place, recipe: { seed }, trained }) => ({
    text: `${trained.join("+")}, seed ${seed}`,
    run: place,
  }));
  return { id: anchorOf(variant), title: label, settings: ownSettings(settings, defaults), runs: links };
};

/** The runs that count; of runs of one recipe and one seed the first one does, since another would not be another sample. */
const withoutRepeats = (
  runs: readonly EndedRun[],
): { readonly kept: readonly EndedRun[]; readonly faults: readonly Fault[] } => {
  const first = new Map<string, EndedRun>();
  const faults: Fault[] = [];
  for (const run of runs) {
    const key = JSON.stringify([hashOf(run.recipe), run.lock?.model.digest, run.lock?.examples]);
    const known = first.get(key);
    if (known === undefined) first.set(key, run);
    else faults.push({ place: run.place, kind: "repeated", said: `the same recipe and seed as ${known.place}` });
  }
  return { kept: [...first.values()], faults };
};

const counted = (count: number, one: string): string => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

/** A report of runs that are read. */
const reportOf = async (
  runs: readonly EndedRun[],
  before: readonly Fault[],
  options: ReportOptions,
): Promise<Report> => {
  const { title = "Report", references = [] } = options;
  const { kept, faults } = withoutRepeats(runs);
  const variants = variantsOf(kept);
  const [texts, tuned] = [variants.filter(isOfTexts), variants.filter((variant) => !isOfTexts(variant))];
  const cells = cellsOf(tuned);
  const defaults = defaultSettings();
  const answers = await fromAnswers(cells);
  const { settings, warnings } = differencesBetween(
    kept.filter(({ recipe }) => !isPretraining(recipe)),
    tuned,
  );
  const all = [...before, ...faults, ...answers.faults];
  const tables = [
    summaryTable(cells),
    pretrainingTable(texts),
    transferTable(cells),
    ensembleTable(answers.votes),
    comparisonTable(answers.comparisons),
    costTable(variants),
    differencesTable(settings),
    referenceTable(references),
    faultsTable(all),
  ];
  const figures = [
    curves(tuned, references),
    lossCurves(texts),
    methods(cells, references),
    ...axes(tuned, cells, references),
    efficiency(cells, references),
  ];
  const said = [counted(kept.length, "run"), counted(variants.length, "recipe"), counted(all.length, "failure")];
  return {
    title,
    intro: `${said.join(", ")}; fluxion ${VERSION}`,
    warnings,
    tables: tables.filter(({ rows }) => rows.length > 0),
    figures: figures.filter(({ panels }) => panels.some(({ series }) => series.length > 0)),
    recipes: variants.map((variant) => recipeEntry(variant, defaults)),
  };
};

/**
 * Reads the runs below folders, at any depth, and makes their report. Runs that have failed, have not ended, or cannot be read are listed in it.
 *
 * @throws {CheckpointError} for a folder that is not there, or when there is no run in any
 * @example const report = await readReport(["runs"], { title: "Ablations" });
 */
export const readReport = takesLater(
  "readReport(dirs, { title, references })",
  async (dirs: readonly string[], options: ReportOptions = {}): Promise<Report> => {
    const runs: EndedRun[] = [];
    const faults: Fault[] = [];
    const seen = new Set<string>();
    for (const dir of dirs) {
      for (const folder of await runFolders(dir)) {
        if (seen.has(folder.path)) continue;
        seen.add(folder.path);
        const loaded = await loadFolder(folder);
        if (loaded.run !== undefined) runs.push(loaded.run);
        faults.push(...loaded.faults);
      }
    }
    if (runs.length === 0 && faults.length === 0) {
      const [what, hint] = ["there are no runs here", "name a folder with runs of fluxion train: --out DIR"];
      throw new CheckpointError({
        where: "report",
        what,
        expected: "folders with a recipe.json",
        at: dirs.join(", "),
        hint,
      });
    }
    return reportOf(runs, faults, options);
  },
);
