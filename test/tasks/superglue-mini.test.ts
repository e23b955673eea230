import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSentencePiece } from "../../lib/tokenizer/index.js";
import { type Split, TRAIN, VALIDATION } from "../../scripts/superglue-mini/cb.js";
import { allFiles, DIAGNOSTIC, HALVED } from "../../scripts/superglue-mini/sets.js";
import { SEEN, SEEN_PREMISES } from "../helpers/pre-training.js";
import {
  common,
  DIAGNOSTIC_NAMES,
  HALVED_NAMES,
  inputsOf,
  type Row,
  repeated,
  splitsOf,
  stored,
  storedFiles,
  storedRows,
  wordsOf,
} from "../helpers/superglue-mini.js";

const Mini = suite("tasks/superglue-mini");

/** All words that train and validation may have in common, but for CB: function words, those of frames, those of the layout. */
const COMMON =
  wordsOf(`a all an and as at be both by for from had he if in into is it its no nobody not of on out say she so that the to
  too two under was we who with above whether everyone; certain doubt fact right true;
  choice cause effect hypothesis premise question passage answer paragraph query entities sentence word placeholder`);

const contentWords = ({ words }: Split): string[] => Object.values(words).flat() as string[];
const framesOf = ({ frames }: Split): string[] => Object.values(frames).flat() as string[];
const CB = {
  train: { words: contentWords(TRAIN), frames: framesOf(TRAIN) },
  validation: { words: contentWords(VALIDATION), frames: framesOf(VALIDATION) },
};
const materials = [CB, ...HALVED_NAMES.map((name) => HALVED[name].MATERIAL)];
const inputs = (rows: readonly Row[]): string[] => rows.flatMap(inputsOf);

Mini("the files in the repository are what the generators make, and no others", () => {
  const made = allFiles();
  assert.equal(storedFiles, [...Object.keys(made), "README.md"].sort());
  for (const [path, text] of Object.entries(made)) assert.is(stored(path), text, path);
});

Mini("all files together have less than a megabyte", () => {
  const bytes = storedFiles.map((path) => Buffer.byteLength(stored(path)));
  assert.ok(bytes.reduce((a, b) => a + b) < 1e6, bytes.join());
});

Mini("the readme tells rows and examples of every file", () => {
  const readme = stored("README.md");
  const count = (path: string): string => `${storedRows(path).length} | ${inputs(storedRows(path)).length}`;
  for (const name of ["CB", ...HALVED_NAMES])
    assert.ok(readme.includes(`| ${name} | ${count(`${name}/train.jsonl`)} | ${count(`${name}/val.jsonl`)} |`), name);
  for (const name of DIAGNOSTIC_NAMES)
    assert.ok(readme.includes(`| ${name} | – | – | ${count(`${name}/${name}.jsonl`)} |`), name);
});

Mini("there are 240 to 400 examples to train on and 100 to 150 to validate on", () => {
  for (const name of ["CB", ...HALVED_NAMES]) {
    const { train, validation } = splitsOf(name);
    const [n, m] = [inputs(train).length, inputs(validation).length];
    assert.ok(n >= 240 && n <= 400 && m >= 100 && m <= 150, `${name}: ${n}, ${m}`);
  }
  for (const name of DIAGNOSTIC_NAMES) {
    const n = storedRows(`${name}/${name}.jsonl`).length;
    assert.ok(n >= 40 && n <= 60, `${name}: ${n}`);
  }
});

Mini("the splits have no words in common but function words and words of frames", () => {
  for (const name of HALVED_NAMES) {
    const { train, validation } = splitsOf(name);
    const shared = common(inputs(train).flatMap(wordsOf), inputs(validation).flatMap(wordsOf));
    assert.equal(
      shared.filter((word) => !COMMON.includes(word)),
      [],
      name,
    );
  }
});

