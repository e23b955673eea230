/** @file Distributions of whole numbers. */
import { normalizeAxis, type Shape, sizeOf } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { isTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { randomBinomial, randomPoisson } from "../primitives/random-counts.js";
import { gumbel } from "./continuous.js";
import { checkKey, subkeys } from "./keys.js";
import { checkProbability, drawShape, floatOf, parameter } from "./parameters.js";
import { uniform } from "./uniform.js";

/** How `categorical` draws. */
export interface CategoricalOptions {
  /** The axis of the categories, the last by default. */
  readonly axis?: number;
  /** Of the result; the shape of `logits` without `axis` must broadcast to it, and does so by default. */
  readonly shape?: Shape | number;
  /** Whether a category may come again; where not, the axes of `shape` in front tell how many are drawn. */
  readonly replace?: boolean;
  /** See `gumbel`. */
  readonly mode?: "low" | "high";
}

/**
 * Indices (int32) of categories with probabilities `softmax(logits)`: where `logits + gumbel` is largest.
 *
 * @throws {ShapeError} when `shape` does not fit
 * @throws {ArgumentError} when more categories are asked without replacement than there are
 * @see Kool, van Hoof and Welling 2019 (the largest k for draws without replacement)
 */
export const categorical = composite(
  "random.categorical(key, logits, { axis, shape, replace, mode })",
  (
    key: Tensor,
    logits: Tensor,
    { axis = -1, shape, replace = true, mode = "low" }: CategoricalOptions = {},
  ): Tensor => {
    const where = "random.categorical";
    const at = normalizeAxis(where, axis, logits.ndim);
    const batch = logits.shape.filter((_, i) => i !== at);
    const size = drawShape(where, shape ?? batch, np.zeros(batch));
    const prefix = size.slice(0, size.length - batch.length);
    const own = size.slice(prefix.length);
    const dtype = floatOf(logits);
    const values = parameter(logits, dtype);
    const n = logits.shape[at];
    if (replace) {
      const noise = gumbel(key, [...prefix, ...own.slice(0, at), n, ...own.slice(at)], { dtype, mode });
      return np.argmax(np.add(noise, values), { axis: at - logits.ndim });
    }
    const k = sizeOf(prefix);
    if (k > n) {
      throw new ArgumentError({
        where,
        what: "there are too few categories",
        expected: `at least ${k}`,
        got: String(n),
      });
    }
    const noisy = np.add(values, gumbel(key, logits.shape, { dtype, mode }));
    const [, indices] = np.topK(np.moveaxis(noisy, at, -1), k);
    return np.reshape(np.moveaxis(indices, -1, 0), size);
  },
);

/**
 * The number of trials until the first success, from 1 on, int32: `⌊log u / log(1 - p)⌋ + 1`.
 *
 * - `p`: the probability of success, a number or a tensor that broadcasts to `shape`
 * @throws {ArgumentError} when a number `p` is not from 0 to 1
 */
export const geometric = composite(
  "random.geometric(key, p, shape)",
  (key: Tensor, p: TensorLike, shape?: Shape | number): Tensor => {
    checkProbability("random.geometric", p);
    const dtype = floatOf(p);
    const u = uniform(key, drawShape("random.geometric", shape, p), { dtype });
    const failures = np.floor(np.divide(np.log(u), np.log1p(np.negative(parameter(p, dtype)))));
    return np.astype(np.add(failures, 1), "int32");
  },
);

/**
 * Poisson numbers, int32: probability `λ^k exp(-λ) / k!`.
 *
 * - `lam`: the mean `λ`, a number or a tensor that broadcasts to `shape`; below 0 and NaN give -1, as in JAX
 */
export const poisson = composite(
  "random.poisson(key, lam, shape)",
  (key: Tensor, lam: TensorLike, shape?: Shape | number): Tensor => {
    checkKey("random.poisson", key);
    const rate = parameter(lam, floatOf(lam));
    return randomPoisson(key, np.broadcastTo(rate, drawShape("random.poisson", shape, lam)));
  },
);

/**
 * The number of successes in `n` trials, a float, as in JAX.
 *
 * - `n`: trials (a fraction is cut off); `p`: the probability of success; numbers or tensors that broadcast to `shape`. Where they have
 *   no meaning the result is NaN.
 * @throws {ArgumentError} when a number `p` is not from 0 to 1
 */
export const binomial = composite(
  "random.binomial(key, n, p, shape)",
  (key: Tensor, n: TensorLike, p: TensorLike, shape?: Shape | number): Tensor => {
    checkKey("random.binomial", key);
    checkProbability("random.binomial", p);
    const size = drawShape("random.binomial", shape, n, p);
    const dtype = floatOf(n, p);
    const [trials, chance] = [n, p].map((x) => np.broadcastTo(parameter(x, dtype), size));
    return randomBinomial(key, trials, chance);
  },
);

/**
 * How often each outcome comes in `n` trials, a float: binomial draws of one outcome after the other among what is left.
 *
 * - `n`: a number or a tensor that broadcasts to the batch; `p`: `[..., k]`, the probabilities of the outcomes
 * - `shape`: of the result, `[..., k]`; that of `p` by default
 * @throws {ShapeError} when `p` has no axis
 */
export const multinomial = composite(
  "random.multinomial(key, n, p, shape)",
  (key: Tensor, n: TensorLike, p: Tensor, shape?: Shape | number): Tensor => {
    const where = "random.multinomial";
    if (p.ndim < 1) throw new ShapeError({ where, what: "p has no axis", expected: "p[..., k]", got: `${p}` });
    const size = drawShape(where, shape ?? p.shape, p);
    const [batch, k] = [size.slice(0, -1), size[size.length - 1]];
    if (isTensor(n)) drawShape(where, batch, n);
    const dtype = floatOf(n, p);
    const columns = np.split(np.broadcastTo(parameter(p, dtype), size), k, -1).map((x) => np.reshape(x, batch));
    let left = np.broadcastTo(parameter(n, dtype), batch);
    const counts = subkeys(key, k).map((subkey, i) => {
      const rest = columns.slice(i + 1).reduceRight((sum, x) => np.add(sum, x), np.zeros(batch, dtype));
      const remaining = np.add(rest, columns[i]);
      const ratio = np.divide(columns[i], np.where(np.equal(remaining, 0), 1, remaining));
      const count = binomial(subkey, left, np.clip(ratio, 0, 1), batch);
      left = np.subtract(left, count);
      return count;
    });
    return np.stack(counts, -1);
  },
);
