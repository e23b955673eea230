/** @file A worker of `workers.test.ts`: prints its rows of some steps, read from the files and made of the seed that it is told. */
import { readFileSync } from "node:fs";
import {
  corpusStream,
  loadTokenizer,
  mixStreams,
  prefixLm,
  readCorpus,
  spanCorruption,
  streamBatch,
} from "fluxion/data";

const {
  corpus: path,
  seed,
  size,
  steps,
  shard,
} = JSON.parse(readFileSync(0, "utf8")) as {
  readonly corpus: string;
  readonly seed: number;
  readonly size: number;
  readonly steps: readonly number[];
  readonly shard: { readonly index: number; readonly count: number };
};
const tokenizer = await loadTokenizer("assets/t5-nano");
const corpus = await readCorpus([path], tokenizer);
const spans = corpusStream(corpus, spanCorruption(tokenizer, { inputLength: 32 }), seed);
const prefixes = corpusStream(corpus, prefixLm(tokenizer, { inputLength: 32 }), seed);
const stream = mixStreams([spans, prefixes], [2, 1], seed);
process.stdout.write(JSON.stringify(steps.map((step) => streamBatch(stream, size, step, shard))));
