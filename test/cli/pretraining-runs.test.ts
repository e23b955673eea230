import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../../lib/lab/many.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { readReport } from "../../lib/lab/report/report.js";
import type { Summary } from "../../lib/lab/results.js";
import { nodeStore } from "../../lib/store/node.js";
import { temporaryFolder } from "../io/folder.js";
import { toyCorpus, toyRecipe } from "../lab/pretraining/toy.js";
import { refusal } from "../lab/refused.js";
import { writeRun } from "../lab/report/synthetic.js";
import { failure, fluxion, fluxionJson } from "./run.js";

const Runs = suite("cli/pretraining-runs");
const folder = temporaryFolder(Runs);
const at = (name: string): string => join(folder, name);
const NANO = "t5-nano";

let whole: Summary;
Runs.before(async () => {
  const corpus = toyCorpus(folder);
  const recipe = toyRecipe(corpus);
  const saving: RecipeInput = { ...recipe, objective: { ...(recipe.objective as object), saveAt: 4 } as never };
  whole = (await run(saving, { store: nodeStore(at("runs/whole")) })) as Summary;
  const packed: RecipeInput = { ...recipe, batch: { packed: 256 }, seed: 1, steps: 100, evaluation: { every: 2 } };
  // Ends after its second evaluation, as by Ctrl-C.
  const stop = new AbortController();
  const listener = { evaluation: (step: number): void => void (step === 4 && stop.abort()) };
  await run(packed, { store: nodeStore(at("runs/half")), signal: stop.signal, listener });
  writeRun(at("runs/prompt"), { recipe: { train: "cb" }, tuned: { accuracy: 60 } });
});

Runs("where an adapter is asked, the models of the run are named", async () => {
  const asked: readonly (readonly string[])[] = [
    ["inspect", at("runs/whole")],
    ["inspect", at("runs/whole"), at("runs/whole")],
    ["generate", "--model", NANO, "--adapter", at("runs/whole"), "a dog"],
    ["evaluate", "--model", NANO, "--adapter", at("runs/whole"), "--task", "cb"],
    ["convert", at("runs/whole"), at("converted")],
    ["merge", "--model", NANO, "--adapter", at("runs/whole"), "--out", at("merged")],
    ["export", "--model", NANO, "--adapter", at("runs/whole"), "--out", at("exported")],
    ["serve", "--model", NANO, "--prompts", at("runs/whole"), "--port", "0"],
  ];
  for (const args of asked) {
    const said = await failure(...args);
    assert.match(said, /the run has no adapter: it trained whole models/, args.join(" "));
    for (const model of ["best", "last", "saved/00000004"]) assert.ok(said.includes(at(`runs/whole/${model}`)), model);
  }
  assert.match(await failure("inspect", at("runs/half")), /half\/best, .*half\/last$/m);
});

Runs("where a model is asked, the folder of a run is refused with its models, or with its adapter", async () => {
  for (const args of [
    ["generate", "a dog"],
    ["evaluate", "--task", "cb"],
    ["export", "--out", at("exported")],
  ]) {
    const said = await failure(...args, "--model", at("runs/whole"));
    assert.match(said, /--model <dir>: this is the folder of a run, not a model/, args.join(" "));
    assert.ok(said.includes(`name one, such as ${at("runs/whole/best")}`));
  }
  assert.match(await failure("generate", "--model", at("runs/prompt"), "a dog"), /--model MODEL --adapter .*prompt$/m);
  const { out } = await fluxion(["generate", "--model", at("runs/half/best"), "--max-tokens", "2", "a dog"]);
  assert.ok(out.endsWith("\n"));
  const { tensors } = await fluxionJson<{ readonly tensors: readonly object[] }>("inspect", at("runs/half/last"));
  assert.is(tensors.length, 52);
});

