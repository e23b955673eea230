import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dropFirstWord, joinTexts, padPunctuation, stsbTarget } from "../../lib/tasks/text.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";

const Text = suite("tasks/text");
const files = goldenFiles(Text, "tasks/text.test.ts");

interface GoldenFile {
  readonly functions: readonly {
    readonly input: string;
    readonly pad_punctuation: string;
    readonly string_join_with_x: string;
    readonly remove_first_text_token: string;
  }[];
  readonly stsb_targets: readonly { readonly label: number; readonly expected: string }[];
}

const read = (root: string): GoldenFile => files.open<GoldenFile>(root, "tasks/strings.json");

withShared(Text, "odd texts are padded, joined and shortened as the reference does it", (root) => {
  const { functions } = read(root);
  for (const row of functions) {
    assert.is(padPunctuation(row.input), row.pad_punctuation, row.input);
    assert.is(joinTexts(["x", row.input, "x"]), row.string_join_with_x, row.input);
    assert.is(dropFirstWord(row.input), row.remove_first_text_token, row.input);
  }
  assert.is(functions.length, 70);
});

withShared(Text, "similarities become the reference's fifths", (root) => {
  const { stsb_targets } = read(root);
  for (const { label, expected } of stsb_targets) assert.is(stsbTarget(label), expected, `${label}`);
  assert.is(stsb_targets.length, 79);
});

Text("every ASCII punctuation character is padded, and no other character", () => {
  for (let code = 1; code < 0x100; code++) {
    const char = String.fromCharCode(code);
    const isMark = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".includes(char);
    const isSpace = "\t\n\f\r ".includes(char);
    assert.is(
      padPunctuation(`a${char}b`),
      isMark ? `a ${char} b` : isSpace ? "a b" : `a${char}b`,
      `U+${code.toString(16)}`,
    );
  }
});

Text("of two equally near fifths the even one is the target", () => {
  assert.equal([0.1, 0.3, 0.5, 2.5, 2.7, 2.9, -1].map(stsbTarget), ["0.0", "0.4", "0.4", "2.4", "2.8", "2.8", "-1.0"]);
});

Text("a text without a space keeps its first word", () => {
  assert.is(dropFirstWord("qqp"), "qqp");
  assert.is(dropFirstWord(" a b"), "a b");
  assert.is(dropFirstWord("a\nb c"), "c");
});

Text.run();
