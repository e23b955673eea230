/**
 * @file A small synthetic data set in the layout of SQuAD v1.1: a passage about a building of a city, and three questions about it.
 *
 * One asks who designed it, or when; one of what it is, or how large; one whether it was liked. In dev each question has three answers, the
 * last of which has the word before it, too. Train and validation share no frame and no word but function words and the two of the verdict.
 */
import {
  alternate,
  both,
  distinct,
  fill,
  type Half,
  type Material,
  type Span,
  turn,
} from "../superglue-mini/shared.js";
import { hexId, type Passage, passage, pick, VERDICTS } from "./questions.js";

const BUILDINGS = alternate(
  "museum castle library palace temple tower stadium theatre cathedral market lighthouse hospital".split(" "),
);
const CITIES = alternate(
  "Cologne Bergen Porto Verona Lyon Krakow Seville Antwerp Zurich Dresden Bilbao Turin".split(" "),
);
const BUILDERS = alternate(
  "Keller Moreau Jensen Rossi Novak Lindgren Duval Weber Costa Larsen Fischer Petrov".split(" "),
);
const MATERIALS = alternate("granite marble brick timber limestone concrete slate clay".split(" "));
const NUMBERS = alternate("three four five six seven eight nine ten eleven twelve".split(" "));
const CENTURY = { train: 1800, validation: 1700 };
const MAKING = alternate([
  "The {b} of {c} was designed by [{n}] in [{y}].",
  "In [{y}], [{n}] planned the {b} of {c}.",
  "[{n}] designed the {b} of {c} in [{y}].",
  "The {b} of {c}, planned by [{n}], dates from [{y}].",
]);
const BODY = alternate([
  "It has walls of [{m}] and [{k}] rooms.",
  "It consists of [{m}] with [{k}] halls.",
  "There are [{k}] rooms with walls of [{m}].",
  "Inside are [{k}] halls of [{m}].",
]);
const VERDICT = alternate([
  "The review was [{r}].",
  "Visitors gave a [{r}] opinion.",
  "It got a [{r}] review.",
  "The opinion of visitors is [{r}].",
]);
/** For each slot that is asked for, the question. */
const QUESTIONS = alternate([
  {
    n: "Who designed the {b} of {c}?",
    y: "In which year was the {b} designed?",
    m: "What are the walls of the {b} made of?",
    k: "How many rooms does the {b} have?",
    r: "What kind of review is there of the {b}?",
  },
  {
    n: "By whom was the {b} of {c} planned?",
    y: "When was the {b} planned?",
    m: "Of what does the {b} consist?",
    k: "How many halls are inside the {b}?",
    r: "What opinion do visitors have of the {b}?",
  },
]);
const PASSAGES = { train: 100, validation: 40 };
const VERSION = "1.1";

export const MATERIAL = both(
  (half): Material => ({
    words: [BUILDINGS, CITIES, BUILDERS, MATERIALS, NUMBERS].flatMap((words) => [...words[half]]),
    frames: [...[MAKING, BODY, VERDICT].flatMap((frames) => frames[half]), ...Object.values(QUESTIONS[half][0])],
  }),
);

/** Passage number `i`, with its city. Cities, verdicts, and what is asked take turns. */
const story = (half: Half, i: number, attempt: number): Passage & { readonly city: string } => {
  const seed = `squad/${half}/${i}/${attempt}`;
  const city = turn(CITIES[half], i);
  const round = Math.floor(i / CITIES[half].length);
  const slots = {
    b: pick(BUILDINGS[half], `${seed}/building`),
    c: city,
    n: pick(BUILDERS[half], `${seed}/builder`),
    y: String(CENTURY[half] + pick([...Array(100).keys()], `${seed}/year`)),
    m: pick(MATERIALS[half], `${seed}/material`),
    k: pick(NUMBERS[half], `${seed}/number`),
    r: turn(VERDICTS, i + round),
  };
  const [making, body, verdict] = [MAKING, BODY, VERDICT].map((frames, k) =>
    fill(pick(frames[half], `${seed}/${k}`), slots),
  );
  const keys = [turn(["n", "y"] as const, round), turn(["m", "k"] as const, Math.floor(round / 2)), "r"] as const;
  const asked = keys.map((key) => ({ question: fill(QUESTIONS[half][0][key], slots), answer: slots[key] }));
  return {
    city,
    ...passage(i, Math.floor(i / 2) % 2 === 0 ? [making, body, verdict] : [making, verdict, body], asked),
  };
};

/** The span with the word before it, or as it is where none is. */
const longer = (text: string, { start, end }: Span): Span => {
  const points = [...text];
  const before = /\p{L}+ $/u.exec(points.slice(0, start).join(""))?.[0].length ?? 0;
  return { start: start - before, end, text: points.slice(start - before, end).join("") };
};

const paragraph = ({ text, asked }: Passage, seed: string, half: Half): object => ({
  context: text,
  qas: asked.map(({ question, answer }, q) => ({
    answers: (half === "train" ? [answer] : [answer, answer, longer(text, answer)]).map((span) => ({
      answer_start: span.start,
      text: span.text,
    })),
    id: hexId(`${seed}/${q}`, 24),
    question,
  })),
});

/** The file of a half, an article for each city. */
const file = (half: Half): string => {
  const told = distinct(
    PASSAGES[half],
    (i, attempt) => story(half, i, attempt),
    ({ text }) => text.split(". ").slice(0, 1),
  );
  const data = CITIES[half].map((title) => ({
    title,
    paragraphs: told.flatMap((one, i) => (one.city === title ? [paragraph(one, `squad/${half}/${i}`, half)] : [])),
  }));
  return `${JSON.stringify({ data, version: VERSION })}\n`;
};

export const makeFiles = () => ({ "train-v1.1.json": file("train"), "dev-v1.1.json": file("validation") });
