/**
 * @file NumPy's `.npy`: a magic string, a version, a header that is a Python dict, then raw elements. Prompts are stored so.
 *
 * Read are versions 1 and 2 with `<f4`, `<f8`, `<i4`, `<u4` and `|b1` in C order; anything else is refused by name.
 * Source: the NumPy manual, numpy.lib.format.
 */

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type DType, itemBytes, printShape, type Shape } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { CheckpointError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { brief } from "../edge/decode.js";
import { throwing } from "../edge/either.js";
import { bytesOf, elementsOf, notBool } from "../edge/elements.js";
import { checkValue } from "./values.js";

const DTYPES: ReadonlyMap<string, DType> = new Map([
  ["<f4", "float32"],
  ["<f8", "float64"],
  ["<i4", "int32"],
  ["<u4", "uint32"],
  ["|b1", "bool"],
]);

const MAGIC = "\x93NUMPY";

const refuse = (
  what: string,
  parts: { expected?: string; got?: string; at: string; hint?: string },
): E.Either<CheckpointError, never> => E.left(new CheckpointError({ where: "parseNpy", what, ...parts }));

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Version and length: where the header text begins and where the data begin. */
const findHeader = (
  bytes: Uint8Array,
  source: string,
): E.Either<CheckpointError, { text: string; dataStart: number }> => {
  const start = latin1(bytes.subarray(0, MAGIC.length));
  if (start !== MAGIC) {
    const hint = start.startsWith("PK")
      ? "this is an .npz or another zip: save one of its arrays with numpy.save"
      : "save it with numpy.save; .npz files and pickles are other formats";
    return refuse("not a .npy file", { expected: "a file that begins with \\x93NUMPY", at: source, hint });
  }
  const [major, minor] = [bytes[6], bytes[7]];
  if ((major !== 1 && major !== 2) || minor !== 0) {
    return refuse("unknown version of .npy", { expected: "version 1.0 or 2.0", got: `${major}.${minor}`, at: source });
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const headerStart = 8 + lengthBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerStart)
    return refuse("the file ends inside its header", { got: `${bytes.length} bytes`, at: source });
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + length;
  if (dataStart > bytes.length || length > MAX_HEADER_BYTES) {
    const expected = `a header of ${length} bytes`;
    return refuse("the file ends inside its header", { expected, got: `${bytes.length} bytes in all`, at: source });
  }
  return E.right({ text: latin1(bytes.subarray(headerStart, dataStart)), dataStart });
};

/** A plain array's header is about 100 bytes; NumPy itself refuses more than 10,000. */
const MAX_HEADER_BYTES = 10_000;

interface Header {
  readonly dtype: DType;
  readonly shape: Shape;
}

const ENTRY = /\s*(?:'(\w+)'|"(\w+)")\s*:\s*('[^'\\]*'|"[^"\\]*"|True|False|\([\d\sL,]*\)|\[.*\])\s*(,|$)/sy;

/** The entries of the header's dict literal as source text; undefined when it is not such a literal. */
const dictEntries = (text: string): ReadonlyMap<string, string> | undefined => {
  const literal = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]?.trimEnd();
  if (literal === undefined) return undefined;
  const entries = new Map<string, string>();
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < literal.length) {
    const match = ENTRY.exec(literal);
    const key = match?.[1] ?? match?.[2];
    const value = match?.[3];
    if (key === undefined || value === undefined || entries.has(key)) return undefined;
    entries.set(key, value);
  }
  return entries;
};

