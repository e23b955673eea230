/** @file Streams as functions of a number: the same on any number of workers, at any moment, in any order. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochOrder, mix } from "../../../lib/data/batch.js";
import {
  fullLm,
  iidDenoising,
  prefixLm,
  spanCorruption,
  textInfilling,
  tokenDeletion,
} from "../../../lib/data/objectives/index.js";
import { type PieceOptions, piecesOf } from "../../../lib/data/objectives/pieces.js";
import { corpusOf, corpusSizes, corpusStream, pieceStream } from "../../../lib/data/streams/corpus.js";
import { mixStreams, type Stream, streamBatch, streamOf } from "../../../lib/data/streams/stream.js";
import { refusalOf } from "../../helpers/refusal.js";

const Streams = suite("data/streams");

const VOCABULARY = { eosId: 1, sentinelId: (k: number) => 9999 - k };
/** Documents of different lengths, some of them empty; no id comes twice. */
const LENGTHS = [40, 0, 7, 131, 1, 64, 65, 22, 0, 90, 13, 33];
const DOCUMENTS = LENGTHS.map((length, d) => Array.from({ length }, (_, i) => 100 + 200 * d + i));
const CORPUS = corpusOf(DOCUMENTS);
const take = <T>(stream: Stream<T>, from: number, to: number): T[] =>
  Array.from({ length: to - from }, (_, i) => stream(from + i));

/** Options, and how many pieces they make of an epoch at least. */
const OPTIONS: readonly PieceOptions[] = [
  { length: 16 },
  { length: 16, eosId: 1 },
  { length: 16, joined: 3 },
  { length: 16, joined: 3, eosId: 1 },
  { length: 500, joined: 128, eosId: 1 },
  { length: 8, joined: 5, chunk: 20 },
];

Streams("the pieces of each epoch are those that `piecesOf` makes of its documents, in another order", () => {
  for (const options of OPTIONS) {
    const seed = 5;
    const stream = pieceStream(CORPUS, options, seed);
    let n = 0;
    for (let epoch = 0; epoch < 4; epoch++) {
      const documents = epochOrder(DOCUMENTS.length, mix(seed, 0), epoch).map((d) => DOCUMENTS[d]);
      const want = [...piecesOf(documents, options, mix(mix(seed, 1), epoch))].map((piece) => [...piece]);
      const got = take(stream, n, n + want.length);
      const sorted = (pieces: readonly number[][]): string[] => pieces.map(String).sort();
      assert.equal(sorted(got), sorted(want), `${JSON.stringify(options)}, epoch ${epoch}`);
      if (want.length > 10) assert.not.equal(got, want);
      n += want.length;
    }
  }
});

const OBJECTIVES = {
  spans: spanCorruption(VOCABULARY, { inputLength: 32, joined: 4 }),
  prefix: prefixLm(VOCABULARY, { inputLength: 32 }),
  full: fullLm(VOCABULARY, { targetLength: 32 }),
};
const TASK = Array.from({ length: 11 }, (_, i) => ({ inputs: [5000 + i, 1], targets: [6000 + i, 1] }));
/** Streams of all kinds, made anew. */
const streams = (seed: number): Readonly<Record<string, Stream>> => {
  const corpora = Object.entries(OBJECTIVES).map(([name, one]) => [name, corpusStream(CORPUS, one, seed)] as const);
  const task = streamOf(TASK, seed);
  const mixed = mixStreams([corpora[0][1], corpora[1][1], task], [3, 0, 1], seed);
  return { ...Object.fromEntries(corpora), task, mixed, twice: mixStreams([mixed, task], [1, 1], mix(seed, 9)) };
};

Streams("a stream that begins at step n goes on as the unbroken one, also across the ends of epochs", () => {
  for (const [name, unbroken] of Object.entries(streams(3))) {
    const all = take(unbroken, 0, 700);
    for (const n of [0, 1, 17, 255, 256, 257, 512, 600]) {
      assert.equal(take(streams(3)[name], n, 700), all.slice(n), `${name} from ${n}`);
    }
    // Any order of asking gives the same.
    for (const n of [699, 0, 350, 351, 2, 698]) assert.equal(unbroken(n), all[n], `${name} at ${n}`);
    assert.not.equal(take(streams(4)[name], 0, 40), all.slice(0, 40), `${name} with another seed`);
  }
});

Streams("the sizes of examples are those that they have, known by arithmetic or not", () => {
  const objectives = {
    ...OBJECTIVES,
    sparse: prefixLm(VOCABULARY, { inputLength: 32, noiseDensity: 0.2 }),
    infilling: textInfilling(VOCABULARY, { inputLength: 32, noiseDensity: 0.3 }),
    deletion: tokenDeletion(VOCABULARY, { inputLength: 32 }),
    iid: iidDenoising(VOCABULARY, { inputLength: 32 }),
    own: spanCorruption(VOCABULARY, { inputLength: 32, inputsFn: (ids) => [...ids].filter((id) => id % 3 > 0) }),
    ownTargets: spanCorruption(VOCABULARY, {
      inputLength: 32,
      targetsFn: (ids) => [...ids].filter((id) => id % 3 > 0),
    }),
  };
  for (const [name, objective] of Object.entries(objectives)) {
    const [stream, sizes] = [corpusStream(CORPUS, objective, 4), corpusSizes(CORPUS, objective, 4)];
    const want = take(stream, 0, 300).map(({ inputs, targets }) => [inputs.length, targets.length]);
    assert.equal(take(sizes, 0, 300), want, name);
    assert.equal(corpusSizes(CORPUS, objective, 4)(299), want[299], `${name}, asked at once`);
    assert.ok(new Set(want.map(String)).size > 1, `${name}: sizes differ`);
  }
});

