import { cpSync, renameSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { NANO_MODEL } from "../../lib/lab/assets.js";
import { canonicalJson } from "../../lib/lab/canonical.js";
import { run } from "../../lib/lab/many.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import type { Summary } from "../../lib/lab/results.js";
import { loadRun, loadRunTE } from "../../lib/lab/stored-run.js";
import { memoryStore } from "../../lib/store/memory.js";
import { readFrom, type Store } from "../../lib/store/store.js";
import { messageOf, rightOf, temporaryFolder } from "../io/folder.js";
import { contentsOf, copyOf, jsonOf, linesOf, noting, ownTask, SMALL, textOf } from "./own-task.js";
import { refusal } from "./refused.js";

const Run = suite("lab/run");
const folder = temporaryFolder(Run);

const tasks = [ownTask()];
const NUMBERS = ["number", "number", "number"];
const four: RecipeInput = { ...SMALL, steps: 4 };

/** An unbroken run of four steps, and of two. */
let whole: Store;
let summary: Summary;
let short: Store;
const told: string[] = [];
Run.before(async () => {
  whole = memoryStore();
  summary = (await run(four, { store: whole, tasks, listener: noting(told) })) as Summary;
  short = memoryStore();
  await run(SMALL, { store: short, tasks });
});

/** Files that do not tell the time; of a checkpoint the tensors. */
const lasting = async (store: Store): Promise<Readonly<Record<string, string>>> => {
  const entries = Object.entries(await contentsOf(store)).filter(([path]) => !/metrics|summary|curve/.test(path));
  return Object.fromEntries(
    entries.map(([path, text]) => {
      if (path !== "checkpoint.safetensors") return [path, text];
      return [path, text.slice(8 + Number(Buffer.from(text.slice(0, 8), "latin1").readBigUInt64LE(0)))];
    }),
  );
};

const same = async (got: Store, want: Store): Promise<void> => {
  assert.equal(await linesOf(got), await linesOf(want));
  const [a, b] = [await lasting(got), await lasting(want)];
  assert.equal(Object.keys(a), Object.keys(b));
  for (const path of Object.keys(b)) assert.ok(a[path] === b[path], path);
};

Run("a run leaves its recipe, lock, metrics, trees, predictions, summary and curve", async () => {
  const tree = ["adapter/adapter_config.json", "adapter/adapter_model.safetensors"];
  const files = ["prompt.npy", "prompt.safetensors", "tuned.safetensors"];
  const last = [...tree, ...files].map((path) => `last/${path}`);
  const rest = ["checkpoint.safetensors", "curve.svg", "lock.json", "metrics.jsonl", "predictions.jsonl"];
  assert.equal(await whole.list(), [...tree, ...last, ...rest, "recipe.json", "summary.json", ...files].sort());
  assert.equal(await jsonOf(whole, "recipe.json"), recipe(four));
  assert.equal(await jsonOf(whole, "summary.json"), summary);
  assert.is((await textOf(whole, "predictions.jsonl")).trimEnd().split("\n").length, 4);
  const lock = await jsonOf<{ examples: object; model: { name: string; whole?: string } }>(whole, "lock.json");
  assert.equal(Object.keys(lock.examples), ["own/train", "own/validation"]);
  assert.equal([lock.model.name, lock.model.whole], ["t5-nano", undefined]);
});

Run("the summary says what the run came to", async () => {
  const { kind, steps, reason, majority, executor, counts, tuned, score } = summary;
  assert.equal([kind, steps, reason, majority], ["run", 4, "steps done", { accuracy: 50 }]);
  assert.is(executor, "wasm");
  assert.equal(counts.tuned, 2 * 128);
  assert.equal([score, Object.keys(tuned)], [tuned.accuracy, ["accuracy"]]);
  assert.ok(summary.seconds > 0 && summary.peakBytes > 1e7 && summary.peakBytes < 1e11);
  const stored = await loadRun(whole);
  assert.equal([stored.recipe, stored.outcome], [recipe(four), summary]);
});

Run("the first line of the metrics is of the bare model, then come steps and evaluations", async () => {
  const lines = await linesOf(whole);
  assert.equal(lines[0], {
    ...{ step: 0, untuned: summary.untuned, majority: summary.majority },
    sentinels: { answers: 0, of: 4 },
    cuts: {
      inputs: { rows: 6, cut: 0, longest: 7 },
      targets: { rows: 6, cut: 0, longest: 4 },
      validationInputs: { rows: 4, cut: 0 },
    },
    vocabulary: { pieces: 4096, embeddings: 4096 },
    labels: ["sad", "glad"],
  });
  assert.is(lines.length, 9);
  for (let step = 1; step <= 4; step++) {
    const [one, two] = lines.slice(2 * step - 1);
    assert.equal([one.step, typeof one.loss, typeof one.gradientNorm, typeof one.tokens], [step, ...NUMBERS]);
    const evaluation = two.evaluation as Record<string, unknown>;
    assert.equal(
      [two.step, Object.keys(evaluation)],
      [step, ["accuracy", "score", "invalid", "loss", "tokenAccuracy"]],
    );
  }
});

Run("a listener is told in order what happens", () => {
  const steps = [1, 2, 3, 4].flatMap((step) => [`step ${step}`, `evaluation ${step}`]);
  assert.equal(told, ["begin 0 undefined memory", ...steps, "stopped", "end run steps done undefined false"]);
});

Run("a run that was stopped goes on as if nothing had happened", async () => {
  const store = memoryStore();
  const stop = new AbortController();
  const said: string[] = [];
  const stopper = { step: ({ step }: { step: number }) => (step === 2 ? stop.abort() : undefined) };
  const first = await run(four, { store, tasks, listener: [noting(said), stopper], signal: stop.signal });
  assert.is(first.reason, "interrupted");
  assert.equal(said.slice(1), [
    ...["step 1", "evaluation 1", "step 2", "stopping", "evaluation 2", "stopped"],
    "end run interrupted undefined false",
  ]);
  const again: string[] = [];
  const outcome = await run(four, { store, tasks, resume: true, listener: noting(again) });
  const { seconds: _, peakBytes: __, ...rest } = outcome as Summary;
  const { seconds: ___, peakBytes: ____, ...want } = summary;
  assert.equal(rest, want);
  assert.is(again[0], "begin 2 undefined memory");
  await same(store, whole);
});

Run("a run that has ended is not written again, but told", async () => {
  const before = await contentsOf(short);
  const said: string[] = [];
  const outcome = await run(SMALL, { store: short, tasks, resume: true, listener: noting(said) });
  assert.equal(said, ["end run steps done undefined true"]);
  assert.equal(outcome, await jsonOf(short, "summary.json"));
  const after = await contentsOf(short);
  for (const path of Object.keys(after)) assert.ok(after[path] === before[path], path);
  assert.equal(Object.keys(after), Object.keys(before));
});

Run("with more steps a run that has ended goes on", async () => {
  const store = await copyOf(short);
  const outcome = (await run(four, { store, tasks, resume: true })) as Summary;
  assert.equal([outcome.steps, outcome.reason], [4, "steps done"]);
  await same(store, whole);
});

Run("settings that may not change are refused, by their paths", async () => {
  const store = await copyOf(short);
  const before = await contentsOf(store);
  const error = await refusal(run({ ...SMALL, seed: 3, steps: 1 }, { store, tasks, resume: true }));
  assert.is(error.expected, "steps: 2 or more\n            seed: 0, as the run was started");
  assert.equal(await contentsOf(store), before);
});

Run("changed examples are refused, and nothing is written", async () => {
  const store = await copyOf(short);
  const before = await contentsOf(store);
  const resumed = (task: ReturnType<typeof ownTask>) =>
    refusal(run(four, { store, tasks: [task], resume: true }), "CheckpointError");
  const error = await resumed(ownTask("own", { word: "that" }));
  assert.is(error.what, "the examples have changed since the run was started");
  assert.equal([error.got, error.at], ["own/train, own/validation", "superglue-mini"]);
  assert.is(error.hint, "name the data that it was started with: --data DIR");
  assert.is((await resumed(ownTask("own", { validation: 5 }))).got, "own/validation");
  assert.equal(await contentsOf(store), before);
});

Run("a store that holds a run, or one of 0.1, or that another run has, is refused", async () => {
  const again = await refusal(run(SMALL, { store: short, tasks }), "CheckpointError");
  assert.equal([again.what, again.got], ["the folder already holds a run", "memory"]);
  const old = memoryStore();
  await old.write("config.json", '{ "promptLength": 4 }');
  assert.is((await refusal(run(SMALL, { store: old, tasks }), "CheckpointError")).what, again.what);
  const resumed = await refusal(run(SMALL, { store: old, tasks, resume: true }), "CheckpointError");
  assert.ok(resumed.what.includes("0.1"), resumed.what);
  const none = await refusal(run(SMALL, { store: memoryStore(), tasks, resume: true }), "CheckpointError");
  assert.is(none.what, "there is no run here");
  const taken = memoryStore();
  const free = await taken.lock(() => false);
  assert.is((await refusal(run(SMALL, { store: taken, tasks }), "CheckpointError")).what, "another run writes here");
  assert.equal(await taken.list(), []);
  await free();
});

Run("what is wrong shows before anything is written", async () => {
  const store = memoryStore();
  const refuses = async (input: unknown, own = tasks) => {
    const error = await refusal(run(input as RecipeInput, { store, tasks: own }));
    assert.equal(await store.list(), []);
    return error;
  };
  const clash = await refuses({ ...SMALL, train: "cb" }, [ownTask("cb")]);
  assert.equal([clash.what, clash.got, clash.hint], ["two tasks have one name", "cb", "give yours another name"]);
  const unknown = await refuses({ ...SMALL, train: "onw" });
  assert.equal(
    [unknown.what, unknown.got, unknown.hint],
    ["there is no task of this name", "onw", "did you mean own?"],
  );
  assert.is((await refuses({ ...SMALL, stepz: 1 })).hint, "did you mean steps?");
  assert.is((await refuses({ ...SMALL, model: "t5-small" })).hint, "npx fluxion fetch t5-small");
  const loss = await refuses({ ...SMALL, train: "record", objective: { loss: "hinge" } });
  assert.is(loss.where, "objective.loss");
});

Run("the trees of evaluations are kept: the last ones, or all", async () => {
  const kept = async (keep: number | "all"): Promise<readonly string[]> => {
    const store = memoryStore();
    await run({ ...four, keep }, { store, tasks });
    return (await store.list()).flatMap((path) => /^kept\/(\d+)\/prompt.npy$/.exec(path)?.[1] ?? []);
  };
  assert.equal(await kept(2), ["00000003", "00000004"]);
  assert.equal(await kept("all"), ["00000001", "00000002", "00000003", "00000004"]);
});

Run("every byte of the model counts where it was asked for", async () => {
  const store = memoryStore();
  await run(SMALL, { store, tasks, verify: true });
  const lock = await jsonOf<{ model: { whole: string }; tokenizer: { whole: string } }>(store, "lock.json");
  assert.match(lock.model.whole, /^[0-9a-f]{64}$/);
  assert.is(lock.tokenizer.whole, lock.model.whole);
  const outcome = await run({ ...SMALL, steps: 3 }, { store, tasks, verify: true, resume: true });
  assert.is(outcome.reason, "steps done");
  const unverified = await copyOf(short);
  const error = await refusal(run(four, { store: unverified, tasks, verify: true, resume: true }), "CheckpointError");
  assert.ok(error.what.includes("no digest of every byte"), error.what);
});

Run("a model that was moved is named again, and its tokenizer with it", async () => {
  const [there, here] = [join(folder, "there"), join(folder, "here")];
  cpSync(NANO_MODEL, there, { recursive: true });
  const store = memoryStore();
  await run({ ...SMALL, model: there }, { store, tasks });
  renameSync(there, here);
  const gone = await refusal(run({ ...four, model: there }, { store, tasks, resume: true }), "CheckpointError");
  assert.is(gone.what, "the model of the run is not there");
  const outcome = (await run({ ...four, model: here }, { store, tasks, resume: true })) as Summary;
  assert.is(outcome.steps, 4);
  assert.equal(await linesOf(store), await linesOf(whole));
});

Run("a stored run is read as a value that may be an error", async () => {
  assert.equal(rightOf(await loadRunTE(whole)()), await loadRun(whole));
  assert.ok(messageOf(await loadRunTE(memoryStore())(), "CheckpointError").includes("there is no run here"));
  const broken = memoryStore();
  await broken.write("recipe.json", '{ "stepz": 1 }');
  assert.ok(messageOf(await loadRunTE(broken)(), "ConfigError").includes("memory: recipe.json: stepz"));
  await broken.write("recipe.json", "{");
  assert.ok(messageOf(await loadRunTE(broken)(), "CheckpointError").includes("recipe.json"));
  const failing = { ...memoryStore(), open: () => Promise.reject(new Error("of its own")) };
  const error = await loadRunTE(failing)().catch((e: Error) => e.message);
  assert.is(error, "of its own");
});

Run("options from plain JavaScript are checked, before anything is loaded", async () => {
  const wrong: readonly (readonly [options: unknown, part: RegExp])[] = [
    [undefined, /there are no options/],
    [{}, /the option store is something else[\s\S]*nodeStore/],
    [{ store: "runs/x" }, /the option store[\s\S]*"runs\/x"/],
    [{ store: { open: () => undefined } }, /the option store/],
    [{ store: memoryStore(), tasks: {} }, /the option tasks/],
    [{ store: memoryStore(), tasks: [{ name: "x" }] }, /the option tasks/],
    [{ store: memoryStore(), signal: "x" }, /an AbortSignal/],
    [{ store: memoryStore(), listener: () => 3 }, /the option listener/],
    [{ store: memoryStore(), listener: [{ step: 3 }] }, /the option listener/],
    [{ store: memoryStore(), resum: true }, /did you mean resume/],
    [{ store: memoryStore(), resume: "yes" }, /true or false/],
  ];
  for (const [options, part] of wrong) {
    const error: unknown = await run(SMALL, options as never).catch((e: unknown) => e);
    assert.ok(isFluxionError(error, "ConfigError"), String(error));
    assert.match(error.message, part);
  }
  const map: unknown = await run(new Map([["steps", 3]]) as never, { store: memoryStore() }).catch((e: unknown) => e);
  assert.ok(isFluxionError(map, "ConfigError"), "a Map would lose its settings");
});

Run("a run that has lost its checkpoint, or whose metrics are damaged, says so", async () => {
  const store = memoryStore();
  await run(SMALL, { store, tasks });
  const lines = await readFrom(store, "metrics.jsonl");
  await store.write("metrics.jsonl", (lines as Uint8Array).subarray(0, 60));
  const more = { ...SMALL, steps: 6 };
  assert.match(
    (await refusal(run(more, { store, tasks, resume: true }), "CheckpointError")).at ?? "",
    /metrics\.jsonl, line \d/,
  );
  await store.remove("checkpoint.safetensors");
  const gone = await refusal(run(more, { store, tasks, resume: true }), "CheckpointError");
  assert.is(gone.what, "the run has no checkpoint to go on from");
});

Run("the recipe of the store, as JSON, gives the same run", async () => {
  const store = memoryStore();
  await run(JSON.parse(canonicalJson(await jsonOf(whole, "recipe.json"))) as RecipeInput, { store, tasks });
  assert.equal(await linesOf(store), await linesOf(whole));
});

Run.run();
