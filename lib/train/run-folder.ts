/**
 * @file The folder of a run: configuration, metrics, checkpoint, best prompt, predictions, summary, learning curve.
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
import { decodeAs, withDefault } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { savePrompt } from "../io/prompts.js";
import { parseSafetensors } from "../io/safetensors.js";
import { encodeSafetensors } from "../io/safetensors-write.js";
import { ensureDir, readBytes, writeAtomic } from "../store/files.js";
import type { Best, Position, Prediction } from "./loop.js";
import type { TrainState } from "./state.js";
import { namedTensors, restoreTree } from "./store.js";

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
  saveCheckpoint<Opt>(state: TrainState<Opt>, position: Position): Promise<void>;
  /** The saved state, like `like` in structure; undefined where there is no checkpoint yet. Cuts `metrics.jsonl` back. */
  restoreCheckpoint<Opt>(
    like: TrainState<Opt>,
  ): Promise<{ readonly state: TrainState<Opt>; readonly position: Position } | undefined>;
  /** The best prompt as `prompt.npy`, `prompt.safetensors` and the PEFT adapter `adapter`, and the predictions made with it. */
  saveBest(best: Best, predictions: readonly Prediction[]): Promise<void>;
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

/**
 * Opens a run folder, new or to be resumed.
 *
 * @throws {CheckpointError} when the folder cannot be made, or already holds a run and `resume` is not set
 */
export const openRunFolder = async (dir: string, config: unknown, resume: boolean): Promise<RunFolder> => {
  const at = (name: string): string => join(dir, name);
  await claimFolder(dir, config, resume);
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
      const tensors = {
        ...namedTensors(state, "state"),
        ...(best === undefined ? {} : { "best.prompt": best.prompt }),
      };
      const { prompt: _, ...marks } = best ?? { prompt: undefined };
      const place = { step, stale, metricsBytes: bytes, best: best === undefined ? null : marks };
      await write(at(FILES.checkpoint), encodeSafetensors(tensors, { place: JSON.stringify(place) }));
    },
    async restoreCheckpoint(like) {
      const source = at(FILES.checkpoint);
      if (!existsSync(source)) {
        truncateSync(at(FILES.metrics), 0);
        bytes = 0;
        return undefined;
      }
      const { tensors, metadata } = await orThrow(
        pipe(
          readBytes(source, caller),
          TE.chainEitherK((raw) => parseSafetensors(raw, source)),
        ),
      );
      const restored = pipe(
        parseJson(metadata.place ?? "", caller, source),
        E.chain(decodeAs(Place, caller, source)),
        E.chain((place) =>
          pipe(
            restoreTree(tensors, like, "state", source),
            E.map((state) => ({ place, state })),
          ),
        ),
      );
      const { place, state } = orThrow(restored);
      truncateSync(at(FILES.metrics), place.metricsBytes);
      bytes = place.metricsBytes;
      const prompt = tensors.get("best.prompt");
      const best: Best | undefined =
        place.best === null || prompt === undefined ? undefined : { ...place.best, prompt };
      return { state, position: { step: place.step, stale: place.stale, best } };
    },
    async saveBest({ prompt, step }, predictions) {
      await orThrow(savePrompt(at("prompt.npy"), prompt));
      await orThrow(savePrompt(at("prompt.safetensors"), prompt, { metadata: { step: String(step) } }));
      await orThrow(savePrompt(at("adapter"), prompt, { format: "peft" }));
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
