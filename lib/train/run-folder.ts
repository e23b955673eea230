/**
 * @file The folder of a run: configuration, metrics, checkpoint, the best tree, predictions, summary, learning curve.
 *
 * Every file is replaced atomically except `metrics.jsonl`, which only grows; a checkpoint remembers how long it was, and resuming cuts
 * it back to that length, so that a killed run leaves no half line and no step twice.
 */
import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
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
import { ensureDir, readBytes, removeUnfinished, writeAtomic } from "../store/files.js";
import type { Best, Position, Prediction } from "./loop.js";
import type { SaveTuned } from "./outputs.js";
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
  readonly dir: string;
  /** Appends one line to `metrics.jsonl`. */
  appendMetrics(line: Readonly<Record<string, unknown>>): void;
  /** The lines of `metrics.jsonl` so far. */
  readMetrics(): Record<string, unknown>[];
  /** Saves everything a run needs to go on. */
  saveCheckpoint<P extends object, Opt>(state: TrainState<P, Opt>, position: Position): Promise<void>;
  /** The saved state, like `like` in structure; undefined where there is no checkpoint yet. Cuts `metrics.jsonl` back. */
  restoreCheckpoint<P extends object, Opt>(
    like: TrainState<P, Opt>,
  ): Promise<{ readonly state: TrainState<P, Opt>; readonly position: Position } | undefined>;
  /** What is best as `save` writes it into the folder, and the predictions made with it. */
  saveBest(best: Best, predictions: readonly Prediction[], save: SaveTuned): Promise<void>;
  saveSummary(summary: unknown): Promise<void>;
  saveCurve(svg: string): Promise<void>;
  close(): void;
}

const write = (path: string, content: string | Uint8Array): Promise<void> =>
  orThrow(writeAtomic(path, content, caller));
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Makes a folder and writes the settings into it; a run that goes on finds its own there.
 *
 * @throws {CheckpointError} when the folder cannot be made, or already holds a run and `resume` is not set
 */
export const claimFolder = async (dir: string, config: unknown, resume: boolean): Promise<void> => {
  const path = join(dir, FILES.config);
  if (!resume && existsSync(path)) {
    throw new CheckpointError({
      where: "run folder",
      what: "the folder already holds a run",
      expected: "a new or empty folder",
      got: dir,
      hint: `go on with it by --resume ${dir}, or choose another --out`,
    });
  }
  await orThrow(ensureDir(dir, caller));
  if (!resume) await write(path, json(config));
};

/** Returns whether a run writes a file of this name. */
const isWritten = (name: string): boolean => /\.(jsonl?|svg|npy|safetensors)$/.test(name);

/** The arrays of a checkpoint by name. Where only prompts were tuned, the state had a prompt instead of a tuned tree. */
const currentNames = (arrays: ReadonlyMap<string, HostArray>): ReadonlyMap<string, HostArray> =>
  new Map([...arrays].map(([name, array]) => [name.replace(/^state\.prompt\./, "state.tuned."), array]));

/** Reads a checkpoint whose state is like `like`. @throws {CheckpointError} when it is damaged, or of another run */
const readCheckpoint = async (path: string, like: TrainState<object, unknown>) => {
  const { tensors, metadata } = await orThrow(
    pipe(
      readBytes(path, caller),
      TE.chainEitherK((raw) => parseSafetensors(raw, path)),
    ),
  );
  const arrays = currentNames(tensors);
  const { best, metricsBytes, ...where } = orThrow(
    pipe(parseJson(metadata.place ?? "", caller, path), E.chain(decodeAs(Place, caller, path))),
  );
  const tuned = (): HostTree => orThrow(restoreHostTree(arrays, like.tuned, "best", path));
  const position: Position = { ...where, best: best === null ? undefined : { ...best, tuned: tuned() } };
  return { state: orThrow(restoreHostTree(arrays, like, "state", path)), metricsBytes, position };
};

/**
 * Opens a run folder, new or to be resumed.
 *
 * @throws {CheckpointError} when the folder cannot be made, or already holds a run and `resume` is not set
 */
export const openRunFolder = async (dir: string, config: unknown, resume: boolean): Promise<RunFolder> => {
  const at = (name: string): string => join(dir, name);
  await claimFolder(dir, config, resume);
  removeUnfinished(dir, isWritten);
  const metrics = openSync(at(FILES.metrics), "a");
  let bytes = existsSync(at(FILES.metrics)) ? readFileSync(at(FILES.metrics)).length : 0;

  return {
    dir,
    appendMetrics(line) {
      bytes += writeSync(metrics, `${JSON.stringify(line)}\n`);
    },
    readMetrics() {
      const lines = readFileSync(at(FILES.metrics), "utf8").split("\n");
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async saveCheckpoint(state, { step, stale, best }) {
      const { tuned = {}, ...marks } = best ?? {};
      const arrays = { ...namedArrays(hostTree(state), "state"), ...namedArrays(tuned, "best") };
      const place = { step, stale, metricsBytes: bytes, best: best === undefined ? null : marks };
      await write(at(FILES.checkpoint), encodeSafetensors(arrays, { place: JSON.stringify(place) }));
    },
    async restoreCheckpoint(like) {
      const source = at(FILES.checkpoint);
      if (!existsSync(source)) {
        truncateSync(at(FILES.metrics), 0);
        bytes = 0;
        return undefined;
      }
      const { state, metricsBytes, position } = await readCheckpoint(source, like);
      truncateSync(at(FILES.metrics), metricsBytes);
      bytes = metricsBytes;
      return { state: np.devicePut(state) as unknown as typeof like, position };
    },
    async saveBest(best, predictions, save) {
      await save(dir, best);
      await write(at(FILES.predictions), predictions.map((p) => `${JSON.stringify(p)}\n`).join(""));
    },
    saveSummary: (summary) => write(at(FILES.summary), json(summary)),
    saveCurve: (svg) => write(at(FILES.curve), svg),
    close: () => closeSync(metrics),
  };
};

/** The configuration a run folder was started with, as JSON. @throws {CheckpointError} when there is none */
export const readRunConfig = async (dir: string): Promise<unknown> =>
  orThrow(
    pipe(
      readBytes(join(dir, FILES.config), caller),
      TE.chainEitherK((raw) => parseJson(new TextDecoder().decode(raw), caller, join(dir, FILES.config))),
    ),
  );
