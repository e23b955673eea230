import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { evaluationBatches } from "../../lib/data/evaluation-batches.js";
import type { Task } from "../../lib/tasks/task.js";
import { makeEvaluator, scoreAnswers } from "../../lib/train/evaluate.js";
import { colours, exampleOf, saying } from "./fakes.js";

const Evaluate = suite("train/evaluate");

const examples = [
  exampleOf("a", "red"),
  exampleOf("b", "green", "pair"),
  exampleOf("c", "blue", "pair"),
  exampleOf("d", "red"),
];
/** Inputs of 30, 3, 20 and 5 tokens, targets of 2, 3, 2 and 2. */
const tokens = [30, 3, 20, 5].map((n, i) => ({
  inputs: new Array<number>(n).fill(7),
  targets: i === 1 ? [5, 6, 1] : [5, 1],
}));
const batches = () => evaluationBatches(tokens, { maxTokens: 40, lengths: 1 });

Evaluate("answers are read, scored and listed in the order of the examples", async () => {
  const seen: (readonly number[])[] = [];
  const { respondent, state } = saying(["red", "blue", "blue", "purple"], (rows) => seen.push(rows));
  const evaluator = makeEvaluator({ task: colours, examples, batches, respondent });
  const progress: number[] = [];
  const found = await evaluator(null, (n) => progress.push(n));
  // The shortest inputs come first.
  assert.equal(seen, [[1], [3], [2], [0]]);
  assert.equal(progress, [1, 2, 3, 4]);
  assert.equal(found.metrics, { accuracy: 50, red: 25 });
  assert.is(found.score, 37.5);
  assert.is(found.invalid, 1);
  assert.equal(
    found.predictions.map((p) => [p.id, p.group, p.inputs, p.target, p.prediction, p.correct, p.valid]),
    [
      ["a", undefined, "colour of a?", "red", "red", true, true],
      ["b", "pair", "colour of b?", "green", "blue", false, true],
      ["c", "pair", "colour of c?", "blue", "blue", true, true],
      ["d", undefined, "colour of d?", "red", "purple", false, false],
    ],
  );
  assert.is.not("group" in found.predictions[0], true);
  // 1 + 2 + 3 + 4 nats and 0 + 1 + 2 + 3 right tokens over 9 target tokens.
  assert.is(found.loss, 10 / 9);
  assert.is(found.tokenAccuracy, 600 / 9);
  assert.is(state.open, 0);
  evaluator.dispose();
  assert.ok(state.disposed);
});

Evaluate("padding that is not 0 is not counted, a token 0 is", async () => {
  const other = evaluationBatches(
    [
      { inputs: [7], targets: [0, 1] },
      { inputs: [7], targets: [0, 4, 1] },
    ],
    { padId: 9 },
  );
  const { respondent } = saying(["red", "green"]);
  const parts = { task: colours, examples: examples.slice(0, 2), batches: () => other, respondent };
  // 1 + 2 nats over five tokens.
  assert.is((await makeEvaluator(parts)(null)).loss, 3 / 5);
});

Evaluate("rows that fill a batch up are not counted", async () => {
  const two = evaluationBatches(tokens.slice(0, 3), { maxTokens: 80, lengths: 1 });
  assert.equal(
    two.map(({ rows, size }) => [rows, size]),
    [
      [[1, 2], 2],
      [[0], 2],
    ],
  );
  const { respondent } = saying(["red", "green", "blue"]);
  const found = await makeEvaluator({ task: colours, examples: examples.slice(0, 3), batches: () => two, respondent })(
    null,
  );
  assert.is(found.predictions.length, 3);
  assert.is(found.metrics.accuracy, 100);
  assert.is(found.loss, 6 / 7);
  assert.is(found.tokenAccuracy, 300 / 7);
  assert.is(found.invalid, 0);
});

Evaluate("batches are made for what the method inserts into each row", async () => {
  const asked: number[] = [];
  const { respondent } = saying(["red", "red", "red", "red"], undefined, 7);
  const batchesFor = (inserted: number) => {
    asked.push(inserted);
    return batches();
  };
  await makeEvaluator({ task: colours, examples, batches: batchesFor, respondent })(null);
  assert.equal(asked, [7]);
});

