import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Normalizer } from "../../lib/tokenizer/normalizer.js";
import type { NormalizerSpec } from "../../lib/tokenizer/sentencepiece-model.js";
import { charsMap } from "./model-file.js";

const Suite = suite("tokenizer/normalizer");

const RULES: Readonly<Record<string, string>> = {
  "\t": " ",
  "\n": " ",
  "\u3000": " ",
  "\u0001": "",
  "\u00a0": " ",
  "\u00b4": " \u0301", // begins with a space, as NFKC has it
  "\ufdfa": "a b c d e f", // grows
  "A\u030a": "Å",
  Ｘ: "X",
  "\r\n": " ",
  "~": "to",
};

const SPEC: NormalizerSpec = {
  charsMap: charsMap(RULES),
  addDummyPrefix: true,
  removeExtraWhitespaces: true,
  escapeWhitespaces: true,
};

const normalizer = (changes: Partial<NormalizerSpec> = {}, symbols: readonly string[] = []) => {
  const made = new Normalizer({ ...SPEC, ...changes }, symbols);
  return (text: string): string => Buffer.from(made.normalize(text)).toString();
};

Suite("characters are mapped, also by rules of two characters", () => {
  const normalize = normalizer();
  assert.is(normalize("ＸA\u030aA"), "▁XÅA");
  assert.is(normalize("a\r\nb\rc"), "▁a▁b\rc");
  assert.is(normalize("a\u0001b"), "▁ab");
  assert.is(normalize("x\ufdfa"), "▁xa▁b▁c▁d▁e▁f");
});

Suite("text that grows has room", () => {
  const rules = { "1": "eight to ten", "2": "1234567", "3": "        " };
  const normalize = normalizer({ charsMap: charsMap(rules), removeExtraWhitespaces: false, addDummyPrefix: false });
  for (let count = 1; count < 200; count += 11) {
    assert.is(normalize("1".repeat(count)), "eight▁to▁ten".repeat(count));
    assert.is(
      normalizer({ charsMap: charsMap(rules), addDummyPrefix: false })("2".repeat(count)),
      "1234567".repeat(count),
    );
    assert.is(
      normalizer({ charsMap: charsMap(rules), removeExtraWhitespaces: false })("3".repeat(count)),
      "▁".repeat(8 * count + 1),
    );
  }
});

Suite("white space at both ends goes and runs become one", () => {
  const normalize = normalizer();
  assert.is(normalize(" \t a \n\u3000 b  "), "▁a▁b");
  assert.is(normalize("a \u00b4b"), "▁a▁\u0301b");
  for (const blank of ["", " ", "\t\u3000", "\u0001", "\u0001 "])
    assert.is(normalize(blank), "", JSON.stringify(blank));
});

Suite("a literal mark at the end counts as a space", () => {
  assert.is(normalizer()("a▁ ▁"), "▁a");
});

Suite("each flag can be off", () => {
  assert.is(normalizer({ addDummyPrefix: false })(" a  b "), "a▁b");
  assert.is(normalizer({ removeExtraWhitespaces: false })(" a  b "), "▁▁a▁▁b▁");
  assert.is(normalizer({ removeExtraWhitespaces: false })("\u3000\u3000a"), "▁▁▁a");
  assert.is(normalizer({ escapeWhitespaces: false })(" a  b "), " a b");
  assert.is(normalizer({ charsMap: new Uint8Array() })("Ｘ\ta  b"), "▁Ｘ\ta▁b");
});

Suite("symbols pass unchanged", () => {
  const normalize = normalizer({}, ["ＸＸ", "<t\t>"]);
  assert.is(normalize("ＸＸＸ"), "▁ＸＸX");
  assert.is(normalize("a<t\t><t"), "▁a<t\t><t");
});

Suite("half a surrogate pair counts as U+FFFD", () => {
  assert.is(normalizer()("a\ud800b"), "▁a\ufffdb");
});

Suite("any text gives what applying the rules one by one gives, whatever came before", () => {
  const normalize = normalizer();
  const keys = Object.keys(RULES).sort((a, b) => b.length - a.length);
  const slow = (text: string): string => {
    const units: string[] = [];
    for (let at = 0; at < text.length; ) {
      const key = keys.find((k) => text.startsWith(k, at)) ?? String.fromCodePoint(text.codePointAt(at) as number);
      units.push(RULES[key] ?? key);
      at += key.length;
    }
    // Without literal marks, merging spaces afterwards is the same as while going.
    const merged = units.join("").replace(/ +/g, " ").replace(/^ | $/g, "");
    return merged === "" ? "" : `▁${merged.replaceAll(" ", "▁")}`;
  };
  const unit = fc.constantFrom("a", "A", " ", "  ", "\u030a", "é", "😀", ...Object.keys(RULES));
  const text = fc.array(unit, { maxLength: 400 }).map((units) => units.join(""));
  fc.assert(fc.property(text, (x) => assert.is(normalize(x), slow(x))));
});

Suite.run();
