/** @file A T5 from a checkpoint of any kind. */

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { CheckpointError, type ConfigError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { promised } from "../edge/either.js";
import type { T5Config, T5Tree } from "../t5/config.js";
import { runInPlaceOfModel } from "./adapter-folder.js";
import { type CheckpointKind, checkpointKindTE } from "./checkpoint-kind.js";
import { type LoadOptions, loadHuggingFaceTE } from "./huggingface.js";
import { loadMeshTensorFlowTE } from "./meshtf/load.js";
import { loadT5xTE } from "./t5x/load.js";

/** A T5, whatever it was stored as. */
export interface LoadedT5 {
  readonly kind: CheckpointKind;
  readonly config: T5Config;
  /** All float32. */
  readonly params: T5Tree<HostArray>;
  /** Prompts that stand among the parameters (T5X). */
  readonly prompts: Readonly<Record<string, HostArray>>;
  /** Steps of training, where the checkpoint says. */
  readonly step: number | undefined;
  /** The rate of dropout in training, where the checkpoint says. */
  readonly dropoutRate: number | undefined;
  /** Present for an mT5 of Hugging Face. */
  readonly modelType?: "mt5";
}

type Failure = CheckpointError | ConfigError;

const loadAs = (kind: CheckpointKind, path: string, options: LoadOptions): TE.TaskEither<Failure, LoadedT5> => {
  if (kind === "huggingface") {
    return pipe(
      loadHuggingFaceTE(path, options),
      TE.map((stored) => ({ ...stored, kind, prompts: {}, step: undefined })),
    );
  }
  if (kind === "t5x" || kind === "meshtf") {
    return pipe(
      (kind === "t5x" ? loadT5xTE : loadMeshTensorFlowTE)(path, options),
      TE.map((stored) => ({ ...stored, kind, dropoutRate: undefined })),
    );
  }
  const run = runInPlaceOfModel(path);
  if (run !== undefined) return TE.left(new CheckpointError({ where: "loadT5", ...run }));
  return TE.left(
    new CheckpointError({
      where: "loadT5",
      what: "not a model",
      expected: "the folder of a Hugging Face model, or a checkpoint of T5X or Mesh TensorFlow",
      got: kind,
      at: path,
      hint: kind === "safetensors" ? "give the folder, with its config.json" : undefined,
    }),
  );
};

/** As `loadT5`, as a TaskEither of fp-ts. */
export const loadT5TE = takes(
  "loadT5TE(path, { onProgress })",
  (path: string, options: LoadOptions = {}): TE.TaskEither<Failure, LoadedT5> =>
    pipe(
      checkpointKindTE(path),
      TE.chainW((kind) => loadAs(kind, path, options)),
    ),
);

/**
 * Loads a T5 from a Hugging Face folder or a checkpoint of T5X or Mesh TensorFlow, distinguished by their files; in float32.
 *
 * @throws {CheckpointError} {ConfigError} of the loader in question; see `loadHuggingFace`, `loadT5x` and `loadMeshTensorFlow`
 * @example const { config, params } = await loadT5("t5-v1_1-small")
 */
export const loadT5 = promised("loadT5(path, { onProgress })", loadT5TE);
