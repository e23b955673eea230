/** @file Adapters that PEFT made: their settings, their trees, and that they go back as they came. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HostArray } from "../../lib/core/host.js";
import { parseSafetensors } from "../../lib/io/safetensors.js";
import type { MethodSettings } from "../../lib/methods/method.js";
import type { JsonObject, PeftAdapter, PeftContent } from "../../lib/methods/peft/adapter.js";
import { withShared } from "../helpers/shared.js";
import { lora, open, prompt, write } from "./peft-memory.js";

const Golden = suite("methods/peft-golden");

const read = (dir: string): PeftAdapter => ({
  config: JSON.parse(readFileSync(join(dir, "adapter_config.json"), "utf8")) as JsonObject,
  tensors: parseSafetensors(readFileSync(join(dir, "adapter_model.safetensors"))).tensors,
});
const sorted = (tensors: PeftAdapter["tensors"]): [string, HostArray][] =>
  [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));

const FEED_FORWARD = ["wi_0", "wi_1", "wo"];
const mpt = { name: "mpt", length: 5, rank: 2, tasks: 1, submodules: 1 };
/** The settings of every golden adapter of T5 1.1. */
const SETTINGS: Readonly<Record<string, MethodSettings>> = {
  lora: lora(["q", "v"]),
  "lora-feed-forward": lora(["q", "v", ...FEED_FORWARD]),
  "lora-all-linear": lora(["k", "o", "q", "v", ...FEED_FORWARD], { rank: 2 }),
  "lora-rslora": lora(["q", "v"], { rankStabilized: true }),
  "lora-patterns": lora(["k", "o", "q", "v"], {
    rankPattern: { "EncDecAttention.v": 6, "decoder.*.q": 2 },
    alphaPattern: { "SelfAttention.o": 12, "decoder.*.q": 3 },
  }),
  "lora-regex": lora({ pattern: ".*decoder\\.block\\.\\d+\\.layer\\.1\\.EncDecAttention\\.(k|v)" }),
  dora: lora(["q", "v"], { dora: true }),
  "dora-feed-forward": lora(FEED_FORWARD, { rank: 2, dora: true }),
  ia3: { name: "ia3", kernels: ["k", "v", "wo"], feedForward: ["wo"] },
  "ia3-wi": { name: "ia3", kernels: ["k", "v", "wi_1"], feedForward: [] },
  "ln-tuning": { name: "weights", where: ["**/scale"] },
  "prompt-random": prompt,
  "prompt-random-submodules2": prompt,
  "prompt-sample": prompt,
  "prompt-text": prompt,
  "prompt-text-submodules2": prompt,
  mpt: { ...mpt, tasks: 3 },
  "mpt-from-average": mpt,
  "mpt-from-shared": mpt,
  "mpt-from-task": mpt,
  "mpt-submodules2": { ...mpt, tasks: 3, submodules: 2 },
  "prefix-peft": { name: "peft-prefix", length: 5 },
  "prefix-peft-projection": { name: "peft-prefix", length: 5 },
  "ptuning-mlp": prompt,
  "ptuning-lstm": prompt,
  "ptuning-lstm-submodules2": prompt,
};

withShared(
  Golden,
  "golden adapters of two models have the settings they were made with, and go back as they came",
  (root) => {
    for (const model of ["t5-tiny", "t5-tiny-v1_0"]) {
      for (const name of Object.keys(SETTINGS)) {
        const dir = join(root, "golden/methods", model, name);
        if (!existsSync(dir)) continue;
        for (const state of ["adapter", "trained"]) {
          const adapter = read(join(dir, state));
          const content = open(adapter);
          if (model === "t5-tiny") assert.equal(content.settings, SETTINGS[name], name);
          const back = write(content);
          if (content.settings.name === "prompt" && name.endsWith("submodules2")) {
            // Rows that T5 does not use are left out.
            assert.is(content.unusedRows, 5);
            assert.equal(back.config, { ...adapter.config, num_transformer_submodules: 1 });
            const [[, rows]] = sorted(back.tensors);
            assert.equal(rows.data, adapter.tensors.get("prompt_embeddings")?.data.slice(0, rows.data.length));
          } else {
            assert.equal(back.config, adapter.config, name);
            assert.equal(sorted(back.tensors), sorted(adapter.tensors), name);
          }
        }
      }
    }
  },
);

withShared(
  Golden,
  "without a configuration to keep, PEFT's own is written but for what only the training knew",
  (root) => {
    const unknown = new Map([
      ["prompt-random", ["num_attention_heads", "num_layers"]],
      ["mpt-submodules2", ["num_attention_heads", "num_layers"]],
      ["lora-patterns", []],
      ["dora", []],
      ["ia3", []],
      ["ln-tuning", []],
    ]);
    for (const [name, keys] of unknown) {
      const adapter = read(join(root, "golden/methods/t5-tiny", name, "adapter"));
      const { config: _, ...content } = open(adapter);
      const { config } = write(content);
      const differing = Object.keys({ ...config, ...adapter.config }).filter(
        (key) => JSON.stringify(config[key]) !== JSON.stringify(adapter.config[key]),
      );
      assert.equal(differing.sort(), ["base_model_name_or_path", ...keys].sort(), name);
    }
  },
);

withShared(Golden, "trees have our paths and layouts", (root) => {
  const adapter = read(join(root, "golden/methods/t5-tiny/dora/adapter"));
  const module = "base_model.model.decoder.block.1.layer.1.EncDecAttention.v";
  const { tuned } = open(adapter) as PeftContent<MethodSettings, Record<string, Record<string, HostArray>>>;
  const { a, b, magnitude } = tuned["decoder/layers/1/encoderDecoderAttention/value"];
  const theirs = (part: string): HostArray => adapter.tensors.get(`${module}.${part}`) as HostArray;
  assert.equal([a.shape, b.shape, magnitude], [[64, 4], [4, 64], theirs("lora_magnitude_vector")]);
  assert.is(a.data[5 * 4 + 3], theirs("lora_A.weight").data[3 * 64 + 5]);
  assert.is(b.data[3 * 64 + 5], theirs("lora_B.weight").data[5 * 4 + 3]);
  const ia3 = open(read(join(root, "golden/methods/t5-tiny/ia3/adapter"))).tuned as typeof tuned;
  assert.equal(ia3["encoder/layers/1/attention/key"].out.shape, [64]);
  assert.equal(ia3["encoder/layers/1/mlp/wo"].in.shape, [128]);
  const { tuned: norms } = open(read(join(root, "golden/methods/t5-tiny/ln-tuning/adapter")));
  assert.equal((norms["decoder/decoderNorm/scale"] as HostArray).shape, [64]);
});

Golden.run();
