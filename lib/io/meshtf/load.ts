/** @file Reads a T5 from a checkpoint of Mesh TensorFlow, as the first T5 were released. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../../core/composite.js";
import type { CheckpointError } from "../../core/errors.js";
import { promised } from "../../edge/either.js";
import { attempt } from "../../store/files.js";
import { loadFromSource, type SourcedT5, type SourceOptions } from "../t5-source.js";
import type { TensorSource } from "../tensor-source.js";
import { type BundleEntry, openBundle, readEntry } from "./bundle.js";
import { caller, damaged, unsupported, WHERE } from "./errors.js";
import { fusedShape, isState, meshName, STEP } from "./names.js";

const INDEX = ".index";

/** The prefix that a path means: itself, without `.index`, or that of the last step in a folder. */
const findPrefix = async (path: string): Promise<string> => {
  if (path.endsWith(INDEX)) return path.slice(0, -INDEX.length);
  const isFolder = await stat(path).then(
    (info) => info.isDirectory(),
    () => false, // a prefix is the path of no file
  );
  if (!isFolder) return path;
  const stepOf = (name: string): number => Number(/-(\d+)$/.exec(name)?.[1] ?? -1);
  const prefixes = (await readdir(path))
    .filter((name) => name.endsWith(INDEX))
    .map((name) => name.slice(0, -INDEX.length));
  const last = prefixes.toSorted((a, b) => stepOf(b) - stepOf(a))[0];
  if (last !== undefined) return join(path, last);
  throw unsupported("there is no checkpoint of TensorFlow here", {
    expected: "a file model.ckpt-{step}.index",
    at: path,
  });
};

const open = async (path: string): Promise<TensorSource> => {
  const prefix = await findPrefix(path);
  const variables = await openBundle(prefix, (name) => name === STEP || !isState(name));
  const step = variables.get(STEP);
  const entries = new Map<string, BundleEntry>();
  for (const [name, entry] of variables) {
    if (name === STEP) continue;
    const ours = meshName(name) ?? name;
    if (entries.has(ours)) throw damaged("two variables are the same parameter", { got: name, at: prefix });
    entries.set(ours, { ...entry, shape: fusedShape(ours, entry.shape) });
  }
  return {
    path: prefix,
    entries,
    step: step === undefined || step.shape.length > 0 ? undefined : (await readEntry(step, STEP)).data[0],
    read: (name) => attempt(caller, `${prefix}: ${name}`, () => readEntry(entries.get(name) as BundleEntry, name)),
  };
};

/** Opens a checkpoint and describes its parameters, under T5X's names; `path` as in `loadMeshTensorFlow`. */
export const openMesh = (path: string): TE.TaskEither<CheckpointError, TensorSource> =>
  attempt(caller, path, () => open(path));

/** As `loadMeshTensorFlow`, as a TaskEither of fp-ts. */
export const loadMeshTensorFlowTE = takes(
  "loadMeshTensorFlowTE(path, { config, onProgress })",
  (path: string, options: SourceOptions = {}): TE.TaskEither<CheckpointError, SourcedT5> =>
    pipe(
      openMesh(path),
      TE.chain((source) => loadFromSource(WHERE, source, options)),
    ),
);

/**
 * Loads a T5 1.0 or 1.1 from a checkpoint of Mesh TensorFlow, in float32. The slots of the optimizer stay on the disk.
 *
 * Sizes are read off names and shapes, as in `loadT5x`; T5 1.0 and 1.1 are distinguished by their names.
 *
 * - `path`: `.../model.ckpt-1000000` (with or without `.index`), or a folder, of which the last step is used
 * - `options`: parts of the configuration, and a callback for progress in bytes
 *
 * @throws {CheckpointError} when files are missing or damaged (all checksums are checked), when the variables are not those of a T5, or do
 * not fit the configuration, with all differences together
 * @example const { config, params } = await loadMeshTensorFlow("t5.1.1.small/model.ckpt-1000000")
 */
export const loadMeshTensorFlow = promised("loadMeshTensorFlow(path, { config, onProgress })", loadMeshTensorFlowTE);
