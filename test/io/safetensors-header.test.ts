import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeHeader, headerLength } from "../../lib/io/safetensors-header.js";
import { messageOf, rightOf } from "./folder.js";

const Header = suite("io/safetensors-header");

const entry = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });
const decode = (header: unknown, dataBytes: number) => {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  return decodeHeader(json, 8 + json.length + dataBytes, "m.safetensors");
};
const refused = (header: unknown, dataBytes: number): string => messageOf(decode(header, dataBytes), "CheckpointError");

Header("entries tell dtype in memory, shape and place in the file; metadata are strings", () => {
  const header = {
    __metadata__: { format: "pt" },
    b: entry("BF16", [2, 3], [4, 16]),
    a: entry("F32", [], [0, 4]),
    none: entry("I64", [0, 7], [16, 16]),
  };
  const { entries, metadata } = rightOf(decode(header, 16));
  const start = 8 + JSON.stringify(header).length;
  assert.equal(metadata, { format: "pt" });
  assert.equal(entries.get("b"), {
    stored: "bfloat16",
    dtype: "float32",
    shape: [2, 3],
    position: start + 4,
    bytes: 12,
  });
  assert.equal(entries.get("none"), { stored: "int64", dtype: "int32", shape: [0, 7], position: start + 16, bytes: 0 });
  assert.is(entries.size, 3);
});

Header("a file without tensors or metadata is empty", () => {
  const { entries, metadata } = rightOf(decode({}, 0));
  assert.is(entries.size, 0);
  assert.equal(metadata, {});
});

Header("a byte order mark is part of a name, and at the start no JSON", () => {
  const names = ["\ufeffa", "a"];
  const header = Object.fromEntries(names.map((name) => [name, entry("F32", [0], [0, 0])]));
  assert.equal([...rightOf(decode(header, 0)).entries.keys()], names);
  assert.match(refused("\ufeff{}", 0), "not valid JSON");
});

Header("a tensor has at most 64 axes", () => {
  const shape = new Array(64).fill(1);
  assert.equal(rightOf(decode({ a: entry("F32", shape, [0, 4]) }, 4)).entries.get("a")?.shape, shape);
  assert.match(refused({ a: entry("F32", [...shape, 1], [0, 4]) }, 4), "list of integers from 0");
});

Header("ranges have to cover the data exactly", () => {
  const f = (begin: number, end: number) => entry("F32", [(end - begin) / 4], [begin, end]);
  assert.match(refused({ a: f(0, 8), b: f(4, 12) }, 12), "two tensors overlap");
  assert.match(refused({ a: f(0, 8), b: f(0, 8) }, 8), "two tensors overlap");
  assert.match(refused({ a: f(0, 4), b: f(8, 12) }, 12), "some bytes belong to no tensor");
  assert.match(refused({ a: f(4, 8) }, 8), "some bytes belong to no tensor");
  assert.match(refused({ a: f(0, 8) }, 12), "there are bytes after the last tensor");
  const short = refused({ a: f(0, 4), b: f(4, 12) }, 11);
  assert.match(short, "the file ends before its last tensor");
  assert.match(short, "at        m.safetensors: b");
});

Header("a shape has to fill its range, however large it claims to be", () => {
  const claims: unknown[] = [[3], [], [2, 2], [2 ** 40, 2 ** 40], [2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53 - 1], [0]];
  for (const shape of claims) {
    assert.match(refused({ a: entry("F32", shape, [0, 8]) }, 8), "the shape of a tensor does not fill its bytes");
  }
  assert.match(refused({ a: entry("F32", [2], [8, 0]) }, 8), "does not fill its bytes");
  assert.match(refused({ a: entry("F16", [2], [0, 8]) }, 8), "expected  4 bytes for F16 [2]");
  assert.match(refused({ a: entry("F32", [2 ** 53 - 1, 0], [0, 8]) }, 8), "expected  0 bytes");
});

Header("an entry that is not one is told by tensor and key", () => {
  assert.match(refused({ a: entry("F8_E4M3", [2], [0, 2]) }, 2), "at        m.safetensors: a: dtype");
  assert.match(refused({ a: entry("toString", [2], [0, 8]) }, 8), "F32 | F64");
  assert.match(refused({ a: entry("F32", [-2], [0, 8]) }, 8), "shape[0]");
  assert.match(refused({ a: entry("F32", [1.5], [0, 8]) }, 8), "integer from 0");
  assert.match(refused({ a: entry("F32", "2", [0, 8]) }, 8), "list of integers");
  assert.match(refused({ a: entry("F32", [2], [0, 8, 9]) }, 8), "data_offsets");
  assert.match(refused({ a: entry("F32", [2], [0]) }, 8), "data_offsets");
  assert.match(
    refused({ a: { ...entry("F32", [2], [0, 8]), size: 1 } }, 8),
    "only the keys dtype, shape, data_offsets",
  );
  assert.match(refused({ a: null }, 0), "tensor entry");
  assert.match(refused({ __metadata__: { step: 3 } }, 0), "__metadata__");
});

Header("a header has to be one JSON object without repeated names", () => {
  const a = JSON.stringify(entry("F32", [2], [0, 8]));
  assert.match(refused(`{"a":${a},"a":${a}}`, 8), "a key stands twice");
  for (const text of ["", "[]", "null", "3", "{", '{"a":'.repeat(1000), "[".repeat(100_000)]) refused(text, 0);
  assert.match(messageOf(decodeHeader(new Uint8Array([0x7b, 0xff, 0x7d]), 11, "m"), "CheckpointError"), "not text");
});

Header("a header length beyond the file, or beyond any header, is refused before anything is read", () => {
  const prefix = (n: bigint): Uint8Array => new Uint8Array(new BigUint64Array([n]).buffer);
  for (const [n, fileBytes] of [
    [0n, 100],
    [1n, 100],
    [93n, 100],
    [2n ** 63n, 100],
    [2n ** 64n - 1n, 100],
    [100_000_001n, 1e12],
  ] as const) {
    assert.match(messageOf(headerLength(prefix(n), fileBytes, "m"), "CheckpointError"), "cannot be right");
  }
  assert.is(rightOf(headerLength(prefix(92n), 100, "m")), 92);
  assert.match(messageOf(headerLength(new Uint8Array(7), 7, "m"), "CheckpointError"), "ends inside its first 8 bytes");
});

Header("any JSON value in any place of a header is accepted as it is or refused, never more", () => {
  const good = { a: entry("F32", [2], [0, 8]), b: entry("I32", [1], [8, 12]) };
  const places = ["dtype", "shape", "data_offsets"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
      const changed = { ...good, b: { ...good.b, [place]: value } };
      const result = decode(changed, 12);
      if (result._tag === "Right") {
        const { bytes, shape } = result.right.entries.get("b") as { bytes: number; shape: readonly number[] };
        return bytes === 4 && shape.every((d) => d === 1);
      }
      return messageOf(result, "CheckpointError").startsWith("safetensors: ");
    }),
    { numRuns: 300 },
  );
});

Header.run();
