/**
 * @file Tasks of text to text for the last phase of pre-training, written by templates: a model this small learns to answer from them.
 *
 * Each family is a task with rows that depend on its name alone. They ask what SuperGLUE's tasks ask, in other words, frames and layouts.
 */
import { createHash } from "node:crypto";
import { type Task, task } from "../../lib/tasks/index.js";
import { fill } from "../superglue-mini/shared.js";
import { CHANGES, COLORS, DAYS, FRAMES, MOODS, NAMES, NOUNS, PLACES, PRONOUNS, SENSES, VERBS } from "./words.js";

/** What a model reads, and what it has to write. */
export interface Row {
  readonly input: string;
  readonly target: string;
}

/** Chooses from lists, by a text that is different in each row. */
class Chooser {
  #drawn = 0;
  constructor(readonly seed: string) {}
  /** A whole number from 0, below `n`. */
  below(n: number): number {
    return (
      createHash("sha256")
        .update(`${this.seed}/${this.#drawn++}`)
        .digest()
        .readUInt32LE() % n
    );
  }
  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  /** Different ones, in any order. */
  some<T>(list: readonly T[], count: number): T[] {
    const rest = [...list];
    return Array.from({ length: count }, () => rest.splice(this.below(rest.length), 1)[0]);
  }
}

/** `n` people who each did something to something somewhere, all different. */
const facts = (choose: Chooser, n: number) => {
  const [names, verbs, nouns, places] = [NAMES, VERBS, NOUNS, PLACES].map((list) => choose.some<string>(list, n));
  return names.map((name, i) => ({ name, verb: verbs[i], noun: nouns[i], place: places[i] }));
};
type Fact = ReturnType<typeof facts>[number];
const clause = ({ name, verb, noun, place }: Fact): string => `${name} ${verb} the ${noun} in ${place}`;
const framed = (choose: Chooser, kind: keyof typeof FRAMES, text: string): string =>
  fill(choose.one(FRAMES[kind]), { "": text });

const inference = (choose: Chooser, labels: Readonly<Record<keyof typeof FRAMES, string>>, words: string): Row => {
  const [fact] = facts(choose, 1);
  const kind = choose.one(["affirming", "denying", "open"] as const);
  const [claim, text] = [`${clause(fact)}.`, framed(choose, kind, clause(fact))];
  const [first, second] = words.split(" ");
  return { input: `${first}: ${text} ${second}: ${claim}`, target: labels[kind] };
};

/** A text of several facts, and one of them. */
const passage = (choose: Chooser, n: number) => {
  const all = facts(choose, n);
  return { all, text: all.map((fact) => `${clause(fact)}.`).join(" "), about: choose.one(all) };
};

