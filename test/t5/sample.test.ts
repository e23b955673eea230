import { suite } from "uvu";
import * as assert from "uvu/assert";
import { currentRuntime } from "../../lib/core/runtime.js";
import { init, np, random, type Tensor, t5 } from "../../lib/index.js";
import { elementsNear, messageOf, noLeaks } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { examples, toyDecoder } from "./toy-decoder.js";

const Sample = suite("t5/sample");
Sample.before(async () => void (await init()));

const NEVER = Math.log(1e-20);
/** Logits of log probabilities, the same for every row and step. */
const logOf =
  (...probs: number[]) =>
  (tokens: Tensor) =>
    np.broadcastTo(np.array(probs.map((p) => (p === 0 ? NEVER : Math.log(p)))), [tokens.shape[0], probs.length]);
/** One example a row prefers token 2, the next token 3, as in T5X's tests. */
const twoOrThree = (tokens: Tensor): Tensor =>
  np.array(
    Array.from({ length: tokens.shape[0] }, (_, i) => [-1e7, -1e7, i % 2 === 0 ? 0 : -1e6, i % 2 === 0 ? -1e6 : 0]),
  );
const tokensOf = (found: t5.Decoded[][]): number[][][] => found.map((list) => list.map(({ tokens }) => [...tokens]));
const key = () => ({ key: random.key(7) });

Sample("forced tokens come first, and the model goes on from there", () => {
  const decoder = toyDecoder(twoOrThree, 10);
  const forced = [
    [5, 6, 7],
    [8, 9],
  ];
  using greedy = t5.greedySearch(decoder, { maxLength: 5 });
  const want = [[[5, 6, 7, 2, 2]], [[8, 9, 3, 3, 3]]];
  assert.equal(tokensOf(greedy(null, examples(2), { forced })), want);
  using drawn = t5.temperatureSample(decoder, { maxLength: 5 });
  assert.equal(tokensOf(drawn(null, examples(2), { forced, ...key() })), want);
});

Sample("0 is forced like other tokens where it is no padding, and padding leaves the model free", () => {
  const ids = { maxLength: 4, padId: 9, eosId: 8 };
  const [decoder, forced] = [toyDecoder(twoOrThree, 10), [[5, 0, 9, 0], [0]]];
  using greedy = t5.greedySearch(decoder, ids);
  const want = [[[5, 0, 2, 0]], [[0, 3, 3, 3]]];
  assert.equal(tokensOf(greedy(null, examples(2), { forced })), want);
  using beams = t5.beamSearch(toyDecoder(logOf(0, 0, 0.7, 0.3), 10), { ...ids, numBeams: 2, numReturn: 1 });
  assert.equal(tokensOf(beams(null, examples(1), { forced: [[5, 0, 9, 0]] })), [[[5, 0, 2, 0]]]);
});

Sample("an EOS that is forced ends nothing; one that is chosen does, and the row is padded", async () => {
  const decoder = toyDecoder(
    (tokens) => np.where(np.expandDims(np.equal(tokens, 6), 1), logOf(0, 1, 0, 0)(tokens), twoOrThree(tokens)),
    10,
  );
  using greedy = t5.greedySearch(decoder, { maxLength: 5 });
  const forced = [
    [5, 1, 7],
    [5, 6],
  ];
  assert.equal(tokensOf(greedy(null, examples(2), { forced })), [[[5, 1, 7, 2, 2]], [[5, 6, 1]]]);
  const made: (readonly number[])[] = [];
  for await (const tokens of greedy.stream(null, examples(2), { forced })) made.push(tokens);
  assert.equal(made, [
    [5, 5],
    [1, 6],
    [7, 1],
    [2, 0],
    [2, 0],
  ]);
});

Sample("the number of chosen tokens is limited for all examples, or for each", () => {
  const decoder = toyDecoder(twoOrThree, 10);
  const forced = [[2], [3, 4]];
  using two = t5.temperatureSample(decoder, { maxLength: 9, maxNewTokens: 2 });
  assert.equal(tokensOf(two(null, examples(2), { forced, ...key() })), [[[2, 2, 2]], [[3, 4, 3, 3]]]);
  using each = t5.temperatureSample(decoder, { maxLength: 9, maxNewTokens: [1, 4] });
  assert.equal(tokensOf(each(null, examples(2), { forced, ...key() })), [[[2, 2]], [[3, 4, 3, 3, 3, 3]]]);
});

