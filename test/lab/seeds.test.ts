/** @file Seeds of a recipe that are trained together, against runs of each seed alone. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { groupingOf, MOST_TOGETHER } from "../../lib/lab/joining.js";
import type { Listener, RunInfo } from "../../lib/lab/listener.js";
import { run } from "../../lib/lab/many.js";
import { type RecipeInput, recipe as recipeOf } from "../../lib/lab/recipe.js";
import type { SeedsSummary, Summary } from "../../lib/lab/results.js";
import { runRecord } from "../../lib/lab/run-record.js";
import { tensorBoard } from "../../lib/lab/tensorboard-listener.js";
import * as np from "../../lib/np/index.js";
import { memoryStore } from "../../lib/store/memory.js";
import type { Store } from "../../lib/store/store.js";
import { temporaryFolder } from "../io/folder.js";
import { contentsOf, copyOf, jsonOf, linesOf, noting, ownTask } from "./own-task.js";
import { writeSmallModel } from "./small-model.js";

const Seeds = suite("lab/seeds");
const folder = temporaryFolder(Seeds);
const model = join(folder, "model");

const tasks = [ownTask()];
const SEEDS = [3, 4, 5];
const recipe: RecipeInput = {
  train: "own",
  model,
  steps: 20,
  method: { name: "prompt", length: 2, init: "random-uniform" },
  optimizer: { learningRate: 0.03 },
  batch: { examples: 2 },
  executor: "tfjs",
  evaluation: { every: 5, inputLength: 16 },
  seed: SEEDS[0],
  seeds: SEEDS.length,
} as const;

/** Each seed alone. */
const alone = new Map<number, Store>();
Seeds.before(async () => {
  await writeSmallModel(model);
  for (const seed of SEEDS) {
    const store = memoryStore();
    await run({ ...recipe, seeds: 1, seed }, { store, tasks });
    alone.set(seed, store);
  }
});

/** Asserts that the folders of seeds are what the seeds alone leave. */
const asAlone = async (store: Store): Promise<void> => {
  for (const seed of SEEDS) {
    const [ours, theirs] = [store.below(`seed-${seed}`), alone.get(seed) as Store];
    // On this executor a run has the same bits together and alone.
    assert.equal(await linesOf(ours), await linesOf(theirs), `seed ${seed}`);
    assert.equal([...(await ours.list())].sort(), [...(await theirs.list())].sort());
    assert.equal(await jsonOf(ours, "recipe.json"), await jsonOf(theirs, "recipe.json"));
    const timeless = ({ seconds: _, peakBytes: __, ...rest }: Summary): unknown => rest;
    assert.equal(timeless(await jsonOf(ours, "summary.json")), timeless(await jsonOf(theirs, "summary.json")));
    assert.ok((await runRecord(ours)).steps.length > 0);
  }
};

let whole: Store;
Seeds("three seeds together leave what each leaves alone, and are told apart", async () => {
  whole = memoryStore();
  const said: string[] = [];
  const begun: RunInfo[] = [];
  const heard: Listener = {
    begin: (info) => void begun.push(info),
    step: ({ step }, part) => void said.push(`${step} ${part}`),
    evaluation: (step, _, __, part) => void said.push(`evaluation ${step} ${part}`),
  };
  const outcome = (await run(recipe, { store: whole, tasks, listener: [heard, tensorBoard(whole)] })) as SeedsSummary;
  assert.is(outcome.reason, "done");
  const parts = SEEDS.map((seed) => `seed-${seed}`);
  assert.equal(
    begun.map(({ part, together }) => [part, together]),
    parts.map((part) => [part, parts]),
  );
  assert.ok(begun[0].lines.includes("seeds      3 in one program"), begun[0].lines.join("\n"));
  assert.equal(
    said.slice(0, 6),
    [1, 2].flatMap((step) => parts.map((part) => `${step} ${part}`)),
  );
  assert.equal(
    said.slice(15, 18),
    parts.map((part) => `evaluation 5 ${part}`),
  );
  const boards = (await whole.list()).filter((path) => path.startsWith("tensorboard/"));
  assert.equal(
    boards.map((path) => path.replace(/\/events.*/, "")).sort(),
    parts.flatMap((part) => [`tensorboard/${part}/train`, `tensorboard/${part}/validation/own`]),
  );
  await asAlone(whole);
  const untuned = await Promise.all(parts.map(async (part) => (await linesOf(whole.below(part)))[0]));
  assert.equal(untuned[1], untuned[0]);
});

