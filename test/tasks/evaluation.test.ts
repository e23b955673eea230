/** @file Predictions for whole splits, made by a rule, get the scores that the reference gives them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { accuracy } from "../../lib/metrics/classification.js";
import { labelSets } from "../../lib/metrics/label-set.js";
import { readExamples } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import type { Answered, Example, Metric, Task } from "../../lib/tasks/task.js";
import { assertMetric } from "../helpers/answered.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { examplesIn, GOLDEN_FILES, predictionsOf, type Rule, readGolden, sha256 } from "./golden-checks.js";

const Evaluation = suite("tasks/evaluation");
const files = goldenFiles(Evaluation, "tasks/evaluation.test.ts");

const read = (task: Task, examples: readonly Example[], predictions: readonly string[]): Answered[] =>
  examples.map((example, i) => ({ example, answer: task.read(predictions[i], example) }));

const checkScores = (
  what: string,
  metrics: Readonly<Record<string, Metric>>,
  answered: readonly Answered[],
  expected: Readonly<Record<string, number>>,
): void => {
  assert.equal(Object.keys(metrics).sort(), Object.keys(expected).sort(), `${what}: names of the metrics`);
  for (const [name, metric] of Object.entries(metrics))
    assertMetric(metric(answered), expected[name], `${what}: ${name}`);
};

/** The texts that the reference prints about the sets of targets and predictions. */
const printed = (name: string, targets: readonly string[], predictions: readonly string[]): Record<string, string> => {
  const sets = labelSets(targets, predictions);
  const share = (counts: ReadonlyMap<string, number>): Record<string, number> =>
    Object.fromEntries([...counts].map(([text, n]) => [text, n / targets.length]));
  const shares = {
    "target label distribution": share(sets.targets),
    "prediction label distribution": share(sets.predictions),
  };
  const sizes = [
    `target label set cardinality: ${sets.targets.size}`,
    `prediction label set cardinality: ${sets.predictions.size}`,
    `target \u2229 prediction cardinality: ${sets.shared.length}`,
    `target - prediction cardinality: ${sets.onlyTargets.length}`,
    `prediction - target cardinality: ${sets.onlyPredictions.length}`,
  ];
  return {
    [`${name} label stats`]: sizes.join("\n\n"),
    [`${name} label distributions`]: `\`\`\`\n${JSON.stringify(shares, null, 2)}\n\`\`\``,
  };
};

const JSON_BLOCK = /^```\n([\s\S]*)\n```$/;
/** Compares what is printed; the order of a set is open in the reference. */
const checkSets = (what: string, found: Record<string, string>, wanted: Readonly<Record<string, string>>): void => {
  const plain = (text: string): unknown => JSON.parse(JSON_BLOCK.exec(text)?.[1] ?? JSON.stringify(text));
  const all = (texts: Readonly<Record<string, string>>): object =>
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, plain(text)]));
  assert.equal(all(found), all(wanted), `${what}: label_set_stats`);
};

/** Those without rules for evaluation: the diagnostics, which are below, and sets whose metrics are those of others. */
const hasNone = (file: string): boolean => /^(ax|mrqa|glue-(?!mrpc|qqp))/.test(file);

for (const file of GOLDEN_FILES) {
  if (hasNone(file)) continue;
  withShared(Evaluation, `${file}: evaluation`, async (root) => {
    const { golden, task } = readGolden(files, root, file);
    const evaluation = golden.evaluation ?? [];
    assert.ok(evaluation.length > 0);
    for (const [n, wanted] of evaluation.entries()) {
      const what = `${file}, rule ${n}`;
      const { source } = golden.splits[wanted.split];
      const bytes = readFileSync(join(root, "data", source));
      const { examples } = await examplesIn(task, wanted.split, source, () => bytes);
      const predictions = predictionsOf(wanted.rule, examples);
      assert.is(sha256(predictions.map((p) => `${p}\u0001`)), wanted.predictions_sha256, `${what}: predictions`);
      const answered = read(task, examples, predictions);
      const counts: Record<string, number> = {};
      for (const { answer } of answered) counts[`${answer}`] = (counts[`${answer}`] ?? 0) + 1;
      const { postprocessed_counts } = wanted;
      if (postprocessed_counts !== undefined) assert.equal(counts, { ...postprocessed_counts }, `${what}: answers`);
      checkScores(what, task.metrics, answered, wanted.expected);
      const { label_set_stats } = wanted;
      const targets = examples.map((e) => e.targets);
      if (label_set_stats !== undefined) checkSets(what, printed(golden.task, targets, predictions), label_set_stats);
    }
  });
}