Sample("temperature 0 takes the most likely of nearly equal large logits, with log probability 0", () => {
  const decoder = toyDecoder((tokens) => np.broadcastTo(np.array([0, 0, 1400, 1400.5]), [tokens.shape[0], 4]), 4);
  using drawn = t5.temperatureSample(decoder, { maxLength: 3, temperature: [0, 1e-4], topK: 3, numReturn: 2 });
  const found = drawn(null, examples(2), key());
  assert.equal(tokensOf(found), [
    [
      [3, 3, 3],
      [3, 3, 3],
    ],
    [
      [3, 3, 3],
      [3, 3, 3],
    ],
  ]);
  assert.equal(
    found.flat().map(({ score }) => score),
    [0, 0, 0, 0],
  );
});

Sample("top-p keeps the smallest set that reaches it, after the temperature", () => {
  const decoder = toyDecoder(logOf(0.3, 0, 0.1, 0.6), 4);
  for (const options of [{ topP: 0.55 }, { topP: 0.63, temperature: 0.8 }]) {
    using drawn = t5.temperatureSample(decoder, { maxLength: 4, eosId: -1, ...options });
    for (let seed = 0; seed < 5; seed++) {
      assert.equal(tokensOf(drawn(null, examples(1), { key: random.key(seed) })), [[[3, 3, 3, 3]]]);
    }
  }
});

Sample("what is cut off: by rank, by probability, and by both", () => {
  const logits = np.log(
    np.array([
      [0.1, 0.4, 0.2, 0.3],
      [0.25, 0.25, 0.25, 0.25],
    ]),
  );
  const kept = (options: t5.CutOptions) =>
    Array.from(t5.cutLogits(logits, options).dataSync(), (x) => (x > -1e6 ? 1 : 0));
  assert.equal(kept({}), [1, 1, 1, 1, 1, 1, 1, 1]);
  // Ties with the last one stay.
  assert.equal(kept({ topK: 2 }), [0, 1, 0, 1, 1, 1, 1, 1]);
  assert.equal(kept({ topP: 0.71 }), [0, 1, 1, 1, 1, 1, 1, 1]);
  // Of the two most likely the first has 4 / 7.
  assert.equal(kept({ topK: 2, topP: 0.5 }).slice(0, 4), [0, 1, 0, 0]);
});

Sample("draws follow the cut distribution, and scores are under it or under the model's", () => {
  const probs = [0.1, 0.4, 0.2, 0.3];
  const decoder = toyDecoder(logOf(...probs), 4);
  const n = 4000;
  using drawn = t5.temperatureSample(decoder, { maxLength: 1, topK: 2, numReturn: n, temperature: 2 });
  const [found] = drawn(null, examples(1), key());
  // Square roots of 0.4 and 0.3, to sum one.
  const one = Math.sqrt(0.4) / (Math.sqrt(0.4) + Math.sqrt(0.3));
  const share = found.filter(({ tokens }) => tokens[0] === 1).length / n;
  assert.ok(Math.abs(share - one) < 5 * Math.sqrt((one * (1 - one)) / n), `${share} is not ${one}`);
  for (const { tokens, score } of found.slice(0, 5).concat(found.slice(-5))) {
    assert.ok(Math.abs(score - Math.log(tokens[0] === 1 ? one : 1 - one)) < 1e-5);
  }
  assert.ok(
    found.every(({ score }, i) => i === 0 || score <= found[i - 1].score),
    "best first",
  );
  using model = t5.temperatureSample(decoder, { maxLength: 1, topK: 2, temperature: 2, rescaleLogProbs: false });
  const [[{ tokens, score }]] = model(null, examples(1), key());
  assert.ok(Math.abs(score - Math.log(probs[tokens[0]])) < 1e-5);
});

Sample("a key gives the same draws again, another key others", () => {
  const { config, params } = tinyT5();
  const inputs = np.array(
    [
      [5, 6, 1],
      [9, 1, 0],
    ],
    { dtype: "int32" },
  );
  using generate = t5.generate(config, { method: "sample", maxLength: 8, temperature: 1.5 });
  const draw = (seed: number) => generate(params, inputs, { key: random.key(seed) });
  assert.equal(draw(1), draw(1));
  assert.not.equal(draw(1), draw(2));
});

