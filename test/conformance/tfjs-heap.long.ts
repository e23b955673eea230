/** @file TensorFlow.js's heap serves as well as the own one, which the quick tests run on: primitives, laws, and the bits of a training run. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HeapName } from "../../lib/compile/executors.js";
import { runtimeFor } from "../../lib/compile/init.js";
import { grad, jit, np, random, scope, type Tensor, t5 } from "../../lib/index.js";
import { type PrimitiveName, primitives } from "../../lib/primitives/index.js";
import { numbers, on } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { check } from "../laws/checks.js";
import { generate } from "../laws/generate.js";
import * as laws from "../laws/laws.js";
import { meansTheSame } from "./checks.js";
import { rows } from "./rows.js";

const Suite = suite("conformance/tfjs-heap");
const runtime = await runtimeFor("wasm", "tfjs");

for (const name of Object.keys(primitives) as PrimitiveName[]) {
  Suite(`${name} means the same on TensorFlow.js's heap`, () => {
    for (const row of rows.filter((r) => r.prim === name)) meansTheSame(primitives[name], row, runtime);
  });
}

Suite("random programs compute what impl says", () => {
  const programs = Array.from({ length: 84 }, (_, i) => generate(i + 1, "float32"));
  for (const p of programs) on(runtime, () => check(p, () => laws.executorIsImpl(laws.caseOf(p, 0))));
});

/** Twelve losses of a prompt that is trained, and its last values. */
const trained = async (heap: HeapName): Promise<number[]> =>
  on(await runtimeFor("wasm", heap), () =>
    scope(() => {
      const { config, params } = tinyT5();
      const batch = { inputs: np.array([[3, 4, 5, 1]], "int32"), targets: np.array([[6, 7, 1]], "int32") };
      const loss = (prompt: Tensor): Tensor => t5.promptLoss(config)(params, { prompt }, batch);
      const step = jit((prompt: Tensor) => np.subtract(prompt, np.multiply(0.1, grad(loss)(prompt))));
      let prompt: Tensor = random.normal(random.key(0), [5, config.dModel]);
      const losses: number[] = [];
      for (let i = 0; i < 12; i++) {
        losses.push(loss(prompt).item() as number);
        prompt = step(prompt);
      }
      return [...losses, ...numbers(prompt)];
    }),
  );

Suite("a training run has the same bits on both heaps", async () => {
  const [own, tfjs] = [await trained("own"), await trained("tfjs")];
  assert.ok(own[11] < own[0]);
  assert.equal(own, tfjs);
});

Suite.run();
