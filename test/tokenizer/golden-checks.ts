/** @file Whether a tokenizer does what a golden row says. */
import * as assert from "uvu/assert";
import type { Tokenizer } from "../../lib/tokenizer/sentencepiece.js";

export interface Encoded {
  /** Where the text comes from. */
  readonly tag: string;
  readonly text: string;
  readonly ids: number[];
  readonly pieces: string[];
  readonly decoded: string;
}

/** Asserts ids, pieces and the text of the ids. */
export const checkEncoded = (tokenizer: Tokenizer, { tag, text, ids, pieces, decoded }: Encoded): void => {
  const where = `${tag}: ${JSON.stringify(text).slice(0, 200)}`;
  assert.equal(tokenizer.encode(text), ids, where);
  assert.equal(tokenizer.encodeAsPieces(text), pieces, where);
  assert.is(tokenizer.decode(ids), decoded, where);
};

export interface Decoded {
  readonly ids: number[];
  readonly text: string;
}

/** Asserts the text of ids. */
export const checkDecoded = (tokenizer: Tokenizer, { ids, text }: Decoded): void =>
  assert.is(tokenizer.decode(ids), text, `${ids}`);
