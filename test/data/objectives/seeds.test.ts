/** @file Which seed each part of an example has: other ones would give other examples to a run that goes on after an update. Also defaults, and sizes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mix } from "../../../lib/data/batch.js";
import {
  dropNonnoiseTokens,
  fullLm,
  iidDenoising,
  iidNoiseMask,
  makeExamples,
  type Objective,
  piecesOf,
  prefixLm,
  spanCorruption,
  textInfilling,
  tokenDeletion,
} from "../../../lib/data/objectives/index.js";
import { corpusOf, corpusStream, pieceStream } from "../../../lib/data/streams/corpus.js";
import { refused } from "../../lab/refused.js";

const Seeds = suite("data/objectives/seeds");

const VOCABULARY = { eosId: 1, sentinelId: (k: number): number => 999 - k };
const document = (first: number, length: number): number[] => Array.from({ length }, (_, i) => first + i);
const DOCUMENTS = [document(10, 30), document(50, 7), document(70, 41)];

/** An objective whose example shows its piece and its seed. */
const shown: Objective = {
  pieces: { length: 8 },
  example: (piece, seed) => ({ inputs: [seed], targets: [...piece] }),
  inputLength: 1,
  targetLength: 8,
};

Seeds("pieces have the first seed of a stream, and examples those of the second", () => {
  const corpus = corpusOf(DOCUMENTS);
  const stream = corpusStream(corpus, shown, 5);
  const pieces = pieceStream(corpus, shown.pieces, mix(5, 0));
  for (const n of [0, 1, 11, 12, 40]) {
    assert.equal(stream(n), { inputs: [mix(mix(5, 1), n)], targets: pieces(n) }, `example ${n}`);
  }
});

Seeds("the examples of documents have seeds by their numbers", () => {
  // Chunks of at most 10 tokens begin anywhere, as the seed says.
  const objective = { ...shown, pieces: { length: 8, chunk: 10 } };
  const want = [...piecesOf(DOCUMENTS, objective.pieces, mix(5, 0))];
  const got = [...makeExamples(objective, DOCUMENTS, 5)];
  assert.equal(
    got,
    want.map((targets, n) => ({ inputs: [mix(mix(5, 1), n)], targets: [...targets] })),
  );
});

Seeds("the mask has the first seed of an example, inputs the second and targets the third", () => {
  const seen: number[] = [];
  const noting = (tokens: readonly number[], _mask: readonly boolean[], _first: number, seed: number): number[] => {
    seen.push(seed);
    return [...tokens];
  };
  spanCorruption(VOCABULARY, { inputLength: 32, inputsFn: noting, targetsFn: noting }).example(DOCUMENTS[0], 9);
  assert.equal(seen, [mix(9, 1), mix(9, 2)]);
  const { inputs } = tokenDeletion(VOCABULARY, { inputLength: 32, noiseDensity: 0.5 }).example(DOCUMENTS[0], 9);
  const mask = iidNoiseMask(30, mix(9, 0), { noiseDensity: 0.5 });
  assert.equal(inputs, [...DOCUMENTS[0].filter((_, i) => !mask[i]), 1]);
});

Seeds("sizes that are known by arithmetic are those of the examples, and functions of the caller have none", () => {
  const known = [
    spanCorruption(VOCABULARY, { inputLength: 32 }),
    prefixLm(VOCABULARY, { inputLength: 42 }),
    textInfilling(VOCABULARY, { inputLength: 42 }),
    fullLm(VOCABULARY, { targetLength: 41 }),
  ];
  for (const [i, objective] of known.entries()) {
    for (const seed of [1, 2, 3]) {
      for (const piece of DOCUMENTS) {
        const { inputs, targets } = objective.example(piece, seed);
        assert.equal(objective.sizes?.(piece.length, seed), [inputs.length, targets.length], `objective ${i}`);
      }
    }
  }
  assert.is(spanCorruption(VOCABULARY, { targetsFn: dropNonnoiseTokens }).sizes, undefined);
  assert.is(spanCorruption(VOCABULARY, { inputsFn: dropNonnoiseTokens }).sizes, undefined);
});

Seeds("rows have 512 ids where nothing else is asked for", () => {
  const filling = [iidDenoising, prefixLm, textInfilling, tokenDeletion].map((make) => make(VOCABULARY));
  for (const { inputLength, targetLength, pieces } of filling) {
    assert.equal([inputLength, targetLength, pieces.length], [512, 512, 511]);
  }
  const joined = [iidDenoising, fullLm, spanCorruption, prefixLm, textInfilling, tokenDeletion];
  assert.equal(
    joined.map((make) => make(VOCABULARY).pieces.joined),
    [128, 128, 128, undefined, undefined, undefined],
  );
  const { inputLength, targetLength, pieces } = fullLm(VOCABULARY);
  assert.equal([inputLength, targetLength, pieces.length], [1, 512, 512]);
});

Seeds("a corpus that grows keeps the ids of its first documents", () => {
  const documents = [document(10, 700), document(800, 700), document(1500, 5000), [7]];
  const { ids, starts } = corpusOf(documents);
  assert.equal([...ids], documents.flat());
  assert.equal(starts, [0, 700, 1400, 6400, 6401]);
});

Seeds("a corpus without a token says how many documents it has", () => {
  const { got } = refused(() => pieceStream(corpusOf([[], [0]]), { length: 4 }, 0), "ArgumentError");
  assert.is(got, "2 documents");
});

Seeds.run();
