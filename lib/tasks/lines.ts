/** @file Lines of a text that comes in pieces, as bytes: in UTF-8 the bytes of a line's end are part of no other character. */
import { DataError } from "../core/errors.js";
import { READER } from "./fields.js";

export const [LF, CR] = [0x0a, 0x0d];

/** A line without its end, and its number, from 1. */
export interface ByteLine {
  readonly bytes: Uint8Array;
  readonly number: number;
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** The bytes of a text in UTF-8, without a byte order mark. */
export const withoutMark = (text: Uint8Array | string): Uint8Array => {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? bytes.subarray(3) : bytes;
};

export const UTF8: { decode(bytes: Uint8Array): string } = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Most bytes of a line: more than any row has, and far less than a file without ends of lines. */
const MOST_BYTES = 2 ** 28;

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(pieces.reduce((n, piece) => n + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
};

/** The first place of a line's end from `from` on; the length of the piece where there is none. */
const endIn = (piece: Uint8Array, from: number): number => {
  let at = from;
  while (at < piece.length && piece[at] !== LF && piece[at] !== CR) at++;
  return at;
};

/** Splits pieces at `\n`, `\r\n` and `\r`. */
export class LineSplitter {
  private readonly source: string;
  /** The line that has no end yet. */
  private open: Uint8Array[] = [];
  private openBytes = 0;
  private number = 0;
  private afterReturn = false;

  constructor(source: string) {
    this.source = source;
  }

  /** The lines that end in the next piece. @throws {DataError} for a line that does not end */
  push(piece: Uint8Array): ByteLine[] {
    const lines: ByteLine[] = [];
    let start = this.afterReturn && piece[0] === LF ? 1 : 0;
    this.afterReturn &&= piece.length === 0;
    for (let at = endIn(piece, start); at < piece.length; at = endIn(piece, start)) {
      lines.push(this.lineTo(piece.subarray(start, at)));
      const isReturn = piece[at] === CR;
      start = at + (isReturn && piece[at + 1] === LF ? 2 : 1);
      this.afterReturn = isReturn && at + 1 === piece.length;
    }
    if (start < piece.length) this.keep(piece.subarray(start));
    return lines;
  }

  /** The last line, which may have no end; a text that ends in one has an empty line behind it. */
  end(): ByteLine {
    return this.lineTo(new Uint8Array(0));
  }

  private lineTo(last: Uint8Array): ByteLine {
    const bytes = this.open.length === 0 ? last : joined([...this.open, last]);
    this.open = [];
    this.openBytes = 0;
    return { bytes, number: ++this.number };
  }

  private keep(piece: Uint8Array): void {
    this.open.push(piece);
    this.openBytes += piece.length;
    if (this.openBytes <= MOST_BYTES) return;
    const at = `${this.source}, line ${this.number + 1}`;
    const [what, hint] = ["a line is too long", "is this the right file? Each text, or row, has its line"];
    throw new DataError({ where: READER.where, what, expected: `at most ${MOST_BYTES} bytes`, at, hint });
  }
}

/** Pieces without a byte order mark in front. */
export async function* unmarked(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array(0);
  for await (const piece of pieces) {
    if (start === undefined) {
      yield piece;
      continue;
    }
    start = joined([start, piece]);
    if (start.length < BYTE_ORDER_MARK.length) continue;
    yield withoutMark(start);
    start = undefined;
  }
  if (start !== undefined) yield start;
}

/** The lines of a text in pieces, as many at once as a piece ends. A byte order mark is dropped. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<readonly ByteLine[]> {
  const splitter = new LineSplitter(source);
  for await (const piece of unmarked(pieces)) yield splitter.push(piece);
  yield [splitter.end()];
}
