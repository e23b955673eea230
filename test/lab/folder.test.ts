import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { checkNew, keptFolder, keptSteps, openRunFolder } from "../../lib/lab/folder.js";
import { recipe } from "../../lib/lab/recipe.js";
import { loadRun } from "../../lib/lab/stored-run.js";
import * as np from "../../lib/np/index.js";
import { memoryStore } from "../../lib/store/memory.js";
import { nodeStore } from "../../lib/store/node.js";
import { readFrom } from "../../lib/store/store.js";
import type { Best, Position } from "../../lib/train/progress.js";
import { hostTree } from "../../lib/train/store.js";
import { temporaryFolder } from "../io/folder.js";
import { beginning } from "./beginning.js";
import { failure } from "./refused.js";

const Folder = suite("lab/folder");
const root = temporaryFolder(Folder);
Folder.before(() => init({ backend: "reference" }));

const text = (...path: string[]): string => readFileSync(join(...path), "utf8");
const stateOf = (fill: number, length = 2) => ({
  tuned: { prompt: np.full([length, 3], fill) },
  opt: { rows: np.full([length], fill + 1) },
  step: np.scalar(7, "int32"),
  key: np.array(new Uint32Array([1, 4_000_000_000])),
});
const best: Best = {
  step: 4,
  score: 62.5,
  metrics: { accuracy: 50, f1: 75 },
  loss: 0.75,
  tuned: { prompt: { shape: [2, 3], dtype: "float32", data: Float32Array.from([1, 2, 3, 4, 5, 6]) } },
};

Folder("a new folder holds recipe and lock; one with a run is refused, unless the run goes on", async () => {
  const dir = join(root, "new", "inside");
  const store = nodeStore(dir);
  await checkNew(store);
  const folder = await openRunFolder(store, beginning, false);
  assert.is(text(dir, "recipe.json"), `${JSON.stringify(beginning.recipe, null, 2)}\n`);
  assert.is(text(dir, "lock.json"), `${JSON.stringify(beginning.lock, null, 2)}\n`);
  await folder.close();
  const other = { recipe: recipe({ steps: 9 }), lock: { ...beginning.lock, fluxion: "9" } };
  for (const refused of [() => openRunFolder(store, other, false), () => checkNew(store)]) {
    const message = await failure(refused);
    for (const part of ["already holds a run", `--resume ${dir}`, "--out"]) assert.ok(message.includes(part), message);
  }
  assert.equal(await loadRun(store), { ...beginning, outcome: undefined });
  await (await openRunFolder(store, other, true)).close();
  const { recipe: grown, lock } = await loadRun(store);
  assert.is(grown.steps, 9, "a run that goes on has the recipe that it goes on with");
  assert.equal(lock, beginning.lock, "the lock stays that of the start");
});

Folder("metrics grow by lines, and are read back", async () => {
  const dir = join(root, "metrics");
  const folder = await openRunFolder(nodeStore(dir), beginning, false);
  assert.equal(await folder.readMetrics(), []);
  await folder.appendMetrics({ step: 1, loss: 2.5 });
  await folder.appendMetrics({ step: 1, evaluation: { score: 3 } });
  assert.is(text(dir, "metrics.jsonl"), '{"step":1,"loss":2.5}\n{"step":1,"evaluation":{"score":3}}\n');
  assert.equal(await folder.readMetrics(), [
    { step: 1, loss: 2.5 },
    { step: 1, evaluation: { score: 3 } },
  ]);
  await folder.close();
  const again = await openRunFolder(nodeStore(dir), beginning, true);
  await again.appendMetrics({ step: 2, loss: 1 });
  assert.is((await again.readMetrics()).length, 3);
  await again.close();
});

Folder("a checkpoint brings back metrics that are NaN, as correlations of equal answers are", async () => {
  const dir = join(root, "nan");
  const folder = await openRunFolder(nodeStore(dir), beginning, false);
  const metrics = { pearson_corrcoef: Number.NaN, accuracy: 50 };
  await folder.saveCheckpoint(stateOf(5), { step: 7, stale: 2, best: { ...best, metrics, loss: Number.NaN } }, 3);
  const restored = await folder.restoreCheckpoint(stateOf(0));
  assert.equal(restored?.position.best?.metrics, metrics);
  assert.ok(Number.isNaN(restored?.position.best?.loss));
  await folder.close();
});

