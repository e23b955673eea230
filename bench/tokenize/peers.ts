/** @file What the tokenize benchmark compares: one vocabulary in this library and in two others, each as one function. */
import { readFileSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { loadTokenizerTE } from "../../lib/tokenizer/load-tokenizer.js";

/** A vocabulary as a SentencePiece model and, where there is one, as a `tokenizer.json`. */
export interface VocabularyFiles {
  readonly model: string;
  readonly json?: string;
}
export type Encode = (text: string) => ArrayLike<number>;

const ours = async (path: string): Promise<Encode> => {
  const tokenizer = await loadTokenizerTE(path)();
  if (E.isLeft(tokenizer)) throw tokenizer.left;
  return tokenizer.right.encode;
};
const need = (json: string | undefined): string => {
  if (json === undefined) throw new Error("this vocabulary has no tokenizer.json");
  return json;
};

/** The peers by name, ours first. A peer that is not installed throws. */
export const PEERS: Readonly<Record<string, (files: VocabularyFiles) => Promise<Encode>>> = {
  fluxion: ({ model }) => ours(model),
  "fluxion-json": async ({ json }) => ours(need(json)),
  "sentencepiece-js": async ({ model }) => {
    const { SentencePieceProcessor } = await import("@agnai/sentencepiece-js");
    const processor = new SentencePieceProcessor();
    await processor.load(model);
    return (text) => processor.encodeIds(text);
  },
  "hf-tokenizers": async ({ json }) => {
    const { Tokenizer } = await import("@huggingface/tokenizers");
    const tokenizer = new Tokenizer(JSON.parse(readFileSync(need(json), "utf8")) as object, {});
    return (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  },
};
