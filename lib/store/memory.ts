/** @file Files in memory: for tests, and for runs whose results are not kept. */
import { takes } from "../core/composite.js";
import { CheckpointError } from "../core/errors.js";
import { joined, piecesOf, type Store } from "./store.js";

/** What stores in memory share: files by path, and the folders that a writer has taken. */
interface Memory {
  readonly files: Map<string, Uint8Array>;
  readonly locked: Set<string>;
}

const storeIn = (memory: Memory, prefix: string): Store => {
  const { files, locked } = memory;
  const name = (path = ""): string => (prefix + path === "" ? "memory" : `memory: ${prefix}${path}`);
  return {
    name,
    list: async () =>
      [...files.keys()].flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : [])).sort(),
    open: async (path) => {
      const bytes = files.get(prefix + path);
      if (bytes === undefined) return undefined;
      return { size: bytes.length, read: async (at, length) => bytes.slice(at, at + length), close: async () => {} };
    },
    write: async (path, content) => {
      files.set(prefix + path, joined(piecesOf(content)));
    },
    append: async (path, content) => {
      files.set(prefix + path, joined([files.get(prefix + path) ?? new Uint8Array(), ...piecesOf(content)]));
    },
    remove: async (path) => {
      files.delete(prefix + path);
    },
    below: (folder) => storeIn(memory, `${prefix}${folder}/`),
    lock: async () => {
      if (locked.has(prefix)) {
        const [what, hint] = ["another run writes here", "wait until it has ended, or choose another store"];
        throw new CheckpointError({ where: "store", what, at: name(), hint });
      }
      locked.add(prefix);
      return async () => {
        locked.delete(prefix);
      };
    },
  };
};

/**
 * A store in memory, empty at first.
 *
 * @example const store = memoryStore();
 */
export const memoryStore = takes("memoryStore()", (): Store => storeIn({ files: new Map(), locked: new Set() }, ""));
