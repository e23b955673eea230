/** @file The tasks that small models are pre-trained on: the same rows each time, right answers, and nothing of the sets that test the models. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FAMILY_NAMES, familyTasks, rowsOf } from "../../scripts/models/tasks.js";
import { FRAMES, MOODS, NAMES, NOUNS, PLACES, PRONOUNS, SENSES, VERBS } from "../../scripts/models/words.js";
import { common, inputsOf, storedFiles, storedRows, wordsOf } from "../helpers/superglue-mini.js";

const Models = suite("tasks/models");
const ROWS = 300;
const texts = storedFiles
  .filter((path) => path.endsWith(".jsonl"))
  .flatMap((path) => storedRows(path).flatMap(inputsOf));
/** A text without the gaps, marks and cases that its uses differ in. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z ]/g, " ")
    .replace(/\s+/g, " ")
    .trim();

Models("no content word is in the sets that test the models", () => {
  const content = [...NAMES, ...VERBS, ...NOUNS, ...PLACES].flatMap(wordsOf);
  assert.equal(common(new Set(texts.flatMap(wordsOf)), new Set(content)), []);
  const senses = SENSES.map(([[sentence]]) => /\*(\w+)\*/.exec(sentence)?.[1] as string);
  assert.equal(common(new Set(texts.flatMap(wordsOf)), new Set(senses)), []);
});

Models("no part of a frame between its gaps is in the sets that test the models", () => {
  const all = ` ${texts.map(plain).join(" ")} `;
  const frames = [...Object.values(FRAMES).flat(), ...Object.values(MOODS).flat(), ...PRONOUNS.map(([text]) => text)];
  const parts = frames
    .flatMap((frame) => frame.split(/\{\w*\}/))
    .map(plain)
    .filter((part) => part.split(" ").length > 2);
  assert.ok(parts.length > 20, `${parts.length} parts`);
  assert.equal(
    parts.filter((part) => all.includes(` ${part} `)),
    [],
  );
});

Models("rows are the same each time, whatever their number, and seldom repeated", () => {
  for (const name of FAMILY_NAMES) {
    const rows = rowsOf(name, ROWS);
    assert.equal(rows, rowsOf(name, ROWS + 5).slice(0, ROWS), name);
    const different = new Set(rows.map(({ input }) => input)).size;
    assert.ok(different > ROWS / 3, `${name}: ${different} of ${ROWS}`);
  }
});

Models("every answer of a family with few of them comes often", () => {
  for (const name of FAMILY_NAMES) {
    const counts = new Map<string, number>();
    for (const { target } of rowsOf(name, ROWS)) counts.set(target, (counts.get(target) ?? 0) + 1);
    if (counts.size > 3) continue;
    for (const [target, count] of counts) assert.ok(count > ROWS / 5, `${name}: ${target} ${count} times`);
  }
});

Models("answers are those that the text gives", () => {
  for (const { input, target } of rowsOf("who", ROWS)) {
    const [, verb, noun] = /who (\w+) the (\w+)\?$/.exec(input) as RegExpExecArray;
    assert.ok(input.includes(`${target} ${verb} the ${noun} in`), input);
  }
  for (const { input, target } of rowsOf("answer", ROWS)) {
    const [, verb, name] = /^who (\w+) something\? reply: (\w+)\./.exec(input) as RegExpExecArray;
    assert.is(String(input.includes(`${name} ${verb} the`)), target.toLowerCase(), input);
  }
  for (const { input, target } of rowsOf("bool", ROWS)) {
    const [, text, clause] = /^text: (.*) question: did this happen, (.*)$/.exec(input) as RegExpExecArray;
    assert.is(String(text.includes(`${clause}.`)), target.toLowerCase(), input);
  }
  for (const { input, target } of rowsOf("copy", ROWS)) {
    const [, list, place] = /^list: (.*)\. (\w+) word$/.exec(input) as RegExpExecArray;
    assert.is(list.split(" ")[["first", "second", "third"].indexOf(place)], target, input);
  }
});

Models("families are tasks with the rows that were asked for", async () => {
  assert.equal(
    familyTasks(2).map(({ name }) => name),
    FAMILY_NAMES,
  );
});

Models.run();
