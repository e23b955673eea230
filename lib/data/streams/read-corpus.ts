/**
 * @file Corpora from files: text, JSON lines and Parquet, packed by gzip or not.
 *
 * Files are read once, as streams, and all their ids are kept: 4 bytes a token. What becomes of a file later plays no part.
 */
import { takes, takesLater } from "../../core/composite.js";
import { DataError, isFluxionError } from "../../core/errors.js";
import { brief } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { type RowSource, rowsOf } from "../../tasks/formats.js";
import { linesOf } from "../../tasks/lines.js";
import { decoded, type RawRow } from "../../tasks/rows.js";
import { sourceAt } from "../../tasks/sources.js";
import type { Tokenizer } from "../../tokenizer/sentencepiece.js";
import { type Corpus, CorpusBuilder } from "./corpus.js";

export interface CorpusOptions {
  /** The field, or column, that holds the text of a row. Default `text`. */
  readonly field?: string;
}

/** A text, and what messages call it: file and row. */
export interface CorpusText {
  readonly text: string;
  readonly at: string;
}

const where = "readCorpus";

/** The text of a row. @throws {DataError} where there is none */
const textOf = ({ value, at }: RawRow, field: string): CorpusText => {
  const row = orThrow(value) as Readonly<Record<string, unknown>> | null;
  const isObject = typeof row === "object" && row !== null && !Array.isArray(row);
  if (!isObject)
    throw new DataError({ where, what: "the row is not an object", expected: "fields", got: brief(row), at });
  const text = Object.hasOwn(row, field) ? row[field] : undefined;
  if (typeof text === "string") return { text, at };
  const [what, hint] = [`the row has no text in ${field}`, "name the field that has it: { field: … }"];
  const got = text === undefined ? `the fields ${Object.keys(row).slice(0, 20).join(", ")}` : brief(text);
  throw new DataError({ where, what, expected: `a text in ${field}`, got, at, hint });
};

async function* linesAsTexts(source: RowSource): AsyncGenerator<CorpusText> {
  for await (const lines of linesOf(source.pieces(), source.name)) {
    for (const { bytes, number } of lines) {
      const at = `${source.name}, line ${number}`;
      yield { text: orThrow(decoded(bytes, at)), at };
    }
  }
}

async function* rowsAsTexts(source: RowSource, format: "jsonl" | "parquet", field: string): AsyncGenerator<CorpusText> {
  const columns = format === "parquet" ? { columns: [field] } : {};
  for await (const rows of rowsOf(source, { file: source.name, format, ...columns })) {
    for (const row of rows) yield textOf(row, field);
  }
}

/** The texts of a file, by the end of its name. @throws {DataError} for another end */
const textsOf = (path: string, field: string): AsyncGenerator<CorpusText> => {
  const source = sourceAt(path, "", undefined);
  if (/\.parquet$/i.test(path)) return rowsAsTexts(source, "parquet", field);
  if (/\.jsonl?(\.gz)?$/i.test(path)) return rowsAsTexts(source, "jsonl", field);
  if (/\.(txt|text)(\.gz)?$/i.test(path)) return linesAsTexts(source);
  const expected = ".txt, .jsonl (both also packed, .gz), or .parquet";
  throw new DataError({ where, what: "the format of a file is not known", expected, at: path });
};

/**
 * The texts of some files, one after the other: the lines of `.txt`, and a field of the rows of `.jsonl` and `.parquet`; `.txt.gz` and `.jsonl.gz` are unpacked. Texts
 * without a character other than white space are left out.
 *
 * @throws {DataError} with file and row or line, for what is not UTF-8, a row without a text, a damaged or shortened file, or one that is not there
 * @example for await (const { text, at } of readTexts(["wiki-0.jsonl.gz", "wiki-1.jsonl.gz"])) console.log(at, text.length);
 */
export const readTexts = takes(
  "readTexts(paths, { field })",
  async function* readTexts(
    paths: readonly string[],
    { field = "text" }: CorpusOptions = {},
  ): AsyncGenerator<CorpusText> {
    for (const path of paths) {
      try {
        for await (const one of textsOf(path, field)) if (/\S/.test(one.text)) yield one;
      } catch (error) {
        if (!isFluxionError(error, "DataError")) throw error;
        throw new DataError({ ...error.mismatch, where }, { cause: error });
      }
    }
  },
);

/**
 * Reads files of text as ids.
 *
 * @throws {DataError} as `readTexts`, and when there is no text at all
 * @example const corpus = await readCorpus(["wiki.jsonl.gz"], tokenizer);
 */
export const readCorpus = takesLater(
  "readCorpus(paths, tokenizer, { field })",
  async (
    paths: readonly string[],
    tokenizer: Pick<Tokenizer, "encode">,
    options: CorpusOptions = {},
  ): Promise<Corpus> => {
    const corpus = new CorpusBuilder();
    for await (const { text } of readTexts(paths, options)) corpus.add(tokenizer.encode(text));
    const read = corpus.end();
    if (read.ids.length > 0) return read;
    throw new DataError({ where, what: "there is no text", expected: "at least one document", at: paths.join(", ") });
  },
);
