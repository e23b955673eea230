import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { runtimeOn } from "../../lib/compile/runtime.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { flatten } from "../../lib/core/pytree.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { sameBits } from "../../lib/edge/elements.js";
import { loadHuggingFaceTE, type StoredT5 } from "../../lib/io/huggingface.js";
import { decodeHuggingFaceConfigE, encodeHuggingFaceConfig } from "../../lib/io/huggingface-config.js";
import { parseSafetensorsE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { type SavedT5, saveHuggingFaceTE } from "../../lib/io/save-huggingface.js";
import { isValue } from "../../lib/io/values.js";
import * as np from "../../lib/np/index.js";
import { configs } from "../../lib/t5/configs.js";
import { heldBy } from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";
import { messageOf, rightOf, run, temporaryFolder } from "./folder.js";
import { CONFIG, configOf, tensorsOf, V1_1 } from "./tiny-t5.js";

const Save = suite("io/save-huggingface");
const folder = temporaryFolder(Save);

let folders = 0;
const newFolder = (): string => join(folder, `${folders++}`);
/** The model of `raw`, through a folder as transformers writes it. */
const stored = async (raw: object): Promise<StoredT5> => {
  const dir = newFolder();
  mkdirSync(dir);
  writeFileSync(join(dir, "config.json"), JSON.stringify(raw));
  writeFileSync(join(dir, "model.safetensors"), encodeSafetensors(tensorsOf(configOf(raw))));
  return run(loadHuggingFaceTE(dir));
};
const filesOf = (dir: string): string[] => readdirSync(dir).sort();
const jsonOf = (dir: string, name: string) => JSON.parse(readFileSync(join(dir, name), "utf8"));
const tensorsIn = (dir: string, name = "model.safetensors"): ReadonlyMap<string, HostArray> =>
  rightOf(parseSafetensorsE(readFileSync(join(dir, name)))).tensors;

Save("a configuration comes back from config.json as it was, of every released model too", () => {
  const all = [
    ...[CONFIG, V1_1, { ...CONFIG, feed_forward_proj: "gelu_new" }, { ...V1_1, feed_forward_proj: "gated-relu" }].map(
      configOf,
    ),
    ...Object.values(configs),
  ];
  for (const config of all) {
    const back = rightOf(decodeHuggingFaceConfigE(encodeHuggingFaceConfig({ config, dropoutRate: 0.05 })));
    assert.equal(back, { config, dropoutRate: 0.05 });
  }
});

Save("a model comes back as it was, with its configuration and dropout rate", async () => {
  for (const raw of [CONFIG, V1_1]) {
    const t5 = { ...(await stored(raw)), dropoutRate: 0.25 };
    const dir = newFolder();
    await run(saveHuggingFaceTE(dir, t5));
    assert.equal(await run(loadHuggingFaceTE(dir)), t5);
    assert.equal(filesOf(dir), ["config.json", "model.safetensors"]);
    assert.is(jsonOf(dir, "config.json").torch_dtype, "float32");
  }
});

Save("shards hold what fits, in an index of the names and the bytes of all", async () => {
  const t5 = await stored(V1_1);
  const dir = newFolder();
  await run(saveHuggingFaceTE(dir, t5, { maxShardBytes: 300 }));
  const index = jsonOf(dir, "model.safetensors.index.json");
  const shards = filesOf(dir).filter((name) => /^model-\d{5}-of-\d{5}\.safetensors$/.test(name));
  const sizes = shards.map((name) => [...tensorsIn(dir, name).values()].reduce((n, x) => n + x.data.byteLength, 0));
  assert.ok(shards.length > 2 && shards.at(-1)?.endsWith(`-of-${String(shards.length).padStart(5, "0")}.safetensors`));
  assert.ok(
    sizes.every((bytes) => bytes <= 300),
    `${sizes}`,
  );
  assert.is(
    index.metadata.total_size,
    sizes.reduce((a, b) => a + b),
  );
  assert.equal(new Set(Object.values(index.weight_map)), new Set(shards));
  assert.equal(Object.keys(index.weight_map).sort(), Object.keys(tensorsOf(configOf(V1_1))).sort());
  assert.equal(await run(loadHuggingFaceTE(dir)), t5);
  const each = newFolder();
  await run(saveHuggingFaceTE(each, t5, { maxShardBytes: 1 }));
  assert.is(filesOf(each).length, Object.keys(index.weight_map).length + 2);
});

Save("weights of an earlier save are removed, other files stay, nothing temporary is left", async () => {
  const [one, other] = [await stored(V1_1), await stored(CONFIG)];
  const dir = newFolder();
  await run(saveHuggingFaceTE(dir, one, { maxShardBytes: 300 }));
  writeFileSync(join(dir, "spiece.model"), "pieces");
  await run(saveHuggingFaceTE(dir, other));
  assert.equal(filesOf(dir), ["config.json", "model.safetensors", "spiece.model"]);
  assert.equal(await run(loadHuggingFaceTE(dir)), other);
  await run(saveHuggingFaceTE(dir, one, { maxShardBytes: 300 }));
  assert.not.ok(filesOf(dir).includes("model.safetensors"));
  assert.equal(await run(loadHuggingFaceTE(dir)), one);
});

Save("a save that fails half-way leaves the folder as it was", async () => {
  const [old, t5] = [await stored(V1_1), await stored(V1_1)];
  const dir = newFolder();
  await run(saveHuggingFaceTE(dir, old));
  const before = filesOf(dir).map((name) => readFileSync(join(dir, name)));
  const broken = new Proxy(t5.params.decoder.decoderNorm.scale, {
    get: (x, key) => {
      if (key !== "data" || !writing) return x[key as keyof HostArray];
      throw new Error("the device is lost");
    },
  });
  let writing = false;
  const params = { ...t5.params, decoder: { ...t5.params.decoder, decoderNorm: { scale: broken } } };
  const task = saveHuggingFaceTE(dir, { config: t5.config, params }, { maxShardBytes: 300 });
  writing = true;
  assert.match(messageOf(await task(), "CheckpointError"), "the device is lost");
  assert.equal(filesOf(dir), ["config.json", "model.safetensors"]);
  assert.equal(
    filesOf(dir).map((name) => readFileSync(join(dir, name))),
    before,
  );
});

Save("half floats take half the bytes and round to the nearest; what they can hold comes back", async () => {
  const t5 = await stored(V1_1);
  for (const dtype of ["bfloat16", "float16"] as const) {
    const dir = newFolder();
    await run(saveHuggingFaceTE(dir, t5, { dtype }));
    assert.is(jsonOf(dir, "config.json").torch_dtype, dtype);
    // The elements of this model are integers: small ones are exact.
    const { params } = await run(loadHuggingFaceTE(dir));
    const [ours, theirs] = [t5, { params }].map(({ params: tree }) => flatten(tree, isValue)[0] as HostArray[]);
    const exact = dtype === "float16" ? 2048 : 256;
    for (const [i, leaf] of (ours as HostArray[]).entries()) {
      for (const [k, x] of leaf.data.entries()) {
        const y = theirs?.[i]?.data[k] as number;
        assert.ok(x <= exact ? x === y : Math.abs(x - y) <= x / exact, `${x} ${y}`);
      }
    }
    const again = newFolder();
    await run(saveHuggingFaceTE(again, { config: t5.config, params }, { dtype }));
    assert.equal(readFileSync(join(again, "model.safetensors")), readFileSync(join(dir, "model.safetensors")));
  }
});

Save("tensors are read back where they are, and none is made", async () => {
  const t5 = await stored(V1_1);
  const dir = newFolder();
  const runtime = runtimeOn(referenceExecutor());
  const params = withRuntime(runtime, () => np.devicePut(t5.params)) as SavedT5["params"];
  const before = heldBy(runtime.device);
  await run(saveHuggingFaceTE(dir, { config: t5.config, params }));
  assert.equal(heldBy(runtime.device), before);
  runtime.dispose();
  assert.equal((await run(loadHuggingFaceTE(dir))).params, t5.params);
});

Save("parameters of another configuration are told together, by our paths", async () => {
  const { params, config } = await stored(V1_1);
  const { encoderNorm: _, ...encoder } = params.encoder;
  const wrong = hostArray([2, 14], "float32", params.tokenEmbedder.embedding.data);
  const tree = {
    ...params,
    encoder,
    tokenEmbedder: { embedding: wrong },
    prompt: wrong,
  } as unknown as SavedT5["params"];
  const message = messageOf(await saveHuggingFaceTE(newFolder(), { config, params: tree })(), "CheckpointError");
  assert.match(message, "1 missing: encoder.encoderNorm.scale");
  assert.match(message, "1 unexpected: prompt");
  assert.match(message, "1 mis-shaped: tokenEmbedder.embedding is f32[2,14], not f32[7,4]");
});

Save("an unknown dtype, a shard without room and a file in place of the folder are refused", async () => {
  const t5 = await stored(V1_1);
  const refused = (options: object): void =>
    assert.throws(
      () => saveHuggingFaceTE(newFolder(), t5, options),
      (e: unknown) => isFluxionError(e, "ArgumentError"),
    );
  refused({ dtype: "int8" });
  refused({ dtype: "toString" });
  refused({ maxShardBytes: 0 });
  refused({ maxShardBytes: Number.NaN });
  const file = join(folder, "file");
  writeFileSync(file, "");
  assert.match(messageOf(await saveHuggingFaceTE(file, t5)(), "CheckpointError"), "saveHuggingFace: there is a file");
});

for (const path of ["golden/t5-tiny", "golden/t5-tiny-v1_0"]) {
  withShared(Save, `${path} is the same file after loading and saving, byte by byte`, async (root) => {
    const dir = newFolder();
    const t5 = await run(loadHuggingFaceTE(join(root, path)));
    await run(saveHuggingFaceTE(dir, t5));
    const [theirs, ours] = [join(root, path), dir].map((at) => readFileSync(join(at, "model.safetensors")));
    assert.is(Buffer.compare(ours as Buffer, theirs as Buffer), 0);
    const sharded = newFolder();
    await run(saveHuggingFaceTE(sharded, t5, { maxShardBytes: 50_000 }));
    const back = await run(loadHuggingFaceTE(sharded));
    const again = newFolder();
    await run(saveHuggingFaceTE(again, back));
    for (const [name, tensor] of tensorsIn(again)) {
      assert.ok(sameBits(tensor, tensorsIn(join(root, path)).get(name) as HostArray), name);
    }
  });
}

Save.run();
