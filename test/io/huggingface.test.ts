import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Shape } from "../../lib/core/aval.js";
import type { HostArray } from "../../lib/core/host.js";
import { hostArray } from "../../lib/core/host.js";
import { flatten, pathsOf, printPath } from "../../lib/core/pytree.js";
import { sameBits } from "../../lib/edge/elements.js";
import { loadHuggingFaceTE, type Progress } from "../../lib/io/huggingface.js";
import { parseSafetensorsE } from "../../lib/io/safetensors.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { isShape, paramShapes, type T5Config, type T5Tree } from "../../lib/t5/config.js";
import { withShared } from "../helpers/shared.js";
import { messageOf, rightOf, run, temporaryFolder } from "./folder.js";
import { CONFIG, configOf, tensorsOf, V1_1 } from "./tiny-t5.js";

const HuggingFace = suite("io/huggingface");
const folder = temporaryFolder(HuggingFace);

let folders = 0;
const write = (raw: object, tensors: Record<string, HostArray>): string => {
  const dir = join(folder, `model${folders++}`);
  mkdirSync(dir);
  writeFileSync(join(dir, "config.json"), JSON.stringify(raw));
  writeFileSync(join(dir, "model.safetensors"), encodeSafetensors(tensors, { format: "pt" }));
  return dir;
};
const misfit = async (raw: object, tensors: Record<string, HostArray>): Promise<string> =>
  messageOf(await loadHuggingFaceTE(write(raw, tensors))(), "CheckpointError");

const shapesOf = (params: T5Tree<HostArray>): [string, Shape][] => {
  const [leaves, treedef] = flatten(params, (x) => typeof x === "object" && x !== null && "data" in x);
  return pathsOf(treedef).map((path, i) => [printPath(path), (leaves[i] as HostArray).shape]);
};
const expectedShapes = (config: T5Config): [string, Shape][] => {
  const [leaves, treedef] = flatten(paramShapes(config), isShape);
  return pathsOf(treedef).map((path, i) => [printPath(path), leaves[i] as Shape]);
};

HuggingFace("kernels and position tables are transposed, the embedding and norms are not", async () => {
  const tensors = tensorsOf(configOf(V1_1));
  const { params, config } = await run(loadHuggingFaceTE(write(V1_1, tensors)));
  assert.equal(shapesOf(params), expectedShapes(config));
  const theirs = (name: string): HostArray => tensors[name] as HostArray;
  const at = (x: HostArray, i: number, j: number): number => x.data[i * (x.shape[1] as number) + j] as number;
  const pairs: [HostArray, HostArray][] = [
    [
      params.encoder.layers[1]?.attention.query.kernel as HostArray,
      theirs("encoder.block.1.layer.0.SelfAttention.q.weight"),
    ],
    [
      params.decoder.layers[0]?.encoderDecoderAttention.out.kernel as HostArray,
      theirs("decoder.block.0.layer.1.EncDecAttention.o.weight"),
    ],
    [
      params.decoder.relposBias?.relEmbedding as HostArray,
      theirs("decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"),
    ],
    [params.decoder.logitsDense?.kernel as HostArray, theirs("lm_head.weight")],
  ];
  for (const [ours, other] of pairs) {
    for (let i = 0; i < (ours.shape[0] as number); i++) {
      for (let j = 0; j < (ours.shape[1] as number); j++) assert.is(at(ours, i, j), at(other, j, i));
    }
  }
  assert.ok(sameBits(params.tokenEmbedder.embedding, theirs("shared.weight")));
  assert.ok(sameBits(params.encoder.encoderNorm.scale, theirs("encoder.final_layer_norm.weight")));
});

HuggingFace("tied copies may be stored, alone or besides, but have to be equal", async () => {
  const tensors = tensorsOf(configOf(CONFIG));
  const embedding = tensors["shared.weight"] as HostArray;
  const copies = {
    "encoder.embed_tokens.weight": embedding,
    "decoder.embed_tokens.weight": embedding,
    "lm_head.weight": embedding,
  };
  const unused = { "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight": embedding };
  const { "shared.weight": _, ...others } = tensors;
  const alone = { ...others, "decoder.embed_tokens.weight": embedding };
  for (const stored of [{ ...tensors, ...copies, ...unused }, alone]) {
    const { params } = await run(loadHuggingFaceTE(write(CONFIG, stored)));
    assert.ok(sameBits(params.tokenEmbedder.embedding, embedding));
    assert.not.ok("logitsDense" in params.decoder);
  }
  const other = hostArray(embedding.shape, "float32", new Float32Array(embedding.data.length));
  const message = await misfit(CONFIG, { ...tensors, "lm_head.weight": other });
  assert.match(message, "expected  lm_head.weight equal to shared.weight");
});

HuggingFace("the weights of an encoder alone are called so, and nothing else is said to be wrong", async () => {
  for (const raw of [CONFIG, V1_1]) {
    const ofEncoder = Object.entries(tensorsOf(configOf(raw))).filter(([name]) => /^(shared|encoder)\./.test(name));
    const message = await misfit(raw, Object.fromEntries(ofEncoder));
    assert.match(message, /missing: decoder\.[\s\S]*hint +this is an encoder alone, as T5EncoderModel saves it/);
    assert.not.match(message, "lm_head.weight;");
  }
});

