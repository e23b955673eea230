/**
 * @file Saves any tree of arrays as one safetensors file, named by key path, and loads it back into a tree of known form.
 */

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { ArgumentError, CheckpointError } from "../core/errors.js";
import { flatten, pathsOf, printPath, unflatten } from "../core/pytree.js";
import { currentRuntime } from "../core/runtime.js";
import type { Tensor } from "../core/tensor.js";
import type { Caller } from "../edge/decode.js";
import { promised } from "../edge/either.js";
import { differencesOf, misfitError, type TensorInfo } from "../edge/fit.js";
import { devicePut } from "../np/array.js";
import { writeAtomic } from "../store/files.js";
import { openSafetensorsTE, type SafetensorsFile } from "./safetensors.js";
import { checkFloats, type FloatStorage, outgoing, safetensorsChunks } from "./safetensors-write.js";
import { checkValue, hostOf, isValue } from "./values.js";

const loading: Caller<CheckpointError> = { where: "loadParams", error: CheckpointError };
const saving: Caller<CheckpointError> = { where: "saveParams", error: CheckpointError };

/** The tree `T` with tensors for leaves. */
export type TensorTree<T> = T extends TensorInfo ? Tensor : T extends object ? { [K in keyof T]: TensorTree<T[K]> } : T;

const isInfo = (x: unknown): x is TensorInfo => typeof x === "object" && x !== null && "shape" in x && "dtype" in x;

export interface SaveParamsOptions {
  /** Strings kept beside the tensors, such as the step. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How float32 is stored; default as it is. The halves are rounded to the nearest, ties to even. */
  readonly dtype?: FloatStorage;
}

/** As `saveParams`, as a TaskEither of fp-ts. */
export const saveParamsTE = takes(
  "saveParamsTE(path, tree, { metadata, dtype })",
  (
    path: string,
    tree: unknown,
    { metadata, dtype = "float32" }: SaveParamsOptions = {},
  ): TE.TaskEither<CheckpointError, void> => {
    checkFloats(saving.where, dtype);
    const [leaves, treedef] = flatten(tree, isValue);
    const tensors = pathsOf(treedef).map((keys, i) => {
      const name = printPath(keys);
      const value = checkValue(saving.where, leaves[i], name);
      return outgoing(name, value, () => hostOf(saving.where, value), dtype);
    });
    return writeAtomic(path, safetensorsChunks(tensors, metadata), saving);
  },
);

/**
 * Saves a tree of tensors or host arrays, atomically: the file has the new content or is as it was. Tensors are read back one by one.
 *
 * @throws {TreeError} for a leaf that is neither; {ArgumentError} for an array whose data do not fit its dtype and shape, or a dtype that is not
 * float32, bfloat16 or float16; {CheckpointError} when the file cannot be written
 * @example await saveParams("prompt.safetensors", { prompt }, { metadata: { step: "300" } })
 */
export const saveParams = promised("saveParams(path, tree, { metadata, dtype })", saveParamsTE);

const readTree = <T>(file: SafetensorsFile, like: T): TE.TaskEither<CheckpointError, TensorTree<T>> => {
  const [leaves, treedef] = flatten(like, isInfo);
  const wanted = pathsOf(treedef).map((keys, i) => ({
    ...pickInfo(leaves[i] as TensorInfo),
    names: [printPath(keys)],
  }));
  const error = misfitError(loading.where, file.path, wanted.length, differencesOf(wanted, file.entries));
  if (error !== undefined) return TE.left(error);
  return pipe(
    wanted,
    TE.traverseSeqArray(({ names }) => file.read(names[0] as string)),
    TE.map((arrays) => devicePut(unflatten(treedef, arrays), { donate: true }) as TensorTree<T>),
  );
};

const pickInfo = ({ shape, dtype }: TensorInfo): TensorInfo => ({ shape, dtype });

/** As `loadParams`, as a TaskEither of fp-ts. */
export const loadParamsTE = takes(
  "loadParamsTE(path, like)",
  <T>(path: string, like: T): TE.TaskEither<CheckpointError, TensorTree<T>> => {
    if (like === undefined) {
      const hint =
        "give the parameters as they were before, or evalShape(init)(key); openSafetensors reads what is not known";
      const what = "it is not said what form the tree has";
      throw new ArgumentError({ where: loading.where, what, expected: "loadParams(path, like)", got: "no like", hint });
    }
    currentRuntime(loading.where); // Before the first byte is read: the tensors need a device.
    return TE.bracket(
      openSafetensorsTE(path),
      (file) => readTree(file, like),
      (file) => TE.fromTask(file.close),
    );
  },
);

/**
 * Loads what `saveParams` saved, as tensors, into a tree of the form of `like`.
 *
 * - `like`: a tree whose leaves have a shape and a dtype: tensors, host arrays or `ShapeDtype`s, as `evalShape` gives them
 *
 * @throws {CheckpointError} when the file is missing or damaged, or with all missing, unexpected and mis-shaped tensors together
 * @example const params = await loadParams("model.safetensors", evalShape(init)(key))
 */
export const loadParams = promised("loadParams(path, like)", loadParamsTE);
