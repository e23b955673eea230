import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../../lib/core/errors.js";
import { type HostArray, hostArray } from "../../../lib/core/host.js";
import { flatten, pathsOf } from "../../../lib/core/pytree.js";
import { bytesOf, sameBits } from "../../../lib/edge/elements.js";
import { loadHuggingFaceTE, type Progress } from "../../../lib/io/huggingface.js";
import { saveHuggingFaceTE } from "../../../lib/io/save-huggingface.js";
import { t5xName } from "../../../lib/io/t5-source.js";
import { openT5x } from "../../../lib/io/t5x/checkpoint.js";
import { loadT5xTE } from "../../../lib/io/t5x/load.js";
import { saveT5xTE, type T5xContent } from "../../../lib/io/t5x/save.js";
import type { T5Config, T5Tree } from "../../../lib/t5/config.js";
import { withShared } from "../../helpers/shared.js";
import { messageOf, run, temporaryFolder } from "../folder.js";
import { decoded, golden, writeFiles } from "./golden.js";
import { paramsOf, SMALL } from "./small.js";

const T5x = suite("io/t5x");
const folder = temporaryFolder(T5x);
const TINY = "data/t5x/test_t5_1_1_tiny";

const isArray = (x: unknown): x is HostArray => typeof x === "object" && x !== null && "data" in x;
const named = (params: T5Tree<HostArray>): [string, HostArray][] => {
  const [leaves, treedef] = flatten(params, isArray);
  return pathsOf(treedef).map((path, i) => [t5xName(path), leaves[i] as HostArray]);
};
const assertSame = (a: T5Tree<HostArray>, b: T5Tree<HostArray>): void => {
  const theirs = new Map(named(b));
  const ours = named(a);
  assert.is(ours.length, theirs.size);
  for (const [name, x] of ours) assert.ok(sameBits(x, theirs.get(name) as HostArray), name);
};

let folders = 0;
const save = (config: T5Config, extra: object = {}): Promise<string> =>
  run(saveT5xTE(join(folder, `saved${folders++}`), { params: paramsOf(config), step: 5, ...extra }));

withShared(
  T5x,
  "the tiny checkpoint is what numpy reads, and its configuration is told by its shapes",
  async (root) => {
    const { params, config, step, prompts } = await run(loadT5xTE(join(root, TINY, "checkpoint_3")));
    const found = named(params).map(([name, x]) => [
      name,
      { shape: x.shape, sha256: createHash("sha256").update(bytesOf(x.data)).digest("hex") },
    ]);
    assert.equal(Object.fromEntries(found), golden.tiny);
    assert.is(step, 3);
    assert.equal(prompts, {});
    const { numHeads, dKv, dModel, dFf, vocabSize, numLayers, gated, tiedEmbeddings } = config;
    assert.equal(
      { numHeads, dKv, dModel, dFf, vocabSize, numLayers, gated, tiedEmbeddings },
      { numHeads: 2, dKv: 2, dModel: 4, dFf: 8, vocabSize: 32128, numLayers: 2, gated: true, tiedEmbeddings: false },
    );
    assert.is(config.relativeAttentionNumBuckets, 4);
  },
);

withShared(T5x, "a run's folder, a step's folder and the file in it mean the same", async (root) => {
  const [{ params }, ...others] = await Promise.all(
    [TINY, `${TINY}/checkpoint_3`, `${TINY}/checkpoint_3/checkpoint`].map((path) => run(loadT5xTE(join(root, path)))),
  );
  for (const other of others) assertSame(params as T5Tree<HostArray>, other.params);
});

withShared(T5x, "saved and loaded again, the tiny checkpoint is the same bit by bit", async (root) => {
  const tiny = await run(loadT5xTE(join(root, TINY)));
  const saved = await run(saveT5xTE(join(folder, "tiny"), { params: tiny.params, step: 3 }));
  assert.is(saved, join(folder, "tiny", "checkpoint_3"));
  assertSame((await run(loadT5xTE(saved))).params, tiny.params);
  const original = readdirSync(join(root, TINY, "checkpoint_3")).sort();
  assert.equal(readdirSync(saved).sort(), original, "the same arrays have folders, under the same names");
});

withShared(
  T5x,
  "to Hugging Face's layout and back to T5X, the tiny checkpoint is the same bit by bit",
  async (root) => {
    const { params, config, step } = await run(
      loadT5xTE(join(root, TINY), { config: { relativeAttentionMaxDistance: 8 } }),
    );
    const huggingFace = join(folder, "tiny-hf");
    await run(saveHuggingFaceTE(huggingFace, { config, params }));
    const there = await run(loadHuggingFaceTE(huggingFace));
    assertSame(there.params, params);
    assert.equal(there.config, config);
    const back = await run(
      loadT5xTE(await run(saveT5xTE(join(folder, "tiny-back"), { params: there.params, step: step ?? 0 }))),
    );
    const digests = named(back.params).map(([name, x]) => [
      name,
      { shape: x.shape, sha256: createHash("sha256").update(bytesOf(x.data)).digest("hex") },
    ]);
    assert.equal(Object.fromEntries(digests), golden.tiny, "and what numpy read from the original");
  },
);

