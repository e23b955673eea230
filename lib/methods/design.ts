/** @file Prompt design: a text in front of the input of a frozen model, nothing trained. */
import * as t from "io-ts";
import { ArgumentError } from "../core/errors.js";
import * as np from "../np/index.js";
import { embed } from "../t5/inputs.js";
import { checkFrozen } from "./frozen.js";
import type { Method } from "./method.js";
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
export const design = (ids: readonly number[]): Method<Record<string, never>> => {
  readArgument(WHERE, "ids", t.array(t.number, "list of ids"), ids);
  if (ids.length === 0) {
    throw new ArgumentError({ where: WHERE, what: "the text has no ids", expected: "at least one", got: "none" });
  }
  return {
    settings: { name: "design", ids },
    init: () => ({}),
    apply: (_config, frozen, tuned) => {
      checkFrozen(WHERE, frozen);
      checkEntries(WHERE, [], tuned);
      const rows = frozen.tokenEmbedder.embedding.shape[0];
      const outside = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < rows));
      if (outside !== undefined) {
        throw new ArgumentError({
          where: WHERE,
          what: "an id has no embedding",
          expected: `ids from 0 to ${rows - 1}`,
          got: String(outside),
          hint: "use the tokenizer that belongs to the model",
        });
      }
      return { params: frozen, prefix: embed(frozen, np.array(Int32Array.from(ids))) };
    },
  };
};
