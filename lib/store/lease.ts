/**
 * @file Leases: files that say who works on something, until when nothing was heard of the holder for too long.
 *
 * A lease is claimed by a hard link, which only one process can make, and renewed by writing into it. Its age is the difference of two times of the file
 * system, that of its last renewal and that of a file written just now, so that the clocks of the machines do not matter.
 */
import { link, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import * as t from "io-ts";
import { CheckpointError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { attempt, readText } from "./files.js";
import { temporaryName } from "./temporary.js";

const caller: Caller<CheckpointError> = { where: "lease", error: CheckpointError };

const Holder = t.readonly(t.type({ owner: t.string, host: t.string, pid: t.number, seconds: t.number }), "lease");

/** Who holds a lease; after so many seconds without a renewal it may be taken over. */
export type Holder = t.TypeOf<typeof Holder>;

/** A lease that this process holds. */
export interface Lease {
  /** Who held it before, and was not heard of any more. */
  readonly before: Holder | undefined;
  /** Renews it; false when it is held by another process now. */
  readonly renew: () => Promise<boolean>;
  /** Gives it back. */
  readonly release: () => Promise<void>;
}

/** A lease as its file has it. */
interface Seen {
  readonly text: string;
  readonly holder: Holder | undefined;
  readonly mtimeMs: number;
}

const hasCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

/** What a promise gives; undefined where the file is not there. */
const unlessMissing = async <A>(work: Promise<A>): Promise<A | undefined> => {
  try {
    return await work;
  } catch (error) {
    const cause: unknown = (error as Error).cause ?? error;
    if (hasCode(cause, "ENOENT")) return undefined;
    throw error;
  }
};

const holderIn = (text: string): Holder | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return Holder.is(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const look = async (path: string): Promise<Seen | undefined> => {
  const info = await unlessMissing(stat(path));
  const text = await unlessMissing(orThrow(readText(path, caller)));
  return info && text !== undefined ? { text, holder: holderIn(text), mtimeMs: info.mtimeMs } : undefined;
};

/** Takes a lease away from its place if it still is what was seen, and puts it back if it is not. */
const takeAway = async (path: string, isSame: (seen: Seen) => boolean): Promise<boolean> => {
  const apart = join(dirname(path), temporaryName(`.${basename(path)}`));
  const moved = await unlessMissing(rename(path, apart).then(() => true));
  if (moved === undefined) return false;
  const seen = await look(apart);
  const same = seen === undefined || isSame(seen);
  // Where another has claimed it in the meantime, the holder finds that at its next renewal.
  if (!same) await link(apart, path).catch(() => undefined);
  await rm(apart, { force: true });
  return same;
};

/** Writes into a lease as long as its file is the holder's. The bytes stay the same, the time does not. */
const renew = async (path: string, text: string): Promise<boolean> => {
  const file = await unlessMissing(open(path, "r+"));
  if (file === undefined) return false;
  try {
    if ((await file.readFile("utf8")) !== text) return false;
    await file.write(text, 0);
    const [mine, there] = [await file.stat(), await unlessMissing(stat(path))];
    return mine.ino === there?.ino;
  } finally {
    await file.close();
  }
};

/** Takes leases in a folder, one after another, for one process. */
export interface Leases {
  /** The lease of a name, unless another process holds it. */
  readonly claim: (name: string) => Promise<Lease | undefined>;
  /** Who holds which lease; those that are free, or whose holders have not renewed them in time, are left out. */
  readonly holders: () => Promise<ReadonlyMap<string, Holder>>;
}

/** Seconds of a lease whose file cannot be read. */
const USUAL_SECONDS = 60;

const isStale = ({ holder, mtimeMs }: Seen, now: number): boolean =>
  now - mtimeMs > 1000 * (holder?.seconds ?? USUAL_SECONDS);

/** Writes a new file, and gives its time to `use`: the file system's now. */
const withFile = async <A>(path: string, text: string, use: (now: number) => Promise<A>): Promise<A> => {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, text);
    return await use((await stat(path)).mtimeMs);
  } finally {
    await rm(path, { force: true });
  }
};

/** Makes the link of a claim; some network file systems report a link that was made as an error, so that the number of links decides. */
const linked = async (own: string, path: string): Promise<boolean> => {
  try {
    await link(own, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
  return (await stat(own)).nlink === 2;
};

/**
 * The leases in a folder.
 *
 * - `seconds`: after how many seconds without a renewal another process may take over a lease that is claimed here
 */
export const leasesIn = (folder: string, seconds: number): Leases => {
  const claim = async (name: string): Promise<Lease | undefined> => {
    const path = join(folder, name);
    const own = join(folder, temporaryName(".claim"));
    const text = JSON.stringify({ owner: basename(own), host: hostname(), pid: process.pid, seconds });
    return withFile(own, text, async (now) => {
      let before: Seen | undefined;
      if (!(await linked(own, path))) {
        before = await look(path);
        if (before !== undefined && !isStale(before, now)) return undefined;
        const old = before;
        if (
          old !== undefined &&
          !(await takeAway(path, (seen) => seen.text === old.text && seen.mtimeMs === old.mtimeMs))
        )
          return undefined;
        if (!(await linked(own, path))) return undefined;
      }
      return {
        before: before?.holder,
        renew: () => orThrow(attempt(caller, path, () => renew(path, text))),
        release: async () => {
          await orThrow(attempt(caller, path, () => takeAway(path, (seen) => seen.text === text)));
        },
      };
    });
  };
  const holders = async (): Promise<ReadonlyMap<string, Holder>> => {
    const names = ((await unlessMissing(readdir(folder))) ?? []).filter((name) => !name.startsWith("."));
    const seen: (readonly [name: string, lease: Seen])[] = [];
    for (const name of names) {
      const lease = await look(join(folder, name));
      if (lease !== undefined) seen.push([name, lease]);
    }
    if (seen.length === 0) return new Map();
    return withFile(
      join(folder, temporaryName(".clock")),
      ".",
      async (now) =>
        new Map(
          seen.flatMap(([name, lease]) =>
            lease.holder === undefined || isStale(lease, now) ? [] : [[name, lease.holder] as const],
          ),
        ),
    );
  };
  return {
    claim: (name) => orThrow(attempt(caller, join(folder, name), () => claim(name))),
    holders: () => orThrow(attempt(caller, folder, holders)),
  };
};
