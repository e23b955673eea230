import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recipe } from "../../../lib/lab/recipe.js";
import { grid } from "../../../lib/lab/sweep/grid.js";
import { labelsOf } from "../../../lib/lab/sweep/labels.js";
import { loadPlan, planOf, writePlan } from "../../../lib/lab/sweep/plan.js";
import { memoryStore } from "../../../lib/store/memory.js";
import { fewRows } from "../../helpers/program.js";
import { temporaryFolder } from "../../io/folder.js";
import { refusal } from "../refused.js";

const Plans = suite("lab/sweep/plan");
const folder = temporaryFolder(Plans);
const [one, same, other] = [
  fewRows(join(folder, "one"), 4, 2),
  fewRows(join(folder, "same"), 4, 2),
  fewRows(join(folder, "other"), 5, 2),
];
const plan = (...all: readonly Parameters<typeof recipe>[0][]) =>
  planOf(all.map((input) => ({ name: undefined, recipe: recipe({ data: one, ...input }) })));

Plans("an id depends on recipe and examples, and not on executor, backend and places", async () => {
  const [a] = await plan({});
  assert.match(a.id, /^[0-9a-f]{12}$/);
  for (const more of [{ executor: "tfjs" }, { backend: "cpu" }, { data: same }] as const)
    assert.is((await plan(more))[0].id, a.id, JSON.stringify(more));
  for (const more of [
    { seed: 1 },
    { steps: 7 },
    { data: other },
    { tokenizer: "assets/t5-nano/spiece.model", steps: 9 },
  ] as const)
    assert.is.not((await plan(more))[0].id, a.id, JSON.stringify(more));
  assert.is((await plan({}, { data: same }, { seed: 1 })).length, 2, "one id is one run");
});

Plans(
  "the id of a run that learns from texts depends on them and their shares, and not on where they are",
  async () => {
    const textAt = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const [a, b, moved] = ["one two\nthree\nfour\n", "other words\nand more\n", "one two\nthree\nfour\n"].map(
      (text, i) => textAt(`${i}.txt`, text),
    );
    const idOf = async (corpus: readonly object[], validation: readonly string[] = []): Promise<string> =>
      (await plan({ objective: { name: "pretraining", corpus, validation }, method: "full" } as never))[0].id;
    const id = await idOf([{ path: a }]);
    assert.is(await idOf([{ path: moved }]), id);
    assert.is(await idOf([{ path: a }], [b]), await idOf([{ path: moved }], [b]));
    const others = [
      await idOf([{ path: b }]),
      await idOf([{ path: a }], [b]),
      await idOf([
        { path: a, weight: 1 },
        { path: b, weight: 2 },
      ]),
      await idOf([
        { path: a, weight: 2 },
        { path: b, weight: 1 },
      ]),
    ];
    assert.is(new Set([id, ...others]).size, 5);
  },
);

Plans("a plan that has changed adds and keeps", async () => {
  const store = memoryStore();
  const [a, b, c] = await plan({ seed: 0 }, { seed: 1 }, { seed: 2 });
  assert.equal((await writePlan(store, [a, b])).added, [a, b]);
  const { added, removed } = await writePlan(store, [b, c]);
  assert.equal([added, removed.map(({ id }) => id)], [[c], [a.id]]);
  assert.equal(await loadPlan(store), [b, c, { ...a, removed: true }]);
  assert.equal(
    (await writePlan(store, [a])).removed.map(({ id }) => id),
    [b.id, c.id],
  );
  assert.equal((await loadPlan(store))[0], a);
});

Plans("a folder without a plan, and a plan that is something else, are refused", async () => {
  const store = memoryStore();
  assert.is((await refusal(loadPlan(store), "CheckpointError")).what, "there is no sweep here");
  await store.write("plan.json", '{"schema":9,"runs":[]}');
  assert.match((await refusal(loadPlan(store), "CheckpointError")).at ?? "", /plan\.json/);
});

Plans("runs are called by what they differ in; settings of a choice where their rivals have it too", () => {
  const named = (recipes: readonly ReturnType<typeof recipe>[], name?: string) =>
    recipes.map((found) => ({ name, recipe: found }));
  assert.equal(labelsOf(named(grid({}, { "method.length": [1, 5], train: ["cb", "rte"] }))), [
    "train=cb method.length=1",
    "train=rte method.length=1",
    "train=cb method.length=5",
    "train=rte method.length=5",
  ]);
  const methods = [...grid({}, { "method.length": [1, 5] }), recipe({ method: "lora" }), recipe({ method: "full" })];
  assert.equal(labelsOf(named(methods)), [
    "method=prompt method.length=1",
    "method=prompt method.length=5",
    "method=lora",
    "method=full",
  ]);
  const texts = { method: "full", objective: { name: "pretraining", corpus: "a.txt" } } as const;
  assert.equal(
    labelsOf(
      named(grid(texts, { "objective.corpus": ["a.txt", "a.txt:3,b.txt:1"], "objective.kind": ["lm", "prefix-lm"] })),
    ),
    [
      "objective.kind=lm objective.corpus=a.txt",
      "objective.kind=prefix-lm objective.corpus=a.txt",
      "objective.kind=lm objective.corpus=a.txt:3,b.txt:1",
      "objective.kind=prefix-lm objective.corpus=a.txt:3,b.txt:1",
    ],
  );
  assert.equal(labelsOf(named([recipe({})], "all")), ["all"]);
});

Plans.run();