Mini("no input and no sentence is in both splits, and no input is there twice", () => {
  // A clause of two words or fewer is a highlight's or an answer's; those come again within their split.
  const sentences = (texts: string[]) =>
    texts.flatMap((text) => text.split(/[.?:\n] ?/)).filter((s) => wordsOf(s).length > 2);
  for (const name of ["CB", ...HALVED_NAMES]) {
    const { train, validation } = splitsOf(name);
    assert.equal(repeated([...inputs(train), ...inputs(validation)]), [], name);
    assert.equal(common(sentences(inputs(train)), sentences(inputs(validation))), [], name);
  }
  for (const name of DIAGNOSTIC_NAMES) assert.equal(repeated(inputs(storedRows(`${name}/${name}.jsonl`))), [], name);
});

/** The texts of which none may come twice within a split. */
const UNIQUE: Readonly<Record<string, (row: Row) => string[]>> = {
  CB: (row) => [row.premise, row.hypothesis],
  BoolQ: (row) => [row.question, row.passage, ...row.passage.split(" -- ")[1].split(". ")],
  COPA: (row) => [row.premise],
  MultiRC: (row) => row.passage.text.split(/(?<=\.) /),
  ReCoRD: (row) => row.passage.text.split("\n@highlight\n")[0].split(/(?<=\.) /),
  RTE: (row) => [row.premise, row.hypothesis],
  WiC: (row) => [row.sentence1, row.sentence2],
  WSC: (row) => [row.text],
};

Mini("premises, passages and their sentences, questions about them and sentences are there once", () => {
  for (const [name, texts] of Object.entries(UNIQUE))
    for (const rows of Object.values(splitsOf(name))) assert.equal(repeated(rows.flatMap(texts)), [], name);
});

Mini("words and frames of the halves are disjoint, in all sets together and with CB's", () => {
  for (const key of ["words", "frames"] as const) {
    const of = (half: "train" | "validation") => materials.flatMap((material) => material[half][key]);
    assert.equal(common(of("train"), of("validation")), []);
    for (const { train, validation } of materials) assert.equal(repeated([...train[key], ...validation[key]]), []);
  }
});

Mini("no set uses a content word or a premise of the model's pre-training", () => {
  const texts = storedFiles.filter((path) => path.endsWith(".jsonl")).flatMap((path) => inputs(storedRows(path)));
  assert.equal(common(texts.flatMap(wordsOf), SEEN), []);
  const all = [
    ...materials.flatMap(({ train, validation }) => [train, validation]),
    ...Object.values(DIAGNOSTIC).map((d) => d.MATERIAL),
  ];
  assert.equal(
    common(
      all.flatMap(({ frames }) => frames),
      SEEN_PREMISES,
    ),
    [],
  );
});

Mini("rows hold just the declared words and those of their half's frames", () => {
  const check = (
    rows: readonly Row[],
    { words, frames }: { words: readonly string[]; frames: readonly string[] },
    name: string,
  ) => {
    const plain = frames.map((frame) => frame.replace(/\{\w*\}/g, ""));
    const layout = `choice cause effect hypothesis premise question passage answer paragraph query entities sentence word placeholder`;
    const known = new Set([...words, ...plain, layout, "the in on and he she it"].flatMap(wordsOf));
    assert.equal(
      inputs(rows)
        .flatMap(wordsOf)
        .filter((word) => !known.has(word)),
      [],
      name,
    );
  };
  for (const half of ["train", "validation"] as const) {
    check(splitsOf("CB")[half], CB[half], "CB");
    for (const name of HALVED_NAMES) check(splitsOf(name)[half], HALVED[name].MATERIAL[half], name);
  }
  for (const name of DIAGNOSTIC_NAMES) check(storedRows(`${name}/${name}.jsonl`), DIAGNOSTIC[name].MATERIAL, name);
});

Mini("inputs have at most 70 tokens of the small T5, ReCoRD's 115", () => {
  const bytes = readFileSync(new URL("../../assets/t5-nano/spiece.model", import.meta.url));
  const tokenizer = parseSentencePiece(bytes);
  for (const path of storedFiles.filter((name) => name.endsWith(".jsonl"))) {
    const longest = Math.max(...inputs(storedRows(path)).map((text) => tokenizer.encode(text).length));
    assert.ok(longest <= (path.startsWith("ReCoRD") ? 115 : 70), `${path}: ${longest}`);
  }
});

Mini.run();
