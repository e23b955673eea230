/**
 * @file A checkpoint of several safetensors files with an index, as one map of names.
 *
 * `model.safetensors.index.json` tells which shard holds which tensor. It is believed only where the shards agree: each holds the
 * tensors that the index places there, and no others. `metadata.total_size` is not needed for reading and not checked; transformers
 * ignores it too, and published files have wrong ones.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type * as T from "fp-ts/lib/Task.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import { CheckpointError } from "../core/errors.js";
import { brief, type Caller, decodeAs, listing } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { readJson } from "../store/json-file.js";
import { openSafetensorsTE, type SafetensorsFile, tensorsOf } from "./safetensors.js";
import type { TensorEntry } from "./safetensors-header.js";

const caller: Caller<CheckpointError> = { where: "safetensors", error: CheckpointError };

/** A shard lies beside its index: a path that leads elsewhere is refused, so that an index cannot make us read other files. */
const isShardName = (name: unknown): name is string =>
  typeof name === "string" && /^[^/\\\0]+$/.test(name) && name !== "." && name !== "..";

const Index = t.type({ weight_map: t.UnknownRecord }, "safetensors index");

/** Tensor to shard; the first invalid name is reported, since a damaged index may have millions. */
const weightMapOf = (raw: t.TypeOf<typeof Index>, source: string): E.Either<CheckpointError, Map<string, string>> => {
  const weightMap = new Map<string, string>();
  for (const [name, shard] of Object.entries(raw.weight_map)) {
    if (!isShardName(shard)) {
      const [expected, got] = ["name of a file in the same folder", brief(shard)];
      const at = `${source}: weight_map.${name}`;
      return E.left(new CheckpointError({ where: caller.where, what: "not a shard", expected, got, at }));
    }
    weightMap.set(name, shard);
  }
  return E.right(weightMap);
};

type Shards = ReadonlyMap<string, SafetensorsFile>;

const closeAll =
  (files: Iterable<SafetensorsFile>): T.Task<void> =>
  async () => {
    await Promise.all([...files].map((file) => file.close()));
  };

/** Opens the shards one after the other; when one cannot be opened, those before it are closed. */
const openShards =
  (dir: string, names: Iterable<string>): TE.TaskEither<CheckpointError, Shards> =>
  async () => {
    const shards = new Map<string, SafetensorsFile>();
    for (const name of names) {
      const shard = await openSafetensorsTE(join(dir, name))();
      if (E.isLeft(shard)) {
        await closeAll(shards.values())();
        return shard;
      }
      shards.set(name, shard.right);
    }
    return E.right(shards);
  };

/** What the index says of the shards and they do not; undefined when they agree. */
const disagreement = (
  weightMap: ReadonlyMap<string, string>,
  shards: Shards,
  indexPath: string,
): CheckpointError | undefined => {
  const absent = [...weightMap].filter(([name, shard]) => !shards.get(shard)?.entries.has(name));
  const surplus = [...shards].flatMap(([shard, { entries }]) =>
    [...entries.keys()].filter((name) => weightMap.get(name) !== shard).map((name): [string, string] => [name, shard]),
  );
  if (absent.length === 0 && surplus.length === 0) return undefined;
  const surplusWords = ([name, shard]: [string, string]): string => {
    const home = weightMap.get(name);
    if (home === undefined) return `${name} is in ${shard}, the index does not name it`;
    const twice = shards.get(home)?.entries.has(name);
    return twice ? `${name} is in both ${home} and ${shard}` : `${name} is in ${shard}, not in ${home}`;
  };
  // A tensor in the wrong shard is both; it is reported once.
  const misplaced = new Set(surplus.map(([name]) => name));
  const lost = absent.filter(([name]) => !misplaced.has(name)).map(([name, shard]) => `${name} is not in ${shard}`);
  return new CheckpointError({
    where: caller.where,
    what: "the index and its shards disagree",
    expected: "every tensor in the one shard that the index names",
    got: listing([...lost, ...surplus.map(surplusWords)], 4),
    at: indexPath,
    hint: "the files are of different checkpoints, or one of them is damaged; fetch them again",
  });
};

const joined = (indexPath: string, weightMap: ReadonlyMap<string, string>, shards: Shards): SafetensorsFile => {
  const shardOf = (name: string): SafetensorsFile => shards.get(weightMap.get(name) as string) as SafetensorsFile;
  const entries = new Map<string, TensorEntry>();
  for (const { entries: own } of shards.values()) for (const [name, entry] of own) entries.set(name, entry);
  const pieces: Parameters<typeof tensorsOf>[2] = async (name, _entry, use) => {
    await orThrow(shardOf(name).pieces(name, use));
  };
  const metadata = Object.fromEntries([...shards.values()].flatMap((shard) => Object.entries(shard.metadata)));
  return tensorsOf(indexPath, { entries, metadata }, pieces, closeAll(shards.values()));
};

/** Opens the checkpoint of an index file. */
export const openSharded = (indexPath: string): TE.TaskEither<CheckpointError, SafetensorsFile> =>
  pipe(
    readJson(indexPath, caller),
    TE.chainEitherK(decodeAs(Index, caller, indexPath)),
    TE.chainEitherK((index) => weightMapOf(index, indexPath)),
    TE.chain((weightMap) =>
      pipe(
        openShards(dirname(indexPath), new Set(weightMap.values())),
        TE.chain((shards) => {
          const error = disagreement(weightMap, shards, indexPath);
          if (error === undefined) return TE.right(joined(indexPath, weightMap, shards));
          return pipe(
            TE.fromTask<void, CheckpointError>(closeAll(shards.values())),
            TE.chain(() => TE.left(error)),
          );
        }),
      ),
    ),
  );

const PICKLES = ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack"];

/**
 * Opens the weights of a Hugging Face folder: `model.safetensors` where there is one, else the shards of
 * `model.safetensors.index.json`, as transformers chooses.
 *
 * @returns a CheckpointError when neither is there, a shard is missing or damaged, or the index and the shards disagree
 * @example
 * TE.bracket(openWeights("t5-v1_1-large"), (weights) => weights.read("shared.weight"), (weights) => TE.fromTask(weights.close))
 */
export const openWeights = (dir: string): TE.TaskEither<CheckpointError, SafetensorsFile> => {
  const [single, index] = [join(dir, "model.safetensors"), join(dir, "model.safetensors.index.json")];
  if (existsSync(single)) return openSafetensorsTE(single);
  if (existsSync(index)) return openSharded(index);
  const other = PICKLES.find((name) => existsSync(join(dir, name)));
  return TE.left(
    new CheckpointError({
      where: caller.where,
      what: "there are no weights in this folder",
      expected: "model.safetensors or model.safetensors.index.json",
      got: other === undefined ? undefined : brief(other),
      at: dir,
      hint:
        other === undefined
          ? "check the path; relative paths start at the working directory"
          : `convert it in Python: T5ForConditionalGeneration.from_pretrained(${brief(dir)}).save_pretrained("converted")`,
    }),
  );
};
