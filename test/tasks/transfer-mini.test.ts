import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSentencePiece } from "../../lib/tokenizer/index.js";
import { VERDICTS } from "../../scripts/transfer-mini/questions.js";
import { allFiles, EVALUATED, HALVED } from "../../scripts/transfer-mini/sets.js";
import { SEEN, SEEN_PREMISES } from "../helpers/pre-training.js";
import { common, type Row, repeated, tally, wordsOf } from "../helpers/superglue-mini.js";
import {
  MRQA_SETS,
  mrqaLines,
  PAIR_SETS,
  pairRows,
  paragraphs,
  stored,
  storedFiles,
} from "../helpers/transfer-mini.js";

const Mini = suite("tasks/transfer-mini");

const SPLITS = ["train", "dev"] as const;
/** All words that train and validation, or two sets, may have in common: function words, and the two of the verdicts. */
const COMMON =
  wordsOf(`a and are as by did do does for from had have how in is it many of the there to was what which who
  whom with ${VERDICTS.join(" ")}`);

const told = (passages: readonly Row[]): string[] =>
  passages.flatMap(({ context, qas }) => [context, ...qas.map(({ question }: Row) => question)]);
/** All texts of a set, by split. */
const TEXTS: Readonly<Record<string, Readonly<Record<string, string[]>>>> = {
  ...Object.fromEntries(
    PAIR_SETS.map((set) => [
      set,
      Object.fromEntries(SPLITS.map((split) => [split, pairRows(set, split).flatMap(({ texts }) => texts)])),
    ]),
  ),
  SQuAD: Object.fromEntries(SPLITS.map((split) => [split, told(paragraphs(split))])),
  ...Object.fromEntries(MRQA_SETS.map((set) => [set, { dev: told(mrqaLines(set).slice(1)) }])),
};
const materials = [
  ...Object.values(HALVED).flatMap(({ MATERIAL }) => [MATERIAL.train, MATERIAL.validation]),
  ...Object.values(EVALUATED).map(({ MATERIAL }) => MATERIAL),
];
const MATERIALS: Readonly<Record<string, Readonly<Record<string, (typeof materials)[number]>>>> = {
  ...Object.fromEntries(
    Object.entries(HALVED).map(([set, { MATERIAL }]) => [set, { train: MATERIAL.train, dev: MATERIAL.validation }]),
  ),
  ...Object.fromEntries(Object.entries(EVALUATED).map(([set, { MATERIAL }]) => [set, { dev: MATERIAL }])),
};

Mini("the files in the repository are what the generators make, and no others", () => {
  const made = allFiles();
  assert.equal(storedFiles, [...Object.keys(made), "README.md"].sort());
  for (const [path, data] of Object.entries(made)) assert.ok(stored(path).equals(Buffer.from(data)), path);
});

Mini("all files together have less than half a megabyte", () => {
  assert.ok(storedFiles.map((path) => stored(path).length).reduce((a, b) => a + b) < 5e5);
});

Mini("the readme tells rows and examples of every file", () => {
  const readme = stored("README.md").toString();
  const questions = (passages: readonly Row[]): string =>
    `${passages.length} | ${passages.flatMap(({ qas }) => qas).length}`;
  for (const set of PAIR_SETS) {
    const [train, dev] = SPLITS.map((split) => pairRows(set, split).length);
    assert.ok(readme.includes(`| ${set} | ${train} | ${train} | ${dev} | ${dev} |`), set);
  }
  assert.ok(readme.includes(`| SQuAD | ${questions(paragraphs("train"))} | ${questions(paragraphs("dev"))} |`));
  for (const set of MRQA_SETS)
    assert.ok(readme.includes(`| ${set} | – | – | ${questions(mrqaLines(set).slice(1))} |`), set);
});

Mini("no two splits and no two sets have words in common but function words and the verdicts", () => {
  const all = Object.values(TEXTS).flatMap((splits) => Object.values(splits));
  for (const [i, texts] of all.entries())
    for (const others of all.slice(i + 1)) {
      const shared = common(texts.flatMap(wordsOf), others.flatMap(wordsOf));
      assert.equal(
        shared.filter((word) => !COMMON.includes(word)),
        [],
        `${texts[0]} / ${others[0]}`,
      );
    }
});

Mini("words and frames of all splits and sets are disjoint", () => {
  for (const key of ["words", "frames"] as const) assert.equal(repeated(materials.flatMap((m) => m[key])), []);
});

