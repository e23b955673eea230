import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RecipeInput } from "../../../lib/lab/recipe.js";
import { type Report, readReport } from "../../../lib/lab/report/report.js";
import type { TableCell } from "../../../lib/lab/report/table.js";
import { temporaryFolder } from "../../io/folder.js";
import { refusal } from "../refused.js";
import { type SyntheticAnswer, writeRun } from "./synthetic.js";

const Reports = suite("lab/report");
const root = temporaryFolder(Reports);

let count = 0;
const fresh = (): string => join(root, `${++count}`);

const tableOf = (report: Report, id: string) => {
  const table = report.tables.find((one) => one.id === id);
  if (table === undefined) throw new Error(`no table ${id}`);
  return table;
};
const textsOf = (report: Report, id: string): readonly (readonly string[])[] =>
  tableOf(report, id).rows.map((row) => row.map(({ text }) => text));
const cellOf = (report: Report, row: string, column: string): TableCell => {
  const { columns, rows } = tableOf(report, "tasks");
  const at = columns.findIndex(({ name }) => name === column);
  return rows.find(([{ text }]) => text === row)?.[at] as TableCell;
};
const prompt = (length: number, seed: number, more: RecipeInput = {}): RecipeInput => ({
  train: "cb",
  method: { name: "prompt", length },
  seed,
  ...more,
});
const LORA: RecipeInput = { train: "cb", method: { name: "lora" } };

// By hand, as np.mean and np.std(ddof=1) of NumPy 2 give them: 72.5333 and 2.5580.
Reports(
  "a cell is the mean over seeds with the sample deviation; one seed has none, and a missing cell is none",
  async () => {
    const dir = fresh();
    [72.3, 70.1, 75.2].forEach((accuracy, seed) => {
      writeRun(join(dir, "a", `seed-${seed}`), { recipe: prompt(5, seed), tuned: { accuracy } });
    });
    writeRun(join(dir, "b"), { recipe: prompt(20, 0), tuned: { f1: 60, accuracy: 80 } });
    writeRun(join(dir, "c"), { recipe: prompt(20, 0, { train: "rte" }), tuned: { accuracy: 51 } });
    const report = await readReport([dir]);
    const cell = cellOf(report, "prompt, length 5", "cb");
    assert.equal([cell.text, cell.deviation, cell.n, cell.isBest], ["72.5", "2.6", 3, true]);
    assert.equal(
      cell.links?.map((link) => ("run" in link ? link.run : "")),
      [0, 1, 2].map((seed) => join(dir, "a", `seed-${seed}`)),
    );
    const one = cellOf(report, "prompt, length 20", "cb");
    assert.equal([one.text, one.deviation, one.n, one.isBest], ["70.0", undefined, 1, false]);
    assert.is(cellOf(report, "prompt, length 5", "rte").text, "–");
    assert.is(cellOf(report, "majority class", "cb").text, "50.0");
    const [{ points }] = report.figures.find(({ id }) => id === "along-method.length")?.panels[0].series ?? [];
    assert.equal(
      points.map(({ x, n, deviation }) => [x, n, deviation === undefined]),
      [
        [5, 3, false],
        [20, 1, true],
      ],
    );
  },
);

Reports("variants of a method are called by what varies in it, a choice by its name", async () => {
  const dir = fresh();
  const inits = [{ name: "class-label" }, { name: "text", text: "one" }, { name: "text", text: "two" }] as const;
  inits.forEach((init, i) => {
    writeRun(join(dir, `${i}`), {
      recipe: prompt(5, 0, { method: { name: "prompt", length: 5, init } }),
      tuned: { accuracy: i },
    });
  });
  writeRun(join(dir, "lora"), { recipe: LORA, tuned: { accuracy: 9 } });
  const names = textsOf(await readReport([dir]), "tasks").map(([name]) => name);
  assert.equal(names.slice(0, 4), [
    "lora",
    "prompt, init class-label",
    "prompt, init text text one",
    "prompt, init text text two",
  ]);
});

Reports("models are called by as much of their paths as tells them apart; one that has moved is the same", async () => {
  const variants = async (...models: readonly (readonly [path: string, digest: string])[]) => {
    const dir = fresh();
    models.forEach(([model, digest], seed) => {
      writeRun(join(dir, `${seed}`), { recipe: prompt(5, seed, { model }), tuned: { accuracy: seed }, digest });
    });
    return textsOf(await readReport([dir]), "tasks")
      .map(([name]) => name)
      .filter((name) => name.startsWith("prompt"));
  };
  assert.equal(await variants(["models/2m/last", "aa"], ["models/8m/last", "bb"], ["moved/models/8m/last", "bb"]), [
    "prompt, model 2m/last",
    "prompt, model 8m/last",
  ]);
  assert.equal(await variants(["a/t5", "aa"], ["b/t5", "aa"]), ["prompt"]);
  assert.equal(await variants(["a/t5", "aaaaaaaaaaaaaaaa"], ["a/t5", "bbbbbbbbbbbbbbbb"]), [
    "prompt, model aaaaaaaaaaaa",
    "prompt, model bbbbbbbbbbbb",
  ]);
});

