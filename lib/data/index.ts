/** @file Data sets as text to text, tokens and batches. Reading files needs Node. */
export {
  batchRows,
  bucketLengths,
  type EvaluationBatch,
  epochOrder,
  evaluationBatches,
  makeBatch,
  type TokenBatch,
  type Tokens,
  tokenize,
  withEos,
} from "./batch.js";
export { type Decoder, decodeStream } from "./decoder.js";
export { loadTask, type Splits } from "./load-task.js";
export { loadTokenizer } from "./load-tokenizer.js";
export { parseRows, readRows } from "./rows.js";
export { parseSentencePiece, type Tokenizer, type TokenizerOptions } from "./sentencepiece.js";
export { dropFirstWord, type Example, glueText, TASK_NAMES, type Task, taskOf } from "./superglue.js";
export { parseTokenizerJson } from "./tokenizer-json.js";
