/** @file What a path is, told by the files that are there and not by their names alone. */
import { existsSync, type Stats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename } from "node:path";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { CheckpointError } from "../core/errors.js";
import { brief, type Caller } from "../edge/decode.js";
import { attempt, readAt } from "../store/files.js";
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

/** Pipes and devices have no end that could be looked at, and may never give a byte. */
const notAFile = (path: string, info: Stats): CheckpointError =>
  new CheckpointError({
    where: caller.where,
    what: "this is not a file",
    expected: "a file or a folder",
    got: info.isFIFO() ? "a pipe" : info.isSocket() ? "a socket" : "a device",
    at: path,
    hint: "write what comes out of it to a file first",
  });

/** The first rule that fits names a folder. */
const FOLDERS: readonly (readonly [kind: CheckpointKind, name: RegExp])[] = [
  ["adapter", /^(adapter_config\.json|tuned\.safetensors)$/],
  ["huggingface", /^(config\.json|model\.safetensors(\.index\.json)?)$/],
  ["meshtf", /\.index$/],
  ["t5x", /^checkpoint(_\d+)?$/],
  ["adapter", /(^|\.)prompt(\.npy|\.safetensors)?$/],
];

const folderKind = async (path: string): Promise<CheckpointKind> => {
  const names = await readdir(path);
  const rule = FOLDERS.find(([, pattern]) => names.some((name) => pattern.test(name)));
  if (rule !== undefined) return rule[0];
  throw unknown(path, names.length === 0 ? "an empty folder" : brief(names));
};

const fileKind = async (path: string): Promise<CheckpointKind> => {
  const name = basename(path);
  if (name.endsWith(".safetensors.index.json")) return "safetensors";
  if (name === ADAPTER_CONFIG) return "adapter";
  if (name.endsWith(".index")) return "meshtf";
  await using file = await open(path, "r");
  const start = Buffer.from(await readAt(file, 0, 100)).toString("latin1");
  if (start.startsWith("\x93NUMPY")) return "npy";
  if (start[8] === "{") return "safetensors";
  if (name === "checkpoint") return "t5x";
  throw unknown(path, undefined, /^(PK|\x80)/.test(start) ? hintFor(start) : undefined);
};

/**
 * What kind of checkpoint a path is.
 *
 * @returns a CheckpointError when there is nothing, or nothing that is known
 * @example const kind = orThrow(await checkpointKind("t5-v1_1-small")()) // "huggingface"
 */
export const checkpointKind = (path: string): TE.TaskEither<CheckpointError, CheckpointKind> =>
  attempt(caller, path, async () => {
    if (!existsSync(path) && existsSync(`${path}.index`)) return "meshtf";
    if (!existsSync(path) && existsSync(`${path}.npy`)) return "npy";
    const info = await stat(path);
    if (info.isDirectory()) return folderKind(path);
    if (!info.isFile()) throw notAFile(path, info);
    if (info.size === 0) throw unknown(path, "an empty file");
    return fileKind(path);
  });
