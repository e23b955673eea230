/**
 * @file The part of a file that has arrived: a folder beside the file with its bytes and the version they belong to.
 *
 * A download works in a folder named after its process, so that two that load the same file do not write into one. What it leaves when it
 * stops, and what a killed process left, is taken over by the next by renaming the folder, which only one of several can do.
 */
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readWhole } from "../../store/open.js";
import { abandonedIn, temporaryName } from "../../store/temporary.js";
import { CALLER } from "./content.js";

/** What the bytes of a part belong to. */
interface Version {
  readonly url: string;
  readonly validator: string | undefined;
}

export interface Part {
  /** The file with the bytes so far; there may be none yet. */
  readonly bytes: string;
  /** How many there are. */
  size(): Promise<number>;
  /** The validator of its version, by which the rest may be asked for; a part without it is of no use. */
  validator(url: string): Promise<string | undefined>;
  describe(version: Version): Promise<void>;
  /** Leaves it to the next process. */
  release(): Promise<void>;
  /** Gives the file its name; abandoned parts of it are removed. */
  finish(): Promise<void>;
}

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
};

const bytesIn = (folder: string): string => join(folder, "bytes");

/** Whether a folder could be renamed: it was there, and no other process was faster. */
const renamed = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    () => false,
  );

/** The abandoned parts of a file. */
const unowned = (released: string): string[] => [released, ...abandonedIn(dirname(released), basename(released))];

/** Takes over the longest of these parts; false when none has bytes. */
const takeOver = async (folders: readonly string[], own: string): Promise<boolean> => {
  const sized = await Promise.all(folders.map(async (folder) => ({ folder, size: await sizeOf(bytesIn(folder)) })));
  for (const { folder, size } of sized.toSorted((a, b) => b.size - a.size)) {
    if (size > 0 && (await renamed(folder, own))) return true;
  }
  return false;
};

/** Takes over a part of the file at `path`, or begins one; its folder is made if it is not there. */
export const openPart = async (path: string): Promise<Part> => {
  const released = `${path}.part`;
  const own = temporaryName(released);
  await mkdir(dirname(path), { recursive: true });
  if (!(await takeOver(unowned(released), own))) await mkdir(own);
  const bytes = bytesIn(own);
  const note = join(own, "version.json");
  return {
    bytes,
    size: () => sizeOf(bytes),
    validator: async (url) => {
      try {
        const text = new TextDecoder().decode(await readWhole(note, CALLER));
        const version = JSON.parse(text) as { url?: unknown; validator?: unknown } | null;
        return version?.url === url && typeof version.validator === "string" ? version.validator : undefined;
      } catch {
        return undefined;
      }
    },
    describe: (version) => writeFile(note, JSON.stringify(version)),
    release: async () => {
      const useful = (await sizeOf(bytes)) > 0;
      if (!useful || !(await renamed(own, released))) await rm(own, { recursive: true, force: true });
    },
    finish: async () => {
      await rename(bytes, path);
      for (const folder of [own, ...unowned(released)]) await rm(folder, { recursive: true, force: true });
    },
  };
};
