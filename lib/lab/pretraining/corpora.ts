/** @file The texts of a run: read from files as ids, held out in part, and known again by their digests. */
import { createHash } from "node:crypto";
import { ConfigError, DataError, isFluxionError } from "../../core/errors.js";
import { epochOrder } from "../../data/batch.js";
import { type Corpus, corpusOf, readCorpus } from "../../data/streams/index.js";
import type { Tokenizer } from "../../tokenizer/sentencepiece.js";
import { filesAt } from "./corpus-files.js";
import type { PretrainingRecipe } from "./recipe.js";
import type { Source } from "./settings.js";

/** Texts that are drawn from by one share. */
export interface CorpusPart {
  readonly name: string;
  readonly corpus: Corpus;
  /** Relative to those of the others. */
  readonly rate: number;
}

/** The texts that a run trains on, and those that it is evaluated on. */
export interface Corpora {
  readonly train: readonly CorpusPart[];
  readonly validation: readonly CorpusPart[];
}

/** The sources of each part: without weights all of them are one. */
const groupsOf = (sources: readonly Source[]): readonly (readonly Source[])[] =>
  sources.some(({ weight }) => weight !== undefined) ? sources.map((one) => [one]) : [sources];

/** A part of which the files are known. */
interface FoundPart {
  readonly where: string;
  readonly name: string;
  readonly rate: number;
  readonly files: readonly string[];
}

const findPart = async (where: string, sources: readonly Source[]): Promise<FoundPart> => {
  const files: string[] = [];
  for (const { path } of sources) files.push(...(await filesAt(where, path)));
  return { where, name: sources.map(({ path }) => path).join(", "), rate: sources[0].weight ?? 1, files };
};

const readPart = async (part: FoundPart, field: string, tokenizer: Tokenizer): Promise<CorpusPart> => {
  const { where, name, rate, files } = part;
  try {
    return { name, rate, corpus: await readCorpus(files, tokenizer, { field }) };
  } catch (error) {
    if (!isFluxionError(error, "DataError")) throw error;
    throw new DataError({ ...error.mismatch, where }, { cause: error });
  }
};

/** Some documents of a corpus. */
const documentsOf = ({ ids, starts }: Corpus, chosen: readonly number[]): Corpus =>
  corpusOf(chosen.map((i) => ids.subarray(starts[i], starts[i + 1])));

/** Whose seed the documents to be held out are drawn with: they are the same for all seeds of a recipe. */
const HELD_OUT_SEED = 0;

/** Takes a share of the documents out of a part. @throws {DataError} for a part with fewer than two documents */
const heldOut = (part: CorpusPart, share: number): readonly [train: CorpusPart, validation: CorpusPart] => {
  const documents = part.corpus.starts.length - 1;
  if (documents < 2) {
    const [what, expected] = ["there is no document to hold out", "two documents or more, each a line or a row"];
    const hint = "name a file of held-out text: --validation-corpus FILE";
    throw new DataError({ where: "objective.heldOut", what, expected, got: `${documents}`, at: part.name, hint });
  }
  const count = Math.min(documents - 1, Math.ceil(documents * share));
  const order = epochOrder(documents, HELD_OUT_SEED, 0);
  const inOrder = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);
  const of = (list: readonly number[]): CorpusPart => ({ ...part, corpus: documentsOf(part.corpus, inOrder(list)) });
  return [of(order.slice(count)), of(order.slice(0, count))];
};

/**
 * Reads the texts of a recipe.
 *
 * @throws {ConfigError} for a recipe that names none; {DataError} for files that cannot be read, with file and row
 */
export const readCorpora = async (
  { objective, train: tasks }: PretrainingRecipe,
  tokenizer: Tokenizer,
): Promise<Corpora> => {
  const { corpus, field, validation, heldOut: share } = objective;
  const where = "--corpus <paths>";
  if (corpus.length === 0) {
    const [what, expected] = ["no text is named to train on", "files or folders: .txt, .jsonl, .parquet"];
    const hint = `--corpus wiki.jsonl.gz${tasks.length > 0 ? "; fluxion train trains on tasks alone" : ""}`;
    throw new ConfigError({ where, what, expected, at: "objective.corpus", hint });
  }
  // All files are found before the first is read, which may take hours.
  const found: FoundPart[] = [];
  for (const group of groupsOf(corpus)) found.push(await findPart(where, group));
  const sources = validation.map((path) => ({ path }));
  const held = sources.length === 0 ? undefined : await findPart("--validation-corpus <paths>", sources);
  const train: CorpusPart[] = [];
  for (const part of found) train.push(await readPart(part, field, tokenizer));
  if (held !== undefined) return { train, validation: [await readPart(held, field, tokenizer)] };
  const split = train.map((part) => heldOut(part, share));
  return { train: split.map(([rest]) => rest), validation: split.map(([, taken]) => taken) };
};

const digestOf = ({ ids, starts }: Corpus): string => {
  const hash = createHash("sha256").update(`${starts.join(",")}\n`);
  return hash.update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength)).digest("hex");
};

/** The digests of texts, whatever files they are from. */
export const corporaLock = ({ train, validation }: Corpora): Readonly<Record<string, string>> => {
  const named = (parts: readonly CorpusPart[], split: string) =>
    parts.map(({ corpus }, i) => [parts.length === 1 ? `corpus/${split}` : `corpus-${i}/${split}`, digestOf(corpus)]);
  return Object.fromEntries([...named(train, "train"), ...named(validation, "validation")]) as Record<string, string>;
};

/** The ids in some texts. */
export const idsIn = (parts: readonly CorpusPart[]): number =>
  parts.reduce((n, { corpus }) => n + corpus.ids.length, 0);

/** How many texts there are. */
export const documentsIn = (parts: readonly CorpusPart[]): number =>
  parts.reduce((n, { corpus }) => n + corpus.starts.length - 1, 0);