Folder("a checkpoint brings back state, position and the length of the metrics", async () => {
  const dir = join(root, "checkpoint");
  const folder = await openRunFolder(nodeStore(dir), beginning, false);
  await folder.appendMetrics({ step: 1, loss: 2 });
  const position: Position = { step: 7, stale: 2, best };
  await folder.saveCheckpoint(stateOf(5), position, 12.5);
  await folder.appendMetrics({ step: 8, loss: 1 });
  await folder.close();
  appendFileSync(join(dir, "metrics.jsonl"), '{"half a li');

  const again = await openRunFolder(nodeStore(dir), beginning, true);
  const restored = await again.restoreCheckpoint(stateOf(0));
  assert.ok(restored !== undefined);
  assert.equal(restored.position, position);
  assert.is(restored.seconds, 12.5);
  const { state } = restored;
  assert.equal([...state.tuned.prompt.dataSync()], [5, 5, 5, 5, 5, 5]);
  assert.equal([...state.opt.rows.dataSync()], [6, 6]);
  assert.is(state.step.item(), 7);
  assert.is(state.step.dtype, "int32");
  assert.equal([...state.key.dataSync()], [1, 4_000_000_000]);
  assert.equal(await again.readMetrics(), [{ step: 1, loss: 2 }]);
  // What comes next is counted from there.
  await again.appendMetrics({ step: 8, loss: 0.5 });
  await again.saveCheckpoint(stateOf(6), { step: 8, stale: 0, best: undefined }, 1);
  await again.appendMetrics({ step: 9, loss: 0.25 });
  const third = await again.restoreCheckpoint(stateOf(0));
  assert.equal(third?.position, { step: 8, stale: 0, best: undefined });
  assert.equal(await again.readMetrics(), [
    { step: 1, loss: 2 },
    { step: 8, loss: 0.5 },
  ]);
  await again.close();
});

Folder("without a checkpoint a run begins anew, and its metrics too", async () => {
  const dir = join(root, "early");
  const folder = await openRunFolder(nodeStore(dir), beginning, false);
  await folder.appendMetrics({ step: 1, loss: 2 });
  assert.is(await folder.restoreCheckpoint(stateOf(0)), undefined);
  assert.is(text(dir, "metrics.jsonl"), "");
  await folder.appendMetrics({ step: 1, loss: 3 });
  await folder.saveCheckpoint(stateOf(1), { step: 1, stale: 0, best: undefined }, 1);
  await folder.restoreCheckpoint(stateOf(0));
  assert.equal(await folder.readMetrics(), [{ step: 1, loss: 3 }]);
  await folder.close();
});

Folder("a checkpoint that does not fit the run names what differs", async () => {
  const dir = join(root, "misfit");
  const folder = await openRunFolder(nodeStore(dir), beginning, false);
  await folder.saveCheckpoint(stateOf(5), { step: 1, stale: 0, best: undefined }, 1);
  const shape = await failure(() => folder.restoreCheckpoint(stateOf(5, 4)));
  for (const part of ["does not fit this run", "state.tuned.prompt", "f32[2,3]", "f32[4,3]", "checkpoint.safetensors"])
    assert.ok(shape.includes(part), `${part}: ${shape}`);
  const like = { ...stateOf(5), more: { here: np.scalar(1) } };
  const missing = await failure(() => folder.restoreCheckpoint(like));
  assert.ok(missing.includes("state.more.here: missing"), missing);
  const dtype = await failure(() => folder.restoreCheckpoint({ ...stateOf(5), step: np.scalar(7) }));
  assert.ok(dtype.includes("state.step: i32[] instead of f32[]"), dtype);
  await folder.close();
  writeFileSync(join(dir, "checkpoint.safetensors"), "no checkpoint");
  const damaged = await failure(() => folder.restoreCheckpoint(stateOf(5)));
  assert.ok(damaged.includes("checkpoint.safetensors"), damaged);
});

Folder("what is best is written as the run says, then its predictions; summary and curve", async () => {
  const dir = join(root, "best");
  const folder = await openRunFolder(nodeStore(dir), beginning, false);
  const prediction = { id: "3", inputs: "a", target: "b", prediction: "c", correct: false, valid: true };
  const asked: unknown[] = [];
  await folder.saveBest(best, [prediction, { ...prediction, id: "4" }], (what) => {
    asked.push([what, existsSync(join(dir, "predictions.jsonl"))]);
    return [["below/best.txt", "the best"]];
  });
  assert.equal(asked, [[best, false]]);
  assert.is(text(dir, "below", "best.txt"), "the best");
  assert.is(
    text(dir, "predictions.jsonl"),
    `${JSON.stringify(prediction)}\n${JSON.stringify({ ...prediction, id: "4" })}\n`,
  );
  await folder.saveSummary({ tuned: { accuracy: 1 } });
  assert.is(text(dir, "summary.json"), '{\n  "tuned": {\n    "accuracy": 1\n  }\n}\n');
  await folder.saveCurve("<svg/>");
  assert.is(text(dir, "curve.svg"), "<svg/>");
  await folder.close();
});

