import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TASK_NAMES } from "../../lib/tasks/registry.js";
import { loadTokenizer } from "../../lib/tokenizer/load-tokenizer.js";
import { temporaryFolder } from "../io/folder.js";
import { failure, fluxion, fluxionJson } from "./run.js";

const Tasks = suite("cli/tasks");
const folder = temporaryFolder(Tasks);

interface Listed {
  readonly name: string;
  readonly labels: readonly string[] | null;
  readonly metrics: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly examples: Readonly<Record<string, number | null>>;
  readonly licence: string | null;
}

const NAMES = ["boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc", "axb", "axg"];

Tasks("the list has every task with its files, examples, labels, metrics and licence", async () => {
  const { tasks } = await fluxionJson<{ tasks: Listed[] }>("tasks");
  assert.equal(
    tasks.map(({ name }) => name),
    TASK_NAMES,
  );
  const cb = tasks.find(({ name }) => name === "cb") as Listed;
  assert.equal(cb.labels, ["entailment", "contradiction", "neutral"]);
  assert.equal(cb.metrics, ["mean_3class_f1", "accuracy"]);
  assert.equal([cb.examples.train, cb.examples.validation, cb.examples.test], [300, 120, null]);
  assert.is(cb.files.validation, "CB/val.jsonl");
  for (const { name, licence, examples } of tasks) {
    assert.ok(licence !== null, name);
    if (!NAMES.includes(name))
      assert.ok(
        Object.values(examples).every((n) => n === null),
        name,
      );
    else
      assert.ok(
        Object.values(examples).some((n) => n !== null && n >= 40),
        `${name}: ${JSON.stringify(examples)}`,
      );
  }
  assert.is(tasks.find(({ name }) => name === "record")?.labels, null);
  const { out, notes } = await fluxion(["tasks"]);
  for (const name of NAMES) assert.ok(out.includes(`│ ${name} `), name);
  assert.not.ok(out.includes("mrpc"));
  assert.ok(notes.some((note) => note.includes("without rows in this folder: cola, sst2, mrpc, ")));
  assert.ok(out.includes(" none ") && out.includes("free text"));
  assert.ok(
    notes.some((note) => note.includes("synthetic")),
    notes.join(),
  );
});

Tasks("data that come along are named by a word", async () => {
  const { out, notes } = await fluxion(["tasks", "--data", "transfer-mini"]);
  for (const name of ["mrpc", "qqp", "mrpc_from_qqp", "squad", "mrqa_race", "mrqa_relation_extraction"]) {
    assert.ok(out.includes(`│ ${name} `), name);
  }
  assert.ok(notes.some((note) => note.includes("synthetic (transfer-mini)")));
  const shown = await fluxionJson<Shown>("tasks", "show", "qqp_from_mrpc", "--data", "transfer-mini", "--number", "1");
  assert.equal([shown.count, shown.examples[0].targets.includes("duplicate")], [120, true]);
});

Tasks("the list counts the files of a folder", async () => {
  const dir = join(folder, "own");
  mkdirSync(join(dir, "CB"), { recursive: true });
  const row = { premise: "p", hypothesis: "h", label: "neutral", idx: 0 };
  writeFileSync(join(dir, "CB", "train.jsonl"), `${JSON.stringify(row)}\n${JSON.stringify({ ...row, idx: 1 })}\n`);
  const { tasks } = await fluxionJson<{ tasks: Listed[] }>("tasks", "--data", dir);
  assert.equal(tasks.find(({ name }) => name === "cb")?.examples, { train: 2, validation: null, test: null });
  mkdirSync(join(dir, "RTE"), { recursive: true });
  writeFileSync(join(dir, "RTE", "val.jsonl"), '{"premise": "p"}\n');
  const { out, notes } = await fluxion(["tasks", "--data", dir]);
  assert.not.ok(notes.some((note) => note.includes("synthetic")));
  assert.ok(
    notes.some((note) => note.includes("val.jsonl, row 1")),
    notes.join("\n"),
  );
  assert.ok(out.includes("│ cb "));
});

