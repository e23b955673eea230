import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { sameBits } from "../../lib/edge/elements.js";
import { loadHuggingFaceTE } from "../../lib/io/huggingface.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { openWeights } from "../../lib/io/sharded.js";
import { messageOf, run, temporaryFolder } from "./folder.js";
import { configOf, tensorsOf, V1_1 } from "./tiny-t5.js";

const Sharded = suite("io/sharded");
const folder = temporaryFolder(Sharded);

type Tensors = Record<string, HostArray>;
const tensors = tensorsOf(configOf(V1_1));
const names = Object.keys(tensors);
const halves: [string, Tensors][] = [0, 1].map((part) => [
  `model-0000${part + 1}-of-00002.safetensors`,
  Object.fromEntries(Object.entries(tensors).filter((_, i) => i % 2 === part)),
]);
const [[first, odd], [second, even]] = halves as [[string, Tensors], [string, Tensors]];
const weightMap = Object.fromEntries(halves.flatMap(([shard, part]) => Object.keys(part).map((name) => [name, shard])));

let folders = 0;
/** A folder of the model in two shards, with changes. */
const write = ({ index = {}, shards = {} }: { index?: object; shards?: Record<string, Tensors> } = {}): string => {
  const dir = join(folder, `model${folders++}`);
  mkdirSync(dir);
  writeFileSync(join(dir, "config.json"), JSON.stringify(V1_1));
  for (const [shard, part] of Object.entries({ [first]: odd, [second]: even, ...shards })) {
    writeFileSync(join(dir, shard), encodeSafetensors(part, { format: "pt" }));
  }
  const content = { metadata: { total_size: 1 }, weight_map: weightMap, ...index };
  writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify(content));
  return dir;
};
const refused = async (dir: string): Promise<string> => messageOf(await loadHuggingFaceTE(dir)(), "CheckpointError");
/** Files that this process has open, where the system tells. */
const openFiles = (): number => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);

Sharded("shards are one map of names, and load as one file does", async () => {
  const dir = write();
  const weights = await run(openWeights(dir));
  assert.equal([...weights.entries.keys()].sort(), [...names].sort());
  assert.is(weights.metadata.format, "pt");
  for (const [name, tensor] of Object.entries(tensors)) assert.ok(sameBits(await run(weights.read(name)), tensor));
  await run(async () =>
    weights.pieces("shared.weight", (piece, start) => assert.equal([piece.length, start], [28, 0]))(),
  );
  await weights.close();
  const sharded = await run(loadHuggingFaceTE(dir));
  writeFileSync(join(dir, "model.safetensors"), encodeSafetensors(tensors));
  assert.equal(await run(loadHuggingFaceTE(dir)), sharded);
});

Sharded("a single file is preferred to shards, as in transformers", async () => {
  const dir = write();
  const single = { ...tensors, "shared.weight": hostArray([7, 4], "float32", new Float32Array(28)) };
  writeFileSync(join(dir, "model.safetensors"), encodeSafetensors(single));
  const { params } = await run(loadHuggingFaceTE(dir));
  assert.equal(params.tokenEmbedder.embedding.data, new Float32Array(28));
});

Sharded("a shard that is a link, as in a download cache, is read", async () => {
  const dir = write();
  const other = write();
  rmSync(join(dir, second));
  symlinkSync(join(other, second), join(dir, second));
  assert.is((await run(loadHuggingFaceTE(dir))).config.numHeads, 2);
});

Sharded("a missing shard is named, and the shards before it are closed", async () => {
  const dir = write();
  rmSync(join(dir, second));
  const before = openFiles();
  assert.match(await refused(dir), `at        ${join(dir, second)}`);
  assert.is(openFiles(), before);
});

Sharded("an index and shards that disagree are told name by name, and all files are closed", async () => {
  const before = openFiles();
  const [a, b] = [names[0] as string, names[1] as string];
  const { [b]: moved, ...rest } = even;
  assert.match(await refused(write({ shards: { [second]: rest } })), `${b} is not in ${second}`);
  const extra = { ...even, "pooler.weight": moved as HostArray };
  const surplus = await refused(write({ shards: { [second]: extra } }));
  assert.match(surplus, `pooler.weight is in ${second}, the index does not name it`);
  const twice = await refused(write({ shards: { [second]: { ...even, [a]: odd[a] as HostArray } } }));
  assert.match(twice, `${a} is in both ${first} and ${second}`);
  const swapped = await refused(write({ index: { weight_map: { ...weightMap, [a]: second } } }));
  assert.match(swapped, `${a} is in ${first}, not in ${second}`);
  const many = await refused(write({ index: { weight_map: Object.fromEntries(names.map((n) => [n, first])) } }));
  assert.match(many, /not in model-00001.*\n.*\n.*\n.*\n.*and \d+ more/);
  assert.is(openFiles(), before);
});

Sharded("tensors that are missing, unexpected or mis-shaped over all shards are told together", async () => {
  const [a, b] = ["encoder.final_layer_norm.weight", "shared.weight"];
  const [shardOfA, shardOfB] = [weightMap[a] as string, weightMap[b] as string];
  const parts = { [first]: { ...odd }, [second]: { ...even } };
  delete parts[shardOfA]?.[a];
  Object.assign(parts[shardOfB] as Tensors, { [b]: hostArray([2], "float32", new Float32Array(2)) });
  Object.assign(parts[shardOfB] as Tensors, { "pooler.weight": hostArray([1], "float32", new Float32Array(1)) });
  const { [a]: _, ...kept } = weightMap;
  const message = await refused(
    write({ index: { weight_map: { ...kept, "pooler.weight": shardOfB } }, shards: parts }),
  );
  assert.match(message, `1 missing: ${a}`);
  assert.match(message, "1 unexpected: pooler.weight");
  assert.match(message, `1 mis-shaped: ${b} is f32[2], not f32[7,4]`);
  assert.match(message, "model.safetensors.index.json");
});

Sharded("an index cannot lead out of its folder", async () => {
  const dir = write();
  for (const path of ["../model0/model.safetensors", "/etc/passwd", "a\\b", "a/b", "..", ".", "", "a\0b"]) {
    const content = { weight_map: { ...weightMap, [names[0] as string]: path } };
    writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify(content));
    assert.match(await refused(dir), "expected  name of a file in the same folder");
  }
});

Sharded("an index that is none is a typed error", async () => {
  assert.match(await refused(write({ index: { weight_map: undefined } })), "at        ");
  assert.match(await refused(write({ index: { weight_map: { x: 3 } } })), "name of a file in the same folder");
  const dir = write();
  writeFileSync(join(dir, "model.safetensors.index.json"), "[1");
  assert.match(await refused(dir), "not valid JSON");
});

Sharded("a folder without weights says so; one of pickles says how to convert it", async () => {
  const dir = join(folder, "empty");
  mkdirSync(dir);
  assert.match(messageOf(await openWeights(dir)(), "CheckpointError"), "there are no weights in this folder");
  writeFileSync(join(dir, "pytorch_model.bin"), "");
  const message = messageOf(await openWeights(dir)(), "CheckpointError");
  assert.match(message, 'got       "pytorch_model.bin"');
  assert.match(message, "save_pretrained");
});

Sharded.run();
