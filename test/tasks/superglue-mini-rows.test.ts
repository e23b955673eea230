import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DENYING, MEN, NAMES, NOUNS, PLACES, WOMEN } from "../../scripts/superglue-mini/words.js";
import { withShared } from "../helpers/shared.js";
import {
  HALVED_NAMES,
  type Row,
  splitsOf,
  storedFiles,
  storedRows,
  tally,
  wordsOf,
} from "../helpers/superglue-mini.js";

const Rows = suite("tasks/superglue-mini-rows");

/** Both splits, one after the other. */
const bothOf = (name: string): Row[][] => Object.values(splitsOf(name));
/** The thing that a text is about. */
const thingIn = (text: string): string => {
  const things = wordsOf(text).filter((word) => Object.values(NOUNS).flat().includes(word));
  assert.is(things.length, 1, text);
  return things[0];
};
/** Checks that there are so many kinds, whose counts differ by at most 2. */
const isEven = (counts: Record<string, number>, kinds: number, name: string, within = 2): void => {
  const values = Object.values(counts);
  assert.is(values.length, kinds, name);
  assert.ok(Math.max(...values) - Math.min(...values) <= within, `${name}: ${JSON.stringify(counts)}`);
};
/** The tree of keys and types of a value: objects with sorted keys, arrays with the different shapes of their items. */
const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))].sort();
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [key, shapeOf(part)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
};
const shapesOf = (rows: readonly unknown[]): string[] => [...new Set(rows.map((row) => JSON.stringify(shapeOf(row))))];

withShared(Rows, "rows have fields and types of the official files", (root) => {
  for (const path of storedFiles.filter((name) => name.endsWith(".jsonl"))) {
    const official = readFileSync(join(root, "data", "superglue", path), "utf8")
      .trimEnd()
      .split("\n");
    const known = shapesOf(official.map((line) => JSON.parse(line)));
    const own = shapesOf(storedRows(path));
    assert.is(own.length, 1, path);
    assert.ok(known.includes(own[0]), `${path}: ${own[0]}`);
  }
});

Rows("rows are numbered from 0, AX-b's in strings of digits", () => {
  for (const path of storedFiles.filter((name) => name.endsWith(".jsonl"))) {
    const number = path.startsWith("AX-b") ? String : Number;
    storedRows(path).forEach((row, i) => {
      assert.is(row.idx, number(i), path);
    });
  }
});

Rows("labels are even", () => {
  for (const name of ["CB", ...HALVED_NAMES].filter((task) => task !== "MultiRC" && task !== "ReCoRD"))
    for (const rows of bothOf(name)) isEven(tally(rows.map(({ label }) => label)), name === "CB" ? 3 : 2, name);
  for (const name of ["AX-b", "AX-g"])
    isEven(tally(storedRows(`${name}/${name}.jsonl`).map(({ label }) => label)), 2, name);
});

Rows("BoolQ: what is true is stated; what is false is denied or stated of another", () => {
  const denials = Object.values(DENYING)
    .flat()
    .map((frame) => frame.split("{}")[0]);
  for (const rows of bothOf("BoolQ")) {
    const denied = ({ passage }: Row): boolean => denials.some((words) => passage.includes(words));
    const stated = ({ passage, question }: Row): boolean =>
      passage.toLowerCase().includes(wordsOf(question).slice(-6).join(" "));
    for (const row of rows) assert.is(row.label, stated(row) && !denied(row), JSON.stringify(row));
    isEven(tally(rows.filter(({ label }) => !label).map(denied)), 2, "denied and swapped");
    assert.ok(rows.every(({ question }) => question === question.toLowerCase() && !question.endsWith("?")));
  }
});

Rows("RTE: what follows is stated, and a third of the rest is about somebody else", () => {
  for (const rows of bothOf("RTE")) {
    const stated = ({ premise, hypothesis }: Row): boolean => premise.includes(hypothesis.slice(0, -1));
    assert.ok(rows.filter(({ label }) => label === "entailment").every(stated));
    assert.is(rows.filter((row) => !stated(row)).length, rows.length / 6);
  }
});

