import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Piece, PieceType } from "../../lib/tokenizer/sentencepiece-model.js";
import { Unigram } from "../../lib/tokenizer/unigram.js";

const Suite = suite("tokenizer/unigram");

const UNK = 0;
const piece = (text: string, score: number, type: PieceType = "normal"): Piece => ({ text, score, type });
const unigram = (...pieces: Piece[]) => new Unigram([piece("<unk>", 0, "unknown"), ...pieces], UNK);
const segment = (model: Unigram, text: string) => model.segment(Buffer.from(text));

Suite("the likeliest pieces are taken", () => {
  const model = unigram(piece("a", -1), piece("b", -1), piece("ab", -1.5), piece("aba", -4));
  assert.equal(segment(model, "aba"), { ids: [3, 1], starts: [0, 2] });
});

Suite("neighbouring unknown characters share one id and one start", () => {
  const model = unigram(piece("a", -1));
  assert.equal(segment(model, "éxa😀éa"), { ids: [UNK, 1, UNK, 1], starts: [0, 3, 4, 10] });
});

Suite("an unknown character costs ten more than the worst piece", () => {
  // The worst piece is ab. p|ab against pa|b with b unknown: they tie where pa is ten better than p.
  const split = (pa: number): number[] =>
    segment(unigram(piece("p", -20), piece("ab", -30), piece("pa", pa)), "pab").ids;
  assert.equal(split(-20 + 9.5), [1, 2]);
  assert.equal(split(-20 + 10.5), [3, UNK]);
});

Suite("of two equal paths the one found first stays: the longest last piece", () => {
  const model = unigram(piece("g", -2), piece("gg", -2));
  assert.equal(segment(model, "ggg").ids, [1, 2]);
});

Suite("sums are stored in float32 and compared in float64, as in the reference", () => {
  // a|bc and ab|c have the same exact sum s. The first is stored as float32(s); the second, not yet rounded, replaces it
  // where s > float32(s), and does not where s < float32(s). Plain float64 would keep the first in both cases.
  const tail = (score: number): number[] => {
    const model = unigram(
      piece("a", -4096),
      piece("b", -9000),
      piece("c", score),
      piece("ab", -4096),
      piece("bc", score),
    );
    return segment(model, "abc").ids;
  };
  const up = -4096 - 2 ** -13; // float32 has steps of 2^-11 above 4096, so this is stored as -4096
  assert.ok(up < Math.fround(up));
  assert.equal(tail(-(2 ** -13)), [1, 5]);
  const down = -4096 - 2 ** -11 + 2 ** -13; // stored as -4096 - 2^-11
  assert.ok(down > Math.fround(down));
  assert.equal(tail(-(2 ** -11) + 2 ** -13), [4, 3]);
});

Suite("a sum that ends with an unknown character is rounded before it is compared", () => {
  // p|ab and pa|b have the same exact sum again, above its float32 value; unlike a piece, unknown b does not replace ab.
  const model = unigram(piece("p", -4106), piece("ab", -5000 + 2 ** -11), piece("pa", -4096));
  assert.ok(-9106 + 2 ** -11 > Math.fround(-9106 + 2 ** -11));
  assert.equal(segment(model, "pab").ids, [1, 2]);
});

Suite("a user-defined piece is taken whole at the reference's score of -0.1, an unused one never", () => {
  const model = unigram(piece("a", -1), piece("b", -1), piece("ab", 0, "userDefined"), piece("ba", -0.001, "unused"));
  assert.equal(segment(model, "babab").ids, [2, 3, 3]);
  const rival = unigram(piece("a", -0.01), piece("b", -0.02), piece("ab", 0, "userDefined"));
  assert.equal(segment(rival, "ab").ids, [1, 2]);
});

Suite("control and unknown pieces are not found in text", () => {
  const model = unigram(piece("<", -1), piece("p", -1), piece(">", -1), piece("<p>", 5, "control"));
  assert.equal(segment(model, "<p>").ids, [1, 2, 3]);
});

Suite("no other segmentation of a short text scores more", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "é"), maxLength: 7 });
  const key = fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: 3 });
  const score = fc.integer({ min: -80, max: -1 }).map((n) => n / 8); // sums are exact
  const pieces = fc.uniqueArray(fc.record({ text: key, score }), {
    selector: (p) => p.text,
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(pieces, text, (list, x) => {
      const model = unigram(...list.map((p) => piece(p.text, p.score)));
      const unk = Math.min(...list.map((p) => p.score)) - 10;
      const best = (rest: string): number =>
        rest === ""
          ? 0
          : Math.max(
              unk + best(rest.slice(1)),
              ...list.filter((p) => rest.startsWith(p.text)).map((p) => p.score + best(rest.slice(p.text.length))),
            );
      const { ids, starts } = segment(model, x);
      const bytes = Buffer.from(x);
      const score = ids.reduce((sum, id, i) => {
        const part = bytes.subarray(starts[i], starts[i + 1]).toString();
        if (id === UNK) return sum + unk * part.length;
        assert.is(part, list[id - 1]?.text);
        return sum + (list[id - 1]?.score ?? NaN);
      }, 0);
      assert.is(score, best(x));
    }),
  );
});

Suite.run();
