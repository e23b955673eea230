import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { run } from "../../lib/lab/many.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { nodeStore } from "../../lib/store/node.js";
import { temporaryFolder } from "../io/folder.js";
import { ownTask, SMALL } from "../lab/own-task.js";
import { failure, fluxion, fluxionJson } from "./run.js";

const InspectRun = suite("cli/inspect-run");
const folder = temporaryFolder(InspectRun);

interface Step {
  readonly step: number;
  readonly norm: number;
  readonly distance: number;
  readonly cosine: number;
  readonly labels: Readonly<Record<string, number>>;
  readonly near: number;
}
interface Inspected {
  readonly kind: string;
  readonly bestStep: number;
  readonly embeddingNorm: number;
  readonly rows: readonly {
    readonly distance: number;
    readonly nearest: readonly { readonly piece: string; readonly score: number }[];
  }[];
  readonly steps: readonly Step[];
}

const ran = async (name: string, changes: RecipeInput): Promise<string> => {
  const path = join(folder, name);
  await run({ ...SMALL, keep: "all", ...changes }, { store: nodeStore(path), tasks: [ownTask()] });
  return path;
};

InspectRun(
  "the start is made again: a prompt that did not move is where it was, and its labels are the nearest",
  async () => {
    const path = await ran("still", {
      optimizer: { name: "sgd", learningRate: 1e-30 },
      method: { name: "prompt", length: 3 },
    });
    const { kind, rows, steps, embeddingNorm } = await fluxionJson<Inspected>("inspect", path);
    assert.is(kind, "run");
    assert.equal(
      steps.map(({ step }) => step),
      [0, 1, 2],
    );
    for (const { distance, cosine, labels, near, norm } of steps) {
      assert.is(distance, 0);
      assert.ok(Math.abs(cosine - 1) < 1e-6 && norm > 0);
      assert.equal([labels, near], [{ sad: 1, glad: 1 }, 2]);
    }
    assert.equal(
      rows.map(({ nearest }) => nearest.length),
      [5, 5, 5],
    );
    // The third vector is a piece.
    assert.ok(Math.abs(rows[2].nearest[0].score - 1) < 1e-5);
    assert.ok(embeddingNorm > 0);
  },
);

InspectRun("a prompt that was trained moves, step by step, and people get tables", async () => {
  const path = await ran("moved", { optimizer: { name: "sgd", learningRate: 100 } });
  const { steps, rows, bestStep } = await fluxionJson<Inspected>("inspect", path, "--neighbours", "3");
  const [start, first, second] = steps;
  assert.is(start.distance, 0);
  assert.ok(first.distance > 0 && second.distance > 0 && second.cosine < 1, JSON.stringify(steps));
  assert.equal(
    rows.map(({ nearest }) => nearest.length),
    [3, 3],
  );
  const { out } = await fluxion(["inspect", path, "--metric", "euclidean"]);
  assert.ok(
    out.startsWith(`${path}: the prompt of step ${bestStep}, the best; the embeddings have the mean norm `),
    out,
  );
  assert.match(out, /│ row │ +norm │ from start │ cosine │ nearest pieces \(euclidean\)/);
  assert.match(out, /│ step │ +norm │ from start │ cosine │ labels near │ place of sad │ place of glad │/);
  assert.match(out, /│ +0 │ +[\d.]+ │ +0\.0000 │ +1\.000 │ +2 of 2 │ +1 │ +1 │/);
});

InspectRun("several prompts, and the seeds of one folder, are compared with each other", async () => {
  const seeds = await ran("seeds", { seeds: 2, steps: 0, method: { name: "prompt", length: 4 } });
  const { prompts, similarity } = await fluxionJson<{ prompts: string[]; similarity: number[][] }>("inspect", seeds);
  assert.equal(prompts, [join(seeds, "seed-0"), join(seeds, "seed-1")]);
  assert.ok(Math.abs(similarity[0][0] - 1) < 1e-5 && similarity[0][1] < 0.999);
  assert.ok(Math.abs(similarity[0][1] - similarity[1][0]) < 1e-6);
  const file = join(folder, "ones.npy");
  await savePrompt(file, hostArray([1, 128], "float32", new Float32Array(128).fill(1)));
  const { out } = await fluxion(["inspect", file, seeds]);
  assert.ok(out.startsWith("cosines of the mean vectors\n"), out);
  assert.match(out, /│ 3 │ \S*seed-1 +│ +-?[\d.]+ │ +-?[\d.]+ │ +1\.000 │/);
});

InspectRun("a run of another method is shown as its adapter, and cannot be compared", async () => {
  const lora = await ran("lora", { method: { name: "lora", rank: 1 }, steps: 1 });
  const { kind, method } = await fluxionJson<{ kind: string; method: { name: string } }>("inspect", lora);
  assert.equal([kind, method.name], ["adapter", "lora"]);
  assert.match(
    await failure("inspect", lora, join(folder, "still")),
    /prompts alone can be compared[\s\S]*got +lora at/,
  );
  assert.match(await failure("inspect", "--adapter", lora, "x"), /too many paths/);
});

InspectRun.run();
