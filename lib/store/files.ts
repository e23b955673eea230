/**
 * @file Files of Node, as `TaskEither`s: whole files in, atomic files out, positioned reads.
 *
 * A failure is an error of the caller's class that names the path and what to do about it. A file that is written either
 * has all of its new content or is as it was, also when the process is killed or the disk is full.
 */
import { readdirSync, rmSync } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import * as TE from "fp-ts/lib/TaskEither.js";
import writeFileAtomic from "write-file-atomic";
import { type FluxionError, isFluxionError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { MOST_AT_ONCE, readWhole } from "./open.js";

interface Remedy {
  readonly what: string;
  readonly hint?: string;
}

const REMEDIES: Readonly<Record<string, Remedy>> = {
  ENOENT: {
    what: "there is no such file or folder",
    hint: "check the path; relative paths start at the working directory",
  },
  EISDIR: { what: "this is a folder, not a file", hint: "name the file inside the folder" },
  ENOTDIR: { what: "a part of this path is a file, not a folder" },
  EEXIST: { what: "there is a file where a folder should be", hint: "choose another folder or move the file" },
  EACCES: { what: "no permission", hint: "change the permissions of the path, or choose another" },
  EPERM: { what: "the operation is not permitted", hint: "change the permissions of the path, or choose another" },
  EROFS: { what: "the file system is read-only", hint: "choose a folder that can be written" },
  ENOSPC: { what: "the disk is full", hint: "free some space; a file that was there before is unchanged" },
  EMFILE: { what: "too many files are open", hint: "raise the limit (ulimit -n) or close some" },
  ELOOP: { what: "the link leads back to itself", hint: "remove the link, or name the file that it should lead to" },
  ENAMETOOLONG: { what: "the path is too long" },
};

/** What a file operation on `path` throws, as an error of the caller. */
export const failure =
  <Err extends FluxionError>(caller: Caller<Err>, path: string) =>
  (cause: unknown): Err => {
    if (isFluxionError(cause)) return cause as Err;
    const { code, message } = cause as NodeJS.ErrnoException;
    const remedy = REMEDIES[code ?? ""] ?? { what: `the operation failed: ${message}` };
    return new caller.error({ where: caller.where, ...remedy, at: path }, { cause });
  };

/** Runs a file operation on `path`; what it throws becomes the caller's error. */
export const attempt = <Err extends FluxionError, A>(
  caller: Caller<Err>,
  path: string,
  run: () => Promise<A>,
): TE.TaskEither<Err, A> => TE.tryCatch(run, failure(caller, path));

/** The whole file, of at most `most` bytes. */
export const readBytes = <Err extends FluxionError>(
  path: string,
  caller: Caller<Err>,
  most?: number,
): TE.TaskEither<Err, Uint8Array> => attempt(caller, path, () => readWhole(path, caller, most));

/** The whole file as text, of at most `most` bytes. Bytes that are not UTF-8 are an error; a byte order mark is dropped. */
export const readText = <Err extends FluxionError>(
  path: string,
  caller: Caller<Err>,
  most?: number,
): TE.TaskEither<Err, string> =>
  attempt(caller, path, async () => {
    const bytes = await readWhole(path, caller, most);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (cause) {
      throw new caller.error(
        {
          where: caller.where,
          what: "the file is not text",
          expected: "UTF-8",
          at: path,
          hint: "is this the right file?",
        },
        { cause },
      );
    }
  });

/** The names in a folder; undefined when the path is that of a file. */
export const namesIn = <Err extends FluxionError>(
  path: string,
  caller: Caller<Err>,
): TE.TaskEither<Err, readonly string[] | undefined> =>
  attempt(caller, path, async () => ((await stat(path)).isDirectory() ? (await readdir(path)).sort() : undefined));

/** Makes a folder and those above it, if they are not there. */
export const ensureDir = <Err extends FluxionError>(path: string, caller: Caller<Err>): TE.TaskEither<Err, void> =>
  attempt(caller, path, async () => {
    await mkdir(path, { recursive: true });
  });

/**
 * Replaces a file in one step: the content goes to a temporary file beside it, is synced to the disk and then renamed. Chunks
 * are written one after the other, so that a large file need not be put together in memory.
 */
export const writeAtomic = <Err extends FluxionError>(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
  caller: Caller<Err>,
): TE.TaskEither<Err, void> => {
  const chunks =
    typeof content === "string" ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content;
  // write-file-atomic issues a single write(2), which may stop short above 2 GiB or on a disk that fills up; so it is given
  // no data, and the content is written in full through the hook that runs before its fsync and rename.
  const fill = async (temporary: string): Promise<void> => {
    await using file = await open(temporary, "r+");
    for (const chunk of chunks) await writeFully(file, chunk);
  };
  return attempt(caller, path, async () => {
    await writeFileAtomic(path, "", { fsync: true, tmpfileCreated: fill as (temporary: string) => void });
  });
};

/**
 * Removes the temporary files below a folder that a killed process left of `writeAtomic`: `PATH.NUMBER`, where `isOurs` says which paths were
 * written there.
 */
export const removeUnfinished = (dir: string, isOurs: (path: string) => boolean): void => {
  for (const path of readdirSync(dir, { recursive: true }) as string[]) {
    const written = path.replace(/\.\d+$/, "");
    if (written !== path && isOurs(written.replaceAll(sep, "/"))) rmSync(join(dir, path), { force: true });
  }
};

/** Writes all of a chunk; a single write(2) may stop short. */
export const writeFully = async (file: FileHandle, chunk: Uint8Array): Promise<void> => {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, Math.min(chunk.length - done, MOST_AT_ONCE))).bytesWritten;
  }
};

/** A whole file of at most `most` bytes; run it inside of `attempt`. A pipe, a device or a link is refused. */
export const readBounded = async <Err extends FluxionError>(
  path: string,
  most: number,
  { where, error }: Caller<Err>,
): Promise<Uint8Array> => {
  const info = await lstat(path);
  if (!info.isFile()) throw new error({ where, what: "not a file", at: path });
  return readWhole(path, { where, error }, most);
};