interface Diagnostics {
  readonly cases: readonly {
    readonly file: "AX-b" | "AX-g";
    readonly rule: Rule;
    readonly illegal_answers: number;
    readonly expected: Readonly<Record<string, number>>;
  }[];
}

withShared(Evaluation, "the diagnostics of metrics.json: correlation, accuracy and gender parity", async (root) => {
  const { diagnostics } = files.open<{ diagnostics: Diagnostics }>(root, "tasks/metrics.json");
  for (const [n, { file, rule, illegal_answers, expected }] of diagnostics.cases.entries()) {
    const task = taskOf(file === "AX-b" ? "axb" : "axg");
    const examples = await readExamples(task, "test", join(root, "data/superglue"));
    const answered = read(task, examples, predictionsOf(rule, examples));
    const illegal = answered.filter(({ answer }) => task.valid?.(answer) === false).length;
    assert.is(illegal, illegal_answers, `${file}, case ${n}: illegal answers`);
    // SuperGLUE scores AX-b by the correlation alone.
    checkScores(`${file}, case ${n}`, { accuracy, ...task.metrics }, answered, expected);
  }
});

const judged = (name: string, text: string, example: Omit<Example, "id" | "inputs">): unknown[] => {
  const task = taskOf(name);
  const whole = { id: "0", inputs: "", ...example };
  const answer = task.read(text, whole);
  return [answer, task.correct(answer, whole), task.valid?.(answer) ?? true];
};

Evaluation("an answer is a label only when it is exactly one, and right when it is the example's", () => {
  const cb = { targets: "neutral", truth: 2 };
  assert.equal(judged("cb", "neutral", cb), [2, true, true]);
  assert.equal(judged("cb", "entailment", cb), [0, false, true]);
  for (const text of ["Neutral", "neutral ", "", "toString"])
    assert.equal(judged("cb", text, cb), [-1, false, false], text);
  assert.equal(judged("cb", "<unk>", { targets: "<unk>", truth: -1 }), [-1, false, false]);
  assert.equal(judged("multirc", "True", { targets: "True", truth: 1, group: "0" }), [1, true, true]);
});

Evaluation("an answer to WSC is right when it means the span just if the label says so", () => {
  const span = (truth: number) => ({ targets: "the old man", truth });
  assert.equal(judged("wsc", "Man", span(1)), [1, true, true]);
  assert.equal(judged("wsc", "Man", span(0)), [1, false, true]);
  assert.equal(judged("wsc", "Anna", span(0)), [0, true, true]);
  assert.equal(judged("wsc", "Anna", span(1)), [0, false, true]);
  assert.equal(judged("wsc", "", span(0)), [-1, false, false]);
  assert.equal(judged("wsc", "", span(-1)), [-1, false, false]);
});

Evaluation("an answer to ReCoRD is right when it is any of the answers, as SQuAD compares them", () => {
  const query = { targets: "Anna", truth: ["Anna", "Anna Smith"], group: "0/0" };
  assert.equal(judged("record", "the anna smith.", query), ["the anna smith.", true, true]);
  assert.equal(judged("record", "Smith", query), ["Smith", false, true]);
  assert.equal(judged("record", "<unk>", { targets: "<unk>", truth: [], group: "0/0" }), ["<unk>", false, true]);
});

Evaluation.run();
