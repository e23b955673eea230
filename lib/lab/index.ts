/** @file Runs as values: recipes, what runs them, and what they leave. Needs Node. */
export { orThrow } from "../edge/either.js";
export { canonicalJson, hashOf } from "./canonical.js";
export { type Difference, differences } from "./differences.js";
export { diagnose, type Finding, RULES, type Rule } from "./doctor-rules.js";
export { type Estimate, estimate } from "./estimate.js";
export { type EvaluatedStep, type EvaluateRunOptions, evaluateRun, type StepsOfRun } from "./evaluate-run.js";
export { type EndInfo, type Listener, type RunInfo, silent } from "./listener.js";
export { run } from "./many.js";
export { partsOfRecipe } from "./parts.js";
export { PRESET_NAMES, presets } from "./presets.js";
export { type Recipe, type RecipeInput, recipe, type Share } from "./recipe.js";
export { loadRecipe, loadRecipeTE, readRecipe } from "./recipe-file.js";
export { type Block, type BootstrapOptions, type Interval, pairedBootstrap } from "./report/bootstrap.js";
export { reportHtml } from "./report/html.js";
export { reportLatex } from "./report/latex.js";
export { addressFrom } from "./report/links.js";
export { reportMarkdown } from "./report/markdown.js";
export { loadReferences, type Reference } from "./report/references.js";
export { type Report, type ReportOptions, readReport } from "./report/report.js";
export { curveOf, type Outcome, type SeedsSummary, type Summary, type TasksSummary, usualAnswer } from "./results.js";
export type { RunOptions } from "./run.js";
export type { InputOptions } from "./run-inputs.js";
export { type RunRecord, runRecord } from "./run-record.js";
export { runsIn } from "./runs-in.js";
export { loadRun, loadRunTE, readRun, type StoredRun } from "./stored-run.js";
export type { SuiteEvaluation } from "./suite.js";
export { grid, randomSearch, zip } from "./sweep/grid.js";
export type { Axes, Distribution, Space, Trials } from "./sweep/points.js";
export { loadSweep, type SweepRecipe } from "./sweep/sweep-file.js";
export {
  fileVersionRecord,
  scalarsRecord,
  startRecord,
  type TensorBoardWriter,
  tensorBoardWriter,
} from "./tensorboard.js";
export { tensorBoard } from "./tensorboard-listener.js";
export { terminal } from "./terminal.js";