const FAMILIES: Readonly<Record<string, (choose: Chooser) => Row>> = {
  nli: (choose) =>
    inference(
      choose,
      { affirming: "entailment", denying: "contradiction", open: "neutral" },
      choose.one(["premise hypothesis", "text claim"]),
    ),
  entail: (choose) =>
    inference(
      choose,
      { affirming: "entailment", denying: "not_entailment", open: "not_entailment" },
      choose.one(["sentence1 sentence2", "story statement"]),
    ),
  bool: (choose) => {
    const { text, about, all } = passage(choose, 2);
    const isTrue = choose.below(2) === 0;
    const other = all.find((fact) => fact !== about) as Fact;
    const asked = isTrue ? about : { ...about, ...choose.one([{ name: other.name }, { noun: other.noun }]) };
    return { input: `text: ${text} question: did this happen, ${clause(asked)}`, target: isTrue ? "True" : "False" };
  },
  certain: (choose) => {
    const [fact, other] = facts(choose, 2);
    const kind = choose.one(["affirming", "denying"] as const);
    const text = `${clause(other)}. ${framed(choose, kind, clause(fact))}`;
    return { input: `context: ${text} ask: ${clause(fact)}?`, target: kind === "affirming" ? "True" : "False" };
  },
  pick: (choose) => {
    const [name] = choose.some(NAMES, 1);
    const [noun, otherNoun] = choose.some(NOUNS, 2);
    const [[did, became], [otherDid, otherBecame]] = choose.some(CHANGES, 2);
    const isCause = choose.below(2) === 0;
    const fillIn = (text: string, o = noun): string => fill(text, { n: name, o });
    const [told, right] = isCause ? [became, did] : [did, became];
    const wrong = choose.below(2) === 0 ? fillIn(right, otherNoun) : fillIn(isCause ? otherDid : otherBecame);
    const first = choose.below(2) === 0;
    const [one, two] = first ? [fillIn(right), wrong] : [wrong, fillIn(right)];
    const input = `pick choice1: ${one}. choice2: ${two}. ${isCause ? "why" : "then"}: ${fillIn(told)}.`;
    return { input, target: first ? "choice1" : "choice2" };
  },
  who: (choose) => {
    const { text, about } = passage(choose, 2 + choose.below(2));
    return { input: `text: ${text} who ${about.verb} the ${about.noun}?`, target: about.name };
  },
  what: (choose) => {
    const { text, about } = passage(choose, 2 + choose.below(2));
    return { input: `text: ${text} what was it that ${about.name} ${about.verb}?`, target: about.noun };
  },
  gap: (choose) => {
    const { text, about, all } = passage(choose, 3);
    const names = all.map(({ name }) => name).join(", ");
    const input = `gap: XXX ${about.verb} the ${about.noun}. names: ${names}. text: ${text}`;
    return { input, target: about.name };
  },
  answer: (choose) => {
    const { text, about, all } = passage(choose, 3);
    const isTrue = choose.below(2) === 0;
    const named = isTrue ? about.name : choose.one(all.filter((fact) => fact !== about)).name;
    const input = `who ${about.verb} something? reply: ${named}. text: ${text}`;
    return { input, target: isTrue ? "True" : "False" };
  },
  same: (choose) => {
    const [fact, other] = facts(choose, 2);
    const isSame = choose.below(2) === 0;
    const there = (f: Fact): string => `in ${f.place} ${f.name} ${f.verb} the ${f.noun}`;
    const second = isSame
      ? there(fact)
      : there({ ...fact, ...choose.one([{ noun: other.noun }, { name: other.name }]) });
    return { input: `one: ${clause(fact)}. two: ${second}.`, target: isSame ? "duplicate" : "not_duplicate" };
  },
  sense: (choose) => {
    const senses = choose.one(SENSES);
    const isSame = choose.below(2) === 0;
    const [a, b] = isSame ? choose.some(choose.one(senses), 2) : senses.map((list) => choose.one<string>(list));
    const [n, m] = choose.some(NAMES, 2);
    const [one, two] = [fill(a, { n }), fill(b, { n: m })];
    const word = /\*(\w+)\*/.exec(one)?.[1];
    return { input: `one: ${one}. two: ${two}. sense of ${word}`, target: isSame ? "True" : "False" };
  },
  refer: (choose) => {
    const [text, meant] = choose.one(PRONOUNS);
    const [a, b] = choose.some(NAMES, 2);
    const [o, q] = choose.some(NOUNS, 2);
    const slots = { a, b, o, q };
    return { input: `refer: ${fill(text, slots)}`, target: fill(meant, slots) };
  },
  mood: (choose) => {
    const kind = choose.one(["positive", "negative"] as const);
    const [n] = choose.some(NAMES, 1);
    return { input: `mood: in ${choose.one(DAYS)} ${fill(choose.one(MOODS[kind]), { n })}`, target: kind };
  },
  copy: (choose) => {
    const list = choose.some([...NOUNS, ...COLORS], 3);
    const at = choose.below(3);
    return { input: `list: ${list.join(" ")}. ${["first", "second", "third"][at]} word`, target: list[at] };
  },
};

export const FAMILY_NAMES = Object.keys(FAMILIES);

/** The first rows of a family. */
export const rowsOf = (family: string, count: number): readonly Row[] =>
  Array.from({ length: count }, (_, i) => FAMILIES[family](new Chooser(`${family}/${i}`)));

/** Rows of each family to train on. */
const ROWS = 4000;

/** The families as tasks, which recipes name. */
export const familyTasks = (rows = ROWS): readonly Task[] =>
  FAMILY_NAMES.map((name) => {
    const train = rowsOf(name, rows);
    return task({ name, train, validation: rowsOf(name, rows + 1).slice(rows), input: "input", target: "target" });
  });
