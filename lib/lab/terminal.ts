/** @file What a run shows on a terminal: a progress bar, the evaluations, and a table at the end. */

import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import { AUTO, EXECUTORS, programRows } from "../compile/executors.js";
import { takes } from "../core/composite.js";
import { counted } from "../edge/counted.js";
import { brief } from "../edge/decode.js";
import { printableLines } from "../edge/printable.js";
import { type Scores as BenchmarkScores, mean, superglueAverage } from "../metrics/average.js";
import type { StepRecord } from "../train/progress.js";
import type { Finding } from "./doctor-rules.js";
import type { Listener, RunInfo } from "./listener.js";
import { methodLabel } from "./method-settings.js";
import { baselinesOf, isPretraining, subjectOf } from "./pretraining/recipe.js";
import type { Recipe } from "./recipe.js";
import {
  beatsBaselines,
  type Outcome,
  overallScore,
  type SeedsSummary,
  type Summary,
  type TasksSummary,
} from "./results.js";
import type { SuiteEvaluation } from "./suite.js";

/** Shows text; names of tasks, files and answers in it come from outside. */
const say = (text: string): void => console.log(printableLines(text));

type Scores = Readonly<Record<string, number>>;

/** `f1 60.2, accuracy 71.0`. */
export const printScores = (metrics: Scores): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toFixed(1)}`)
    .join(", ");

/** Shows the progress of `total` steps: a bar on a terminal, a line an evaluation elsewhere. */
class Progress {
  readonly #bar: SingleBar | undefined;
  /** The last step of each run by its name; of a run alone there is none. */
  readonly #last = new Map<string | undefined, StepRecord>();
  #tokensPerSecond = 0;

  constructor(total: number, start: number) {
    if (!process.stdout.isTTY || total === 0) return;
    this.#bar = new SingleBar({
      stream: process.stdout,
      format: "{bar} {value}/{total} | loss {loss} | {rate} tokens/s | {eta_formatted} left",
      hideCursor: true,
      etaBuffer: 20,
    });
    this.#bar.start(total, start, { loss: "-", rate: "-" });
  }
  step(record: StepRecord, part: string | undefined): void {
    const rate = record.tokens / record.seconds;
    this.#tokensPerSecond = this.#tokensPerSecond === 0 ? rate : 0.9 * this.#tokensPerSecond + 0.1 * rate;
    this.#last.set(part, record);
    const loss = mean([...this.#last.values()].map((last) => last.loss));
    this.#bar?.update(record.step, { loss: loss.toFixed(3), rate: Math.round(this.#tokensPerSecond) });
  }
  /** A line, which begins with the name of the run where it is one of several. */
  evaluation(step: number, evaluation: SuiteEvaluation, isBest: boolean, part: string | undefined): void {
    const last = this.#last.get(part);
    const example = evaluation.predictions.find(({ valid }) => !valid)?.prediction;
    const invalid =
      example === undefined
        ? ""
        : `, ${counted(evaluation.invalid, "answer")} not allowed, such as ${brief(example, 30)}`;
    const loss = last === undefined ? "" : `loss ${last.loss.toFixed(3)}, `;
    const rate = last === undefined ? "" : `, ${Math.round(this.#tokensPerSecond)} tokens/s`;
    const best = isBest ? "  (best so far)" : "";
    // The score of texts is their likelihood, which does not say how many tokens are right.
    const ofTexts = Object.hasOwn(evaluation.metrics, "likelihood");
    const accuracy = ofTexts ? `, token accuracy ${evaluation.tokenAccuracy.toFixed(1)} %` : "";
    const name = part === undefined ? "" : `${part}  `;
    this.line(
      `${name}step ${String(step).padStart(5)}  ${loss}dev ${printScores(evaluation.metrics)}, loss ${evaluation.loss.toFixed(3)}${accuracy}${invalid}${rate}${best}`,
    );
  }
  /** A line above the bar. */
  line(text: string): void {
    if (this.#bar === undefined) {
      say(text);
      return;
    }
    process.stdout.write(`\r\u001b[K${printableLines(text)}\n`);
    this.#bar.render();
  }
  stop(): void {
    this.#bar?.stop();
  }
}

/** What tables call the model that a run has trained, the one that it starts from, and what knows frequencies alone. */
const contestantsOf = (recipe: Recipe): readonly [tuned: string, untuned: string, majority: string] => {
  const [bare, usual] = baselinesOf(recipe);
  if (isPretraining(recipe)) return ["pre-trained", bare, usual];
  const { method } = recipe;
  return method.name === "prompt"
    ? ["tuned prompt", "no prompt", usual]
    : [`tuned (${methodLabel(method)})`, bare, usual];
};