HuggingFace("missing, unexpected and mis-shaped tensors are told together", async () => {
  const { "shared.weight": shared, "encoder.final_layer_norm.weight": _, ...tensors } = tensorsOf(configOf(V1_1));
  const wrong = hostArray([2, 14], "float32", (shared as HostArray).data);
  const message = await misfit(V1_1, { ...tensors, "shared.weight": wrong, "pooler.weight": wrong });
  assert.match(message, "1 missing: encoder.final_layer_norm.weight");
  assert.match(message, "1 unexpected: pooler.weight");
  assert.match(message, "1 mis-shaped: shared.weight is f32[2,14], not f32[7,4]");
});

HuggingFace("when all differences come from one field of config.json, the hint names it", async () => {
  const tensors = tensorsOf(configOf(V1_1));
  const hints: [object, string][] = [
    [{ d_model: 6 }, "this checkpoint has d_model 4; config.json says 6"],
    [{ d_ff: 9 }, "this checkpoint has d_ff 5; config.json says 9"],
    [{ d_kv: 4 }, "this checkpoint has num_heads * d_kv 6; config.json says 8"],
    [{ vocab_size: 8 }, "this checkpoint has vocab_size 7; config.json says 8"],
    [{ num_layers: 3 }, "this checkpoint has num_layers 2; config.json says 3"],
    [{ num_decoder_layers: 2 }, "this checkpoint has num_decoder_layers 1; config.json says 2"],
    [{ feed_forward_proj: "relu" }, "this checkpoint has feed_forward_proj gated-gelu; config.json says relu"],
  ];
  for (const [change, hint] of hints) {
    const message = await misfit({ ...V1_1, ...change }, tensors);
    assert.ok(message.endsWith(`hint      ${hint}`), message);
  }
  const { "lm_head.weight": _, ...headless } = tensors;
  assert.match(
    await misfit(V1_1, headless),
    "this checkpoint has no lm_head.weight; config.json says tie_word_embeddings false",
  );
});

HuggingFace("progress is told in bytes of the file and reaches its end, with copies", async () => {
  const tensors = tensorsOf(configOf(CONFIG));
  const stored = { ...tensors, "lm_head.weight": tensors["shared.weight"] as HostArray };
  const told: Progress[] = [];
  await run(loadHuggingFaceTE(write(CONFIG, stored), { onProgress: (progress) => told.push(progress) }));
  const bytes = Object.values(stored).reduce((n, x) => n + x.data.byteLength, 0);
  assert.equal(new Set(told.map(({ total }) => total)), new Set([bytes]));
  assert.is(told.at(-1)?.done, bytes);
  assert.equal(new Set(told.map(({ name }) => name)), new Set(Object.keys(stored)));
  assert.ok(told.every(({ done }, i) => done > (told[i - 1]?.done ?? 0)));
});

HuggingFace("integer weights are refused", async () => {
  const tensors = tensorsOf(configOf(V1_1));
  const scale = hostArray([4], "int32", new Int32Array(4));
  assert.match(await misfit(V1_1, { ...tensors, "encoder.final_layer_norm.weight": scale }), "is i32[4], not f32[4]");
});

HuggingFace("a missing folder, file or end of file is one readable message", async () => {
  const nowhere = join(folder, "nowhere");
  const missing = messageOf(await loadHuggingFaceTE(nowhere)(), "ConfigError");
  assert.match(missing, "there is no such file or folder");
  assert.match(missing, join(nowhere, "config.json"));
  const dir = write(V1_1, tensorsOf(configOf(V1_1)));
  const weights = join(dir, "model.safetensors");
  truncateSync(weights, readFileSync(weights).length - 4);
  assert.match(messageOf(await loadHuggingFaceTE(dir)(), "CheckpointError"), "the file ends before its last tensor");
  writeFileSync(join(dir, "config.json"), "{");
  assert.match(messageOf(await loadHuggingFaceTE(dir)(), "ConfigError"), "not valid JSON");
});

for (const [path, count, gated] of [
  ["golden/t5-tiny", 52, true],
  ["golden/t5-tiny-v1_0", 47, false],
  ["data/t5-nano/mixed", 75, true],
] as const) {
  withShared(HuggingFace, `${path} loads, with all of its tensors`, async (root) => {
    const { config, params } = await run(loadHuggingFaceTE(join(root, path)));
    const shapes = shapesOf(params);
    assert.equal(shapes, expectedShapes(config));
    const { tensors } = rightOf(parseSafetensorsE(readFileSync(join(root, path, "model.safetensors"))));
    assert.equal([tensors.size, shapes.length, config.gated, config.tiedEmbeddings], [count, count, gated, !gated]);
    // The sum over all elements does not depend on names or transposes: nothing was lost, doubled or misread.
    const sum = (arrays: Iterable<HostArray>): number =>
      [...arrays]
        .map(({ data }) => (data as Float32Array).reduce((a, x) => a + x * x, 0))
        .sort((a, b) => a - b)
        .reduce((a, x) => a + x, 0);
    const [leaves] = flatten(params, (x) => typeof x === "object" && x !== null && "data" in x);
    const [ours, theirs] = [sum(leaves as HostArray[]), sum(tensors.values())];
    assert.ok(Number.isFinite(theirs) && Math.abs(ours - theirs) <= 1e-9 * theirs, `${ours} ${theirs}`);
  });
}

HuggingFace.run();