/** `(5, 256)`, `(7,)`, `()`; Python 2 wrote `(5L, 256L)`. */
const parseShape = (text: string): Shape | undefined => {
  const inner = /^\(\s*((?:\d+L?\s*,\s*)*)(\d+L?)?\s*\)$/.exec(text);
  if (inner === null || (inner[1] === "" && inner[2] !== undefined)) return undefined; // `(5)` is a number, not a tuple
  const shape = [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  return shape.every(Number.isSafeInteger) ? shape : undefined;
};

/** How to save an array in a type that is read. NumPy has no name for bfloat16, and writes it as two bytes of anything. */
const conversionOf = (descr: string): string =>
  descr.slice(1, -1) === "|V2"
    ? "if this is bfloat16, convert it first: numpy.save(path, array.view(ml_dtypes.bfloat16).astype('float32'))"
    : "convert it first: numpy.save(path, array.astype('float32'))";

const parseHeader = (text: string, source: string): E.Either<CheckpointError, Header> => {
  const entries = dictEntries(text);
  const [descr, order, shapeText] = ["descr", "fortran_order", "shape"].map((key) => entries?.get(key));
  const shape = parseShape(shapeText ?? "");
  if (descr === undefined || shape === undefined || (order !== "True" && order !== "False") || entries?.size !== 3) {
    const expected = "a dict of descr, fortran_order and shape";
    return refuse("the header cannot be read", { expected, got: brief(text.trim(), 100), at: source });
  }
  const dtype = DTYPES.get(descr.slice(1, -1));
  if (dtype === undefined) {
    const expected = [...DTYPES.keys()].join(", ");
    return refuse("unsupported element type", { expected, got: descr, at: source, hint: conversionOf(descr) });
  }
  if (order === "True") {
    const hint = "convert it first: numpy.save(path, numpy.ascontiguousarray(array))";
    return refuse("the array is in Fortran order", { expected: "fortran_order False", got: "True", at: source, hint });
  }
  return E.right({ dtype, shape });
};

const parseData = (
  { dtype, shape }: Header,
  data: Uint8Array,
  source: string,
): E.Either<CheckpointError, HostArray> => {
  const size = shape.includes(0) ? 0 : shape.reduce((n, d) => n * d, 1);
  if (data.length !== size * itemBytes(dtype)) {
    return refuse(
      data.length < size * itemBytes(dtype) ? "the file ends inside its data" : "there are bytes after the data",
      {
        expected: `${size * itemBytes(dtype)} bytes for ${dtype} ${printShape(shape)}`,
        got: `${data.length} bytes`,
        at: source,
      },
    );
  }
  const bad = dtype === "bool" ? notBool(data) : -1;
  if (bad >= 0) return refuse("a truth value is neither 0 nor 1", { got: `${data[bad]} at index ${bad}`, at: source });
  return E.right({ shape, dtype, data: elementsOf(dtype, new Uint8Array(data)) });
};

/** As `parseNpy`, as an Either of fp-ts. */
export const parseNpyE = takes(
  "parseNpyE(bytes, source)",
  (bytes: Uint8Array, source = ".npy"): E.Either<CheckpointError, HostArray> =>
    pipe(
      findHeader(bytes, source),
      E.chain(({ text, dataStart }) =>
        pipe(
          parseHeader(text, source),
          E.chain((header) => parseData(header, bytes.subarray(dataStart), source)),
        ),
      ),
    ),
);

/**
 * Parses a `.npy` file in memory; the result shares no memory with `bytes`.
 *
 * - `source`: the file's name, for errors
 *
 * @throws {CheckpointError} for a damaged file, an element type or an order that is not read
 * @example const { shape, dtype, data } = parseNpy(readFileSync("prompt.npy"), "prompt.npy")
 */
export const parseNpy = throwing("parseNpy(bytes, source)", parseNpyE);

const DESCR = new Map([...DTYPES].map(([descr, dtype]) => [dtype, descr]));

/**
 * A `.npy` file, version 1.0, data starting at a multiple of 64 bytes.
 *
 * @throws {ArgumentError} for an array whose data do not fit its dtype and shape
 * @example encodeNpy(hostArray([2], "float32", new Float32Array([1, 2]))) // numpy.load gives array([1., 2.], dtype=float32)
 */
export const encodeNpy = takes("encodeNpy(x)", (x: HostArray): Uint8Array => {
  checkValue("encodeNpy", x, "");
  const shape = `(${x.shape.join(", ")}${x.shape.length === 1 ? "," : ""})`;
  const dict = `{'descr': '${DESCR.get(x.dtype)}', 'fortran_order': False, 'shape': ${shape}, }`;
  const start = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const data = bytesOf(x.data);
  const out = new Uint8Array(start + data.length).fill(0x20, 0, start);
  for (let i = 0; i < MAGIC.length; i++) out[i] = MAGIC.charCodeAt(i);
  out.set([1, 0, (start - 10) & 0xff, (start - 10) >> 8], 6);
  out.set(new TextEncoder().encode(dict), 10);
  out[start - 1] = 0x0a;
  out.set(data, start);
  return out;
});
