/** @file Digests of inputs, by which a run knows them again on another day and another machine. */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { ConfigError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import type { Example } from "../metrics/answered.js";
import { openRegular, readAt, readPieces } from "../store/open.js";
import { canonicalJson, sha256 } from "./canonical.js";

const caller: Caller<ConfigError> = { where: "digest", error: ConfigError };

/** Files up to this size are read in whole. */
const WHOLE = 16 * 2 ** 20;
const SAMPLES = 16;
const SAMPLE = 64 * 2 ** 10;

/** Whether a file or folder stands beside a model, and is not a part of it: notes, licences, what git and systems keep. */
const isBeside = (name: string): boolean => /^\.git|^\.DS_Store$|^(readme|license|licence|notice)\b|\.md$/i.test(name);

/** The files of a model: those of its folder, the file itself, or those whose names begin with a checkpoint's. */
const filesOf = async (path: string): Promise<readonly string[]> => {
  if (!existsSync(path)) {
    const names = existsSync(dirname(path)) ? await readdir(dirname(path)) : [];
    return names.filter((name) => name.startsWith(`${basename(path)}.`)).map((name) => join(dirname(path), name));
  }
  if (!statSync(path).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((file) => !relative(path, file).split(sep).some(isBeside));
};

/** The size of a file and bytes of it: all of a small one; of a large one its first ones and samples all over it. */
const sampleOf = async (path: string): Promise<string> => {
  const { file, size } = await openRegular(path, caller);
  try {
    const hash = createHash("sha256").update(`${size}\n`);
    const length = size <= WHOLE ? size : SAMPLE;
    const count = size <= WHOLE ? 1 : SAMPLES;
    for (let i = 0; i < count; i++) {
      const at = count === 1 ? 0 : Math.floor((i * (size - length)) / (count - 1));
      hash.update(await readAt(file, at, length));
    }
    return hash.digest("hex");
  } finally {
    await file.close();
  }
};

const wholeOf = async (path: string): Promise<string> => {
  const { file, size } = await openRegular(path, caller);
  await file.close();
  const hash = createHash("sha256").update(`${size}\n`);
  for await (const piece of readPieces(path, caller)) hash.update(piece);
  return hash.digest("hex");
};

/**
 * The digest of a file, or of the files of a folder by their names; their contents by samples unless `whole` is set.
 *
 * @returns undefined where there is no file
 */
export const digestOfFiles = async (path: string, whole = false): Promise<string | undefined> => {
  const files = await filesOf(path);
  if (files.length === 0) return undefined;
  const base = existsSync(path) && statSync(path).isDirectory() ? path : dirname(path);
  const named: (readonly [string, string])[] = [];
  for (const file of files) {
    // One file is known by its content alone, whatever its name.
    const name = files.length === 1 ? "" : relative(base, file).split(sep).join("/");
    named.push([name, await (whole ? wholeOf : sampleOf)(file)]);
  }
  return sha256(JSON.stringify(named.sort(([a], [b]) => (a < b ? -1 : 1))));
};

/** The digest of examples, whatever file they are from. */
export const digestOfExamples = (examples: readonly Example[]): string => {
  const hash = createHash("sha256");
  for (const example of examples) hash.update(`${canonicalJson(example)}\n`);
  return hash.digest("hex");
};
