/** @file Steps of a file that would make a text grow without bound: each ends with a typed error, before memory does. */
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { orThrow } from "../../lib/edge/either.js";
import { parseSentencePieceE } from "../../lib/tokenizer/sentencepiece.js";
import { parseTokenizerJsonE } from "../../lib/tokenizer/tokenizer-json.js";
import { charsMap, modelFile, SPECIALS } from "./model-file.js";
import { tokenizerJson } from "./tokenizer-json-file.js";

const Suite = suite("tokenizer/growth");

const replace = (from: string, content: string) => ({ type: "Replace", pattern: { String: from }, content });
const sequence = (normalizers: readonly object[]) => ({ type: "Sequence", normalizers });
const precompiled = (rules: Readonly<Record<string, string>>) => ({
  type: "Precompiled",
  precompiled_charsmap: Buffer.from(charsMap(rules)).toString("base64"),
});
const ofJson = (parts: object) => parseTokenizerJsonE(tokenizerJson([["▁a", -1]], parts));
const ofMap = (rules: Readonly<Record<string, string>>) =>
  parseSentencePieceE(modelFile({ pieces: SPECIALS, charsMap: charsMap(rules) }));

const messageOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    assert.ok(isFluxionError(error, "DataError"), String(error));
    return error.message;
  }
  return assert.unreachable("it was taken") as never;
};

Suite("a chain of replacements, one that is long and one that stands between all letters end", () => {
  const tenfold = sequence(Array.from({ length: 20 }, () => replace("a", "a".repeat(10))));
  const long = replace("a", "b".repeat(1e6));
  const between = replace("", "b".repeat(1000));
  const map = sequence(Array.from({ length: 4 }, () => precompiled({ a: "a".repeat(1000) })));
  for (const normalizer of [tenfold, long, between, map]) {
    const tokenizer = orThrow(ofJson({ normalizer }));
    assert.match(
      messageOf(() => tokenizer.encode("a".repeat(1000))),
      /normalisation makes a text too long\n {2}expected {2}at most 64 times its length/,
    );
    assert.equal(tokenizer.encode("c").at(-1), 2, "other texts are read");
  }
});

Suite("the map of a SentencePiece model is bounded, as a whole and in each replacement", () => {
  const wide = orThrow(ofMap({ é: "a".repeat(4000) }));
  assert.match(
    messageOf(() => wide.encode("é".repeat(1000))),
    /normalisation makes a text too long/,
  );
  const spaces = orThrow(ofMap({ é: " ".repeat(5000) }));
  assert.match(
    messageOf(() => spaces.encode("é")),
    /a replacement of more than 4096 bytes/,
  );
});

Suite("a hundred thousand added tokens are found as quickly as ten, and one of a million letters is refused", () => {
  const token = (content: string, i: number) => ({ id: 3 + i, content, lstrip: false, rstrip: false, special: false });
  const tokens = Array.from({ length: 100_000 }, (_, i) => token(`<t${i}>`, i));
  const tokenizer = orThrow(parseSentencePieceE(modelFile({ pieces: SPECIALS }), { extraIds: 0, addedTokens: tokens }));
  assert.equal(tokenizer.encode("<t7><t77777>"), [10, 77780]);
  const long = [token("x".repeat(1e6), 0)];
  const made = parseSentencePieceE(modelFile({ pieces: SPECIALS }), { extraIds: 0, addedTokens: long });
  assert.match(E.isLeft(made) ? made.left.message : "", /an added token is too long[\s\S]*at most 1000/);
});

Suite("lists of steps are short, and the mark of a space is one character", () => {
  const message = (parts: object): string => {
    const made = ofJson(parts);
    return E.isLeft(made) ? made.left.message : "";
  };
  assert.match(
    message({ normalizer: sequence(new Array(33).fill(replace("a", "b"))) }),
    /too many steps\n {2}expected {2}at most 32/,
  );
  assert.match(
    message({ pre_tokenizer: { type: "Sequence", pretokenizers: new Array(33).fill({ type: "WhitespaceSplit" }) } }),
    /got {7}33/,
  );
  const mark = { type: "Metaspace", replacement: "▁▁", prepend_scheme: "always", split: true };
  assert.match(message({ pre_tokenizer: mark }), /one character/);
});

Suite.run();
