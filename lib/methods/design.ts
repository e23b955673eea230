/** @file Prompt design: a text in front of the input of a frozen model, nothing trained. */

import * as t from "io-ts";
import { checkIds, embeddedIds } from "./frozen.js";
import { type Method, makesMethod } from "./method.js";
import { readArgument } from "./options.js";
import { checkEntries } from "./trees.js";

const WHERE = "methods.design";

/**
 * Prompt design: the embedded ids of a text, such as an instruction or a few examples with their answers, in front of every input. No
 * value is trained: the tree is empty.
 *
 * - `ids`: of the text, without end of sequence
 *
 * @throws {ArgumentError} for no ids, or (in `apply`) one without an embedding
 * @see Brown et al. 2020, arXiv:2005.14165 (few-shot); the baseline of Lester et al. 2021, section 4
 * @example const method = methods.design(tokenizer.encode("Is the answer true or false?"))
 */
export const design = makesMethod("methods.design(ids)", (ids: readonly number[]): Method<Record<string, never>> => {
  readArgument(WHERE, "ids", t.array(t.number, "list of ids"), ids);
  checkIds(WHERE, ids);
  return {
    settings: { name: "design", ids },
    init: () => ({}),
    apply: (_config, frozen, tuned) => {
      checkEntries(WHERE, [], tuned);
      return { params: frozen, prefix: embeddedIds(WHERE, frozen, ids) };
    },
  };
});
