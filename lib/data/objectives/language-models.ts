/** @file Language models: nothing is read, the text is written. */
import { takes } from "../../core/composite.js";
import type { Tokens } from "../batch.js";
import type { Objective, Vocabulary } from "./objective.js";
import type { DocumentIds } from "./pieces.js";

/** Forms of `lm`: of a text, or of ids. */
export interface Lm {
  (text: string): { readonly inputs: string; readonly targets: string };
  (tokens: DocumentIds): Tokens;
}

/**
 * A language model of rows: nothing is read, the text is written. Takes a text, for tasks, or ids.
 *
 * @see T5's `lm`
 * @example lm("Here is some text.") // { inputs: "", targets: "Here is some text." }
 */
export const lm: Lm = takes(
  "lm(document)",
  (document: string | DocumentIds): never => ({ inputs: document.slice(0, 0), targets: document }) as never,
);

/**
 * A language model of documents: pieces of exactly `targetLength` tokens, in which EOS stands at the end of documents alone. The encoder reads EOS.
 *
 * @throws {ArgumentError} for numbers out of range
 * @see T5's `full_lm`
 * @example fullLm(tokenizer, { targetLength: 512 })
 */
export const fullLm = takes(
  "fullLm(vocabulary, { targetLength })",
  (
    { eosId }: Pick<Vocabulary, "eosId">,
    { targetLength = 512 }: { readonly targetLength?: number } = {},
  ): Objective => ({
    pieces: { length: targetLength, joined: 128, eosId },
    example: (piece) => ({ inputs: [eosId], targets: piece }),
    sizes: (length) => [1, length],
    inputLength: 1,
    targetLength,
  }),
);
