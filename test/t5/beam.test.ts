import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init, np, type Tensor, t5 } from "../../lib/index.js";
import { messageOf, noLeaks } from "../helpers/runtime.js";
import { tinyT5 } from "../helpers/tiny-t5.js";
import { examples, toyDecoder } from "./toy-decoder.js";

const Beam = suite("t5/beam");
Beam.before(async () => void (await init()));

const T5X = { rule: "t5x", alpha: 0 } as const;
const tokensOf = (found: t5.Decoded[][]): number[][][] => found.map((list) => list.map(({ tokens }) => [...tokens]));

Beam("finds the two best ways through a Markov chain, which tie, as T5X's test has it", () => {
  // Start, A, B, end: a change of letter and a repetition are bounded by what the last two letters allow.
  const states = ["START", "A", "B", "END"];
  const next = [
    [0, 0.7, 0.3, 0],
    [0, 0.3, 0.6, 0.1],
    [0, 0.5, 0.3, 0.2],
    [0, 0, 0, 1],
  ];
  const length = 6;
  const logits = (tokens: Tensor): Tensor => np.log(np.take(np.add(np.array(next), 1e-20), tokens, 0, "clip"));
  using search = t5.beamSearch(toyDecoder(logits, 4), { maxLength: length, numBeams: 4, penalty: T5X, eosId: 3 });
  const [found] = search(null, examples(1));
  // All sequences that end, by trying each.
  const all: { tokens: number[]; score: number }[] = [];
  const walk = (tokens: number[], at: number, score: number): void => {
    for (let s = 1; s < states.length; s++) {
      const p = next[at][s];
      if (p === 0 || tokens.length === length) continue;
      if (s === 3) all.push({ tokens: [...tokens, 3], score: score + Math.log(p) });
      else walk([...tokens, s], s, score + Math.log(p));
    }
  };
  walk([], 0, 0);
  all.sort((a, b) => b.score - a.score);
  assert.is(found.length, 4);
  found.forEach(({ tokens, score }, i) => {
    assert.ok(Math.abs(score - all[i].score) < 1e-5, `score ${score}, best ${all[i].score}`);
    const own = all.find((x) => x.tokens.join() === tokens.join());
    assert.ok(own !== undefined && Math.abs(own.score - score) < 1e-5, `${tokens}`);
  });
});

/** Logits -0.1 and -0.9 for the ids 2 and 3 in the first example, the other way round in the second. */
const twoOrThree = (tokens: Tensor): Tensor => {
  const half = tokens.shape[0] / 2;
  const row = (a: number, b: number) => Array.from({ length: half }, () => [-1e7, -1e7, a, b]);
  return np.array([...row(-0.1, -0.9), ...row(-0.9, -0.1)]);
};

Beam("forced tokens leave one beam alive; ties fall as in T5X", () => {
  using search = t5.beamSearch(toyDecoder(twoOrThree, 8), { maxLength: 5, numBeams: 2, penalty: T5X });
  // T5X's test has the best last.
  assert.equal(tokensOf(search(null, examples(2), { forced: [[7], [4, 5]] })), [
    [
      [7, 2, 2, 2, 2],
      [7, 3, 2, 2, 2],
    ],
    [
      [4, 5, 3, 3, 3],
      [4, 5, 2, 3, 3],
    ],
  ]);
  assert.equal(tokensOf(search(null, examples(2))), [
    [
      [2, 2, 2, 2, 2],
      [3, 2, 2, 2, 2],
    ],
    [
      [3, 3, 3, 3, 3],
      [2, 3, 3, 3, 3],
    ],
  ]);
});

Beam("a score is of the tokens that the model chose: forced ones are certain", () => {
  using search = t5.beamSearch(toyDecoder(twoOrThree, 8), { maxLength: 5, numBeams: 2, penalty: T5X });
  const likely = -Math.log1p(Math.exp(-0.8));
  const scores = (forced: number[][]): number[] =>
    search(null, examples(2), { forced }).flatMap((list) => list.map(({ score }) => score));
  const sums = (chosen: number): number[] => [chosen * likely, chosen * likely - 0.8];
  for (const [forced, wanted] of [
    [
      [[7], [4, 5]],
      [...sums(4), ...sums(3)],
    ],
    [
      [[], [4, 5, 6]],
      [...sums(5), ...sums(2)],
    ],
  ] as const) {
    const got = scores(forced.map((row) => [...row]));
    got.forEach((score, i) => {
      assert.ok(
        Math.abs(score - wanted[i]) < 1e-5,
        `score ${i} after ${JSON.stringify(forced)}: ${score}, ${wanted[i]}`,
      );
    });
  }
});

