/** @file Files of rows in the file system, and in zip archives there: what a name stands for, and how its bytes are got. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { closest } from "../core/closest.js";
import { DataError } from "../core/errors.js";
import { escapePattern } from "../core/pattern.js";
import { failure } from "../store/files.js";
import { openFile, openRegular, readPieces } from "../store/open.js";
import type { OpenFile } from "../store/store.js";
import { DamagedZip, unzipEntry, type ZipEntry, zipEntries } from "../store/zip.js";
import { READER } from "./fields.js";
import type { RowSource } from "./formats.js";
import { plainPieces } from "./packed.js";
import { choicesOf, type RowFile, type Split, type Task } from "./task.js";

/** A file in an archive. */
interface Packed {
  readonly archive: string;
  readonly name: string;
}

/** The archive in a path that goes on behind one: `CoLA.zip/CoLA/train.tsv`. */
const packedAt = (path: string): Packed | undefined => {
  for (const { index } of path.matchAll(/\.zip[\\/]/gi)) {
    const archive = path.slice(0, index + ".zip".length);
    const isFile = statSync(archive, { throwIfNoEntry: false })?.isFile() === true;
    if (isFile) return { archive, name: path.slice(archive.length + 1).replaceAll("\\", "/") };
  }
  return undefined;
};

/** Whether a path goes on behind a zip archive, in which a reader finds the file. */
export const isInArchive = (path: string): boolean => packedAt(path) !== undefined;

/** The files that a name stands for, which has a `*` or none. */
const matching = (path: string): readonly string[] => {
  const name = basename(path);
  if (!name.includes("*")) return existsSync(path) || isInArchive(path) ? [path] : [];
  const pattern = new RegExp(`^${name.split("*").map(escapePattern).join(".*")}$`);
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((other) => pattern.test(other));
  return names.sort().map((other) => join(folder, other));
};

/** The paths of a file, in the data folder or in the folder of its benchmark there; none where it is not there. */
const pathsOf = (file: string, dir: string, folder: string | undefined): readonly string[] => {
  if (isAbsolute(file)) return matching(file);
  const here = matching(join(dir, file));
  return here.length > 0 || folder === undefined
    ? here
    : matching(isAbsolute(folder) ? join(folder, file) : join(dir, folder, file));
};

/** The bytes of a file; what the system says of it names its path. */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* readPieces(path, READER);
  } catch (cause) {
    throw failure(READER, path)(cause);
  }
}

const entryOf = (entries: readonly ZipEntry[], name: string, at: string): ZipEntry => {
  const found = entries.filter((entry) => entry.name === name);
  if (found.length === 1) return found[0];
  const names = entries.map((entry) => entry.name);
  const what = found.length === 0 ? "the archive has no such file" : "two files of the archive have this name";
  const expected =
    found.length === 0 && names.length > 0 ? `one of its files, such as ${closest(name, names)}` : undefined;
  throw new DataError({ where: READER.where, what, expected, got: name, at });
};

/** The bytes of a file in an archive; its size and checksum are known to be right at its end. */
async function* unzipped({ archive, name }: Packed, path: string): AsyncGenerator<Uint8Array> {
  const opened = await openRegular(archive, READER);
  try {
    yield* unzipEntry(opened, entryOf(await zipEntries(opened), name, archive));
  } catch (cause) {
    if (!(cause instanceof DamagedZip)) throw cause;
    const [what, hint] = ["the archive is damaged", "get the file again"];
    throw new DataError({ where: READER.where, what, got: cause.message, at: path, hint }, { cause });
  } finally {
    await opened.file.close();
  }
}

const openPlain = (path: string): Promise<OpenFile> =>
  openFile(path, READER).catch((cause: unknown) => {
    throw failure(READER, path)(cause);
  });

const openPacked = async (path: string): Promise<never> => {
  const [what, hint] = ["a Parquet file cannot be read while it is in an archive", "unpack the archive"];
  throw new DataError({ where: READER.where, what, at: path, hint });
};

/** A file of the file system, or in an archive there. */
export const sourceAt = (path: string, dir: string, folder: string | undefined): RowSource => {
  const packed = existsSync(path) ? undefined : packedAt(path);
  return {
    name: path,
    pieces: () => plainPieces(packed === undefined ? piecesOf(path) : unzipped(packed, path), path),
    open: () => (packed === undefined ? openPlain(path) : openPacked(path)),
    other: (file) => {
      const [found] = pathsOf(file, dir, folder);
      return sourceAt(found ?? join(dir, file), dir, folder);
    },
  };
};

/** A file of rows, and where it is. */
export interface LocatedRows {
  readonly rows: RowFile;
  readonly paths: readonly string[];
}

/** The files that a task may have for a split, the usual one first. */
export const filesOf = ({ splits }: Task, split: Split): readonly string[] =>
  choicesOf(splits[split]).map(({ file }) => file);

/** The first file of a split that is there; undefined where none is. */
export const findRows = ({ splits, folder }: Task, split: Split, dir: string): LocatedRows | undefined => {
  for (const rows of choicesOf(splits[split])) {
    const paths = pathsOf(rows.file, dir, folder);
    if (paths.length > 0) return { rows, paths };
  }
  return undefined;
};

/** As `findRows`. @throws {DataError} that lists the files there might be */
export const locate = (task: Task, split: Split, dir: string): LocatedRows => {
  const found = findRows(task, split, dir);
  if (found !== undefined) return found;
  const files = filesOf(task, split);
  const at = isAbsolute(files[0]) ? files[0] : join(dir, files[0]);
  const several = files.length > 1 && { expected: files.join(", or ") };
  const what = "there is no such file or folder";
  const hint =
    "check the folder of the data (--data DIR), where the files of a task are looked for; relative paths start at the working directory";
  throw new DataError({ where: READER.where, what, ...several, at, hint });
};
