/**
 * @file The files of a run: configuration, metrics, checkpoint, the best tree, predictions, summary, learning curve.
 *
 * Every file is replaced atomically except `metrics.jsonl`, which only grows; a checkpoint remembers how long it was, and resuming cuts
 * it back to that length, so that a killed run leaves no half line and no step twice.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { decodeAs, withDefault } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { parseSafetensors } from "../io/safetensors.js";
import { encodeSafetensors } from "../io/safetensors-write.js";
import type { HostTree } from "../methods/trees.js";
import * as np from "../np/index.js";
import { readFrom, type Store } from "../store/store.js";
import type { Best, Position, Prediction } from "./loop.js";
import type { Outputs } from "./outputs.js";
import type { TrainState } from "./state.js";
import { hostTree, namedArrays, restoreHostTree } from "./store.js";

const FILES = {
  config: "config.json",
  metrics: "metrics.jsonl",
  checkpoint: "checkpoint.safetensors",
  predictions: "predictions.jsonl",
  summary: "summary.json",
  curve: "learning-curve.svg",
} as const;

/** A metric, which may be NaN: JSON has null for it. */
const metric = withDefault(t.number, Number.NaN);

/** Where training stands, as the metadata of a checkpoint writes it. */
const Place = t.type(
  {
    step: t.number,
    stale: t.number,
    metricsBytes: t.number,
    best: t.union([t.null, t.type({ step: t.number, score: t.number, metrics: t.record(t.string, metric) }, "Best")]),
  },
  "Checkpoint",
);

const caller = { where: "run folder", error: CheckpointError };

export interface RunFolder {
  /** Appends one line to `metrics.jsonl`. */
  appendMetrics(line: Readonly<Record<string, unknown>>): Promise<void>;
  /** The lines of `metrics.jsonl` so far. */
  readMetrics(): Promise<Record<string, unknown>[]>;
  /** Saves everything a run needs to go on. */
  saveCheckpoint<P extends object, Opt>(state: TrainState<P, Opt>, position: Position): Promise<void>;
  /** The saved state, like `like` in structure; undefined where there is no checkpoint yet. Cuts `metrics.jsonl` back. */
  restoreCheckpoint<P extends object, Opt>(
    like: TrainState<P, Opt>,
  ): Promise<{ readonly state: TrainState<P, Opt>; readonly position: Position } | undefined>;
  /** The files of what is best, and the predictions made with it. */
  saveBest(best: Best, predictions: readonly Prediction[], outputs: Outputs): Promise<void>;
  saveSummary(summary: unknown): Promise<void>;
  saveCurve(svg: string): Promise<void>;
  close(): Promise<void>;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/**
 * Writes the settings of a new run; a run that goes on finds its own.
 *
 * @throws {CheckpointError} when the store cannot be written, or already holds a run and `resume` is not set
 */
export const claimFolder = async (store: Store, config: unknown, resume: boolean): Promise<void> => {
  if (resume) return;
  const before = await readFrom(store, FILES.config);
  if (before === undefined) return await store.write(FILES.config, json(config));
  throw new CheckpointError({
    where: caller.where,
    what: "the folder already holds a run",
    expected: "a new or empty folder",
    got: store.name(),
    hint: `go on with it by --resume ${store.name()}, or choose another --out`,
  });
};

/** Returns whether a run writes a file of this path. */
const isWritten = (path: string): boolean => /\.(jsonl?|svg|npy|safetensors)$/.test(path);

/** The arrays of a checkpoint by name. Where only prompts were tuned, the state had a prompt instead of a tuned tree. */
const currentNames = (arrays: ReadonlyMap<string, HostArray>): ReadonlyMap<string, HostArray> =>
  new Map([...arrays].map(([name, array]) => [name.replace(/^state\.prompt\./, "state.tuned."), array]));

/** Reads a checkpoint whose state is like `like`. @throws {CheckpointError} when it is damaged, or of another run */
const readCheckpoint = (bytes: Uint8Array, source: string, like: TrainState<object, unknown>) => {
  const { tensors, metadata } = orThrow(parseSafetensors(bytes, source));
  const arrays = currentNames(tensors);
  const { best, metricsBytes, ...where } = orThrow(
    pipe(parseJson(metadata.place ?? "", caller, source), E.chain(decodeAs(Place, caller, source))),
  );
  const tuned = (): HostTree => orThrow(restoreHostTree(arrays, like.tuned, "best", source));
  const position: Position = { ...where, best: best === null ? undefined : { ...best, tuned: tuned() } };
  return { state: orThrow(restoreHostTree(arrays, like, "state", source)), metricsBytes, position };
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
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async cut(length: number) {
      const whole = (await read()) ?? new Uint8Array();
      if (whole.length > length) await store.write(FILES.metrics, whole.subarray(0, length));
      bytes = length;
    },
  };
};

/**
 * Opens the files of a run, new or to be resumed; until `close` no other process can.
 *
 * @throws {CheckpointError} when the store cannot be written, already holds a run and `resume` is not set, or another process has it
 * @example const folder = await openRunFolder(nodeStore("runs/cb"), config, false)
 */
export const openRunFolder = async (store: Store, config: unknown, resume: boolean): Promise<RunFolder> => {
  const unlock = await store.lock(isWritten);
  const open = async () => {
    await claimFolder(store, config, resume);
    return await openMetrics(store);
  };
  const metrics = await open().catch(async (error: unknown) => {
    await unlock();
    throw error;
  });

  return {
    appendMetrics: metrics.append,
    readMetrics: metrics.lines,
    async saveCheckpoint(state, { step, stale, best }) {
      const { tuned = {}, ...marks } = best ?? {};
      const arrays = { ...namedArrays(hostTree(state), "state"), ...namedArrays(tuned, "best") };
      const place = { step, stale, metricsBytes: metrics.bytes(), best: best === undefined ? null : marks };
      await store.write(FILES.checkpoint, encodeSafetensors(arrays, { place: JSON.stringify(place) }));
    },
    async restoreCheckpoint(like) {
      const bytes = await readFrom(store, FILES.checkpoint);
      const read = bytes && readCheckpoint(bytes, store.name(FILES.checkpoint), like);
      await metrics.cut(read?.metricsBytes ?? 0);
      return read && { state: np.devicePut(read.state) as unknown as typeof like, position: read.position };
    },
    async saveBest(best, predictions, outputs) {
      for (const [path, content] of outputs(best)) await store.write(path, content);
      await store.write(FILES.predictions, predictions.map((p) => `${JSON.stringify(p)}\n`).join(""));
    },
    saveSummary: (summary) => store.write(FILES.summary, json(summary)),
    saveCurve: (svg) => store.write(FILES.curve, svg),
    close: unlock,
  };
};

/** The configuration a run was started with, as JSON. @throws {CheckpointError} when there is none */
export const readRunConfig = async (store: Store): Promise<unknown> => {
  const bytes = await readFrom(store, FILES.config);
  const at = store.name(FILES.config);
  if (bytes !== undefined) return orThrow(parseJson(textOf(bytes), caller, at));
  const [what, hint] = ["there is no run here", "name the folder of a run"];
  throw new CheckpointError({ where: caller.where, what, expected: FILES.config, at, hint });
};
