/** @file Runs that train a prompt through a network: what they keep for use, and what they go on from. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSafetensors } from "../../lib/io/safetensors.js";
import { evaluateRun } from "../../lib/lab/evaluate-run.js";
import { run } from "../../lib/lab/many.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import type { Summary } from "../../lib/lab/results.js";
import { memoryStore } from "../../lib/store/memory.js";
import { readFrom } from "../../lib/store/store.js";
import { linesOf, ownTask, SMALL } from "./own-task.js";

const Networks = suite("lab/networks");
const tasks = [ownTask()];

/** A method, the tensors that are kept for use, and one that the run goes on from. */
interface Row {
  readonly method: RecipeInput["method"] & object;
  readonly kept: Readonly<Record<string, readonly number[]>>;
  readonly inside: string;
}
const prompt = { prompt: [2, 128] };
const keyOrValue = [3, 2, 4, 32];
const ROWS: Readonly<Record<string, Row>> = {
  residual: {
    method: { name: "residual", length: 2, bottleneck: 4 },
    kept: prompt,
    inside: "network.down.kernel",
  },
  "p-tuning": {
    method: { name: "p-tuning", length: 2, encoder: { name: "lstm", hidden: 4 } },
    kept: prompt,
    inside: 'lstm["0"].forward.input.kernel',
  },
  prefix: {
    method: { name: "prefix", length: 2, attentions: ["decoder"], projection: 3 },
    kept: { "decoder:key": keyOrValue, "decoder:value": keyOrValue },
    inside: "decoder.down.kernel",
  },
};

for (const [name, { method, kept, inside }] of Object.entries(ROWS)) {
  Networks(`${name}: the result is kept for use and evaluated, the network for going on`, async () => {
    const recipe: RecipeInput = { ...SMALL, method, steps: 4, keep: "all" };
    const whole = memoryStore();
    const summary = (await run(recipe, { store: whole, tasks })) as Summary;
    const parsed = async (path: string) => parseSafetensors((await readFrom(whole, path)) as Uint8Array, path);
    for (const folder of ["", "last/", "kept/00000002/"]) {
      const { tensors, metadata } = await parsed(`${folder}tuned.safetensors`);
      assert.equal(Object.fromEntries([...tensors].map(([tensor, { shape }]) => [tensor, shape])), kept);
      assert.is(JSON.parse(metadata.method).name, kept === prompt ? "prompt" : name);
    }
    assert.is((await whole.list()).includes("prompt.npy"), kept === prompt);
    const names = [...(await parsed("checkpoint.safetensors")).tensors.keys()];
    for (const part of ["state.tuned", "best"]) assert.ok(names.includes(`${part}.${inside}`), names.join());

    const lines = (await linesOf(whole)).filter(({ evaluation }) => evaluation !== undefined);
    const evaluated = await evaluateRun({ store: whole, tasks, steps: "all" });
    evaluated.forEach(({ step, evaluation }, i) => {
      const { loss, score } = lines[i].evaluation as Record<string, number>;
      assert.is(step, lines[i].step);
      assert.ok(Math.abs(evaluation.loss - loss) < 1e-5, `${evaluation.loss}, ${loss}`);
      assert.is(evaluation.score, score);
    });

    const store = memoryStore();
    await run({ ...recipe, steps: 2 }, { store, tasks });
    const resumed = (await run(recipe, { store, tasks, resume: true })) as Summary;
    assert.equal([resumed.validationLoss, resumed.counts], [summary.validationLoss, summary.counts]);
    assert.equal((await linesOf(store)).slice(1), (await linesOf(whole)).slice(1));
  });
}

Networks.run();
