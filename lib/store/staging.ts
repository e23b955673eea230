/**
 * @file Files that belong together, replaced together: all are written in full in a folder beside them and then renamed, one after the
 * other. What fails, is interrupted or is killed while writing changes nothing; the renaming takes moments.
 *
 * The folder is named after its process: what a process that was killed left is removed by the next save.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { FluxionError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { attempt, writeFully } from "./files.js";
import { abandonedIn, temporaryName } from "./temporary.js";
import { undoAtExit } from "./undo.js";

/** A file by its name in the folder, and its content. */
export type StagedFile = readonly [name: string, content: string | Iterable<Uint8Array>];

const STAGING = ".saving";
/** Below a staging folder: what makes place for what is new, until that is there. */
const ASIDE = "replaced";

/** Removes a staging folder; what made place and was not replaced goes back. */
const removeStaging = (dir: string, staging: string): void => {
  const aside = join(staging, ASIDE);
  for (const name of existsSync(aside) ? readdirSync(aside) : []) {
    if (!existsSync(join(dir, name))) renameSync(join(aside, name), join(dir, name));
  }
  rmSync(staging, { recursive: true, force: true, maxRetries: 3 });
};

/** Removes what ended processes left. */
const removeStale = (dir: string): void => {
  for (const staging of abandonedIn(dir, STAGING)) {
    try {
      removeStaging(dir, staging);
    } catch {
      // It belongs to another process and does no harm.
    }
  }
};

/** Removes `dir` and the folders above it up to `top`, as long as they are empty. */
const removeEmpty = (dir: string, top: string): void => {
  try {
    for (let at = resolve(dir); at.startsWith(resolve(top)); at = dirname(at)) rmdirSync(at);
  } catch {
    // There is something in it.
  }
};

/**
 * Runs `use` with a new folder in `dir`, which is made if it is not there, and removes it in the end, however that comes: when `use` has
 * put nothing into `dir` until then, everything is as it was.
 */
export const inStaging = async <A>(dir: string, use: (staging: string) => Promise<A>): Promise<A> => {
  const staging = join(dir, temporaryName(STAGING));
  let made: string | undefined;
  const undo = (): void => {
    if (existsSync(staging)) removeStaging(dir, staging);
    if (made !== undefined) removeEmpty(dir, made);
  };
  const undone = undoAtExit(undo);
  try {
    made = mkdirSync(dir, { recursive: true });
    removeStale(dir);
    mkdirSync(staging);
    return await use(staging);
  } finally {
    undone();
    undo();
  }
};

/** Gives a finished folder of a staging folder its place in `dir`, where one of that name may be. */
export const putInPlace = (dir: string, staging: string, name: string): void => {
  if (existsSync(join(dir, name))) {
    mkdirSync(join(staging, ASIDE));
    renameSync(join(dir, name), join(staging, ASIDE, name));
  }
  renameSync(join(staging, name), join(dir, name));
};

const writeFile = async (path: string, content: StagedFile[1]): Promise<void> => {
  await using file = await open(path, "wx");
  for (const chunk of typeof content === "string" ? [Buffer.from(content)] : content) await writeFully(file, chunk);
  await file.sync();
};

/**
 * Writes files into a folder, which is made if it is not there.
 *
 * - `files`: in the order in which they take their places
 * - `isStale`: files of the folder that belong to what was there before and are removed in the end, by name
 */
export const writeTogether = <Err extends FluxionError>(
  dir: string,
  files: readonly StagedFile[],
  isStale: (name: string) => boolean,
  caller: Caller<Err>,
): TE.TaskEither<Err, void> =>
  attempt(caller, dir, () =>
    inStaging(dir, async (staging) => {
      for (const [name, content] of files) await writeFile(join(staging, name), content);
      // At one go: no signal comes in between.
      for (const [name] of files) renameSync(join(staging, name), join(dir, name));
      const kept = new Set(files.map(([name]) => name));
      for (const name of readdirSync(dir)) if (isStale(name) && !kept.has(name)) rmSync(join(dir, name));
    }),
  );
