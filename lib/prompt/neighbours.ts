/** @file Which tokens of the vocabulary a soft prompt is near to. */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as lax from "../lax/index.js";
import * as np from "../np/index.js";

/** How near two vectors are. */
export const METRICS = ["cosine", "euclidean", "dot"] as const;
export type Metric = (typeof METRICS)[number];

export interface NearestOptions {
  /** Tokens for each vector; default 5. */
  readonly k?: number;
  /** Default `cosine`, as in the paper. */
  readonly metric?: Metric;
}

/** The nearest tokens of each vector, the nearest first. */
export interface Nearest {
  /** `[P, k]` int32. */
  readonly ids: Tensor;
  /** `[P, k]`: cosine or dot product, which fall, or Euclidean distance, which rises. */
  readonly scores: Tensor;
}

/** The lengths of the rows of a table, `[n, 1]`. */
export const lengths = (x: Tensor): Tensor => np.sqrt(np.sum(np.square(x), { axis: 1, keepDims: true }));

/** The rows of a table at length 1. Of a zero vector the cosine with any other is 0. */
export const unit = (x: Tensor): Tensor => np.divide(x, np.maximum(lengths(x), 1e-30));

/** The products of each row of one table with each row of another, `[P, V]`. */
export const products = (a: Tensor, b: Tensor): Tensor => np.einsum("pd,vd->pv", a, b);

/** `|a - b|² - |a|²`, which ranks the rows of `b` as the distance does. */
const ranks = (a: Tensor, b: Tensor): Tensor =>
  np.subtract(np.sum(np.square(b), { axis: 1 }), np.multiply(2, products(a, b)));

const check = (prompt: Tensor, embedding: Tensor, k: number, metric: string): void => {
  const where = "prompt.nearestTokens";
  if (prompt.ndim !== 2 || embedding.ndim !== 2 || prompt.shape[1] !== embedding.shape[1]) {
    throw new ShapeError({
      where,
      what: "the prompt does not fit the embedding",
      expected: "a prompt [P, d] and an embedding [V, d]",
      got: `prompt ${prompt.aval}, embedding ${embedding.aval}`,
      hint: "a prompt belongs to one model size",
    });
  }
  if (!(Number.isInteger(k) && k >= 1 && k <= embedding.shape[0])) {
    const expected = `a whole number from 1 to ${embedding.shape[0]}`;
    throw new ArgumentError({ where, what: "k is out of range", expected, got: `${k}` });
  }
  if ((METRICS as readonly string[]).includes(metric)) return;
  throw new ArgumentError({ where, what: "there is no such metric", expected: METRICS.join(" | "), got: `${metric}` });
};

/**
 * The tokens whose embeddings are nearest to each vector of a prompt, by cosine similarity `a · b / |a| |b|`, Euclidean distance or
 * dot product; of equal ones the first.
 *
 * - `prompt`: `[P, d]`
 * - `embedding`: `[V, d]`, the embedding of the model it was tuned for
 * @throws {ShapeError} when the widths differ; {ArgumentError} when `k` is not from 1 to V, or for another metric
 * @see Lester et al. 2021, section 7 (interpretability)
 * @example const { ids } = prompt.nearestTokens(tuned, params.tokenEmbedder.embedding, { k: 3 })
 */
export const nearestTokens = composite(
  "prompt.nearestTokens(prompt, embedding, { k, metric })",
  (prompt: Tensor, embedding: Tensor, { k = 5, metric = "cosine" }: NearestOptions = {}): Nearest => {
    check(prompt, embedding, k, metric);
    if (metric === "euclidean") {
      const [, ids] = lax.topK(np.negative(ranks(prompt, embedding)), k);
      // From the differences themselves: the rank is a difference of large numbers where two vectors are close.
      const away = np.subtract(np.expandDims(prompt, 1), np.take(embedding, ids, 0, "clip"));
      return { ids, scores: np.sqrt(np.sum(np.square(away), { axis: 2 })) };
    }
    const similar = metric === "dot" ? products(prompt, embedding) : products(unit(prompt), unit(embedding));
    const [scores, ids] = lax.topK(similar, k);
    return { ids, scores };
  },
);
