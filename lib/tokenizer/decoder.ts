/**
 * @file Token ids back to text, one id at a time, as SentencePiece does it for a whole list.
 *
 * A piece is its own text; only byte pieces (of models with byte fallback) can leave a character unfinished, and then they wait for its other
 * bytes.
 */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";

export const SPACE_MARK = "\u2581";
const REPLACEMENT = "\ufffd";

/** Text from ids that come one by one. */
export interface Decoder {
  /**
   * The text that `id` adds: often a part of a word, and nothing while a character lacks bytes.
   * @throws {ArgumentError} for what is not an id: negative or not an integer
   */
  push(id: number): string;
  /** The text that is left at the end: U+FFFD for bytes that make no character. */
  end(): string;
}

/** What a decoder knows about each id. */
export interface DecoderSpec {
  readonly pieces: readonly string[];
  readonly unkId: number;
  /** What an id decodes to instead of its piece. */
  readonly instead: ReadonlyMap<number, string>;
  /** The byte that an id stands for. */
  readonly byteOf: ReadonlyMap<number, number>;
  /** How many of the spaces at the beginning of the text go: those that encoding put there. */
  readonly dropSpaces: "none" | "one" | "all";
}

const notAnId = (id: number): ArgumentError =>
  new ArgumentError({ where: "decode", what: "not a token id", expected: "0, 1, 2, …", got: `${id}` });

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of the character that `byte` begins; 1 where it begins none. */
const lengthOf = (byte: number): number => {
  if (byte < 0xc0 || byte >= 0xf8) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
};

/** Takes whole characters from the front of `bytes`; at the end also what cannot become one, a U+FFFD for each byte. */
const takeCharacters = (bytes: number[], atEnd: boolean): string => {
  let text = "";
  while (bytes.length > 0) {
    const length = lengthOf(bytes[0] as number);
    if (length > bytes.length && !atEnd) break;
    let character = REPLACEMENT;
    let taken = 1;
    try {
      character = utf8.decode(Uint8Array.from(bytes.slice(0, length)));
      taken = length;
    } catch {
      // Not UTF-8: one byte is shown as such, and the next may begin a character.
    }
    text += character;
    bytes.splice(0, taken);
  }
  return text;
};

/** A function that makes a new decoder for each text. */
export const makeDecoder = ({ pieces, unkId, instead, byteOf, dropSpaces }: DecoderSpec): (() => Decoder) => {
  const surface = pieces.map((piece, id) => instead.get(id) ?? piece.replaceAll(SPACE_MARK, " "));
  const marked = pieces.map((piece) => piece.startsWith(SPACE_MARK));
  return () => {
    const bytes: number[] = [];
    let started = false;
    let drop = dropSpaces !== "none";
    const emit = (text: string): string => {
      if (text !== "") started = true;
      return text;
    };
    return {
      push: (id) => {
        if (!Number.isInteger(id) || id < 0) throw notAnId(id);
        const known = id < pieces.length ? id : unkId;
        const byte = byteOf.get(known);
        if (byte !== undefined) {
          bytes.push(byte);
          return emit(takeCharacters(bytes, false));
        }
        const before = emit(takeCharacters(bytes, true));
        const text = surface[known] as string;
        if (!drop || started || !marked[known]) return before + emit(text);
        if (dropSpaces === "one") drop = false;
        return before + emit(text.slice(1));
      },
      end: () => emit(takeCharacters(bytes, true)),
    };
  };
};

/** The text of all `ids`. */
export const decodeAll = (decoder: Decoder, ids: Iterable<number>): string => {
  let text = "";
  for (const id of ids) text += decoder.push(id);
  return text + decoder.end();
};

/**
 * The text of a stream of token ids, as it grows: the parts joined are what `decode` gives for all ids, and no part ends inside a character.
 *
 * @param tokenizer  gives the decoder
 * @param ids        token ids, as they are generated
 * @throws {ArgumentError} for what is not an id
 * @example for await (const text of decodeStream(tokenizer, ids)) process.stdout.write(text)
 */
export const decodeStream = takes(
  "decodeStream(tokenizer, ids)",
  async function* (
    tokenizer: { readonly decoder: () => Decoder },
    ids: AsyncIterable<number> | Iterable<number>,
  ): AsyncGenerator<string, void, undefined> {
    const decoder = tokenizer.decoder();
    for await (const id of ids) {
      const text = decoder.push(id);
      if (text !== "") yield text;
    }
    const rest = decoder.end();
    if (rest !== "") yield rest;
  },
);
