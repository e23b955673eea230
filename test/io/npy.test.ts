import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import { sameBits } from "../../lib/edge/elements.js";
import { encodeNpy, parseNpyE } from "../../lib/io/npy.js";
import { withShared } from "../helpers/shared.js";
import { anyHostArray } from "./arrays.js";
import { messageOf, rightOf } from "./folder.js";

const Npy = suite("io/npy");

/** A file with this header text, version 1 unless told. */
const file = (
  header: string,
  data: Uint8Array = new Uint8Array(0),
  version: readonly number[] = [1, 0],
): Uint8Array => {
  const length = version[0] === 1 ? Buffer.alloc(2) : Buffer.alloc(4);
  length.writeUIntLE(header.length, 0, length.length);
  return new Uint8Array(
    Buffer.concat([Buffer.from("\x93NUMPY", "latin1"), Buffer.from(version), length, Buffer.from(header), data]),
  );
};
const refused = (bytes: Uint8Array): string => messageOf(parseNpyE(bytes, "p.npy"), "CheckpointError");
const four = new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer);

Npy("every dtype and rank comes back bit by bit, and data start at a multiple of 64", () => {
  fc.assert(
    fc.property(anyHostArray, (x) => {
      const bytes = encodeNpy(x);
      return (bytes.length - x.data.byteLength) % 64 === 0 && sameBits(rightOf(parseNpyE(bytes)), x);
    }),
  );
});

Npy("writes what NumPy writes", () => {
  const bytes = encodeNpy(hostArray([2], "float32", new Float32Array([1, 2])));
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  const expected = `\x93NUMPY\x01\x00\x76\x00${header.padEnd(117)}\n`;
  assert.is(Buffer.from(bytes.subarray(0, 128)).toString("latin1"), expected);
});

Npy("reads version 2, any order and spelling of the dict, Python 2 integers and no padding", () => {
  const header = `{"shape":(2L, 2L),'fortran_order':False , "descr" : "<f4"}`;
  for (const version of [
    [1, 0],
    [2, 0],
  ]) {
    const x = rightOf(parseNpyE(file(header, four, version)));
    assert.equal(
      [x.shape, [...x.data]],
      [
        [2, 2],
        [1, 2, 3, 4],
      ],
    );
  }
});

Npy("the result shares no memory with the file", () => {
  const bytes = file("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", four);
  const x = rightOf(parseNpyE(bytes));
  bytes.fill(0);
  assert.is(x.data[0], 1);
});

Npy("other element types and Fortran order are refused by name, with the remedy", () => {
  const message = refused(file("{'descr': '>f4', 'fortran_order': False, 'shape': (4,)}", four));
  assert.match(message, "expected  <f4, <f8, <i4, <u4, |b1");
  assert.match(message, "got       '>f4'");
  assert.match(message, "astype('float32')");
  assert.match(refused(file("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (4,)}", four)), "unsupported");
  assert.match(refused(file("{'descr': '<f4', 'fortran_order': True, 'shape': (4,)}", four)), "ascontiguousarray");
});

Npy("headers that are not such a dict are refused", () => {
  const headers = ["", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': 0, 'shape': (4,)}"];
  const shapes = ["4", "(4)", "(-4,)", "(4.0,)", "(4,,)", "[4]", "(9999999999999999999,)"];
  const extra = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'x': True}";
  const twice = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'shape': (2, 2)}";
  const withShape = shapes.map((shape) => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}}`);
  for (const header of [...headers, ...withShape, extra, twice]) {
    assert.match(refused(file(header, four)), "the header cannot be read", header);
  }
});

Npy("a shape that the file does not fill is refused without allocating it", () => {
  for (const shape of ["(1000000, 1000000, 1000000)", "(5,)"]) {
    assert.match(
      refused(file(`{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}}`, four)),
      "the file ends inside its data",
    );
  }
  assert.match(refused(file("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", four)), "bytes after the data");
});

Npy("a bool is 0 or 1", () => {
  assert.match(
    refused(file("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", new Uint8Array([1, 7]))),
    "7 at index 1",
  );
});

Npy("a file cut anywhere, or of another kind or version, is a typed error", () => {
  const whole = encodeNpy(hostArray([2, 2], "float32", new Float32Array(4)));
  for (let n = 0; n < whole.length; n++) refused(whole.subarray(0, n));
  assert.match(refused(new TextEncoder().encode("PK\x03\x04 an npz file")), "not a .npy file");
  assert.match(refused(file("{}", four, [3, 0])), "expected  version 1.0 or 2.0");
});

withShared(Npy, "reads the reference's float64 prompt and its check values", (root) => {
  const x = rightOf(parseNpyE(readFileSync(join(root, "data/t5x/prompt_5x256.npy"))));
  assert.equal([x.dtype, x.shape], ["float64", [5, 256]]);
  assert.is(x.data[0], 0.29594051724693826);
  // NumPy sums pairwise; the last digits depend on the order.
  assert.ok(Math.abs((x.data as Float64Array).reduce((a, b) => a + b) - 641.2835884444438) < 1e-10);
});

withShared(Npy, "reads the reference's embedding and released prompts", (root) => {
  const read = (path: string) => rightOf(parseNpyE(readFileSync(join(root, "data/t5x", path))));
  const embedding = read("tiny_embeddings_32128x4.npy");
  assert.equal([embedding.dtype, embedding.shape], ["float32", [32128, 4]]);
  const row = [0.07208828628, 0.20919628441, 1.64618194103, 1.71476328373];
  assert.equal([...embedding.data.subarray(0, 4)], row.map(Math.fround));
  const prompts = join("pretrained_prompts", "t5_1_1_lm100k_base");
  for (const [name, first] of [
    ["mrpc", -30.358],
    ["sst2", -18.4223],
  ] as const) {
    const prompt = read(join(prompts, `${name}.npy`));
    assert.equal([prompt.dtype, prompt.shape], ["float32", [100, 768]]);
    assert.ok(Math.abs((prompt.data[0] as number) - first) < 5e-4, `${name} ${prompt.data[0]}`);
  }
});

withShared(Npy, "writes the float32 files of the reference byte for byte", (root) => {
  const path = join(root, "data/t5x/tiny_embeddings_32128x4.npy");
  const bytes = readFileSync(path);
  assert.is(Buffer.compare(encodeNpy(rightOf(parseNpyE(bytes))), bytes), 0);
});

Npy.run();
