/** @file The models and data sets that are known by name. Checksums of models are declared by their server, and kept in the lock file after the first download. */
import { DATA_SOURCES, type DataSource } from "./data-sets.js";

/** A file below the address of a model. */
export interface ModelFile {
  readonly name: string;
  /** Whether the source may lack it. */
  readonly optional?: boolean;
  /** Whether earlier versions did not fetch it: a model that is there already is taken without it. */
  readonly added?: boolean;
}
/** A model repository of Hugging Face: these files, and weights as one safetensors file or as an index with shards. */
export interface ModelSource {
  readonly kind: "model";
  readonly name: string;
  /** Folder below the cache. */
  readonly folder: string;
  /** Licence or terms. */
  readonly licence: string;
  readonly repository: string;
  readonly files: readonly ModelFile[];
}

export const WEIGHTS = "model.safetensors";
export const INDEX = "model.safetensors.index.json";

/** The vocabulary, in one form or the other; a repository has to have one of them. */
export const VOCABULARIES: readonly string[] = ["spiece.model", "tokenizer.json"];

/** What the tokens of a model mean beside its vocabulary. */
const TOKEN_FILES = ["added_tokens.json", "tokenizer_config.json", "special_tokens_map.json"];

const MODEL_FILES: readonly ModelFile[] = [
  { name: "config.json" },
  { name: "generation_config.json", optional: true },
  ...VOCABULARIES.map((name) => ({ name, optional: true })),
  ...TOKEN_FILES.map((name) => ({ name, optional: true, added: true })),
];

/** Our name of a model of a family by its size, and that of its repository. */
type Family = readonly [sizes: readonly string[], name: (size: string) => string, repository: (size: string) => string];
const OLD_SIZES = ["small", "base", "large", "3b", "11b"];
const SIZES = ["small", "base", "large", "xl", "xxl"];
const FAMILIES: readonly Family[] = [
  [OLD_SIZES, (size) => `t5-${size}`, (size) => `google-t5/t5-${size}`],
  [SIZES, (size) => `t5-1.1-${size}`, (size) => `google/t5-v1_1-${size}`],
  [SIZES, (size) => `t5-${size}-lm-adapt`, (size) => `google/t5-${size}-lm-adapt`],
  [SIZES, (size) => `flan-t5-${size}`, (size) => `google/flan-t5-${size}`],
  [SIZES, (size) => `mt5-${size}`, (size) => `google/mt5-${size}`],
];

const REPOSITORY = /^[\w-]+(\.[\w-]+)*\/[\w-]+(\.[\w-]+)*$/;

const modelSource = (name: string, repository: string, licence: string): ModelSource => ({
  kind: "model",
  name,
  folder: `models/${repository.replace("/", "--")}`,
  licence,
  repository,
  files: MODEL_FILES,
});

/** All that have names, models first. */
export const SOURCES: readonly (ModelSource | DataSource)[] = [
  ...FAMILIES.flatMap(([sizes, name, repository]) =>
    sizes.map((size) => modelSource(name(size), repository(size), "Apache-2.0")),
  ),
  ...DATA_SOURCES,
];
const NAMED: ReadonlyMap<string, ModelSource | DataSource> = new Map(SOURCES.map((source) => [source.name, source]));

/** Every name, models first. */
export const SOURCE_NAMES: readonly string[] = [...NAMED.keys()];

/** The source of a name; a name `owner/repository` is any model repository. */
export const sourceOf = (name: string): ModelSource | DataSource | undefined =>
  NAMED.get(name) ?? (REPOSITORY.test(name) ? modelSource(name, name, "see its repository") : undefined);
