/** @file The paragraphs of SQuAD's JSON, one after the other, so that memory does not grow with the file. */
import { Tokenizer, TokenParser } from "@streamparser/json";
import * as E from "fp-ts/lib/Either.js";
import type { DataError } from "../core/errors.js";
import { printable } from "../edge/printable.js";
import { tableProblem } from "./columns.js";
import { unmarked } from "./lines.js";
import type { RawRow } from "./rows.js";

const SHAPE = '{ "data": [{ "title": …, "paragraphs": [{ "context": …, "qas": […] }] }] }';
/** More than any such file has; the time of the parser grows with its square. */
const MOST_DEPTH = 64;
/** Most bytes of a paragraph, or of what stands between two of them. */
const MOST_BYTES = 2 ** 28;

const STEPS: Readonly<Record<string, number>> = { "{": 1, "[": 1, "}": -1, "]": -1 };
/** The token of a text, whose value may be a bracket like those of others. */
const TEXT = 9;

/** A value, and where it was found: the second key from the root is the article. */
type Found = Parameters<TokenParser["onValue"]>[0];

const TITLES_AND_PARAGRAPHS = ["$.data.*.title", "$.data.*.paragraphs.*"];

/** A tokenizer that keeps U+FEFF: its own decoder drops one in front of what it decodes. */
const tokenizerOfAll = (): Tokenizer => {
  const tokenizer = new Tokenizer();
  const { bufferedString } = tokenizer as unknown as { readonly bufferedString: { decoder: TextDecoder } };
  bufferedString.decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return tokenizer;
};

/** Takes the pieces of a file, and gives the paragraphs that end in them. */
class ParagraphParser {
  private readonly source: string;
  private readonly tokenizer = tokenizerOfAll();
  private readonly parser = new TokenParser({ paths: TITLES_AND_PARAGRAPHS, keepStack: false });
  private rows: RawRow[] = [];
  private count = 0;
  private title: { readonly article: unknown; readonly value: unknown } | undefined;
  private depth = 0;
  /** Where the last token begins. */
  private place = 0;
  private bytes = 0;
  /** The bytes up to the piece with the last paragraph. */
  private known = 0;

  constructor(source: string) {
    this.source = source;
    this.tokenizer.onToken = (info) => {
      this.place = info.offset;
      this.depth += info.token === TEXT ? 0 : (STEPS[`${info.value}`] ?? 0);
      if (this.depth > MOST_DEPTH) throw new Error(`deeper than ${MOST_DEPTH} objects and lists`);
      this.parser.write(info);
    };
    this.parser.onValue = (found) => this.take(found);
  }

  private take({ value, key, stack }: Found): void {
    const article = stack[2]?.key;
    if (key === "title") this.title = { article, value };
    // Members of an object stand at such a path too.
    if (typeof article !== "number" || typeof key !== "number") return;
    this.known = this.bytes;
    const number = ++this.count;
    const isTitled = typeof value === "object" && !Array.isArray(value) && this.title?.article === article;
    const row = isTitled ? { title: this.title?.value, ...value } : value;
    this.rows.push({ at: `${this.source}, paragraph ${number}`, number, value: E.right(row) });
  }

  /** @throws {DataError} for what is not JSON */
  push(piece: Uint8Array): readonly RawRow[] {
    try {
      this.tokenizer.write(piece);
    } catch (cause) {
      throw this.error("not valid JSON", printable((cause as Error).message), cause);
    }
    this.bytes += piece.length;
    if (this.bytes - this.known > MOST_BYTES) {
      throw this.error("a paragraph is too long", `more than ${MOST_BYTES} bytes`);
    }
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  /** @throws {DataError} when the file is cut, or has no paragraphs */
  end(): void {
    if (this.bytes === 0) throw tableProblem({ what: "the file is empty", expected: SHAPE, at: this.source });
    if (!this.parser.isEnded) throw this.error("the JSON is cut", `${this.bytes} bytes`);
    if (this.count > 0) return;
    throw tableProblem({ what: "the JSON has no paragraphs", expected: SHAPE, at: this.source });
  }

  private error(what: string, got: string, cause?: unknown): DataError {
    const [, place] = /absolute position "(\d+)"/.exec(got) ?? [];
    const at = `${this.source}, byte ${place ?? this.place}, after paragraph ${this.count}`;
    const told = got.replace(/ at chunk position "\d+" \(absolute position "\d+"\)/, "");
    return tableProblem({ what, got: told, at, hint: "get the file again" }, cause);
  }
}

/**
 * The paragraphs of a file in SQuAD's format, `{ title?, context, qas }` as they stand there, numbered from 1 through all articles. The title of an article
 * that stands behind its paragraphs is left out. A byte order mark is dropped. Unlike in JSON elsewhere, a key may stand twice in an object: the last one counts.
 *
 * @param source  what messages call the text: its path
 * @throws {DataError} for what is not JSON, is cut, or has no paragraphs
 */
export async function* squadRows(pieces: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<readonly RawRow[]> {
  const parser = new ParagraphParser(source);
  for await (const piece of unmarked(pieces)) yield parser.push(piece);
  parser.end();
}