Sample("a stream yields what the call returns, and lets others run between tokens", async () => {
  const { config, params } = tinyT5();
  const inputs = np.array(
    [
      [5, 6, 1],
      [9, 1, 0],
    ],
    { dtype: "int32" },
  );
  using generate = t5.generate(config, { maxLength: 6 });
  const want = generate(params, inputs).map(([{ tokens }]) => tokens);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const made: (readonly number[])[] = [];
  for await (const tokens of generate.stream(params, inputs)) made.push(tokens);
  clearInterval(timer);
  assert.equal(
    want.map((row, i) => made.slice(0, row.length).map((tokens) => tokens[i])),
    want,
  );
  assert.ok(turns > 0);
});

Sample("leaving a stream frees everything but the programs; disposing frees those", async () => {
  const { config, params } = tinyT5();
  const inputs = np.array([[5, 6, 1]], { dtype: "int32" });
  const { device } = currentRuntime("test") as unknown as { device: { memory(): { bytes: number } } };
  // The first program that reads the parameters may move them.
  using warm = t5.generate(config, { maxLength: 6 });
  warm(params, inputs);
  warm.dispose();
  const before = device.memory().bytes;
  const generate = t5.generate(config, { maxLength: 6 });
  const leave = async (): Promise<number> => {
    for await (const _ of generate.stream(params, inputs)) break;
    return device.memory().bytes;
  };
  // A call and a stream have programs of their own.
  generate(params, inputs);
  const between = await leave();
  generate(params, inputs);
  assert.is(await leave(), between);
  const started = generate.stream(params, inputs);
  await started.next();
  await started.return();
  assert.is(device.memory().bytes, between);
  generate.dispose();
  assert.is(device.memory().bytes, before);
});

Sample("options that make no sense are refused", () => {
  const decoder = toyDecoder(twoOrThree, 4);
  const refused = (options: Partial<t5.SampleOptions>) =>
    messageOf(() => t5.temperatureSample(decoder, { maxLength: 4, ...options })(null, examples(2), key())) ?? "";
  assert.match(refused({ maxLength: 0 }), /maxLength is out of range/);
  assert.match(refused({ topP: 0 }), /topP is not a probability/);
  assert.match(refused({ topP: 1.5 }), /topP is not a probability/);
  for (const maxNewTokens of [0, -1, 1.5, [1, 0]]) {
    assert.match(refused({ maxNewTokens }), /maxNewTokens is out of range/);
  }
  using none = t5.greedySearch(decoder, { maxLength: 4 });
  assert.match(messageOf(() => none(null, examples(0))) ?? "", /number of examples is out of range/);
  assert.match(refused({ topK: -1 }), /topK is out of range/);
  assert.match(refused({ topK: 5 }), /topK is out of range[\s\S]*1 to 4/);
  assert.match(refused({ temperature: -1 }), /temperature is out of range/);
  assert.match(refused({ temperature: [1] }), /do not fit the inputs/);
  assert.match(refused({ numReturn: 0 }), /number of sequences/);
  const { config, params } = tinyT5();
  using generate = t5.generate(config, { maxLength: 2 });
  const prefix = np.ones([3, 5]);
  assert.match(messageOf(() => generate(params, np.ones([1, 2], "int32"), { prefix })) ?? "", /does not fit the model/);
  assert.match(
    messageOf(() => generate(params, np.ones([1, 2], "int32"), { forced: [[1], [2]] })) ?? "",
    /forced tokens/,
  );
});

Sample("an option that the method does not have is refused, and so is a method that is none", () => {
  const { config } = tinyT5();
  const refused = (options: object) =>
    messageOf(() => t5.generate(config, { maxLength: 2, ...options } as t5.GenerateOptions)) ?? "";
  assert.match(
    refused({ topK: 3 }),
    /"greedy" has no such option[\s\S]*maxNewTokens[\s\S]*topK[\s\S]*method: "sample"/,
  );
  assert.match(refused({ method: "beam", numBeams: 2, temperature: 2 }), /"beam" has no such option/);
  assert.match(refused({ method: "sample", maxTokens: 2 }), /got +maxTokens\s*$/);
  assert.match(refused({ method: "beams" }), /no such method[\s\S]*greedy, sample, beam/);
});

Sample("a call frees what it makes", () => {
  const { config, params } = tinyT5();
  const inputs = np.array([[5, 6, 1]], { dtype: "int32" });
  const k = random.key(3);
  using generate = t5.generate(config, { method: "sample", maxLength: 4, topK: 3, topP: 0.9 });
  generate(params, inputs, { key: k });
  noLeaks(() => generate(params, inputs, { key: k }));
  elementsNear(k, [0, 3], 0);
});

Sample.run();
