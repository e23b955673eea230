/**
 * @file A small synthetic data set in WSC's layout: does the pronoun mean this person or thing?
 *
 * Frames are of three kinds: the gender of the names tells whom the pronoun means, or what the two people do does, or how a thing is.
 * Half of the rows name the one that is meant, the others the other one. Train and validation share no frame and no name, thing or place.
 */
import { alternate, both, distinct, fill, type Half, type Material, shuffled, turn, twoFiles } from "./shared.js";
import { MEN, NAMES, NOUNS, PLACES, WOMEN } from "./words.js";

/** The slots of two people and two things; `{x}` is the pronoun. */
type Slot = "a" | "b" | "o" | "q";
interface Frame {
  readonly text: string;
  /** Whom the pronoun means. */
  readonly meant: Slot;
  /** Whether one of the two people is a man and one a woman. */
  readonly mixed: boolean;
}

/** In these frames gender alone decides, so each stands for both answers. */
const BY_GENDER = alternate([
  "{a} met {b} in {p} before {x} went home.",
  "{a} joined {b} in {p} until {x} had to leave.",
  "{a} called {b} from {p} when {x} felt ill.",
  "{a} phoned {b} in {p} after {x} became tired.",
  "{a} and {b} stayed in {p} although {x} was bored.",
  "{a} with {b} lived in {p} while {x} was young.",
]);
const BY_MEANING = alternate(
  (
    [
      ["{a} asked {b} for the {o} in {p} because {x} needed it.", "a"],
      ["{a} begged {b} for the {o} in {p} since {x} had none.", "a"],
      ["{a} thanked {b} for the {o} in {p} because {x} had brought it.", "b"],
      ["{a} praised {b} for the {o} in {p} since {x} had made it.", "b"],
      ["{a} lent {b} the {o} in {p} because {x} was generous.", "a"],
      ["{a} offered {b} the {o} in {p} since {x} was kind.", "a"],
      ["{a} envied {b} in {p} because {x} owned a new {o}.", "b"],
      ["{a} blamed {b} in {p} since {x} had spoilt the {o}.", "b"],
      ["{a} did not put the {o} into the {q} because {x} was too large.", "o"],
      ["{a} could not push the {o} into the {q} since {x} was too wide.", "o"],
      ["{a} did not put the {o} into the {q} because {x} was too small.", "q"],
      ["{a} could not push the {o} into the {q} since {x} was too narrow.", "q"],
    ] as const
  ).map(([text, meant]): Frame => ({ text, meant, mixed: false })),
);
const FRAMES = both((half) => [
  ...BY_GENDER[half].flatMap((text) => (["a", "b"] as const).map((meant): Frame => ({ text, meant, mixed: true }))),
  ...BY_MEANING[half],
]);
const OTHER: Readonly<Record<Slot, Slot>> = { a: "b", b: "a", o: "q", q: "o" };
const ROWS = { train: 400, validation: 120 };

export const MATERIAL = both(
  (half): Material => ({
    words: [...NAMES[half], ...NOUNS[half], ...PLACES[half]],
    frames: [...BY_GENDER[half], ...BY_MEANING[half].map(({ text }) => text)],
  }),
);

/** Two people, two things and a place. Whether the first of the people is a man takes turns. */
const cast = (half: Half, mixed: boolean, i: number, attempt: number): Readonly<Record<Slot | "p", string>> => {
  const seed = `wsc/${half}/${i}/${attempt}`;
  const [men, women] = [shuffled(MEN[half], `${seed}/men`), shuffled(WOMEN[half], `${seed}/women`)];
  const [first, second] = Math.floor(i / FRAMES[half].length) % 4 < 2 ? [men, women] : [women, men];
  const [o, q] = shuffled(NOUNS[half], `${seed}/nouns`);
  const [p] = shuffled(PLACES[half], `${seed}/places`);
  return { a: first[0], b: mixed ? second[0] : first[1], o, q, p };
};

const pronounFor = (half: Half, name: string): string => {
  if (!NAMES[half].includes(name)) return "it";
  return MEN[half].includes(name) ? "he" : "she";
};

/** Row number `idx`. A slot is filled by one word, so words of the frame and of the text have the same numbers. */
const row = (half: Half, idx: number, attempt: number) => {
  const round = Math.floor(idx / FRAMES[half].length);
  const { text, meant, mixed } = turn(FRAMES[half], idx);
  const label = (idx + round) % 2 === 0;
  const people = cast(half, mixed, idx, attempt);
  const x = pronounFor(half, people[meant]);
  const named = label ? meant : OTHER[meant];
  const position = (slot: string): number => text.split(" ").findIndex((word) => word.startsWith(`{${slot}}`));
  const isThing = named === "o" || named === "q";
  const target = {
    span1_text: isThing ? `the ${people[named]}` : people[named],
    span1_index: position(named) - (isThing ? 1 : 0),
    span2_text: x,
    span2_index: position("x"),
  };
  return { text: fill(text, { ...people, x }), target, idx, label };
};

export const makeFiles = () =>
  twoFiles((half) =>
    distinct(
      ROWS[half],
      (i, attempt) => row(half, i, attempt),
      ({ text }) => [text],
    ),
  );
