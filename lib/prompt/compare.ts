/** @file How far a soft prompt has moved from its start, whether labels are still near to it, and how alike several prompts are. */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { lengths, products, unit } from "./neighbours.js";

/** How far each vector of a prompt is from where it started. */
export interface Drift {
  /** Lengths of the vectors, `[P]`. */
  readonly norms: Tensor;
  /** Euclidean distances from the start, `[P]`. */
  readonly distances: Tensor;
  /** Cosines with the start, `[P]`; 0 where a vector is zero. */
  readonly cosines: Tensor;
}

/** Two numbers of pieces and vectors as nearly equal as float32 products are. */
const ROUNDING = 1e-6;

/** @throws {ShapeError} when these are not two tables of one width */
const checkWidths = (where: string, a: Tensor, b: Tensor): void => {
  if (a.ndim === 2 && b.ndim === 2 && a.shape[1] === b.shape[1]) return;
  throw new ShapeError({
    where,
    what: "the vectors do not have one width",
    expected: "two tables [n, d] with one d",
    got: `${a.aval} and ${b.aval}`,
    hint: "a prompt belongs to one model size",
  });
};

/**
 * How far a prompt has moved: of each vector its length, its Euclidean distance from the start, and its cosine with it.
 *
 * - `prompt`, `start`: `[P, d]`
 * @throws {ShapeError} when the shapes differ
 * @example const { distances } = prompt.drift(tuned, start)
 */
export const drift = composite("prompt.drift(prompt, start)", (prompt: Tensor, start: Tensor): Drift => {
  const where = "prompt.drift";
  checkWidths(where, prompt, start);
  if (prompt.shape[0] !== start.shape[0]) {
    const got = `${prompt.aval} and ${start.aval}`;
    throw new ShapeError({
      where,
      what: "the prompt does not have the length of its start",
      expected: "one shape",
      got,
    });
  }
  return {
    norms: np.reshape(lengths(prompt), [-1]),
    distances: np.reshape(lengths(np.subtract(prompt, start)), [-1]),
    cosines: np.sum(np.multiply(unit(prompt), unit(start)), { axis: 1 }),
  };
});

/**
 * How many pieces of the vocabulary are nearer to each vector of a prompt than each label is, by cosine: 0 where the label is the nearest.
 * A label of one piece is its own embedding, and counts as no nearer than itself.
 *
 * - `prompt`: `[P, d]`
 * - `embedding`: `[V, d]`, the rows of the vocabulary that are in use
 * - `labels`: `[C, d]`, such as `prompt.labelMeans` gives
 * @returns `[P, C]` int32
 * @throws {ShapeError} when the widths differ
 * @see Lester et al. 2021, section 7: class labels stay among the nearest neighbours through training
 * @example const near = np.less(prompt.labelRanks(tuned, table, means), 5)
 */
export const labelRanks = composite(
  "prompt.labelRanks(prompt, embedding, labels)",
  (prompt: Tensor, embedding: Tensor, labels: Tensor): Tensor => {
    checkWidths("prompt.labelRanks", prompt, embedding);
    checkWidths("prompt.labelRanks", prompt, labels);
    const vectors = unit(prompt);
    const pieces = np.expandDims(products(vectors, unit(embedding)), 1); // [P, 1, V]
    const own = np.expandDims(products(vectors, unit(labels)), 2); // [P, C, 1]
    return np.sum(np.astype(np.greater(pieces, np.add(own, ROUNDING)), "int32"), { axis: 2 });
  },
);

/**
 * How alike prompts of one model are: the cosine of the means of their vectors, as SPoT compares tasks. Lengths may differ.
 *
 * - `prompts`: `[P, d]` each, for one d
 * @returns `[N, N]`, 1 on the diagonal
 * @throws {ArgumentError} for fewer than two prompts; {ShapeError} when the widths differ
 * @see Vu et al. 2022, arXiv:2110.07904, section 4: cosine similarity of average tokens
 * @example prompt.similarity([cb, rte]).tolist()
 */
export const similarity = composite("prompt.similarity(prompts)", (prompts: readonly Tensor[]): Tensor => {
  const where = "prompt.similarity";
  if (prompts.length < 2) {
    throw new ArgumentError({
      where,
      what: "there is nothing to compare",
      expected: "two prompts or more",
      got: `${prompts.length}`,
    });
  }
  for (const one of prompts) checkWidths(where, prompts[0], one);
  const pooled = unit(np.stack(prompts.map((one) => np.mean(one, { axis: 0 }))));
  return products(pooled, pooled);
});
