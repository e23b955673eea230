import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { sameBits } from "../../lib/edge/elements.js";
import { openSafetensorsTE, parseSafetensorsE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { withShared } from "../helpers/shared.js";
import { anyHostArray } from "./arrays.js";
import { messageOf, rightOf, run, temporaryFolder } from "./folder.js";

const Safetensors = suite("io/safetensors");
const folder = temporaryFolder(Safetensors);

const f32 = (...values: number[]): HostArray => hostArray([values.length], "float32", new Float32Array(values));

/** A file with one tensor `x` of stored bytes. */
const stored = (dtype: string, shape: readonly number[], data: Uint8Array, pad = ""): Uint8Array => {
  const json = Buffer.from(`${JSON.stringify({ x: { dtype, shape, data_offsets: [0, data.length] } })}${pad}`);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([prefix, json, data]));
};
const x = (bytes: Uint8Array): HostArray => rightOf(parseSafetensorsE(bytes)).tensors.get("x") as HostArray;
const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer as ArrayBuffer);

Safetensors("any tensors under any names come back bit by bit, from memory and from a file", async () => {
  const path = join(folder, "any.safetensors");
  const names = fc.oneof(fc.string(), fc.constantFrom("constructor", "toString", "a.b[0]", 'ø/\u{1F600}\n"'));
  const anyFile = fc.dictionary(
    names.filter((name) => name !== "__metadata__" && name !== "__proto__"),
    anyHostArray,
  );
  await fc.assert(
    fc.asyncProperty(anyFile, fc.dictionary(fc.string(), fc.string()), async (tensors, metadata) => {
      const bytes = encodeSafetensors(tensors, metadata);
      const parsed = rightOf(parseSafetensorsE(bytes));
      writeFileSync(path, bytes);
      const file = await run(openSafetensorsTE(path));
      try {
        assert.equal({ ...parsed.metadata }, { ...metadata });
        assert.equal([...parsed.tensors.keys()].sort(), Object.keys(tensors).sort());
        for (const [name, tensor] of Object.entries(tensors)) {
          assert.ok(sameBits(parsed.tensors.get(name) as HostArray, tensor));
          assert.ok(sameBits(await run(file.read(name)), tensor));
        }
      } finally {
        await file.close();
      }
    }),
    { numRuns: 60 },
  );
});

