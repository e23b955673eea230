/** @file From normalised UTF-8 to ids and pieces; what the vocabulary lacks becomes one unknown id, or its bytes. */
import type { Unigram } from "./unigram.js";
import type { Vocabulary } from "./vocabulary.js";

export interface Segmenter {
  ids(text: Uint8Array): number[];
  /** The pieces that `ids` gives ids of; for an unknown id, the characters themselves. */
  pieces(text: Uint8Array): string[];
}

/** @param byteIds ids of the 256 byte pieces, of a vocabulary with byte fallback */
export const makeSegmenter = (
  unigram: Unigram,
  { pieces, unkId }: Vocabulary,
  byteIds: readonly number[] | undefined,
): Segmenter => {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const bytesToIds = (bytes: Uint8Array, ids: readonly number[]): number[] =>
    Array.from(bytes, (byte) => ids[byte] as number);
  return {
    ids: (text) => {
      const { ids, starts } = unigram.segment(text);
      if (byteIds === undefined || !ids.includes(unkId)) return ids;
      return ids.flatMap((id, i) =>
        id === unkId ? bytesToIds(text.subarray(starts[i], starts[i + 1]), byteIds) : [id],
      );
    },
    pieces: (text) => {
      const { ids, starts } = unigram.segment(text);
      return ids.flatMap((id, i) => {
        const bytes = text.subarray(starts[i], starts[i + 1]);
        if (id !== unkId || byteIds === undefined) return [utf8.decode(bytes)];
        return bytesToIds(bytes, byteIds).map((byteId) => pieces[byteId] as string);
      });
    },
  };
};
