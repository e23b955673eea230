/** @file Mutations of files: of their bytes whatever they are, and of the values in those whose form is known. */
import { gunzipSync, gzipSync } from "node:zlib";
import { decode, ExtData, encode } from "@msgpack/msgpack";
import { unzipSync, zipSync } from "fflate";
import type { Seeded } from "../helpers/seeded.js";

/** What a file is made of, beside bytes. */
export type Form = "bytes" | "json" | "jsonl" | "safetensors" | "msgpack" | "gzip" | "zip";

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  2,
  3,
  1.5,
  255,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e308,
  -1e-320,
];
const KEYS = [
  "__proto__",
  "constructor",
  "toString",
  "__metadata__",
  "",
  "\u0000",
  "length",
  "a".repeat(5000),
  "\u202e\u001b[2J",
  "0",
];
const TEXTS = [...KEYS, "NaN", "../x", "/dev/zero", "\ud800", "F32", "bfloat16", "{}", "[", "(a+)+$"];

const nested = (random: Seeded): unknown => {
  let value: unknown = random.pick(NUMBERS);
  const key = random.pick(KEYS.slice(0, 5));
  const isList = random.chance(0.5);
  for (let depth = random.pick([2, 40, 600, 3000]); depth > 0; depth--) value = isList ? [value] : { [key]: value };
  return value;
};

/** A value that does not belong where it stands. */
const other = (random: Seeded): unknown =>
  random.pick<() => unknown>([
    () => random.pick(NUMBERS),
    () => random.pick(TEXTS),
    () => random.pick([null, true, false, [], {}]),
    () => nested(random),
    () => Array.from({ length: random.pick([1, 33, 5000]) }, () => random.pick(NUMBERS)),
    () => Object.fromEntries(KEYS.map((key) => [key, random.pick(TEXTS)])),
  ])();

type Place = { readonly holder: Record<string, unknown>; readonly key: string };
const isHolder = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !(value instanceof ExtData);

const placesIn = (root: Record<string, unknown>): Place[] => {
  const places: Place[] = [];
  const walk = (holder: Record<string, unknown>): void => {
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      if (isHolder(holder[key])) walk(holder[key]);
    }
  };
  walk(root);
  return places;
};

const set = (holder: object, key: string, value: unknown): void => {
  if (Array.isArray(holder) && key === "length") return;
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
};

/** A tree with one to three changes: another value, key or type at a place, a part gone, twice, or moved. */
export const mutatedValue = (value: unknown, random: Seeded): unknown => {
  const root: Record<string, unknown> = { root: value };
  for (let left = 1 + random.int(3); left > 0; left--) {
    const places = placesIn(root);
    if (places.length === 0) break;
    const { holder, key } = random.pick(places);
    const from = random.pick(places);
    random.pick([
      () => set(holder, key, other(random)),
      () => set(holder, key, other(random)),
      () => void delete holder[key],
      () => set(holder, random.pick(KEYS), holder[key]),
      // A copy, else a part could come to hold itself.
      () => set(holder, key, structuredClone(isHolder(from.holder[from.key]) ? other(random) : from.holder[from.key])),
      () => set(holder, key, Array.isArray(holder[key]) ? { ...(holder[key] as object) } : [holder[key]]),
      () => set(holder, key, typeof holder[key] === "number" ? String(holder[key]) : random.pick(NUMBERS)),
    ])();
  }
  return root.root;
};

const LENGTHS = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

const splice = (bytes: Uint8Array, at: number, gone: number, put: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + gone)]));

