/** @file A small `tokenizer.json` for tests, as the tokenizers library writes T5's. */

const added = (id: number, content: string, more: object = {}) => ({
  id,
  content,
  special: true,
  normalized: false,
  ...more,
});
const METASPACE = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true };

export interface Parts {
  readonly addedTokens?: readonly object[];
  /** Fields of the model. */
  readonly model?: object;
  readonly normalizer?: object;
  readonly pre_tokenizer?: object;
}

/** The file of `<pad>`, `</s>`, `<unk>` and then the entries of `vocab`; `parts` replaces whole parts. */
export const tokenizerJson = (
  vocab: readonly (readonly [piece: string, score: number])[],
  { addedTokens = [], model = {}, ...parts }: Parts = {},
): object => ({
  version: "1.0",
  added_tokens: [added(0, "<pad>"), added(1, "</s>"), added(2, "<unk>"), ...addedTokens],
  normalizer: null,
  pre_tokenizer: METASPACE,
  post_processor: null,
  decoder: METASPACE,
  model: {
    type: "Unigram",
    unk_id: 2,
    vocab: [["<pad>", 0], ["</s>", 0], ["<unk>", 0], ...vocab],
    byte_fallback: false,
    ...model,
  },
  ...parts,
});
