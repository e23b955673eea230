import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Prediction } from "../../lib/train/progress.js";
import { temporaryFolder } from "../io/folder.js";
import { failure, fluxion } from "./run.js";

const Predict = suite("cli/predict");
const folder = temporaryFolder(Predict);
const MODEL = ["--model", "assets/t5-nano", "--executor", "tfjs"];
const predict = (...args: string[]) => fluxion(["predict", ...MODEL, ...args]);

const DATA = join(folder, "data");
const rows = (path: string, list: readonly object[]): void => {
  mkdirSync(join(DATA, path, ".."), { recursive: true });
  writeFileSync(join(DATA, path), list.map((row) => `${JSON.stringify(row)}\n`).join(""));
};
const PREMISES = ["Indeed, Tom washed the table.", "Ann left.", "It may rain.", "All slept well.", "He saw the key."];
rows(
  "CB/test.jsonl",
  PREMISES.map((premise, i) => ({ premise, hypothesis: "Tom washed the table.", idx: 10 - i })),
);
rows(
  "WSC/test.jsonl",
  [0, 1].map((idx) => ({
    idx,
    text: "The man saw that he won .",
    target: { span1_text: "The man", span1_index: 0, span2_text: "he", span2_index: 4 },
  })),
);

const predictionsIn = (dir: string, task: string): Prediction[] =>
  readFileSync(join(dir, `${task}.jsonl`), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Prediction);
const linesIn = (path: string, file: string): unknown[] =>
  strFromU8(unzipSync(readFileSync(path))[file] as Uint8Array)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);

Predict("the answers are those of evaluate, in the order of the examples", async () => {
  const [asked, evaluated] = [join(folder, "asked"), join(folder, "evaluated")];
  const args = ["--task", "cb", "--split", "validation", "--limit", "6", "--evaluation-tokens", "100"];
  const { out, notes } = await predict(...args, "--out", asked);
  await fluxion(["evaluate", ...MODEL, ...args, "--out", evaluated]);
  assert.is(readFileSync(join(asked, "cb.jsonl"), "utf8"), readFileSync(join(evaluated, "cb.jsonl"), "utf8"));
  assert.ok(/│ cb +│ validation +│ +6 │ +\d │ cb.jsonl +│/.test(out), out);
  assert.ok(notes.some((note) => note.includes("synthetic")));
});

interface Report {
  readonly tasks: Readonly<
    Record<string, { readonly invalid: number; readonly standIn: string; readonly file: string }>
  >;
  readonly submission: { readonly benchmark: string; readonly missing: readonly string[] };
}

Predict("an archive has what was answered, and tells what it lacks and what was not allowed", async () => {
  const [zip, dir] = [join(folder, "both.zip"), join(folder, "both.zip.part")];
  const args = ["--task", "cb", "--task", "wsc", "--data", DATA, "--max-tokens", "1", "--submission", zip];
  const { out, notes } = await predict(...args, "--json");
  const { tasks, submission } = JSON.parse(out) as Report;
  // One token is the end of the sequence alone: all answers are empty.
  assert.equal([tasks.cb.invalid, tasks.cb.standIn, tasks.cb.file], [5, "entailment", "CB.jsonl"]);
  assert.equal([tasks.wsc.invalid, tasks.wsc.standIn, tasks.wsc.file], [2, "False", "WSC.jsonl"]);
  assert.is(submission.benchmark, "superglue");
  assert.equal(submission.missing, ["boolq", "copa", "multirc", "record", "rte", "wic", "axb", "axg"]);
  assert.ok(notes.some((note) => note.includes("lacks boolq, copa,") && note.includes("all tasks")));
  assert.equal(
    linesIn(zip, "CB.jsonl"),
    [10, 9, 8, 7, 6].map((idx) => ({ idx, label: "entailment" })),
  );
  assert.equal(
    linesIn(zip, "WSC.jsonl"),
    [0, 1].map((idx) => ({ idx, label: "False" })),
  );
  assert.equal(
    predictionsIn(dir, "cb").map(({ id }) => id),
    ["10", "9", "8", "7", "6"],
  );
  // The answers are there: another label makes another archive of them, and the model is not asked.
  const again = await predict(...args, "--illegal", "cb=neutral", "--illegal", "wsc=True");
  assert.ok(again.notes.includes("all answers are there already"));
  assert.ok(/│ cb +│ test +│ +5 │ +5 │ neutral +│ CB.jsonl +│/.test(again.out), again.out);
  assert.equal(linesIn(zip, "CB.jsonl")[0], { idx: 10, label: "neutral" });
  assert.equal(linesIn(zip, "WSC.jsonl")[1], { idx: 1, label: "True" });
  const ranked = join(folder, "ranked.zip");
  const rank = ["--task", "cb", "--data", DATA, "--decode", "rank", "--out", join(folder, "ranked")];
  const report = JSON.parse((await predict(...rank, "--submission", ranked, "--json")).out) as Report;
  assert.is(report.tasks.cb.invalid, 0);
  const answered = predictionsIn(join(folder, "ranked"), "cb").map((one) => ({
    idx: Number(one.id),
    label: one.prediction,
  }));
  assert.equal(linesIn(ranked, "CB.jsonl"), answered);
});

