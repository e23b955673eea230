/** @file Files in a folder of Node's file system. */

import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { appendFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { takes } from "../core/composite.js";
import { CheckpointError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { attempt, removeUnfinished, writeAtomic } from "./files.js";
import { openFile } from "./open.js";
import type { Store } from "./store.js";
import { abandonedIn, type Maker, makerOf, marksOf, othersIn, temporaryName } from "./temporary.js";
import { undoAtExit } from "./undo.js";

const caller: Caller<CheckpointError> = { where: "store", error: CheckpointError };

/** Files of writers begin with it; they are not listed. */
const WRITER = ".writing";

/** Makes a folder. Node says of a read-only file system that a folder is not there; asking its nearest parent tells what is wrong. */
const makeFolder = (dir: string): void => {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    let parent = dir;
    while (!existsSync(parent) && dirname(parent) !== parent) parent = dirname(parent);
    accessSync(parent, constants.W_OK);
    throw error;
  }
};

/** Marks a folder as one that this process writes into; the result takes the mark away. @throws {CheckpointError} when another process does */
const mark = (dir: string): (() => void) => {
  makeFolder(dir);
  for (const path of abandonedIn(dir, WRITER)) rmSync(path, { force: true });
  const own = join(dir, temporaryName(WRITER));
  writeFileSync(own, "");
  const remove = (): void => rmSync(own, { force: true });
  const others = othersIn(dir, WRITER, own);
  if (others.length > 0) {
    remove();
    const what = "another process writes into this folder";
    throw new CheckpointError({
      where: caller.where,
      what,
      got: others[0],
      at: dir,
      hint: "wait until it has ended, or choose another folder; on another machine, remove this file when you know that it has ended",
    });
  }
  const undone = undoAtExit(remove);
  return () => {
    undone();
    remove();
  };
};

/** The folders from this one down. */
const foldersBelow = (dir: string): readonly string[] => {
  if (!existsSync(dir)) return [];
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  return [dir, ...entries.flatMap((entry) => (entry.isDirectory() ? [join(entry.parentPath, entry.name)] : []))];
};

/** The other processes that write into a folder, or into one below. */
export const writersIn = (dir: string): readonly Maker[] =>
  foldersBelow(dir).flatMap((folder) => othersIn(folder, WRITER, "").map(makerOf));

/**
 * Takes away the marks that processes of a machine left in a folder and those below, where they are known to have ended; processes of this very
 * machine are looked for.
 */
export const forgetWriters = (dir: string, host: string): void => {
  for (const folder of foldersBelow(dir))
    for (const path of [...marksOf(folder, WRITER, host), ...abandonedIn(folder, WRITER)])
      rmSync(path, { force: true });
};

/**
 * A store in a folder, which is made when the first file is written.
 *
 * @example const store = nodeStore("runs/cb");
 */
export const nodeStore = takes("nodeStore(dir)", (dir: string): Store => {
  const name = (path?: string): string => (path === undefined ? dir : join(dir, path));
  const run = <A>(path: string | undefined, work: () => Promise<A>): Promise<A> =>
    orThrow(attempt(caller, name(path), work));
  const above = (path: string): Promise<unknown> => mkdir(dirname(name(path)), { recursive: true });
  return {
    name,
    list: () =>
      run(undefined, async () => {
        if (!existsSync(dir)) return [];
        const entries = await readdir(dir, { recursive: true, withFileTypes: true });
        const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith(WRITER));
        const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(join(dir, sep).length));
        return paths.map((path) => path.replaceAll(sep, "/")).sort();
      }),
    open: (path) =>
      run(path, async () => {
        const info = await stat(name(path)).catch((error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
          throw error;
        });
        return info === undefined ? undefined : openFile(name(path), caller);
      }),
    write: async (path, content) => {
      await run(path, () => above(path));
      await orThrow(writeAtomic(name(path), content, caller));
    },
    append: (path, content) =>
      run(path, async () => {
        await above(path);
        await appendFile(name(path), content);
      }),
    remove: (path) => run(path, () => rm(name(path), { force: true })),
    below: (folder) => nodeStore(name(folder)),
    lock: (isOurs) =>
      run(undefined, async () => {
        const unmark = mark(dir);
        removeUnfinished(dir, isOurs);
        return async () => unmark();
      }),
  };
});
