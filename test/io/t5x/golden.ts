/** @file What numpy reads and writes (test/golden/make/t5x.py), and checkpoints laid out in a temporary folder. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExtData, encode } from "@msgpack/msgpack";

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly (number | "NaN")[];
}

export const golden = JSON.parse(readFileSync("test/golden/data/t5x.json", "utf8")) as {
  readonly tiny: Readonly<Record<string, { readonly shape: readonly number[]; readonly sha256: string }>>;
  readonly zarr: Readonly<Record<string, Numbers & { readonly files: Readonly<Record<string, string>> }>>;
  readonly flax: Readonly<Record<string, Numbers & { readonly bytes: string }>>;
};

export const decoded = (base64: string): Buffer => Buffer.from(base64, "base64");

/** Writes files given by name into a new folder. */
export const writeFiles = (folder: string, files: Readonly<Record<string, string | Uint8Array>>): string => {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
};

/** A float32 array as flax writes it. */
export const array = (shape: readonly number[], data: Uint8Array, name = "float32", type = 1): ExtData =>
  new ExtData(type, encode([shape, name, data]));

/** The bytes of a `checkpoint` with these parameters. */
export const indexOf = (target: unknown): Uint8Array => encode({ version: 3, optimizer: { state: {}, target } });

/** What an index says of an external array. */
export const external = (path: unknown, driver = "zarr"): object => ({ driver, kvstore: { driver: "file", path } });
