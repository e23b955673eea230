/**
 * @file Saves any tree of host arrays as one safetensors file, named by key path, and loads it back into a tree of known form.
 */
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { CheckpointError, TreeError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { flatten, pathsOf, printPath, unflatten } from "../core/pytree.js";
import type { Caller } from "./decode.js";
import { writeAtomic } from "./files.js";
import { differencesOf, misfitError, type TensorInfo } from "./fit.js";
import { openSafetensors, type SafetensorsFile, safetensorsChunks } from "./safetensors.js";

const saving: Caller<CheckpointError> = { where: "saveParams", error: CheckpointError };

/** The tree `T` with host arrays for leaves. */
export type HostTree<T> = T extends TensorInfo
  ? HostArray
  : T extends object
    ? { readonly [K in keyof T]: HostTree<T[K]> }
    : T;

const isInfo = (x: unknown): x is TensorInfo => typeof x === "object" && x !== null && "shape" in x && "dtype" in x;
const isHostArray = (x: unknown): x is HostArray => isInfo(x) && "data" in x && ArrayBuffer.isView(x.data);

/**
 * Saves a tree of host arrays, atomically: the file has the new content or is as it was.
 *
 * @param metadata  strings kept beside the tensors, such as the step
 * @throws {TreeError} for a leaf that is not a host array
 * @example await saveParams("prompt.safetensors", { prompt: hostArray([20, 128], "float32", values) }, { step: "300" })()
 */
export const saveParams = (
  path: string,
  tree: unknown,
  metadata?: Readonly<Record<string, string>>,
): TE.TaskEither<CheckpointError, void> => {
  const [leaves, treedef] = flatten(tree, isHostArray);
  const named = pathsOf(treedef).map((keys, i): [string, HostArray] => {
    const leaf = leaves[i];
    if (isHostArray(leaf)) return [printPath(keys), leaf];
    throw new TreeError({
      where: saving.where,
      what: "a leaf is not a host array",
      got: typeof leaf,
      at: printPath(keys),
      hint: "read device tensors back to the host first",
    });
  });
  return writeAtomic(path, safetensorsChunks(Object.fromEntries(named), metadata), saving);
};

const readTree = <T>(file: SafetensorsFile, like: T): TE.TaskEither<CheckpointError, HostTree<T>> => {
  const [leaves, treedef] = flatten(like, isInfo);
  const wanted = pathsOf(treedef).map((keys, i) => ({
    ...pickInfo(leaves[i] as TensorInfo),
    names: [printPath(keys)],
  }));
  const error = misfitError("loadParams", file.path, wanted.length, differencesOf(wanted, file.entries));
  if (error !== undefined) return TE.left(error);
  return pipe(
    wanted,
    TE.traverseSeqArray(({ names }) => file.read(names[0] as string)),
    TE.map((arrays) => unflatten(treedef, arrays) as HostTree<T>),
  );
};

const pickInfo = ({ shape, dtype }: TensorInfo): TensorInfo => ({ shape, dtype });

/**
 * Loads what `saveParams` saved into a tree of the form of `like`, whose leaves have a shape and a dtype (host arrays, tensors
 * or avals). All missing, unexpected and mis-shaped tensors are told in one error.
 */
export const loadParams = <T>(path: string, like: T): TE.TaskEither<CheckpointError, HostTree<T>> =>
  TE.bracket(
    openSafetensors(path),
    (file) => readTree(file, like),
    (file) => TE.fromTask(file.close),
  );
