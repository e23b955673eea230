/**
 * @file Several files that belong together, replaced together: all are written in full in a folder beside them and then renamed, one
 * after the other. What fails or is killed while writing changes nothing; the renaming itself takes moments.
 */
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { FluxionError } from "../core/errors.js";
import type { Caller } from "./decode.js";
import { attempt, writeAtomic } from "./files.js";

/** A file by its name in the folder, and its content. */
export type StagedFile = readonly [name: string, content: string | Iterable<Uint8Array>];

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
  attempt(caller, dir, async () => {
    await mkdir(dir, { recursive: true });
    const staging = await mkdtemp(join(dir, ".saving-"));
    try {
      for (const [name, content] of files) {
        const written = await writeAtomic(join(staging, name), content, caller)();
        if (E.isLeft(written)) throw written.left;
      }
      for (const [name] of files) await rename(join(staging, name), join(dir, name));
      const kept = new Set(files.map(([name]) => name));
      for (const name of await readdir(dir)) if (isStale(name) && !kept.has(name)) await rm(join(dir, name));
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  });
