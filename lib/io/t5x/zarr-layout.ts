/**
 * @file What a folder of a Zarr array (version 2) is: its `.zarray`, checked and compared with the chunk files beside it, so
 * that nothing is allocated by what a description says alone.
 * Source: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html; `bfloat16` is TensorStore's addition to its dtypes.
 */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import type { Shape } from "../../core/aval.js";
import { brief, decodeAs, naturalNumber, positiveInteger, withDefault } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { parseJson } from "../../edge/json.js";
import { readBounded } from "../../store/files.js";
import { elementCount, STORED, type StoredName } from "../stored.js";
import { caller, damaged, unsupported } from "./errors.js";

/** The element types that are read, as NumPy and TensorStore spell them. */
export const DTYPES: ReadonlyMap<string, StoredName> = new Map([
  ["<f4", "float32"],
  ["<f8", "float64"],
  ["<f2", "float16"],
  ["bfloat16", "bfloat16"],
  ["<i4", "int32"],
  ["<i8", "int64"],
  ["<u4", "uint32"],
  ["|b1", "bool"],
]);

const SPECIAL = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "-Infinity": Number.NEGATIVE_INFINITY } as const;

const ZArray = t.type(
  {
    zarr_format: t.literal(2, "2"),
    shape: t.array(naturalNumber, "list of integers from 0"),
    chunks: t.array(positiveInteger, "list of positive integers"),
    dtype: t.string,
    order: t.keyof({ C: null, F: null }, '"C" | "F"'),
    compressor: t.union([t.null, t.type({ id: t.string }, "compressor")]),
    fill_value: t.union([t.null, t.number, t.keyof(SPECIAL, '"NaN" | "Infinity" | "-Infinity"')]),
    filters: t.union([t.null, t.array(t.unknown)], "null"),
    dimension_separator: withDefault(t.keyof({ ".": null, "/": null }, '"." | "/"'), "."),
  },
  ".zarray",
);

/** NumPy's own limit for the number of axes. */
const MAX_RANK = 32;
/** A `.zarray` is about 150 bytes. */
const MAX_METADATA_BYTES = 65_536;

/** An array cut into chunks of one shape; those at the edge reach beyond it. */
export interface Tiling {
  readonly shape: Shape;
  readonly chunks: Shape;
}

/** What the checked `.zarray` of a folder says. */
export interface Layout extends Tiling {
  readonly folder: string;
  readonly stored: StoredName;
  /** Whether the first axis of a chunk is the fastest. */
  readonly fortran: boolean;
  readonly compressed: boolean;
  readonly fill: number | undefined;
  /** Bytes of one chunk before compression. */
  readonly chunkBytes: number;
}

/** One file of a folder, and the place of its chunk in the grid. */
export interface ChunkFile {
  readonly name: string;
  readonly at: readonly number[];
  readonly bytes: number;
}

/** Decodes and checks the `.zarray` of a folder, which has to be a folder and not a link to one. */
export const readLayout = async (folder: string, shortsAreBfloat16: boolean): Promise<Layout> => {
  const path = join(folder, ".zarray");
  if (!(await lstat(folder)).isDirectory()) throw damaged("not a folder", { at: folder });
  const text = new TextDecoder().decode(await readBounded(path, MAX_METADATA_BYTES, caller));
  const raw = orThrow(pipe(parseJson(text, caller, path), E.chain(decodeAs(ZArray, caller, path))));
  const { shape, chunks, compressor, filters } = raw;
  const stored = shortsAreBfloat16 && raw.dtype === "<u2" ? "bfloat16" : DTYPES.get(raw.dtype);
  if (stored === undefined) {
    const hint = "restore it in T5X with dtype float32 or bfloat16 and save it again";
    throw unsupported("element type that is not read", {
      expected: [...DTYPES.keys()].join(", "),
      got: brief(raw.dtype),
      at: path,
      hint,
    });
  }
  if (compressor !== null && compressor.id !== "gzip" && compressor.id !== "zlib") {
    const hint = "T5X writes gzip; copy the array with TensorStore or zarr under that compressor";
    throw unsupported("compressor that is not read", {
      expected: "gzip, zlib or null",
      got: brief(compressor.id),
      at: path,
      hint,
    });
  }
  if (filters !== null && filters.length > 0) {
    throw unsupported("filters are not read", { expected: "filters null", got: brief(filters), at: path });
  }
  if (raw.dimension_separator === "/") {
    throw unsupported("chunks in nested folders are not read", {
      expected: 'dimension_separator "."',
      got: '"/"',
      at: path,
    });
  }
  if (chunks.length !== shape.length || shape.length > MAX_RANK) {
    throw damaged("shape and chunks do not fit", {
      expected: `as many axes, at most ${MAX_RANK}`,
      got: `shape ${brief(shape)}, chunks ${brief(chunks)}`,
      at: path,
    });
  }
  const chunkSize = elementCount(chunks);
  if (elementCount(shape) === undefined || chunkSize === undefined) {
    throw damaged("absurd shape", { got: `shape ${brief(shape)}, chunks ${brief(chunks)}`, at: path });
  }
  const { fill_value } = raw;
  return {
    folder,
    shape,
    chunks,
    stored,
    fortran: raw.order === "F",
    compressed: compressor !== null,
    fill: fill_value === null ? undefined : typeof fill_value === "string" ? SPECIAL[fill_value] : fill_value,
    chunkBytes: chunkSize * STORED[stored].bytes,
  };
};

/** Chunks of the grid; that of an array without axes has one, called `0`. */
export const gridOf = ({ shape, chunks }: Tiling): number[] =>
  shape.length === 0 ? [1] : shape.map((size, axis) => Math.ceil(size / (chunks[axis] as number)));

/** The chunk files that are there. The folder is read once, since a grid may claim any number of chunks. */
export const chunkFiles = async (layout: Layout): Promise<ChunkFile[]> => {
  const { folder, compressed, chunkBytes } = layout;
  const grid = gridOf(layout);
  const most = compressed ? chunkBytes + chunkBytes / 100 + 1024 : chunkBytes;
  const found: ChunkFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    if (!/^(0|[1-9]\d*)(\.(0|[1-9]\d*))*$/.test(name)) continue;
    const at = name.split(".").map(Number);
    if (at.length !== grid.length || at.some((i, axis) => i >= (grid[axis] as number))) {
      throw damaged("a chunk is outside of the array", {
        expected: `a grid of ${grid.join(" x ")}`,
        got: name,
        at: folder,
      });
    }
    const info = await lstat(join(folder, name));
    if (!info.isFile() || info.size > most || (!compressed && info.size < most)) {
      throw damaged("a chunk file has the wrong size", {
        expected: `a file of ${compressed ? "at most " : ""}${Math.ceil(most)} bytes`,
        got: info.isFile() ? `${info.size}` : "not a file",
        at: join(folder, name),
      });
    }
    found.push({ name, at, bytes: info.size });
  }
  const all = grid.reduce((n, d) => n * d, 1);
  if (layout.fill === undefined && found.length < all) {
    throw damaged("chunks are missing", { expected: `${all} files`, got: `${found.length}`, at: folder });
  }
  return found;
};
