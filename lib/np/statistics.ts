/** @file Weighted means, covariances and correlations. */
import { normalizeAxis, sameShape } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import type { Tensor, TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import { dotGeneral } from "../primitives/dot.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import { diag } from "./diagonal.js";
import { concatenate } from "./join.js";
import { promoteFloat } from "./promote.js";
import { mean, type ReduceOptions, sum } from "./reduce.js";
import { atleast2d } from "./shape.js";

/**
 * The weighted mean.
 *
 * - `weights`: of the shape of `x`, or a vector along the one axis; without them the mean
 * @throws {ShapeError} when the weights fit neither
 */
export const average = composite(
  "np.average(x, { axis, keepDims, weights })",
  (x: TensorLike, options: ReduceOptions & { readonly weights?: TensorLike } = {}): Tensor => {
    const { weights, ...reduce } = options;
    if (weights === undefined) return mean(x, reduce);
    const [t, w] = [promoteFloat("np.average", x)[0], promoteFloat("np.average", weights)[0]];
    const wide = sameShape(t.shape, w.shape) ? w : alongAxis(t, w, options.axis);
    return e.div(sum(e.mul(t, wide), reduce), sum(b.broadcastTo(wide, t.shape), reduce));
  },
);
const alongAxis = (t: Tensor, w: Tensor, axis: ReduceOptions["axis"]): Tensor => {
  const [at] = typeof axis === "number" ? [normalizeAxis("np.average", axis, t.ndim)] : [];
  if (at !== undefined && w.ndim === 1 && w.size === t.shape[at]) {
    return b.reshape(
      w,
      t.shape.map((n, i) => (i === at ? n : 1)),
    );
  }
  throw new ShapeError({
    where: "np.average",
    what: "the weights do not fit",
    expected: `the shape of ${t.aval}, or a vector along the one axis`,
    got: `${w.aval}, axis ${axis}`,
  });
};

export interface CovOptions {
  /** More variables, of the same observations. */
  readonly y?: TensorLike;
  /** Whether each row is a variable (the default), or each column. */
  readonly rowvar?: boolean;
  /** Divide by the count, not by one less. */
  readonly bias?: boolean;
  /** Subtracted from the count; default 1, or 0 with `bias`. */
  readonly ddof?: number;
  /** How often each observation occurs. */
  readonly fweights?: TensorLike;
  /** How important each observation is. */
  readonly aweights?: TensorLike;
}
/**
 * The covariance of variables: `[variables, variables]`, a scalar for one.
 *
 * @see numpy.cov
 * @example np.cov(samples, { rowvar: false })
 */
export const cov = composite(
  "np.cov(x, { y, rowvar, bias, ddof, fweights, aweights })",
  (x: TensorLike, options: CovOptions = {}): Tensor => {
    const rows = (v: TensorLike): Tensor => {
      const [t] = promoteFloat("np.cov", v);
      return options.rowvar === false && t.ndim === 2 ? b.transpose(t, [1, 0]) : atleast2d(t);
    };
    const samples = options.y === undefined ? rows(x) : concatenate([rows(x), rows(options.y)], 0);
    const number = (v: number): Tensor => scalarOf(samples.aval.strong(), v);
    const weigh = (v: TensorLike): Tensor => e.convert(promoteFloat("np.cov", v)[0], samples.dtype);
    const [frequency, importance] = [options.fweights, options.aweights].map((v) =>
      v === undefined ? undefined : weigh(v),
    );
    const weights = frequency && importance ? e.mul(frequency, importance) : (frequency ?? importance);
    const less = options.ddof ?? (options.bias === true ? 0 : 1);
    const axis = 1;
    const total = weights === undefined ? number(samples.shape[1]) : b.reduceSum(weights, [0]);
    const row = weights === undefined ? undefined : b.reshape(weights, [1, weights.size]);
    const weighted = row === undefined ? samples : e.mul(samples, row);
    const centred = e.sub(samples, b.reshape(e.div(b.reduceSum(weighted, [axis]), total), [samples.shape[0], 1]));
    // With weights of importance the count that is left is NumPy's V1 - ddof * V2 / V1.
    const lost =
      weights === undefined || importance === undefined
        ? number(less)
        : e.div(e.mul(number(less), b.reduceSum(e.mul(weights, importance), [0])), total);
    const products = dotGeneral(row === undefined ? centred : e.mul(centred, row), centred, {
      lhsContract: [1],
      rhsContract: [1],
      lhsBatch: [],
      rhsBatch: [],
    });
    const covariance = e.div(products, e.sub(total, lost));
    return covariance.size === 1 ? b.reshape(covariance, []) : covariance;
  },
);
/** The correlation of variables, each within [-1, 1]: their covariance over their standard deviations. */
export const corrcoef = composite(
  "np.corrcoef(x, { y, rowvar })",
  (x: TensorLike, options: Pick<CovOptions, "y" | "rowvar"> = {}): Tensor => {
    const c = cov(x, options);
    if (c.ndim === 0) return e.div(c, c);
    const deviation = m.sqrt(diag(c));
    const n = deviation.size;
    const scaled = e.div(e.div(c, b.reshape(deviation, [n, 1])), b.reshape(deviation, [1, n]));
    const number = (v: number): Tensor => scalarOf(c.aval.strong(), v);
    return e.max(e.min(scaled, number(1)), number(-1));
  },
);
