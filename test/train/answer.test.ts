import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, memory } from "../../lib/compile/init.js";
import { dispose } from "../../lib/core/tensor.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import * as np from "../../lib/np/index.js";
import type { Params } from "../../lib/t5/model.js";
import { rank } from "../../lib/t5/rank.js";
import { loadTokenizer } from "../../lib/tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../../lib/tokenizer/sentencepiece.js";
import { behindSentinel, choosing, type ReadyModel, writing } from "../../lib/train/answer.js";

const Answers = suite("train/answer");

let model: ReadyModel;
let tokenizer: Tokenizer;
Answers.before(async () => {
  const stored = await loadHuggingFace("assets/t5-nano");
  tokenizer = await loadTokenizer("assets/t5-nano");
  await init({ executor: "tfjs" });
  model = { config: stored.config, params: np.devicePut(stored.params, { donate: true }) as Params };
});
Answers.after(() => dispose(model.params));

Answers("an answer behind a sentinel is read without it, and one without a sentinel as it is", () => {
  const texts = ["<extra_id_0> True", "False", "<extra_id_1> True"];
  let freed = 0;
  const said = texts.map((text, i) => [{ text, ids: [i], score: -i }]);
  const answerer = behindSentinel({ answer: () => said, dispose: () => freed++ }, true);
  using inputs = np.zeros([3, 1], { dtype: "int32" });
  assert.equal(
    answerer.answer(model.params, inputs),
    ["True", "False", "<extra_id_1> True"].map((text, i) => [{ text, ids: [i], score: -i }]),
  );
  answerer.dispose();
  assert.is(freed, 1);
});

const TEXTS = ["nli premise: Indeed, Tom washed the table. hypothesis: Tom washed the table.", "London"];
const inputsOf = (texts: readonly string[]) => {
  const rows = texts.map((text) => [...tokenizer.encode(text), tokenizer.eosId]);
  const length = Math.max(...rows.map((row) => row.length));
  const ids = rows.flatMap((row) => [...row, ...new Array<number>(length - row.length).fill(0)]);
  return np.array(Int32Array.from(ids), { shape: [rows.length, length] });
};

Answers("chosen answers are the likeliest labels, best first, as many as asked for, with their scores", () => {
  const labels = ["neutral", "entailment", "contradiction"];
  using inputs = inputsOf(TEXTS);
  const two = choosing(model.config, tokenizer, labels, 2);
  const found = two.answer(model.params, inputs);
  using score = rank(model.config);
  found.forEach((answers, row) => {
    const scores = labels.map((text) => {
      const ids = [...tokenizer.encode(text), tokenizer.eosId];
      using x = inputsOf([TEXTS[row]]);
      using y = np.array(Int32Array.from(ids), { shape: [1, ids.length] });
      using s = score(model.params, x, y);
      return { text, ids, score: s.item() };
    });
    const want = scores.sort((a, b) => b.score - a.score).slice(0, 2);
    assert.equal(
      answers.map(({ text, ids }) => ({ text, ids })),
      want.map(({ text, ids }) => ({ text, ids })),
    );
    answers.forEach((answer, i) => {
      assert.ok(Math.abs(answer.score - want[i].score) < 1e-3, `${answer.score} and ${want[i].score}`);
    });
  });
  two.dispose();
  const one = choosing(model.config, tokenizer, labels);
  assert.equal(
    one.answer(model.params, inputs).map((answers) => answers.map(({ text }) => text)),
    found.map(([{ text }]) => [text]),
  );
  one.dispose();
});

Answers("drawn answers depend on the seed and on how often was asked; 0 is the usual seed", () => {
  using inputs = inputsOf(TEXTS);
  const options = { method: "sample", temperature: 2, topK: 200, maxLength: 6 } as const;
  const draw = (seed?: number): readonly (readonly (readonly number[])[])[] => {
    const answerer = writing(model.config, tokenizer, options, seed);
    const idsOf = () => answerer.answer(model.params, inputs).map(([{ ids }]) => ids);
    const first = idsOf();
    const { arrays } = memory();
    const second = idsOf();
    assert.is(memory().arrays, arrays, "keys stay on the device");
    answerer.dispose();
    return [first, second];
  };
  const [first, second] = draw(5);
  assert.not.equal(first, second);
  assert.equal(draw(5), [first, second]);
  assert.not.equal(draw(6)[0], first);
  assert.equal(draw(), draw(0));
});

Answers("parts of an answer make the whole; beams come in one piece", async () => {
  const greedy = writing(model.config, tokenizer, { maxLength: 8 });
  using inputs = inputsOf([TEXTS[0]]);
  const [[{ text, ids }]] = greedy.answer(model.params, inputs);
  assert.is(text, tokenizer.decode(ids));
  let whole = "";
  for await (const part of greedy.stream?.(model.params, inputs) ?? []) whole += part;
  assert.is(whole, text);
  greedy.dispose();
  const beams = writing(model.config, tokenizer, { method: "beam", numBeams: 2, maxLength: 4 });
  assert.is(beams.stream, undefined);
  assert.is(beams.answer(model.params, inputs)[0].length, 2);
  beams.dispose();
});

Answers.run();