const NUMBERS = { style: { head: [], border: [] } };

/** More metrics than this are rows of a table, since its columns would not fit a terminal. */
const MOST_COLUMNS = 3;

/** A row a metric and a column a contestant. */
const tallTable = (rows: Readonly<Record<string, Scores>>, cellOf: (who: string, name: string) => string): string => {
  const contestants = Object.keys(rows);
  const table = new Table({
    head: ["dev set", ...contestants],
    ...NUMBERS,
    colAligns: ["left", ...contestants.map(() => "right" as const)],
  });
  for (const name of Object.keys(rows[contestants[0]])) {
    table.push([name.replace("/", " "), ...contestants.map((who) => cellOf(who, name))]);
  }
  return table.toString();
};

/** A table with a row for each contestant; `deviation` is of the first one. */
export const scoreTable = (rows: Readonly<Record<string, Scores>>, deviation: Scores = {}): string => {
  const [first] = Object.keys(rows);
  const names = Object.keys(rows[first] ?? {});
  const cellOf = (who: string, name: string): string => {
    const spread = who === first && deviation[name] !== undefined ? ` ± ${deviation[name].toFixed(1)}` : "";
    return `${rows[who][name].toFixed(1)}${spread}`;
  };
  if (names.length > MOST_COLUMNS) return tallTable(rows, cellOf);
  const table = new Table({
    head: ["dev set", ...names],
    ...NUMBERS,
    colAligns: ["left", ...names.map(() => "right" as const)],
  });
  for (const who of Object.keys(rows)) table.push([who, ...names.map((name) => cellOf(who, name))]);
  return table.toString();
};

const CONTESTANTS = ["tuned", "untuned", "majority"] as const;
type Contestant = (typeof CONTESTANTS)[number];

/** The mean of scores; undefined of none. */
const meanOf = (scores: Scores): number | undefined =>
  Object.keys(scores).length === 0 ? undefined : mean(Object.values(scores));

const print = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(1));

/**
 * A row a task and a column a contestant, each the mean of the task's metrics, and the average where all tasks are there.
 *
 * - `names`: of the tuned model and the bare one
 */
export const benchmarkTable = (
  runs: Readonly<Record<string, Pick<Summary, Contestant>>>,
  names: readonly [tuned: string, untuned: string],
): string => {
  const scoresOf = (who: Contestant): BenchmarkScores =>
    Object.fromEntries(Object.entries(runs).map(([task, summary]) => [task, summary[who]]));
  const table = new Table({
    head: ["dev set", "metrics", ...names, "majority class"],
    ...NUMBERS,
    colAligns: ["left", "left", "right", "right", "right"],
  });
  for (const [task, summary] of Object.entries(runs)) {
    const means = CONTESTANTS.map((name) => print(meanOf(summary[name])));
    table.push([task, Object.keys(summary.tuned).join(", "), ...means]);
  }
  const averages = CONTESTANTS.map((name) => superglueAverage(scoresOf(name)));
  if (averages.every((average) => average !== undefined))
    table.push(["SuperGLUE", "mean of the eight", ...averages.map(print)]);
  return table.toString();
};

const tableOf = (outcome: Summary | SeedsSummary, recipe: Recipe): string => {
  const [ours, bare, usual] = contestantsOf(recipe);
  const { tuned, untuned, majority } = outcome;
  const deviation = outcome.kind === "seeds" ? outcome.deviation : {};
  return scoreTable({ [ours]: tuned, [bare]: untuned, [usual]: majority }, deviation);
};

/** What the best of a run is called, and where it is. */
const bestOf = (recipe: Recipe): readonly [name: string, file: string] => {
  if (isPretraining(recipe)) return ["the best model", "best"];
  return recipe.method.name === "prompt" ? ["the best prompt", "prompt.npy"] : ["the best", "tuned.safetensors"];
};

/** What a run of one seed ends with, before the lines of an interruption. */
const lastLine = ({ reason, steps, seconds, bestStep }: Summary, recipe: Recipe, place: string): string => {
  const [name, file] = bestOf(recipe);
  return `${reason}, ${counted(steps, "step")} in ${seconds.toFixed(0)} s; ${name} (step ${bestStep}): ${place}/${file}`;
};