Reports("what differs besides the method is told and warned of, and so are other examples", async () => {
  const dir = fresh();
  writeRun(join(dir, "p"), { recipe: prompt(5, 0, { steps: 30 }), tuned: { accuracy: 60 } });
  writeRun(join(dir, "l"), {
    recipe: { train: "cb", method: { name: "lora" }, steps: 40 },
    tuned: { accuracy: 70 },
    examples: { "cb/validation": "bb" },
  });
  const report = await readReport([dir]);
  assert.equal(textsOf(report, "differences"), [["steps", "40", "30"]]);
  assert.equal(report.warnings, [
    "methods differ in steps, too: 40 (lora); 30 (prompt)",
    "runs read 2 different sets of examples of cb/validation, so that their scores do not compare",
  ]);
});

Reports(
  "folders that failed, have not ended, are older, empty or damaged are listed, and the others count",
  async () => {
    const dir = fresh();
    const good = { recipe: prompt(5, 0), tuned: { accuracy: 60 }, curve: [50, null] };
    writeRun(join(dir, "good"), good);
    const unfinished = writeRun(join(dir, "unfinished"), { ...good, recipe: prompt(5, 1) });
    rmSync(join(unfinished, "summary.json"));
    const broken = writeRun(join(dir, "nan-loss"), { ...good, recipe: prompt(5, 2) });
    rmSync(join(broken, "summary.json"));
    writeFileSync(join(broken, "metrics.jsonl"), '{"step":7,"loss":null,"seconds":1,"tokens":1}\n{"step":8,"lo');
    writeRun(join(dir, "nan"), { ...good, recipe: prompt(5, 3), tuned: { accuracy: Number.NaN } });
    writeRun(join(dir, "interrupted"), { ...good, recipe: prompt(5, 4), summary: { reason: "interrupted", steps: 3 } });
    writeRun(join(dir, "good-again"), good);
    const damaged = writeRun(join(dir, "damaged"), { ...good, recipe: prompt(5, 5) });
    writeFileSync(join(damaged, "summary.json"), '{ "kind": "run", ');
    const lacking = writeRun(join(dir, "lacking"), { ...good, recipe: prompt(5, 6) });
    writeFileSync(join(lacking, "summary.json"), '{ "kind": "run", "score": 3 }');
    const failed = writeRun(join(dir, "failed"), { ...good, recipe: prompt(5, 7) });
    writeFileSync(join(failed, "failed.json"), '{ "exit": 1, "error": "out of memory" }');
    rmSync(join(failed, "summary.json"));
    writeFileSync(join(dir, "good", "failed.json"), '{ "exit": 1, "error": "once" }');
    const old = join(dir, "old");
    mkdirSync(old);
    writeFileSync(join(old, "config.json"), '{ "task": "cb", "promptLength": 20 }');
    mkdirSync(join(dir, "empty"));
    const seeds = join(dir, "seeds");
    mkdirSync(seeds);
    writeFileSync(join(seeds, "recipe.json"), JSON.stringify({ train: [{ task: "cb" }], seeds: 2 }));
    writeRun(join(seeds, "seed-0"), { ...good, recipe: prompt(9, 0) });
    const report = await readReport([dir]);
    const faults = new Map(
      textsOf(report, "failures").map(([place, kind, said]) => [place.slice(dir.length + 1), `${kind}: ${said}`]),
    );
    assert.match(faults.get("damaged") ?? "", /^damaged: .*JSON/);
    assert.match(faults.get("lacking") ?? "", /^damaged: not a valid summary/);
    for (const name of ["damaged", "lacking"]) faults.delete(name);
    assert.equal(Object.fromEntries(faults), {
      empty: "empty: the folder is empty",
      failed: "failed: out of memory",
      "good-again": `repeated: the same recipe and seed as ${join(dir, "good")}`,
      interrupted: "unfinished: it was interrupted at step 3 of 600",
      nan: "not a number: the score of cb is not a number",
      "nan-loss": "failed: the loss was not a number at step 7",
      old: "older: the run is of fluxion 0.1",
      "seeds/seed-1": "unfinished: the run has not begun",
      unfinished: "unfinished: it has not ended: it is at step 19 of 600",
    } as Record<string, string>);
    assert.equal(
      [cellOf(report, "prompt, length 5", "cb").n, cellOf(report, "prompt, length 5", "cb").text],
      [1, "60.0"],
    );
  },
);

const yes = (right: readonly number[], more: (i: number) => Partial<SyntheticAnswer> = () => ({})): SyntheticAnswer[] =>
  right.map((correct, i) => ({
    id: `${i}`,
    correct: correct === 1,
    prediction: correct === 1 ? "yes" : "no",
    ...more(i),
  }));

