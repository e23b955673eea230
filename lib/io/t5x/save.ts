/** @file Writes a T5 as a checkpoint of T5X. */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { itemBytes, sizeOf } from "../../core/aval.js";
import { CheckpointError } from "../../core/errors.js";
import { type HostArray, hostArray } from "../../core/host.js";
import { flatten, pathsOf } from "../../core/pytree.js";
import type { T5Tree } from "../../t5/config.js";
import type { Caller } from "../decode.js";
import { attempt } from "../files.js";
import type { LoadOptions } from "../huggingface.js";
import { t5xName } from "../t5-source.js";
import { hostOf, isValue, type Value } from "../values.js";
import { arrayFolder, stepFolder } from "./checkpoint.js";
import { type Dict, encodeFlax, flaxArray } from "./flax.js";
import { writeZarr, zarrMetadata } from "./zarr.js";

const caller: Caller<CheckpointError> = { where: "saveT5x", error: CheckpointError };

/** What is written. */
export interface T5xContent {
  readonly params: T5Tree<Value>;
  /** Steps of training; it names the folder. */
  readonly step?: number;
  /** Prompts among the parameters, by T5X's names. */
  readonly prompts?: Readonly<Record<string, Value>>;
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

const namedValues = ({ params, prompts = {} }: T5xContent): [string, Value][] => {
  const [leaves, treedef] = flatten(params, isValue);
  const own = pathsOf(treedef).map((path, i): [string, Value] => [t5xName(path), leaves[i] as Value]);
  return [...own, ...Object.entries(prompts)];
};

const write = async (folder: string, content: T5xContent, onProgress: LoadOptions["onProgress"]): Promise<void> => {
  const values = namedValues(content);
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
  const step = flaxArray(hostArray([], "int32", Int32Array.of(content.step ?? 0)));
  const tree = { version: 3, optimizer: { state: { step, param_states: {} }, target } };
  await writeFile(join(folder, "checkpoint"), encodeFlax(tree), { flush: true });
};

/**
 * Saves a T5 (tensors or host arrays) as the T5X checkpoint `dir/checkpoint_{step}`: arrays in their own dtype as Zarr, norms and position tables in the
 * index, no state of an optimizer. It is written beside its place and then renamed, so that it is there as a whole or not at all.
 *
 * @returns  the folder; a CheckpointError when it cannot be written, or there is a checkpoint of this step already
 * @example const folder = orThrow(await saveT5x("t5-out", { params, step: 1000 })()) // "t5-out/checkpoint_1000"
 */
export const saveT5x = (
  dir: string,
  content: T5xContent,
  { onProgress }: LoadOptions = {},
): TE.TaskEither<CheckpointError, string> => {
  const folder = stepFolder(dir, content.step ?? 0);
  return attempt(caller, folder, async () => {
    await mkdir(dirname(folder), { recursive: true });
    const temporary = await mkdtemp(`${folder}.tmp-`);
    try {
      await write(temporary, content, onProgress);
      await rename(temporary, folder);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
    return folder;
  });
};
