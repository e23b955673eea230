/**
 * @file The header of a safetensors file: decoded, and checked against the size of the file.
 *
 * Nothing in a header is believed before it is checked: names once, shapes that fill their byte ranges, ranges that cover the
 * rest of the file without gap or overlap (as the reference implementation demands). So memory is never allocated by what a
 * file says, only by what it has.
 * Source: https://github.com/huggingface/safetensors, its README, "Format".
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { type DType, printShape, type Shape } from "../core/aval.js";
import { CheckpointError } from "../core/errors.js";
import { type Caller, closed, decodeAs, naturalNumber, such, withDefault } from "../edge/decode.js";
import { parseJson } from "../edge/json.js";
import { elementCount, STORED, type StoredName } from "./stored.js";

/** How the format spells the stored element types. */
const STORED_NAMES = {
  F32: "float32",
  F64: "float64",
  F16: "float16",
  BF16: "bfloat16",
  I32: "int32",
  I64: "int64",
  U32: "uint32",
  BOOL: "bool",
} as const satisfies Record<string, StoredName>;
type Spelling = keyof typeof STORED_NAMES;

const SPELLINGS: ReadonlyMap<StoredName, Spelling> = new Map(
  Object.entries(STORED_NAMES).map(([spelling, stored]) => [stored, spelling as Spelling]),
);
/** How the format spells an element type. */
export const spellingOf = (stored: StoredName): Spelling => SPELLINGS.get(stored) as Spelling;

/** Most tensors of one file; the largest T5 has 1200. Empty ones take no bytes, so the size of a file does not bound them. */
const MAX_TENSORS = 2 ** 17;
/** Largest header, in bytes: 256 for each tensor. The reference implementation reads up to 100 million, which no real checkpoint needs. */
const MAX_HEADER_BYTES = 2 ** 25;
/** More axes than any tensor has. */
const MAX_RANK = 64;
/** Bytes before the header: its length. */
export const PREFIX_BYTES = 8;

/** Where and what one tensor of a file is. */
export interface TensorEntry {
  /** The element type that it has in the file. */
  readonly stored: StoredName;
  /** The dtype after reading. */
  readonly dtype: DType;
  readonly shape: Shape;
  /** First byte, counted from the start of the file. */
  readonly position: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Who reports what is wrong with a file of this format. */
export const caller: Caller<CheckpointError> = { where: "safetensors", error: CheckpointError };

// `t.tuple` alone drops a third element in silence.
const pair = such(t.array(t.unknown), (range) => range.length === 2, "[begin, end]");
// Only its length is known when a list is decoded, and one of millions of wrong items would have as many errors.
const shortList = such(t.array(t.unknown), (shape) => shape.length <= MAX_RANK, "list of integers from 0");
const Extents = shortList.pipe(t.array(naturalNumber, "list of integers from 0"), "list of integers from 0");
const Range = t.intersection([t.tuple([naturalNumber, naturalNumber], "[begin, end]"), pair], "[begin, end]");
const RawEntry = closed(
  {
    dtype: t.keyof(STORED_NAMES, Object.keys(STORED_NAMES).join(" | ")),
    shape: Extents,
    data_offsets: Range,
  },
  "tensor entry",
);
type RawEntry = t.TypeOf<typeof RawEntry>;
const isStrings = (record: Record<string, unknown>): record is Record<string, string> =>
  Object.values(record).every((value) => typeof value === "string");
const Metadata = such(t.UnknownRecord, isStrings, "metadata of strings") as t.Type<Record<string, string>, unknown>;
const StoredMetadata = withDefault(Metadata, {});
// Not `t.type`, which would lose a tensor named `__proto__`.
const RawHeader = such(
  t.UnknownRecord,
  (raw) => Object.keys(raw).length <= MAX_TENSORS,
  `at most ${MAX_TENSORS} tensors by name`,
);

const isNatural = (x: unknown): boolean => Number.isSafeInteger(x) && (x as number) >= 0;

/** Whether an entry is as it should be: what the codec says, which takes fifty times as long and also says what is wrong. */
const isEntry = (x: unknown): x is RawEntry => {
  if (typeof x !== "object" || x === null) return false;
  const { dtype, shape, data_offsets: range } = x as Readonly<Record<keyof RawEntry, unknown>>;
  if (Object.keys(x).length !== 3 || typeof dtype !== "string" || !Object.hasOwn(STORED_NAMES, dtype)) return false;
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isNatural)) return false;
  return Array.isArray(range) && range.length === 2 && range.every(isNatural);
};

/** A file that cannot be what it says. */
export const damaged = (what: string, parts: { expected?: string; got?: string; at?: string }): CheckpointError =>
  new CheckpointError({
    where: caller.where,
    what,
    ...parts,
    hint: "the file is damaged, incomplete or not in the safetensors format; fetch it again",
  });

