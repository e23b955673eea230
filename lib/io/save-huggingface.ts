/**
 * @file Writes a T5 as a Hugging Face directory that transformers loads: `config.json`, and `model.safetensors` or shards and an index.
 */

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { ArgumentError, CheckpointError } from "../core/errors.js";
import { flatten, pathsOf, printPath } from "../core/pytree.js";
import type { Caller } from "../edge/decode.js";
import { promised } from "../edge/either.js";
import { transposed } from "../edge/elements.js";
import { differencesOf, misfitError } from "../edge/fit.js";
import { type StagedFile, writeTogether } from "../store/staging.js";
import type { T5Config, T5Tree } from "../t5/config.js";
import { encodeHuggingFaceConfig } from "./huggingface-config.js";
import { wantedParams } from "./huggingface-fit.js";
import {
  checkFloats,
  type FloatStorage,
  type Outgoing,
  outgoing,
  outgoingBytes,
  safetensorsChunks,
} from "./safetensors-write.js";
import { checkValue, hostOf, isValue, type Value } from "./values.js";

const WHERE = "saveHuggingFace";
const caller: Caller<CheckpointError> = { where: WHERE, error: CheckpointError };

/** A T5 to be saved. */
export interface SavedT5 {
  readonly config: T5Config;
  readonly params: T5Tree<Value>;
  /** For `config.json`; default 0.1. */
  readonly dropoutRate?: number;
  /** For `config.json`, as `loadHuggingFace` gives it: keeps an mT5 an mT5. */
  readonly modelType?: "mt5";
}

export interface SaveOptions {
  /** How weights are stored; default float32. The halves are rounded to the nearest, ties to even. */
  readonly dtype?: FloatStorage;
  /** Most bytes of tensors in one file; default 5e9, as in transformers. A larger tensor has its own file. */
  readonly maxShardBytes?: number;
  /** Other files of the model by name, such as its vocabulary; they take their places together with the weights. */
  readonly companions?: Readonly<Record<string, Uint8Array>>;
}

/** The tensors by their Hugging Face names, or how the tree differs from that of the configuration. */
const outgoingParams = ({ config, params }: SavedT5, dtype: FloatStorage): E.Either<CheckpointError, Outgoing[]> => {
  const wanted = wantedParams(config);
  const ours = wanted.map((param) => ({
    names: [printPath(param.path)],
    dtype: param.dtype,
    shape: param.transposed ? param.shape.toReversed() : param.shape,
  }));
  const [leaves, treedef] = flatten(params, isValue);
  const named = pathsOf(treedef).map((path, i) => [printPath(path), leaves[i]] as const);
  const present = new Map(named.filter((entry): entry is [string, Value] => isValue(entry[1])));
  const hint = "save the parameters with the configuration of their model, each layer by itself and in float32";
  const error = misfitError(WHERE, "params", wanted.length, differencesOf(ours, present), { hint });
  if (error !== undefined) return E.left(error);
  const tensors = wanted.map(({ names, path, shape, transposed: exchange }) => {
    const at = printPath(path);
    const value = checkValue(WHERE, present.get(at), at);
    const host = () => hostOf(WHERE, value);
    const info = { shape, dtype: value.dtype };
    return outgoing(names[0] as string, info, () => (exchange ? transposed(host()) : host()), dtype);
  });
  return E.right(tensors);
};

/** Consecutive tensors as long as they fit into a shard. */
const intoShards = (tensors: readonly Outgoing[], maxBytes: number): Outgoing[][] => {
  const shards: Outgoing[][] = [[]];
  let bytes = 0;
  for (const tensor of tensors) {
    const size = outgoingBytes(tensor);
    if (bytes > 0 && bytes + size > maxBytes) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)?.push(tensor);
    bytes += size;
  }
  return shards;
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const five = (n: number): string => String(n).padStart(5, "0");

/** The files of weights; an index only where there are several shards. */
const weightFiles = (shards: readonly Outgoing[][]): StagedFile[] => {
  const nameOf = (i: number): string =>
    shards.length === 1 ? "model.safetensors" : `model-${five(i + 1)}-of-${five(shards.length)}.safetensors`;
  const files = shards.map((shard, i): StagedFile => [nameOf(i), safetensorsChunks(shard, { format: "pt" })]);
  if (shards.length === 1) return files;
  const index = {
    metadata: { total_size: shards.flat().reduce((n, tensor) => n + outgoingBytes(tensor), 0) },
    weight_map: Object.fromEntries(shards.flatMap((shard, i) => shard.map(({ name }) => [name, nameOf(i)])).sort()),
  };
  return [...files, ["model.safetensors.index.json", json(index)]];
};

/** Weights that another save may have left; readers would prefer some of them to the new ones. */
const isWeights = (name: string): boolean =>
  /^model(-\d{5}-of-\d{5})?\.safetensors$/.test(name) || name === "model.safetensors.index.json";

/** The files of a Hugging Face folder, each with a content that can be asked for once. */
export const huggingFaceFiles = (
  t5: SavedT5,
  { dtype = "float32", maxShardBytes = 5e9, companions = {} }: SaveOptions = {},
): E.Either<CheckpointError, StagedFile[]> =>
  pipe(
    outgoingParams(t5, dtype),
    E.map((tensors) => {
      const config = { ...encodeHuggingFaceConfig(t5), torch_dtype: dtype };
      const others = Object.entries(companions).map(([name, bytes]): StagedFile => [name, [bytes]]);
      return [...weightFiles(intoShards(tensors, maxShardBytes)), ...others, ["config.json", json(config)]];
    }),
  );

/** As `saveHuggingFace`, as a TaskEither of fp-ts. */
export const saveHuggingFaceTE = takes(
  "saveHuggingFaceTE(dir, t5, { dtype, maxShardBytes, companions })",
  (
    dir: string,
    t5: SavedT5,
    { dtype = "float32", maxShardBytes = 5e9, companions = {} }: SaveOptions = {},
  ): TE.TaskEither<CheckpointError, void> => {
    checkFloats(WHERE, dtype);
    if (!(maxShardBytes > 0)) {
      const got = `${maxShardBytes}`;
      throw new ArgumentError({ where: WHERE, what: "a shard has no room", expected: "maxShardBytes above 0", got });
    }
    return pipe(
      TE.fromEither(huggingFaceFiles(t5, { dtype, maxShardBytes, companions })),
      TE.chain((files) => writeTogether(dir, files, isWeights, caller)),
    );
  },
);

/**
 * Saves a T5 as a Hugging Face directory, for `loadHuggingFace` and for transformers. All files are written in full before the first
 * takes its place; weights of an earlier save are removed, other files of the folder stay.
 *
 * Tensors are read back one by one. Loaded and saved in the dtype they were stored in, weights are the same bit by bit.
 *
 * - `dir`: made if it is not there
 *
 * @throws {CheckpointError} when the parameters are not those of the configuration, with all differences by path, or when the folder cannot
 * be written; {ArgumentError} for an unknown dtype, a size of shards that is not positive, or an array whose data do not fit its dtype and shape
 * @example await saveHuggingFace("my-t5", { config, params }, { dtype: "bfloat16" })
 */
export const saveHuggingFace = promised(
  "saveHuggingFace(dir, t5, { dtype, maxShardBytes, companions })",
  saveHuggingFaceTE,
);
