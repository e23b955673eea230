import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../../lib/core/errors.js";
import type { HostArray } from "../../../lib/core/host.js";
import { flatten, pathsOf } from "../../../lib/core/pytree.js";
import { crc32c, masked } from "../../../lib/io/meshtf/crc32c.js";
import { loadMeshTensorFlowTE } from "../../../lib/io/meshtf/load.js";
import { isState, meshName } from "../../../lib/io/meshtf/names.js";
import { t5xName } from "../../../lib/io/t5-source.js";
import { messageOf, run, temporaryFolder } from "../folder.js";
import { decoded, writeFiles } from "../t5x/golden.js";

const Mesh = suite("io/meshtf");
const folder = temporaryFolder(Mesh);

interface Case {
  readonly step: number;
  readonly files: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
}
const { cases } = JSON.parse(readFileSync("test/golden/data/meshtf.json", "utf8")) as { cases: Record<string, Case> };
const V1_1 = cases["T5 1.1 in two files"] as Case;

let folders = 0;
const write = ({ files }: Case): string =>
  writeFiles(
    join(folder, `mesh${folders++}`),
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, decoded(bytes)])),
  );
const refused = async (path: string): Promise<string> =>
  messageOf(await loadMeshTensorFlowTE(path)(), "CheckpointError");
const PREFIX = "model.ckpt-1000000";

for (const [title, mesh] of Object.entries(cases)) {
  Mesh(`as it was written by hand: ${title}`, async () => {
    const { params, config, step, prompts } = await run(loadMeshTensorFlowTE(write(mesh)));
    const [leaves, treedef] = flatten(params, (x) => typeof x === "object" && x !== null && "data" in x);
    const found = pathsOf(treedef).map((path, i) => {
      const { shape, data, dtype } = leaves[i] as HostArray;
      assert.is(dtype, "float32");
      return [t5xName(path), { shape, data: [...data] }];
    });
    assert.equal(Object.fromEntries(found), mesh.params);
    assert.is(step, mesh.step);
    assert.equal(prompts, {});
    const { gated, tiedEmbeddings, numLayers, numDecoderLayers, numHeads, dKv, dFf } = config;
    assert.equal([numLayers, numDecoderLayers, numHeads, dKv, dFf], [2, 1, 2, 3, 5]);
    assert.equal([gated, tiedEmbeddings], title.startsWith("T5 1.1") ? [true, false] : [false, true]);
  });
}

Mesh("a folder, a prefix and an index mean the same; the last step of a folder is meant", async () => {
  const dir = write(V1_1);
  for (const path of [dir, join(dir, PREFIX), join(dir, `${PREFIX}.index`)]) {
    assert.is((await run(loadMeshTensorFlowTE(path))).step, 1000000);
  }
  writeFiles(dir, { "model.ckpt-999.index": "older" });
  assert.is((await run(loadMeshTensorFlowTE(dir))).step, 1000000);
  assert.match(await refused(writeFiles(join(folder, "empty"), {})), "there is no checkpoint of TensorFlow here");
  assert.match(await refused(join(folder, "nowhere")), "no such file or folder");
});

Mesh("names are those of T5X, and only in their places", () => {
  assert.is(
    meshName("decoder/block_011/layer_001/EncDecAttention/o"),
    "decoder/layers_11/encoder_decoder_attention/out/kernel",
  );
  assert.is(meshName("encoder/block_000/layer_001/rms_norm/scale"), "encoder/layers_0/pre_mlp_layer_norm/scale");
  for (const name of [
    "encoder/block_000/layer_000/EncDecAttention/q",
    "encoder/block_000/layer_001/SelfAttention/q",
    "encoder/block_001/layer_000/SelfAttention/relative_attention_bias",
    "decoder/block_000/layer_001/DenseReluDense/wo/kernel",
    "decoder/block_000/layer_003/layer_norm/scale",
    "encoder/block_000/layer_001/DenseReluDense/q",
    "encoder/embedding",
  ]) {
    assert.is(meshName(name), undefined, name);
  }
  assert.ok(["global_step", "shared/embedding_slot_vr", "a_slot_m"].every(isState));
  assert.not.ok(isState("shared/embedding"));
});

