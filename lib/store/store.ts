/** @file Where the files of a run live: one interface, for the file system of Node and for memory. */
import { takesLater } from "../core/composite.js";

/** An open file. */
export interface OpenFile {
  /** In bytes. */
  readonly size: number;
  /** `length` bytes from `at` on; fewer where the file ends before. */
  read(at: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The content of a file: text in UTF-8, or bytes in pieces. */
export type Content = string | Uint8Array | Iterable<Uint8Array>;

/**
 * A tree of files under paths with slashes, such as `adapter/adapter_config.json`; folders are made as they are needed.
 *
 * All functions reject with a typed error that names the path, and the remedy where one is known.
 */
export interface Store {
  /** The name of a path in messages, such as its place in the file system; without a path, the name of the store. */
  name(path?: string): string;
  /** The paths of all files, sorted. */
  list(): Promise<readonly string[]>;
  /** The file at a path; undefined where there is none. */
  open(path: string): Promise<OpenFile | undefined>;
  /** Writes a file in whole, or leaves everything as it was. */
  write(path: string, content: Content): Promise<void>;
  /** Adds text or bytes to the end of a file, which is made if it is not there. A process that is killed may leave a part of them. */
  append(path: string, content: string | Uint8Array): Promise<void>;
  /** Removes a file, if it is there. */
  remove(path: string): Promise<void>;
  /** The store of the files below a folder. */
  below(folder: string): Store;
  /**
   * Takes the store for one writer, and removes what a killed one has left unfinished; the result gives it back.
   *
   * - `isOurs`: which files the writer writes, by path
   */
  lock(isOurs: (path: string) => boolean): Promise<() => Promise<void>>;
}

/** The bytes of a file; undefined where there is none. */
export const readFrom = takesLater(
  "readFrom(store, path)",
  async (store: Store, path: string): Promise<Uint8Array | undefined> => {
    const file = await store.open(path);
    if (file === undefined) return undefined;
    try {
      return await file.read(0, file.size);
    } finally {
      await file.close();
    }
  },
);

/** The pieces of a content. */
export const piecesOf = (content: Content): Iterable<Uint8Array> => {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
};

/** Pieces as one array. */
export const joined = (pieces: Iterable<Uint8Array>): Uint8Array => {
  const all = [...pieces];
  const bytes = new Uint8Array(all.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of all) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
};