Predict("a run that was cut off goes on, and its bytes are those of an unbroken one", async () => {
  const args = (name: string) => {
    const places = ["--submission", join(folder, `${name}.zip`), "--out", join(folder, name)];
    return ["--task", "cb", "--data", DATA, "--evaluation-tokens", "60", ...places];
  };
  await predict(...args("unbroken"));
  await predict(...args("broken"));
  const path = join(folder, "broken/progress/cb.jsonl");
  const lines = readFileSync(path, "utf8");
  assert.ok(lines.split("\n").length > 3, lines);
  writeFileSync(path, lines.slice(0, lines.indexOf("\n") + 9));
  writeFileSync(join(folder, "broken/cb.jsonl"), "");
  const { notes } = await predict(...args("broken"));
  assert.ok(
    notes.some((note) => /^cb: goes on after [1-4] of 5 answers$/.test(note)),
    notes.join("\n"),
  );
  assert.is(readFileSync(path, "utf8"), lines);
  for (const file of [".zip", "/cb.jsonl"])
    assert.equal(readFileSync(join(folder, `broken${file}`)), readFileSync(join(folder, `unbroken${file}`)));
  const other = await failure("predict", ...MODEL, ...args("broken"), "--decode", "rank");
  for (const part of ["made from something else", "another decode", "--out"]) assert.ok(other.includes(part), other);
  rows("CB/test.jsonl", [{ premise: "A.", hypothesis: "B.", idx: 0 }]);
  assert.ok((await failure("predict", ...MODEL, ...args("broken"))).includes("another examples"));
});

Predict("what makes no sense is refused before the model is read, and nothing is written", async () => {
  const [out, zip] = [join(folder, "nothing"), join(folder, "nothing.zip")];
  writeFileSync(join(folder, "there.zip"), "");
  const cb = ["--task", "cb", "--data", DATA];
  const cases: readonly (readonly [readonly string[], ...string[]])[] = [
    [[], "nowhere to write to", "--submission OUT.zip"],
    [["--out", out], "nothing to answer"],
    [["--submission", `${out}.tar`], "another ending", ".zip"],
    [[...cb, "--submission", zip, "--limit", "3"], "--limit", "cannot be used with"],
    [[...cb, "--out", out, "--illegal", "cb=neutral"], "--illegal", "--submission"],
    [[...cb, "--submission", zip, "--illegal", "neutral"], "not a task and its label", "cb=neutral"],
    [[...cb, "--submission", zip, "--illegal", "rte=entailment"], "rte is not asked", "cb"],
    [[...cb, "--submission", zip, "--illegal", "cb=Neutral"], "no such label", "cb=neutral", "cb=Neutral"],
    [[...cb, "--submission", zip, "--illegal", "cb=neutral", "--illegal", "cb=entailment"], "cb has two labels"],
    [[...cb, "--submission", join(folder, "there.zip")], "already exists", "--force"],
    [[...cb, "--split", "validation", "--out", out], "val.jsonl"],
  ];
  for (const [args, ...parts] of cases) {
    const message = await failure("predict", ...MODEL, ...args);
    for (const part of parts) assert.ok(message.includes(part), `${args.join(" ")}: "${part}" is not in ${message}`);
  }
  assert.ok((await failure("predict", "--out", out)).includes("--model"));
  assert.not.ok(existsSync(out) || existsSync(zip) || existsSync(`${zip}.part`));
});

Predict.run();