Rows("COPA: questions and positions are even, and half of the wrong choices are about another thing", () => {
  for (const rows of bothOf("COPA")) {
    isEven(tally(rows.map(({ question, label }) => `${question} ${label}`)), 4, "question and label");
    const things = rows.map(({ premise, choice1, choice2, label }) => {
      const [right, wrong] = label === 0 ? [choice1, choice2] : [choice2, choice1];
      assert.is(thingIn(right), thingIn(premise));
      assert.is.not(right, wrong);
      return thingIn(wrong) === thingIn(premise);
    });
    isEven(tally(things), 2, "wrong choices with the same thing");
  }
});

Rows("MultiRC: ids count through the split, and an answer is true where a sentence puts it with the verb", () => {
  for (const rows of bothOf("MultiRC")) {
    const questions = rows.flatMap(({ passage }) =>
      passage.questions.map((q: Row) => ({ ...q, sentences: passage.text.split(". ") })),
    );
    const answers = questions.flatMap((q) => q.answers);
    assert.equal(
      questions.map(({ idx }) => idx),
      [...questions.keys()],
    );
    assert.equal(
      answers.map(({ idx }) => idx),
      [...answers.keys()],
    );
    for (const { question, answers: own, sentences } of questions) {
      const verb = wordsOf(question).find((word) => sentences.some((s: string) => wordsOf(s).includes(word))) as string;
      for (const { text, label } of own) {
        const noun = wordsOf(text).at(-1) as string;
        const told = sentences.some((s: string) => wordsOf(s).includes(noun) && wordsOf(s).includes(verb));
        assert.is(label, told ? 1 : 0, `${question} ${text}`);
      }
    }
    isEven(tally(answers.map(({ label }) => label)), 2, "answers");
    const right = tally(questions.map(({ answers: own }) => own.filter(({ label }: Row) => label === 1).length));
    assert.equal(Object.keys(right), ["1", "2", "3"]);
    for (const at of [0, 1, 2, 3])
      assert.is(Object.keys(tally(questions.map(({ answers: own }) => own[at].label))).length, 2, `position ${at}`);
  }
});

Rows(
  "ReCoRD: entities and answers are spans in code points with an inclusive end, and queries have idx of their own",
  () => {
    for (const rows of bothOf("ReCoRD")) {
      const queries = rows.flatMap(({ qas }) => qas);
      assert.equal(
        queries.map(({ idx }) => idx),
        [...queries.keys()],
      );
      for (const { passage, qas } of rows) {
        const points = [...passage.text];
        const cut = ({ start, end }: Row): string => points.slice(start, end + 1).join("");
        assert.ok(passage.text.split("\n@highlight\n").length === 3);
        assert.ok(passage.entities.every((span: Row) => /^[A-Z][a-z]+( [A-Z][a-z]+)?$/.test(cut(span))));
        assert.is(qas.length, 2);
        for (const { query, answers } of qas) {
          assert.is(query.split("@placeholder").length, 2);
          const own = answers.map(({ start, end }: Row) => ({ start, end }));
          const right = new Set(answers.map(({ text }: Row) => text));
          assert.equal(
            own,
            passage.entities.filter((span: Row) => right.has(cut(span))),
            "all mentions",
          );
          for (const answer of answers) assert.is(cut(answer), answer.text);
        }
      }
      const astral = rows.filter(({ passage }) => [...passage.text].length !== passage.text.length);
      assert.is(astral.length, Math.ceil(rows.length / 8));
    }
  },
);

Rows("ReCoRD: the answer is in the sentence about the query's thing, and its place among the entities varies", () => {
  for (const rows of bothOf("ReCoRD")) {
    const places: number[] = [];
    for (const { passage, qas } of rows) {
      const sentences: string[] = passage.text.split("\n@highlight\n")[0].split(/(?<=\.) /);
      assert.ok(Object.values(NAMES).flat().includes(qas[0].answers[0].text.split(" ")[0]), "the first query asks who");
      assert.ok(Object.values(PLACES).flat().includes(qas[1].answers[0].text), "the second query asks where");
      const first = (answers: Row): number =>
        passage.entities.findIndex(({ start }: Row) => start === answers[0].start);
      for (const { query, answers } of qas) {
        const about = sentences.filter((sentence) => thingIn(sentence) === thingIn(query));
        assert.is(about.length, 1, query);
        assert.ok(about[0].includes(answers[0].text), query);
        places.push(first(answers));
      }
    }
    const counts = tally(places);
    assert.equal(Object.keys(counts), ["0", "1", "2", "3", "4", "5"]);
    assert.ok(Math.max(...Object.values(counts)) < rows.length * 2 * 0.25, JSON.stringify(counts));
    const answers = tally(
      rows.flatMap(({ qas }) => qas.map((q: Row) => new Set(q.answers.map((a: Row) => a.text)).size)),
    );
    assert.ok(answers[1] > 0 && answers[2] > 0, "some queries have two answers");
  }
});

