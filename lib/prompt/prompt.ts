/**
 * @file Soft prompts: where they start, and how they are put in front of embedded tokens.
 *
 * @see Lester et al. 2021, sections 2 and 3.2
 */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";

const checkLength = (where: string, length: number): void => {
  if (Number.isInteger(length) && length > 0) return;
  throw new ArgumentError({ where, what: "a prompt has at least one vector", expected: "1, 2, …", got: `${length}` });
};

/** @throws {ShapeError} when the embeddings are not `[V, d]` */
const checkEmbeddings = (where: string, embeddings: Tensor): void => {
  if (embeddings.ndim === 2 && embeddings.shape[0] > 0) return;
  throw new ShapeError({
    where,
    what: "this is no table of embeddings",
    expected: "[V, d] with at least one row",
    got: `${embeddings.aval}`,
  });
};

/**
 * Uniform numbers; the paper draws from [-0.5, 0.5], the released configuration from [0, 0.5).
 *
 * @returns `[length, width]` float32
 */
export const randomUniform = composite(
  "prompt.randomUniform",
  (
    key: Tensor,
    length: number,
    width: number,
    range: { readonly min?: number; readonly max?: number } = {},
  ): Tensor => {
    checkLength("prompt.randomUniform", length);
    return random.uniform(key, [length, width], { minval: range.min ?? -0.5, maxval: range.max ?? 0.5 });
  },
);

/**
 * Rows of the embedding drawn from its first `population` ids (the most frequent pieces), without replacement unless there are fewer.
 *
 * - `embeddings`: `[V, d]`
 * - `population`: default 5000; null means all rows, as does a number above their count
 * @returns `[length, d]`
 * @throws {ArgumentError} when the population is not positive; {ShapeError} when the embeddings are not `[V, d]`
 */
export const sampledVocabulary = composite(
  "prompt.sampledVocabulary",
  (key: Tensor, embeddings: Tensor, length: number, options: { readonly population?: number | null } = {}): Tensor => {
    const where = "prompt.sampledVocabulary";
    checkLength(where, length);
    checkEmbeddings(where, embeddings);
    const population = options.population === undefined ? 5000 : options.population;
    if (population !== null && !(Number.isInteger(population) && population > 0)) {
      throw new ArgumentError({
        where,
        what: "the population is not positive",
        expected: "1, 2, …",
        got: `${population}`,
      });
    }
    const rows = embeddings.shape[0];
    const size = population === null ? rows : Math.min(population, rows);
    const ids = random.choice(key, size, [length], { replace: length > size });
    return np.take(embeddings, ids, 0, "clip");
  },
);

/** The mean of the embeddings of a label's pieces, `[1, d]`. */
const meanOfPieces = (embeddings: Tensor, label: string, ids: readonly number[]): Tensor => {
  const where = "prompt.classLabels";
  const at = `label ${JSON.stringify(label)}`;
  if (ids.length === 0) {
    throw new ArgumentError({
      where,
      what: "a label has no pieces",
      expected: "at least one id",
      got: "none",
      at,
      hint: "leave out labels that are empty or blank",
    });
  }
  const rows = embeddings.shape[0];
  const outside = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= rows);
  if (outside !== undefined) {
    throw new ArgumentError({
      where,
      what: "a piece has no embedding",
      expected: `ids from 0 to ${rows - 1}`,
      got: `${outside}`,
      at,
      hint: "use the tokenizer that belongs to the model",
    });
  }
  return np.mean(np.take(embeddings, np.array(Int32Array.from(ids)), 0, "clip"), { axis: 0, keepDims: true });
};

/**
 * The labels of a task, each as the mean of its pieces' embeddings, then vectors from the vocabulary.
 *
 * - `encode`: ids of a text, without EOS
 * - `labels`: surplus labels are left out
 * @returns `[length, d]`
 * @throws {ArgumentError} for a label without pieces, or with a piece that has no embedding; and as `sampledVocabulary`
 */
export const classLabels = composite(
  "prompt.classLabels",
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

/** A stored prompt as it is. @throws {ShapeError} when it is not `[length, width]` */
export const fromArray = (stored: HostArray, length: number, width: number): Tensor => {
  if (stored.shape.length === 2 && stored.shape[0] === length && stored.shape[1] === width) {
    return np.fromHost({ ...stored, dtype: "float32", data: Float32Array.from(stored.data) });
  }
  throw new ShapeError({
    where: "prompt.fromArray",
    what: "the stored prompt does not fit",
    expected: `[${length},${width}]`,
    got: `[${stored.shape}]`,
    hint: "the prompt length and the model must be those it was trained with",
  });
};

/**
 * The prompt in front of embedded tokens: `[P, d]` and `[B, T, d]` to `[B, P + T, d]`.
 *
 * Row `t` of the tokens moves to position `P + t`, so that distances between tokens stay as they were.
 * @throws {ShapeError} when the two have not the same width
 */
export const prepend = composite("prompt.prepend", (prompt: Tensor, embedded: Tensor): Tensor => {
  const [batch, , width] = embedded.shape;
  if (prompt.ndim !== 2 || embedded.ndim !== 3 || prompt.shape[1] !== width) {
    throw new ShapeError({
      where: "prompt.prepend",
      what: "the prompt does not fit the embedded tokens",
      expected: embedded.ndim === 3 ? `a prompt [P, ${width}]` : "embedded tokens [B, T, d]",
      got: `prompt ${prompt.aval}, tokens ${embedded.aval}`,
      hint: "a prompt belongs to one model size",
    });
  }
  return np.concatenate([np.broadcastTo(prompt, [batch, prompt.shape[0], width]), embedded], 1);
});

/** Ids with ones in front, where the prompt stands: `[B, T]` to `[B, P + T]` (T5X's `add_fake_prompt`). */
export const fakePrompt = composite(
  "prompt.fakePrompt",
  (ids: Tensor, length: number): Tensor => np.concatenate([np.ones([ids.shape[0], length], "int32"), ids], 1),
);

/**
 * Which positions hold something once a prompt of `length` stands in front of ids padded with 0: `[B, T]` to `[B, P + T]` bool.
 *
 * It masks the encoder, and tells the decoder that it may look at the prompt.
 * @example prefixMask(np.array([[5, 0]], { dtype: "int32" }), 2) // [[true, true, true, false]]
 */
export const prefixMask = composite(
  "prompt.prefixMask",
  (ids: Tensor, length: number): Tensor => np.greater(fakePrompt(ids, length), 0),
);
