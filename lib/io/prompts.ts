/**
 * @file Files of prompts, in and out: T5X's `.npy`, safetensors, and prompt adapters of Hugging Face's PEFT.
 *
 * Files are recognized by their first bytes, not by their names: T5X writes prompts without a suffix.
 */

import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Aval, isFloat } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { CheckpointError, type ConfigError, type Mismatch } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { brief, type Caller } from "../edge/decode.js";
import { orThrow, promised } from "../edge/either.js";
import { attempt, readBytes, writeAtomic } from "../store/files.js";
import { readStart } from "../store/open.js";
import { writeTogether } from "../store/staging.js";
import { isRun, withoutAdapter } from "./adapter-folder.js";
import { halfUnknown, hintFor, noConfiguration, notAPrompt } from "./not-a-prompt.js";
import { encodeNpy, parseNpyE } from "./npy.js";
import { ADAPTER_CONFIG, peftFiles, peftFolder, readPeft } from "./peft.js";
import { openSafetensorsTE, type SafetensorsFile } from "./safetensors.js";
import { outgoing, safetensorsChunks } from "./safetensors-write.js";
import { TUNED_FILE } from "./tuned.js";
import { checkValue, hostOf, type Value } from "./values.js";

const loading: Caller<CheckpointError> = { where: "loadPrompt", error: CheckpointError };
const saving: Caller<CheckpointError> = { where: "savePrompt", error: CheckpointError };

export type PromptFormat = "npy" | "safetensors" | "peft";

/** A prompt as it was stored. */
export interface StoredPrompt {
  /** `[P, d]` float32. */
  readonly prompt: HostArray;
  readonly format: PromptFormat;
  /** The model it was tuned for, where the file states it. */
  readonly baseModel: string | undefined;
  /** Rows for a decoder that PEFT stores behind the prompt and does not use with T5; they are left out. */
  readonly unusedRows: number;
}

const refuse = (
  { where }: Caller<CheckpointError>,
  what: string,
  parts: Omit<Mismatch, "where" | "what">,
): CheckpointError => new CheckpointError({ where, what, ...parts });

/** A prompt in memory: a float32 matrix. */
const asPrompt = (x: HostArray, caller: Caller<CheckpointError>, at?: string): E.Either<CheckpointError, HostArray> => {
  if (x.shape.length === 2 && isFloat(x.dtype) && x.data.length > 0) {
    return E.right(x.dtype === "float32" ? x : { ...x, dtype: "float32", data: new Float32Array(x.data) });
  }
  const [expected, got] = ["a matrix [P, d] of floats, with at least one row", `${new Aval(x.shape, x.dtype)}`];
  return E.left(refuse(caller, "not a prompt", { expected, got, at }));
};

/** Larger than any prompt: 65,536 rows of the widest T5 are 1 GiB. */
const MAX_BYTES = 2 ** 30;

const readNpy = (path: string): TE.TaskEither<CheckpointError, HostArray> =>
  pipe(
    readBytes(path, loading, MAX_BYTES),
    TE.chainEitherK((bytes) => parseNpyE(bytes, path)),
  );

/** Names of the tensor of a prompt in a file that holds nothing else. */
export const PROMPT_NAMES: readonly string[] = ["prompt", "prompt_embeddings"];
const OF_PEFT = "prompt_embeddings";

const readTensor = (path: string): TE.TaskEither<CheckpointError, HostArray> => {
  const named = (file: SafetensorsFile): TE.TaskEither<CheckpointError, HostArray> => {
    const name = PROMPT_NAMES.find((known) => file.entries.has(known));
    if (name === undefined) return TE.left(notAPrompt(file));
    const rows = file.entries.get(name)?.shape[0] ?? 0;
    return name !== OF_PEFT || rows % 2 === 1 ? file.read(name) : TE.left(halfUnknown(rows, path));
  };
  return TE.bracket(openSafetensorsTE(path), named, (file) => TE.fromTask(file.close));
};

const readFile = (path: string, format: "npy" | "safetensors"): TE.TaskEither<CheckpointError, StoredPrompt> =>
  pipe(
    format === "npy" ? readNpy(path) : readTensor(path),
    TE.chainEitherK((x) => asPrompt(x, loading, path)),
    TE.map((prompt) => ({ prompt, format, baseModel: undefined, unusedRows: 0 })),
  );

/** What a file is, by its first bytes: `\x93NUMPY`, or eight bytes of length and the brace of a header. */
const formatOf = (path: string): TE.TaskEither<CheckpointError, "npy" | "safetensors"> =>
  pipe(
    attempt(loading, path, async () => {
      return Buffer.from(await readStart(path, loading, 100)).toString("latin1");
    }),
    TE.chainEitherK((start) => {
      if (start.startsWith("\x93NUMPY")) return E.right("npy" as const);
      if (start[8] === "{") return E.right("safetensors" as const);
      const expected = ".npy, safetensors or the folder of a PEFT adapter";
      const got = start === "" ? "an empty file" : undefined;
      return E.left(refuse(loading, "not a file of a prompt", { expected, got, at: path, hint: hintFor(start) }));
    }),
  );