interface Shown {
  readonly task: string;
  readonly split: string;
  readonly count: number;
  readonly inputs: { readonly min: number; readonly mean: number; readonly max: number };
  readonly targets: { readonly min: number; readonly mean: number; readonly max: number };
  readonly cut: number;
  readonly examples: readonly { readonly id: string; readonly inputs: string; readonly targets: string }[];
}

Tasks("examples are shown as the model sees them, with their lengths in tokens", async () => {
  const shown = await fluxionJson<Shown>("tasks", "show", "cb", "--number", "2", "--input-length", "36");
  assert.equal([shown.task, shown.split, shown.count, shown.examples.length], ["cb", "validation", 120, 2]);
  assert.ok(shown.examples[0].inputs.startsWith("hypothesis: "), shown.examples[0].inputs);
  assert.is(shown.examples[0].targets, "entailment");
  assert.ok(shown.cut > 0 && shown.cut < 1, `${shown.cut}`);
  const named = await fluxionJson<Shown>("tasks", "show", "cb", "--prefix", "name");
  assert.ok(named.examples[0].inputs.startsWith("cb hypothesis: "));
  const tokenizer = await loadTokenizer("assets/t5-nano");
  const more = tokenizer.encode("cb hypothesis:").length - tokenizer.encode("hypothesis:").length;
  assert.is(named.inputs.max, shown.inputs.max + more);
  const numbered = await fluxionJson<Shown>("tasks", "show", "cb", "--prefix", "index", "--split", "train");
  assert.ok(numbered.examples[0].inputs.startsWith("<extra_id_1> hypothesis: "), numbered.examples[0].inputs);
  assert.is(numbered.count, 300);
});

Tasks("a histogram and the share of long inputs stand below the examples", async () => {
  const { out, notes } = await fluxion(["tasks", "show", "cb", "--number", "1", "--input-length", "36"]);
  for (const part of [
    "id 0",
    "inputs   hypothesis: ",
    "targets  entailment",
    "cb: 120 examples",
    "tokens of inputs",
    "tokens of targets",
    "█",
    "are longer than 36 tokens",
  ]) {
    assert.ok(out.includes(part), `${part} is not in ${out}`);
  }
  assert.is(out.match(/^id /gm)?.length, 1);
  assert.ok(notes.some((note) => note.includes("synthetic")));
});

Tasks("no name of a metric is cut in the list", async () => {
  const dir = join(folder, "stsb");
  mkdirSync(join(dir, "STS-B"), { recursive: true });
  writeFileSync(join(dir, "STS-B", "dev.tsv"), "sentence1\tsentence2\tscore\na\tb\t5.0\n");
  const { tasks } = await fluxionJson<{ tasks: Listed[] }>("tasks");
  const { out: superglue } = await fluxion(["tasks"]);
  const { out: glue } = await fluxion(["tasks", "--data", dir]);
  const listed = tasks.filter(({ name }) => NAMES.includes(name) || name === "stsb");
  for (const metric of listed.flatMap(({ metrics }) => metrics)) assert.ok((superglue + glue).includes(metric), metric);
});

Tasks("a folder that is not there, a file, and a folder without a task are refused", async () => {
  const empty = join(folder, "nothing");
  mkdirSync(join(empty, "other"), { recursive: true });
  writeFileSync(join(empty, "file"), "");
  const cases = [
    [join(empty, "gone"), "no such file or folder"],
    [join(empty, "file"), "not a folder"],
    [empty, "the files of no task", "file, other", "CB/train.jsonl"],
  ];
  for (const [data, ...parts] of cases) {
    const message = await failure("tasks", "--data", data);
    for (const part of ["--data", data, ...parts]) assert.ok(message.includes(part), `${part} is not in ${message}`);
  }
});

Tasks("a task that is not there, a split that it has not, and a missing folder are typed errors", async () => {
  assert.ok((await failure("tasks", "show", "cbb")).includes("did you mean cb?"));
  assert.ok((await failure("tasks", "show", "axb", "--split", "train")).includes("axb has no split train"));
  const missing = await failure("tasks", "show", "cb", "--data", join(folder, "nowhere"));
  assert.ok(missing.includes(join("nowhere", "CB", "val.jsonl")), missing);
  assert.ok((await failure("tasks", "show", "cb", "--split", "dev")).includes("validation"));
});

Tasks.run();
