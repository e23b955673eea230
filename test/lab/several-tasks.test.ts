/** @file Runs that train on a mixture of tasks, or are evaluated on others. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { describeRun } from "../../lib/lab/describe.js";
import { freeRun, type Prepared } from "../../lib/lab/prepared.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { prepared } from "../helpers/prepared.js";
import { fewRows, temporary } from "../helpers/program.js";

const Several = suite("lab/several-tasks");
const folder = temporary("several-tasks");
const data = fewRows(join(folder, "data"));
Several.after(() => rmSync(folder, { recursive: true, force: true }));

/** The first rows of a split of RTE. */
const firstRows = (file: string, count: number): void => {
  const path = fileURLToPath(new URL(`../../assets/superglue-mini/RTE/${file}`, import.meta.url));
  const lines = readFileSync(path, "utf8").split("\n").slice(0, count);
  writeFileSync(join(data, "RTE", file), lines.map((line) => `${line}\n`).join(""));
};
mkdirSync(join(data, "RTE"));
firstRows("train.jsonl", 12);
firstRows("val.jsonl", 5);

const startOf = (changes: RecipeInput): Promise<Prepared> =>
  prepared({ data, executor: "tfjs", method: { name: "prompt", length: 4 }, ...changes });
const free = (run: Prepared): void => freeRun(run, run.state);

/** Tasks and rates, and the shares of CB with 24 examples and RTE with 12. */
const SHARES: readonly (readonly [RecipeInput, readonly [number, number]])[] = [
  [{ train: "cb,rte" }, [2 / 3, 1 / 3]],
  [{ train: "cb:1,rte:3" }, [0.25, 0.75]],
  [{ train: ["cb", "rte"], rates: { maximum: 12 } }, [0.5, 0.5]],
  [{ train: ["cb", "rte"], rates: { temperature: 2 } }, [Math.SQRT2 / (1 + Math.SQRT2), 1 / (1 + Math.SQRT2)]],
];

Several("the shares of tasks are their weights, or their sizes with the temperature and the maximum", async () => {
  for (const [changes, want] of SHARES) {
    const run = await startOf(changes);
    run.shares.forEach((share, i) => {
      assert.ok(Math.abs(share - want[i]) < 1e-12, `${JSON.stringify(changes)}: ${run.shares}`);
    });
    assert.equal(describeRun(run).slice(2), [
      `task       cb: 24 training examples and 6 dev examples, labels entailment, contradiction, neutral (${(100 * want[0]).toFixed(1)} % of the batches)`,
      `task       rte: 12 training examples and 5 dev examples, labels entailment, not_entailment (${(100 * want[1]).toFixed(1)} % of the batches)`,
    ]);
    free(run);
  }
});

Several("several tasks are evaluated as one, with the names of tasks before their metrics", async () => {
  const run = await startOf({ train: "cb,rte" });
  const found = await run.evaluate(run.state.tuned);
  const names = ["cb/mean_3class_f1", "cb/accuracy", "rte/accuracy"];
  assert.equal(Object.keys(found.metrics).sort(), names.sort());
  assert.equal(Object.keys(run.majority).sort(), names.sort());
  const { cb, rte } = found.tasks;
  assert.is(found.metrics["rte/accuracy"], rte.metrics.accuracy);
  assert.is(found.score, (cb.score + rte.score) / 2);
  assert.is(found.loss, (cb.loss + rte.loss) / 2);
  assert.is(found.invalid, cb.invalid + rte.invalid);
  assert.equal(
    found.predictions.map(({ task }) => task),
    [...new Array(6).fill("cb"), ...new Array(5).fill("rte")],
  );
  free(run);
});

Several(
  "tasks are evaluated on that are not trained on, and the usual answer is then that of their own rows",
  async () => {
    const run = await startOf({ train: "cb", evaluate: ["rte"] });
    assert.equal(describeRun(run).slice(2), [
      "task       cb: 24 training examples, labels entailment, contradiction, neutral",
      "evaluated  rte: 5 dev examples, labels entailment, not_entailment",
    ]);
    const targets = run.data.validation[0].examples.map((example) => example.targets);
    const counts = ["entailment", "not_entailment"].map((label) => targets.filter((target) => target === label).length);
    assert.equal(run.majority, { accuracy: (100 * Math.max(...counts)) / 5 });
    const { metrics, predictions } = await run.evaluate(null);
    assert.equal([Object.keys(metrics), predictions.length, predictions[0].task], [["accuracy"], 5, undefined]);
    free(run);
  },
);

Several("a loss over labels compares those of each example's own task", async () => {
  const objective = { loss: "labels" } as const;
  const run = await startOf({ train: "cb:1,rte:1", objective, batch: { examples: 16 } });
  const { batch } = run.batchAt(0);
  const { choices } = batch as typeof batch & { readonly choices: Tensor };
  const ids = [...choices.dataSync()];
  const length = choices.shape[2];
  const counts = Array.from(
    { length: 16 },
    (_, i) => [0, 1, 2].filter((label) => ids[(3 * i + label) * length] !== 0).length,
  );
  assert.equal(new Set(counts), new Set([2, 3]));
  const { state, loss } = run.step(run.frozen, run.state, batch);
  assert.ok(Number.isFinite(loss.item()));
  dispose([batch, loss]);
  freeRun(run, state);
});

Several.run();
