/** @file The folder whose adapters are served: found by name, read when they are first used and again when their files change. */
import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { similar } from "../core/closest.js";
import { DataError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { ADAPTER_SUFFIXES, adapterNames, adapterStem } from "../io/adapter-folder.js";
import { type Adapter, loadAdapter } from "../io/adapters.js";
import { attempt, failure } from "../store/files.js";
import { Refusal, refusal, refusalOf } from "./refusal.js";

/** An adapter by the name of its task, or of its file or folder. */
export type Wanted = { readonly task: string } | { readonly adapter: string };

/** An adapter as it was read. */
export interface Served {
  /** Of its file or folder. */
  readonly name: string;
  readonly adapter: Adapter;
}

export interface AdapterFolder {
  /**
   * The adapter that is wanted, as its files are now.
   *
   * @throws {Refusal} `unknown` where there is none, `changing` while it is being written, `failed` where it cannot be used
   */
  find(wanted: Wanted): Promise<Served>;
  /** How many are kept in memory. */
  kept(): number;
}

/** A version of files: which there are, and what the system says of each. */
type Stamp = string;

interface Kept {
  readonly stamp: Stamp;
  readonly served: Served;
}

const caller: Caller<DataError> = { where: "--prompts <dir>", error: DataError };

/** How often files that change meanwhile are read. */
const TRIES = 3;

const isInside = (folder: string, path: string): boolean => path === folder || path.startsWith(folder + sep);

/** A file, or a folder with everything below it. */
const pathsOf = async (path: string): Promise<string[]> => {
  if (!(await stat(path)).isDirectory()) return [path];
  const below = await readdir(path, { recursive: true });
  return [path, ...below.sort().map((name) => join(path, name))];
};

/** @throws {Refusal} for a link that leads out of the folder */
const stampOf = async (root: string, name: string): Promise<Stamp> => {
  const parts: string[] = [];
  for (const path of await pathsOf(join(root, name))) {
    if (!isInside(root, await realpath(path))) {
      const expected = "files in it, or links to such";
      throw refusal("unknown", "the adapter is not in the folder that is served", { expected, at: name });
    }
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    parts.push(`${path}:${ino}:${size}:${mtimeNs}`);
  }
  return parts.join("\n");
};

const unknown = (kind: string, name: string, known: readonly string[]): Refusal => {
  const near = known.length === 0 ? undefined : similar(name, known);
  return refusal("unknown", `there is no adapter ${kind === "task" ? "for this task" : "of this name"}`, {
    expected: known.length === 0 ? "an adapter in the folder, which is empty" : known.slice(0, 20).join(", "),
    got: name,
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  });
};

/** The file or folder that is wanted among these. @throws {Refusal} where there is none */
const nameOf = (wanted: Wanted, names: readonly string[]): string => {
  const [kind, name] = "task" in wanted ? ["task", wanted.task] : ["adapter", wanted.adapter];
  const ends = kind === "task" ? ADAPTER_SUFFIXES : [""];
  const found = ends.map((end) => name + end).find((one) => names.includes(one));
  if (found !== undefined) return found;
  throw unknown(kind, name, kind === "task" ? [...new Set(names.map(adapterStem))] : names);
};

/**
 * Serves the adapters of a folder. Names are those of its entries, so that no name leads out of it; hidden files and those of other kinds are none.
 *
 * @param check  of an adapter that was read: throws where it does not fit the model
 * @throws {DataError} where there is no such folder
 */
export const adapterFolder = async (dir: string, check: (adapter: Adapter) => void): Promise<AdapterFolder> => {
  const within = <A>(work: () => Promise<A>): Promise<A> => orThrow(attempt(caller, dir, work));
  const root = await within(() => realpath(dir));
  const namesNow = (): Promise<string[]> => within(async () => adapterNames(root));
  await namesNow();
  const kept = new Map<string, Kept>();

  /** Reads an adapter; undefined where its files have changed meanwhile. */
  const read = async (name: string, stamp: Stamp): Promise<Served | undefined> => {
    try {
      const adapter = await loadAdapter(join(root, name));
      check(adapter);
      if ((await stampOf(root, name)) !== stamp) return undefined;
      kept.set(name, { stamp, served: { name, adapter } });
      return { name, adapter };
    } catch (error) {
      if ((await stampOf(root, name)) !== stamp) return undefined;
      throw error;
    }
  };

  const current = async (name: string): Promise<Served> => {
    for (let i = 0; i < TRIES; i++) {
      const stamp = await stampOf(root, name);
      const known = kept.get(name);
      if (known?.stamp === stamp) return known.served;
      kept.delete(name);
      const served = await read(name, stamp);
      if (served !== undefined) return served;
    }
    throw refusal("changing", "the adapter is being written", { at: name, hint: "ask again later" });
  };

  const find = async (wanted: Wanted): Promise<Served> => {
    const names = await namesNow();
    for (const name of kept.keys()) if (!names.includes(name)) kept.delete(name);
    const name = nameOf(wanted, names);
    return current(name).catch((error: unknown) => {
      throw refusalOf(error instanceof Refusal ? error : failure(caller, name)(error), "failed", name);
    });
  };
  return { find, kept: () => kept.size };
};
