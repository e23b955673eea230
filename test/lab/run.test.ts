/** @file Runs in memory, a few steps long: what they leave, and how they go on. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { keptSteps } from "../../lib/lab/folder.js";
import type { Listener } from "../../lib/lab/listener.js";
import { partsOfRecipe, run } from "../../lib/lab/many.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import type { Outcome, SeedsSummary, Summary, TasksSummary } from "../../lib/lab/results.js";
import { readRun } from "../../lib/lab/stored-run.js";
import { memoryStore } from "../../lib/store/memory.js";
import { readFrom, type Store } from "../../lib/store/store.js";
import { fewRows, temporary } from "../helpers/program.js";

const Runs = suite("lab/run");
const folder = temporary("run");
const data = fewRows(join(folder, "data"), 8, 4);
Runs.after(() => rmSync(folder, { recursive: true, force: true }));

const inputOf = (changes: RecipeInput = {}): RecipeInput => ({
  data,
  executor: "tfjs",
  method: { name: "prompt", length: 2 },
  optimizer: { learningRate: 0.3 },
  steps: 4,
  batch: { examples: 2 },
  evaluation: { every: 1 },
  stop: { patience: 0 },
  ...changes,
});

const failure = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (isFluxionError(error)) return error.message;
    throw error;
  }
  return "no error";
};
const textIn = async (store: Store, path: string): Promise<string> =>
  new TextDecoder().decode(await readFrom(store, path));
/** The lines of `metrics.jsonl` without timings. */
const metricsIn = async (store: Store): Promise<unknown[]> =>
  (await textIn(store, "metrics.jsonl"))
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }));

/** A listener that writes down what it is told, and a signal that comes with the `stopAt`-th step it hears of. */
const watching = (stopAt = Number.POSITIVE_INFINITY) => {
  const events: string[] = [];
  const controller = new AbortController();
  let heard = 0;
  const listener: Listener = {
    begin: ({ part = "run", start }) => void events.push(`begin ${part} at ${start}`),
    step: ({ step }) => {
      events.push(`step ${step}`);
      if (++heard === stopAt) controller.abort();
    },
    stopping: () => void events.push("stopping"),
    stopped: () => void events.push("stopped"),
    end: ({ reason }, { part = "run" }, before) =>
      void events.push(`end ${part}: ${reason}${before ? ", before" : ""}`),
  };
  return { events, listener, signal: controller.signal };
};

Runs("a run leaves its files, returns its summary, and is not written again once it has ended", async () => {
  const store = memoryStore();
  const { events, listener } = watching();
  const outcome = (await run(inputOf(), { store, listener })) as Summary;
  assert.equal(JSON.parse(await textIn(store, "summary.json")), JSON.parse(JSON.stringify(outcome)));
  assert.equal([outcome.kind, outcome.reason, outcome.steps, outcome.counts.tuned], ["run", "steps done", 4, 2 * 128]);
  assert.equal(outcome.score, (outcome.tuned.accuracy + outcome.tuned.mean_3class_f1) / 2);
  const files = await store.list();
  for (const name of ["recipe.json", "lock.json", "metrics.jsonl", "checkpoint.safetensors", "curve.svg"]) {
    assert.ok(files.includes(name), name);
  }
  for (const name of ["prompt.npy", "tuned.safetensors", "last/tuned.safetensors", "predictions.jsonl"]) {
    assert.ok(files.includes(name), name);
  }
  assert.equal((await readRun(store)).recipe, recipe(inputOf()));
  const steps = ["step 1", "step 2", "step 3", "step 4"];
  assert.equal(events, ["begin run at 0", ...steps, "stopped", "end run: steps done"]);
  assert.match(await failure(() => run(inputOf(), { store })), "already holds a run");
  const before = await Promise.all(files.map((path) => readFrom(store, path)));
  const again = watching();
  assert.equal(
    await run(inputOf(), { store, resume: true, listener: again.listener }),
    JSON.parse(JSON.stringify(outcome)),
  );
  assert.equal(again.events, ["end run: steps done, before"]);
  assert.equal(await Promise.all(files.map((path) => readFrom(store, path))), before);
});

Runs("a run that is interrupted goes on as if nothing had happened", async () => {
  const [whole, broken] = [memoryStore(), memoryStore()];
  await run(inputOf({ dropout: 0.1 }), { store: whole });
  const { events, listener, signal } = watching(2);
  const first = (await run(inputOf({ dropout: 0.1 }), { store: broken, listener, signal })) as Summary;
  assert.equal([first.reason, first.steps], ["interrupted", 2]);
  assert.equal(events.slice(-3), ["stopping", "stopped", "end run: interrupted"]);
  const second = watching();
  const outcome = (await run(inputOf({ dropout: 0.1 }), {
    store: broken,
    listener: second.listener,
    resume: true,
  })) as Summary;
  assert.equal(second.events[0], "begin run at 2");
  assert.equal([outcome.reason, outcome.steps], ["steps done", 4]);
  assert.ok(outcome.seconds > first.seconds, "seconds are those of all parts");
  assert.equal(await metricsIn(broken), await metricsIn(whole));
  for (const path of ["tuned.safetensors", "last/tuned.safetensors", "predictions.jsonl", "recipe.json", "lock.json"]) {
    assert.equal(await readFrom(broken, path), await readFrom(whole, path), path);
  }
});

