/** @file Whether two phrases name the same referent: how T5 judges an answer to WSC. */
import { takes } from "../core/composite.js";
import { lower, strip } from "./python-text.js";

const DETERMINERS = new Set(
  "a an few her his each every many much my our some that the their these this those which whose your".split(" "),
);

/** A phrase in lower case without determiners. Two spaces have an empty word between them. */
const clean = (phrase: string): string =>
  lower(strip(phrase))
    .split(" ")
    .filter((word) => !DETERMINERS.has(word))
    .join(" ");

const within = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean => [...some].every((w) => all.has(w));

/**
 * Whether a predicted phrase names the referent: 1 when, without case and determiners, the words of one are among those of the
 * other and both or neither have an apostrophe; 0 when not; -1, which is right for no label, when the phrase has no words.
 *
 * @see T5's `wsc_simple`
 * @example sameReferent("the bunny", "fuzzy bunny") // 1
 */
export const sameReferent = takes(
  "sameReferent(prediction, referent)",
  (prediction: string, referent: string): 1 | 0 | -1 => {
    const [given, wanted] = [clean(prediction), clean(referent)];
    if (given === "") return -1;
    // "Bob" is not "Bob's hat".
    if (given.includes("'") !== wanted.includes("'")) return 0;
    const [a, b] = [new Set(given.split(" ")), new Set(wanted.split(" "))];
    return within(a, b) || within(b, a) ? 1 : 0;
  },
);