/** The file of a folder that is not an adapter: `prompt.npy` of a run, or the one that T5X names after the parameter. */
const promptIn = (dir: string): TE.TaskEither<CheckpointError, string> =>
  pipe(
    attempt(loading, dir, () => readdir(dir)),
    TE.chainEitherK((names) => {
      const found = names.includes("prompt.npy")
        ? ["prompt.npy"]
        : names.filter((name) => /(^|\.)prompt(\.npy|\.safetensors)?$/.test(name));
      if (found.length === 1) return E.right(join(dir, found[0] as string));
      // Of an adapter of another method its file says which.
      if (found.length === 0 && names.includes(TUNED_FILE)) return E.right(join(dir, TUNED_FILE));
      const weights = names.find((name) => /^adapter_model\.(safetensors|bin)$/.test(name));
      if (found.length === 0 && weights !== undefined) return E.left(noConfiguration(weights, dir));
      if (found.length === 0 && isRun(dir)) return E.left(withoutAdapter(loading.where, dir));
      const expected = `${ADAPTER_CONFIG}, or one file named prompt`;
      const got = brief(found.length > 1 ? found : names);
      return E.left(refuse(loading, "the folder does not hold exactly one prompt", { expected, got, at: dir }));
    }),
  );

const isFolder = (path: string): TE.TaskEither<CheckpointError, boolean> =>
  attempt(loading, path, async () => (await stat(path)).isDirectory());

const fromAdapter = (dir: string): TE.TaskEither<CheckpointError | ConfigError, StoredPrompt> =>
  pipe(
    readPeft(dir),
    TE.chainEitherKW(({ settings, tuned, baseModel, unusedRows = 0 }) => {
      if (settings.name === "prompt") {
        return E.right({ prompt: tuned.prompt as HostArray, format: "peft" as const, baseModel, unusedRows });
      }
      const hint = "loadAdapter reads adapters of all methods";
      const [expected, got] = ["an adapter of prompt tuning", settings.name];
      return E.left(refuse(loading, "the adapter is not a prompt", { expected, got, at: dir, hint }));
    }),
  );

/** As `loadPrompt`, as a TaskEither of fp-ts. */
export const loadPromptTE = takes(
  "loadPromptTE(path)",
  (path: string): TE.TaskEither<CheckpointError | ConfigError, StoredPrompt> => {
    const at = !existsSync(path) && existsSync(`${path}.npy`) ? `${path}.npy` : path;
    const peft = peftFolder(at);
    if (peft !== undefined) return fromAdapter(peft);
    return pipe(
      isFolder(at),
      TE.chain((folder) => (folder ? promptIn(at) : TE.right(at))),
      TE.chain((file) =>
        pipe(
          formatOf(file),
          TE.chain((format) => readFile(file, format)),
        ),
      ),
    );
  },
);

/**
 * Loads a prompt, whatever it is stored as: `.npy` with or without that suffix (float32 or float64), safetensors with a tensor `prompt`,
 * or a PEFT prompt adapter for T5.
 *
 * - `path`: a file; or a folder: of an adapter, of a run, or of T5X's prompts of one step. `name` finds `name.npy` where there is no `name`
 *
 * @returns the prompt in float32 with what the file says of it
 * @throws {CheckpointError} {ConfigError} when it is damaged, no prompt or an adapter of another kind
 * @example
 * const { prompt } = await loadPrompt("mrpc.npy")
 * const tensor = fromArray(prompt, 100, 768) // checks it against a model
 */
export const loadPrompt = promised("loadPrompt(path)", loadPromptTE);

export interface SavePromptOptions {
  /** Default by the end of the path: `.npy`, `.safetensors`, else a folder with a PEFT adapter. */
  readonly format?: PromptFormat;
  /** The model it was tuned for, as PEFT should find it: a path or a name. Kept in an adapter only. */
  readonly baseModel?: string;
  /** Strings kept in a safetensors file, such as the step. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The files of PEFT's adapter of a prompt. */
const adapterOf = (prompt: HostArray, baseModel: string | undefined) => {
  const settings = { name: "prompt", length: prompt.shape[0], position: "before" };
  return orThrow(peftFiles({ settings, tuned: { prompt } }, baseModel));
};

/** The format that the end of a path names. */
export const formatByName = (path: string): PromptFormat =>
  path.endsWith(".npy") ? "npy" : path.endsWith(".safetensors") ? "safetensors" : "peft";

/** As `savePrompt`, as a TaskEither of fp-ts. */
export const savePromptTE = takes(
  "savePromptTE(path, prompt, { format, baseModel, metadata })",
  (
    path: string,
    prompt: Value,
    { format = formatByName(path), baseModel, metadata }: SavePromptOptions = {},
  ): TE.TaskEither<CheckpointError, void> =>
    pipe(
      TE.fromEither(asPrompt(hostOf(saving.where, checkValue(saving.where, prompt, "prompt")), saving)),
      TE.chain((x) => {
        if (format === "peft") return writeTogether(path, adapterOf(x, baseModel), () => false, saving);
        if (format === "npy") return writeAtomic(path, encodeNpy(x), saving);
        return writeAtomic(path, safetensorsChunks([outgoing("prompt", x, () => x)], metadata), saving);
      }),
    ),
);

/**
 * Saves a prompt in float32, atomically.
 *
 * - `path`: a file, or the folder of an adapter, which is made if it is not there
 * - `prompt`: `[P, d]` float32 or float64
 *
 * @throws {ArgumentError} for an array whose data do not fit its dtype and shape; {CheckpointError} when it is not a matrix, or cannot be written
 * @example await savePrompt("my-prompt", prompt, { format: "peft", baseModel: "google/t5-base-lm-adapt" })
 */
export const savePrompt = promised("savePrompt(path, prompt, { format, baseModel, metadata })", savePromptTE);
