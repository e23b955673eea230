/** @file What the reference makes of DPR, of the TSV route to questions, and of answers in the words of another paraphrase task. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rowsOf } from "../../lib/tasks/formats.js";
import { questionTable } from "../../lib/tasks/question-answering.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { examplesOf, type RawRow } from "../../lib/tasks/rows.js";
import type { RowFile, Task } from "../../lib/tasks/task.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import {
  checkStrings,
  checkTokens,
  examplesIn,
  type GoldenSplit,
  memoryFile,
  predictionsOf,
  type Rule,
} from "./golden-checks.js";

const Golden = suite("tasks/golden-others");
const files = goldenFiles(Golden, "tasks/golden-others.test.ts");
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

interface GoldenDpr {
  readonly task: string;
  readonly prefix: string;
  readonly files: Readonly<Record<string, string>>;
  readonly splits: { readonly train: GoldenSplit };
  readonly evaluation: readonly {
    readonly predictions: readonly string[];
    readonly expected: { readonly accuracy: number };
  }[];
}

withShared(Golden, "dpr.json: sentences, candidates and equal answers", async (root) => {
  const golden = files.open<GoldenDpr>(root, "tasks/dpr.json");
  const task = taskOf(golden.task);
  assert.is(golden.prefix, `${task.prefix} `);
  const wanted = golden.splits.train;
  const { rows, examples } = await examplesIn(task, "train", wanted.source, (name) => bytesOf(golden.files[name]));
  checkStrings("dpr", task, examples, rows.length, wanted);
  checkTokens(root, "dpr", task, examples, wanted);
  for (const { candidates, label, example } of wanted.examples) {
    assert.is((candidates as readonly string[])[label as number], examples[example].targets);
  }
  for (const { predictions, expected } of golden.evaluation) {
    const answered = examples.map((example, i) => ({ example, answer: task.read(predictions[i], example) }));
    assert.is(task.metrics.accuracy(answered), expected.accuracy);
    const right = answered.filter(({ answer, example }) => task.correct(answer, example)).length;
    assert.is((100 * right) / examples.length, expected.accuracy);
  }
});

interface GoldenQa {
  readonly cases: readonly {
    readonly line: string;
    readonly expected: Readonly<Record<"id" | "inputs" | "targets", string>> & { readonly answers: readonly string[] };
    readonly metric_answers: readonly string[];
  }[];
}

withShared(Golden, "tsv-qa.json: lines of five columns below a header", async (root) => {
  const { cases } = files.open<GoldenQa>(root, "tasks/tsv-qa.json");
  const task = questionTable("mine", { validation: "dev.tsv" });
  const text = ["any\tfive\twords\tmay\tstand here", ...cases.map(({ line }) => line)]
    .map((line) => `${line}\n`)
    .join("");
  const rows: RawRow[] = [];
  const file = memoryFile(() => bytesOf(text), "dev.tsv");
  for await (const batch of rowsOf(file, task.splits.validation as RowFile)) rows.push(...batch);
  const examples = examplesOf(task, "validation", rows, "dev.tsv");
  for (const [i, { expected, metric_answers }] of cases.entries()) {
    const { id, inputs, targets, answers } = expected;
    assert.equal(examples[i], { id, inputs, targets, truth: answers });
    assert.equal(examples[i].truth, metric_answers);
  }
  assert.is(examples.length, cases.length);
});

interface GoldenTransfer {
  readonly cases: readonly {
    readonly target: string;
    readonly source: string;
    readonly split: string;
    readonly rule: Rule;
    readonly expected: Readonly<Record<string, number>>;
    readonly prediction_map: Readonly<Record<string, { readonly mapped: string; readonly class: number }>>;
    readonly target_postprocessed_counts: Readonly<Record<string, number>>;
  }[];
}

withShared(Golden, "transfer.json: answers in the words of the other task", async (root) => {
  const { cases } = files.open<GoldenTransfer>(root, "tasks/transfer.json");
  for (const { target, source, split, rule, expected, prediction_map, target_postprocessed_counts } of cases) {
    const [task, plain] = [taskOf(`${target}_from_${source}`), taskOf(target)];
    const path = `glue/${target.toUpperCase()}/dev.tsv`;
    const read = (of: Task) => examplesIn(of, split, path, () => readFileSync(join(root, "data", path)));
    const { examples } = await read(task);
    assert.equal(examples, (await read(plain)).examples);
    const counts: Record<string, number> = {};
    for (const { truth } of examples) counts[`${truth}`] = (counts[`${truth}`] ?? 0) + 1;
    assert.equal(counts, { ...target_postprocessed_counts });
    for (const [text, { mapped, class: id }] of Object.entries(prediction_map)) {
      assert.is(task.read(text, examples[0]), id, text);
      assert.is(plain.read(mapped, examples[0]), id, mapped);
    }
    const answers = predictionsOf(rule, examples).map((text, i) => task.read(text, examples[i]));
    const answered = examples.map((example, i) => ({ example, answer: answers[i] }));
    assert.equal(Object.keys(task.metrics).sort(), Object.keys(expected).sort());
    for (const [name, value] of Object.entries(expected)) {
      assert.ok(Math.abs(task.metrics[name](answered) - value) < 1e-9, `${task.name}: ${name}`);
    }
  }
});

Golden.run();
