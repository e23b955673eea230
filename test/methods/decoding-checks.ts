/** @file That decoding with a cache gives what decoding without one gives: greedy, sampled, by beams and ranked. */
import type { suite } from "uvu";
import * as assert from "uvu/assert";
import { withRuntime } from "../../lib/core/runtime.js";
import { np, random, scope, type Tensor, t5 } from "../../lib/index.js";
import { assertNear } from "../helpers/golden.js";
import { noLeaks, numbers, runtimes } from "../helpers/runtime.js";
import { samples, stackedTree } from "./samples.js";
import { uncached } from "./uncached.js";

const INPUTS = [
  [5, 9, 3, 1],
  [7, 2, 1, 0],
];
const LENGTH = 5;
const SCORE = { abs: 5e-5, rel: 1e-5 };

const ids = (rows: readonly (readonly number[])[]): Tensor =>
  np.array(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0].length] });

const check = (into: ReturnType<typeof suite>, title: string, body: () => void): void => {
  into(title, async () => {
    const { open } = runtimes().find(({ label }) => label === "wasm") as ReturnType<typeof runtimes>[number];
    withRuntime(await open(), () => noLeaks(() => scope(body)));
  });
};

const assertSame = (what: string, got: t5.Decoded[][], want: t5.Decoded[][]): void => {
  const tokens = (all: t5.Decoded[][]) => all.map((row) => row.map((one) => one.tokens));
  const scores = (all: t5.Decoded[][]) => all.flat().map((one) => one.score);
  assert.equal(tokens(got), tokens(want), what);
  assertNear(`${what}: scores`, scores(got), scores(want), SCORE);
};

/** Greedy, sampled and beam decoding by the model and by passes over whole sequences. */
const decodesAlike = (config: t5.T5Config, model: t5.Model): void => {
  const inputs = ids(INPUTS);
  const [plain, special] = [uncached(config, LENGTH), { startId: config.decoderStartId, eosId: config.eosId }];
  using greedy = t5.generate(config, { maxLength: LENGTH });
  using greedyWhole = t5.greedySearch(plain, { maxLength: LENGTH, ...special });
  assertSame("greedy", greedy(model, inputs), greedyWhole(model, inputs));
  const draw = { maxLength: LENGTH, numReturn: 3, temperature: 1.5, topK: 20 };
  using sample = t5.generate(config, { method: "sample", ...draw });
  using sampleWhole = t5.temperatureSample(plain, { ...draw, ...special });
  const key = random.key(8);
  assertSame("sampled", sample(model, inputs, { key }), sampleWhole(model, inputs, { key }));
  const search = { maxLength: LENGTH, numBeams: 3 };
  using beams = t5.generate(config, { method: "beam", ...search });
  using beamsWhole = t5.beamSearch(plain, { ...search, ...special });
  assertSame("beams", beams(model, inputs), beamsWhole(model, inputs));
};

/** The score of each label is that of the label alone, read as a target. */
const ranksAlike = (config: t5.T5Config, model: t5.Model): void => {
  const labels = [
    [4, 12, 1],
    [7, 1, 0],
  ];
  using rank = t5.rank(config);
  const got = numbers(rank(model, ids(INPUTS), ids(labels)));
  const logits = labels.map((label) => t5.logits(config, model, { inputs: ids(INPUTS), targets: ids([label, label]) }));
  const want = INPUTS.flatMap((_, row) =>
    labels.map((label, which) => {
      const logProbs = np.subtract(logits[which], np.logsumexp(logits[which], { axis: -1, keepDims: true }));
      const all = numbers(logProbs);
      return label.reduce((sum, id, at) => sum + (id === 0 ? 0 : all[(row * 3 + at) * config.vocabSize + id]), 0);
    }),
  );
  assertNear("rank", got, want, SCORE);
  using score = t5.score(config);
  const both = labels.map((label) => numbers(score(model, ids(INPUTS), ids([label, label])).logLikelihood));
  assertNear("score", both.flat(), [want[0], want[2], want[1], want[3]], SCORE);
};

/** Adds the tests of a method with unrolled layers. */
export const addCached = (into: ReturnType<typeof suite>, name: string): void =>
  check(into, `${name}: a cache changes nothing`, () => {
    const { config, params, samples: all } = samples();
    const { method, tuned } = all[name];
    const model = method.apply(config, params, tuned);
    decodesAlike(config, model);
    ranksAlike(config, model);
  });

/** Adds the test that stacked layers give the answers of unrolled ones. */
export const addStacked = (into: ReturnType<typeof suite>, name: string): void =>
  check(into, `${name}: stacked layers give the answers of unrolled ones`, () => {
    const { config, params, samples: all } = samples();
    const { method, tuned } = all[name];
    const model = method.apply(config, params, tuned);
    const stacked = method.apply(config, t5.stackLayers(params), stackedTree(tuned));
    using beams = t5.generate(config, { method: "beam", numBeams: 3, maxLength: LENGTH });
    assertSame(name, beams(stacked, ids(INPUTS)), beams(model, ids(INPUTS)));
  });
