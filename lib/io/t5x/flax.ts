/**
 * @file Flax's way to write a tree of arrays as MessagePack: an array is an extension of type 1 whose payload is again
 * MessagePack, `[shape, dtype name, bytes]`; one beyond 2^30 bytes is a dict of flat pieces.
 *
 * Arrays stay bytes until they are asked for.
 * Source: flax, `flax/serialization.py`.
 */
import { ExtData, encode } from "@msgpack/msgpack";
import { type Shape, sizeOf } from "../../core/aval.js";
import { allocate, type HostArray } from "../../core/host.js";
import { brief } from "../../edge/decode.js";
import { bytesOf } from "../../edge/elements.js";
import { decodeStored, elementCount, isStoredName, STORED, type StoredName } from "../stored.js";
import type { SourceEntry } from "../tensor-source.js";
import { caller, damaged, unsupported } from "./errors.js";
import { MAX_DEPTH, unpack } from "./msgpack.js";

/** Extension types of flax; 2 is a complex number. */
const NDARRAY = 1;
const COMPLEX = 2;
const SCALAR = 3;
const CHUNKED = "__msgpack_chunked_array__";

/** An array that stands in the file itself. */
export interface InlineArray extends SourceEntry {
  readonly read: () => HostArray;
}

/** A dict as `unpack` gives it, which has no prototype, or one that is to be written. */
export type Dict = Readonly<Record<string, unknown>>;
export const isDict = (x: unknown): x is Dict =>
  typeof x === "object" && x !== null && [null, Object.prototype].includes(Object.getPrototypeOf(x) as object | null);

/** A value in a few words, whatever its size. */
export const kindOf = (x: unknown): string => {
  if (x instanceof Uint8Array) return `${x.length} bytes`;
  if (x instanceof ExtData) return `an extension of type ${x.type}`;
  if (Array.isArray(x)) return `a list of ${x.length}`;
  if (isDict(x)) return "a dict";
  return brief(typeof x === "string" ? x.slice(0, 60) : x);
};

const isShape = (x: unknown): x is Shape =>
  Array.isArray(x) && x.every((d) => Number.isSafeInteger(d) && (d as number) >= 0);

interface Piece {
  readonly shape: Shape;
  readonly stored: StoredName;
  readonly bytes: Uint8Array;
}

const parsePiece = ({ type, data }: ExtData, shortsAreBfloat16: boolean, at: string): Piece => {
  if (type === COMPLEX) throw unsupported("complex numbers are not read", { at });
  if ((type !== NDARRAY && type !== SCALAR) || typeof data === "function") {
    throw damaged("unknown MessagePack extension", { expected: `type ${NDARRAY} or ${SCALAR}`, got: `${type}`, at });
  }
  const payload = unpack(data, at);
  const [shape, name, bytes] = Array.isArray(payload) ? (payload as unknown[]) : [];
  if (!isShape(shape) || typeof name !== "string" || !(bytes instanceof Uint8Array)) {
    throw damaged("not an array of flax", { expected: "[shape, dtype name, bytes]", got: kindOf(payload), at });
  }
  const stored = shortsAreBfloat16 && name === "uint16" ? "bfloat16" : name;
  if (!isStoredName(stored)) {
    throw unsupported("element type that is not read", {
      expected: Object.keys(STORED).join(", "),
      got: brief(name),
      at,
    });
  }
  const expected = (elementCount(shape) ?? Number.POSITIVE_INFINITY) * STORED[stored].bytes;
  if (bytes.length !== expected) {
    const got = `${bytes.length}`;
    throw damaged("the shape of an array does not fill its bytes", {
      expected: `${expected} bytes for ${brief(shape)}`,
      got,
      at,
    });
  }
  return { shape, stored, bytes };
};

const arrayOf = ({ shape, stored, bytes }: Piece, at: string): InlineArray => ({
  shape,
  dtype: STORED[stored].dtype,
  stored,
  storedBytes: bytes.length,
  // A copy, so that one array does not keep the bytes of the whole file.
  read: () => ({ shape, dtype: STORED[stored].dtype, data: decodeStored(stored, new Uint8Array(bytes), caller, at) }),
});

/** The values of a dict with the keys "0", "1", ..., as flax writes a tuple. */
const tupleOf = (dict: unknown): unknown[] | undefined => {
  if (!isDict(dict)) return undefined;
  const values = Object.keys(dict).map((_, i) => dict[i]);
  return values.includes(undefined) ? undefined : values;
};

const chunkedArray = (dict: Dict, shortsAreBfloat16: boolean, at: string): InlineArray => {
  const shape = tupleOf(dict.shape);
  const pieces = tupleOf(dict.chunks)?.map((x) =>
    x instanceof ExtData ? parsePiece(x, shortsAreBfloat16, at) : undefined,
  );
  const [first] = pieces ?? [];
  if (
    !isShape(shape) ||
    pieces === undefined ||
    first === undefined ||
    pieces.some((p) => p?.stored !== first.stored)
  ) {
    throw damaged("not a chunked array of flax", {
      expected: "a shape and pieces of one dtype",
      got: `${Object.keys(dict).length} keys`,
      at,
    });
  }
  const parts = pieces as Piece[];
  const total = parts.reduce((n, p) => n + sizeOf(p.shape), 0);
  if (elementCount(shape) !== total) {
    throw damaged("the pieces of an array do not fill its shape", {
      expected: brief(shape),
      got: `${total} elements`,
      at,
    });
  }
  const { dtype } = STORED[first.stored];
  const read = (): HostArray => {
    const data = allocate(dtype, total);
    let done = 0;
    for (const { stored, bytes, shape: part } of parts) {
      data.set(decodeStored(stored, bytes, caller, at), done);
      done += sizeOf(part);
    }
    return { shape, dtype, data };
  };
  return { shape, dtype, stored: first.stored, storedBytes: parts.reduce((n, p) => n + p.bytes.length, 0), read };
};

/** Decodes the tree of a file; the arrays in it are found with `inlineArray`. */
export const decodeFlax = (bytes: Uint8Array, source: string): Dict => {
  const tree = unpack(bytes, source);
  if (!isDict(tree)) throw damaged("not a checkpoint of flax", { expected: "a dict", got: kindOf(tree), at: source });
  return tree;
};

/** The array that a value of the tree is, or undefined for any other value. */
export const inlineArray = (value: unknown, shortsAreBfloat16: boolean, at: string): InlineArray | undefined => {
  if (value instanceof ExtData) return arrayOf(parsePiece(value, shortsAreBfloat16, at), at);
  return isDict(value) && value[CHUNKED] === true ? chunkedArray(value, shortsAreBfloat16, at) : undefined;
};

/** The leaves of a tree under their names, joined by slashes; `isLeaf` stops at a dict that stands for an array. */
export const leavesOf = (tree: Dict, isLeaf: (value: unknown) => boolean): Map<string, unknown> => {
  const leaves = new Map<string, unknown>();
  const walk = (value: unknown, path: readonly string[]): void => {
    if (!isDict(value) || CHUNKED in value || isLeaf(value)) leaves.set(path.join("/"), value);
    else for (const [key, child] of Object.entries(value)) walk(child, [...path, key]);
  };
  walk(tree, []);
  return leaves;
};

/** An array as flax writes it. */
export const flaxArray = (x: HostArray): ExtData => new ExtData(NDARRAY, encode([x.shape, x.dtype, bytesOf(x.data)]));

/** The bytes of a tree of dicts, numbers, strings and flax arrays. */
export const encodeFlax = (tree: Dict): Uint8Array => encode(tree, { maxDepth: MAX_DEPTH });
