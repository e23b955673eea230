/** @file What a path is, recognized by the files that are there and not by their names alone. */

import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename } from "node:path";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { CheckpointError } from "../core/errors.js";
import { brief, type Caller } from "../edge/decode.js";
import { promised } from "../edge/either.js";
import { attempt } from "../store/files.js";
import { readStart } from "../store/open.js";
import { hintFor } from "./not-a-prompt.js";
import { ADAPTER_CONFIG } from "./peft.js";

/**
 * - `huggingface`: a folder with `config.json` and weights as safetensors
 * - `t5x`: a checkpoint of T5X
 * - `meshtf`: a checkpoint of Mesh TensorFlow, by its prefix or folder
 * - `safetensors`: one file of tensors, or the index of several
 * - `npy`: one array
 * - `adapter`: an adapter of PEFT, the folder of a run, or a folder with a prompt
 */
export type CheckpointKind = "huggingface" | "t5x" | "meshtf" | "safetensors" | "npy" | "adapter";

const caller: Caller<CheckpointError> = { where: "checkpointKind", error: CheckpointError };

const unknown = (path: string, got?: string, hint?: string): CheckpointError =>
  new CheckpointError({
    where: caller.where,
    what: "not a checkpoint of a known kind",
    expected: "a Hugging Face or T5X folder, a checkpoint of Mesh TensorFlow, safetensors, .npy or a PEFT adapter",
    got,
    at: path,
    hint,
  });

/** The first rule that fits names a folder. */
const FOLDERS: readonly (readonly [kind: CheckpointKind, name: RegExp])[] = [
  ["adapter", /^(adapter_config\.json|tuned\.safetensors)$/],
  ["huggingface", /^(config\.json|model\.safetensors(\.index\.json)?)$/],
  ["meshtf", /\.index$/],
  ["t5x", /^checkpoint(_\d+)?$/],
  ["adapter", /(^|\.)prompt(\.npy|\.safetensors)?$/],
  // Of a run without an adapter the reader of adapters says why.
  ["adapter", /^recipe\.json$/],
];

const folderKind = async (path: string): Promise<CheckpointKind> => {
  const names = await readdir(path);
  const rule = FOLDERS.find(([, pattern]) => names.some((name) => pattern.test(name)));
  if (rule !== undefined) return rule[0];
  throw unknown(path, names.length === 0 ? "an empty folder" : brief(names));
};

const fileKind = async (path: string): Promise<CheckpointKind> => {
  const name = basename(path);
  const start = Buffer.from(await readStart(path, caller, 100)).toString("latin1");
  if (name.endsWith(".safetensors.index.json")) return "safetensors";
  if (name === ADAPTER_CONFIG) return "adapter";
  if (name.endsWith(".index")) return "meshtf";
  if (start.startsWith("\x93NUMPY")) return "npy";
  if (start[8] === "{") return "safetensors";
  if (name === "checkpoint") return "t5x";
  throw unknown(path, undefined, /^(PK|\x80)/.test(start) ? hintFor(start) : undefined);
};

/** As `checkpointKind`, as a TaskEither of fp-ts. */
export const checkpointKindTE = takes(
  "checkpointKindTE(path)",
  (path: string): TE.TaskEither<CheckpointError, CheckpointKind> =>
    attempt(caller, path, async () => {
      if (!existsSync(path) && existsSync(`${path}.index`)) return "meshtf";
      if (!existsSync(path) && existsSync(`${path}.npy`)) return "npy";
      const info = await stat(path);
      if (info.isDirectory()) return folderKind(path);
      if (info.isFile() && info.size === 0) throw unknown(path, "an empty file");
      return fileKind(path);
    }),
);

/**
 * Tells what kind of checkpoint a path is.
 *
 * @throws {CheckpointError} when there is nothing, or nothing that is known
 * @example const kind = await checkpointKind("t5-v1_1-small") // "huggingface"
 */
export const checkpointKind = promised("checkpointKind(path)", checkpointKindTE);
