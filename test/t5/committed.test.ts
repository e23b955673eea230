/** @file The small models against the numbers that are committed with them: what a clone without the shared folder tests the model by. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { dispose } from "../../lib/core/tensor.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import * as np from "../../lib/np/index.js";
import { generate } from "../../lib/t5/generate.js";
import * as t5 from "../../lib/t5/index.js";
import { valueAndGrad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import {
  assertNear,
  assertTensor,
  fromGolden,
  type GoldenTensor,
  gradientTolerance,
  hostOf,
} from "../helpers/golden.js";
import { runtimes } from "../helpers/runtime.js";
import {
  batchOf,
  checkInputs,
  checkPass,
  type Inputs,
  LOSS,
  type Model,
  type PassGolden,
  passOf,
} from "./golden-results.js";

const Committed = suite("t5/committed");
const SCORES = { abs: 1e-4, rel: 1e-5 };

interface Prompted {
  readonly inputs: Inputs & { readonly prompt: GoldenTensor };
  readonly outputs: { readonly loss: number };
  readonly prompt_grad: GoldenTensor;
}

interface Generated {
  readonly inputs: Pick<Inputs, "input_ids" | "attention_mask"> & { readonly prompt: GoldenTensor };
  readonly cases: readonly {
    readonly prompt: boolean;
    readonly max_new_tokens: number;
    readonly sequences: GoldenTensor;
    /** Whether a token was chosen before the end of its row. */
    readonly live: GoldenTensor;
    readonly sum_log_prob: readonly number[];
  }[];
}

const checkPrompt = ({ config, params }: Model, { inputs, outputs, prompt_grad: want }: Prompted): void => {
  using step = jit(valueAndGrad(t5.promptLoss(config), { argnums: 1 }));
  const [loss, { prompt: gradient }] = step(params, { prompt: fromGolden(inputs.prompt) }, batchOf(inputs));
  assertNear("loss with the prompt", [loss.item()], [outputs.loss], LOSS);
  assertTensor("gradient of the prompt", hostOf(gradient), want, gradientTolerance(want.data));
};

const checkGenerated = ({ config, params }: Model, { inputs, cases }: Generated): void => {
  checkInputs(inputs);
  assert.equal(
    cases.map(({ prompt }) => prompt),
    [false, true],
  );
  for (const { prompt, max_new_tokens: maxLength, sequences, live, sum_log_prob: scores } of cases) {
    using greedy = generate(config, { maxLength });
    const prefix = prompt ? { prefix: fromGolden(inputs.prompt) } : {};
    greedy(params, fromGolden(inputs.input_ids), prefix).forEach(([{ tokens, score }], row) => {
      // A golden row begins with the start token, and is padded to the longest.
      const chosen = sequences.data.slice(row * (maxLength + 1) + 1, (row + 1) * (maxLength + 1));
      const want = chosen.filter((_, i) => live.data[row * maxLength + i]);
      assert.equal(tokens, want, `row ${row}, ${prompt ? "with" : "without"} the prompt`);
      assertNear(`log probability of row ${row}`, [score], [scores[row]], SCORES);
    });
  }
};

for (const name of ["t5-tiny", "t5-tiny-v1_0"]) {
  Committed(
    `${name}: logits, losses and gradients; a prompt's loss and gradient; the ids of greedy decoding`,
    async () => {
      const folder = new URL(`../golden/t5/${name}/`, import.meta.url);
      const golden = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as T;
      const runtime = await runtimes()
        .find(({ label }) => label === "wasm")
        ?.open();
      assert.ok(runtime !== undefined);
      const { config, params: stored } = await loadHuggingFace(fileURLToPath(folder));
      withRuntime(runtime as NonNullable<typeof runtime>, () => {
        const params = np.devicePut(stored);
        scope(() => {
          const forward = golden<PassGolden>("forward.json");
          checkPass(passOf({ config, params }, forward.inputs), forward);
          checkPrompt({ config, params }, golden("prompt.json"));
          checkGenerated({ config, params }, golden("generate.json"));
        });
        dispose(params);
      });
    },
  );
}

Committed.run();
