/** @file Writes adapters: our own form, a folder for PEFT, or a prompt alone for T5X. */

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { CheckpointError, UnsupportedError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import type { Caller } from "../edge/decode.js";
import { promised } from "../edge/either.js";
import { describePlace } from "../methods/peft/prompt.js";
import { writeTogether } from "../store/staging.js";
import type { Adapter } from "./adapters.js";
import { peftFiles } from "./peft.js";
import { formatByName, type PromptFormat, savePromptTE } from "./prompts.js";
import { saveTunedTE } from "./tuned.js";

const caller: Caller<CheckpointError> = { where: "saveAdapter", error: CheckpointError };

export interface SaveAdapterOptions {
  /** Default by the end of the path: `.npy`, `.safetensors`, else a folder for PEFT. */
  readonly format?: PromptFormat;
  /** The model that it was trained for, a path or a name; default what the adapter says. `.npy` has no place for it. */
  readonly baseModel?: string | undefined;
}

/** What is needed of an adapter to write it. */
export type SavedAdapter = Pick<Adapter, "settings" | "tuned"> & Partial<Pick<Adapter, "baseModel" | "config">>;

const asNpy = (
  path: string,
  { settings, tuned }: SavedAdapter,
): TE.TaskEither<CheckpointError | UnsupportedError, void> => {
  const { name, position, sees } = settings;
  if (name === "prompt" && position === "before" && sees === undefined) {
    return savePromptTE(path, tuned.prompt as HostArray, { format: "npy" });
  }
  return TE.left(
    new UnsupportedError({
      where: caller.where,
      what: "a .npy file can only hold a prompt in front of the text",
      expected: 'the method prompt, position "before", and nothing in sees',
      got: name === "prompt" ? describePlace(position, sees) : String(name),
      at: path,
      hint: "save it as .safetensors",
    }),
  );
};

/** As `saveAdapter`, as a TaskEither of fp-ts. */
export const saveAdapterTE = takes(
  "saveAdapterTE(path, adapter, { format, baseModel })",
  (
    path: string,
    adapter: SavedAdapter,
    { format = formatByName(path), baseModel = adapter.baseModel }: SaveAdapterOptions = {},
  ): TE.TaskEither<CheckpointError | UnsupportedError, void> => {
    if (format === "npy") return asNpy(path, adapter);
    const { settings, tuned, config } = adapter;
    if (format === "safetensors") return saveTunedTE(path, { settings, tuned, baseModel });
    return pipe(
      TE.fromEither(peftFiles({ settings, tuned, config }, baseModel)),
      TE.chainW((files) => writeTogether(path, files, () => false, caller)),
    );
  },
);

/**
 * Saves an adapter, atomically.
 *
 * - `path`: a file, or the folder of an adapter of PEFT, which is made if it is not there
 *
 * @throws {UnsupportedError} for a method or settings that the format has no place for; {CheckpointError} when it cannot be written
 * @example await saveAdapter("peft-lora", await loadAdapter("runs/lora"))
 */
export const saveAdapter = promised("saveAdapter(path, adapter, { format, baseModel })", saveAdapterTE);
