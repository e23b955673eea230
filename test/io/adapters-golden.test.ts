/** @file Adapters that PEFT made, loaded as a user loads them: the loss of the model with each is the one that PEFT computed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { dispose } from "../../lib/core/tensor.js";
import { checkFits } from "../../lib/io/adapter-fit.js";
import { loadAdapter } from "../../lib/io/adapters.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import * as np from "../../lib/np/index.js";
import * as t5 from "../../lib/t5/index.js";
import { readSharedJson, withShared } from "../helpers/shared.js";

const Golden = suite("io/adapters-golden");

const NAMES = [
  ...["lora", "lora-feed-forward", "lora-all-linear", "lora-rslora", "lora-patterns", "lora-regex"],
  ...["dora", "dora-feed-forward", "ia3", "ia3-wi", "ln-tuning"],
  ...["prompt-random", "prompt-random-submodules2", "prompt-sample", "prompt-text", "prompt-text-submodules2"],
  ...["ptuning-mlp", "ptuning-lstm", "ptuning-lstm-submodules2"],
];

interface BatchJson {
  readonly inputs: Readonly<Record<"input_ids" | "labels", { readonly shape: number[]; readonly data: number[] }>>;
}
interface CaseJson {
  readonly forward: { readonly loss: number };
  readonly training: {
    readonly adamw: { readonly losses: readonly number[]; readonly loss_of_saved_adapter?: number };
  };
}

for (const model of ["t5-tiny", "t5-tiny-v1_0"]) {
  withShared(Golden, `${model} with each adapter, before and after training, has PEFT's loss`, async (root) => {
    const { config, params: stored } = await loadHuggingFace(join(root, "golden", model));
    const { inputs } = readSharedJson<BatchJson>(root, `golden/methods/${model}/batch.json`);
    await init({ executor: "tfjs" });
    const params = np.devicePut(stored, { donate: true }) as t5.Params;
    const ids = ({ shape, data }: BatchJson["inputs"]["labels"]) =>
      np.array(
        Int32Array.from(data, (id) => Math.max(id, 0)),
        { shape },
      );
    const lossWith = async (path: string): Promise<number> => {
      const adapter = await loadAdapter(path);
      checkFits(adapter, config, path);
      let loss = Number.NaN;
      scope(() => {
        const applied = adapter.method.apply(config, params, np.devicePut(adapter.tuned) as object);
        const batch = { inputs: ids(inputs.input_ids), targets: ids(inputs.labels) };
        loss = t5.loss<t5.Model>(config)(applied, batch).item() as number;
      });
      return loss;
    };
    for (const name of NAMES) {
      const folder = `golden/methods/${model}/${name}`;
      if (!existsSync(join(root, folder))) continue;
      const { forward, training } = readSharedJson<CaseJson>(root, `${folder}/case.json`);
      const before = await lossWith(join(root, folder, "adapter"));
      assert.ok(Math.abs(before - forward.loss) < 1e-5, `${name}: ${before} instead of ${forward.loss}`);
      const { losses, loss_of_saved_adapter: want = losses.at(-1) as number } = training.adamw;
      const after = await lossWith(join(root, folder, "trained"));
      assert.ok(Math.abs(after - want) < 1e-5, `${name}, trained: ${after} instead of ${want}`);
    }
    dispose(params);
  });
}

Golden.run();