withShared(T5x, "from Hugging Face to T5X and back, configuration and weights are the same", async (root) => {
  for (const name of ["t5-tiny", "t5-tiny-v1_0"]) {
    const { params, config } = await run(loadHuggingFaceTE(join(root, "golden", name)));
    const again = await run(loadT5xTE(await run(saveT5xTE(join(folder, name), { params }))));
    assertSame(again.params, params);
    assert.equal(again.config, config);
  }
});

for (const [title, { bytes, shape, data }] of Object.entries(golden.flax)) {
  T5x(`an array in the index, as numpy wrote it: ${title}`, async () => {
    const dir = writeFiles(join(folder, `flax-${folders++}`), { checkpoint: decoded(bytes) });
    const source = await run(openT5x(dir));
    assert.is(source.step, 7);
    const x = await run(source.read("a/b"));
    assert.equal([...x.data], data);
    assert.equal([x.shape, source.entries.get("a/b")?.shape, x.dtype], [shape, shape, "float32"]);
  });
}

T5x("T5 1.0 is told by its names, prompts are found, and progress ends at the total", async () => {
  const v1 = { ...SMALL, gated: false, activation: "relu", tiedEmbeddings: true } as const;
  const prompt = hostArray([3, 4], "float32", new Float32Array(12).fill(0.5));
  const dir = await save(v1, { prompts: { "encoder/prompt/prompt/prompt": prompt } });
  const told: Progress[] = [];
  const { params, config, prompts, step } = await run(loadT5xTE(dir, { onProgress: (p) => told.push(p) }));
  assert.equal(config, v1);
  assert.is(step, 5);
  assertSame(params, paramsOf(v1));
  assert.ok(sameBits(prompts["encoder/prompt/prompt/prompt"] as HostArray, prompt));
  const last = told.at(-1) as Progress;
  assert.is(last.done, last.total);
  assert.ok(told.some(({ name }) => name === "encoder/prompt/prompt/prompt"));
  assert.is(told.length, named(params).length + 1);
  assert.ok(told.every(({ done }, i) => i === 0 || done > (told[i - 1] as Progress).done));
});

T5x("what shapes do not tell is the caller's choice; what contradicts them is told together", async () => {
  const dir = await save(SMALL);
  const chosen = { relativeAttentionMaxDistance: 8, activation: "relu", layerNormEpsilon: 1e-5, dFf: 5 } as const;
  const { config } = await run(loadT5xTE(dir, { config: chosen }));
  assert.equal(config, { ...SMALL, ...chosen });
  const message = messageOf(
    await loadT5xTE(dir, { config: { dFf: 6, numHeads: 3, numLayers: 3 } })(),
    "CheckpointError",
  );
  for (const part of [
    "dFf 5; the given configuration says 6",
    "numHeads 2;",
    "numLayers 2;",
    "missing",
    "mis-shaped",
  ]) {
    assert.match(message, part);
  }
});

T5x("a step that is there already is not written over, and nothing half-written stays", async () => {
  const dir = join(folder, "twice");
  await run(saveT5xTE(dir, { params: paramsOf(SMALL), step: 1 }));
  const again = await saveT5xTE(dir, { params: paramsOf(SMALL), step: 1 })();
  assert.match(messageOf(again, "CheckpointError"), "there is a checkpoint of this step already");
  assert.equal(readdirSync(dir), ["checkpoint_1"]);
});

T5x("the last of several steps is read; a folder without any is told", async () => {
  const dir = join(folder, "steps");
  for (const step of [9, 100, 20]) await run(saveT5xTE(dir, { params: paramsOf(SMALL), step }));
  assert.is((await run(loadT5xTE(dir))).step, 100);
  const empty = join(folder, "empty");
  mkdirSync(empty);
  assert.match(messageOf(await loadT5xTE(empty)(), "CheckpointError"), "there is no T5X checkpoint here");
  assert.not.ok(existsSync(join(folder, "nowhere")));
  assert.match(messageOf(await loadT5xTE(join(folder, "nowhere"))(), "CheckpointError"), "no such file or folder");
});

T5x("what cannot be read again is not written", () => {
  const dir = join(folder, "refused");
  const params = paramsOf(SMALL);
  const prompt = hostArray([3, 4], "float32", new Float32Array(12));
  const refused: readonly [T5xContent, string][] = [
    [{ params, step: 1.5 }, "the step is not a count"],
    [{ params, step: -1 }, "the step is not a count"],
    [{ params, prompts: { encoder: prompt } }, "not a name of a prompt"],
    [{ params, prompts: { "encoder/prompt": { ...prompt, shape: [3, 5] } } }, "do not fit its dtype and shape"],
    [{ params: { ...params, tokenEmbedder: { embedding: { ...prompt, shape: [7, 4] } } } }, "tokenEmbedder.embedding"],
  ];
  for (const [content, what] of refused) {
    assert.throws(
      () => saveT5xTE(dir, content),
      (e: unknown) => isFluxionError(e, "ArgumentError") && e.message.includes(what),
    );
  }
  assert.not.ok(existsSync(dir));
});

T5x("whoever may read a new folder may read a checkpoint", async () => {
  const dir = join(folder, "shared");
  await run(saveT5xTE(dir, { params: paramsOf(SMALL) }));
  assert.is(statSync(join(dir, "checkpoint_0")).mode, statSync(dir).mode);
});

T5x.run();
