/** @file Files of rows in the file system: what a name stands for, and how its bytes are got. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { DataError } from "../core/errors.js";
import { failure } from "../store/files.js";
import { openFile, readPieces } from "../store/open.js";
import { READER } from "./fields.js";
import type { RowSource } from "./formats.js";
import { plainPieces } from "./packed.js";
import type { RowFile, Rows, Share, Split, Task } from "./task.js";

/** The files that a name stands for, which has a `*` or none. */
const matching = (path: string): readonly string[] => {
  const name = basename(path);
  if (!name.includes("*")) return existsSync(path) ? [path] : [];
  const parts = name.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  const pattern = new RegExp(`^${parts.join(".*")}$`);
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

/** A file of the file system. */
export const sourceAt = (path: string, dir: string, folder: string | undefined): RowSource => ({
  name: path,
  pieces: () => plainPieces(piecesOf(path), path),
  open: () =>
    openFile(path, READER).catch((cause: unknown) => {
      throw failure(READER, path)(cause);
    }),
  other: (file) => {
    const [found] = pathsOf(file, dir, folder);
    return sourceAt(found ?? join(dir, file), dir, folder);
  },
});

/** A file of rows, and where it is. */
export interface LocatedRows {
  readonly rows: RowFile;
  readonly paths: readonly string[];
}

const choicesOf = (rows: Rows | Share | undefined): readonly RowFile[] => {
  if (rows === undefined || "rows" in rows || "share" in rows) return [];
  return "firstOf" in rows ? rows.firstOf : [rows];
};

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
  const what = several ? `the rows of ${task.name} are not there` : "there is no such file or folder";
  const hint = "check the folder of the data; relative paths start at the working directory";
  throw new DataError({ where: READER.where, what, ...several, at, hint });
};
