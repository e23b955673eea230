/** @file One file of a model or data set, into its folder in the cache, where the lock says what it has to be. */
import { join } from "node:path";
import { DownloadError, isFluxionError } from "../../core/errors.js";
import { type DownloadOptions, download } from "./download.js";
import { type FolderLock, openLock } from "./lock.js";
import type { Sums } from "./sums.js";

/** How far a fetch is. */
export interface FetchProgress {
  /** Name of the file that is being fetched. */
  readonly file: string;
  /** Bytes of it so far. */
  readonly done: number;
  /** Bytes of it in all, where they are known. */
  readonly total: number | undefined;
}
export interface PlaceOptions extends Pick<DownloadOptions, "signal" | "retries" | "delayMs" | "silenceMs"> {
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}
/** Where files come to lie. */
export interface Place {
  readonly folder: string;
  readonly lock: FolderLock;
  readonly options: PlaceOptions;
}

/** The place of a folder, which has to be there. */
export const openPlace = async (folder: string, options: PlaceOptions): Promise<Place> => ({
  folder,
  lock: await openLock(folder),
  options,
});

interface Wanted extends Sums {
  readonly name: string;
  readonly url: string;
}

const LOCKED = "the file may have changed since it was fetched first; fluxion-lock.json has its checksum of then";
const RECORDED = "the file is damaged, or newer than the record; try later, or name a mirror that has the recorded one";

/** What is known of a file: as it is recorded, or else as it was when it was fetched first. */
const knownOf = ({ size, sha256, md5 }: Wanted, locked: string | undefined) => {
  if (sha256 !== undefined || md5 !== undefined) return { size, sha256, md5, remedy: RECORDED };
  return { size, sha256: locked, remedy: locked === undefined ? undefined : LOCKED };
};

/** One file, from the cache or the server. */
export const fetchFile = async ({ folder, lock, options }: Place, wanted: Wanted): Promise<string> => {
  const { name, url } = wanted;
  if ((await lock.present(name, wanted)) !== undefined) return name;
  const { onProgress, signal, retries, delayMs, silenceMs } = options;
  const { size, sha256 } = await download(
    { url, path: join(folder, name), ...knownOf(wanted, lock.sha256(name)) },
    { signal, retries, delayMs, silenceMs, onBytes: (done, total) => onProgress?.({ file: name, done, total }) },
  );
  await lock.add(name, { size, sha256, url });
  return name;
};

/** An error of the network with the way to do without it; another one as it is. */
export const withByHand = (error: unknown, byHand: string): unknown => {
  if (!isFluxionError(error, "DownloadError") || error.mismatch.at?.startsWith("http") !== true) return error;
  const hint = [error.mismatch.hint, byHand].filter((part) => part !== undefined).join("; ");
  return new DownloadError({ ...error.mismatch, hint }, { cause: error.cause });
};