const step = (bytes: Uint8Array, random: Seeded, tokens: readonly string[]): Uint8Array => {
  const at = random.int(bytes.length + 1);
  const length = random.int(Math.min(64, bytes.length - at) + 1);
  const from = random.int(bytes.length + 1);
  const piece = bytes.subarray(from, from + random.pick([1, 4, 16, 256]));
  const number = Buffer.alloc(random.pick([1, 2, 4, 8]));
  number.writeUIntLE(random.pick(LENGTHS) % 2 ** (8 * Math.min(6, number.length)), 0, Math.min(6, number.length));
  return random.pick([
    () => bytes.map((byte, i) => (i === Math.min(at, bytes.length - 1) ? byte ^ (1 << random.int(8)) : byte)),
    () => bytes.map((byte, i) => (i === Math.min(at, bytes.length - 1) ? random.int(256) : byte)),
    () => bytes.slice(0, at),
    () => splice(bytes, at, number.length, random.chance(0.5) ? number : number.reverse()),
    () => splice(bytes, at, length, new Uint8Array()),
    () => splice(bytes, at, random.chance(0.5) ? piece.length : 0, piece),
    () => splice(bytes, at, 0, new Uint8Array(random.pick([1, 100, 10_000])).fill(bytes[at] ?? 0)),
    () =>
      splice(bytes, at, random.chance(0.5) ? length : 0, Buffer.from(random.pick([...tokens, "\0", "\xff"]), "utf8")),
  ])();
};

/** Bytes with one to four changes: bits, bytes, numbers, cuts, copies of parts, and words of the format. */
export const mutatedBytes = (bytes: Uint8Array, random: Seeded, tokens: readonly string[] = []): Uint8Array => {
  let out = bytes;
  for (let left = 1 + random.int(4); left > 0; left--) out = step(out, random, tokens);
  return out;
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value) ?? "");
const jsonOf = (bytes: Uint8Array, random: Seeded): Uint8Array => json(mutatedValue(JSON.parse(text(bytes)), random));

const safetensors = (bytes: Uint8Array, random: Seeded): Uint8Array => {
  const length = Number(Buffer.from(bytes).readBigUInt64LE());
  const header = jsonOf(bytes.subarray(8, 8 + length), random);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(random.chance(0.1) ? random.pick(LENGTHS) : header.length));
  return new Uint8Array(Buffer.concat([prefix, header, bytes.subarray(8 + length)]));
};

const jsonl = (bytes: Uint8Array, random: Seeded): Uint8Array => {
  const lines = text(bytes).trimEnd().split("\n");
  const i = random.int(lines.length);
  return Buffer.from(`${lines.with(i, text(jsonOf(Buffer.from(lines[i]), random))).join("\n")}\n`);
};

const zip = (bytes: Uint8Array, random: Seeded, tokens: readonly string[]): Uint8Array => {
  const files = unzipSync(bytes);
  const name = random.pick(Object.keys(files));
  const renamed = random.chance(0.3) ? random.pick([...KEYS, "../x.jsonl", "/x.jsonl", "a/b.jsonl"]) : name;
  return zipSync({
    ...files,
    [renamed === "__proto__" ? "proto" : renamed]: mutatedBytes(files[name], random, tokens),
  });
};

const FORMS: Readonly<Record<Form, (bytes: Uint8Array, random: Seeded, tokens: readonly string[]) => Uint8Array>> = {
  bytes: mutatedBytes,
  json: jsonOf,
  jsonl,
  safetensors,
  msgpack: (bytes, random) => encode(mutatedValue(decode(bytes), random), { maxDepth: 10_000 }),
  gzip: (bytes, random, tokens) => gzipSync(mutatedBytes(gunzipSync(bytes), random, tokens)),
  zip,
};

/** A mutation of a file: by its form half of the time, and of its bytes. */
export const mutated = (bytes: Uint8Array, form: Form, random: Seeded, tokens: readonly string[] = []): Uint8Array => {
  if (random.chance(0.5)) return mutatedBytes(bytes, random, tokens);
  try {
    return FORMS[form](bytes, random, tokens);
  } catch (error) {
    // Some values are too deep for those who write them.
    if (error instanceof RangeError) return mutatedBytes(bytes, random, tokens);
    throw error;
  }
};