Beam("ends after one token when none can reach minLogProb, and after maxLength tokens", () => {
  const decoder = toyDecoder(twoOrThree, 8);
  using none = t5.beamSearch(decoder, { maxLength: 5, numBeams: 2, penalty: { ...T5X, minLogProb: -0.05 } });
  assert.equal(tokensOf(none(null, examples(2))), [
    [[2], [3]],
    [[3], [2]],
  ]);
  using two = t5.beamSearch(decoder, { maxLength: 2, numBeams: 2, penalty: T5X });
  assert.equal(tokensOf(two(null, examples(2))), [
    [
      [2, 2],
      [3, 2],
    ],
    [
      [3, 3],
      [2, 3],
    ],
  ]);
});

Beam("the cache follows the beams: decoding again from each answer gives its score", () => {
  const { config, params } = tinyT5();
  const inputs = np.array(
    [
      [5, 6, 7, 1],
      [9, 1, 0, 0],
    ],
    { dtype: "int32" },
  );
  using generate = t5.generate(config, {
    method: "beam",
    maxLength: 7,
    numBeams: 3,
    numReturn: 2,
    penalty: { rule: "t5x", alpha: 0 },
  });
  using score = t5.rank(config);
  generate(params, inputs).forEach((beams, i) => {
    assert.ok(beams.length > 0);
    const one = np.slice(inputs, [[i, i + 1]]);
    for (const { tokens, score: got } of beams) {
      const [want] = score(params, one, np.array([[...tokens]], { dtype: "int32" })).dataSync();
      // Padding (0) counts nothing in a rank, but may be chosen here.
      if (!tokens.includes(0)) assert.ok(Math.abs(want - got) < 1e-4, `${got}, ranked ${want}`);
    }
  });
});

Beam("options that make no sense are refused", () => {
  const refused = (options: Partial<t5.BeamOptions>) =>
    messageOf(() =>
      t5.beamSearch(toyDecoder(twoOrThree, 4), { maxLength: 4, numBeams: 2, ...options })(null, examples(2)),
    ) ?? "";
  assert.match(refused({ numBeams: 5 }), /more beams than tokens[\s\S]*up to 4/);
  assert.match(refused({ numBeams: 0 }), /numBeams is out of range/);
  assert.match(refused({ numReturn: 3 }), /numReturn is out of range[\s\S]*1 to 2/);
  assert.match(refused({ maxLength: 1.5 }), /maxLength is out of range/);
  assert.match(refused({ penalty: { rule: "t5x", alpha: Number.NaN } }), /alpha is not a number/);
  assert.match(refused({ penalty: { rule: "t5x", minLogProb: Number.NaN } }), /minLogProb is not a number/);
  assert.match(refused({ penalty: { rule: "hf" } as never }), /no such rule[\s\S]*t5x, huggingFace, huggingFace4/);
  assert.match(
    refused({ penalty: { rule: "huggingFace", alpha: 0.6 } as never }),
    /"huggingFace" has no such option[\s\S]*lengthPenalty[\s\S]*alpha/,
  );
  using search = t5.beamSearch(toyDecoder(twoOrThree, 4), { maxLength: 4, numBeams: 2 });
  assert.match(messageOf(() => search(null, examples(0))) ?? "", /number of examples is out of range/);
});

Beam("a call frees what it makes", () => {
  const { config, params } = tinyT5();
  const inputs = np.array([[5, 6, 1]], { dtype: "int32" });
  using generate = t5.generate(config, { method: "beam", maxLength: 4, numBeams: 2 });
  generate(params, inputs);
  noLeaks(() => generate(params, inputs));
});

Beam.run();
