/** @file Files in memory: for tests, and for runs whose results nobody keeps. */
import { CheckpointError } from "../core/errors.js";
import { joined, piecesOf, type Store } from "./store.js";

/**
 * A store in memory, empty at first.
 *
 * @example const store = memoryStore();
 */
export const memoryStore = (): Store => {
  const files = new Map<string, Uint8Array>();
  let locked = false;
  const name = (path?: string): string => (path === undefined ? "memory" : `memory: ${path}`);
  return {
    name,
    list: async () => [...files.keys()].sort(),
    open: async (path) => {
      const bytes = files.get(path);
      if (bytes === undefined) return undefined;
      return { size: bytes.length, read: async (at, length) => bytes.slice(at, at + length), close: async () => {} };
    },
    write: async (path, content) => {
      files.set(path, joined(piecesOf(content)));
    },
    append: async (path, content) => {
      files.set(path, joined([files.get(path) ?? new Uint8Array(), ...piecesOf(content)]));
    },
    lock: async () => {
      if (locked) {
        const [what, hint] = ["another run writes here", "wait until it has ended, or choose another store"];
        throw new CheckpointError({ where: "store", what, at: name(), hint });
      }
      locked = true;
      return async () => {
        locked = false;
      };
    },
  };
};