const conclusion = (outcome: Outcome, recipe: Recipe, place: string): string => {
  const [ours, bare] = contestantsOf(recipe);
  if (outcome.kind === "run") return `${tableOf(outcome, recipe)}\n\n${lastLine(outcome, recipe, place)}`;
  if (outcome.kind === "tasks") return benchmarkTable((outcome as TasksSummary).runs, [ours, bare]);
  const seeds = Object.keys(outcome.runs).length;
  return `${tableOf(outcome, recipe)}\n\n${outcome.reason}, ${seeds} of ${recipe.seeds} seeds; mean and standard deviation: ${place}/summary.json`;
};

/** The beginning of a sentence that ends with a score. */
const subjectIn = (recipe: Recipe): string => {
  if (isPretraining(recipe)) return "The likelihood of held-out tokens is";
  return recipe.method.name === "prompt"
    ? "The tuned prompt scores"
    : `The model, tuned by ${methodLabel(recipe.method)}, scores`;
};

/** What a run closes with that came to its end and did not beat its baselines: which they are, what the doctor found, and where the remedies are. */
const closing = (outcome: Outcome, recipe: Recipe, place: string, findings: readonly Finding[]): string[] => {
  const trained = subjectOf(recipe);
  if (outcome.kind !== "run" || outcome.reason === "interrupted" || beatsBaselines(outcome, trained)) return [];
  const [, bare, usual] = contestantsOf(recipe);
  const [untuned, majority] = [outcome.untuned, outcome.majority].map((scores) =>
    overallScore(scores, trained).toFixed(1),
  );
  return [
    "",
    `${subjectIn(recipe)} ${outcome.score.toFixed(1)} and does not beat its baselines: ${bare} ${untuned}, ${usual} ${majority}.`,
    ...findings.map(({ rule, found }) => `- ${rule}: ${found}`),
    findings.length === 0
      ? `none of the doctor's rules fires; what to try next: npx fluxion doctor ${place}`
      : `what to do about it: npx fluxion doctor ${place}`,
  ];
};

/** The lines after an interruption, or about the curve. */
const further = (outcome: Outcome, place: string, part: string | undefined): string[] => {
  const curve = outcome.kind === "run" ? [`the curve: ${place}/curve.svg`] : [];
  const interrupted = outcome.reason === "interrupted" && part === undefined;
  return [...curve, ...(interrupted ? [`to go on: npx fluxion train --resume ${place}`] : [])];
};

/** How to compute faster, where a run would. */
const slower = ({ executor, recipe }: RunInfo): string[] =>
  recipe.executor !== AUTO
    ? []
    : programRows(EXECUTORS)
        .filter(([name, { beside }]) => name !== executor && beside.includes(recipe.backend))
        .map(([, { about, needs }]) => `           slower than ${about}, which is not installed: npm install ${needs}`);

/** What a run is, under its name or those of all that are trained with it. */
const headline = (info: RunInfo): string => {
  const { part, lines, executor, together } = info;
  const names = together.length > 0 ? together.join(", ") : part;
  return [...(names === undefined ? [] : [`\n--- ${names}`]), ...lines, `executor   ${executor}`, ...slower(info)].join(
    "\n",
  );
};

/**
 * A listener that shows a run on the terminal: what it is, a progress bar, the evaluations, and a table at the end.
 *
 * @example await run({ train: "rte" }, { store: nodeStore("runs/rte"), listener: terminal() });
 */
export const terminal = takes("terminal()", (): Listener => {
  let progress: Progress | undefined;
  // Runs that are trained together have one headline, one bar, and their names before their evaluations.
  let several = false;
  return {
    begin: (info) => {
      const { recipe, place, part, start, together } = info;
      several = together.length > 0;
      if (!several || together[0] === part) say(headline(info));
      say(`${several && together[0] !== part ? "           " : "results    "}${place}`);
      if (several && together.at(-1) !== part) return;
      say("");
      progress = new Progress(recipe.steps, start);
    },
    step: (record, part) => progress?.step(record, several ? part : undefined),
    evaluation: (step, evaluation, isBest, part) =>
      progress?.evaluation(step, evaluation, isBest, several ? part : undefined),
    stopping: () => progress?.line("stopping after this step; press Ctrl-C again to stop at once"),
    // Also after an error, else the cursor stays hidden.
    stopped: () => progress?.stop(),
    end: (outcome, { recipe, place, part, findings = [] }, before) => {
      const name = several && outcome.kind === "run" && part !== undefined ? [`\n--- ${part}`] : [""];
      const said = before ? [`${place} has ended already; nothing was changed`, ""] : name;
      const after = [...further(outcome, place, part), ...closing(outcome, recipe, place, findings)];
      say([...said, conclusion(outcome, recipe, place), ...after].join("\n"));
    },
  };
});
