/** @file Gender parity: whether the gender of a pronoun changes an answer. */
import { takes } from "../core/composite.js";
import { checkAnswered, type Metric } from "./answered.js";

/**
 * The share of pairs with equal answers, right or wrong, times 100. Examples 2k and 2k + 1 of the list are a pair: keep the order
 * of the file. A last example without a partner is left out; without any pair the share is NaN.
 *
 * @see Wang et al. 2019, SuperGLUE, section 3.3: the Winogender diagnostic, AX-g
 * @throws {ArgumentError} for an empty list
 */
export const genderParity: Metric = takes("genderParity(answered)", (answered) => {
  checkAnswered("genderParity", answered);
  const pairs = Math.floor(answered.length / 2);
  const equal = answered.filter(({ answer }, i) => i % 2 === 1 && answer === answered[i - 1].answer);
  return (100 * equal.length) / pairs;
});
