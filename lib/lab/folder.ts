/**
 * @file The files of a run: recipe, lock of inputs, metrics, checkpoint, trained trees, predictions, summary, learning curve.
 *
 * Every file is replaced atomically except `metrics.jsonl`, which only grows; a checkpoint remembers how long it was, and resuming cuts
 * it back to that length, so that a killed run leaves no half line and no step twice.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { CheckpointError } from "../core/errors.js";
import { decodeAs, withDefault } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { RECIPE_FILE } from "../io/adapter-folder.js";
import { parseSafetensors } from "../io/safetensors.js";
import { encodeSafetensors } from "../io/safetensors-write.js";
import type { HostTree } from "../methods/trees.js";
import * as np from "../np/index.js";
import { readFrom, type Store } from "../store/store.js";
import type { Outputs } from "../train/outputs.js";
import type { Best, Position, Prediction } from "../train/progress.js";
import type { TrainState } from "../train/state.js";
import { hostTree, namedArrays, restoreHostTree } from "../train/store.js";
import type { Lock } from "./lock.js";
import type { Recipe } from "./recipe.js";

export const FILES = {
  recipe: RECIPE_FILE,
  lock: "lock.json",
  metrics: "metrics.jsonl",
  checkpoint: "checkpoint.safetensors",
  predictions: "predictions.jsonl",
  summary: "summary.json",
  curve: "curve.svg",
} as const;

/** The file that tells why a run of a sweep failed, in its folder. */
export const FAILED_FILE = "failed.json";

/** A metric, which may be NaN: JSON has null for it. */
const metric = withDefault(t.number, Number.NaN);

const BestCodec = t.type(
  { step: t.number, score: t.number, metrics: t.record(t.string, metric), loss: metric },
  "Best",
);

/** Where training stands, as the metadata of a checkpoint writes it. */
const Place = t.type(
  {
    step: t.number,
    stale: t.number,
    metricsBytes: t.number,
    seconds: t.number,
    best: t.union([t.null, BestCodec]),
  },
  "Checkpoint",
);

const caller = { where: "run folder", error: CheckpointError };

/** Where a run goes on. */
export interface Restored<P extends object, Opt> {
  readonly state: TrainState<P, Opt>;
  readonly position: Position;
  /** Seconds of the parts before. */
  readonly seconds: number;
}

/** The folder of trees that are kept, by step. */
const KEPT = "kept";

const folderOfStep = (root: string, step: number): string => `${root}/${String(step).padStart(8, "0")}`;

/** The folder of the tree of an evaluation. */
export const keptFolder = (step: number): string => folderOfStep(KEPT, step);

/** The folder of the model of a step that a recipe names. */
export const savedFolder = (step: number): string => folderOfStep("saved", step);

export interface RunFolder {
  /** Appends one line to `metrics.jsonl`. */
  appendMetrics(line: Readonly<Record<string, unknown>>): Promise<void>;
  /** The lines of `metrics.jsonl` so far. */
  readMetrics(): Promise<Record<string, unknown>[]>;
  /** Saves everything a run needs to go on. */
  saveCheckpoint<P extends object, Opt>(state: TrainState<P, Opt>, position: Position, seconds: number): Promise<void>;
  /** The saved state, like `like` in structure; undefined where there is no checkpoint yet. Cuts `metrics.jsonl` back. */
  restoreCheckpoint<P extends object, Opt>(like: TrainState<P, Opt>): Promise<Restored<P, Opt> | undefined>;
  /** The files of what is best, in a separate folder or, where its path is empty, in that of the run, and the predictions made with it. */
  saveBest(best: Best, predictions: readonly Prediction[], outputs: Outputs, folder?: string): Promise<void>;
  /** The files of another tree: of the last step, or of an evaluation that is kept. */
  saveTree(folder: string, tree: Best, outputs: Outputs): Promise<void>;
  /** Removes the trees of all but the last `count` evaluations that are kept. */
  forget(count: number): Promise<void>;
  saveSummary(summary: unknown): Promise<void>;
  saveCurve(svg: string): Promise<void>;
  close(): Promise<void>;
}

/** A value as a file of a run folder has it. */
export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
/** Values as lines of JSON. */
export const jsonLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** Whether a store has a file. */
const has = async (store: Store, path: string): Promise<boolean> => {
  const file = await store.open(path);
  await file?.close();
  return file !== undefined;
};

/** Whether a store holds a run. */
export const holdsRun = (store: Store): Promise<boolean> => has(store, FILES.recipe);

/** The settings of runs of 0.1. */
const OLD_CONFIG = "config.json";

/**
 * Refuses a store that already holds a run, also one of 0.1.
 *
 * @throws {CheckpointError} that says how to go on with it
 */
export const checkNew = async (store: Store): Promise<void> => {
  const isCurrent = await has(store, FILES.recipe);
  if (!isCurrent && !(await has(store, OLD_CONFIG))) return;
  throw new CheckpointError({
    where: caller.where,
    what: "the folder already holds a run",
    expected: "a new or empty folder",
    got: store.name(),
    hint: isCurrent ? `go on with it by --resume ${store.name()}, or choose another --out` : "choose another --out",
  });
};

