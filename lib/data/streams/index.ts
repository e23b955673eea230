/** @file Streams of examples, and the corpora that they are made of. */
export { type Corpus, corpusOf, corpusStream, pieceStream } from "./corpus.js";
export { type CorpusOptions, type CorpusText, readCorpus, readTexts } from "./read-corpus.js";
export { mixStreams, type Shard, type Stream, streamBatch, streamOf } from "./stream.js";
