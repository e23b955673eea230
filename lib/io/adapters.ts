/**
 * @file Trained trees with their methods, whatever they are stored as: our own form, a folder of PEFT, the folder of a run, files of prompts,
 * and checkpoints of T5X with a prompt among their parameters.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { CheckpointError, type ConfigError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import type { Caller } from "../edge/decode.js";
import { promised } from "../edge/either.js";
import type { Method, MethodSettings } from "../methods/method.js";
import type { JsonObject } from "../methods/peft/adapter.js";
import { methodOfE } from "../methods/registry.js";
import { type HostTree, unstackTree } from "../methods/trees.js";
import { checkpointKindTE } from "./checkpoint-kind.js";
import { peftFolder, readPeft } from "./peft.js";
import { loadPromptTE, type StoredPrompt } from "./prompts.js";
import { openSafetensorsTE } from "./safetensors.js";
import { isPrompt } from "./t5-source.js";
import { openT5x } from "./t5x/checkpoint.js";
import { isTuned, loadTunedTE, TUNED_FILE } from "./tuned.js";

const caller: Caller<CheckpointError> = { where: "loadAdapter", error: CheckpointError };

type Failure = CheckpointError | ConfigError;

/** What an adapter was stored as; `safetensors` is our own form, or a prompt alone. */
export type AdapterFormat = "safetensors" | "peft" | "npy" | "t5x";

/** A trained tree and its method. */
export interface Adapter {
  readonly settings: MethodSettings;
  readonly method: Method;
  /** All float32, on the host; what was trained with stacked layers is here by layer. */
  readonly tuned: HostTree;
  readonly format: AdapterFormat;
  /** The model that it was trained for, where the files state it. */
  readonly baseModel: string | undefined;
  /** PEFT's configuration, of which `saveAdapter` writes back what settings do not say. */
  readonly config?: JsonObject | undefined;
  /** Rows for a decoder that PEFT stores behind a prompt and does not use with T5; they are left out. */
  readonly unusedRows: number;
}

type Stored = Omit<Adapter, "method">;

const withMethod = (stored: Stored, path: string): E.Either<ConfigError, Adapter> =>
  pipe(
    methodOfE(stored.settings, path),
    E.map((method) => ({ ...stored, method, settings: method.settings, tuned: unstackTree(stored.tuned) })),
  );

const fromPeft = (dir: string): TE.TaskEither<Failure, Adapter> =>
  pipe(
    readPeft(dir),
    TE.chainEitherKW(({ unusedRows = 0, ...content }) => withMethod({ ...content, unusedRows, format: "peft" }, dir)),
  );

const fromTuned = (path: string): TE.TaskEither<Failure, Adapter> =>
  pipe(
    loadTunedTE(path),
    TE.chainEitherKW(({ settings, tuned, baseModel }) =>
      withMethod({ settings, tuned, baseModel, format: "safetensors", unusedRows: 0 }, path),
    ),
  );

/** The method of a prompt that stands in front of the text, as all files of prompts alone mean. */
const ofPrompt = (prompt: HostArray, stored: Omit<Stored, "settings" | "tuned">, path: string) =>
  withMethod(
    { ...stored, settings: { name: "prompt", length: prompt.shape[0], position: "before" }, tuned: { prompt } },
    path,
  );

const fromPrompt = (path: string): TE.TaskEither<Failure, Adapter> =>
  pipe(
    loadPromptTE(path),
    TE.chainEitherKW(({ prompt, ...stored }: StoredPrompt) => ofPrompt(prompt, stored, path)),
  );

const fromT5x = (path: string): TE.TaskEither<Failure, Adapter> =>
  pipe(
    openT5x(path),
    TE.chain((source) => {
      const names = [...source.entries.keys()].filter(isPrompt);
      if (names.length === 1) return source.read(names[0]);
      const [what, expected] = ["the checkpoint does not hold exactly one prompt", "one parameter named prompt"];
      const got = names.length === 0 ? "none" : names.join(", ");
      return TE.left(new CheckpointError({ where: caller.where, what, expected, got, at: path }));
    }),
    TE.chainEitherKW((prompt) => ofPrompt(prompt, { format: "t5x", baseModel: undefined, unusedRows: 0 }, path)),
  );

/** Whether a file is in fluxion's form. */
const isOwn = (path: string): TE.TaskEither<CheckpointError, boolean> =>
  TE.bracket(
    openSafetensorsTE(path),
    ({ metadata }) => TE.right(isTuned(metadata)),
    (file) => TE.fromTask(file.close),
  );

/** A file or folder by what it is; of what is not known the reader of prompts tells, which knows pickles and more names. */
const fromKind =
  (path: string): TE.TaskEither<Failure, Adapter> =>
  async () => {
    const kind = E.getOrElseW(() => undefined)(await checkpointKindTE(path)());
    if (kind === "t5x") return fromT5x(path)();
    if (kind !== "safetensors") return fromPrompt(path)();
    return pipe(
      isOwn(path),
      TE.chainW((own) => (own ? fromTuned(path) : fromPrompt(path))),
    )();
  };

/** As `loadAdapter`, as a TaskEither of fp-ts. */
export const loadAdapterTE = takes(
  "loadAdapterTE(path)",
  (path: string): TE.TaskEither<CheckpointError | ConfigError, Adapter> => {
    const peft = peftFolder(path);
    if (peft !== undefined) return fromPeft(peft);
    const ofRun = join(path, TUNED_FILE);
    return existsSync(ofRun) ? fromTuned(ofRun) : fromKind(path);
  },
);

/**
 * Loads what was trained, with its method, from whatever it is stored as: the form of `saveTuned` or the folder of a run; a folder of
 * Hugging Face's PEFT (LoRA, DoRA, IA3, LN tuning, prompt tuning, P-tuning); a prompt as `.npy` or safetensors; or a T5X checkpoint with a
 * prompt among its parameters.
 *
 * @throws {CheckpointError} {ConfigError} for files that are missing or damaged, adapters of a kind that is not supported, and settings
 * that would change results and are not supported, by name
 * @example
 * const { method, tuned } = await loadAdapter("my-lora")
 * const model = method.apply(config, params, np.devicePut(tuned))
 */
export const loadAdapter = promised("loadAdapter(path)", loadAdapterTE);

/**
 * The old name of `loadAdapter`, for this minor version.
 *
 * @deprecated
 */
export const readAdapter = loadAdapter;
