/** @file Gender parity: whether the gender of a pronoun changes an answer. */
import { ArgumentError } from "../core/errors.js";
import { checkAnswered, type Metric } from "./answered.js";

/**
 * The share of pairs with equal answers, right or wrong, times 100. Examples 2k and 2k + 1 of the list are a pair: keep the order
 * of the file.
 *
 * @see Wang et al. 2019, SuperGLUE, section 3.3: the Winogender diagnostic, AX-g
 * @throws {ArgumentError} for an empty list, or an odd number of examples
 */
export const genderParity: Metric = (answered) => {
  if (answered.length % 2 === 1) {
    throw new ArgumentError({
      where: "genderParity",
      what: "an example has no partner",
      expected: "an even number of examples, partners side by side",
      got: `${answered.length}`,
    });
  }
  checkAnswered("genderParity", answered);
  const equal = answered.filter(({ answer }, i) => i % 2 === 1 && answer === answered[i - 1].answer);
  return (200 * equal.length) / answered.length;
};
