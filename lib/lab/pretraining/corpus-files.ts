/** @file The files of text that a path of a recipe stands for: the file itself, or those of a folder and below it. */
import type { Dirent } from "node:fs";
import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../../core/errors.js";
import { isTextFile, TEXT_FILES } from "../../data/streams/text-files.js";
import { listing } from "../../edge/decode.js";
import { failure } from "../../store/files.js";
import { isInArchive } from "../../tasks/sources.js";

/** What lies beside texts and holds none: hidden files, marks such as `_SUCCESS`, and what explains a data set. */
const BESIDE = /^[._]|^(readme|license)(\.md|\.rst)?$/i;

/** What a folder holds. */
interface Found {
  readonly where: string;
  readonly files: string[];
  /** Files of unknown formats, and folders that may be unfinished. */
  readonly others: string[];
  /** The path under which each file and folder was found first, by its real path. */
  readonly first: Map<string, string>;
}

/** What a path leads to. @throws {DataError} for a link that leads nowhere, and a path that is not there */
const leadsTo = async (where: string, path: string) => {
  try {
    return { info: await stat(path), real: await realpath(path) };
  } catch (cause) {
    const target = await readlink(path).catch(() => undefined);
    const isBroken = target !== undefined && (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (!isBroken) throw failure({ where, error: DataError }, path)(cause);
    const [what, hint] = ["the link leads nowhere", "remove it, or put back the file that it leads to"];
    throw new DataError({ where, what, got: `a link to ${target}`, at: path, hint }, { cause });
  }
};

/** Remembers a file or folder. @throws {DataError} where it was found before: its texts would count twice, or a folder would have no end */
const checkFirst = ({ where, first }: Found, real: string, path: string): void => {
  const before = first.get(real);
  first.set(real, path);
  if (before === undefined) return;
  const [what, expected] = ["a file or folder is found twice", "each text once"];
  throw new DataError({ where, what, expected, got: `${before}, and by a link`, at: path, hint: "remove the link" });
};

/** Adds an entry of a folder, whose real path is given. */
const addEntry = async (found: Found, entry: Dirent, folder: string, realFolder: string): Promise<void> => {
  const { name } = entry;
  if (name.startsWith(".")) return;
  const path = join(folder, name);
  const isLink = entry.isSymbolicLink();
  const { info, real } = isLink ? await leadsTo(found.where, path) : { info: entry, real: join(realFolder, name) };
  if (info.isDirectory() && !name.startsWith("_")) {
    checkFirst(found, real, path);
    return addFolder(found, path, real);
  }
  if (info.isFile() && isTextFile(name)) {
    checkFirst(found, real, path);
    found.files.push(path);
  } else if (!info.isFile() || !BESIDE.test(name)) {
    found.others.push(path);
  }
};

const addFolder = async (found: Found, path: string, real: string): Promise<void> => {
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    throw failure({ where: found.where, error: DataError }, path)(cause);
  });
  // Links come last, so that they are what is named where something is found twice.
  for (const isLink of [false, true]) {
    for (const entry of entries.filter((one) => one.isSymbolicLink() === isLink)) {
      await addEntry(found, entry, path, real);
    }
  }
};

/**
 * The files of a path: those of text in a folder and below it, in the order of their names, also by links. What is hidden is passed over, and what lies beside data sets
 * (`README.md`, `_SUCCESS`).
 *
 * @throws {DataError} for a path that is not there, a folder without a file of text or with files of other formats, a link that leads nowhere, and what is found twice
 */
export const filesAt = async (where: string, path: string): Promise<readonly string[]> => {
  // What is in an archive is found by the reader.
  if (isInArchive(path)) return [path];
  const { info, real } = await leadsTo(where, path);
  if (!info.isDirectory()) return [path];
  const found: Found = { where, files: [], others: [], first: new Map([[real, path]]) };
  await addFolder(found, path, real);
  const { files, others } = found;
  if (files.length > 0 && others.length === 0) return files.sort();
  const what = files.length === 0 ? "the folder has no file of text" : "the folder has what is not a file of text";
  const hint =
    others.length === 0 ? "name another folder, or files" : "name the files, or move the others out of the folder";
  const got = others.length === 0 ? undefined : listing(others.sort());
  throw new DataError({ where, what, expected: TEXT_FILES, got, at: path, hint });
};
