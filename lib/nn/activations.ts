/**
 * @file Activation functions: those of `jax.nn`, with its derivatives at kinks.
 *
 * @see JAX's `jax.nn`
 */
import { composite, named } from "../core/composite.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { noBool } from "../np/promote.js";
import { unaryFloat } from "../np/ufunc.js";
import { gt, max, select, zeroLike } from "../primitives/elementwise.js";
import { logistic } from "../primitives/math.js";
import { erfc } from "../primitives/special-functions.js";
import { customJvp } from "../transforms/custom-jvp.js";

const reluWithRule = customJvp(
  (x: Tensor): Tensor => max(x, zeroLike(x)),
  ([x], [dx]) => [max(x, zeroLike(x)), select(gt(x, zeroLike(x)), dx, zeroLike(dx))],
);

/** `max(x, 0)`; its derivative is 1 above 0 and 0 elsewhere, also at 0 and at NaN, as JAX has it. */
export const relu = composite(
  "nn.relu(x)",
  (x: TensorLike): Tensor => reluWithRule(noBool("nn.relu", asTensor(x, "nn.relu"))),
);

const relu6WithRule = customJvp(
  (x: Tensor): Tensor => np.minimum(np.maximum(x, 0), 6),
  ([x], [dx]) => {
    const inside = np.logicalAnd(np.greater(x, 0), np.less(x, 6));
    return [np.minimum(np.maximum(x, 0), 6), np.where(inside, dx, 0)];
  },
);

/** `min(max(x, 0), 6)`; its derivative is 1 between the bounds and 0 elsewhere, also at them and at NaN, as JAX has it. */
export const relu6 = composite("nn.relu6(x)", (x: TensorLike): Tensor => relu6WithRule(asTensor(x, "nn.relu6")));

/** `1 / (1 + exp(-x))` */
export const sigmoid = unaryFloat("nn.sigmoid", logistic);

/** `x · sigmoid(x)` @see Hendrycks and Gimpel 2016; Ramachandran et al. 2017 */
export const silu = composite("nn.silu(x)", (x: TensorLike): Tensor => np.multiply(x, sigmoid(x)));
export { silu as swish };

/** `log(1 + exp(x))` without overflow. */
export const softplus = composite("nn.softplus(x)", (x: TensorLike): Tensor => np.logaddexp(x, 0));

/** `log(sigmoid(x))` without overflow. */
export const logSigmoid = composite(
  "nn.logSigmoid(x)",
  (x: TensorLike): Tensor => np.negative(softplus(np.negative(x))),
);

/** 0 up to -1, `(x + 1)² / 4` between, x from 1 on: softplus that is linear outside. @see Martins and Astudillo 2016 */
export const sparsePlus = unaryFloat("nn.sparsePlus", (x) => {
  const middle = np.divide(np.square(np.add(x, 1)), 4);
  return np.where(np.lessEqual(x, -1), 0, np.where(np.greaterEqual(x, 1), x, middle));
});

/** The derivative of `sparsePlus`: `clip(x + 1, 0, 2) / 2`. */
export const sparseSigmoid = unaryFloat("nn.sparseSigmoid", (x) => np.multiply(0.5, np.clip(np.add(x, 1), 0, 2)));

/** `x / (1 + |x|)`. Its derivative, `1 / (1 + |x|)²`, is stated, since that of the formula cancels for large `x`. */
export const softSign = unaryFloat("nn.softSign", (x) => softSignWithRule(x));
const softSignWithRule = customJvp(
  (x: Tensor): Tensor => np.divide(x, np.add(np.abs(x), 1)),
  ([x], [dx]) => {
    const size = np.add(np.abs(x), 1);
    return [np.divide(x, size), np.divide(np.divide(dx, size), size)];
  },
);

/** x where it is at least 0, else `negativeSlope · x`. */
export const leakyRelu = unaryFloat(
  "nn.leakyRelu",
  (x, negativeSlope: number = 0.01): Tensor => np.where(np.greaterEqual(x, 0), x, np.multiply(negativeSlope, x)),
  "negativeSlope",
);

/** `relu6(x + 3) / 6` */
export const hardSigmoid = unaryFloat("nn.hardSigmoid", (x) => np.divide(relu6(np.add(x, 3)), 6));

/** `x · hardSigmoid(x)` @see Howard et al. 2019, arXiv:1905.02244 */
export const hardSilu = composite("nn.hardSilu(x)", (x: TensorLike): Tensor => np.multiply(x, hardSigmoid(x)));
export { hardSilu as hardSwish };

/** x within [-1, 1], the bound outside. */
export const hardTanh = composite(
  "nn.hardTanh(x)",
  (x: TensorLike): Tensor => np.where(np.greater(x, 1), 1, np.where(np.less(x, -1), -1, x)),
);

