/**
 * @file Segmentation of normalised text by a unigram language model: the path of pieces with the largest sum of scores.
 *
 * Viterbi's algorithm over byte positions (Kudo 2018, arXiv:1804.10959). Ids must be those of the reference, also where two
 * paths tie, so its arithmetic is repeated: a path's score is stored in float32 and extended by a piece in float64, an
 * unknown character extends it in float32, and the first of equal paths stays. Hugging Face's library does the same in float64.
 */
import { ByteTrie } from "./byte-trie.js";
import { utf8Length } from "./normalizer.js";
import type { Piece } from "./sentencepiece-model.js";

/** How much less an unknown character scores than the worst piece; the reference's constant. */
const UNK_PENALTY = 10;
/** The largest score starts here in the reference (FLT_MIN, the least *positive* float), so it is never below it. */
const LEAST_MAX_SCORE = 2 ** -126;

export interface Segmentation {
  /** Ids of the pieces; neighbouring unknown characters share one id. */
  readonly ids: number[];
  /** Byte where each begins. */
  readonly starts: number[];
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

export class Unigram {
  private readonly trie: ByteTrie;
  /** Score by id. */
  private readonly scores: Float64Array;
  private readonly unkScore: number;
  private readonly round: (score: number) => number;
  // Best path that ends at each byte: its score, and its last piece's id and start.
  private best: Float32Array | Float64Array;
  private last = new Int32Array(0);
  private from = new Int32Array(0);

  /** @param Scores the precision of a path's score: Float32Array as in SentencePiece, Float64Array as in Hugging Face's library */
  constructor(
    pieces: readonly Piece[],
    private readonly unkId: number,
    private readonly Scores: typeof Float32Array | typeof Float64Array = Float32Array,
  ) {
    this.best = new Scores(0);
    this.round = Scores === Float32Array ? Math.fround : (score) => score;
    const normal = pieces.filter(({ type }) => type === "normal").map(({ score }) => score);
    const least = normal.reduce((a, b) => Math.min(a, b), Infinity);
    const most = normal.reduce((a, b) => Math.max(a, b), LEAST_MAX_SCORE);
    this.unkScore = this.round(least - UNK_PENALTY);
    // A user-defined piece outscores any split of itself, so it is always taken whole.
    this.scores = Float64Array.from(pieces, ({ type, text, score }) =>
      type === "userDefined" ? Math.fround(byteLength(text) * most) - 0.1 : score,
    );
    const inText = pieces.flatMap(({ text, type }, id) =>
      type === "normal" || type === "userDefined" ? [[text, id] as const] : [],
    );
    this.trie = new ByteTrie(inText);
  }

  /** The best segmentation of normalised UTF-8. */
  segment(text: Uint8Array): Segmentation {
    this.forward(text);
    const { from, last, unkId } = this;
    const ids: number[] = [];
    const starts: number[] = [];
    for (let end = text.length; end > 0; end = from[end] as number) {
      const id = last[end] as number;
      if (id === unkId && ids.at(-1) === unkId) starts.pop();
      else ids.push(id);
      starts.push(from[end] as number);
    }
    return { ids: ids.reverse(), starts: starts.reverse() };
  }

  private forward(text: Uint8Array): void {
    const n = text.length;
    this.reserve(n + 1);
    const { trie, scores, unkScore, unkId, round, best, last, from } = this;
    const { values } = trie;
    from.fill(-1, 0, n + 1);
    best[0] = 0;
    let size = 1;
    for (let start = 0; start < n; start += size) {
      const here = best[start] as number;
      size = Math.min(utf8Length(text[start] as number), n - start);
      let characterIsPiece = false;
      let node = 0;
      for (let end = start; end < n; ) {
        node = trie.child(node, text[end++] as number);
        if (node < 0) break;
        const id = values[node] as number;
        if (id < 0) continue;
        const score = (scores[id] as number) + here;
        if (from[end] === -1 || score > (best[end] as number)) {
          best[end] = score;
          from[end] = start;
          last[end] = id;
        }
        if (end - start === size) characterIsPiece = true;
      }
      if (characterIsPiece) continue;
      const end = start + size;
      const score = round(unkScore + here);
      if (from[end] === -1 || score > (best[end] as number)) {
        best[end] = score;
        from[end] = start;
        last[end] = unkId;
      }
    }
  }

  private reserve(length: number): void {
    if (length <= this.best.length) return;
    const size = Math.max(length, 2 * this.best.length);
    this.best = new this.Scores(size);
    this.last = new Int32Array(size);
    this.from = new Int32Array(size);
  }
}
