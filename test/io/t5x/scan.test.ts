/**
 * @file T5X checkpoints with stacked layers and tables of relative positions in every layer, written by numpy (test/golden/make/t5x-scan.py),
 * from their files to logits.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../../lib/core/composite.js";
import { flatten, pathsOf, printPath } from "../../../lib/core/pytree.js";
import { withRuntime } from "../../../lib/core/runtime.js";
import type { Tensor } from "../../../lib/core/tensor.js";
import { loadHuggingFaceTE } from "../../../lib/io/huggingface.js";
import { saveHuggingFaceTE } from "../../../lib/io/save-huggingface.js";
import { loadT5xTE } from "../../../lib/io/t5x/load.js";
import { saveT5xTE } from "../../../lib/io/t5x/save.js";
import { isValue } from "../../../lib/io/values.js";
import * as np from "../../../lib/np/index.js";
import * as t5 from "../../../lib/t5/index.js";
import { assertNear } from "../../helpers/golden.js";
import { runtimes } from "../../helpers/runtime.js";
import { messageOf, run, temporaryFolder } from "../folder.js";
import { array, indexOf } from "./golden.js";

const Scan = suite("io/t5x: stacked layers");
const root = temporaryFolder(Scan);
const golden = JSON.parse(readFileSync("test/golden/data/t5x-scan.json", "utf8")) as {
  readonly config: Partial<t5.T5Config>;
  readonly inputs: number[][];
  readonly targets: number[][];
  readonly encoded: number[][][];
  readonly logits: number[][][];
  readonly loss: number;
  readonly checkpoints: Readonly<Record<string, Readonly<Record<string, string>>>>;
};
const TOLERANCE = { abs: 1e-5, rel: 1e-5 };

const write = (name: string): string => {
  const folder = join(root, name);
  for (const [file, bytes] of Object.entries(golden.checkpoints[name] ?? {})) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), Buffer.from(bytes, "base64"));
  }
  return folder;
};
const load = (name: string) => run(loadT5xTE(write(name), { config: golden.config }));
const named = (params: unknown) => {
  const [leaves, treedef] = flatten(params, isValue);
  return pathsOf(treedef).map((path, i) => [printPath(path), leaves[i]]);
};

Scan("every layout gives the same parameters, layer by layer", async () => {
  const { config, params, step } = await load("unrolled");
  assert.equal([config.numLayers, config.numDecoderLayers, config.dModel, config.dFf, step], [3, 2, 7, 5, 7]);
  assert.is(config.relativeAttentionPerLayer, true);
  for (const name of Object.keys(golden.checkpoints)) {
    const other = await load(name);
    assert.equal(other.config, config, name);
    assert.equal(named(other.params), named(params), name);
  }
});

for (const { label, open } of runtimes()) {
  Scan(`on ${label} the model gives numpy's numbers, with layers in a list, stacked, and token by token`, async () => {
    const { config, params: stored } = await load("flaxformer");
    await withRuntime(await open(), async () =>
      scope(() => {
        const params = np.devicePut(stored) as t5.Params;
        const inputs = np.array(golden.inputs, { dtype: "int32" });
        const targets = np.array(golden.targets, { dtype: "int32" });
        const isPadding = (width: number, ids: number[][]) => (i: number) => ids.flat()[Math.floor(i / width)] === 0;
        const data = (x: Tensor) => x.concrete("test").host().data;
        const check = (label: string, tree: t5.AnyParams): void => {
          const encoded = t5.encode(config, tree, inputs);
          const skip = isPadding(config.dModel, golden.inputs);
          assertNear(`${label} encoded`, data(encoded.states), golden.encoded.flat(2), TOLERANCE, skip);
          const logits = t5.logits(config, tree, { inputs, targets });
          const behind = isPadding(config.vocabSize, golden.targets);
          assertNear(`${label} logits`, data(logits), golden.logits.flat(2), TOLERANCE, behind);
          const memory = t5.decoderMemory(config, tree, encoded);
          let cache = t5.initCache(config, 2, 5);
          for (let i = 0; i < 4; i++) {
            const read = golden.targets.map((row) => (i === 0 ? 0 : (row[i - 1] as number)));
            const at = np.scalar(i, "int32");
            const tokens = np.array(read, { dtype: "int32" });
            const [scores, next] = t5.decodeStep(config, tree, memory, cache, tokens, at);
            cache = next;
            const want = golden.logits.flatMap((row) => row[i] as number[]);
            const width = config.vocabSize;
            const skipped = (j: number) => golden.targets[Math.floor(j / width)]?.[i] === 0;
            assertNear(`${label} step ${i}`, data(scores), want, TOLERANCE, skipped);
          }
        };
        check("list", params);
        check("stacked", t5.stackLayers(params));
        assertNear("loss", [t5.loss(config)(params, { inputs, targets }).item()], [golden.loss], TOLERANCE);
      }),
    );
  });
}

Scan("such a model is saved and loaded as UMT5 of Hugging Face, and as T5X", async () => {
  const { config, params } = await load("scalable");
  const dir = join(root, "hf");
  await run(saveHuggingFaceTE(dir, { config, params }));
  const { model_type, architectures } = JSON.parse(readFileSync(join(dir, "config.json"), "utf8"));
  assert.equal([model_type, architectures], ["umt5", ["UMT5ForConditionalGeneration"]]);
  const back = await run(loadHuggingFaceTE(dir));
  assert.equal(back.config, config);
  assert.equal(named(back.params), named(params));
  const t5x = await run(loadT5xTE(await run(saveT5xTE(join(root, "saved"), { params })), { config: golden.config }));
  assert.equal(t5x.config, config);
  assert.equal(named(t5x.params), named(params));
});

Scan("an axis of layers that cannot be told is refused", async () => {
  const bytes = (...shape: number[]) => new Uint8Array(4 * shape.reduce((n, d) => n * d, 1));
  const of = (...shape: number[]) => array(shape, bytes(...shape));
  const refused = async (scale: readonly number[], wo: readonly number[]): Promise<string> => {
    const layers = { pre_mlp_layer_norm: { scale: of(...scale) }, mlp: { wo: { kernel: of(...wo) } } };
    const path = join(root, `odd ${scale} ${wo}`);
    mkdirSync(path);
    const target = { encoder: { encoder: layers, encoder_norm: { scale: of(4) } } };
    writeFileSync(join(path, "checkpoint"), indexOf(target));
    return messageOf(await loadT5xTE(path)(), "CheckpointError");
  };
  assert.match(await refused([4, 3], [5, 2, 4]), /which axis[\s\S]*neither/);
  assert.match(await refused([4, 4], [4, 4, 4]), /which axis[\s\S]*both/);
  assert.match(await refused([4, 3], [5, 3, 4]), /tensors are not those of a T5/);
});

Scan.run();
