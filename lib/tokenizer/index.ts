/** @file T5's vocabulary: text to token ids and back. `loadTokenizer` needs Node. */
export { orThrow } from "../edge/either.js";
export { type Decoder, decodeStream } from "./decoder.js";
export { loadTokenizer, loadTokenizerTE } from "./load-tokenizer.js";
export type { NewToken } from "./new-tokens.js";
export {
  parseSentencePiece,
  parseSentencePieceE,
  type SentencePieceOptions,
  type Tokenizer,
  type TokenizerOptions,
} from "./sentencepiece.js";
export { parseTokenizerJson, parseTokenizerJsonE } from "./tokenizer-json.js";