/** x where it is above 0, else `alpha · (exp(x) - 1)`. @see Clevert et al. 2015, arXiv:1511.07289 */
export const elu = unaryFloat(
  "nn.elu",
  (x, alpha: number = 1): Tensor => {
    const above = np.greater(x, 0);
    // The exponential of what is not used must not overflow: its derivative would be infinite, and NaN times 0.
    return np.where(above, x, np.multiply(alpha, np.expm1(np.where(above, 0, x))));
  },
  "alpha",
);

/** `max(x, 0) + alpha · (exp(min(x, 0) / alpha) - 1)` @see Barron 2017, arXiv:1704.07483 */
export const celu = unaryFloat(
  "nn.celu",
  (x, alpha: number = 1): Tensor =>
    np.add(np.maximum(x, 0), np.multiply(alpha, np.expm1(np.divide(np.minimum(x, 0), alpha)))),
  "alpha",
);

/** `elu` whose activations keep mean 0 and variance 1. @see Klambauer et al. 2017, arXiv:1706.02515 */
export const selu = composite(
  "nn.selu(x)",
  (x: TensorLike): Tensor => np.multiply(1.0507009873554805, elu(x, 1.6732632423543772)),
);

const GELU = 2 * Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715 * GELU;

/**
 * `x/2 · (1 + tanh(u)) = x · sigmoid(2u)`, `2u = x · (GELU + GELU_CUBE · x²)`. Its derivative, `s + y (1 - s) (2u)'` with `s` the sigmoid, is
 * stated here, since it takes half as many products as that of the formula step by step.
 */
const geluTanh = customJvp(
  (x: Tensor): Tensor => geluParts(x).y,
  ([x], [dx]) => {
    const { square, s, y } = geluParts(x);
    const inner = np.add(np.multiply(3 * GELU_CUBE, square), GELU);
    const slope = np.add(s, np.multiply(np.multiply(y, np.subtract(1, s)), inner));
    return [y, np.multiply(slope, dx)];
  },
);

const geluParts = (x: Tensor): { square: Tensor; s: Tensor; y: Tensor } => {
  const square = np.square(x);
  const s = logistic(np.multiply(x, np.add(np.multiply(GELU_CUBE, square), GELU)));
  return { square, s, y: np.multiply(x, s) };
};

/**
 * `x · Φ(x)` with the normal distribution function, or (the default, as in JAX) its approximation by tanh.
 *
 * `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`, which T5 1.1 uses; with `approximate: false`, `x/2 · erfc(-x/√2)`.
 * @see Hendrycks and Gimpel 2016, arXiv:1606.08415
 */
export const gelu = unaryFloat(
  "nn.gelu",
  (x, { approximate = true }: { readonly approximate?: boolean } = {}): Tensor => {
    if (approximate) return geluTanh(x);
    // By erfc, since 1 + erf cancels for negative x.
    return np.multiply(np.multiply(0.5, x), erfc(np.multiply(x, -Math.SQRT1_2)));
  },
  "{ approximate }",
);

/** The first half along an axis times the sigmoid of the second. @see Dauphin et al. 2016, arXiv:1612.08083 */
export const glu = composite("nn.glu(x, axis)", (x: TensorLike, axis: number = -1): Tensor => {
  const [first, second] = np.split(x, 2, axis);
  return np.multiply(first, sigmoid(second));
});

/** `(x + √(x² + b)) / 2` @see Barron 2021, arXiv:2112.11687 */
export const squareplus = composite(
  "nn.squareplus(x, b)",
  (x: TensorLike, b: number = 4): Tensor => np.multiply(0.5, np.add(x, np.sqrt(np.add(np.square(x), b)))),
);

/** `x · tanh(softplus(x))` @see Misra 2019, arXiv:1908.08681 */
export const mish = composite("nn.mish(x)", (x: TensorLike): Tensor => np.multiply(x, np.tanh(softplus(x))));

/** x */
export const identity = named("nn.identity(x)", (x: TensorLike): Tensor => asTensor(x, "nn.identity"));

/**
 * `log(1 - exp(-x))` for x > 0, exact near 0 and far from it.
 *
 * @see Mächler 2012, "Accurately computing log(1 - exp(-|a|))"
 */
export const log1mexp = unaryFloat("nn.log1mexp", (x) => {
  const near = np.less(x, Math.LN2);
  // Each branch sees only arguments from its side, so that neither brings an infinity into the derivative.
  const low = np.log(np.negative(np.expm1(np.negative(np.where(near, x, 1)))));
  const high = np.log1p(np.negative(np.exp(np.negative(np.where(near, 1, x)))));
  return np.where(near, low, high);
});
