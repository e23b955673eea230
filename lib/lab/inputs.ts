/** @file Where the inputs of a run are: what comes with the package, paths, and what was fetched by name. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError } from "../core/errors.js";
import { namedBy, orThrow } from "../edge/either.js";
import { runInPlaceOfModel } from "../io/adapter-folder.js";
import { SOURCE_NAMES, sourceOf } from "../io/fetch/catalogue.js";
import { cacheFolder } from "../io/fetch/fetch.js";
import type { T5Config } from "../t5/config.js";
import { loadTokenizerTE } from "../tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { EMBEDDED, MINI_DATA } from "./assets.js";

/** The name of all data sets that were fetched: a run may train on one and be evaluated on another. */
const ALL_DATA = "fetched";

/** Where a fetched model or data set of this name would be. */
const fetchedPath = (name: string): string | undefined => {
  const folder = name === ALL_DATA ? "data" : sourceOf(name)?.folder;
  return folder === undefined ? undefined : join(cacheFolder(), folder);
};

const isFetchable = (name: string): boolean => name === ALL_DATA || SOURCE_NAMES.includes(name);

/**
 * The path of a model or a data folder: of a name that comes with the package, a path as it is, or the folder in the cache of a name that
 * was fetched.
 *
 * @throws {ConfigError} for a released name that has not been fetched, and for the folder of a run in place of a model
 */
export const pathOf = (setting: string, name: string): string => {
  if (Object.hasOwn(EMBEDDED, name)) return EMBEDDED[name];
  if (existsSync(name)) {
    const run = setting.startsWith("--model") ? runInPlaceOfModel(name) : undefined;
    if (run !== undefined) throw new ConfigError({ where: setting, ...run });
    return name;
  }
  const fetched = fetchedPath(name);
  if (fetched !== undefined && existsSync(fetched)) return fetched;
  if (!isFetchable(name)) return name;
  throw new ConfigError({
    where: setting,
    what: "this has not been fetched yet",
    expected: `the folder ${fetched}, or a path`,
    got: name,
    hint: `npx fluxion fetch ${name === ALL_DATA ? "NAME" : name}`,
  });
};

/** The data folder of a command; without a name that which comes with the package. */
export const dataAt = (name: string | undefined): string =>
  name === undefined ? MINI_DATA : pathOf("--data <dir>", name);

/** Paths at which an input of a run may be on another machine: as it was recorded, beside the run, by its name. */
export const placesOf = (name: string, recorded: string, folder: string): readonly string[] => {
  const fetched = fetchedPath(name);
  const all = [
    ...(Object.hasOwn(EMBEDDED, name) ? [EMBEDDED[name]] : []),
    name,
    recorded,
    resolve(folder, name),
    ...(fetched === undefined ? [] : [fetched]),
  ];
  return [...new Set(all)];
};

/** @throws {ConfigError} when ids of the tokenizer have no embedding */
export const checkVocabulary = (model: T5Config, tokenizer: Tokenizer): void => {
  if (tokenizer.vocabSize <= model.vocabSize) return;
  throw new ConfigError({
    where: "tokenizer",
    what: "the tokenizer has more pieces than the model has embeddings",
    expected: `at most ${model.vocabSize} pieces`,
    got: `${tokenizer.vocabSize}`,
    hint: "use the tokenizer that belongs to the model: --tokenizer FILE",
  });
};

/** Loads the tokenizer of a setting; an empty one means that of the model. */
export const tokenizerAt = (setting: string, model: string): Promise<Tokenizer> =>
  orThrow(
    namedBy(
      setting === "" ? "--model <path>" : "--tokenizer <file>",
      loadTokenizerTE(setting === "" ? model : setting),
    ),
  );
