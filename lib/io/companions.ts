/** @file What stands beside the weights in a Hugging Face folder: the vocabulary, and how to decode. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { readBytes } from "../store/files.js";

/** Files of a Hugging Face folder beside the weights. */
export const COMPANIONS =
  /^(spiece\.model|(tokenizer|added_tokens|tokenizer_config|special_tokens_map|generation_config)\.json)$/;
export const VOCABULARY = /^(spiece\.model|tokenizer\.json)$/;

type Files = Readonly<Record<string, Uint8Array>>;

/** The companions in a folder. @throws {CheckpointError} for a file that cannot be read */
export const companionsIn = async (folder: string, caller: Caller<CheckpointError>): Promise<Files> => {
  const found: Record<string, Uint8Array> = {};
  for (const name of await readdir(folder)) {
    if (COMPANIONS.test(name)) found[name] = await orThrow(readBytes(join(folder, name), caller));
  }
  return found;
};

/** The companions in a folder, or a vocabulary alone under the name that transformers gives to its kind. @throws {CheckpointError} for a file that cannot be read */
export const companionsAt = async (path: string, caller: Caller<CheckpointError>): Promise<Files> => {
  if ((await stat(path)).isDirectory()) return companionsIn(path, caller);
  const name = path.endsWith(".json") ? "tokenizer.json" : "spiece.model";
  return { [name]: await orThrow(readBytes(path, caller)) };
};
