/** Runs with the same inputs share what the bare model comes to, and are the same as without. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { canonicalJson, sha256 } from "../../lib/lab/canonical.js";
import { run } from "../../lib/lab/many.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import type { Summary } from "../../lib/lab/results.js";
import { memoryStore } from "../../lib/store/memory.js";
import type { Store } from "../../lib/store/store.js";
import { fewRows } from "../helpers/program.js";
import { temporaryFolder } from "../io/folder.js";
import { contentsOf, jsonOf, linesOf, ownTask, SMALL } from "./own-task.js";
import { writeSmallModel } from "./small-model.js";

const Baselines = suite("lab/baseline");
const folder = temporaryFolder(Baselines);
const model = join(folder, "model");
const small = { ...SMALL, train: "cb", model, data: fewRows(join(folder, "data"), 6, 4) } satisfies RecipeInput;
Baselines.before(() => writeSmallModel(model));

/** The untuned scores of a run. */
const untunedOf = async (shared: Store, more: RecipeInput = {}): Promise<Readonly<Record<string, number>>> =>
  ((await run({ ...small, steps: 1, ...more }, { store: memoryStore(), shared })) as Summary).untuned;

/** What a run leaves, without what tells the time. */
const lasting = async (store: Store): Promise<unknown> => {
  const { seconds: _, peakBytes: __, ...summary } = await jsonOf<Summary>(store, "summary.json");
  const files = Object.entries(await contentsOf(store)).filter(
    ([path]) => !/metrics|summary|curve|checkpoint/.test(path),
  );
  return [await linesOf(store), summary, files];
};

interface Kept {
  readonly key: object;
  readonly digest: string;
  readonly baseline: { readonly untuned: Readonly<Record<string, number>>; readonly sentinels: object };
}

const pathIn = async (shared: Store): Promise<string> => (await shared.list())[0];

/** Writes scores that no model has as those of the bare one. */
const replace = async (shared: Store, digest?: string): Promise<void> => {
  const path = await pathIn(shared);
  const { key, baseline } = await jsonOf<Kept>(shared, path);
  const other = { ...baseline, untuned: { accuracy: 12.5 } };
  await shared.write(path, JSON.stringify({ key, digest: digest ?? sha256(canonicalJson(other)), baseline: other }));
};

Baselines("runs that differ in seed, method and rate find one file, and leave what they leave alone", async () => {
  const shared = memoryStore();
  const others = [{}, { seed: 1 }, { method: { name: "prompt", length: 3 } }, { optimizer: { learningRate: 0.1 } }];
  for (const more of others as readonly RecipeInput[]) {
    const [together, alone] = [memoryStore(), memoryStore()];
    await run({ ...small, ...more }, { store: together, shared });
    await run({ ...small, ...more }, { store: alone });
    assert.equal(await lasting(together), await lasting(alone), JSON.stringify(more));
  }
  assert.is((await shared.list()).length, 1);
});

Baselines("what is there is taken, unless it is damaged or of something else", async () => {
  const shared = memoryStore();
  const right = await untunedOf(shared);
  await replace(shared);
  assert.equal(await untunedOf(shared, { seed: 7 }), { accuracy: 12.5 });
  for (const damage of [() => replace(shared, "0"), async () => shared.write(await pathIn(shared), '{"key": ')]) {
    await damage();
    assert.equal(await untunedOf(shared), right);
    assert.equal((await jsonOf<Kept>(shared, await pathIn(shared))).baseline.untuned, right, "it is mended");
  }
  const moved = memoryStore();
  await untunedOf(moved, { evaluation: { ...small.evaluation, inputLength: 8 } });
  await replace(moved);
  await shared.write(await pathIn(shared), JSON.stringify(await jsonOf(moved, await pathIn(moved))));
  assert.equal(await untunedOf(shared), right);
});

Baselines("what the bare model depends on has a file each", async () => {
  const shared = memoryStore();
  const other = join(folder, "other");
  await writeSmallModel(other);
  await untunedOf(shared);
  await untunedOf(shared, { model: other, data: fewRows(join(folder, "same"), 6, 4) });
  assert.is((await shared.list()).length, 1, "places do not count");
  const others = [
    { data: fewRows(join(folder, "more"), 6, 5) },
    { prefix: "name" },
    { evaluation: { ...small.evaluation, decoding: "rank" } },
  ];
  for (const [i, more] of (others as readonly RecipeInput[]).entries()) {
    await untunedOf(shared, more);
    assert.is((await shared.list()).length, i + 2, JSON.stringify(more));
  }
});

Baselines("tasks of a program share nothing", async () => {
  const shared = memoryStore();
  await run({ ...SMALL, model, steps: 1 }, { store: memoryStore(), shared, tasks: [ownTask()] });
  const file = join(folder, "task.mjs");
  writeFileSync(file, 'export default { name: "of a module", examples() {}, splits: {} };');
  await untunedOf(shared, { taskFiles: [file] });
  assert.equal(await shared.list(), []);
});

Baselines.run();
