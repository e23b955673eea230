/**
 * @file MessagePack from files that may lie. The decoder allocates a list by its declared length and nests without end, so
 * a look at the bytes comes first: lists have at most 32 members, as many as an array can have axes, and nesting and values in all
 * have their limits.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
import { decode } from "@msgpack/msgpack";
import { isFluxionError } from "../../core/errors.js";
import { damaged } from "./errors.js";

const MAX_LIST = 32;
/** A T5's tree is 8 levels deep. */
export const MAX_DEPTH = 32;
/** Values in all; the largest T5 has about 10,000. */
const MAX_VALUES = 2 ** 18;

interface Token {
  /** Bytes of the token, with the content of a string or of bytes. */
  readonly bytes: number;
  /** Values that follow and belong to it. */
  readonly children: number;
  readonly isList?: boolean;
}

const leaf = (bytes: number): Token => ({ bytes, children: 0 });

/** Length in 1, 2 or 4 bytes after the first. */
const lengthAt = (view: DataView, at: number, width: number): number => {
  if (width === 1) return view.getUint8(at + 1);
  return width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
};

/** The token that begins at `at`. Codes stand in rows of lengths of 1, 2, 4 (and 8) bytes. */
const tokenAt = (view: DataView, at: number): Token => {
  const code = view.getUint8(at);
  const sized = (first: number, extra: number): Token => {
    const width = 1 << (code - first);
    return leaf(1 + width + extra + lengthAt(view, at, width));
  };
  if (code <= 0xc3 || code >= 0xe0) {
    if (code >= 0x80 && code < 0x90) return { bytes: 1, children: 2 * (code & 15) };
    if (code >= 0x90 && code < 0xa0) return { bytes: 1, children: code & 15, isList: true };
    return leaf(code >= 0xa0 && code < 0xc0 ? 1 + (code & 31) : 1);
  }
  if (code <= 0xc6) return sized(0xc4, 0); // bytes
  if (code <= 0xc9) return sized(0xc7, 1); // extension
  if (code <= 0xcb) return leaf(code === 0xca ? 5 : 9); // float
  if (code <= 0xcf) return leaf(1 + (1 << (code - 0xcc))); // unsigned integer
  if (code <= 0xd3) return leaf(1 + (1 << (code - 0xd0))); // integer
  if (code <= 0xd8) return leaf(2 + (1 << (code - 0xd4))); // extension of fixed length
  if (code <= 0xdb) return sized(0xd9, 0); // string
  const width = code % 2 === 0 ? 2 : 4;
  const isList = code < 0xde;
  return { bytes: 1 + width, children: lengthAt(view, at, width) * (isList ? 1 : 2), isList };
};

/** Throws where the first value of `bytes` is nested too deeply or has too many values; RangeError where it ends early. */
const checkSize = (bytes: Uint8Array, source: string): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const open: number[] = []; // values that are still to come, for each list or dict around this place
  let at = 0;
  let values = 1;
  do {
    const token = tokenAt(view, at);
    at += token.bytes;
    values += token.children;
    if (token.isList === true && token.children > MAX_LIST) {
      throw damaged("not valid MessagePack", {
        expected: `lists of at most ${MAX_LIST}`,
        got: `one of ${token.children}`,
        at: source,
      });
    }
    if (values > MAX_VALUES) {
      throw damaged("not valid MessagePack", {
        expected: `at most ${MAX_VALUES} values`,
        got: `${values}`,
        at: source,
      });
    }
    if (token.children > 0) {
      open.push(token.children);
      if (open.length > MAX_DEPTH) {
        throw damaged("MessagePack is nested too deeply", { expected: `at most ${MAX_DEPTH} levels`, at: source });
      }
    } else {
      while (open.length > 0 && open.at(-1) === 1) open.pop();
      if (open.length > 0) open[open.length - 1] = (open.at(-1) as number) - 1;
    }
  } while (open.length > 0);
};

/**
 * The decoder refuses the key `__proto__`, since it puts keys into plain objects; so keys are read with a letter in front of them, which goes when they are
 * put into objects that have no prototype.
 */
const MARK = "=";
const keyDecoder = {
  canBeCached: () => true,
  decode: (bytes: Uint8Array, start: number, length: number): string =>
    MARK + UTF8.decode(bytes.subarray(start, start + length)),
};
// A byte order mark is part of a key: without it two keys would be one.
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Dicts without the marks of their keys; no deeper than `checkSize` lets through. */
const unmarked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const dict: Record<string, unknown> = Object.create(null);
  // A key that is a number has no mark.
  for (const [key, item] of Object.entries(value)) dict[key.startsWith(MARK) ? key.slice(1) : key] = unmarked(item);
  return dict;
};

/** The value that `bytes` hold; its dicts have no prototype. */
export const unpack = (bytes: Uint8Array, source: string): unknown => {
  try {
    checkSize(bytes, source);
    return unmarked(decode(bytes, { maxArrayLength: MAX_LIST, keyDecoder }));
  } catch (cause) {
    if (isFluxionError(cause)) throw cause;
    throw damaged(
      "not valid MessagePack",
      { expected: "a tree written by flax", got: (cause as Error).message, at: source },
      cause,
    );
  }
};
