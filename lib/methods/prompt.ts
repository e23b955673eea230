/**
 * @file Soft prompts: vectors at the input that are trained.
 *
 * @see Lester et al. 2021, arXiv:2104.08691
 */

import * as t from "io-ts";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import * as np from "../np/index.js";
import { sampledVocabulary } from "../prompt/index.js";
import { checkLength } from "../prompt/initial.js";
import type { T5Config } from "../t5/config.js";
import type { PromptParams } from "../t5/model.js";
import type { Inserted } from "../t5/modified.js";
import type { AnyParams } from "../t5/stack.js";
import { checkFrozen } from "./frozen.js";
import { type Method, makesMethod } from "./method.js";
import { readOptions } from "./options.js";
import { checkTree, kindOf } from "./trees.js";

const WHERE = "methods.prompt";

/** Where a prompt stands, and what it is called in a `Modified`. */
const PLACES = {
  before: "prefix",
  after: "suffix",
  "before-eos": "beforeEos",
  decoder: "decoderPrefix",
} as const satisfies Readonly<Record<string, keyof Inserted>>;

/** Where a prompt stands: before the text, after it, between the text and its end of sequence, or in front of what the decoder reads. */
export type PromptPosition = keyof typeof PLACES;

/** What a prompt may see, besides that the text always sees it. */
export const VISIBILITIES = ["prompt->prompt", "prompt->prompt;causal", "prompt->input"] as const;
const ALWAYS = ["input->input", "input->prompt"] as const;
export type Visibility = (typeof VISIBILITIES)[number] | (typeof ALWAYS)[number];

export interface PromptOptions {
  /** Trained vectors `P`; also called soft or virtual tokens. Default 20. */
  readonly length?: number;
  /** Default `before`. */
  readonly position?: PromptPosition;
  /**
   * What is seen, by the names of the reference implementation; that the text sees itself and the prompt is always added. Without
   * `prompt->prompt` and `prompt->prompt;causal` each vector sees only itself among the prompt; with both the causal one wins. By default
   * everything is seen. Only for a prompt before the text.
   */
  readonly sees?: readonly Visibility[];
  /**
   * The values to start from, `[P, d]`, of a key, the model's embeddings `[V, d]` and `P`; see `prompt` for those of the paper. Default
   * embeddings of the 5000 most frequent pieces, drawn at random.
   */
  readonly init?: (key: Tensor, embeddings: Tensor, length: number) => Tensor;
}

/** Where a prompt starts; see `PromptOptions`. */
export type PromptInit = NonNullable<PromptOptions["init"]>;

/** The option `init`, which JSON cannot hold. */
export const INIT_OPTION = { init: optional(t.Function as unknown as t.Type<PromptInit, PromptInit, unknown>) };

/** The options that JSON can hold. */
export const PROMPT_OPTIONS = {
  length: optional(t.number),
  position: optional(t.string as t.Type<PromptPosition, string, unknown>),
  sees: optional(t.array(t.string as t.Type<Visibility, string, unknown>, "list of names")),
};
const OPTIONS = { ...PROMPT_OPTIONS, ...INIT_OPTION };

const checkOptions = (length: number, position: PromptPosition, sees: readonly Visibility[] | undefined): void => {
  const fail = (what: string, expected: string, got: unknown): never => {
    throw new ArgumentError({ where: WHERE, what, expected, got: String(got) });
  };
  checkLength(WHERE, length);
  if (!Object.hasOwn(PLACES, position)) fail("there is no such position", Object.keys(PLACES).join(", "), position);
  const known: readonly string[] = [...VISIBILITIES, ...ALWAYS];
  const unknown = sees?.find((name) => !known.includes(name));
  if (unknown !== undefined) fail("there is no such visibility", known.join(", "), unknown);
  if (sees !== undefined && position !== "before") {
    fail("visibility is only for a prompt before the text", 'position: "before"', position);
  }
};

/** What each vector sees of the prompt, `[P, P]`, and in a last column whether it sees the text. */
const visibility = (length: number, sees: readonly Visibility[]): Tensor => {
  const square = [length, length];
  const own = (): Tensor => {
    if (sees.includes("prompt->prompt;causal")) return np.tril(np.ones(square, "bool"));
    return sees.includes("prompt->prompt") ? np.ones(square, "bool") : np.eye(length, length, 0, "bool");
  };
  return np.concatenate([own(), np.full([length, 1], sees.includes("prompt->input"), "bool")], 1);
};

/** @throws {ShapeError} when a prompt to start from is not `[length, width]` */
const checkPrompt = (where: string, prompt: Tensor, length: number, width: number): Tensor => {
  if (isTensor(prompt) && prompt.ndim === 2 && prompt.shape[0] === length && prompt.shape[1] === width) return prompt;
  throw new ShapeError({
    where,
    what: "the prompt does not fit the model or its length",
    expected: `[${length},${width}]`,
    got: kindOf(prompt),
    hint: "a prompt belongs to one model size; `length` is its number of vectors",
  });
};

/**
 * The prompt that `init` makes for a model, `[length, d]`.
 *
 * @throws {TreeError} when `frozen` is not a model on the device; {ShapeError} for a prompt of another length or width
 */
export const startPrompt = (
  where: string,
  init: PromptInit,
  key: Tensor,
  { dModel }: T5Config,
  frozen: AnyParams,
  length: number,
): Tensor => {
  checkFrozen(where, frozen);
  return checkPrompt(where, init(key, frozen.tokenEmbedder.embedding, length), length, dModel);
};

/**
 * Prompt tuning: `P` trained vectors `[P, d]` beside the embedded tokens, `P · d` values.
 *
 * @throws {ArgumentError} for options out of range; {ShapeError} (in `init`, `apply`) for a prompt of another length or width; {TreeError}
 * (in `apply`) for a tree that is not `{ prompt }`
 * @see Lester et al. 2021, arXiv:2104.08691
 * @example const method = methods.prompt({ length: 100, init: (key, table, n) => prompt.randomUniform(key, n, table.shape[1]) })
 */
export const prompt = makesMethod("methods.prompt(options)", (options: PromptOptions = {}): Method<PromptParams> => {
  const { length = 20, position = "before", sees, init = sampledVocabulary } = readOptions(WHERE, OPTIONS, options);
  checkOptions(length, position, sees);
  return {
    settings: { name: "prompt", length, position, ...(sees && { sees }) },
    init: (key, config, frozen) => ({ prompt: startPrompt(WHERE, init, key, config, frozen, length) }),
    apply: (config, frozen, tuned) => {
      checkTree(WHERE, { prompt: [length, config.dModel] }, tuned);
      const mask = sees && { prefixSees: visibility(length, sees) };
      return { params: frozen, [PLACES[position]]: tuned.prompt, ...mask };
    },
  };
});