/** Length of the JSON header, from the first 8 bytes of a file of `fileBytes` bytes. */
export const headerLength = (
  prefix: Uint8Array,
  fileBytes: number,
  source: string,
): E.Either<CheckpointError, number> => {
  if (prefix.length < PREFIX_BYTES) {
    return E.left(damaged("the file ends inside its first 8 bytes", { got: `${prefix.length} bytes`, at: source }));
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  const most = Math.min(MAX_HEADER_BYTES, fileBytes - PREFIX_BYTES);
  if (length >= 2 && length <= most) return E.right(Number(length));
  return E.left(
    damaged("the length of the header cannot be right", {
      expected: `2 to ${most} bytes in a file of ${fileBytes}`,
      got: `${length}`,
      at: source,
    }),
  );
};

const checkEntry = (name: string, raw: RawEntry, source: string): CheckpointError | undefined => {
  const [begin, end] = raw.data_offsets;
  const size = elementCount(raw.shape);
  const bytes = size === undefined ? Number.POSITIVE_INFINITY : size * STORED[STORED_NAMES[raw.dtype]].bytes;
  if (end >= begin && end - begin === bytes) return undefined;
  return damaged("the shape of a tensor does not fill its bytes", {
    expected: `${bytes} bytes for ${raw.dtype} ${printShape(raw.shape)}`,
    got: `bytes ${begin} to ${end}`,
    at: `${source}: ${name}`,
  });
};

/** Checks that the ranges, in order, cover `[0, dataBytes)` exactly. */
const checkCover = (
  raws: readonly (readonly [string, RawEntry])[],
  dataBytes: number,
  source: string,
): CheckpointError | undefined => {
  const sorted = raws.toSorted(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  let covered = 0;
  for (const [name, { data_offsets }] of sorted) {
    const [begin, end] = data_offsets;
    const at = `${source}: ${name}`;
    if (end > dataBytes) {
      return damaged("the file ends before its last tensor", {
        expected: `${end} bytes of tensors`,
        got: `${dataBytes}`,
        at,
      });
    }
    if (begin !== covered) {
      const what = begin < covered ? "two tensors overlap" : "some bytes belong to no tensor";
      return damaged(what, {
        expected: `a tensor that begins at byte ${covered}`,
        got: `one that begins at ${begin}`,
        at,
      });
    }
    covered = end;
  }
  if (covered === dataBytes) return undefined;
  return damaged("there are bytes after the last tensor", {
    expected: `${covered} bytes of tensors`,
    got: `${dataBytes}`,
    at: source,
  });
};

const decodeEntries = (
  raw: Readonly<Record<string, unknown>>,
  dataStart: number,
  dataBytes: number,
  source: string,
): E.Either<CheckpointError, ReadonlyMap<string, TensorEntry>> => {
  const raws: [string, RawEntry][] = [];
  for (const [name, value] of Object.entries(raw)) {
    if (name === "__metadata__") continue;
    const entry = isEntry(value) ? E.right(value) : decodeAs(RawEntry, caller, `${source}: ${name}`)(value);
    if (E.isLeft(entry)) return entry;
    const wrong = checkEntry(name, entry.right, source);
    if (wrong !== undefined) return E.left(wrong);
    raws.push([name, entry.right]);
  }
  const wrong = checkCover(raws, dataBytes, source);
  if (wrong !== undefined) return E.left(wrong);
  const entries = raws.map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]): [string, TensorEntry] => {
      const stored = STORED_NAMES[dtype];
      return [name, { stored, dtype: STORED[stored].dtype, shape, position: dataStart + begin, bytes: end - begin }];
    },
  );
  return E.right(new Map(entries));
};

/** Decodes and checks the JSON header of a file of `fileBytes` bytes. */
export const decodeHeader = (
  json: Uint8Array,
  fileBytes: number,
  source: string,
): E.Either<CheckpointError, SafetensorsHeader> => {
  const dataStart = PREFIX_BYTES + json.length;
  return pipe(
    E.tryCatch(
      () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json),
      () => damaged("the header is not text", { expected: "JSON in UTF-8", at: source }),
    ),
    E.chain((text) => parseJson(text, caller, `header of ${source}`)),
    E.chain(decodeAs(RawHeader, caller, `header of ${source}`)),
    E.bindTo("raw"),
    E.bind("metadata", ({ raw }) =>
      decodeAs(StoredMetadata, caller, `header of ${source}: __metadata__`)(raw.__metadata__),
    ),
    E.bind("entries", ({ raw }) => decodeEntries(raw, dataStart, fileBytes - dataStart, source)),
    E.map(({ entries, metadata }) => ({ entries, metadata })),
  );
};
