/** @file Tokens that were added to a SentencePiece model, in files beside it: their ids follow those of the pieces. */
import type { FoundToken } from "./added-tokens.js";
import { modelError, type Piece, type SentencePieceModel } from "./sentencepiece-model.js";
import { withSentinels } from "./vocabulary.js";

/** A token that was added to a vocabulary. */
export interface NewToken extends FoundToken {
  /** Whether it gives no text when ids are decoded. */
  readonly special: boolean;
}

/** A piece and a token mean the same, also where the piece has the mark that begins a word (sentinels). */
const isThere = (piece: Piece | undefined, { content }: NewToken): boolean =>
  piece !== undefined && (piece.text === content || piece.text === `▁${content}`);

const contradiction = (what: string, expected: string, { id, content }: NewToken): Error =>
  modelError({
    what,
    expected,
    got: `${id}: ${JSON.stringify(content)}`,
    hint: "fetch the files of the folder again, or name the SentencePiece model itself to use it alone",
  });

/**
 * A model with its sentinels and the added tokens, and those of the tokens that it did not have.
 *
 * Files that name the ids where T5's sentinels would be appended know better: none is appended then.
 *
 * @throws {DataError} when a token has the id of another piece, or ids between are free
 */
export const withNewTokens = (
  bare: SentencePieceModel,
  extraIds: number,
  added: readonly NewToken[],
): { readonly model: SentencePieceModel; readonly tokens: readonly NewToken[] } => {
  const extended = withSentinels(bare, extraIds);
  const clash = added.some(
    (token) =>
      token.id >= bare.pieces.length && token.id < extended.pieces.length && !isThere(extended.pieces[token.id], token),
  );
  const model = clash ? bare : extended;
  const pieces = [...model.pieces];
  const tokens: NewToken[] = [];
  for (const token of [...added].sort((a, b) => a.id - b.id)) {
    const { id, content, special } = token;
    if (isThere(pieces[id], token)) continue;
    if (id < pieces.length) {
      throw contradiction(
        "an added token has the id of another piece",
        `${id}: ${JSON.stringify(pieces[id]?.text)}`,
        token,
      );
    }
    if (id > pieces.length) throw contradiction("an added token leaves ids free", `id ${pieces.length}`, token);
    // Found before the text is segmented, so that segmentation need not know them.
    pieces.push({ text: content, score: 0, type: special ? "control" : "unused" });
    tokens.push(token);
  }
  return { model: { ...model, pieces }, tokens };
};
