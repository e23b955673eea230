import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeFiles, type Row, type Split, TRAIN, VALIDATION } from "../../scripts/superglue-mini.js";

const Mini = suite("tasks/superglue-mini");

const files = makeFiles();
const rowsOf = (name: string): Row[] =>
  files[name]
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
const [train, val] = [rowsOf("train.jsonl"), rowsOf("val.jsonl")];

/** The words and phrases of the tasks the small T5 was pre-trained on, from the readme of its weights. */
const SEEN = new Set(
  `Tom Alice Henry Lucy George Kate Simon Ruth Oscar Nina Walter Irene Hugo Clara Felix Martha Edgar Rose Victor Helen
  washed moved carried counted drew kicked saw wanted kept sent followed built missed shared dropped hid lifted weighed filled named
  table stone ship paper horse plate coat ring map lamp chair bottle basket wheel drum fence mirror bridge ladder candle
  London Paris Rome Berlin Madrid Vienna Boston Chicago Sydney Oslo`.split(/\s+/),
);
const SEEN_PREMISES = [
  "We are sure that {}.",
  "Indeed {}.",
  "It is known that {}.",
  "It is wrong that {}.",
  "Nobody says that {}.",
  "It is not so that {}.",
  "No, it is a lie that {}.",
  "I deny that {}.",
  "Maybe {}.",
  "Do you think {}?",
  "They asked if {}.",
  "Who can tell whether {}?",
  "It is possible that {}.",
];

const contentWords = ({ words }: Split): string[] => Object.values(words).flat() as string[];
const framesOf = ({ frames }: Split): string[] => Object.values(frames).flat() as string[];
const common = (a: readonly string[], b: Iterable<string>): string[] => {
  const other = new Set(b);
  return a.filter((x) => other.has(x));
};

Mini("the files in the repository are what the generator makes", () => {
  for (const [name, text] of Object.entries(files)) {
    const stored = readFileSync(new URL(`../../assets/superglue-mini/CB/${name}`, import.meta.url), "utf8");
    assert.is(stored, text, name);
  }
});

Mini("there are at least 250 training and 90 dev rows, and classes are equal to within 2", () => {
  assert.ok(train.length >= 250 && val.length >= 90);
  for (const rows of [train, val]) {
    const counts = ["entailment", "contradiction", "neutral"].map(
      (label) => rows.filter((r) => r.label === label).length,
    );
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 2, counts.join());
  }
});

Mini("no premise and no hypothesis is in both splits, and none is there twice", () => {
  for (const key of ["premise", "hypothesis"] as const) {
    assert.equal(
      common(
        train.map((r) => r[key]),
        val.map((r) => r[key]),
      ),
      [],
    );
    assert.is(new Set([...train, ...val].map((r) => r[key])).size, train.length + val.length);
  }
});

Mini("content words and templates of the splits are disjoint, and not those of the model's pre-training", () => {
  assert.equal(common(contentWords(VALIDATION), contentWords(TRAIN)), []);
  assert.equal(common(framesOf(VALIDATION), framesOf(TRAIN)), []);
  assert.equal(common([...contentWords(VALIDATION), ...contentWords(TRAIN)], SEEN), []);
  assert.equal(common([...framesOf(VALIDATION), ...framesOf(TRAIN)], SEEN_PREMISES), []);
});

Mini("rows hold just the declared words", () => {
  for (const [rows, split] of [
    [train, TRAIN],
    [val, VALIDATION],
  ] as const) {
    const known = new Set([...contentWords(split), "the", "in"]);
    for (const row of rows)
      assert.equal(
        row.hypothesis.split(" ").filter((word) => !known.has(word)),
        [],
      );
  }
});

Mini.run();
