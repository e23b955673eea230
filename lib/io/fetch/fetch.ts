/** @file Models and data sets by name, from their servers into a cache folder. What is there is not asked for again. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import envPaths from "env-paths";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../../core/composite.js";
import { DownloadError } from "../../core/errors.js";
import { promised } from "../../edge/either.js";
import { attempt } from "../../store/files.js";
import { type ModelSource, SOURCE_NAMES, sourceOf } from "./catalogue.js";
import { CALLER } from "./content.js";
import type { DataSource } from "./data-sets.js";
import { fetchData } from "./fetch-data.js";
import { fetchModel } from "./fetch-model.js";
import { openPlace, type PlaceOptions } from "./place.js";

export type { FetchProgress } from "./place.js";

export interface FetchOptions extends PlaceOptions {
  /** The cache; by default `FLUXION_CACHE`, else the cache folder of the system. */
  readonly cacheDir?: string | undefined;
  /** A server to ask instead, with the same paths; by default `HF_ENDPOINT` for models. */
  readonly mirror?: string | undefined;
  /** Branch, tag or commit of a model repository; `main`. */
  readonly revision?: string | undefined;
}
/** What was fetched, or was there. */
export interface Fetched {
  /** The model folder for `loadHuggingFace` and `loadTokenizer`, or the data folder for `loadTask`. */
  readonly folder: string;
  /** Names below the folder. */
  readonly files: readonly string[];
  /** Licence or terms, as far as they are known; of a group, those of each set in it. */
  readonly licence: string;
}

/** The folder that fetched files are kept in: `FLUXION_CACHE`, else the cache folder of the system. */
export const cacheFolder = takes(
  "cacheFolder()",
  (): string => process.env.FLUXION_CACHE || envPaths("fluxion", { suffix: "" }).cache,
);

const unknownName = (name: string): DownloadError =>
  new DownloadError({
    where: CALLER.where,
    what: "there is no model or data set of this name",
    expected: `${SOURCE_NAMES.join(", ")}, or owner/repository`,
    got: name,
  });

const trimmed = (address: string | undefined): string | undefined => address?.replace(/\/+$/, "") || undefined;

const modelIn = async (
  source: ModelSource,
  cache: string,
  options: FetchOptions,
): Promise<Omit<Fetched, "licence">> => {
  const { revision = "main" } = options;
  const origin = trimmed(options.mirror ?? process.env.HF_ENDPOINT) ?? "https://huggingface.co";
  const base = `${origin}/${source.repository}/resolve/${encodeURIComponent(revision)}`;
  // Another revision has its own folder, so that the files of two are never mixed.
  const folder = join(cache, revision === "main" ? source.folder : `${source.folder}@${revision.replaceAll("/", "-")}`);
  await mkdir(folder, { recursive: true });
  return { folder, files: await fetchModel(source, { ...(await openPlace(folder, options)), base }) };
};

const dataIn = async (source: DataSource, cache: string, options: FetchOptions): Promise<Omit<Fetched, "licence">> => {
  const folder = join(cache, source.folder);
  await mkdir(folder, { recursive: true });
  return { folder, files: await fetchData(source, await openPlace(folder, options), trimmed(options.mirror)) };
};

/** The licence of a source, or those of the members of a group, with their names. */
const licencesOf = (source: ModelSource | DataSource): string => {
  const members = (source.kind === "data" ? source.members : undefined) ?? [];
  return members.map(({ name, licence }) => `${name}: ${licence}`).join("; ") || source.licence;
};

/** Fetches what a source names; run it inside of `attempt`. */
export const fetchSource = async (source: ModelSource | DataSource, options: FetchOptions): Promise<Fetched> => {
  const { cacheDir: cache = cacheFolder() } = options;
  const fetched = source.kind === "model" ? modelIn(source, cache, options) : dataIn(source, cache, options);
  return { ...(await fetched), licence: licencesOf(source) };
};

/** As `fetchFiles`, as a TaskEither of fp-ts. */
export const fetchFilesTE = takes(
  "fetchFilesTE(name, { cacheDir, mirror, revision, onProgress, signal, retries, delayMs, silenceMs })",
  (name: string, options: FetchOptions = {}): TE.TaskEither<DownloadError, Fetched> =>
    attempt(CALLER, options.cacheDir ?? cacheFolder(), async () => {
      const source = sourceOf(name);
      if (source === undefined) throw unknownName(name);
      return fetchSource(source, options);
    }),
);

/**
 * Fetches a model or a data set into the cache and gives its folder; what is there already is not asked for again.
 *
 * Names are `t5-small`, `t5-1.1-small`, `t5-small-lm-adapt`, `flan-t5-small`, `mt5-small` and so on for the other sizes, `owner/repository` for any model
 * of Hugging Face, `superglue-cb`, `glue-mnli`, `mrqa-drop` and so on for the other tasks, `superglue`, `glue` and `mrqa` for all of them, `squad` and `dpr`. A fetch
 * that was interrupted goes on where it stopped. Files are compared with the size and checksum that are recorded, or that their server declares, and
 * `fluxion-lock.json` in the folder then keeps these.
 *
 * - `name`: of the model or data set
 * - `options`: cache folder, mirror, revision, progress, and a signal that interrupts
 *
 * @returns the folder, the names of the files in it, and the licence
 * @throws {DownloadError} that says what was tried and how to do it by hand
 * @example const { folder } = await fetchFiles("t5-small-lm-adapt")
 */
export const fetchFiles = promised(
  "fetchFiles(name, { cacheDir, mirror, revision, onProgress, signal, retries, delayMs, silenceMs })",
  fetchFilesTE,
);
