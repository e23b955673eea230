import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { ExtData, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../../lib/core/errors.js";
import { bytesOf } from "../../../lib/edge/elements.js";
import { openT5x } from "../../../lib/io/t5x/checkpoint.js";
import { loadT5xTE } from "../../../lib/io/t5x/load.js";
import { saveT5xTE } from "../../../lib/io/t5x/save.js";
import { messageOf, run, temporaryFolder } from "../folder.js";
import { array, external, indexOf, writeFiles } from "./golden.js";
import { paramsOf, SMALL } from "./small.js";

const Fuzz = suite("io/t5x: files that lie");
const folder = temporaryFolder(Fuzz);
const EMBEDDING = "target.token_embedder.embedding";
let whole = "";
// One array in a folder and the others in the index, so that a load takes a few milliseconds.
Fuzz.before(async () => {
  const saved = await run(saveT5xTE(join(folder, "saved"), { params: paramsOf(SMALL) }));
  const source = await run(openT5x(saved));
  const target: Record<string, unknown> = {};
  for (const name of source.entries.keys()) {
    const x = await run(source.read(name));
    insert(target, name, name === "token_embedder/embedding" ? spec : array(x.shape, bytesOf(x.data)));
  }
  whole = writeFiles(join(folder, "whole"), { checkpoint: indexOf(target) });
  cpSync(join(saved, EMBEDDING), join(whole, EMBEDDING), { recursive: true });
});
const spec = { ...external(EMBEDDING), metadata: { shape: [7, 4] } };
const insert = (tree: Record<string, unknown>, name: string, value: unknown): void => {
  const [head, ...rest] = name.split("/") as [string, ...string[]];
  if (rest.length === 0) tree[head] = value;
  else {
    tree[head] ??= {};
    insert(tree[head] as Record<string, unknown>, rest.join("/"), value);
  }
};

let copies = 0;
const copy = (): string => {
  const dir = join(folder, `copy${copies++}`);
  cpSync(whole, dir, { recursive: true });
  return dir;
};
const refused = async (dir: string): Promise<string> => messageOf(await loadT5xTE(dir)(), "CheckpointError");

/** What a bad file may take at most: far less than what it claims. */
const MOST_BYTES = 400 * 2 ** 20;
/** Runs with a bound on the growth of this process. */
const bounded = async <A>(body: () => Promise<A>): Promise<A> => {
  const before = process.resourceUsage().maxRSS;
  const result = await body();
  assert.ok((process.resourceUsage().maxRSS - before) * 1024 < MOST_BYTES, "memory is bounded");
  return result;
};

/** A copy whose embedding is described otherwise. */
const described = (change: object): string => {
  const dir = copy();
  const path = join(dir, EMBEDDING, ".zarray");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
  return dir;
};

const LIES: readonly (readonly [title: string, change: object, message: string])[] = [
  ["chunks of no elements", { chunks: [0, 4] }, "positive integer"],
  ["negative sizes", { shape: [-7, 4] }, "integer from 0"],
  ["sizes that are no integers", { shape: [7.5, 4] }, "integer from 0"],
  ["another rank", { shape: [7, 4, 1] }, "shape and chunks do not fit"],
  ["33 axes", { shape: Array(33).fill(1), chunks: Array(33).fill(1) }, "at most 32"],
  ["a shape beyond all numbers", { shape: [2 ** 40, 2 ** 40] }, "absurd shape"],
  ["chunks beyond all numbers", { chunks: [2 ** 40, 2 ** 40] }, "absurd shape"],
  ["2^42 bytes in one chunk", { shape: [2 ** 38, 4], chunks: [2 ** 38, 4] }, "contradict each other"],
  ["2^42 bytes in chunks that are not there", { shape: [2 ** 38, 4] }, "chunks are missing"],
  ["2^42 bytes of a fill value", { shape: [2 ** 38, 4], fill_value: 0 }, "contradict each other"],
  ["a smaller shape", { shape: [3, 4], chunks: [3, 4] }, "contradict each other"],
  ["smaller chunks", { chunks: [3, 4] }, "chunks are missing"],
  ["larger chunks", { chunks: [8, 4] }, "a chunk ends early"],
  ["an unknown element type", { dtype: "<c8" }, "element type that is not read"],
  ["another byte order", { dtype: ">f4" }, "element type that is not read"],
  ["a wider element type", { dtype: "<f8" }, "mis-shaped: token_embedder/embedding is f64[7,4]"],
  ["a narrower element type", { dtype: "<f2" }, "a chunk inflates beyond its size"],
  ["another kind of number", { dtype: "<i4" }, "mis-shaped: token_embedder/embedding is i32[7,4]"],
  ["a compressor that is not read", { compressor: { id: "blosc" } }, 'got       "blosc"'],
  ["no compressor", { compressor: null }, "a chunk file has the wrong size"],
  ["filters", { filters: [{ id: "delta" }] }, "filters are not read"],
  ["nested folders", { dimension_separator: "/" }, "nested folders"],
  ["version 3", { zarr_format: 3 }, "not a valid .zarray"],
  ["an unknown order", { order: "A" }, '"C" | "F"'],
];
for (const [title, change, message] of LIES) {
  Fuzz(`.zarray: ${title}`, async () => assert.match(await bounded(() => refused(described(change))), message));
}

Fuzz("a bomb in a chunk is not inflated beyond the chunk", async () => {
  const dir = copy();
  writeFileSync(join(dir, EMBEDDING, "0.0"), gzipSync(new Uint8Array(2 ** 20)).subarray(0, 1100));
  assert.match(await bounded(() => refused(dir)), "a chunk inflates beyond its size");
});

Fuzz("a bomb whose description fits it is refused before it is inflated", async () => {
  const part = gzipSync(new Uint8Array(2 ** 24)); // of 16 KB; gzip streams may follow each other
  const gigabyte = Buffer.concat(Array(64).fill(part));
  const dir = described({ shape: [2 ** 26, 4], chunks: [2 ** 26, 4] });
  writeFileSync(join(dir, EMBEDDING, "0.0"), gigabyte);
  rmSync(join(dir, "checkpoint"));
  writeFileSync(join(dir, "checkpoint"), indexOf({ token_embedder: { embedding: `PLACEHOLDER://${EMBEDDING}` } }));
  const before = process.resourceUsage().maxRSS;
  assert.match(await refused(dir), "far larger than their files");
  assert.ok((process.resourceUsage().maxRSS - before) * 1024 < 2 ** 27, "memory is bounded");
});

Fuzz("folders are named beside the index, once, and are no links", async () => {
  const names = ["../x", "/etc", "a/b", "..", ".", "", "a\\b", 7, null, `x/../${EMBEDDING}`];
  for (const name of names) {
    const dir = writeFiles(join(folder, `name${copies++}`), { checkpoint: indexOf({ a: { b: external(name) } }) });
    assert.match(await refused(dir), "a folder beside the index", String(name));
  }
  for (const name of ["PLACEHOLDER://../x", "PLACEHOLDER:///etc", "PLACEHOLDER://"]) {
    const dir = writeFiles(join(folder, `name${copies++}`), { checkpoint: indexOf({ a: { b: name } }) });
    assert.match(await refused(dir), "a folder beside the index", name);
  }
  const twice = indexOf({ a: external("x"), b: external("x") });
  const dir = writeFiles(join(folder, "twice"), { checkpoint: twice });
  cpSync(join(whole, EMBEDDING), join(dir, "x"), { recursive: true });
  assert.match(await refused(dir), "two parameters name one folder");
  const other = indexOf({ a: external("x", "zarr3") });
  assert.match(await refused(writeFiles(join(folder, "driver"), { checkpoint: other })), 'got       "zarr3"');
});

Fuzz("links and devices are not followed", async () => {
  const linked = copy();
  rmSync(join(linked, EMBEDDING), { recursive: true });
  symlinkSync(join(whole, EMBEDDING), join(linked, EMBEDDING));
  assert.match(await refused(linked), "not a folder");
  const device = copy();
  rmSync(join(device, EMBEDDING, "0.0"));
  symlinkSync("/dev/zero", join(device, EMBEDDING, "0.0"));
  assert.match(await refused(device), "a chunk file has the wrong size");
  const description = copy();
  rmSync(join(description, EMBEDDING, ".zarray"));
  symlinkSync("/dev/zero", join(description, EMBEDDING, ".zarray"));
  assert.match(await refused(description), "not a file");
  const nested = copy();
  rmSync(join(nested, EMBEDDING, "0.0"));
  mkdirSync(join(nested, EMBEDDING, "0.0"));
  assert.match(await refused(nested), "not a file");
});

Fuzz("chunks that are missing, outside of the grid, empty or cut are told", async () => {
  const missing = copy();
  rmSync(join(missing, EMBEDDING, "0.0"));
  assert.match(await refused(missing), "chunks are missing");
  const outside = copy();
  cpSync(join(outside, EMBEDDING, "0.0"), join(outside, EMBEDDING, "1.0"));
  assert.match(await refused(outside), "a chunk is outside of the array");
  const path = join(copy(), EMBEDDING, "0.0");
  const bytes = readFileSync(path);
  for (const cut of [0, 1, 9, bytes.length - 9, bytes.length - 1]) {
    truncateSync(path, cut);
    const message = await refused(join(path, "..", ".."));
    assert.match(message, /a chunk (cannot be inflated|ends early)/, `${cut} bytes`);
    writeFileSync(path, bytes);
  }
  writeFileSync(path, gzipSync(gunzipSync(bytes).subarray(4)));
  assert.match(await refused(join(path, "..", "..")), "a chunk ends early");
});

const repeat = (bytes: readonly number[], n: number): Uint8Array =>
  Uint8Array.from({ length: n * bytes.length }, (_, i) => bytes[i % bytes.length] as number);
const INDEXES: readonly (readonly [title: string, bytes: Uint8Array, message: string])[] = [
  ["nothing", new Uint8Array(), "not valid MessagePack"],
  ["text", Buffer.from("not a checkpoint"), "not valid MessagePack"],
  ["a number", encode(3), "not a checkpoint of flax"],
  ["a list of 4 billion", Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff), "not valid MessagePack"],
  ["a dict of 4 billion", Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff), "not valid MessagePack"],
  ["a string of 4 GB", Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff, 1), "not valid MessagePack"],
  ["bytes of 4 GB", Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff, 1), "not valid MessagePack"],
  ["an extension of 4 GB", Uint8Array.of(0xc9, 0xff, 0xff, 0xff, 0xff, 1), "not valid MessagePack"],
  ["a long list", encode(Array(33).fill(0)), "not valid MessagePack"],
  ["deep lists", repeat([0xdc, 0, 32], 2 ** 20), "nested too deeply"],
  ["deep short lists", repeat([0x9f], 2 ** 20), "nested too deeply"],
  ["deep dicts", repeat([0x81, 0xa1, 0x61], 2 ** 20), "nested too deeply"],
  ["a dict that poisons", encode(JSON.parse('{"__proto__": {"optimizer": 1}}')), "not a T5X checkpoint"],
  ["16 million nils", repeat([0xdd, 1, 0, 0, 0, ...Array(59).fill(0xc0)], 2 ** 18), "lists of at most 32"],
  ["dicts of dicts", repeat([0xdf, 0, 2, 0, 0], 2 ** 10), "at most 262144 values"],
  ["no target", encode({ version: 3, optimizer: { state: {} } }), "not a T5X checkpoint"],
  ["a target that is a number", encode({ optimizer: { target: 7 } }), "not a T5X checkpoint"],
  ["another model", indexOf({ params: { Dense_0: { kernel: array([1], new Uint8Array(4)) } } }), "not those of a T5"],
  ["a parameter that is text", indexOf({ a: "b" }), "a parameter is not an array"],
  [
    "an array whose shape lies",
    indexOf({ a: array([2 ** 20, 2 ** 20], new Uint8Array(4)) }),
    "does not fill its bytes",
  ],
  [
    "a shape beyond all numbers",
    indexOf({ a: array([2 ** 40, 2 ** 40], new Uint8Array(4)) }),
    "does not fill its bytes",
  ],
  ["a negative shape", indexOf({ a: array([-1, -4], new Uint8Array(16)) }), "not an array of flax"],
  ["an unknown element type", indexOf({ a: array([1], new Uint8Array(4), "object") }), "element type that is not read"],
  [
    "a name of all objects",
    indexOf({ a: array([1], new Uint8Array(4), "constructor") }),
    "element type that is not read",
  ],
  ["complex numbers", indexOf({ a: array([], new Uint8Array(8), "complex64", 2) }), "complex numbers"],
  ["an unknown extension", indexOf({ a: new ExtData(9, encode(1)) }), "unknown MessagePack extension"],
  ["an extension of nothing", indexOf({ a: new ExtData(1, new Uint8Array()) }), "not valid MessagePack"],
  [
    "an array in an array",
    indexOf({ a: new ExtData(1, encode([[1], "float32", array([1], new Uint8Array(4))])) }),
    "not an array of flax",
  ],
  ["pieces without a shape", indexOf({ a: { __msgpack_chunked_array__: true, chunks: {} } }), "not a chunked array"],
  [
    "pieces that are too few",
    indexOf({ a: { __msgpack_chunked_array__: true, shape: { 0: 3 }, chunks: { 0: array([2], new Uint8Array(8)) } } }),
    "do not fill its shape",
  ],
  [
    "stacked layers",
    indexOf({ encoder: { encoder: { mlp: { wo: { kernel: array([1, 1, 1], new Uint8Array(4)) } } } } }),
    "scan_layers",
  ],
  [
    "a million layers",
    indexOf({ encoder: { layers_999999: { mlp: { wo: { kernel: array([1, 1], new Uint8Array(4)) } } } } }),
    "at most 1000 layers",
  ],
];
for (const [title, bytes, message] of INDEXES) {
  Fuzz(`the index: ${title}`, async () => {
    const dir = writeFiles(join(folder, `index${copies++}`), { checkpoint: bytes });
    assert.match(await bounded(() => refused(dir)), message);
  });
}

