/**
 * @file Models and data sets by name, from their servers into a cache folder.
 *
 * One file after the other; what is there is not asked for again. Weights in shards are fetched by their index.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import envPaths from "env-paths";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import { DownloadError, isFluxionError } from "../../core/errors.js";
import { decodeAs, such } from "../../edge/decode.js";
import { orThrow, promised } from "../../edge/either.js";
import { attempt } from "../../store/files.js";
import { readJson } from "../../store/json-file.js";
import {
  type DataSource,
  INDEX,
  type ModelSource,
  SOURCE_NAMES,
  sourceOf,
  VOCABULARIES,
  WEIGHTS,
} from "./catalogue.js";
import { CALLER } from "./content.js";
import { type DownloadOptions, download } from "./download.js";
import { type FolderLock, openLock } from "./lock.js";
import { unzipRows } from "./unzip.js";

/** How far a fetch is. */
export interface FetchProgress {
  /** Name of the file that is being fetched. */
  readonly file: string;
  /** Bytes of it so far. */
  readonly done: number;
  /** Bytes of it in all, where the server states them. */
  readonly total: number | undefined;
}
export interface FetchOptions extends Pick<DownloadOptions, "signal" | "retries" | "delayMs" | "silenceMs"> {
  /** The cache; by default `FLUXION_CACHE`, else the cache folder of the system. */
  readonly cacheDir?: string | undefined;
  /** A server to ask instead, with the same paths; by default `HF_ENDPOINT` for models. */
  readonly mirror?: string | undefined;
  /** Branch, tag or commit of a model repository; `main`. */
  readonly revision?: string | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}
/** What was fetched, or was there. */
export interface Fetched {
  /** The model folder for `loadHuggingFace` and `loadTokenizer`, or the data folder for `loadTask`. */
  readonly folder: string;
  /** Names below the folder. */
  readonly files: readonly string[];
}

/** The folder that fetched files are kept in: `FLUXION_CACHE`, else the cache folder of the system. */
export const cacheFolder = (): string => process.env.FLUXION_CACHE || envPaths("fluxion", { suffix: "" }).cache;

interface Place {
  readonly folder: string;
  readonly lock: FolderLock;
  /** The address that files are below, without a slash at its end. */
  readonly base: string;
  readonly options: FetchOptions;
}

/** One file, from the cache or the server. */
const fetchFile = async ({ folder, lock, base, options }: Place, name: string): Promise<string> => {
  if ((await lock.present(name)) !== undefined) return name;
  const { onProgress, signal, retries, delayMs, silenceMs } = options;
  const url = `${base}/${name}`;
  const { size, sha256 } = await download(
    { url, path: join(folder, name), sha256: lock.sha256(name) },
    { signal, retries, delayMs, silenceMs, onBytes: (done, total) => onProgress?.({ file: name, done, total }) },
  );
  await lock.add(name, { size, sha256, url });
  return name;
};

const isAbsent = (error: unknown): boolean =>
  isFluxionError(error, "DownloadError") && /^status 404\b/.test(error.mismatch.got ?? "");

