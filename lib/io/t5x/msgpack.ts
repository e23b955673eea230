/**
 * @file MessagePack from files that may lie. The decoder allocates a list by its declared length and nests without end, so
 * both are limited: lists to 32 members, as many as an array can have axes, and nesting by a look at the bytes before.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
import { decode } from "@msgpack/msgpack";
import { isFluxionError } from "../../core/errors.js";
import { damaged } from "./errors.js";

const MAX_LIST = 32;
/** A T5's tree is 8 levels deep. */
export const MAX_DEPTH = 32;

interface Token {
  /** Bytes of the token, with the content of a string or of bytes. */
  readonly bytes: number;
  /** Values that follow and belong to it. */
  readonly children: number;
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
  if (code < 0x80 || code >= 0xe0 || code <= 0xc3) {
    if (code >= 0x80 && code < 0x90) return { bytes: 1, children: 2 * (code & 15) };
    if (code >= 0x90 && code < 0xa0) return { bytes: 1, children: code & 15 };
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
  return { bytes: 1 + width, children: lengthAt(view, at, width) * (code >= 0xde ? 2 : 1) }; // list, dict
};

/** Throws where the first value of `bytes` is nested too deeply; RangeError where it ends early. */
const checkDepth = (bytes: Uint8Array, source: string): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const open: number[] = []; // values that are still to come, for each list or dict around this place
  let at = 0;
  do {
    const token = tokenAt(view, at);
    at += token.bytes;
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

/** The value that `bytes` hold. */
export const unpack = (bytes: Uint8Array, source: string): unknown => {
  try {
    checkDepth(bytes, source);
    return decode(bytes, { maxArrayLength: MAX_LIST });
  } catch (cause) {
    if (isFluxionError(cause)) throw cause;
    throw damaged(
      "not valid MessagePack",
      { expected: "a tree written by flax", got: (cause as Error).message, at: source },
      cause,
    );
  }
};
