/** @file Runs that train a prompt for each of several tasks: what each is evaluated by and keeps, and what other runs start from. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSafetensors } from "../../lib/io/safetensors.js";
import { evaluateRun } from "../../lib/lab/evaluate-run.js";
import { run } from "../../lib/lab/many.js";
import { methodOfRecipe } from "../../lib/lab/method.js";
import { type RecipeInput, recipe as recipeOf } from "../../lib/lab/recipe.js";
import { memoryStore } from "../../lib/store/memory.js";
import { nodeStore } from "../../lib/store/node.js";
import { readFrom, type Store } from "../../lib/store/store.js";
import type { Tokenizer } from "../../lib/tokenizer/sentencepiece.js";
import { temporaryFolder } from "../io/folder.js";
import { linesOf, ownTask, SMALL } from "./own-task.js";

const ByTask = suite("lab/by-task");
const folder = temporaryFolder(ByTask);
const NAMES = ["own", "other"];
const tasks = [ownTask(), ownTask("other", { word: "that" }), ownTask("third", { word: "this" })];

const base = { ...SMALL, train: NAMES, steps: 2, batch: { examples: 4 } } as const;
const MPT = { name: "mpt", length: 2, rank: 3 } as const;
const PROJECT = { name: "multitask", length: 2, kind: "project" } as const;
const METHODS: Readonly<Record<string, RecipeInput["method"] & object>> = {
  mpt: MPT,
  composed: { name: "compose", methods: { soft: MPT, low: { name: "lora", rank: 1 } } },
};

type Scores = Readonly<Record<string, number>>;
const tensorsOf = async (store: Store, path: string) =>
  parseSafetensors((await readFrom(store, path)) as Uint8Array, path);
const valuesOf = async (store: Store, path: string, name = "prompt"): Promise<number[]> => [
  ...((await tensorsOf(store, path)).tensors.get(name)?.data ?? []),
];
interface Evaluated {
  readonly step: number;
  readonly loss: number;
  readonly tasks: Readonly<Record<string, Scores>>;
}
const evaluationsOf = async (store: Store): Promise<Evaluated[]> =>
  (await linesOf(store)).flatMap(({ step, evaluation }) =>
    evaluation === undefined ? [] : [{ step, ...(evaluation as object) } as Evaluated],
  );
const near = (got: readonly number[], want: readonly number[], bound = 1e-5): void => {
  assert.is(got.length, want.length);
  got.forEach((x, i) => {
    assert.ok(Math.abs(x - want[i]) <= bound * Math.max(1, Math.abs(want[i])), `${i}: ${x}, ${want[i]}`);
  });
};

for (const [name, method] of Object.entries(METHODS)) {
  ByTask(`${name}: what is kept of all tasks gives the evaluations again, and a run goes on from it`, async () => {
    const recipe: RecipeInput = { ...base, method, keep: "all", microbatches: 2, dropout: 0.1, ema: 0.5 };
    const whole = memoryStore();
    await run(recipe, { store: whole, tasks });
    const files = await whole.list();
    for (const at of ["", "last/", "kept/00000001/"]) {
      for (const task of NAMES) assert.ok(files.includes(`${at}tasks/${task}/tuned.safetensors`), files.join());
      const settings = JSON.parse((await tensorsOf(whole, `${at}tuned.safetensors`)).metadata.method);
      assert.is(settings.name, method.name);
    }
    const apart = JSON.parse((await tensorsOf(whole, "tasks/other/tuned.safetensors")).metadata.method);
    assert.is(apart.name, name === "composed" ? "compose" : "prompt");
    assert.is(files.includes("tasks/other/prompt.npy"), name !== "composed");
    assert.is(files.includes("adapter/adapter_config.json"), name === "mpt");

    const lines = await evaluationsOf(whole);
    const evaluated = await evaluateRun({ store: whole, tasks, steps: "all" });
    evaluated.forEach(({ step, evaluation }, i) => {
      assert.is(step, lines[i].step);
      for (const task of NAMES) near([evaluation.tasks[task].loss], [lines[i].tasks[task].loss]);
    });
    assert.not.equal(lines[0].tasks.own.loss, lines[0].tasks.other.loss);

    const store = memoryStore();
    await run({ ...recipe, steps: 1 }, { store, tasks });
    await run(recipe, { store, tasks, resume: true });
    assert.equal((await linesOf(store)).slice(1), (await linesOf(whole)).slice(1));
  });
}

ByTask("the prompt of a task has the loss of that task as an ordinary prompt", async () => {
  const place = join(folder, "apart");
  await run({ ...base, method: MPT }, { store: nodeStore(place), tasks });
  const last = (await evaluationsOf(nodeStore(place))).at(-1);
  for (const task of NAMES) {
    const init = { name: "file", file: join(place, "last/tasks", task, "prompt.npy") } as const;
    const store = memoryStore();
    await run({ ...base, train: task, steps: 0, method: { name: "prompt", length: 2, init } }, { store, tasks });
    const [{ loss }] = await evaluationsOf(store);
    near([loss], [last?.tasks[task].loss as number]);
  }
});

ByTask("microbatches take the tasks of their rows with them", async () => {
  const losses: number[][] = [];
  // A rule that divides by what it has seen would make much of rounding.
  const optimizer = { name: "sgd", learningRate: 1 } as const;
  for (const microbatches of [1, 4]) {
    const store = memoryStore();
    await run({ ...base, method: PROJECT, optimizer, microbatches }, { store, tasks });
    losses.push((await evaluationsOf(store)).map(({ loss }) => loss));
  }
  assert.ok(Math.abs(losses[0][1] - losses[0][0]) > 1e-3, `${losses}`);
  near(losses[1], losses[0], 1e-4);
});

ByTask("the settings of a recipe are those of the method, with as many tasks as are trained on", async () => {
  const settingsOf = async (method: RecipeInput["method"]) => {
    const context = { tokenizer: {} as Tokenizer, labels: [], tasks: 3 };
    return (await methodOfRecipe(recipeOf({ method } as RecipeInput).method, context)).settings;
  };
  const kind = (name: string, own: object = {}) =>
    settingsOf({ name: "multitask", length: 2, kind: { name, ...own } } as RecipeInput["method"]);
  const shared = { name: "multitask", tasks: 3, length: 2 };
  assert.equal(await kind("add"), { ...shared, kind: "add" });
  assert.equal(await kind("concat"), { ...shared, kind: "concat" });
  assert.equal(await kind("concat", { taskLength: 5 }), { ...shared, kind: "concat", taskLength: 5 });
  assert.equal(await kind("features", { features: 8 }), { ...shared, kind: "features", features: 8 });
  assert.equal(await kind("project", { features: 4 }), { ...shared, kind: "project", features: 4 });
  assert.equal(await settingsOf(MPT), { ...MPT, tasks: 3, submodules: 1 });
});

ByTask("one task alone keeps an ordinary prompt, and is evaluated on any task", async () => {
  const store = memoryStore();
  await run({ ...base, train: "own", evaluate: ["own", "third"], method: PROJECT, steps: 1 }, { store, tasks });
  const files = await store.list();
  assert.ok(files.includes("prompt.npy") && !files.some((path) => path.startsWith("tasks/")), files.join());
  assert.equal(Object.keys((await evaluationsOf(store))[0].tasks), ["own", "third"]);
});

ByTask("MPT starts from a run of other tasks: the average of their factors, those of one, or fresh ones", async () => {
  const place = join(folder, "source");
  const source = nodeStore(place);
  await run({ ...base, method: MPT }, { store: source, tasks });
  const startOf = async (factors: string | number, train: readonly string[] = ["third"]) => {
    const store = memoryStore();
    await run({ ...base, train, steps: 0, method: { ...MPT, source: place, factors } }, { store, tasks });
    return store;
  };
  const ofOther = await valuesOf(source, "tasks/other/tuned.safetensors");
  for (const one of [1, "other"]) near(await valuesOf(await startOf(one), "tuned.safetensors"), ofOther);

  const [shared, cols, rows] = await Promise.all(
    ["prompt", "taskCols", "taskRows"].map((name) => valuesOf(source, "tuned.safetensors", name)),
  );
  const average = (all: readonly number[]): number[] =>
    all.slice(0, all.length / 2).map((x, i) => (x + all[i + all.length / 2]) / 2);
  const [U, V, width] = [average(cols), average(rows), shared.length / 2];
  const product = shared.map((p, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    return p * [0, 1, 2].reduce((sum, r) => sum + U[3 * row + r] * V[r * width + column], 0);
  });
  near(await valuesOf(await startOf("average"), "tuned.safetensors"), product);

  const fresh = await startOf("fresh", ["third", "own"]);
  assert.equal(await valuesOf(fresh, "tuned.safetensors"), shared, "the shared prompt is the source's");
  const names = ["third", "own"].map((task) => valuesOf(fresh, `tasks/${task}/tuned.safetensors`));
  assert.not.equal(await names[0], await names[1]);
});

ByTask("a source of another method, size or task is refused", async () => {
  const place = join(folder, "plain");
  await run({ ...base, train: "own", method: MPT, steps: 0 }, { store: nodeStore(place), tasks });
  const failed = (method: object) =>
    run({ ...base, train: "third", method: { ...MPT, ...method } }, { store: memoryStore(), tasks }).then(
      () => "nothing was refused",
      (error: Error) => error.message,
    );
  assert.match(
    await failed({ source: place }),
    /--source <path>: the source was not trained by MPT[\s\S]*--init-file FILE/,
  );
  assert.match(await failed({ source: join(folder, "none") }), "--source <path>");
  const trained = join(folder, "source");
  assert.match(await failed({ source: trained, factors: 2 }), /\{ task \} from 0 to 1[\s\S]*source\.factors/);
  assert.match(
    await failed({ source: trained, factors: "third" }),
    /method\.factors: the source has no factors of this task[\s\S]*average, fresh, or one of own, other\n +got +third\n/,
  );
  assert.match(
    await failed({ source: join(trained, "tuned.safetensors"), factors: "own" }),
    /the source is not a run, whose tasks have names[\s\S]*average, fresh, or the number of a task\n/,
  );
  assert.match(await failed({ source: trained, rank: 2 }), "the factors of the source have another rank");
  assert.match(await failed({ source: trained, length: 3 }), "source.tuned");
});

ByTask.run();