Safetensors("every tensor is aligned in the file, and the order does not depend on that of the object", () => {
  const tensors = {
    flag: hostArray([3], "bool", new Uint8Array(3)),
    wide: hostArray([1], "float64", new Float64Array(1)),
    a: f32(1),
  };
  const bytes = encodeSafetensors(tensors);
  const header = Buffer.from(bytes.subarray(8)).toString("latin1");
  assert.is(new DataView(bytes.buffer).getUint32(0, true) % 8, 0);
  assert.match(header, /^\{"wide":.*"data_offsets":\[0,8\].*"a":.*\[8,12\].*"flag":.*\[12,15\]/);
  assert.equal(encodeSafetensors({ a: tensors.a, wide: tensors.wide, flag: tensors.flag }), bytes);
});

Safetensors("half-precision floats become float32, int64 becomes int32", () => {
  assert.equal(x(stored("BF16", [2], new Uint8Array([0x80, 0x3f, 0x00, 0xc0]))), f32(1, -2));
  assert.equal(x(stored("F16", [2], new Uint8Array([0x00, 0x3c, 0x01, 0x00]))), f32(1, 2 ** -24));
  const wide = bytesOf(new BigInt64Array([-1n, 7n]));
  assert.equal(x(stored("I64", [2], wide)), hostArray([2], "int32", new Int32Array([-1, 7])));
});

Safetensors("a tensor of several pieces is read as one of a single piece", async () => {
  const path = join(folder, "pieces.safetensors");
  const n = 2 ** 20 + 3;
  const bits = Uint16Array.from({ length: n }, (_, i) => i % 0x7f80);
  writeFileSync(path, stored("BF16", [n], bytesOf(bits)));
  const file = await run(openSafetensorsTE(path));
  const starts: number[] = [];
  await run(file.pieces("x", (piece, start) => starts.push(start, piece.length)));
  assert.equal(starts, [0, 2 ** 20, 2 ** 20, 3]);
  assert.ok(sameBits(await run(file.read("x")), x(stored("BF16", [n], bytesOf(bits)))));
  await file.close();
  const wide = new BigInt64Array(2 ** 18 + 2);
  wide[2 ** 18 + 1] = 2n ** 40n;
  writeFileSync(path, stored("I64", [wide.length], bytesOf(wide)));
  const integers = await run(openSafetensorsTE(path));
  assert.match(messageOf(await integers.read("x")(), "CheckpointError"), `at index ${2 ** 18 + 1}`);
  await integers.close();
});

Safetensors("data that start at any byte, in a Node Buffer that is part of another, are read", () => {
  for (let pad = 0; pad < 8; pad++) {
    const bytes = Buffer.concat([
      Buffer.alloc(1),
      stored("F64", [1], bytesOf(new Float64Array([Math.PI])), " ".repeat(pad)),
    ]);
    assert.is(x(bytes.subarray(1)).data[0], Math.PI);
  }
});

Safetensors("parsed tensors share no memory with the file", () => {
  const bytes = encodeSafetensors({ x: f32(1) });
  const tensor = x(bytes);
  bytes.fill(0);
  assert.is(tensor.data[0], 1);
});

Safetensors("an integer that does not fit and a bool that is none are told by index", () => {
  const wide = stored("I64", [2], bytesOf(new BigInt64Array([0n, 2n ** 40n])));
  assert.match(messageOf(parseSafetensorsE(wide), "CheckpointError"), "1099511627776 at index 1");
  assert.match(
    messageOf(parseSafetensorsE(stored("BOOL", [2], new Uint8Array([1, 2]))), "CheckpointError"),
    "2 at index 1",
  );
});

Safetensors("a file cut at any point is a typed error, in memory and on the disk", async () => {
  const whole = encodeSafetensors({ a: f32(1, 2, 3), b: hostArray([2], "bool", new Uint8Array(2)) }, { step: "3" });
  const path = join(folder, "cut.safetensors");
  writeFileSync(path, whole);
  for (let n = whole.length - 1; n >= 0; n--) {
    const inMemory = messageOf(parseSafetensorsE(whole.subarray(0, n), path), "CheckpointError");
    truncateSync(path, n);
    assert.is(messageOf(await openSafetensorsTE(path)(), "CheckpointError"), inMemory);
  }
});

Safetensors(
  "a file with any bytes changed is read or refused with a typed error, and reads no more than it has",
  () => {
    const whole = encodeSafetensors(
      { a: f32(1, 2, 3), "b.c": hostArray([1, 2], "int32", new Int32Array(2)) },
      { step: "3" },
    );
    const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(edits, (changes) => {
        const bytes = whole.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const result = parseSafetensorsE(bytes);
        if (E.isLeft(result)) return isFluxionError(result.left, "CheckpointError");
        return [...result.right.tensors.values()].reduce((n, t) => n + t.data.byteLength, 0) <= 2 * whole.length;
      }),
      { numRuns: 2000 },
    );
  },
);

Safetensors("random bytes are refused", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      (bytes) => messageOf(parseSafetensorsE(bytes), "CheckpointError") !== "",
    ),
  );
});

Safetensors("a missing file, a folder and a missing tensor are named", async () => {
  const path = join(folder, "none.safetensors");
  const message = messageOf(await openSafetensorsTE(path)(), "CheckpointError");
  assert.match(message, "there is no such file or folder");
  assert.match(message, path);
  assert.match(messageOf(await openSafetensorsTE(folder)(), "CheckpointError"), "safetensors: ");
  writeFileSync(path, encodeSafetensors({ a: f32(1) }));
  const file = await run(openSafetensorsTE(path));
  assert.match(messageOf(await file.read("b")(), "CheckpointError"), 'got       "b"');
  await file.close();
});

Safetensors("a file that shrinks while it is open is a typed error", async () => {
  const path = join(folder, "shrinking.safetensors");
  const whole = encodeSafetensors({ a: f32(1, 2, 3) });
  writeFileSync(path, whole);
  const file = await run(openSafetensorsTE(path));
  truncateSync(path, whole.length - 1);
  assert.match(messageOf(await file.read("a")(), "CheckpointError"), "became shorter");
  await file.close();
});

Safetensors("a tensor cannot take the name of the metadata", () => {
  assert.throws(
    () => encodeSafetensors({ __metadata__: f32(1) }),
    (e: unknown) => isFluxionError(e, "ArgumentError"),
  );
});

withShared(Safetensors, "reading tensor by tensor gives what parsing the whole file gives", async (root) => {
  const path = join(root, "golden/t5-tiny/model.safetensors");
  const { tensors, metadata } = rightOf(parseSafetensorsE(readFileSync(path)));
  assert.equal([metadata.format, tensors.size], ["pt", 52]);
  const file = await run(openSafetensorsTE(path));
  assert.equal([...file.entries.keys()], [...tensors.keys()]);
  for (const [name, tensor] of tensors) assert.ok(sameBits(await run(file.read(name)), tensor), name);
  await file.close();
});

Safetensors.run();