Seeds("seeds that are stopped go on, also from different steps, and where some have ended", async () => {
  const store = memoryStore();
  const stop = new AbortController();
  let steps = 0;
  const stopper: Listener = { step: () => (++steps === 3 * 7 ? stop.abort() : undefined) };
  const first = (await run(recipe, { store, tasks, signal: stop.signal, listener: stopper })) as SeedsSummary;
  assert.equal([first.reason, Object.values(first.runs).map((one) => one.steps)], ["interrupted", [7, 7, 7]]);
  // One seed goes on alone, as seeds one after another did.
  const ahead = { ...recipe, seeds: 1, seed: SEEDS[0] };
  await run(ahead, { store: store.below(`seed-${SEEDS[0]}`), tasks, resume: true });
  const said: string[] = [];
  const again = new AbortController();
  const later: Listener = { step: ({ step }, part) => (step === 12 && part === "seed-5" ? again.abort() : undefined) };
  const kept = { store, tasks, resume: true };
  await run(recipe, { ...kept, signal: again.signal, listener: [noting(said), later] });
  assert.equal(said.slice(0, 3), [
    "end run steps done seed-3 true",
    "begin 7 seed-4 memory: seed-4/",
    "begin 7 seed-5 memory: seed-5/",
  ]);
  // A killed run may have saved one seed alone: the other one catches up.
  const behind = store.below("seed-5");
  for (const path of await behind.list()) await behind.remove(path);
  const last: string[] = [];
  await run(recipe, { ...kept, listener: noting(last) });
  assert.equal(
    last.filter((line) => line.startsWith("begin")),
    ["begin 12 seed-4 memory: seed-4/", "begin 0 seed-5 memory: seed-5/"],
  );
  await asAlone(store);
  // All have ended, and one is lost: it is trained again, and the others are left.
  for (const path of await behind.list()) await behind.remove(path);
  const lost: string[] = [];
  await run(recipe, { ...kept, listener: noting(lost) });
  assert.equal(
    lost.filter((line) => line.startsWith("begin")),
    ["begin 0 seed-5 memory: seed-5/"],
  );
  await asAlone(store);
});

Seeds("a folder of seeds that were trained one after another goes on together", async () => {
  const store = memoryStore();
  const parts = SEEDS.map((seed) => store.below(`seed-${seed}`));
  const older = await copyOf(alone.get(SEEDS[0]) as Store);
  for (const [path, text] of Object.entries(await contentsOf(older))) {
    await parts[0].write(path, Buffer.from(text, "latin1"));
  }
  const stop = new AbortController();
  const stopper: Listener = { step: ({ step }) => (step === 6 ? stop.abort() : undefined) };
  await run(
    { ...recipe, seeds: 1, seed: SEEDS[1] },
    { store: parts[1], tasks, signal: stop.signal, listener: stopper },
  );
  await store.write("recipe.json", JSON.stringify(await jsonOf(whole, "recipe.json")));
  const outcome = (await run(recipe, { store, tasks, resume: true })) as SeedsSummary;
  assert.equal([outcome.reason, Object.keys(outcome.runs)], ["done", SEEDS.map((seed) => `seed-${seed}`)]);
  await asAlone(store);
});

Seeds("seeds that cannot be joined are trained one after another from one load, with the reason", async () => {
  const store = memoryStore();
  const said: string[] = [];
  const lines: string[] = [];
  const heard: Listener = { begin: (info) => void lines.push(...info.lines, `${info.together.length}`) };
  const full: RecipeInput = { ...recipe, method: "full", steps: 1, seeds: 2, seed: 0 };
  const outcome = (await run(full, { store, tasks, listener: [noting(said), heard] })) as SeedsSummary;
  assert.is(outcome.reason, "done");
  const of = (part: string): string[] => [`begin 0 ${part} memory: ${part}/`, "step 1", "evaluation 1", "stopped"];
  assert.equal(said, [
    ...["seed-0", "seed-1"].flatMap((part) => [...of(part), `end run steps done ${part} false`]),
    "end seeds done undefined false",
  ]);
  assert.ok(lines.includes("seeds      one after another: they train too many numbers"), lines.join("\n"));
  assert.is(lines.at(-1), "0");
});

Seeds("what is joined depends on rows, dropout and how much is trained", () => {
  const loaded = (input: RecipeInput, trained = 4) => {
    const state = { tuned: { x: np.zeros([trained]) } } as never;
    return { recipe: recipeOf(input), state, frozen: { x: np.zeros([20]) } as never };
  };
  const rows: readonly (readonly [ReturnType<typeof loaded>, number, RegExp])[] = [
    [loaded({}), MOST_TOGETHER, /^seeds +3 in one program$/],
    [loaded({}, 6), 1, /one after another: they train too many numbers/],
    [loaded({ batch: { tokens: 60 } }), 1, /batches by tokens/],
    [loaded({ dropout: 0.1 }), 1, /dropout/],
    [loaded({ method: { name: "lora", dropout: 0.1 } }), 1, /dropout/],
    [loaded({ method: "lora" }), MOST_TOGETHER, /in one program/],
    [loaded({ dropout: 0.1, lengths: { buckets: 1 } }), MOST_TOGETHER, /in one program/],
  ];
  for (const [run, most, text] of rows) {
    const { most: got, line } = groupingOf(run);
    assert.is(got, most, line(3));
    assert.match(line(3), text);
  }
});

Seeds("a seed whose loss is not a number ends all; the others are saved", async () => {
  const store = memoryStore();
  const wild = { ...recipe, optimizer: { name: "sgd", learningRate: 1e38 }, steps: 9, seeds: 2 } as const;
  const error = await run(wild, { store, tasks }).catch((e: unknown) => e as Error);
  assert.ok(isFluxionError(error, "ArgumentError"), String(error));
  assert.match(error.message, /the loss is NaN[\s\S]*at +seed-/);
});

Seeds.run();
