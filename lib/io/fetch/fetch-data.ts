/** @file The files of a data set, one after the other; archives are unpacked beside themselves. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DownloadError, isFluxionError } from "../../core/errors.js";
import { CALLER } from "./content.js";
import type { DataFile, DataSource } from "./data-sets.js";
import { fetchFile, type Place, withByHand } from "./place.js";
import { unzipFiles } from "./unzip.js";

const withRetry = ({ mismatch, cause }: DownloadError): DownloadError =>
  new DownloadError({ ...mismatch, hint: "it was deleted; run again to fetch it anew" }, { cause });

/** A file that only those get who register, when it was put there. */
const takeByHand = async ({ folder, lock }: Place, file: DataFile): Promise<string> => {
  if ((await lock.present(file.name, file)) !== undefined) return file.name;
  const path = join(folder, file.name);
  throw new DownloadError({
    where: CALLER.where,
    what: "this file is given to those who register, and cannot be fetched",
    ...{ expected: `the file ${path}`, got: "no file", at: file.url },
    hint: `register at ${file.url}, and save the file as ${path}`,
  });
};

const fetchHere = async (place: Place, file: DataFile, mirror: string | undefined): Promise<string> => {
  const { pathname, search, origin } = new URL(file.url);
  const url = `${mirror ?? origin}${pathname}${search}`;
  try {
    return await fetchFile(place, { ...file, url });
  } catch (error) {
    throw withByHand(error, `or load ${url} elsewhere, save it as ${join(place.folder, file.name)}, and run again`);
  }
};

const unpack = async (place: Place, name: string, folder: string, files: readonly string[]): Promise<void> => {
  try {
    await unzipFiles(join(place.folder, name), folder, files);
  } catch (error) {
    // Its bytes are not to be expected of the server again.
    if (isFluxionError(error, "DownloadError") && (await place.lock.forget(name))) throw withRetry(error);
    throw error;
  }
};

const fetchOne = async (place: Place, file: DataFile, mirror: string | undefined): Promise<string[]> => {
  if (file.isPage) return [await takeByHand(place, file)];
  if (file.unpack === undefined) return [await fetchHere(place, file, mirror)];
  const { folder, files } = file.unpack;
  const path = join(place.folder, folder);
  if (!existsSync(path)) await unpack(place, await fetchHere(place, file, mirror), path, files);
  return (await readdir(path)).sort().map((name) => `${folder}/${name}`);
};

/** Fetches the files of a data set, and gives the names of those that are read. */
export const fetchData = async (
  { files }: DataSource,
  place: Place,
  mirror: string | undefined,
): Promise<readonly string[]> => {
  const names: string[] = [];
  for (const file of files) names.push(...(await fetchOne(place, file, mirror)));
  return names;
};
