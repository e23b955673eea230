/**
 * @file The words and frames that several of the synthetic sets share, in their two halves.
 *
 * Words that CB's generator trains on are in the training half here too, and those it validates on in the other. None is a content
 * word of t5-nano's pre-training tasks (assets/t5-nano/README.md).
 */
import { alternate, both, type Half, shuffled } from "./shared.js";

export const MEN = alternate("Peter Robert David Charles Paul Arthur Mark Philip James Daniel Frank Edward".split(" "));
export const WOMEN = alternate("Anna Maria Laura Jane Emma Grace Julia Mary Sarah Susan Diana Nancy".split(" "));
export const NAMES = both((half) => [...MEN[half], ...WOMEN[half]]);
/** Verbs whose past tense is also their participle. */
export const VERBS = alternate(
  "painted lost opened burned closed cut sold hit bought borrowed found repaired cleaned polished used wrapped".split(
    " ",
  ),
);
export const NOUNS = alternate(
  "door clock house hat car key book knife window letter box coin bag spoon cup pipe picture flag machine belt".split(
    " ",
  ),
);
export const PLACES = alternate(
  "Moscow Toronto Dublin Naples Athens Geneva Prague Tokyo Cairo Lisbon Munich Warsaw".split(" "),
);

/** What happened, in words. */
export interface Fact {
  readonly name: string;
  readonly verb: string;
  readonly noun: string;
  readonly place: string;
}

/** All facts of a half, in an order that depends on the seed. */
export const facts = (half: Half, seed: string): Fact[] =>
  shuffled(
    NAMES[half].flatMap((name) =>
      VERBS[half].flatMap((verb) =>
        NOUNS[half].flatMap((noun) => PLACES[half].map((place): Fact => ({ name, verb, noun, place }))),
      ),
    ),
    seed,
  );

/** The words that facts of a half hold. */
export const factWords = (half: Half): string[] => [...NAMES[half], ...VERBS[half], ...NOUNS[half], ...PLACES[half]];

/** `Peter sold the cup in Cairo`. */
export const clause = ({ name, verb, noun, place }: Fact): string => `${name} ${verb} the ${noun} in ${place}`;

/** Frames after which a clause is taken for true. */
export const AFFIRMING = alternate([
  "It is true that {}.",
  "It is a fact that {}.",
  "Everyone knows that {}.",
  "All agree that {}.",
  "We know for certain that {}.",
  "It is quite certain that {}.",
  "There is no doubt that {}.",
  "Without any doubt {}.",
  "It is right that {}.",
  "It is correct that {}.",
  "It turned out that {}.",
  "It became clear that {}.",
  "The report confirms that {}.",
  "The news proves that {}.",
  "As we all know, {}.",
  "As everyone could see, {}.",
]);

/** Frames after which a clause is taken for false. */
export const DENYING = alternate([
  "It is not a fact that {}.",
  "It is not correct that {}.",
  "It is a mistake to think that {}.",
  "It is an error to believe that {}.",
  "It never happened that {}.",
  "At no time was it so that {}.",
  "There is no way that {}.",
  "It is out of the question that {}.",
  "The report denies that {}.",
  "The news rejects the claim that {}.",
  "It is wrong to think that {}.",
  "It is an invention that {}.",
  "It turned out to be a lie that {}.",
  "It was only a rumor that {}.",
  "It cannot be that {}.",
  "It is anything but true that {}.",
]);

/** Frames after which nobody knows whether a clause is true. */
export const OPEN = alternate([
  "Perhaps {}.",
  "Possibly {}.",
  "It may be that {}.",
  "It might be that {}.",
  "Nobody knows whether {}.",
  "Nobody can tell if {}.",
  "She would like to know whether {}.",
  "The question is whether {}.",
  "They wonder if {}.",
  "It is unclear if {}.",
  "Some people think that {}.",
  "A few believe that {}.",
  "He hopes that {}.",
  "He fears that {}.",
  "It is not known whether {}.",
  "It remains open whether {}.",
]);