Fuzz("heads that do not divide the width are told", async () => {
  const params = paramsOf(SMALL);
  const odd = { shape: [4, 32], dtype: "float32", data: new Float32Array(128) } as const;
  const relposBias = { relEmbedding: odd };
  const dir = await run(
    saveT5xTE(join(folder, "odd"), {
      params: { ...params, encoder: { ...params.encoder, relposBias }, decoder: { ...params.decoder, relposBias } },
    }),
  );
  assert.match(await refused(dir), "width 6 for 4 heads");
});

Fuzz("whatever bytes change in whatever file, there is a value or a CheckpointError", async () => {
  const files = readdirSync(whole, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name).slice(whole.length + 1));
  const dir = copy();
  const damage = fc.record({
    file: fc.constantFrom(...files, "checkpoint", "checkpoint"),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }),
    cut: fc.boolean(),
  });
  await bounded(() =>
    fc.assert(
      fc.asyncProperty(damage, async ({ file, at, bytes, cut }) => {
        const path = join(dir, file);
        const original = readFileSync(path);
        const position = Math.floor(at * statSync(path).size);
        const changed = cut ? original.subarray(0, position) : Buffer.from(original);
        if (!cut) changed.set(bytes.subarray(0, changed.length - position), position);
        writeFileSync(path, changed);
        const result = await loadT5xTE(dir)();
        writeFileSync(path, original);
        if (E.isLeft(result)) assert.ok(isFluxionError(result.left, "CheckpointError"), String(result.left));
      }),
      { numRuns: 200 },
    ),
  );
  await run(loadT5xTE(dir));
});

Fuzz.run();