Mini("no set uses a content word or a premise of the model's pre-training", () => {
  assert.equal(common(Object.values(TEXTS).flatMap(Object.values).flat().flatMap(wordsOf), SEEN), []);
  assert.equal(
    common(
      materials.flatMap(({ frames }) => frames),
      SEEN_PREMISES,
    ),
    [],
  );
});

Mini("texts hold just the declared words, those of their frames, and the verdicts", () => {
  for (const [set, splits] of Object.entries(TEXTS))
    for (const [split, texts] of Object.entries(splits)) {
      const { words, frames } = MATERIALS[set][split];
      const plain = frames.map((frame) => frame.replace(/\{\w*\}/g, ""));
      const known = new Set([...words, ...plain, ...VERDICTS].flatMap(wordsOf));
      assert.equal(
        texts.flatMap(wordsOf).filter((word) => !known.has(word)),
        [],
        set,
      );
    }
});

Mini("no sentence of a pair is there twice, nor is a context", () => {
  for (const set of PAIR_SETS) assert.equal(repeated(SPLITS.flatMap((split) => TEXTS[set][split])), [], set);
  const contexts = [
    ...SPLITS.flatMap((split) => paragraphs(split)),
    ...MRQA_SETS.flatMap((set) => mrqaLines(set).slice(1)),
  ].map(({ context }) => context);
  assert.equal(repeated(contexts), []);
});

Mini("paraphrases and other pairs are as many, and no word tells them apart", () => {
  for (const set of PAIR_SETS)
    for (const split of SPLITS) {
      const rows = pairRows(set, split);
      const [other, same] = ["0", "1"].map((label) => rows.filter((row) => row.label === label));
      assert.is(other.length, same.length, `${set} ${split}`);
      const [a, b] = [other, same].map((kind) => tally(kind.flatMap(({ texts }) => texts.flatMap(wordsOf))));
      for (const word of Object.keys({ ...a, ...b })) {
        const [n, m] = [a[word] ?? 0, b[word] ?? 0];
        // Two and a half standard deviations of a fair coin: the frames of a pair are drawn.
        assert.ok(Math.abs(n - m) <= 2.5 * Math.sqrt(n + m), `${set} ${split}, ${word}: ${n}, ${m}`);
      }
    }
});

Mini(
  "a paraphrase has all words of what it tells again, or a verb of the same meaning; other pairs share no such word",
  () => {
    for (const set of PAIR_SETS)
      for (const split of SPLITS) {
        const words = new Set(MATERIALS[set][split].words.flatMap(wordsOf));
        const content = (text: string): string[] => wordsOf(text).filter((word) => words.has(word));
        const kinds = pairRows(set, split).map(({ texts: [one, two], label }) => {
          assert.is(content(one).length, 4, one);
          return `${label} ${common(content(one), content(two)).length}`;
        });
        const sixth = kinds.length / 6;
        assert.equal(tally(kinds), { "1 3": sixth, "0 0": 3 * sixth, "1 4": 2 * sixth }, `${set} ${split}`);
      }
  },
);

Mini("a third of the questions ask for a verdict, positive and negative ones as often", () => {
  const all = [...SPLITS.map((split) => paragraphs(split)), ...MRQA_SETS.map((set) => mrqaLines(set).slice(1))];
  for (const passages of all) {
    const answers = passages.flatMap(({ qas }) => qas.map((qa: Row) => qa.answers[0].text ?? qa.answers[0]));
    const counts = tally(answers.filter((text) => VERDICTS.includes(text)));
    assert.equal(
      VERDICTS.map((verdict) => counts[verdict]),
      VERDICTS.map(() => answers.length / 6),
    );
  }
});

Mini("inputs have at most 90 tokens of the small T5", () => {
  const tokenizer = parseSentencePiece(readFileSync(new URL("../../assets/t5-nano/spiece.model", import.meta.url)));
  const inputs = [
    ...PAIR_SETS.flatMap((set) => SPLITS.flatMap((split) => pairRows(set, split).map(({ texts }) => texts.join(" ")))),
    ...[...SPLITS.map((split) => paragraphs(split)), ...MRQA_SETS.map((set) => mrqaLines(set).slice(1))]
      .flat()
      .flatMap(({ context, qas }) => qas.map(({ question }: Row) => `question: ${question} context: ${context}`)),
  ];
  const longest = inputs.map((text) => tokenizer.encode(text).length).reduce((a, b) => Math.max(a, b));
  assert.ok(longest <= 90, `${longest}`);
});

Mini.run();
