import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, memory } from "../../lib/compile/init.js";
import { dispose } from "../../lib/core/tensor.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import { prompt as promptMethod } from "../../lib/methods/index.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import { generate } from "../../lib/t5/generate.js";
import { promptLoss } from "../../lib/t5/loss.js";
import type { Params } from "../../lib/t5/model.js";
import { rank } from "../../lib/t5/rank.js";
import { dropSentinel } from "../../lib/tasks/answers.js";
import type { Task } from "../../lib/tasks/task.js";
import { loadTokenizer } from "../../lib/tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../../lib/tokenizer/sentencepiece.js";
import type { ReadyModel } from "../../lib/train/answer.js";
import { checkedFront, frontOf, taskEvaluator } from "../../lib/train/task-evaluator.js";
import { collected } from "../helpers/collected.js";
import { colours, exampleOf, toyMethod } from "./fakes.js";

const Evaluator = suite("train/task-evaluator");

let model: ReadyModel;
let tokenizer: Tokenizer;
Evaluator.before(async () => {
  const stored = await loadHuggingFace("assets/t5-nano");
  tokenizer = await loadTokenizer("assets/t5-nano");
  await init({ executor: "tfjs" });
  model = { config: stored.config, params: np.devicePut(stored.params, { donate: true }) as Params };
});
Evaluator.after(() => dispose(model.params));

const examples = [
  exampleOf("Indeed, Tom washed the table. Tom washed the table", "red"),
  exampleOf("a", "green"),
  exampleOf("the city of London is a city", "blue"),
];
const idsOf = (text: string): number[] => [...tokenizer.encode(text), tokenizer.eosId];
const one = (ids: readonly number[]) => np.array(Int32Array.from(ids), { shape: [1, ids.length] });

/** What the model answers to one text by itself. */
const alone = (text: string, maxLength: number): string => {
  using greedy = generate(model.config, { maxLength });
  using inputs = one(idsOf(text));
  return tokenizer.decode(greedy(model.params, inputs)[0][0].tokens);
};

Evaluator("greedy answers, loss and token accuracy are those of each example by itself", async () => {
  const { evaluate, cut } = taskEvaluator(model, tokenizer, colours, examples, { maxTokens: 30 });
  const { predictions, loss, tokenAccuracy } = await evaluate(null);
  assert.is(cut, 0);
  const longest = Math.max(...["red", "green", "blue"].map((label) => idsOf(label).length));
  let [nats, tokens] = [0, 0];
  examples.forEach(({ inputs, targets }, i) => {
    assert.is(predictions[i].prediction, alone(inputs, longest), inputs);
    const count = idsOf(targets).length;
    using x = one(idsOf(inputs));
    using y = one(idsOf(targets));
    // With a prompt of no vectors the loss is that of the bare model.
    using value = promptLoss(model.config)(
      model.params,
      { prompt: np.zeros([0, model.config.dModel]) },
      { inputs: x, targets: y },
    );
    nats += value.item() * count;
    tokens += count;
  });
  assert.ok(Math.abs(loss - nats / tokens) < 1e-4, `${loss} and ${nats / tokens}`);
  assert.ok(tokenAccuracy >= 0 && tokenAccuracy <= 100);
  evaluate.dispose();
});

Evaluator("token accuracy counts the end of sequence, and is 100 for what the model says itself", async () => {
  const text = examples[0].inputs;
  const said = alone(text, 12);
  const { evaluate } = taskEvaluator(model, tokenizer, colours, [{ ...examples[0], targets: said }], {
    maxTargetLength: 12,
  });
  const { predictions, tokenAccuracy } = await evaluate(null);
  if (tokenizer.encode(said).length < 11 && tokenizer.decode(tokenizer.encode(said)) === said) {
    assert.is(predictions[0].prediction, said);
    assert.is(tokenAccuracy, 100);
  }
  evaluate.dispose();
});

