/**
 * @file Corpora from files: text, JSON lines and Parquet, packed by gzip or not.
 *
 * Files are read once, as streams, and all their ids are kept: 4 bytes a token. What becomes of a file later plays no part.
 */
import { takes, takesLater } from "../../core/composite.js";
import { DataError, isFluxionError } from "../../core/errors.js";
import { listing } from "../../edge/decode.js";
import { watched } from "../../store/unchanged.js";
import type { Tokenizer } from "../../tokenizer/sentencepiece.js";
import { type Corpus, CorpusBuilder } from "./corpus.js";
import { type CorpusText, checkFormat, READER, textsOf } from "./text-files.js";

export type { CorpusText };

export interface CorpusOptions {
  /** The field, or column, that holds the text of a row. Default `text`. */
  readonly field?: string;
}

const { where } = READER;

/**
 * The texts of some files, one after the other: the lines of `.txt`, and a field of the rows of `.jsonl` and `.parquet`; `.txt.gz` and `.jsonl.gz` are unpacked. Texts
 * without a character other than white space are left out.
 *
 * @throws {DataError} with file and row or line, for what is not UTF-8, a line with a NUL character, a row without a text, a damaged or shortened file, one that
 * is written to while it is read, or one that is not there
 * @example for await (const { text, at } of readTexts(["wiki-0.jsonl.gz", "wiki-1.jsonl.gz"])) console.log(at, text.length);
 */
export const readTexts = takes(
  "readTexts(paths, { field })",
  async function* readTexts(
    paths: readonly string[],
    { field = "text" }: CorpusOptions = {},
  ): AsyncGenerator<CorpusText> {
    // A file of an unknown format ends the reading before it begins, and not hours later.
    for (const path of paths) await checkFormat(path);
    for (const path of paths) {
      const changed = await watched(path, READER);
      try {
        for await (const one of textsOf(path, field)) if (/\S/.test(one.text)) yield one;
      } catch (error) {
        if (!isFluxionError(error, "DataError")) throw error;
        throw (await changed()) ?? new DataError({ ...error.mismatch, where }, { cause: error });
      }
      const problem = await changed();
      if (problem !== undefined) throw problem;
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
    const [expected, hint] = [
      "at least one document",
      "name files with text; lines and rows of white space are left out",
    ];
    const at = paths.length === 0 ? "an empty list of files" : listing(paths);
    throw new DataError({ where, what: "there is no text", expected, at, hint });
  },
);
