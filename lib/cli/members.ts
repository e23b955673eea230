/** @file The members of an ensemble: all adapters of a folder. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../core/errors.js";
import { orThrow } from "../edge/either.js";
import { ADAPTER_SUFFIXES } from "../io/adapters.js";
import { peftFolder } from "../io/peft.js";
import { TUNED_FILE } from "../io/tuned.js";
import { namesIn } from "../store/files.js";
import { adapterAt, type FoundAdapter } from "./adapter.js";
import { usageError } from "./parse.js";

const OPTION = "--prompts <dir>";

/** Whether a folder holds a single adapter. */
const isAdapter = (dir: string): boolean => existsSync(join(dir, TUNED_FILE)) || peftFolder(dir) !== undefined;

/** Whether an entry may hold an adapter: a folder, or a file with the suffix of one. */
const isMember = (path: string): boolean =>
  statSync(path).isDirectory() || ADAPTER_SUFFIXES.some((end) => end !== "" && path.endsWith(end));

/** By names, in which numbers count as such: `seed-2` before `seed-10`. */
const { compare } = new Intl.Collator("en", { numeric: true });

/**
 * All adapters of a folder, in the order of their names: files, folders, and the best of each run below it. Hidden files and files of other kinds are left out.
 *
 * @throws {DataError} when there is no such folder; {ConfigError} when it has no adapters, or is one; {CheckpointError} for a folder in it without an adapter, as that of a run
 * that has not evaluated yet
 */
export const membersOf = async (dir: string): Promise<FoundAdapter[]> => {
  const names = await orThrow(namesIn(dir, { where: OPTION, error: DataError }));
  if (names !== undefined && isAdapter(dir)) {
    const what = "the folder is one adapter, not a folder of several";
    throw usageError(OPTION, what, {
      expected: "a folder with a file or a folder for each",
      got: dir,
      hint: "--adapter PATH asks one",
    });
  }
  const paths = (names ?? []).filter((name) => !name.startsWith(".")).sort(compare);
  const found = paths.map((name) => join(dir, name)).filter(isMember);
  if (found.length === 0) {
    throw usageError(OPTION, "the folder has no adapters to vote", {
      expected: "a file (.npy, .safetensors) or a folder for each, such as seed-0, seed-1, … of a run with --seeds",
      got: names === undefined ? "a file" : names.slice(0, 5).join(", ") || "nothing",
    });
  }
  const members: FoundAdapter[] = [];
  for (const path of found) members.push(await adapterAt(path, OPTION));
  return members;
};
