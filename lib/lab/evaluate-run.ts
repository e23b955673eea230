/** @file Evaluating what a run has kept: its best tree, its last one, or those of all steps that it was set to keep. */
import { takesLater } from "../core/composite.js";
import { CheckpointError } from "../core/errors.js";
import { dispose } from "../core/tensor.js";
import { orThrow } from "../edge/either.js";
import { parseTuned, TUNED_FILE } from "../io/tuned.js";
import * as np from "../np/index.js";
import { readFrom, type Store } from "../store/store.js";
import { keptFolder, keptSteps } from "./folder.js";
import { partsOfRecipe } from "./parts.js";
import { prepare, suiteOf } from "./prepare.js";
import { freeRun } from "./prepared.js";
import { isPretraining } from "./pretraining/recipe.js";
import type { Recipe } from "./recipe.js";
import { type InputOptions, inputsOf } from "./run-inputs.js";
import { loadRun } from "./stored-run.js";
import type { SuiteEvaluation } from "./suite.js";

/** Which trees of a run: the best, the last, all that are kept, or those of some steps. */
export type StepsOfRun = "best" | "last" | "all" | readonly number[];

/** The evaluation of one tree. */
export interface EvaluatedStep {
  readonly step: number;
  readonly evaluation: SuiteEvaluation;
}

export interface EvaluateRunOptions extends InputOptions {
  /** Default the best. */
  readonly steps?: StepsOfRun;
  /** Where inputs are now, if they have moved. */
  readonly places?: Partial<Pick<Recipe, "model" | "tokenizer" | "data">>;
  /** Called after each evaluation. */
  readonly onStep?: (evaluated: EvaluatedStep) => void;
}

const WHERE = "run folder";

/** The folders of the trees, in the order of steps. @throws {CheckpointError} for steps that are not kept */
const foldersOf = async (store: Store, steps: StepsOfRun): Promise<readonly string[]> => {
  if (steps === "best") return [""];
  if (steps === "last") return ["last/"];
  const kept = await keptSteps(store);
  if (kept.length === 0) {
    const [what, hint] = [
      "the run has kept the best step alone",
      "keep=all, or keep=5, keeps others: fluxion train keep=all",
    ];
    throw new CheckpointError({ where: WHERE, what, at: store.name(), hint });
  }
  const asked = steps === "all" ? kept : steps;
  const missing = asked.find((step) => !kept.includes(step));
  if (missing === undefined) return asked.map((step) => `${keptFolder(step)}/`);
  throw new CheckpointError({
    where: WHERE,
    what: "the run has not kept this step",
    expected: kept.join(", "),
    got: `${missing}`,
    at: store.name(),
  });
};

/** The tree in a folder of a run. @throws {CheckpointError} when it is not there yet */
export const treeAt = async (store: Store, folder: string) => {
  const path = `${folder}${TUNED_FILE}`;
  const bytes = await readFrom(store, path);
  if (bytes !== undefined) return orThrow(parseTuned(bytes, store.name(path)));
  throw new CheckpointError({
    where: WHERE,
    what: "the run has no such file yet",
    at: store.name(path),
    hint: `it is written at ${folder === "" ? "the first evaluation" : "its end"}; to go on: npx fluxion train --resume ${store.name()}`,
  });
};

/** @throws {CheckpointError} for the folder of several runs */
const checkSingle = (recipe: Recipe, store: Store): void => {
  const parts = Object.keys(partsOfRecipe(recipe));
  if (parts.length === 0) return;
  const [what, hint] = ["this is the folder of several runs", `name one of them, such as ${store.name(parts[0])}`];
  throw new CheckpointError({ where: WHERE, what, expected: `one of ${parts.join(", ")}`, at: store.name(), hint });
};

/** @throws {CheckpointError} for a run that learned from texts: it left whole models */
const checkTasks = (recipe: Recipe, store: Store): void => {
  if (!isPretraining(recipe)) return;
  const [what, expected] = ["this run has no tasks", "a run that trains on tasks"];
  const hint = `evaluate its models on tasks: fluxion evaluate --model ${store.name("best")} --task NAME`;
  throw new CheckpointError({ where: WHERE, what, expected, at: store.name(), hint });
};

/**
 * Evaluates trees of a run on its evaluation tasks, as the run did.
 *
 * @throws {CheckpointError} for a folder without a run, steps that are not kept, and inputs that have changed
 * @example const [{ step, evaluation }] = await evaluateRun({ store: nodeStore("runs/rte"), steps: "last" });
 */
export const evaluateRun = takesLater(
  "evaluateRun({ steps, places, onStep, store, tasks, verify })",
  async (options: EvaluateRunOptions): Promise<readonly EvaluatedStep[]> => {
    const { store, steps = "best", places = {}, onStep } = options;
    const stored = await loadRun(store);
    checkSingle(stored.recipe, store);
    checkTasks(stored.recipe, store);
    const folders = await foldersOf(store, steps);
    const trees = [];
    for (const folder of folders) trees.push(await treeAt(store, folder));
    const recipe = { ...stored.recipe, ...places };
    const inputs = await inputsOf(recipe, stored, options);
    const run = await prepare(recipe, inputs.places, inputs.data);
    const evaluated: EvaluatedStep[] = [];
    for (const { method, tuned, metadata } of trees) {
      // What was kept may be of another method than what was trained: the prompt that a network makes.
      const { evaluate } = suiteOf(run, method);
      const onDevice = np.devicePut(tuned) as object;
      const one = { step: Number(metadata.step), evaluation: await evaluate(onDevice) };
      dispose(onDevice);
      evaluate.dispose();
      evaluated.push(one);
      onStep?.(one);
    }
    freeRun(run, run.state);
    return evaluated;
  },
);