Evaluator("ranked answers are the likeliest labels", async () => {
  const { evaluate } = taskEvaluator(model, tokenizer, colours, examples, { decoding: "rank" });
  const { predictions, invalid } = await evaluate(null);
  assert.is(invalid, 0);
  using score = rank(model.config);
  const labels = colours.labels as readonly string[];
  examples.forEach(({ inputs }, i) => {
    const scores = labels.map((label) => {
      using x = one(idsOf(inputs));
      using y = one(idsOf(label));
      using s = score(model.params, x, y);
      return s.item();
    });
    assert.is(predictions[i].prediction, labels[scores.indexOf(Math.max(...scores))]);
  });
  evaluate.dispose();
});

Evaluator(
  "behind the first sentinel, targets and labels are scored with it, and answers are read without it",
  async () => {
    const sentinel = tokenizer.sentinelId(0);
    const behind = (text: string): number[] => [sentinel, ...idsOf(text)];
    const { evaluate } = taskEvaluator(model, tokenizer, colours, examples, { decoding: "rank", sentinel: true });
    const { predictions, loss } = await evaluate(null);
    using score = rank(model.config);
    const labels = colours.labels as readonly string[];
    let nats = 0;
    examples.forEach(({ inputs, targets }, i) => {
      using x = one(idsOf(inputs));
      const scores = labels.map((label) => {
        using y = one(behind(label));
        using s = score(model.params, x, y);
        return s.item();
      });
      assert.is(predictions[i].prediction, labels[scores.indexOf(Math.max(...scores))]);
      nats -= scores[labels.indexOf(targets)];
    });
    const tokens = examples.reduce((n, { targets }) => n + behind(targets).length, 0);
    assert.ok(Math.abs(loss - nats / tokens) < 1e-4, `${loss} and ${nats / tokens}`);
    evaluate.dispose();
    // An answer has room for the sentinel.
    const writer = taskEvaluator(model, tokenizer, colours, examples, { sentinel: true });
    const written = await writer.evaluate(null);
    const longest = Math.max(...labels.map((label) => behind(label).length));
    examples.forEach(({ inputs }, i) => {
      assert.is(written.predictions[i].prediction, dropSentinel(alone(inputs, longest)));
    });
    assert.ok(Math.abs(written.loss - loss) < 1e-5);
    writer.evaluate.dispose();
  },
);

Evaluator("one beam with T5X's penalty answers as beam search does, which is not greedy", async () => {
  const { evaluate } = taskEvaluator(model, tokenizer, colours, examples, { decoding: "beam", maxTargetLength: 9 });
  const { predictions } = await evaluate(null);
  using beam = generate(model.config, {
    method: "beam",
    numBeams: 1,
    maxLength: 9,
    penalty: { rule: "t5x", alpha: 0.6 },
  });
  examples.forEach(({ inputs }, i) => {
    using x = one(idsOf(inputs));
    assert.is(predictions[i].prediction, tokenizer.decode(beam(model.params, x)[0][0].tokens));
  });
  evaluate.dispose();
});

Evaluator("a prompt changes the answers' loss, and a task without labels cannot be ranked", async () => {
  const { evaluate } = taskEvaluator(model, tokenizer, colours, examples, { method: promptMethod({ length: 3 }) });
  using prompt = np.full([3, model.config.dModel], 2);
  const [bare, prompted] = [await evaluate(null), await evaluate({ prompt })];
  assert.ok(Math.abs(bare.loss - prompted.loss) > 1e-3);
  evaluate.dispose();
  const { labels: _, ...free } = colours;
  assert.throws(
    () => taskEvaluator(model, tokenizer, free as Task, examples, { decoding: "rank" }),
    /colours has no labels to rank[\s\S]*greedy or beam/,
  );
});