// The vote by hand: examples are right in 2, 3, 1 and 1 of 3 runs, so that two of four are right by majority.
Reports("the seeds of a recipe vote, and the best methods are compared on the answers that both gave", async () => {
  const dir = fresh();
  const seeds = [
    [1, 1, 0, 0],
    [1, 1, 1, 0],
    [0, 1, 0, 1],
  ];
  seeds.forEach((right, seed) => {
    writeRun(join(dir, `p${seed}`), { recipe: prompt(5, seed), tuned: { accuracy: 60 }, answers: yes(right) });
  });
  writeRun(join(dir, "l"), {
    recipe: LORA,
    tuned: { accuracy: 25 },
    answers: yes([0, 1, 0, 0]),
  });
  const report = await readReport([dir]);
  assert.equal(textsOf(report, "ensembles"), [["cb", "prompt", "3", "58.3", "75.0", "50.0"]]);
  const [[task, best, other, difference, , examples, groups]] = textsOf(report, "comparisons");
  assert.equal([task, best, other, difference, examples, groups], ["cb", "prompt", "lora", "+33.3", "4", "4"]);
});

Reports(
  "answers of one group are drawn together: questions of MultiRC, paragraphs of SQuAD; copies of a query count once",
  async () => {
    const pair = async (more: (i: number) => Partial<SyntheticAnswer>) => {
      const dir = fresh();
      writeRun(join(dir, "p"), { recipe: prompt(5, 0), tuned: { accuracy: 60 }, answers: yes([1, 1, 0, 1], more) });
      writeRun(join(dir, "l"), {
        recipe: LORA,
        tuned: { accuracy: 25 },
        answers: yes([0, 1, 0, 0], more),
      });
      const [[, , , , , examples, groups]] = textsOf(await readReport([dir]), "comparisons");
      return [examples, groups];
    };
    assert.equal(await pair((i) => ({ group: `${i >> 1}` })), ["4", "2"]);
    assert.equal(await pair((i) => ({ inputs: `question: q${i} context: ${i < 3}` })), ["4", "2"]);
    assert.equal(await pair((i) => ({ id: `${i >> 1}`, group: `${i >> 1}`, inputs: `q${i >> 1}` })), ["2", "2"]);
  },
);

Reports("answers to other examples are not compared", async () => {
  const dir = fresh();
  writeRun(join(dir, "p"), { recipe: prompt(5, 0), tuned: { accuracy: 60 }, answers: yes([1, 1]) });
  writeRun(join(dir, "l"), {
    recipe: LORA,
    tuned: { accuracy: 25 },
    answers: yes([0, 1], () => ({ inputs: "other" })),
  });
  const report = await readReport([dir]);
  assert.is(
    report.tables.some(({ id }) => id === "comparisons"),
    false,
  );
});

Reports("a run that was evaluated on other tasks stands in the table of transfer alone", async () => {
  const dir = fresh();
  writeRun(join(dir, "p"), { recipe: prompt(5, 0), tuned: { accuracy: 60 } });
  writeRun(join(dir, "t"), {
    recipe: prompt(5, 0, { evaluate: ["cb", "rte"] }),
    tuned: { "cb/accuracy": 70, "cb/f1": 60, "rte/accuracy": 55 },
  });
  const report = await readReport([dir]);
  assert.equal(textsOf(report, "transfer"), [["prompt", "cb", "65.0", "55.0"]]);
  assert.equal(textsOf(report, "tasks")[0], ["prompt", "60.0"]);
});

Reports("learning curves have a band where there are several seeds, and leave out what is not a number", async () => {
  const dir = fresh();
  writeRun(join(dir, "0"), { recipe: prompt(5, 0), tuned: { accuracy: 60 }, curve: [50, 60] });
  writeRun(join(dir, "1"), { recipe: prompt(5, 1), tuned: { accuracy: 60 }, curve: [54] });
  const [series] = (await readReport([dir])).figures.find(({ id }) => id === "curves")?.panels[0].series ?? [];
  assert.equal(
    series.points.map(({ x, mean, n, deviation }) => [x, mean, n, deviation?.toFixed(3)]),
    [
      [10, 52, 2, "2.828"],
      [20, 60, 1, undefined],
    ],
  );
});

Reports("of a sweep the runs are read, without leases, shared work and what was put aside", async () => {
  const dir = fresh();
  writeRun(join(dir, "runs", "a"), { recipe: prompt(5, 0), tuned: { accuracy: 1 } });
  writeFileSync(join(dir, "plan.json"), "{}");
  writeRun(join(dir, "redone", "a-1"), { recipe: prompt(5, 0), tuned: { accuracy: 2 } });
  for (const name of ["leases", "shared"]) mkdirSync(join(dir, name));
  const { tables, intro } = await readReport([dir]);
  assert.ok(intro.includes("1 run"), intro);
  assert.not.ok(tables.some(({ id }) => id === "failures"));
});

Reports("folders that are not there, or hold no runs, are refused", async () => {
  const missing = await refusal(readReport([join(root, "nowhere")]), "CheckpointError");
  assert.is(missing.what, "there is no such folder");
  const dir = fresh();
  mkdirSync(join(dir, "model"), { recursive: true });
  writeFileSync(join(dir, "model", "config.json"), '{ "d_model": 512 }');
  const none = await refusal(readReport([dir]), "CheckpointError");
  assert.is(none.what, "there are no runs here");
});

Reports.run();
