/**
 * @file A small synthetic data set in COPA's layout: which of two sentences is the cause or the effect of the premise?
 *
 * Causes and effects come in pairs of frames about one thing. The wrong choice is the right one about another thing, or a cause or effect
 * of another pair about the same thing. Train and validation share no frame and no name, thing or place.
 */
import {
  alternate,
  both,
  capital,
  distinct,
  fill,
  type Half,
  type Material,
  shuffled,
  turn,
  twoFiles,
} from "./shared.js";
import { NAMES, NOUNS, PLACES } from "./words.js";

const EVENTS = alternate(
  (
    [
      ["{n} painted the {o}", "the {o} had a fresh colour"],
      ["{n} burned the {o}", "only ash of the {o} remained"],
      ["{n} broke the {o}", "the {o} lay in pieces"],
      ["{n} lost the {o}", "nobody could trace the {o}"],
      ["{n} sold the {o}", "a stranger owned the {o}"],
      ["{n} stole the {o}", "the police searched for the {o}"],
      ["{n} cleaned the {o}", "the {o} shone again"],
      ["{n} hit the {o}", "the {o} got a dent"],
      ["{n} bought the {o}", "the shop was paid for the {o}"],
      ["{n} gave away the {o}", "a child received the {o}"],
      ["{n} took the {o} home", "the {o} arrived at the flat"],
      ["{n} cut the {o}", "the {o} fell into halves"],
      ["{n} found the {o}", "the owner had the {o} back"],
      ["{n} heated the {o}", "the {o} felt hot"],
      ["{n} left the {o} in the rain", "the {o} was wet"],
      ["{n} wrapped the {o}", "the {o} was ready as a present"],
    ] as const
  ).map(([cause, effect]) => ({ cause, effect })),
);
const ROWS = { train: 304, validation: 120 };

export const MATERIAL = both(
  (half): Material => ({
    words: [...NAMES[half], ...NOUNS[half], ...PLACES[half]],
    frames: EVENTS[half].flatMap(({ cause, effect }) => [cause, effect]),
  }),
);

/** Row number `idx`. Question, position of the answer, kind of the wrong choice, and event take turns, the first ones fastest. */
const row = (half: Half, idx: number, attempt: number) => {
  const pick = (list: readonly string[], what: string): string =>
    shuffled(list, `copa/${half}/${idx}/${attempt}/${what}`)[0];
  const [n, o, p] = [pick(NAMES[half], "name"), pick(NOUNS[half], "noun"), pick(PLACES[half], "place")];
  const label = Math.floor(idx / 2) % 2;
  const sameThing = Math.floor(idx / 4) % 2 === 1;
  const [asked, told] = idx % 2 === 0 ? (["cause", "effect"] as const) : (["effect", "cause"] as const);
  const events = EVENTS[half];
  const event = turn(events, Math.floor(idx / 8));
  const others = events.filter((other) => other !== event);
  const wrongEvent = sameThing ? turn(others, Math.floor(idx / 8 / events.length)) : event;
  const wrongThing = sameThing
    ? o
    : pick(
        NOUNS[half].filter((noun) => noun !== o),
        "other",
      );
  const right = capital(`${fill(event[asked], { n, o })}.`);
  const wrong = capital(`${fill(wrongEvent[asked], { n, o: wrongThing })}.`);
  const [choice1, choice2] = label === 0 ? [right, wrong] : [wrong, right];
  return { premise: `In ${p} ${fill(event[told], { n, o })}.`, choice1, choice2, question: asked, label, idx };
};

export const makeFiles = () =>
  twoFiles((half) =>
    distinct(
      ROWS[half],
      (i, attempt) => row(half, i, attempt),
      ({ premise }) => [premise],
    ),
  );