Streams("1, 2 and 4 workers together make the same batch", () => {
  for (const [name, stream] of Object.entries(streams(3))) {
    for (const size of [8, 7, 3]) {
      for (const step of [0, 5, 40]) {
        const batch = streamBatch(stream, size, step);
        assert.equal(batch, take(stream, step * size, (step + 1) * size));
        for (const count of [1, 2, 4]) {
          // Each worker has its own stream.
          const parts = Array.from({ length: count }, (_, index) =>
            streamBatch(streams(3)[name], size, step, { index, count }),
          );
          const together = batch.map((_, row) => parts[row % count][Math.floor(row / count)]);
          assert.equal(together, batch, `${name}, ${size} rows, step ${step}, ${count} workers`);
          assert.is(parts.flat().length, size);
        }
      }
    }
  }
});

Streams("epochs differ in order and in noise, and hold each document", () => {
  const stream = corpusStream(CORPUS, OBJECTIVES.full, 1);
  const tokens = DOCUMENTS.flat().length + DOCUMENTS.filter(({ length }) => length > 0).length;
  const pieces = Math.ceil(tokens / 32);
  for (const epoch of [0, 1, 2]) {
    const ids = take(stream, epoch * pieces, (epoch + 1) * pieces).flatMap(({ targets }) => [...targets]);
    assert.equal(
      ids.filter((id) => id !== 1).sort((a, b) => a - b),
      DOCUMENTS.flat(),
    );
    assert.is(ids.length, tokens);
  }
  // Of 131 tokens, 20 are noise in 7 spans.
  const one = corpusStream(corpusOf([DOCUMENTS[3]]), spanCorruption(VOCABULARY, { inputLength: 160 }), 1);
  assert.is(new Set(take(one, 0, 20).map(({ targets }) => String(targets))).size, 20);
});

Streams("a mixture has the examples of its parts in their order, as often as its rates say", () => {
  const parts = [0, 1, 2].map(
    (part): Stream<readonly [number, number]> =>
      (n) => [part, n],
  );
  const rates = [0.5, 0.2, 0.3];
  const drawn = take(mixStreams(parts, rates, 8), 0, 5000);
  for (const part of [0, 1, 2]) {
    const own = drawn.filter(([p]) => p === part);
    assert.equal(
      own.map(([, n]) => n),
      own.map((_, i) => i),
    );
    const slack = 4 * Math.sqrt(5000 * rates[part] * (1 - rates[part]));
    assert.ok(Math.abs(own.length - 5000 * rates[part]) < slack, `${own.length} of ${part}`);
  }
});

Streams("examples that are there come once an epoch", () => {
  const stream = streamOf(TASK, 2);
  for (const epoch of [0, 1, 2]) {
    const inputs = take(stream, 11 * epoch, 11 * (epoch + 1)).map(({ inputs: [id] }) => id);
    assert.equal(
      inputs.sort((a, b) => a - b),
      TASK.map(({ inputs: [id] }) => id),
    );
  }
});

Streams("a corpus has no padding in it", () => {
  const { ids, starts } = corpusOf([[5, 0, 6], [], Int32Array.of(0, 7)]);
  assert.equal([...ids], [5, 6, 7]);
  assert.equal(starts, [0, 2, 2, 3]);
});

Streams("a corpus of a million tokens is planned once an epoch, and not once a piece", () => {
  const corpus = corpusOf(Array.from({ length: 2000 }, () => new Int32Array(500).fill(7)));
  let made = 0;
  const lm = fullLm(VOCABULARY, { targetLength: 512 });
  const example: typeof lm.example = (piece, seed) => {
    made++;
    return lm.example(piece, seed);
  };
  const stream = corpusStream(corpus, { ...lm, example }, 0);
  // 2000 documents of 501 ids in joins of 128: 15 joins of 126 pieces and one of 79, so 1969 pieces an epoch.
  const far = take(stream, 1969 * 50 - 3, 1969 * 50 + 3);
  assert.is(made, 6);
  assert.ok(far.every(({ targets }) => targets.length > 0));
});

Streams("what has no meaning is refused", () => {
  const refusal = (f: () => unknown, part: string): void => assert.match(refusalOf("ArgumentError", f), part);
  const stream = streamOf([1, 2], 0);
  refusal(() => streamOf([], 0), "there are no examples");
  refusal(() => streamBatch(stream, 0, 0), "the size of a batch");
  refusal(() => streamBatch(stream, 2, -1), "the step is out of range");
  refusal(() => streamBatch(stream, 2, 0, { index: 2, count: 2 }), "there is no such worker");
  refusal(() => streamBatch(stream, 2, 0, { index: 0, count: 0 }), "the number of workers");
  refusal(() => mixStreams([stream], [1, 2], 0), "each part has a size and a rate");
  refusal(() => mixStreams([stream], [0], 0), "no part is drawn");
  refusal(() => corpusStream(corpusOf([[], [0]]), OBJECTIVES.full, 0), "no document has a token");
});

Streams.run();