Runs("evaluate says that the run has no tasks; the doctor has likelihoods, and advice for texts", async () => {
  assert.match(await failure("evaluate", at("runs/whole")), /this run has no tasks[\s\S]*whole\/best --task NAME/);
  const { out } = await fluxion(["doctor", at("runs/whole")]);
  const [head, ...advice] = out.split("\n");
  const scores = [whole.score, whole.untuned.likelihood, whole.majority.likelihood].map((x) => x.toFixed(1));
  assert.is(
    head,
    `${at("runs/whole")}: likelihood ${scores[0]} at step ${whole.bestStep}, at the start ${scores[1]}, pieces by frequency ${scores[2]}`,
  );
  assert.match(advice.join("\n"), /none of the 10 rules fires\nto try next: more steps .*whole --steps N\)/);
  assert.not.match(out, /predictions|majority class/);
  assert.match((await fluxion(["doctor", at("runs/half")])).out, /half: likelihood \d+\.\d at step \d/);
});

Runs("a report has losses of texts beside scores of tasks, and compares the one not with the other", async () => {
  const { tables, figures, warnings } = await readReport([at("runs")]);
  const textsOf = (id: string) => tables.find((one) => one.id === id)?.rows.map((row) => row.map(({ text }) => text));
  assert.equal(textsOf("tasks"), [
    ["prompt", "60.0"],
    ["the model, not tuned", "50.0"],
    ["majority class", "50.0"],
  ]);
  const losses = [whole.validationLoss, ...[whole.untuned, whole.majority].map((s) => -Math.log(s.likelihood / 100))];
  assert.equal(textsOf("pretraining"), [
    ["span-corruption", ...losses.map((loss) => loss.toFixed(3)), `${whole.bestStep}`],
  ]);
  assert.equal(warnings, []);
  assert.equal(textsOf("failures"), [[at("runs/half"), "unfinished", "it was interrupted at step 4 of 100"]]);
  const { yLabel, panels } = figures.find(({ id }) => id === "losses") ?? {};
  assert.is(yLabel, "loss, nats");
  const [{ title, series }] = panels ?? [];
  assert.is(title, "span-corruption");
  const lines = readFileSync(at("runs/whole/metrics.jsonl"), "utf8").trim().split("\n");
  const evaluated = lines.map((line) => JSON.parse(line)).filter(({ evaluation }) => evaluation !== undefined);
  assert.equal(
    series[0].points.map(({ x, mean }) => [x, mean]),
    evaluated.map(({ step, evaluation }) => [step, evaluation.loss]),
  );
});

Runs(
  "runs of texts are called by what differs: corpora as they are typed, tasks beside them, the model they start from",
  async () => {
    const base = at("variants");
    const write = (name: string, more: RecipeInput): string =>
      writeRun(join(base, name), {
        recipe: {
          method: "full",
          ...more,
          objective: { name: "pretraining", corpus: "a.txt", ...(more.objective as object) },
        },
        tuned: { likelihood: 10 },
        summary: { validationLoss: Math.log(10) },
      });
    write("alone", {});
    write("seed", { seed: 1 });
    write("two", { objective: { corpus: "a.txt:3,b.txt:1" } as never });
    write("tasks", { train: "cb:1,rte:2" });
    const { tables } = await readReport([base]);
    const rows = tables.find(({ id }) => id === "pretraining")?.rows ?? [];
    assert.equal(
      rows.map(([{ text }, { text: loss, n }]) => [text, loss, n]),
      [
        ["span-corruption, corpus a.txt, train cb:1,rte:2", "2.303", undefined],
        ["span-corruption, corpus a.txt, train none", "2.303", 2],
        ["span-corruption, corpus a.txt:3,b.txt:1, train none", "2.303", undefined],
      ],
    );
  },
);

Runs("settings of one objective name the command of the other; a recipe of tasks has no texts", async () => {
  const corpus = at("toy.txt");
  assert.match(await failure("train", "--corpus", corpus), /hint +fluxion pretrain trains on texts/);
  assert.match(await failure("pretrain", "--loss", "labels"), /hint +fluxion train trains on tasks/);
  assert.match((await fluxion(["pretrain", "--help"])).out, /begins with the preset pretraining, whose settings/);
  const tasks = ["pretrain", "--task", "cb", "--steps", "1", "--out", at("none")];
  assert.match(await failure(...tasks), /no text is named[\s\S]*fluxion train trains on tasks alone/);
  const said = await refusal(
    run({ ...toyRecipe(corpus), model: at("runs/whole") }, { store: nodeStore(at("none")) }),
    "ConfigError",
  );
  assert.is(said.what, "this is the folder of a run, not a model");
});

Runs.run();
