/** @file Files of rows in the file system: what a name stands for, and how its bytes are got. */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { openFile, readPieces } from "../store/open.js";
import { READER } from "./fields.js";
import type { RowSource } from "./formats.js";
import { plainPieces } from "./packed.js";

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
export const pathsOf = (file: string, dir: string, folder: string | undefined): readonly string[] => {
  if (isAbsolute(file)) return matching(file);
  const here = matching(join(dir, file));
  return here.length > 0 || folder === undefined ? here : matching(join(dir, folder, file));
};

/** A file of the file system. */
export const sourceAt = (path: string, dir: string, folder: string | undefined): RowSource => ({
  name: path,
  pieces: () => plainPieces(readPieces(path, READER), path),
  open: () => openFile(path, READER),
  other: (file) => {
    const [found] = pathsOf(file, dir, folder);
    return sourceAt(found ?? join(dir, file), dir, folder);
  },
});
