/**
 * @file Initial values of a soft prompt: random numbers, rows of the vocabulary, a stored prompt.
 *
 * @see Lester et al. 2021, section 3.2
 */
import { composite, takes } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";

/** @throws {ArgumentError} when the length is not a whole number from 1 */
export const checkLength = (where: string, length: number): void => {
  if (Number.isInteger(length) && length > 0) return;
  throw new ArgumentError({ where, what: "a prompt has at least one vector", expected: "1, 2, …", got: `${length}` });
};

/** @throws {ShapeError} when the embeddings are not `[V, d]` */
export const checkEmbeddings = (where: string, embeddings: Tensor): void => {
  if (embeddings.ndim === 2 && embeddings.shape[0] > 0) return;
  throw new ShapeError({
    where,
    what: "the embeddings are not a table",
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
  "prompt.randomUniform(key, length, width, { min, max })",
  (
    key: Tensor,
    length: number,
    width: number,
    options: { readonly min?: number; readonly max?: number } = {},
  ): Tensor => {
    checkLength("prompt.randomUniform", length);
    return random.uniform(key, [length, width], { minval: options.min ?? -0.5, maxval: options.max ?? 0.5 });
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
  "prompt.sampledVocabulary(key, embeddings, length, { population })",
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

/**
 * A stored prompt as it is: one that was trained before, for this task or for another (SPoT).
 *
 * - `stored`: `[length, width]`; it is neither cut nor repeated, since its vectors were trained together
 * @returns `[length, width]` float32
 * @throws {ShapeError} when it has another shape; {ArgumentError} for a length or a width that is missing
 * @see Vu et al. 2022, arXiv:2110.07904 (SPoT)
 * @example prompt.fromArray(source, 100, config.dModel)
 */
export const fromArray = takes(
  "prompt.fromArray(stored, length, width)",
  (stored: HostArray, length: number, width: number): Tensor => {
    if (stored.shape.length === 2 && stored.shape[0] === length && stored.shape[1] === width) {
      return np.fromHost({ ...stored, dtype: "float32", data: Float32Array.from(stored.data) });
    }
    if (![length, width].every(Number.isSafeInteger)) {
      const [what, got] = ["length and width are not whole numbers", `${length}, ${width}`];
      throw new ArgumentError({ where: "prompt.fromArray", what, expected: "such as 20, config.dModel", got });
    }
    throw new ShapeError({
      where: "prompt.fromArray",
      what: "the stored prompt does not fit",
      expected: `[${length},${width}]`,
      got: `[${stored.shape}]`,
      hint: "the prompt length and the model must be those it was trained with",
    });
  },
);