Mesh("CRC-32C is that of RFC 3720, whole and in parts", () => {
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.is(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  const digits = new TextEncoder().encode("123456789");
  assert.is(crc32c(digits), 0xe3069283);
  assert.is(crc32c(digits.subarray(4), crc32c(digits.subarray(0, 4))), 0xe3069283);
  assert.is(masked(0), 0xa282ead8);
});

Mesh("progress counts the bytes of the parameters", async () => {
  const told: number[] = [];
  await run(loadMeshTensorFlowTE(write(V1_1), { onProgress: ({ done, total }) => told.push(done / total) }));
  assert.is(told.length, Object.keys(V1_1.params).length);
  assert.is(told.at(-1), 1);
});

Mesh("what is cut, missing, changed or of another kind is told", async () => {
  const dir = write(V1_1);
  const index = join(dir, `${PREFIX}.index`);
  const bytes = readFileSync(index);
  const data = join(dir, `${PREFIX}.data-00001-of-00002`);
  const tensors = readFileSync(data);
  const indexAs = (change: (copy: Buffer) => void): Promise<string> => {
    const copy = Buffer.from(bytes);
    change(copy);
    writeFileSync(index, copy);
    return refused(dir);
  };
  assert.match(await indexAs((b) => b.fill(0, b.length - 8)), "not an index of TensorFlow");
  assert.match(await indexAs((b) => b.fill(255, b.length - 48, b.length - 8)), "cannot be read");
  assert.match(await indexAs((b) => b.writeUInt8((b[20] as number) ^ 1, 20)), "the checksum of a block");
  writeFileSync(index, bytes);
  tensors.writeUInt8((tensors[9] as number) ^ 1, 9);
  writeFileSync(data, tensors);
  assert.match(await refused(dir), "the checksum of a tensor is wrong");
  truncateSync(data, tensors.length - 30);
  assert.match(await refused(dir), "a tensor is outside of its data file");
  rmSync(data);
  assert.match(await refused(dir), "no such file or folder");
  truncateSync(index, 20);
  assert.match(await refused(dir), "not an index of TensorFlow");
});

Mesh("an index compressed by snappy is refused with a way to convert it", async () => {
  const dir = write(V1_1);
  const index = join(dir, `${PREFIX}.index`);
  const bytes = readFileSync(index);
  // The block of the index is the last: mark it as compressed, with the checksum it then has.
  const size = bytes.length - 48 - 5;
  const [start] = [...Array(size).keys()].filter((at) => {
    const [end, stored] = [size + 1, bytes.readUInt32LE(size + 1)];
    return masked(crc32c(bytes.subarray(at, end))) === stored;
  });
  bytes.writeUInt8(1, size);
  bytes.writeUInt32LE(masked(crc32c(bytes.subarray(start, size + 1))), size + 1);
  writeFileSync(index, bytes);
  const message = await refused(dir);
  assert.match(message, "snappy");
  assert.match(message, "tf.train.Saver");
});

Mesh("what contradicts the shapes is told", async () => {
  const result = await loadMeshTensorFlowTE(write(V1_1), { config: { dFf: 9 } })();
  assert.match(messageOf(result, "CheckpointError"), "dFf 5; the given configuration says 9");
});

Mesh("whatever bytes change in the index, checksums set right, there is a value or a CheckpointError", async () => {
  const dir = write(cases["T5 1.0 in bfloat16, heads apart"] as Case);
  const index = join(dir, "model.ckpt-999900.index");
  const original = readFileSync(index);
  // The first block begins the file; its size is where its checksum fits.
  const size = [...Array(original.length - 53).keys()].find(
    (n) => n > 8 && masked(crc32c(original.subarray(0, n + 1))) === original.readUInt32LE(n + 1),
  ) as number;
  await fc.assert(
    fc.asyncProperty(fc.nat(size - 1), fc.uint8Array({ minLength: 1, maxLength: 5 }), async (at, bytes) => {
      const copy = Buffer.from(original);
      copy.set(bytes.subarray(0, size - at), at);
      copy.writeUInt32LE(masked(crc32c(copy.subarray(0, size + 1))), size + 1);
      writeFileSync(index, copy);
      const result = await loadMeshTensorFlowTE(dir)();
      if (E.isLeft(result)) assert.ok(isFluxionError(result.left, "CheckpointError"), String(result.left));
    }),
    { numRuns: 300 },
  );
});

Mesh.run();
