/**
 * @file SentencePiece's text normalisation: character map, white space, and the `▁` that stands for a space.
 *
 * It works on UTF-8 bytes, as the reference does, since the character map is keyed by bytes. ASCII takes a table: unless
 * some key of the map begins with two ASCII characters, an ASCII byte before another one is replaced on its own.
 */
import { ByteTrie } from "./byte-trie.js";
import { CharsMap } from "./chars-map.js";
import { mostOf, outgrown } from "./growth.js";
import type { NormalizerSpec } from "./sentencepiece-model.js";

const SPACE = 0x20;
const SPACE_BYTES = Uint8Array.of(SPACE);
const ESCAPED_SPACE = new TextEncoder().encode("\u2581");
const SLOW = -1;

/** Bytes of the UTF-8 character that begins with `byte`; 1 where none does. */
export const utf8Length = (byte: number): number => (byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4);

/** A normaliser with its own working memory, which grows to the longest text it has seen. */
export class Normalizer {
  private readonly map: CharsMap | undefined;
  private readonly symbols: ByteTrie;
  private readonly space: Uint8Array;
  /** What an ASCII byte becomes when another ASCII byte follows; SLOW where that needs a look at the map. */
  private readonly ascii = new Int16Array(256).fill(SLOW);
  private readonly encoder = new TextEncoder();
  private source = new Uint8Array(256);
  private out = new Uint8Array(256);
  // What `step` found: `from[start … stop)` replaces the next `taken` bytes of the source.
  private from: Uint8Array = this.source;
  private start = 0;
  private stop = 0;
  private taken = 0;
  /** Bytes that may come out of this text. */
  private most = 0;

  /**
   * @param symbols texts that pass unchanged wherever they occur (user-defined pieces)
   * @throws {DataError} when the character map is damaged
   */
  constructor(
    private readonly spec: NormalizerSpec,
    symbols: readonly string[],
  ) {
    this.map = spec.charsMap.length === 0 ? undefined : new CharsMap(spec.charsMap);
    this.symbols = new ByteTrie(symbols.map((symbol, i) => [symbol, i] as const));
    this.space = spec.escapeWhitespaces ? ESCAPED_SPACE : SPACE_BYTES;
    for (let byte = 0; byte < 128; byte++) this.ascii[byte] = this.asciiRule(byte);
  }

  /** The normalised text as UTF-8, in memory that the next call overwrites. Half of a surrogate pair counts as U+FFFD. @throws {DataError} where the map makes too much of it */
  normalize(text: string): Uint8Array {
    const { addDummyPrefix, removeExtraWhitespaces: trim } = this.spec;
    const end = this.load(text);
    if (end === 0) return this.out.subarray(0, 0);

    const { source, ascii, space } = this;
    let { out } = this;
    let n = 0;
    if (addDummyPrefix) n = this.emitSpace(n);
    let afterSpace = trim;
    let at = 0;
    while (at < end) {
      if (n + 3 > out.length) out = this.grow(n + 3);
      // After the last byte comes what an earlier text left. Both ways are right there.
      const byte = (source[at + 1] as number) < 128 ? (ascii[source[at] as number] as number) : SLOW;
      if (byte === SPACE) {
        if (!afterSpace) for (let k = 0; k < space.length; k++) out[n++] = space[k] as number;
        afterSpace = trim;
        at += 1;
      } else if (byte !== SLOW) {
        out[n++] = byte;
        afterSpace = false;
        at += 1;
      } else {
        this.step(at, end);
        if (afterSpace) while (this.start < this.stop && this.from[this.start] === SPACE) this.start += 1;
        if (this.start < this.stop) {
          n = this.emit(n);
          out = this.out;
          afterSpace = trim && this.from[this.stop - 1] === SPACE;
        }
        at += this.taken;
      }
    }
    return this.out.subarray(0, trim ? this.withoutLastSpaces(n) : n);
  }

  /** Encodes `text` into `source`; gives the length. */
  private load(text: string): number {
    const most = 3 * text.length; // a UTF-16 unit takes at most 3 bytes
    if (most > this.source.length) this.source = new Uint8Array(Math.max(most, 2 * this.source.length));
    const { written } = this.encoder.encodeInto(text, this.source);
    this.most = mostOf(written);
    return written;
  }

  private withoutLastSpaces(length: number): number {
    const { out, space } = this;
    let n = length;
    while (n >= space.length && space.every((byte, k) => out[n - space.length + k] === byte)) n -= space.length;
    return n;
  }

  /** Finds what replaces the source at `at`: a symbol itself, the longest key of the map, or the character itself. */
  private step(at: number, end: number): void {
    const { map, source } = this;
    const symbol = this.symbols.longest(source, at, end);
    const found = symbol > 0 || map === undefined ? -1 : map.find(source, at, end);
    if (map !== undefined && found >= 0) {
      this.from = map.replacements;
      this.start = found;
      this.stop = map.endOf(found);
      this.taken = map.matched;
      return;
    }
    this.from = source;
    this.start = at;
    this.taken = symbol > 0 ? symbol : utf8Length(source[at] as number);
    this.stop = at + this.taken;
  }

  private asciiRule(byte: number): number {
    const text = Uint8Array.of(byte);
    if (this.symbols.child(0, byte) >= 0 || this.map?.hasAsciiPair(byte) === true) return SLOW;
    const found = this.map?.find(text, 0, 1) ?? -1;
    if (this.map === undefined || found < 0) return byte;
    return this.map.endOf(found) - found === 1 ? (this.map.replacements[found] as number) : SLOW;
  }

  private emit(n: number): number {
    const { from, start, stop } = this;
    let to = n;
    if (n + stop - start > this.most) throw outgrown(this.most);
    for (let k = start; k < stop; k++) {
      if (from[k] === SPACE) to = this.emitSpace(to);
      else {
        if (to + 1 > this.out.length) this.grow(to + 1);
        this.out[to++] = from[k] as number;
      }
    }
    return to;
  }

  private emitSpace(n: number): number {
    if (n + 3 > this.out.length) this.grow(n + 3);
    this.out.set(this.space, n);
    return n + this.space.length;
  }

  private grow(least: number): Uint8Array<ArrayBuffer> {
    const grown = new Uint8Array(Math.max(least, 2 * this.out.length));
    grown.set(this.out);
    this.out = grown;
    return grown;
  }
}
