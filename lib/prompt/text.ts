/**
 * @file Initial values of a soft prompt that are the embeddings of text: class labels, or one text.
 *
 * @see Lester et al. 2021, section 3.2
 */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { checkEmbeddings, checkLength, sampledVocabulary } from "./initial.js";

/** Where ids come from, for messages. */
interface Source {
  readonly where: string;
  readonly what: string;
  readonly at?: string;
  readonly hint: string;
}

/** The rows of `ids`, `[ids.length, d]`. @throws {ArgumentError} when there are none, or one has no embedding */
const rowsOf = (embeddings: Tensor, ids: readonly number[], { where, what, at, hint }: Source): Tensor => {
  if (ids.length === 0) {
    const problem = { where, what, expected: "at least one id", got: "none", hint };
    throw new ArgumentError({ ...problem, ...(at !== undefined && { at }) });
  }
  const rows = embeddings.shape[0];
  const outside = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= rows);
  if (outside >= 0) {
    throw new ArgumentError({
      where,
      what: "a piece has no embedding",
      expected: `ids from 0 to ${rows - 1}`,
      got: `${ids[outside]}`,
      at: at ?? `ids[${outside}]`,
      hint: "use the tokenizer that belongs to the model",
    });
  }
  return np.take(embeddings, np.array(Int32Array.from(ids)), 0, "clip");
};

/** The mean of the embeddings of a label's pieces, `[1, d]`. */
const meanOfPieces = (embeddings: Tensor, label: string, ids: readonly number[]): Tensor => {
  const source = {
    where: "prompt.classLabels",
    what: "a label has no pieces",
    at: `label ${JSON.stringify(label)}`,
    hint: "leave out labels that are empty or blank",
  };
  return np.mean(rowsOf(embeddings, ids, source), { axis: 0, keepDims: true });
};

/**
 * Labels as vectors: each the mean of its pieces' embeddings.
 *
 * - `encode`: ids of a text, without EOS
 * @returns `[labels.length, d]`
 * @throws {ArgumentError} when there are no labels, or as `classLabels`
 * @example prompt.labelMeans(embeddings, (text) => tokenizer.encode(text), ["True", "False"])
 */
export const labelMeans = composite(
  "prompt.labelMeans(embeddings, encode, labels)",
  (embeddings: Tensor, encode: (text: string) => readonly number[], labels: readonly string[]): Tensor => {
    checkEmbeddings("prompt.labelMeans", embeddings);
    if (labels.length === 0) {
      const what = "there are no labels";
      throw new ArgumentError({ where: "prompt.labelMeans", what, expected: "at least one label", got: "none" });
    }
    return np.concatenate(
      labels.map((label) => meanOfPieces(embeddings, label, encode(label))),
      0,
    );
  },
);

/**
 * The labels of a task, each as the mean of its pieces' embeddings, then vectors from the vocabulary.
 *
 * - `encode`: ids of a text, without EOS
 * - `labels`: surplus labels are left out
 * @returns `[length, d]`
 * @throws {ArgumentError} for a label without pieces, or with a piece that has no embedding; and as `sampledVocabulary`
 * @example prompt.classLabels(key, embeddings, (text) => tokenizer.encode(text), ["True", "False"], 100)
 */
export const classLabels = composite(
  "prompt.classLabels(key, embeddings, encode, labels, length, { population })",
  (
    key: Tensor,
    embeddings: Tensor,
    encode: (text: string) => readonly number[],
    labels: readonly string[],
    length: number,
    options: { readonly population?: number | null } = {},
  ): Tensor => {
    checkLength("prompt.classLabels", length);
    checkEmbeddings("prompt.classLabels", embeddings);
    const means = labels.slice(0, length).map((label) => meanOfPieces(embeddings, label, encode(label)));
    const rest = sampledVocabulary(key, embeddings, length, options);
    return np.concatenate([...means, np.slice(rest, [[means.length, length]])], 0);
  },
);

const NO_PIECES = { what: "the text has no pieces", hint: "give the ids of a text that is not empty" };

/**
 * The embeddings of one text, repeated until there are `length` rows and cut there: PEFT's `TEXT`.
 *
 * - `embeddings`: `[V, d]`
 * - `ids`: those of the text with its EOS, as PEFT encodes it
 * @returns `[length, d]`
 * @throws {ArgumentError} when there are no ids, or one has no embedding; {ShapeError} when the embeddings are not `[V, d]`
 * @see PEFT's `PromptTuningInit.TEXT`; `fromEmbeddedString` does not repeat
 * @example prompt.fromText(embeddings, [...tokenizer.encode("Is this review good?"), tokenizer.eosId], 20)
 */
export const fromText = composite(
  "prompt.fromText(embeddings, ids, length)",
  (embeddings: Tensor, ids: readonly number[], length: number): Tensor => {
    const where = "prompt.fromText";
    checkLength(where, length);
    checkEmbeddings(where, embeddings);
    const rows = rowsOf(embeddings, ids, { where, ...NO_PIECES });
    const places = Int32Array.from({ length }, (_, i) => i % ids.length);
    return np.take(rows, np.array(places), 0, "clip");
  },
);

/**
 * The embeddings of one text in the first rows of `initial`: a shorter text leaves the rows after it, a longer one is cut.
 *
 * - `embeddings`: `[V, d]`
 * - `ids`: those of the text without EOS, as the reference implementation encodes it
 * - `initial`: `[length, d]`, what the other rows are
 * @returns `[length, d]`
 * @throws {ArgumentError} when there are no ids, or one has no embedding; {ShapeError} when the widths differ
 * @see `from_embedded_string` of google-research/prompt-tuning; `fromText` repeats the text
 * @example prompt.fromEmbeddedString(embeddings, tokenizer.encode(text), prompt.sampledVocabulary(key, embeddings, 20))
 */
export const fromEmbeddedString = composite(
  "prompt.fromEmbeddedString(embeddings, ids, initial)",
  (embeddings: Tensor, ids: readonly number[], initial: Tensor): Tensor => {
    const where = "prompt.fromEmbeddedString";
    checkEmbeddings(where, embeddings);
    if (initial.ndim !== 2 || initial.shape[1] !== embeddings.shape[1]) {
      throw new ShapeError({
        where,
        what: "the initial rows do not fit the embeddings",
        expected: `[length, ${embeddings.shape[1]}]`,
        got: `${initial.aval}`,
      });
    }
    const length = initial.shape[0];
    const rows = rowsOf(embeddings, ids, { where, ...NO_PIECES });
    const kept = Math.min(length, ids.length);
    return np.concatenate([np.slice(rows, [[0, kept]]), np.slice(initial, [[kept, length]])], 0);
  },
);
