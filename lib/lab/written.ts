/** @file What a run writes at its beginning, at an evaluation, and at its end. */
import { stats } from "../compile/init.js";
import type { Best, Outcome as Trained } from "../train/progress.js";
import { evaluatedTree } from "../train/state.js";
import { hostTree } from "../train/store.js";
import { learningCurve } from "../viz/index.js";
import { baselineOf, type Sharing } from "./baseline.js";
import { keptFolder, type RunFolder, savedFolder } from "./folder.js";
import { describeMethod } from "./method.js";
import type { Prepared } from "./prepared.js";
import { savedSteps, subjectOf } from "./pretraining/recipe.js";
import { curveOf, type Summary } from "./results.js";
import type { SuiteEvaluation } from "./suite.js";

/** What `metrics.jsonl` says of an evaluation: its scores, and those of each task where there are several. */
const lineOf = (evaluation: SuiteEvaluation): Readonly<Record<string, unknown>> => {
  const scoresOf = ({ metrics, score, invalid, loss, tokenAccuracy }: Omit<SuiteEvaluation, "tasks">) => ({
    ...metrics,
    score,
    invalid,
    loss,
    tokenAccuracy,
  });
  const tasks = Object.entries(evaluation.tasks);
  if (tasks.length === 1) return scoresOf(evaluation);
  const { score, invalid, loss, tokenAccuracy } = evaluation;
  return {
    score,
    invalid,
    loss,
    tokenAccuracy,
    tasks: Object.fromEntries(tasks.map(([name, one]) => [name, scoresOf(one)])),
  };
};

/** Writes what an evaluation leaves. */
export const saveEvaluation = async (
  run: Prepared,
  folder: RunFolder,
  evaluation: SuiteEvaluation,
  tree: Best,
  isBest: boolean,
): Promise<void> => {
  const { keep } = run.recipe;
  await folder.appendMetrics({ step: tree.step, evaluation: lineOf(evaluation) });
  if (isBest) await folder.saveBest(tree, evaluation.predictions, run.outputs, run.bestFolder);
  if (savedSteps(run.recipe).includes(tree.step)) await folder.saveTree(savedFolder(tree.step), tree, run.outputs);
  if (keep === "best") return;
  await folder.saveTree(keptFolder(tree.step), tree, run.outputs);
  if (keep !== "all") await folder.forget(keep);
};

/** The first line of a run's metrics. */
export type StartLine = Readonly<Record<string, unknown>> & { readonly untuned: Readonly<Record<string, number>> };

/** What runs begin with that differ in their seeds alone: the first line of one that has it, or the scores of the bare model. The line is written where it is missing. */
export const writeStart = async (
  run: Prepared,
  folders: readonly RunFolder[],
  sharing: Sharing | undefined,
  known?: StartLine,
): Promise<StartLine> => {
  let line = known;
  const missing: RunFolder[] = [];
  for (const folder of folders) {
    const before = (await folder.readMetrics()).find(({ untuned }) => untuned !== undefined);
    if (before === undefined) missing.push(folder);
    else line ??= before as StartLine;
  }
  line ??= await startOf(run, sharing);
  for (const folder of missing) await folder.appendMetrics(line);
  return line;
};

const startOf = async (run: Prepared, sharing: Sharing | undefined): Promise<StartLine> => {
  const { untuned, sentinels } = await baselineOf(run, sharing);
  return { step: 0, untuned, majority: run.majority, sentinels, ...run.facts };
};

/** Writes what a trained run comes to. */
export const conclude = async (
  run: Prepared,
  folder: RunFolder,
  { untuned }: Pick<StartLine, "untuned">,
  { position, reason, state, seconds }: Trained<object, unknown> & { readonly seconds: number },
): Promise<Summary> => {
  const { best, step } = position;
  const summary: Summary = {
    kind: "run",
    tuned: best.metrics,
    untuned,
    majority: run.majority,
    score: best.score,
    validationLoss: best.loss,
    bestStep: best.step,
    steps: step,
    seconds,
    executor: stats().executor,
    reason,
    counts: run.counts,
    // In kilobytes.
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  await folder.saveTree("last", { ...best, step, tuned: hostTree(evaluatedTree(state)) }, run.outputs);
  const { recipe } = run;
  const title = `${subjectOf(recipe).join(", ")}: ${describeMethod(recipe.method)}`;
  await folder.saveCurve(learningCurve({ title, ...curveOf(await folder.readMetrics(), best) }));
  await folder.saveSummary(summary);
  return summary;
};
