/**
 * @file Reads a T5 from a Hugging Face directory: `config.json`, and `model.safetensors` or its shards.
 *
 * All tensors are checked by name, shape and dtype before the first is read. Then each is read piece by piece into its place in the
 * result, widened and transposed on the way, so that little is in memory besides the result.
 */

import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { sizeOf } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { CheckpointError, type ConfigError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { flatten, unflatten } from "../core/pytree.js";
import { promised } from "../edge/either.js";
import { bytesOf, transposeInto } from "../edge/elements.js";
import { readJson } from "../store/json-file.js";
import { isDims, paramDims, type T5Config, type T5Tree } from "../t5/config.js";
import { HEAD } from "../t5/huggingface-names.js";
import { configCaller, decodeHuggingFaceConfigE, type StoredConfig, withOwnHead } from "./huggingface-config.js";
import { checkFit, type WantedParam, wantedParams } from "./huggingface-fit.js";
import type { SafetensorsFile } from "./safetensors.js";
import type { TensorEntry } from "./safetensors-header.js";
import { openWeights } from "./sharded.js";
import { STORED } from "./stored.js";

/** A T5 as it was stored. */
export interface StoredT5 extends StoredConfig {
  /** All float32. */
  readonly params: T5Tree<HostArray>;
}

/** How far the reading of a checkpoint is. */
export interface Progress {
  /** Bytes of the file or files that were read. */
  readonly done: number;
  readonly total: number;
  /** The tensor that is being read, as the file calls it. */
  readonly name: string;
}

export interface LoadOptions {
  /** Called after every few MB. */
  readonly onProgress?: (progress: Progress) => void;
}

/** The names under which a parameter is stored: at least one, copies after it. */
const presentNames = (file: SafetensorsFile, { names }: WantedParam): readonly [string, ...string[]] =>
  names.filter((name) => file.entries.has(name)) as [string, ...string[]];

/** Counts the bytes of pieces and reports them. */
const progressOf = (
  file: SafetensorsFile,
  wanted: readonly WantedParam[],
  report: LoadOptions["onProgress"],
): ((name: string, elements: number) => void) => {
  const entryOf = (name: string): TensorEntry => file.entries.get(name) as TensorEntry;
  const total = wanted.flatMap((param) => presentNames(file, param)).reduce((n, name) => n + entryOf(name).bytes, 0);
  let done = 0;
  return (name, elements) => {
    done += elements * STORED[entryOf(name).stored].bytes;
    report?.({ done, total, name });
  };
};

/** Two tensors that a T5 shares are different. */
class Unequal extends CheckpointError {
  constructor(
    readonly copy: string,
    first: string,
    at: string,
  ) {
    const what = "two tensors that T5 shares are different";
    super({ where: configCaller.where, what, expected: `${copy} equal to ${first}`, got: "other values", at });
  }
}

/** Reads one parameter; copies of it under other names have to be equal to it. */
const readParam = (
  file: SafetensorsFile,
  param: WantedParam,
  count: (name: string, elements: number) => void,
): TE.TaskEither<CheckpointError, HostArray> => {
  const [first, ...copies] = presentNames(file, param);
  const shape = param.transposed ? param.shape.toReversed() : param.shape;
  const data = new Float32Array(sizeOf(shape));
  const fill = file.pieces(first, (piece, start) => {
    if (param.transposed) transposeInto(data, param.shape as [number, number], piece, start);
    else data.set(piece, start);
    count(first, piece.length);
  });
  const check = (copy: string): TE.TaskEither<CheckpointError, void> =>
    file.pieces(copy, (piece, start) => {
      const [a, b] = [piece, data.subarray(start, start + piece.length)];
      if (Buffer.compare(bytesOf(a), bytesOf(b)) !== 0) {
        throw new Unequal(copy, first, file.path);
      }
      count(copy, piece.length);
    });
  return pipe(
    fill,
    TE.chain(() => TE.traverseSeqArray(check)(copies)),
    TE.map(() => ({ shape, dtype: "float32", data })),
  );
};

const readParams = (
  config: T5Config,
  file: SafetensorsFile,
  { onProgress }: LoadOptions,
): TE.TaskEither<CheckpointError, T5Tree<HostArray>> => {
  const wanted = wantedParams(config);
  const error = checkFit(config, wanted, file);
  if (error !== undefined) return TE.left(error);
  const count = progressOf(file, wanted, onProgress);
  const [, treedef] = flatten(paramDims(config), isDims);
  return pipe(
    wanted,
    TE.traverseSeqArray((param) => readParam(file, param, count)),
    TE.map((leaves) => unflatten(treedef, leaves) as T5Tree<HostArray>),
  );
};

/** As `loadHuggingFace`, as a TaskEither of fp-ts. */
export const loadHuggingFaceTE = takes(
  "loadHuggingFaceTE(dir, { onProgress })",
  (dir: string, options: LoadOptions = {}): TE.TaskEither<CheckpointError | ConfigError, StoredT5> => {
    const configPath = join(dir, "config.json");
    const read = (stored: StoredConfig, file: SafetensorsFile): TE.TaskEither<CheckpointError, StoredT5> =>
      pipe(
        readParams(stored.config, file, options),
        TE.map((params) => ({ ...stored, params })),
      );
    return pipe(
      readJson(configPath, configCaller),
      TE.chainEitherK((raw) =>
        pipe(
          decodeHuggingFaceConfigE(raw, configPath),
          E.map((stored) => ({ stored, ownHead: withOwnHead(raw, stored.config) })),
        ),
      ),
      TE.chainW(({ stored, ownHead }) =>
        TE.bracket(
          openWeights(dir),
          (file) =>
            pipe(
              read(stored, file),
              TE.orElse((error) =>
                ownHead !== undefined && error instanceof Unequal && error.copy === HEAD
                  ? read({ ...stored, config: ownHead }, file)
                  : TE.left(error),
              ),
            ),
          (file) => TE.fromTask(file.close),
        ),
      ),
    );
  },
);

/**
 * Loads a T5, mT5 or UMT5 from a Hugging Face directory, in float32 whatever it is stored in (F32, F16 or BF16).
 *
 * Besides the result a few MB are in memory, whatever the size of the checkpoint and of its shards.
 *
 * - `dir`: a folder with `config.json`, and `model.safetensors` or `model.safetensors.index.json` and its shards
 *
 * @throws {ConfigError} when `config.json` is missing or does not decode; {CheckpointError} when the weights are missing, damaged, or do not
 * fit the configuration, with all missing, unexpected and mis-shaped tensors together
 * @example const { config, params } = await loadHuggingFace("assets/t5-nano")
 */
export const loadHuggingFace = promised("loadHuggingFace(dir, { onProgress })", loadHuggingFaceTE);
