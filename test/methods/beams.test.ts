/** @file Beam search by Hugging Face's rule of today, against transformers 5.24, without and with a prompt that PEFT trained. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HostArray } from "../../lib/core/host.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { parseSafetensorsE } from "../../lib/io/safetensors.js";
import * as np from "../../lib/np/index.js";
import { generate } from "../../lib/t5/generate.js";
import { assertNear, type GoldenTensor } from "../helpers/golden.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { rightOf } from "../io/folder.js";
import { onModels } from "../t5/golden-checks.js";
import { batchOf } from "../t5/golden-results.js";

const Beams = suite("methods/beams");
const files = goldenFiles(Beams, "methods/beams.test.ts");

interface BeamCase {
  readonly adapter: string | null;
  readonly num_beams: number;
  readonly max_new_tokens: number;
  readonly length_penalty: number;
  readonly early_stopping: boolean;
  readonly sequences: GoldenTensor;
  readonly scores: GoldenTensor;
}
type Inputs = Record<"input_ids" | "attention_mask" | "labels", GoldenTensor>;

/** A golden sequence without its start token, up to its first EOS: what follows is filled with EOS. */
const upToEos = (tokens: readonly number[], eosId: number): readonly number[] => {
  const [, ...rest] = tokens;
  const end = rest.indexOf(eosId);
  return end < 0 ? rest : rest.slice(0, end + 1);
};

/** The prompt of an adapter that has as many rows as it uses. */
const promptAt = (folder: string): Tensor => {
  const path = join(folder, "adapter_model.safetensors");
  const { tensors } = rightOf(parseSafetensorsE(readFileSync(path), path));
  return np.devicePut(tensors.get("prompt_embeddings") as HostArray);
};

onModels(Beams, ["wasm"], (check, name) => {
  check("sequences and scores of transformers 5.24", ({ config, params }, root) => {
    const golden = files.open<{ cases: readonly BeamCase[] }>(root, `methods/${name}/beams.json`);
    const { inputs } = batchOf(files.open<{ inputs: Inputs }>(root, `methods/${name}/batch.json`).inputs);
    for (const c of golden.cases) {
      const penalty = {
        rule: "huggingFace",
        lengthPenalty: c.length_penalty,
        earlyStopping: c.early_stopping,
      } as const;
      const { num_beams: numBeams, max_new_tokens: maxLength, adapter } = c;
      const what = JSON.stringify({ adapter, ...penalty });
      const inserted = adapter === null ? {} : { prefix: promptAt(join(root, "golden/methods", name, adapter)) };
      using decode = generate(config, { method: "beam", numBeams, maxLength, penalty });
      const found = decode(params, inputs, inserted).flat();
      const [rows, width] = c.sequences.shape;
      assert.equal([found.length, c.scores.shape], [rows, [rows]], what);
      found.forEach(({ tokens, score }, i) => {
        const sequence = c.sequences.data.slice(i * width, (i + 1) * width);
        assert.equal(tokens, upToEos(sequence, config.eosId), `${what}: beam ${i}`);
        assertNear(`${what}: score ${i}`, [score], [c.scores.data[i]], { abs: 1e-4, rel: 1e-5 });
      });
    }
  });
});
Beams.run();
