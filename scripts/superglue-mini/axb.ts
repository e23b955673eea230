/**
 * @file A small synthetic set in the layout of AX-b, the diagnostics about logic: does sentence 2 follow from sentence 1?
 *
 * Each of six kinds of logic has a pair of frames, and every pair occurs in both directions. RTE's prompt answers these rows, so they are
 * made of words that RTE's generator does not train on.
 */
import { fill, type Material, toJsonl, turn } from "./shared.js";
import { facts, factWords, NAMES } from "./words.js";

/** What follows from what: `onward` is sentence 2 from sentence 1, `back` the other direction. */
const FRAMES = [
  {
    logic: "Negation",
    one: "{n} {v} the {o} in {p}.",
    two: "It is false that {n} {v} the {o} in {p}.",
    onward: false,
    back: false,
  },
  {
    logic: "Double negation",
    one: "{n} {v} the {o} in {p}.",
    two: "It is not false that {n} {v} the {o} in {p}.",
    onward: true,
    back: true,
  },
  {
    logic: "Conjunction",
    one: "{n} and {m} {v} the {o} in {p}.",
    two: "{n} {v} the {o} in {p}.",
    onward: true,
    back: false,
  },
  {
    logic: "Disjunction",
    one: "{n} {v} the {o} in {p}.",
    two: "{n} or {m} {v} the {o} in {p}.",
    onward: true,
    back: false,
  },
  {
    logic: "Existential",
    one: "{n} {v} the {o} in {p}.",
    two: "Someone {v} the {o} in {p}.",
    onward: true,
    back: false,
  },
  {
    logic: "Intervals/Numbers",
    one: "{n} {v} the {o} in {p} four times.",
    two: "{n} {v} the {o} in {p} more than twice.",
    onward: true,
    back: false,
  },
];
const PAIRS = 24;

export const MATERIAL: Material = {
  words: factWords("validation"),
  frames: FRAMES.flatMap(({ one, two }) => [one, two]),
};

const rows = (): object[] =>
  facts("validation", "axb")
    .slice(0, PAIRS)
    .flatMap(({ name: n, verb: v, noun: o, place: p }, i) => {
      const { logic, one, two, onward, back } = turn(FRAMES, i);
      const m = turn(NAMES.validation, NAMES.validation.indexOf(n) + 1);
      const [first, second] = [one, two].map((frame) => fill(frame, { n, m, v, o, p }));
      const row = (k: number, follows: boolean, sentence1: string, sentence2: string) => ({
        idx: String(2 * i + k),
        label: follows ? "entailment" : "not_entailment",
        sentence1,
        sentence2,
        logic,
      });
      return [row(0, onward, first, second), row(1, back, second, first)];
    });

export const makeFiles = (): Readonly<Record<string, string>> => ({ "AX-b.jsonl": toJsonl(rows()) });
