import { suite } from "uvu";
import * as assert from "uvu/assert";
import { normalizeSquad, normalizeTriviaQa } from "../../lib/metrics/index.js";
import { lower, splitWords, stringToFloat, strip, stripStart, wholeNumber } from "../../lib/metrics/python-text.js";
import { assertMetric, type GoldenNumber } from "../helpers/answered.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";

const PythonText = suite("metrics/python-text");
const files = goldenFiles(PythonText, "metrics/python-text.test.ts");

interface GoldenFile {
  readonly functions: readonly {
    readonly input: string;
    readonly normalize_squad: string;
    readonly normalize_trivia_qa: string;
    readonly python_strip: string;
    readonly python_split: readonly string[];
    readonly python_lower: string;
  }[];
  readonly string_to_float: readonly { readonly input: string; readonly expected: GoldenNumber }[];
}

const read = (root: string): GoldenFile => files.open<GoldenFile>(root, "tasks/strings.json");

withShared(PythonText, "odd texts are stripped, split, put in lower case and normalised as Python does it", (root) => {
  const { functions } = read(root);
  for (const row of functions) {
    const { input } = row;
    assert.is(strip(input), row.python_strip, input);
    assert.equal(splitWords(input), row.python_split, input);
    assert.is(lower(input), row.python_lower, input);
    assert.is(normalizeSquad(input), row.normalize_squad, input);
    assert.is(normalizeTriviaQa(input), row.normalize_trivia_qa, input);
  }
  assert.is(functions.length, 70);
});

withShared(PythonText, "texts are read as numbers as Python's float reads them", (root) => {
  const rows = read(root).string_to_float;
  for (const { input, expected } of rows) assertMetric(stringToFloat(input), expected, JSON.stringify(input));
  assert.is(rows.length, 31);
});

/** Of Unicode's white space, and the controls that Python takes for it: all. */
const SPACES = [
  ..."\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
];
const SEPARATORS = [..."\u001c\u001d\u001e\u001f"];

PythonText("white space is Unicode's and four separators, which no number may have around it", () => {
  for (const space of [...SPACES, ...SEPARATORS]) {
    const text = `${space}${space}a${space}b${space}`;
    assert.is(strip(text), `a${space}b`);
    assert.is(stripStart(text), `a${space}b${space}`);
    assert.equal(splitWords(text), ["a", "b"]);
  }
  for (const space of SPACES) assert.is(stringToFloat(`${space}1${space}${space}`), 1);
  // Python's float does not take them for white space.
  for (const separator of SEPARATORS) assert.is(stringToFloat(`${separator}1`), -1);
  for (const none of ["\ufeff", "\u200b", "\u180e", "\u0008", "\u000e", "\u001b", "!"]) assert.is(strip(none), none);
});

PythonText("every digit of Unicode has the value that its place among ten gives", () => {
  // Thai, fullwidth, and the five alphabets of mathematical digits, which stand side by side.
  for (const [zero, count] of [
    [0x0e50, 10],
    [0xff10, 10],
    [0x1d7ce, 50],
  ]) {
    for (let i = 0; i < count; i++) assert.is(stringToFloat(String.fromCodePoint(zero + i)), i % 10);
  }
  assert.is(stringToFloat("\u0664_\u06620.\uff15e\u0661"), 4205);
});

PythonText("underscores stand between digits only", () => {
  for (const text of ["1_", "_1", "1__0", "1_.5", "1._5", "1e_5", "1e5_", "+_1", "1_e5"]) {
    assert.is(stringToFloat(text), -1, text);
  }
  assert.is(stringToFloat("1_0.2_5e+0_1"), 102.5);
});

PythonText("signs, points and exponents stand where they may", () => {
  const good: readonly (readonly [string, number])[] = [
    ["-.5E-1", -0.05],
    ["+5.", 5],
    ["-1e2", -100],
    ["007", 7],
    ["-inf", -Infinity],
  ];
  for (const [text, value] of good) assert.is(stringToFloat(text), value, text);
  for (const text of [
    "+-1",
    "1e",
    "e1",
    ".",
    "-",
    "1 2",
    "1e1.5",
    "in",
    "infin",
    "infinityx",
    "nanx",
    "xnan",
    "xinf",
    "1inf",
  ]) {
    assert.is(stringToFloat(text, -7), -7, text);
  }
  assert.is(stringToFloat("+Inf"), Infinity);
  assertMetric(stringToFloat("-nAn"), "NaN", "-nAn");
});

PythonText("a word of digits is a whole number", () => {
  const words = ["12", "1_0", "\u0663", "", "x", "1x", "x1", "1_", "1__0"];
  assert.equal(words.map(wholeNumber), [12, 10, 3, ...Array(6).fill(undefined)]);
});

PythonText.run();
