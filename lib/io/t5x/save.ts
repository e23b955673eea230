/** @file Writes a T5 as a checkpoint of T5X. */

import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { itemBytes, sizeOf } from "../../core/aval.js";
import { takes } from "../../core/composite.js";
import { ArgumentError, CheckpointError } from "../../core/errors.js";
import { type HostArray, hostArray } from "../../core/host.js";
import { flatten, pathsOf, printPath } from "../../core/pytree.js";
import type { Caller } from "../../edge/decode.js";
import { promised } from "../../edge/either.js";
import { attempt } from "../../store/files.js";
import { inStaging, putInPlace } from "../../store/staging.js";
import { isScaled, type T5Config, type T5Tree } from "../../t5/config.js";
import type { LoadOptions } from "../huggingface.js";
import { isPrompt, t5xName } from "../t5-source.js";
import { checkValue, hostOf, isValue, type Value } from "../values.js";
import { arrayFolder, stepFolder } from "./checkpoint.js";
import { type Dict, encodeFlax, flaxArray } from "./flax.js";
import { writeZarr, zarrMetadata } from "./zarr.js";

const caller: Caller<CheckpointError> = { where: "saveT5x", error: CheckpointError };

/** What is written. */
export interface T5xContent {
  readonly params: T5Tree<Value>;
  /** What they belong to. Needed only where `scaleDecoderOutputs` is not what `tiedEmbeddings` says; see `saveT5x`. */
  readonly config?: Pick<T5Config, "dModel" | "tiedEmbeddings" | "scaleDecoderOutputs">;
  /** Steps of training; it names the folder. */
  readonly step?: number;
  /** Prompts among the parameters, by T5X's names. */
  readonly prompts?: Readonly<Record<string, Value>>;
}

export interface SaveT5xOptions extends LoadOptions {
  /** Replaces the checkpoint of this step where there is one, when the new one is whole. */
  readonly replace?: boolean | undefined;
}

/** T5X keeps norms and position tables in the index, and kernels, the embedding and prompts in folders. */
const isExternal = (name: string): boolean => /\/(kernel|embedding|prompt)$/.test(name);

type Tree = { [key: string]: Tree | unknown };

const insert = (tree: Tree, path: readonly string[], leaf: unknown): void => {
  const [head, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) tree[head] = leaf;
  else {
    tree[head] ??= {};
    insert(tree[head] as Tree, rest, leaf);
  }
};

const specOf = (name: string, x: HostArray): Dict => ({
  driver: "zarr",
  kvstore: { driver: "file", path: arrayFolder(`target/${name}`) },
  metadata: zarrMetadata(x),
});

/** The norm in front of the output layer. */
const LAST_NORM = "decoder/decoder_norm/scale";

/** T5X scales the decoder's results where embeddings are tied, and nowhere else; what differs from that goes into the norm before. */
const asT5xScales = (x: Value, { dModel, ...output }: NonNullable<T5xContent["config"]>): Value => {
  const scaled = isScaled(output);
  if (scaled === output.tiedEmbeddings) return x;
  const host = hostOf(caller.where, x);
  const factor = dModel ** (scaled ? -0.5 : 0.5);
  return { ...host, data: host.data.map((value) => value * factor) as HostArray["data"] };
};

const namedValues = ({ params, config, prompts = {} }: T5xContent): [string, Value][] => {
  const [leaves, treedef] = flatten(params, isValue);
  const own = pathsOf(treedef).map((path, i): [string, Value] => {
    const [name, value] = [t5xName(path), checkValue(caller.where, leaves[i], printPath(path, "params"))];
    return [name, name === LAST_NORM && config !== undefined ? asT5xScales(value, config) : value];
  });
  const tuned = Object.entries(prompts).map(([name, value]): [string, Value] => {
    if (isPrompt(name)) return [name, checkValue(caller.where, value, name)];
    const expected = "a name such as encoder/prompt/prompt/prompt";
    throw new ArgumentError({ where: caller.where, what: "not a name of a prompt", expected, got: name });
  });
  return [...own, ...tuned];
};

const write = async (
  folder: string,
  values: readonly [string, Value][],
  steps: number,
  onProgress: LoadOptions["onProgress"],
): Promise<void> => {
  const bytes = ({ shape, dtype }: Value): number => sizeOf(shape) * itemBytes(dtype);
  const total = values.reduce((n, [, x]) => n + bytes(x), 0);
  const target: Tree = {};
  let done = 0;
  for (const [name, value] of values) {
    const x = hostOf(caller.where, value);
    insert(target, name.split("/"), isExternal(name) ? specOf(name, x) : flaxArray(x));
    if (isExternal(name)) await writeZarr(join(folder, arrayFolder(`target/${name}`)), x);
    done += bytes(x);
    onProgress?.({ done, total, name });
  }
  const step = flaxArray(hostArray([], "int32", Int32Array.of(steps)));
  const tree = { version: 3, optimizer: { state: { step, param_states: {} }, target } };
  await writeFile(join(folder, "checkpoint"), encodeFlax(tree), { flush: true });
};

const alreadyThere = (folder: string): CheckpointError =>
  new CheckpointError({
    where: caller.where,
    what: "there is a checkpoint of this step already",
    at: folder,
    hint: "save another step or into another folder, or replace it: { replace: true }",
  });

/** As `saveT5x`, as a TaskEither of fp-ts. */
export const saveT5xTE = takes(
  "saveT5xTE(dir, content, { replace, onProgress })",
  (
    dir: string,
    content: T5xContent,
    { onProgress, replace = false }: SaveT5xOptions = {},
  ): TE.TaskEither<CheckpointError, string> => {
    const { step = 0 } = content;
    if (!Number.isInteger(step) || step < 0 || step >= 2 ** 31) {
      const expected = "an integer from 0 that fits int32";
      throw new ArgumentError({ where: caller.where, what: "the step is not a count", expected, got: `${step}` });
    }
    const values = namedValues(content);
    const folder = stepFolder(dir, step);
    const checkFree = (): void => {
      if (!replace && existsSync(folder)) throw alreadyThere(folder);
    };
    return attempt(caller, folder, async () => {
      checkFree();
      return inStaging(dir, async (staging) => {
        const name = basename(folder);
        await mkdir(join(staging, name));
        await write(join(staging, name), values, step, onProgress);
        checkFree();
        putInPlace(dir, staging, name);
        return folder;
      });
    });
  },
);

/**
 * Saves a T5 (tensors or host arrays) as the T5X checkpoint `dir/checkpoint_{step}`: arrays in their own dtype as Zarr, norms and position tables in the
 * index, no state of an optimizer. T5X scales the decoder's results exactly where embeddings are tied; of a model whose `config` says otherwise the
 * decoder's last norm holds the factor, so that logits stay the same. It is written beside its place and then renamed, so that it is there as a whole or not at all.
 *
 * @returns the folder
 * @throws {CheckpointError} when it cannot be written, or there is a checkpoint of this step already and it is not to be replaced; {TreeError} for a leaf that is neither; {ArgumentError} for an array whose data do not fit its dtype and shape, a name that is not a prompt's, or
 * a step that is not a count
 * @example const folder = await saveT5x("t5-out", { params, step: 1000 }) // "t5-out/checkpoint_1000"
 */
export const saveT5x = promised("saveT5x(dir, content, { replace, onProgress })", saveT5xTE);