/** The file, or undefined where the server has, or had, none of that name. */
const fetchIfThere = async (place: Place, name: string): Promise<string | undefined> => {
  if (place.lock.isAbsent(name) && (await place.lock.present(name)) === undefined) return undefined;
  try {
    return await fetchFile(place, name);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
};

const shardName = such(t.string, (name) => /^[\w-]+(\.[\w-]+)*\.safetensors$/.test(name), "name of a safetensors file");
const ShardIndex = t.type({ weight_map: t.record(t.string, shardName, "shards by tensor") }, "safetensors index");

const fetchShards = async (place: Place): Promise<string[]> => {
  const path = join(place.folder, INDEX);
  const index = pipe(
    readJson(path, CALLER),
    TE.chainEitherK(decodeAs(ShardIndex, CALLER, path, "delete it and fetch it again")),
  );
  const names = [...new Set(Object.values((await orThrow(index)).weight_map))].sort();
  for (const name of names) await fetchFile(place, name);
  return names;
};

const fetchWeights = async (place: Place): Promise<string[]> => {
  const single = await fetchIfThere(place, WEIGHTS);
  if (single !== undefined) return [single];
  if ((await fetchIfThere(place, INDEX)) !== undefined) {
    await place.lock.addAbsent(WEIGHTS);
    return [INDEX, ...(await fetchShards(place))];
  }
  throw new DownloadError({
    where: CALLER.where,
    what: "the repository has no weights in safetensors",
    expected: `${WEIGHTS}, or ${INDEX} with its shards`,
    at: place.base,
    hint: "name a revision that has them (a conversion is often offered as refs/pr/1), or convert the weights and put them there by hand",
  });
};

const noVocabulary = ({ base }: Place): DownloadError =>
  new DownloadError({
    where: CALLER.where,
    what: "the repository has no vocabulary",
    expected: VOCABULARIES.join(" or "),
    at: base,
    hint: "many fine-tuned models lack it; take that of the model that they were made from",
  });

/** Whether the model was fetched before, or put there by hand: weights come last. */
const hasWeights = async ({ lock }: Place): Promise<boolean> => {
  for (const name of [WEIGHTS, INDEX]) if ((await lock.present(name)) !== undefined) return true;
  return false;
};

/** Whether a file was fetched once, is there, or is known to be nowhere; another would need the network. */
const isKnown = async ({ lock }: Place, name: string): Promise<boolean> =>
  lock.sha256(name) !== undefined || lock.isAbsent(name) || (await lock.present(name)) !== undefined;

const fetchModelFiles = async (source: ModelSource, place: Place): Promise<string[]> => {
  const names: string[] = [];
  const absent: string[] = [];
  const isThere = await hasWeights(place);
  for (const { name, optional, added } of source.files) {
    if (added && isThere && !(await isKnown(place, name))) continue;
    const found = await (optional === true ? fetchIfThere : fetchFile)(place, name);
    (found === undefined ? absent : names).push(name);
  }
  if (!VOCABULARIES.some((name) => names.includes(name))) throw noVocabulary(place);
  // Remembered, so that a model that was fetched once is whole without a network.
  for (const name of absent) await place.lock.addAbsent(name);
  return [...names, ...(await fetchWeights(place))];
};

const withRetry = ({ mismatch, cause }: DownloadError): DownloadError =>
  new DownloadError({ ...mismatch, hint: "it was deleted; run again to fetch it anew" }, { cause });

const fetchData = async ({ archive }: DataSource, place: Place): Promise<string[]> => {
  const folder = join(place.folder, archive);
  if (!existsSync(folder)) {
    const name = await fetchFile(place, `${archive}.zip`);
    try {
      await unzipRows(join(place.folder, name), folder);
    } catch (error) {
      // Its bytes are not to be expected of the server again.
      if (isFluxionError(error, "DownloadError") && (await place.lock.forget(name))) throw withRetry(error);
      throw error;
    }
  }
  return (await readdir(folder)).sort().map((name) => `${archive}/${name}`);
};

const unknownName = (name: string): DownloadError =>
  new DownloadError({
    where: CALLER.where,
    what: "there is no model or data set of this name",
    expected: `${SOURCE_NAMES.join(", ")}, or owner/repository`,
    got: name,
  });

/** The error with the way to do without the network: which files, from where, into which folder. */
const withByHand = (error: unknown, source: ModelSource | DataSource, { folder, base }: Place): unknown => {
  if (!isFluxionError(error, "DownloadError") || error.mismatch.at?.startsWith("http") !== true) return error;
  const files =
    source.kind === "model"
      ? `${source.files.flatMap(({ name, optional }) => (optional === true ? [] : [name])).join(", ")}, ${VOCABULARIES.join(" or ")}, and ${WEIGHTS}`
      : `${source.archive}.zip`;
  const byHand = `or load ${files} from ${base} elsewhere, put them into ${folder}, and run again`;
  const hint = [error.mismatch.hint, byHand].filter((part) => part !== undefined).join("; ");
  return new DownloadError({ ...error.mismatch, hint }, { cause: error.cause });
};

const run = async (source: ModelSource | DataSource, options: FetchOptions): Promise<Fetched> => {
  const { cacheDir = cacheFolder(), revision = "main" } = options;
  const mirror = options.mirror ?? (source.kind === "model" ? process.env.HF_ENDPOINT : undefined);
  const origin = (mirror || source.origin).replace(/\/+$/, "");
  // Another revision has its own folder, so that the files of two are never mixed.
  const revised = revision === "main" ? source.folder : `${source.folder}@${revision.replaceAll("/", "-")}`;
  const folder = join(cacheDir, source.kind === "model" ? revised : source.folder);
  const base =
    source.kind === "model"
      ? `${origin}/${source.repository}/resolve/${encodeURIComponent(revision)}`
      : `${origin}/${source.path}`;
  await mkdir(folder, { recursive: true });
  const place: Place = { folder, lock: await openLock(folder), base, options };
  try {
    const files = await (source.kind === "model" ? fetchModelFiles(source, place) : fetchData(source, place));
    return { folder, files };
  } catch (error) {
    throw withByHand(error, source, place);
  }
};

/** As `fetchFiles`, as a TaskEither of fp-ts. */
export const fetchFilesTE = (name: string, options: FetchOptions = {}): TE.TaskEither<DownloadError, Fetched> =>
  attempt(CALLER, options.cacheDir ?? cacheFolder(), async () => {
    const source = sourceOf(name);
    if (source === undefined) throw unknownName(name);
    return run(source, options);
  });

/**
 * Fetches a model or a data set into the cache and gives its folder; what is there already is not asked for again.
 *
 * Names are `t5-small`, `t5-1.1-small`, `t5-small-lm-adapt`, `flan-t5-small`, `mt5-small` and so on for the other sizes, `superglue-cb` and so on for
 * the other tasks, and `owner/repository` for any model of Hugging Face. A fetch that was interrupted goes on where it stopped. Files are
 * compared with the size and checksum that their server declares, which `fluxion-lock.json` in the folder then keeps.
 *
 * - `name`: of the model or data set
 * - `options`: cache folder, mirror, revision, progress, and a signal that interrupts
 *
 * @returns the folder and the names of the files in it
 * @throws {DownloadError} that says what was tried and how to do it by hand
 * @example const { folder } = await fetchFiles("t5-small-lm-adapt")
 */
export const fetchFiles = promised("fetchFiles(name, options)", fetchFilesTE);
