import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../../lib/lab/many.js";
import { partsOfRecipe, updateWhole } from "../../lib/lab/parts.js";
import { type Recipe, type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import type { SeedsSummary, Summary, TasksSummary } from "../../lib/lab/results.js";
import { memoryStore } from "../../lib/store/memory.js";
import type { Store } from "../../lib/store/store.js";
import { alike, contentsOf, jsonOf, linesOf, noting, ownTask, SMALL } from "./own-task.js";
import { refusal } from "./refused.js";

const Many = suite("lab/many");

const tasks = [ownTask(), ownTask("other", { validation: 6, word: "that" })];
const TINY = { ...SMALL, steps: 1 } as const;
const TINY_PATIENCE = recipe(TINY).stop.patience;

Many("a recipe of one run has no parts", () => {
  assert.equal(partsOfRecipe(recipe({ train: "cb,rte" })), {});
});

Many("with seeds it has one part a seed, with each one a task, and of these each its seeds", () => {
  const base = recipe({ train: "cb,rte", seed: 3 });
  const three = partsOfRecipe({ ...base, seeds: 3 });
  assert.equal(three, {
    "seed-3": { ...base, seed: 3, seeds: 1 },
    "seed-4": { ...base, seed: 4, seeds: 1 },
    "seed-5": { ...base, seed: 5, seeds: 1 },
  });
  const each = partsOfRecipe(recipe({ train: "cb:2,rte:1", each: true, seeds: 2 }));
  const cb = recipe({ train: "cb", seeds: 2 });
  assert.equal(each, { cb, rte: recipe({ train: "rte", seeds: 2 }) });
  assert.equal(Object.keys(partsOfRecipe(each.cb)), ["seed-0", "seed-1"]);
});

Many("runs of several seeds come to their mean and standard deviation", async () => {
  const store = memoryStore();
  const said: string[] = [];
  const seeds = { ...TINY, method: { ...TINY.method, init: "random-uniform" }, seeds: 2, seed: 1 } as const;
  const outcome = (await run(seeds, { store, tasks, listener: noting(said) })) as SeedsSummary;
  const runs = [
    await jsonOf<Summary>(store, "seed-1/summary.json"),
    await jsonOf<Summary>(store, "seed-2/summary.json"),
  ];
  assert.equal([outcome.kind, outcome.reason], ["seeds", "done"]);
  assert.equal(outcome.runs, { "seed-1": runs[0], "seed-2": runs[1] });
  const [a, b] = runs.map(({ tuned }) => tuned.accuracy);
  assert.equal(outcome.tuned, { accuracy: (a + b) / 2 });
  assert.ok(Math.abs(outcome.deviation.accuracy - Math.abs(a - b) / Math.SQRT2) < 1e-12);
  assert.is(outcome.score, (runs[0].score + runs[1].score) / 2);
  assert.equal(outcome.majority, { accuracy: 50 });
  assert.equal(await jsonOf(store, "summary.json"), outcome);
  assert.equal(await jsonOf(store, "recipe.json"), recipe(seeds));
  assert.equal(await jsonOf(store, "seed-2/recipe.json"), recipe({ ...seeds, seeds: 1, seed: 2 }));
  assert.not.equal(await linesOf(store.below("seed-1")), await linesOf(store.below("seed-2")));
  const parts = ["seed-1", "seed-2"];
  assert.equal(said, [
    ...parts.map((part) => `begin 0 ${part} memory: ${part}/`),
    ...["step 1", "step 1", "evaluation 1", "evaluation 1", "stopped"],
    ...parts.map((part) => `end run steps done ${part} false`),
    "end seeds done undefined false",
  ]);
});

Many("each task alone, with its seeds, is as if it had been run alone; stopped runs go on", async () => {
  const store = memoryStore();
  const each: RecipeInput = { ...TINY, train: "own,other", each: true, seeds: 2 };
  const stop = new AbortController();
  let begun = 0;
  const stopper = { begin: () => (++begun === 3 ? stop.abort() : undefined) };
  const first = (await run(each, { store, tasks, signal: stop.signal, listener: stopper })) as TasksSummary;
  assert.equal([first.kind, first.reason, Object.keys(first.runs)], ["tasks", "interrupted", ["own", "other"]]);
  assert.equal([first.runs.own.reason, first.runs.other.reason], ["done", "interrupted"]);
  assert.equal(Object.keys((first.runs.other as SeedsSummary).runs), ["seed-0", "seed-1"]);
  const before = await contentsOf(store.below("own"));
  const said: string[] = [];
  const outcome = (await run(each, { store, tasks, resume: true, listener: noting(said) })) as TasksSummary;
  assert.equal([outcome.reason, outcome.runs.own.reason, outcome.runs.other.reason], ["done", "done", "done"]);
  assert.equal(await contentsOf(store.below("own")), before);
  assert.equal(said[0], "end seeds done own true");
  assert.equal(said.at(-1), "end tasks done undefined false");
  assert.ok(said.includes("begin 0 other/seed-1 memory: other/seed-1/"), said.join());
  const alone = memoryStore();
  await run({ ...TINY, train: "other", seed: 1 }, { store: alone, tasks });
  // It was stopped before its first step, and evaluated there.
  const [start, evaluated, ...steps] = await linesOf(store.below("other/seed-1"));
  assert.equal([start.step, evaluated.step, Object.keys(evaluated)], [0, 0, ["step", "evaluation"]]);
  alike([start, ...steps], await linesOf(alone));
  const again: string[] = [];
  await run(each, { store, tasks, resume: true, listener: noting(again) });
  assert.equal(again, ["end tasks done undefined true"]);
});

Many("several runs are interrupted before the next one begins", async () => {
  const store = memoryStore();
  const stop = new AbortController();
  stop.abort();
  const outcome = await run({ ...TINY, seeds: 2 }, { store, tasks, signal: stop.signal });
  assert.equal([outcome.reason, (outcome as SeedsSummary).runs], ["interrupted", {}]);
  assert.equal(await store.list(), ["recipe.json", "summary.json"]);
});

Many("a fault of the last task shows before the first is trained", async () => {
  const store = memoryStore();
  const own = await refusal(run({ ...TINY, train: "own,onw", each: true }, { store, tasks }));
  assert.is(own.got, "onw");
  const record: RecipeInput = { ...TINY, train: "own,record", each: true, evaluation: { decoding: "rank" } };
  assert.ok((await refusal(run(record, { store, tasks }))).what.includes("no labels"));
  assert.equal(await store.list(), []);
});

Many("a store that holds several runs is refused, and changed settings", async () => {
  const store = memoryStore();
  const stop = new AbortController();
  stop.abort();
  await run({ ...TINY, seeds: 2 }, { store, tasks, signal: stop.signal });
  const again = await refusal(run({ ...TINY, seeds: 2 }, { store, tasks }), "CheckpointError");
  assert.is(again.what, "the folder already holds a run");
  const changed = await refusal(run({ ...TINY, seeds: 3 }, { store, tasks, resume: true }));
  assert.equal([changed.at, changed.expected, changed.got], ["seeds", "2, as the run was started", "3"]);
  const free = await store.lock(() => false);
  const taken = await refusal(run({ ...TINY, seeds: 2 }, { store, tasks, resume: true }), "CheckpointError");
  assert.is(taken.what, "another run writes here");
  await free();
});

const NAMES = ["seed-0", "seed-1"];
const TWO = { ...TINY, seeds: 2 } as const;
const ofSeed = (seed: number, steps: number) => ({ ...TINY, seed, steps });
const stepsOf = async (store: Store): Promise<readonly number[]> =>
  Object.values((await jsonOf<SeedsSummary>(store, "summary.json")).runs).map(({ steps }) => steps);

Many("a seed that goes on by itself counts with what it has come to", async () => {
  const store = memoryStore();
  await run(TWO, { store, tasks });
  await run(ofSeed(1, 3), { store: store.below("seed-1"), tasks, resume: true });
  assert.equal(await stepsOf(store), [1, 1], "it knows of no folder above");
  const said: string[] = [];
  const again = await run(TWO, { store, tasks, resume: true, listener: noting(said) });
  assert.equal(said, [...NAMES.map((part) => `end run steps done ${part} true`), "end seeds done undefined false"]);
  assert.equal(await stepsOf(store), [1, 3]);
  const each = await Promise.all(NAMES.map((name) => jsonOf<Summary>(store, `${name}/summary.json`)));
  assert.is(again.kind === "seeds" && again.score, (each[0].score + each[1].score) / 2);
  assert.equal(await jsonOf(store, "summary.json"), again);
  const ended: string[] = [];
  assert.equal(await run(TWO, { store, tasks, resume: true, listener: noting(ended) }), again);
  assert.equal(ended, ["end seeds done undefined true"]);
  // The others catch up with what is asked, and one that is ahead is left.
  const more: string[] = [];
  await run({ ...TWO, steps: 2 }, { store, tasks, resume: true, listener: noting(more) });
  assert.equal(
    more.filter((line) => !line.startsWith("evaluation")),
    [
      "end run steps done seed-1 true",
      "begin 1 seed-0 memory: seed-0/",
      ...["step 2", "stopped", "end run steps done seed-0 false", "end seeds done undefined false"],
    ],
  );
  assert.equal(await stepsOf(store), [2, 3]);
  const last: string[] = [];
  await run({ ...TWO, steps: 4 }, { store, tasks, resume: true, listener: noting(last) });
  assert.equal(last.slice(0, 2), ["begin 2 seed-0 memory: seed-0/", "begin 3 seed-1 memory: seed-1/"]);
  assert.equal(await stepsOf(store), [4, 4]);
});

Many("a seed that was stopped beyond its folder goes on to its own end, by itself", async () => {
  const store = memoryStore();
  await run(TWO, { store, tasks });
  const stop = new AbortController();
  const stopper = { step: () => stop.abort() };
  const own = { store: store.below("seed-0"), tasks, resume: true };
  await run({ ...ofSeed(0, 3), stop: { patience: 2 } }, { ...own, signal: stop.signal, listener: stopper });
  assert.ok(await updateWhole(store, "seed-0"));
  assert.is((await jsonOf<SeedsSummary>(store, "summary.json")).reason, "interrupted");
  const said: string[] = [];
  await run(TWO, { store, tasks, resume: true, listener: noting(said) });
  assert.equal(
    said.filter((line) => /^(begin|end run)/.test(line)),
    ["end run steps done seed-1 true", "begin 2 seed-0 memory: seed-0/", "end run steps done seed-0 false"],
  );
  const stopOf = async (name: string) => (await jsonOf<Recipe>(store, `${name}/recipe.json`)).stop.patience;
  assert.equal([await stopOf("seed-0"), await stopOf("seed-1")], [2, TINY_PATIENCE]);
  await run({ ...TWO, stop: { patience: 7 } }, { store, tasks, resume: true });
  assert.equal([await stopOf("seed-0"), await stopOf("seed-1")], [7, 7]);
});

Many("the folders above a run are brought up to date", async () => {
  const store = memoryStore();
  await run({ ...TWO, train: "own,other", each: true }, { store, tasks });
  const seed = store.below("other").below("seed-1");
  await run({ ...ofSeed(1, 2), train: "other" }, { store: seed, tasks, resume: true });
  assert.is(await updateWhole(seed, "last"), false, "one run has no parts");
  assert.is(await updateWhole(memoryStore(), "seed-1"), false);
  assert.is(await updateWhole(store.below("other"), "seed-2"), false);
  assert.ok(await updateWhole(store.below("other"), "seed-1"));
  assert.equal(await stepsOf(store.below("other")), [1, 2]);
  assert.ok(await updateWhole(store, "other"));
  const tasksOf = await jsonOf<TasksSummary>(store, "summary.json");
  assert.equal(tasksOf.runs.other, await jsonOf(store, "other/summary.json"));
  assert.is(tasksOf.reason, "done");
});

Many(
  "a seed that was killed keeps the whole from being done: on its way beyond its end, or before it had one",
  async () => {
    const store = memoryStore();
    await run(TWO, { store, tasks });
    await store.write("seed-0/recipe.json", JSON.stringify(recipe(ofSeed(0, 3))));
    assert.ok(await updateWhole(store, "seed-0"));
    const beyond = await jsonOf<SeedsSummary>(store, "summary.json");
    assert.equal([beyond.reason, beyond.runs["seed-0"].reason], ["interrupted", "interrupted"]);
    assert.is(beyond.runs["seed-1"].reason, "steps done");
    await store.remove("seed-0/summary.json");
    assert.ok(await updateWhole(store, "seed-0"));
    const before = await jsonOf<SeedsSummary>(store, "summary.json");
    assert.equal([before.reason, Object.keys(before.runs)], ["interrupted", ["seed-1"]]);
  },
);

Many("the folder above is taken for its summary: another process may have it for a moment, or keep it", async () => {
  const store = memoryStore();
  await run(TWO, { store, tasks });
  await run(ofSeed(1, 2), { store: store.below("seed-1"), tasks, resume: true });
  const free = await store.lock(() => false);
  const kept = await refusal(updateWhole(store, "seed-1"), "CheckpointError");
  assert.is(kept.what, "the summary of the runs is not up to date: another run writes here");
  assert.match(`${kept.hint}`, "when that has ended, npx fluxion train --resume memory brings it up to date");
  assert.equal(await stepsOf(store), [1, 1]);
  const updated = updateWhole(store, "seed-1");
  await free();
  assert.ok(await updated);
  assert.equal(await stepsOf(store), [1, 2]);
  await (await store.lock(() => false))();
});

Many("a setting that a part has otherwise is refused with the name of the part", async () => {
  const store = memoryStore();
  await run(TWO, { store, tasks });
  await store.remove("summary.json");
  const own = await jsonOf<Recipe>(store, "seed-1/recipe.json");
  await store.write("seed-1/recipe.json", JSON.stringify({ ...own, ema: 0.5 }));
  const changed = await refusal(run(TWO, { store, tasks, resume: true }));
  assert.equal(
    [changed.at, changed.expected, changed.got],
    ["ema of memory: seed-1/", "0.5, as the run was started", "0"],
  );
});

Many("a mixture is evaluated task by task, also on tasks that it does not train on", async () => {
  const store = memoryStore();
  const mixture: RecipeInput = {
    ...SMALL,
    method: "full",
    train: "own:3,other:1",
    evaluate: "other,own",
    optimizer: { name: "adafactor", learningRate: 0.001 },
  };
  const { tuned, score, majority } = (await run(mixture, { store, tasks })) as Summary;
  assert.equal(Object.keys(tuned), ["other/accuracy", "own/accuracy"]);
  assert.is(score, (tuned["other/accuracy"] + tuned["own/accuracy"]) / 2);
  assert.equal(majority, { "other/accuracy": 50, "own/accuracy": 50 });
  const evaluations = (await linesOf(store)).flatMap(({ evaluation }) => evaluation ?? []) as Record<string, object>[];
  assert.is(evaluations.length, 2);
  for (const one of evaluations) {
    assert.equal(Object.keys(one), ["score", "invalid", "loss", "tokenAccuracy", "tasks"]);
    assert.equal(Object.keys(one.tasks), ["other", "own"]);
  }
  const predictions = (await contentsOf(store))["predictions.jsonl"].trimEnd().split("\n");
  const of = predictions.map((line) => (JSON.parse(line) as { task: string }).task);
  assert.equal(of, [...Array(6).fill("other"), ...Array(4).fill("own")]);
});

Many.run();