/** Returns whether a run writes a file of this path. */
const isWritten = (path: string): boolean => /\.(jsonl?|svg|npy|safetensors|model)$/.test(path);

/** Reads a checkpoint whose state is like `like`. @throws {CheckpointError} when it is damaged, or of another run */
const readCheckpoint = (bytes: Uint8Array, source: string, like: TrainState<object, unknown>) => {
  const { tensors, metadata } = parseSafetensors(bytes, source);
  const { best, metricsBytes, seconds, ...where } = orThrow(
    pipe(parseJson(metadata.place ?? "", caller, source), E.chain(decodeAs(Place, caller, source))),
  );
  const tuned = (): HostTree => orThrow(restoreHostTree(tensors, like.tuned, "best", source));
  const position: Position = { ...where, best: best === null ? undefined : { ...best, tuned: tuned() } };
  return { state: orThrow(restoreHostTree(tensors, like, "state", source)), metricsBytes, position, seconds };
};

/** `metrics.jsonl`, and how long it is. */
const openMetrics = async (store: Store) => {
  const read = (): Promise<Uint8Array | undefined> => readFrom(store, FILES.metrics);
  let bytes = (await read())?.length ?? 0;
  return {
    bytes: () => bytes,
    async append(line: Readonly<Record<string, unknown>>) {
      const text = `${JSON.stringify(line)}\n`;
      await store.append(FILES.metrics, text);
      bytes += new TextEncoder().encode(text).length;
    },
    async lines() {
      const lines = textOf(await read()).split("\n");
      const at = (i: number): string => `${store.name(FILES.metrics)}, line ${i + 1}`;
      return lines.flatMap((line, i) =>
        line === "" ? [] : [orThrow(parseJson(line, caller, at(i))) as Record<string, unknown>],
      );
    },
    async cut(length: number) {
      const whole = (await read()) ?? new Uint8Array();
      if (whole.length > length) await store.write(FILES.metrics, whole.subarray(0, length));
      bytes = length;
    },
  };
};

/** The steps of the trees that are kept, in order. */
export const keptSteps = async (store: Store): Promise<readonly number[]> => {
  const steps = (await store.list()).flatMap((path) => /^kept\/(\d+)\//.exec(path)?.[1] ?? []);
  return [...new Set(steps.map(Number))].sort((a, b) => a - b);
};

/** What a run begins with. */
export interface Beginning {
  readonly recipe: Recipe;
  readonly lock: Lock;
}

const writeTree = async (store: Store, folder: string, tree: Best, outputs: Outputs): Promise<void> => {
  for (const [path, content] of outputs(tree)) await store.write(`${folder}${path}`, content);
};

const forgetAllBut = async (store: Store, count: number): Promise<void> => {
  const steps = await keptSteps(store);
  const old = new Set(steps.slice(0, Math.max(0, steps.length - count)).map((step) => `${keptFolder(step)}/`));
  for (const path of await store.list()) {
    if ([...old].some((folder) => path.startsWith(folder))) await store.remove(path);
  }
};

/**
 * Opens the files of a run, new or to be resumed; until `close` no other process can.
 *
 * @throws {CheckpointError} when the store cannot be written, already holds a run and `resume` is not set, or another process has it
 * @example const folder = await openRunFolder(nodeStore("runs/cb"), { recipe, lock }, false)
 */
export const openRunFolder = async (store: Store, { recipe, lock }: Beginning, resume: boolean): Promise<RunFolder> => {
  const unlock = await store.lock(isWritten);
  const open = async () => {
    if (!resume) {
      await checkNew(store);
      await store.write(FILES.lock, json(lock));
    }
    await store.write(FILES.recipe, json(recipe));
    return await openMetrics(store);
  };
  const metrics = await open().catch(async (error: unknown) => {
    await unlock();
    throw error;
  });

  return {
    appendMetrics: metrics.append,
    readMetrics: metrics.lines,
    async saveCheckpoint(state, { step, stale, best }, seconds) {
      const { tuned = {}, ...marks } = best ?? {};
      const arrays = { ...namedArrays(hostTree(state), "state"), ...namedArrays(tuned, "best") };
      const place = { step, stale, metricsBytes: metrics.bytes(), seconds, best: best === undefined ? null : marks };
      await store.write(FILES.checkpoint, encodeSafetensors(arrays, { place: JSON.stringify(place) }));
    },
    async restoreCheckpoint(like) {
      const bytes = await readFrom(store, FILES.checkpoint);
      const read = bytes && readCheckpoint(bytes, store.name(FILES.checkpoint), like);
      await metrics.cut(read?.metricsBytes ?? 0);
      if (read === undefined) return undefined;
      const { state, position, seconds } = read;
      return { state: np.devicePut(state) as unknown as typeof like, position, seconds };
    },
    async saveBest(best, predictions, outputs, at = "") {
      await writeTree(store, at, best, outputs);
      await store.write(FILES.predictions, jsonLines(predictions));
    },
    saveTree: (folder, tree, outputs) => writeTree(store, `${folder}/`, tree, outputs),
    forget: (count) => forgetAllBut(store, count),
    saveSummary: (summary) => store.write(FILES.summary, json(summary)),
    saveCurve: (svg) => store.write(FILES.curve, svg),
    close: unlock,
  };
};
