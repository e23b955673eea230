/**
 * @file The lock file of a cache folder: size and SHA-256 of every file that was fetched into it.
 *
 * A file that is there as the lock says is not asked for again, so that what was fetched once works offline; large ones are known by their
 * size. A file that was put there by hand is taken into the lock as it is.
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import { DownloadError } from "../../core/errors.js";
import { decodeAs, naturalNumber, withDefault } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { parseJson } from "../../edge/json.js";
import { readText, writeAtomic } from "../../store/files.js";
import { CALLER, insteadOfFile } from "./content.js";
import { differenceOf, type Found, type Sums, sumsOf } from "./sums.js";

const Entry = t.type({ size: naturalNumber, sha256: t.string, url: t.union([t.string, t.null]) }, "locked file");
const Lock = t.type(
  { version: t.literal(1), files: t.record(t.string, Entry), absent: withDefault(t.array(t.string), []) },
  "lock file",
);
export type LockEntry = t.TypeOf<typeof Entry>;

const NAME = "fluxion-lock.json";
/** Larger files are not hashed again each time; this many bytes take a few hundredths of a second. */
const MOST_HASHED = 2 ** 24;

const sizeAt = async (path: string): Promise<number | undefined> => {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
};

/** @throws {DownloadError} for a file that is not as the lock has it */
const checkUnchanged = async (file: string, size: number, locked: LockEntry, lock: string): Promise<void> => {
  const sha256 = size <= MOST_HASHED ? (await sumsOf(file)).sha256 : locked.sha256;
  if (locked.size === size && locked.sha256 === sha256) return;
  const of = (bytes: number, sum: string): string => `${bytes} bytes${size <= MOST_HASHED ? `, SHA-256 ${sum}` : ""}`;
  throw new DownloadError({
    ...{ where: CALLER.where, what: "a file in the cache has changed since it was fetched" },
    ...{ expected: of(locked.size, locked.sha256), got: of(size, sha256), at: file },
    hint: `delete it to fetch it again; to keep it, delete its entry in ${lock}`,
  });
};

/** @throws {DownloadError} for a file that was put there by hand and is not the recorded one */
const checkRecorded = (file: string, recorded: Sums, found: Found): void => {
  const difference = differenceOf(recorded, found);
  if (difference === undefined) return;
  throw new DownloadError({
    ...{ where: CALLER.where, what: "a file in the cache is not the recorded one", ...difference, at: file },
    hint: "it is damaged, or newer than the record; put the recorded one there, or delete it",
  });
};

export interface FolderLock {
  /** The entry of a file that is there and as the lock says; one that was put there by hand has to be as `recorded`. */
  present(name: string, recorded?: Sums): Promise<LockEntry | undefined>;
  /** The SHA-256 that an earlier download had, also when the file is gone. */
  sha256(name: string): string | undefined;
  add(name: string, entry: LockEntry): Promise<void>;
  /** Deletes a file that was fetched and cannot be used, so that it is fetched anew; one that was put there by hand stays. Whether it did. */
  forget(name: string): Promise<boolean>;
  /** Whether the server once had no such file. */
  isAbsent(name: string): boolean;
  addAbsent(name: string): Promise<void>;
}

/**
 * The lock of a folder; an empty one when the folder has none.
 *
 * @throws {DownloadError} when the lock file is damaged, or a file has another size than it says
 */
export const openLock = async (folder: string): Promise<FolderLock> => {
  const path = join(folder, NAME);
  const read = pipe(
    readText(path, CALLER),
    TE.chainEitherK((text) => parseJson(text, CALLER, path)),
    TE.chainEitherK(decodeAs(Lock, CALLER, path, "delete this file; the files beside it are then hashed anew")),
  );
  const stored = async () => ((await sizeAt(path)) === undefined ? undefined : orThrow(read));
  const lock = await stored();
  const files = new Map(Object.entries(lock?.files ?? {}));
  const absent = new Set(lock?.absent);

  /** Another process may have added to the file since it was read. */
  const change = async (edit: (files: Map<string, LockEntry>, absent: Set<string>) => void): Promise<void> => {
    const now = await stored();
    const [locked, missing] = [new Map(Object.entries(now?.files ?? {})), new Set(now?.absent)];
    edit(locked, missing);
    edit(files, absent);
    const content = { version: 1, files: Object.fromEntries([...locked].sort()), absent: [...missing].sort() };
    await orThrow(writeAtomic(path, `${JSON.stringify(content, null, 2)}\n`, CALLER));
  };
  const add = (name: string, entry: LockEntry): Promise<void> => change((locked) => void locked.set(name, entry));
  const forget = async (name: string): Promise<boolean> => {
    if (typeof files.get(name)?.url !== "string") return false;
    await rm(join(folder, name), { force: true });
    await change((locked) => void locked.delete(name));
    return true;
  };
  return {
    add,
    forget,
    isAbsent: (name) => absent.has(name),
    addAbsent: async (name) => {
      if (absent.has(name)) return;
      await change((_, missing) => void missing.add(name));
    },
    sha256: (name) => files.get(name)?.sha256,
    present: async (name, recorded = {}) => {
      const file = join(folder, name);
      const size = await sizeAt(file);
      if (size === undefined) return undefined;
      const instead = await insteadOfFile(file, file, "delete it to fetch it again");
      if (instead !== undefined) {
        if (await forget(name)) return undefined;
        throw instead;
      }
      const known = files.get(name);
      if (known !== undefined) {
        await checkUnchanged(file, size, known, path);
        return known;
      }
      const found = await sumsOf(file, recorded.md5 !== undefined);
      checkRecorded(file, recorded, found);
      const entry = { size: found.size, sha256: found.sha256, url: null };
      await add(name, entry);
      return entry;
    },
  };
};