Evaluate("the event loop has its turn before every batch, and the tuned tree reaches the model", async () => {
  const order: string[] = [];
  const tuned = { deep: "stands for a tensor" };
  const trees: unknown[] = [];
  const { respondent } = saying<typeof tuned>(["red", "red", "red", "red"], (_, given) => {
    trees.push(given);
    order.push("batch");
    setImmediate(() => order.push("served"));
  });
  const evaluator = makeEvaluator({
    task: colours,
    examples,
    batches,
    respondent,
  });
  await evaluator(tuned);
  assert.equal(order.slice(0, 4), ["batch", "served", "batch", "served"]);
  assert.equal(trees, [tuned, tuned, tuned, tuned]);
});

Evaluate("a task without a notion of allowed answers has none that are not", () => {
  const { valid: _, ...free } = colours;
  const found = scoreAnswers(free as Task, examples, ["x", "y", "z", "red"]);
  assert.is(found.invalid, 0);
  assert.equal(found.metrics, { accuracy: 25, red: 25 });
});

Evaluate("examples whose truth is unknown have no scores, but answers", async () => {
  const hidden = examples.map((example, i) => (i === 2 ? { ...example, truth: -1 } : example));
  const task: Task = { ...colours, hasTruth: ({ truth }) => truth !== -1 };
  // An answer that is not allowed has the id -1, too.
  const { respondent } = saying(["red", "blue", "purple", "red"]);
  const found = await makeEvaluator({ task, examples: hidden, batches, respondent })(null);
  assert.equal(found.metrics, {});
  assert.equal([found.score, found.loss, found.tokenAccuracy], [Number.NaN, Number.NaN, Number.NaN]);
  assert.equal([found.unlabelled, found.invalid, found.predictions.length], [1, 1, 4]);
  const known = scoreAnswers(task, examples, ["red", "blue", "purple", "red"]);
  assert.equal([known.unlabelled, known.score], [0, 50]);
});

Evaluate("there is one answer for each example", () => {
  try {
    scoreAnswers(colours, examples, ["red"]);
    assert.unreachable();
  } catch (error) {
    assert.ok(isFluxionError(error, "ArgumentError"), String(error));
    assert.equal([error.mismatch.expected, error.mismatch.got], ["4 texts, one for each example", "1"]);
  }
});

Evaluate("the score is the mean of the metrics that are numbers", () => {
  const withMetrics = (metrics: Record<string, () => number>): number =>
    scoreAnswers({ ...colours, metrics }, examples, ["red", "red", "red", "red"]).score;
  assert.is(withMetrics({ a: () => 10, b: () => 20, c: () => 60 }), 30);
  assert.is(withMetrics({ a: () => 10, b: () => Number.NaN, c: () => 60 }), 35);
  assert.is(withMetrics({ a: () => Number.NaN }), -1e9);
});

/** What the evaluation throws when the model throws. */
const thrown = async (error: unknown, list = batches()): Promise<unknown> => {
  let open = 0;
  const respond = () => {
    throw error;
  };
  const close = (): void => {
    open--;
  };
  const respondent = {
    open: () => {
      open++;
      return { inserted: 0, respond, dispose: close };
    },
    dispose: () => undefined,
  };
  try {
    await makeEvaluator({ task: colours, examples, batches: () => list, respondent })(null);
  } catch (caught) {
    assert.is(open, 0, "what was opened is closed");
    return caught;
  }
  return undefined;
};

Evaluate("a batch that does not fit in memory names its row, its length and the option", async () => {
  for (const message of [
    "Array buffer allocation failed",
    "Failed to allocate memory for requested buffer of size 9\nmore",
    "std::bad_alloc",
    "RuntimeError: memory access out of bounds",
    "Out of memory",
    "Invalid typed array length: 9",
  ]) {
    const error = await thrown(new Error(message));
    assert.ok(isFluxionError(error, "BackendError"), message);
    for (const part of [
      "row of example b",
      "1 rows of 32 tokens",
      "--max-evaluation-length",
      "--max-input-length",
      message.split("\n")[0],
    ]) {
      assert.ok(error.message.includes(part), `${part} is not in ${error.message}`);
    }
    assert.not.ok(error.message.includes("more\n"));
  }
  const many = await thrown(
    new RangeError("Array buffer allocation failed"),
    evaluationBatches(tokens, { maxTokens: 900, lengths: 1 }),
  );
  assert.ok(String(many).includes("4 rows of 32 tokens") && String(many).includes("--evaluation-tokens"), String(many));
  assert.ok(String(many).includes("row of example a"), "the longest row is the last");
});

Evaluate("other errors stay as they are", async () => {
  for (const error of [new Error("the model is broken"), "a text", new TypeError("x is not a function")]) {
    assert.is(await thrown(error), error);
  }
});

Evaluate.run();
