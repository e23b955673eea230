/** @file What the folder of a run records, decoded: what a diagnosis reads. */

import * as t from "io-ts";
import { takesLater } from "../core/composite.js";
import { CheckpointError } from "../core/errors.js";
import { decodeAs, optional, withDefault } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { readFrom, type Store } from "../store/store.js";
import { FILES } from "./folder.js";
import type { Recipe } from "./recipe.js";
import { Start } from "./start.js";
import { loadRun } from "./stored-run.js";

const caller = { where: "run folder", error: CheckpointError };

/** JSON has null for NaN and for infinity. */
const float = withDefault(t.number, Number.NaN);

const StepLine = t.type({ step: t.number, loss: t.union([t.number, t.null]), gradientNorm: t.unknown }, "step");
const Scores = { score: float, loss: float };
const EvaluationLine = t.type(
  { step: t.number, evaluation: t.intersection([t.type(Scores), t.record(t.string, t.unknown)]) },
  "evaluation",
);
const Said = { task: optional(t.string), target: t.string, prediction: t.string, correct: t.boolean, valid: t.boolean };
const Answer = t.readonly(t.type(Said, "prediction"));
/** An answer, and what it is an answer to. */
const Identified = t.readonly(
  t.type({ ...Said, id: t.string, group: optional(t.string), inputs: t.string }, "prediction"),
);

/** A training step; loss and norm are NaN where they were not finite. */
export interface RecordedStep {
  readonly step: number;
  readonly loss: number;
  /** Undefined in older runs. */
  readonly gradientNorm: number | undefined;
}

/** An evaluation. */
export interface RecordedEvaluation {
  readonly step: number;
  readonly score: number;
  readonly loss: number;
  /** Metrics by the names that the majority's have: with the task in front where there are several. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** One answer of a run at its best step, and what it is an answer to. */
export type IdentifiedAnswer = t.TypeOf<typeof Identified>;

/** What the folder of a run of one seed records. */
export interface RunRecord {
  readonly recipe: Recipe;
  /** The first line of `metrics.jsonl`; undefined where the run ended before it. */
  readonly start: Start | undefined;
  readonly steps: readonly RecordedStep[];
  readonly evaluations: readonly RecordedEvaluation[];
  /** The answers at the best step. */
  readonly answers: readonly t.TypeOf<typeof Answer>[];
}

type Line = Readonly<Record<string, unknown>>;

/** The lines of a file of JSON, and where they are; a line that was cut off is left out. */
const linesOf = async (store: Store, path: string): Promise<readonly (readonly [value: unknown, at: string])[]> => {
  const text = new TextDecoder().decode(await readFrom(store, path));
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line, i) => {
    const at = `${store.name(path)}, line ${i + 1}`;
    return [orThrow(parseJson(line, caller, at)), at] as const;
  });
};

const decoded = <A>(codec: t.Decoder<unknown, A>, value: unknown, at: string): A =>
  orThrow(decodeAs(codec, caller, at)(value));

const floatOf = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);

/** The metrics of an evaluation line under the names of the majority's. */
const metricsOf = (evaluation: Line, names: readonly string[]): Readonly<Record<string, number>> => {
  const tasks = evaluation.tasks as Readonly<Record<string, Line>> | undefined;
  const at = (name: string): unknown => {
    if (tasks === undefined) return evaluation[name];
    const slash = name.indexOf("/");
    return tasks[name.slice(0, slash)]?.[name.slice(slash + 1)];
  };
  return Object.fromEntries(names.map((name) => [name, floatOf(at(name))]));
};

/** Sorts the lines of `metrics.jsonl` by their kinds. */
const metricsIn = (
  lines: readonly (readonly [value: unknown, at: string])[],
): Omit<RunRecord, "recipe" | "answers"> => {
  const having = (key: string) => lines.filter(([value]) => (value as Line | null)?.[key] !== undefined);
  const [first] = having("untuned").map(([value, at]) => decoded(Start, value, at));
  const steps = having("loss").map(([value, at]) => {
    const { step, loss, gradientNorm } = decoded(StepLine, value, at);
    return {
      step,
      loss: floatOf(loss),
      ...{ gradientNorm: gradientNorm === undefined ? undefined : floatOf(gradientNorm) },
    };
  });
  const names = Object.keys(first?.majority ?? {});
  const evaluations = having("evaluation").map(([value, at]) => {
    const { step, evaluation } = decoded(EvaluationLine, value, at);
    return { step, score: evaluation.score, loss: evaluation.loss, metrics: metricsOf(evaluation, names) };
  });
  return { start: first, steps, evaluations };
};

/** Reads `metrics.jsonl`. @throws {CheckpointError} when it is damaged */
export const recordedMetrics = async (store: Store): Promise<Omit<RunRecord, "recipe" | "answers">> =>
  metricsIn(await linesOf(store, FILES.metrics));

const answersIn = async <A>(codec: t.Decoder<unknown, A>, store: Store): Promise<readonly A[]> =>
  (await linesOf(store, FILES.predictions)).map(([value, at]) => decoded(codec, value, at));

/** Reads the answers at the best step with their examples. @throws {CheckpointError} when the file is damaged */
export const identifiedAnswers = (store: Store): Promise<readonly IdentifiedAnswer[]> => answersIn(Identified, store);

/**
 * Reads what the folder of a run of one seed records, also of one that has not ended.
 *
 * @throws {CheckpointError} when there is no run, or a file of it is damaged
 */
export const runRecord = takesLater("runRecord(store)", async (store: Store): Promise<RunRecord> => {
  const { recipe } = await loadRun(store);
  return { recipe, answers: await answersIn(Answer, store), ...(await recordedMetrics(store)) };
});

/** The best evaluation so far, the first of equally good ones. */
export const bestOf = ({ evaluations }: Pick<RunRecord, "evaluations">): RecordedEvaluation | undefined =>
  evaluations.reduce<RecordedEvaluation | undefined>(
    (best, one) => (best === undefined || one.score > best.score ? one : best),
    undefined,
  );
