/** @file The files of a model repository, one after the other. Weights in shards are fetched by their index. */
import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import { DownloadError, isFluxionError } from "../../core/errors.js";
import { decodeAs, such } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { readJson } from "../../store/json-file.js";
import { INDEX, type ModelSource, VOCABULARIES, WEIGHTS } from "./catalogue.js";
import { CALLER } from "./content.js";
import { fetchFile, type Place, withByHand } from "./place.js";

/** The folder of a model. */
export interface ModelPlace extends Place {
  /** The address that files are below, without a slash at its end. */
  readonly base: string;
}

const fetchOne = (place: ModelPlace, name: string): Promise<string> =>
  fetchFile(place, { name, url: `${place.base}/${name}` });

const isAbsent = (error: unknown): boolean =>
  isFluxionError(error, "DownloadError") && /^status 404\b/.test(error.mismatch.got ?? "");

/** The file, or undefined where the server has, or had, none of that name. */
const fetchIfThere = async (place: ModelPlace, name: string): Promise<string | undefined> => {
  if (place.lock.isAbsent(name) && (await place.lock.present(name)) === undefined) return undefined;
  try {
    return await fetchOne(place, name);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
};

const shardName = such(t.string, (name) => /^[\w-]+(\.[\w-]+)*\.safetensors$/.test(name), "name of a safetensors file");
const ShardIndex = t.type({ weight_map: t.record(t.string, shardName, "shards by tensor") }, "safetensors index");

const fetchShards = async (place: ModelPlace): Promise<string[]> => {
  const path = join(place.folder, INDEX);
  const index = pipe(
    readJson(path, CALLER),
    TE.chainEitherK(decodeAs(ShardIndex, CALLER, path, "delete it and fetch it again")),
  );
  const names = [...new Set(Object.values((await orThrow(index)).weight_map))].sort();
  for (const name of names) await fetchOne(place, name);
  return names;
};

const fetchWeights = async (place: ModelPlace): Promise<string[]> => {
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

const noVocabulary = ({ base }: ModelPlace): DownloadError =>
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

const fetchAll = async (source: ModelSource, place: ModelPlace): Promise<string[]> => {
  const names: string[] = [];
  const absent: string[] = [];
  const isThere = await hasWeights(place);
  for (const { name, optional, added } of source.files) {
    if (added && isThere && !(await isKnown(place, name))) continue;
    const found = await (optional === true ? fetchIfThere : fetchOne)(place, name);
    (found === undefined ? absent : names).push(name);
  }
  if (!VOCABULARIES.some((name) => names.includes(name))) throw noVocabulary(place);
  // Remembered, so that a model that was fetched once is whole without a network.
  for (const name of absent) await place.lock.addAbsent(name);
  return [...names, ...(await fetchWeights(place))];
};

const byHand = ({ files }: ModelSource, { folder, base }: ModelPlace): string => {
  const required = files.flatMap(({ name, optional }) => (optional === true ? [] : [name])).join(", ");
  return `or load ${required}, ${VOCABULARIES.join(" or ")}, and ${WEIGHTS} from ${base} elsewhere, put them into ${folder}, and run again`;
};

/** Fetches the files of a model, and gives their names. */
export const fetchModel = async (source: ModelSource, place: ModelPlace): Promise<string[]> => {
  try {
    return await fetchAll(source, place);
  } catch (error) {
    throw withByHand(error, byHand(source, place));
  }
};