Rows("WiC: spans hold the word or its plural, and every word is in as many true rows as false ones", () => {
  for (const rows of bothOf("WiC")) {
    for (const { word, sentence1, sentence2, start1, end1, start2, end2, version } of rows) {
      for (const span of [sentence1.slice(start1, end1), sentence2.slice(start2, end2)])
        assert.ok([word, `${word}s`, `${word}es`].includes(span.toLowerCase()), span);
      assert.is(version, 1.1);
    }
    isEven(tally(rows.map(({ word, label }) => `${word} ${label}`)), 16, "words");
  }
});

Rows("WSC: spans stand at their word, and the pronoun fits the gender of the one who is meant", () => {
  const [men, women] = [MEN, WOMEN].map((halves) => Object.values(halves).flat());
  for (const rows of bothOf("WSC")) {
    for (const { text, target, label } of rows) {
      const words = text.split(" ");
      const span1 = target.span1_text.split(" ");
      const at = words.slice(target.span1_index, target.span1_index + span1.length).join(" ");
      assert.is(at.replace(/\W$/, ""), target.span1_text, text);
      assert.ok(target.span2_index > 0);
      assert.is(words[target.span2_index], target.span2_text, text);
      assert.not.match(text, / X /);
      const [hasMan, hasWoman] = [men, women].map((names) => words.some((word: string) => names.includes(word)));
      if (hasMan && hasWoman) assert.is(label, (target.span2_text === "he") === men.includes(target.span1_text), text);
    }
    const people = rows.filter(({ label, target }) => label && target.span2_text !== "it");
    isEven(tally(people.map(({ target }) => target.span1_index === 0)), 2, "places of those who are meant", 4);
  }
  assert.ok(splitsOf("WSC").train.filter(({ label }) => label).length >= 200);
});

Rows("AX-b: pairs are there in both directions, and every row has its logic", () => {
  const rows = storedRows("AX-b/AX-b.jsonl");
  assert.is(Object.keys(tally(rows.map(({ logic }) => logic))).length, 6);
  for (let k = 0; k < rows.length; k += 2) {
    assert.equal([rows[k].sentence1, rows[k].sentence2], [rows[k + 1].sentence2, rows[k + 1].sentence1]);
    assert.is(rows[k].logic, rows[k + 1].logic);
    const follows = { Negation: [false, false], "Double negation": [true, true] }[rows[k].logic as string] ?? [
      true,
      false,
    ];
    assert.equal(
      [rows[k].label, rows[k + 1].label],
      follows.map((yes) => (yes ? "entailment" : "not_entailment")),
    );
  }
});

Rows("AX-g: after because, since or after, one person is meant throughout a frame", () => {
  const meant = new Map<string, Set<boolean>>();
  for (const { premise, hypothesis, label } of storedRows("AX-g/AX-g.jsonl")) {
    const reason = premise.split(/ (?=because|since|after)/)[1].replace(/\b(she|he)\b/, "");
    const isFirst = wordsOf(premise)[1] === wordsOf(hypothesis)[1];
    meant.set(reason, (meant.get(reason) ?? new Set()).add(isFirst === (label === "entailment")));
  }
  assert.is(meant.size, 6);
  for (const [reason, first] of meant) assert.is(first.size, 1, reason);
});

Rows("AX-g: rows 2k and 2k + 1 differ by the pronoun and the pair id alone", () => {
  const rows = storedRows("AX-g/AX-g.jsonl");
  assert.is(new Set(rows.map(({ pair_id }) => pair_id)).size, rows.length);
  for (let k = 0; k < rows.length; k += 2) {
    const [he, she] = [rows[k], rows[k + 1]];
    assert.equal([he.hypothesis, he.label], [she.hypothesis, she.label]);
    assert.is(he.premise.replace(" he ", " she "), she.premise);
    assert.is.not(he.premise, she.premise);
  }
});

Rows.run();
