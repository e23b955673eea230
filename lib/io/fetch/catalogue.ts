/**
 * @file The models and data sets that are known by name, and where their files are.
 *
 * No checksums are written here: those of models are declared by their server, and all are kept in the lock file after the first download.
 */

/** A file below the address of a source. */
export interface SourceFile {
  readonly name: string;
  /** Whether the source may lack it. */
  readonly optional?: boolean;
  /** Whether earlier versions did not fetch it: a model that is there already is taken without it. */
  readonly added?: boolean;
}

interface Source {
  readonly name: string;
  /** Folder below the cache. */
  readonly folder: string;
  /** Origin that a mirror replaces. */
  readonly origin: string;
}
/** A model repository of Hugging Face: these files, and weights as one safetensors file or as an index with shards. */
export interface ModelSource extends Source {
  readonly kind: "model";
  readonly repository: string;
  readonly files: readonly SourceFile[];
}
/** A zip archive of JSON lines, unpacked beside it into a folder of its name. */
export interface DataSource extends Source {
  readonly kind: "data";
  readonly path: string;
  readonly archive: string;
}

export const WEIGHTS = "model.safetensors";
export const INDEX = "model.safetensors.index.json";

/** The vocabulary, in one form or the other; a repository has to have one of them. */
export const VOCABULARIES: readonly string[] = ["spiece.model", "tokenizer.json"];

/** What the tokens of a model mean beside its vocabulary. */
const TOKEN_FILES = ["added_tokens.json", "tokenizer_config.json", "special_tokens_map.json"];

const MODEL_FILES: readonly SourceFile[] = [
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
const REPOSITORIES: ReadonlyMap<string, string> = new Map(
  FAMILIES.flatMap(([sizes, name, repository]) => sizes.map((size) => [name(size), repository(size)] as const)),
);

const SUPERGLUE = ["BoolQ", "CB", "COPA", "MultiRC", "ReCoRD", "RTE", "WiC", "WSC", "AX-b", "AX-g"];
const ARCHIVES: ReadonlyMap<string, string> = new Map(
  SUPERGLUE.map((task) => [`superglue-${task.toLowerCase()}`, task] as const),
);

const REPOSITORY = /^[\w-]+(\.[\w-]+)*\/[\w-]+(\.[\w-]+)*$/;

const modelSource = (name: string, repository: string): ModelSource => ({
  kind: "model",
  name,
  folder: `models/${repository.replace("/", "--")}`,
  origin: "https://huggingface.co",
  repository,
  files: MODEL_FILES,
});

/** Every name, models first. */
export const SOURCE_NAMES: readonly string[] = [...REPOSITORIES.keys(), ...ARCHIVES.keys()];

/** The source of a name; a name `owner/repository` is any model repository. */
export const sourceOf = (name: string): ModelSource | DataSource | undefined => {
  const repository = REPOSITORIES.get(name) ?? (REPOSITORY.test(name) ? name : undefined);
  if (repository !== undefined) return modelSource(name, repository);
  const task = ARCHIVES.get(name);
  if (task === undefined) return undefined;
  const path = "glue/superglue/data/v2";
  return {
    kind: "data",
    name,
    folder: "data/superglue",
    origin: "https://dl.fbaipublicfiles.com",
    path,
    archive: task,
  };
};
