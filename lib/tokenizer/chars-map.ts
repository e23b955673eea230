/**
 * @file The precompiled character map of a SentencePiece normaliser: longest prefix of UTF-8 bytes → replacement bytes.
 *
 * Layout: a little-endian u32 with the size of the trie in bytes, the trie, then the replacements, each ended by a zero byte.
 * The trie is a double array in the format of Darts-clone (Yata 2010): one u32 a unit; the child for byte `b` of a unit at
 * position `p` is at `p ^ offset(unit) ^ b` and carries `b` as its label; bit 8 says that a key ends here, and then the
 * unit at `p ^ offset(unit)` holds its value, the place of the replacement.
 */
import { LONGEST_REPLACEMENT } from "./growth.js";
import { modelError } from "./sentencepiece-model.js";

const KEY_ENDS = 1 << 8;
/** Bits that must equal the byte of the key: the label, and the sign bit that marks a value unit. */
const LABEL = 0x800000ff | 0;

const offset = (unit: number): number => (unit >>> 10) << ((unit & (1 << 9)) >>> 6);

const broken = (got: string): Error =>
  modelError({
    what: "the character map of the normaliser is damaged",
    expected: "a size, a double array of that size, and replacements",
    got,
    hint: "load the model file again",
  });

export class CharsMap {
  private readonly units: Int32Array;
  /** All replacements, each ended by a zero byte. */
  readonly replacements: Uint8Array;
  /** Length in bytes of the key that the last successful `find` matched. */
  matched = 0;

  /** @throws {DataError} when the sizes in `blob` do not add up */
  constructor(blob: Uint8Array) {
    const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    if (blob.length < 8) throw broken(`${blob.length} bytes`);
    const size = view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || 4 + size >= blob.length) {
      throw broken(`a double array of ${size} bytes in a map of ${blob.length}`);
    }
    this.units = Int32Array.from({ length: size / 4 }, (_, i) => view.getInt32(4 + 4 * i, true));
    this.replacements = blob.subarray(4 + size);
  }

  /**
   * Where the replacement of the longest key at the start of `text[at … end)` begins, or -1 where no key matches.
   * A damaged trie gives wrong answers but ends, since each step takes one byte.
   */
  find(text: Uint8Array, at: number, end: number): number {
    const { units } = this;
    let found = -1;
    let position = offset(units[0] as number);
    for (let i = at; i < end; i++) {
      const byte = text[i] as number;
      position ^= byte;
      const unit = units[position];
      if (unit === undefined || (unit & LABEL) !== byte) break;
      position ^= offset(unit);
      if ((unit & KEY_ENDS) === 0) continue;
      found = (units[position] as number) & 0x7fffffff;
      this.matched = i + 1 - at;
    }
    return found;
  }

  /** Where the replacement of the shortest key at the start of `text` begins, or -1 where no key matches. */
  shortest(text: Uint8Array): number {
    for (let end = 1; end <= text.length; end++) {
      const found = this.find(text, 0, end);
      if (found >= 0) return found;
    }
    return -1;
  }

  /** Where the replacement that begins at `start` ends. @throws {DataError} for one that is longer than any character needs */
  endOf(start: number): number {
    const text = this.replacements.subarray(start, start + LONGEST_REPLACEMENT + 1);
    const length = text.indexOf(0);
    if (length >= 0) return start + length;
    if (text.length > LONGEST_REPLACEMENT) throw broken(`a replacement of more than ${LONGEST_REPLACEMENT} bytes`);
    return this.replacements.length;
  }

  /** Whether `byte` and one more ASCII byte begin some key. */
  hasAsciiPair(byte: number): boolean {
    const { units } = this;
    const position = offset(units[0] as number) ^ byte;
    const unit = units[position];
    if (unit === undefined || (unit & LABEL) !== byte) return false;
    const children = position ^ offset(unit);
    for (let next = 1; next < 128; next++) {
      const child = units[children ^ next];
      if (child !== undefined && (child & LABEL) === next) return true;
    }
    return false;
  }
}