Folder("a checkpoint brings back a tree of any method, its average and the best one", async () => {
  const folder = await openRunFolder(nodeStore(join(root, "toy")), beginning, false);
  const toy = (fill: number) => ({
    "encoder/layers/0": { a: np.full([2], fill), b: np.full([1, 2], fill + 1) },
    more: { deep: { er: np.full([], fill + 2) } },
  });
  const state = (fill: number) => ({ ...stateOf(0), tuned: toy(fill), average: toy(fill + 10) });
  const kept = hostTree(toy(20));
  await folder.saveCheckpoint(state(5), { step: 7, stale: 2, best: { ...best, tuned: kept } }, 1);
  const restored = await folder.restoreCheckpoint(state(0));
  assert.equal(restored?.position.best?.tuned, kept);
  assert.equal(hostTree(restored?.state as object), hostTree(state(5)));
  await folder.close();
});

Folder("trees of evaluations are kept by step, and forgotten but for the last ones", async () => {
  for (const store of [nodeStore(join(root, "kept")), memoryStore()]) {
    const folder = await openRunFolder(store, beginning, false);
    assert.equal(await keptSteps(store), []);
    await folder.forget(2);
    const outputs = ({ step }: Best) => [["tuned.txt", `${step}`] as const, ["adapter/a.bin", "x"] as const];
    for (const step of [10, 5, 100_000_000, 20]) await folder.saveTree(keptFolder(step), { ...best, step }, outputs);
    await folder.saveTree("last", { ...best, step: 7 }, outputs);
    assert.equal(await keptSteps(store), [5, 10, 20, 100_000_000]);
    assert.equal(new TextDecoder().decode(await readFrom(store, "kept/00000010/tuned.txt")), "10");
    await folder.forget(4);
    assert.equal(await keptSteps(store), [5, 10, 20, 100_000_000]);
    await folder.forget(2);
    assert.equal(await keptSteps(store), [20, 100_000_000]);
    await folder.close();
    assert.equal(await store.list(), [
      "kept/00000020/adapter/a.bin",
      "kept/00000020/tuned.txt",
      "kept/100000000/adapter/a.bin",
      "kept/100000000/tuned.txt",
      "last/adapter/a.bin",
      "last/tuned.txt",
      "lock.json",
      "recipe.json",
    ]);
  }
});

Folder("a run that goes on removes what was not finished, and nothing else", async () => {
  const dir = join(root, "killed");
  await (await openRunFolder(nodeStore(dir), beginning, false)).close();
  mkdirSync(join(dir, "adapter"));
  const unfinished = [
    "checkpoint.safetensors.123456",
    "predictions.jsonl.7",
    "prompt.npy.99",
    "recipe.json.1",
    "adapter/adapter_config.json.5",
  ];
  const others = ["notes.txt", "checkpoint.safetensors", "prompt.npy", "run.1", "table.csv.2"];
  for (const name of [...unfinished, ...others]) writeFileSync(join(dir, name), "x");
  await (await openRunFolder(nodeStore(dir), beginning, true)).close();
  assert.equal(readdirSync(dir).sort(), ["adapter", "lock.json", "recipe.json", ...others].sort());
});

Folder("a second process is refused until the first has closed; in memory, too", async () => {
  for (const store of [nodeStore(join(root, "locked")), memoryStore()]) {
    const first = await openRunFolder(store, beginning, false);
    const said = await failure(() => openRunFolder(store, beginning, true));
    for (const part of ["writes", store.name()]) assert.ok(said.includes(part), said);
    await first.close();
    await (await openRunFolder(store, beginning, true)).close();
  }
});

Folder("a run in memory writes the same files as one in a folder", async () => {
  const stores = [nodeStore(join(root, "same")), memoryStore()];
  for (const store of stores) {
    const folder = await openRunFolder(store, beginning, false);
    await folder.appendMetrics({ step: 1, loss: 2 });
    await folder.saveCheckpoint(stateOf(5), { step: 1, stale: 0, best }, 1);
    await folder.saveBest(best, [], () => [["adapter/a.bin", Uint8Array.from([1, 2])]]);
    await folder.saveSummary({ steps: 3 });
    await folder.appendMetrics({ step: 2, loss: 1 });
    assert.equal((await folder.restoreCheckpoint(stateOf(0)))?.position, { step: 1, stale: 0, best });
    await folder.close();
  }
  const [onDisk, inMemory] = await Promise.all(stores.map((store) => store.list()));
  assert.equal(onDisk, inMemory);
  for (const path of onDisk) assert.equal(await readFrom(stores[0], path), await readFrom(stores[1], path), path);
});

Folder.run();