Evaluator("a method puts its tree into the model; at its start the toy changes nothing", async () => {
  const { evaluate } = taskEvaluator(model, tokenizer, colours, examples, { method: toyMethod });
  const tuned = toyMethod.init(random.key(0), model.config, model.params);
  const [bare, same] = [await evaluate(null), await evaluate(tuned)];
  assert.equal(same, bare);
  using shift = np.full([model.config.dModel], 0.5);
  const other = await evaluate({ ...tuned, deep: { shift } });
  assert.ok(Math.abs(other.loss - bare.loss) > 1e-3);
  dispose(tuned);
  evaluate.dispose();
});

Evaluator("a tree without a method is refused", async () => {
  const { evaluate } = taskEvaluator(model, tokenizer, colours, examples);
  try {
    await evaluate({ prompt: null } as never);
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), /no method that knows it[\s\S]*method/);
  }
  evaluate.dispose();
});

Evaluator("a length cuts inputs, and counts them", async () => {
  const { evaluate, cut } = taskEvaluator(model, tokenizer, colours, examples, { maxInputLength: 9 });
  const lengths = examples.map(({ inputs }) => idsOf(inputs).length);
  assert.is(cut, lengths.filter((n) => n > 9).length);
  assert.ok(cut > 0 && cut < 3, `${lengths}`);
  const { predictions } = await evaluate(null);
  const ids = [...tokenizer.encode(examples[0].inputs).slice(0, 8), tokenizer.eosId];
  const longest = Math.max(...["red", "green", "blue"].map((label) => idsOf(label).length));
  using greedy = generate(model.config, { maxLength: longest });
  using inputs = one(ids);
  assert.is(predictions[0].prediction, tokenizer.decode(greedy(model.params, inputs)[0][0].tokens));
  evaluate.dispose();
});

Evaluator("the task's name in front of inputs is what the model reads", async () => {
  const named = examples.map((example) => ({ ...example, inputs: `colours ${example.inputs}` }));
  const [direct, prefixed] = [
    taskEvaluator(model, tokenizer, colours, named),
    taskEvaluator(model, tokenizer, colours, examples, { prefix: "name" }),
  ];
  const [want, got] = [await direct.evaluate(null), await prefixed.evaluate(null)];
  assert.is(got.loss, want.loss);
  direct.evaluate.dispose();
  prefixed.evaluate.dispose();
});

Evaluator("what stands in front of inputs is the task's name or number; a task without one says what it has", () => {
  const task = { ...colours, prefix: "colours", index: 3 };
  const { prefix: _, ...nameless } = task;
  const { index: __, ...numberless } = task;
  assert.equal(frontOf(task, "none"), {});
  assert.equal(frontOf(task, "name"), { name: "colours" });
  assert.equal(frontOf(task, "index"), { index: 3 });
  assert.equal(frontOf({ ...task, index: 0 }, "index"), { index: 0 });
  assert.is(frontOf(nameless, "name"), undefined);
  assert.is(frontOf(numberless, "index"), undefined);
  assert.equal(checkedFront(task, "index"), { index: 3 });
  assert.throws(() => checkedFront(nameless, "name"), /colours has no name to put in front[\s\S]*none or index/);
  assert.throws(() => checkedFront(numberless, "index"), /colours has no index[\s\S]*none or name/);
});

Evaluator("evaluations leave nothing on the device", async () => {
  for (const decoding of ["greedy", "rank"] as const) {
    await collected();
    const before = memory().arrays;
    const { evaluate } = taskEvaluator(model, tokenizer, colours, examples, { decoding, method: toyMethod });
    const tuned = toyMethod.init(random.key(0), model.config, model.params);
    await evaluate(tuned);
    const after = memory().arrays;
    await evaluate(tuned);
    assert.is(memory().arrays, after, decoding);
    evaluate.dispose();
    // The tree is still there: a gain and a shift, and the key.
    assert.is(memory().arrays, before + 3, decoding);
    dispose(tuned);
  }
});

Evaluator.run();