Runs("a run that has ended goes on with more steps, and with no other change of training", async () => {
  const [whole, store] = [memoryStore(), memoryStore()];
  await run(inputOf(), { store: whole });
  await run(inputOf({ steps: 2 }), { store });
  const refusals: readonly (readonly [RecipeInput, string])[] = [
    [{ optimizer: { learningRate: 0.2 } }, "optimizer.learningRate"],
    [{ seed: 3 }, "seed"],
    [{ steps: 1 }, "2 or more"],
  ];
  for (const [changes, part] of refusals) {
    const message = await failure(() => run(inputOf({ steps: 2, ...changes }), { store, resume: true }));
    assert.ok(message.includes(part) && message.includes("leave the setting out"), message);
  }
  const outcome = (await run(inputOf(), { store, resume: true })) as Summary;
  assert.is(outcome.steps, 4);
  assert.equal(await metricsIn(store), await metricsIn(whole));
  assert.is((await readRun(store)).recipe.steps, 4);
});

Runs("the trees that are kept are the last ones, or all", async () => {
  const last = memoryStore();
  await run(inputOf({ keep: 2 }), { store: last });
  assert.equal(await keptSteps(last), [3, 4]);
  assert.equal(await readFrom(last, "kept/00000004/tuned.safetensors"), await readFrom(last, "last/tuned.safetensors"));
  const all = memoryStore();
  await run(inputOf({ keep: "all", evaluation: { every: 2 } }), { store: all });
  assert.equal(await keptSteps(all), [2, 4]);
});

Runs("several seeds are runs one after another, which go on where they were", async () => {
  const store = memoryStore();
  const { events, listener, signal } = watching(5);
  const input = inputOf({ steps: 3, seed: 4, seeds: 3 });
  const first = (await run(input, { store, listener, signal })) as SeedsSummary;
  assert.equal([first.kind, first.reason, Object.keys(first.runs)], ["seeds", "interrupted", ["seed-4", "seed-5"]]);
  assert.equal(events.at(-1), "end run: interrupted");
  const second = watching();
  const outcome = (await run(input, { store, listener: second.listener, resume: true })) as SeedsSummary;
  assert.equal(
    second.events.filter((event) => !event.startsWith("st")),
    [
      "end seed-4: steps done, before",
      "begin seed-5 at 2",
      "end seed-5: steps done",
      "begin seed-6 at 0",
      "end seed-6: steps done",
      "end run: done",
    ],
  );
  const names = ["seed-4", "seed-5", "seed-6"];
  assert.equal(Object.keys(outcome.runs), names);
  const scores = names.map((name) => outcome.runs[name].score);
  assert.ok(Math.abs(outcome.score - scores.reduce((sum, x) => sum + x, 0) / 3) < 1e-9);
  const alone = memoryStore();
  await run(inputOf({ steps: 3, seed: 5 }), { store: alone });
  assert.equal(await metricsIn(store.below("seed-5")), await metricsIn(alone));
  assert.equal(((await readRun(store)).outcome as Outcome).kind, "seeds");
  const ended = watching();
  await run(input, { store, listener: ended.listener, resume: true });
  assert.equal(ended.events, ["end run: done, before"]);
});

Runs("each task alone, with several seeds, is a run of runs", async () => {
  const parts = partsOfRecipe(recipe({ train: "cb:1,rte:2", each: true, seeds: 2 }));
  assert.equal(Object.keys(parts), ["cb", "rte"]);
  assert.equal([parts.rte.train, parts.rte.each], [[{ task: "rte" }], false]);
  assert.equal(Object.keys(partsOfRecipe(parts.rte)), ["seed-0", "seed-1"]);
  assert.equal(partsOfRecipe(recipe({})), {});
  const store = memoryStore();
  const outcome = (await run(inputOf({ train: "cb", each: true, steps: 1 }), { store })) as TasksSummary;
  assert.equal([outcome.kind, outcome.reason, Object.keys(outcome.runs)], ["tasks", "done", ["cb"]]);
  assert.is((await readRun(store.below("cb"))).recipe.each, false);
});

Runs("a run goes on with the examples that it was started with, and no others", async () => {
  const own = fewRows(join(folder, "moved"), 8, 4);
  const store = memoryStore();
  await run(inputOf({ data: own, steps: 2 }), { store });
  fewRows(own, 6, 4);
  const input = inputOf({ data: own, steps: 3 });
  const message = await failure(() => run(input, { store, resume: true }));
  for (const part of ["examples have changed", "cb/train", "--data"]) assert.ok(message.includes(part), message);
  assert.not.ok(message.includes("cb/validation"), message);
  const outcome = (await run({ ...input, data }, { store, resume: true })) as Summary;
  assert.is(outcome.steps, 3, "the same rows, elsewhere");
});

Runs("what does not fit is refused before anything is written", async () => {
  const store = memoryStore();
  assert.match(await failure(() => run(inputOf({ train: "cbb" }), { store })), "did you mean cb?");
  writeFileSync(join(folder, "module.mjs"), "export default 3;");
  const message = await failure(() => run(inputOf({ taskFiles: [join(folder, "module.mjs")] }), { store }));
  assert.ok(message.includes("exports no task") && message.includes("module.mjs"), message);
  assert.equal(await store.list(), []);
});

Runs.run();
