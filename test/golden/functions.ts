/** @file The functions of the autodiff goldens, written in the library: one line each, by the name in the file. */
import type { Tensor } from "../../lib/core/tensor.js";
import * as lax from "../../lib/lax/index.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";

/** Inputs by name. */
export type Inputs = Readonly<Record<string, Tensor>>;
export type Function = (i: Inputs) => Tensor;

const { add, multiply: mul, subtract: sub, divide: div, sum, mean, square, matmul, exp, log, sin, tanh } = np;
const ids = (x: Tensor): Tensor => np.astype(x, "int32");
const T = (x: Tensor): Tensor => np.swapaxes(x, -1, -2);
const picked = (logits: Tensor, labels: Tensor): Tensor =>
  np.squeeze(np.takeAlongAxis(logits, np.expandDims(ids(labels), 1), 1), 1);
const softmaxCausal = (scores: Tensor): Tensor => {
  const n = scores.shape[scores.ndim - 1];
  return nn.softmax(add(scores, np.where(np.tril(np.ones([n, n])), 0, -1e9)));
};
const normalize = (x: Tensor, eps: number): Tensor => {
  const centred = sub(x, mean(x, { axis: -1, keepDims: true }));
  return div(centred, np.sqrt(add(np.variance(x, { axis: -1, keepDims: true }), eps)));
};

export const FUNCTIONS: Readonly<Record<string, Function>> = {
  broadcast_mul_add: ({ x, y, z }) => add(mul(x, y), z),
  broadcast_scalar: ({ s, x }) => sub(mul(s, x), div(s, add(1, square(x)))),
  sub_div: ({ x, y }) => sub(div(x, add(square(y), 1)), x),
  matmul_2d: ({ x, y }) => matmul(x, y),
  matmul_batched: ({ x, y }) => matmul(x, y),
  matmul_transpose_b: ({ x, y }) => matmul(x, T(y)),
  matmul_transpose_a: ({ x, y }) => matmul(T(x), y),
  matmul_broadcast_batch: ({ x, y }) => matmul(x, y),
  matmul_chain_nonlinear: ({ x, w1, w2 }) => matmul(tanh(matmul(x, w1)), w2),
  dot_and_outer: ({ x, y }) => mul(np.dot(x, y), np.outer(x, y)),
  sum_axis: ({ x, y }) => sum(mul(square(x), y), { axis: 1 }),
  sum_all_cube: ({ x }) => np.power(sum(x), 3),
  mean_center: ({ x }) => square(sub(x, mean(x, { axis: [0, 2], keepDims: true }))),
  variance: ({ x }) => np.variance(x, { axis: -1 }),
  prod_axis: ({ x }) => np.prod(x, { axis: 1 }),
  norm: ({ x }) => np.linalg.norm(x, { axis: 1 }),
  logsumexp: ({ x }) => np.logsumexp(x, { axis: -1 }),
  logsumexp_large: ({ x }) => np.logsumexp(add(x, 1000), { axis: -1 }),
  logaddexp: ({ x, y }) => np.logaddexp(x, y),
  softmax_last: ({ x }) => nn.softmax(x, -1),
  softmax_axis0: ({ x }) => nn.softmax(x, 0),
  softmax_masked: ({ x, m }) => nn.softmax(add(x, m), -1),
  log_softmax: ({ x }) => nn.logSoftmax(x, -1),
  cross_entropy_mean: ({ x, labels }) => np.negative(mean(picked(nn.logSoftmax(x), labels))),
  cross_entropy_weighted_z: ({ x, labels, w }) => {
    const losses = nn.tokenLosses(x, ids(labels), { zLoss: 1e-2 }).loss;
    return div(sum(mul(w, losses)), sum(w));
  },
  bce_with_logits: ({ x, t }) => mean(add(sub(nn.relu(x), mul(x, t)), np.log1p(exp(np.negative(np.abs(x)))))),
  embedding: ({ e, s, ids: i }) => mul(np.take(e, ids(i), 0), s),
  // The numbers of this row, and of three more that are marked, belong to more than the formula says: see the outputs.
  take_along_axis: ({ x, idx }) => square(np.takeAlongAxis(x, ids(idx), -1)),
  segment_sum: ({ x, seg }) => matmul(T(nn.oneHot(ids(seg), 4, x.dtype)), square(x)),
  one_hot_matmul: ({ e, ids: i }) => matmul(nn.oneHot(ids(i), 5, e.dtype), tanh(e)),
  where: ({ x, y, c }) => np.where(c, mul(x, y), sin(x)),
  where_safe_sqrt: ({ x }) => {
    const positive = np.greater(x, 0);
    return np.where(positive, np.sqrt(np.where(positive, x, 1)), 0);
  },
  maximum_no_ties: ({ x, y }) => square(np.maximum(x, y)),
  // Times x, see above.
  minimum_broadcast: ({ x, y }) => mul(np.minimum(x, y), x),
  maximum_ties: ({ x, y }) => np.maximum(x, y),
  // Squared, see above.
  reduce_max: ({ x }) => square(np.max(x, { axis: -1 })),
  // Cubed, see above.
  reduce_min: ({ x }) => np.power(np.min(x, { axis: 0 }), 3),
  reduce_max_ties_even: ({ x }) => np.max(x, { axis: -1 }),
  reduce_max_ties_first: ({ x }) => np.max(x, { axis: -1 }),
  abs: ({ x, y }) => add(mul(np.abs(x), x), np.abs(y)),
  relu: ({ x, y }) => add(square(nn.relu(x)), nn.relu(y)),
  clip: ({ x }) => mul(np.clip(x, -1, 1), 3),
  clip_on_bound: ({ x }) => np.clip(x, -1, 1),
  cumsum: ({ x }) => np.cumsum(square(x), { axis: 1 }),
  cumsum_exclusive_reverse: ({ x }) => {
    const cubes = np.power(x, 3);
    return sub(np.cumsum(cubes, { axis: x.ndim - 1, reverse: true }), cubes);
  },
  cumprod: ({ x }) => np.cumprod(x, { axis: x.ndim - 1 }),
  slice_strided: ({ x }) =>
    mul(
      np.slice(x, [
        [1, null],
        [null, null, 2],
      ]),
      np.slice(x, [
        [null, -1],
        [1, null, 2],
      ]),
    ),
  reverse: ({ x }) => mul(x, np.flip(x, 1)),
  concat: ({ x, y, z }) => np.concatenate([square(x), y, mul(x, z)], 1),
  stack_split: ({ x, y }) => {
    const [left, right] = np.split(np.stack([x, y], 1), 2, 2);
    return mul(left, right);
  },
  pad_constant: ({ x }) =>
    np.pad(
      square(x),
      [
        [1, 0],
        [0, 2],
      ],
      { constantValues: 0.5 },
    ),
  sort: ({ x, w }) => mul(np.sort(x), w),
  top_k: ({ x }) => square(np.topK(x, 2)[0]),
  power_tensor: ({ x, y }) => np.power(x, y),
  power_int: ({ x }) => np.power(x, 3),
  exp_log: ({ x, y, z }) => add(mul(log(add(1, exp(x))), exp(np.negative(y))), log(z)),
  expm1_log1p: ({ x, y }) => add(np.expm1(x), np.log1p(y)),
  trig: ({ x, y }) => add(mul(sin(x), np.cos(y)), np.arctan2(x, y)),
  tanh_sigmoid: ({ x, y }) => mul(tanh(x), nn.sigmoid(y)),
  erf: ({ x }) => np.erf(x),
  gelu_erf: ({ x }) => nn.gelu(x, { approximate: false }),
  gelu_tanh: ({ x }) => nn.gelu(x),
  silu: ({ x }) => nn.silu(x),
  rsqrt: ({ x }) => np.rsqrt(add(square(x), 1e-6)),
  reciprocal_sqrt_mix: ({ x, y }) => div(np.sqrt(x), add(1, y)),
  layer_norm: ({ x, g, b }) => add(mul(normalize(x, 1e-5), g), b),
  rms_norm: ({ x, g }) => nn.rmsNorm(g.size).apply({ scale: g }, x),
  clip_by_rms: ({ x }) => div(x, np.maximum(1, div(np.sqrt(mean(square(x))), 0.5))),
  einsum_attention_scores: ({ q, k }) => np.einsum("bqhd,bkhd->bhqk", q, k),
  einsum_chain: ({ x, y, z }) => np.einsum("ij,jk,kl->il", x, y, z),
  einsum_reduce: ({ x, y }) => np.einsum("bij,j->b", x, y),
  transpose_reshape: ({ x, y }) => matmul(np.reshape(np.transpose(x, [2, 0, 1]), [4, 6]), y),
  tile_broadcast_to: ({ x, y }) => mul(np.tile(x, [2, 1]), np.broadcastTo(y, [4, 3])),
  triangular: ({ x }) => np.tril(matmul(x, T(x))),
  stop_gradient: ({ x }) => add(mul(x, lax.stopGradient(x)), square(x)),
  floor_round: ({ x }) => mul(square(x), np.floor(mul(3, x))),
  attention_block: ({ q, k, v, bias }) => matmul(softmaxCausal(add(matmul(q, T(k)), bias)), v),
  relative_bias: ({ s, table, bucket }) => {
    const bias = np.transpose(np.take(table, ids(bucket), 0), [2, 0, 1]);
    return nn.softmax(add(s, bias), -1);
  },
  gated_gelu_mlp: ({ x, w0, w1, wo }) => matmul(mul(nn.gelu(matmul(x, w0)), matmul(x, w1)), wo),
  mlp_loss: ({ w, b, u, x, t }) => mean(square(sub(matmul(tanh(add(matmul(x, w), b)), u), t))),
  normalise_then_project: ({ x, y }) => matmul(div(x, np.linalg.norm(x, { axis: -1, keepDims: true })), y),
  complex_reuse: ({ x }) => {
    const y = sin(x);
    return add(add(mul(y, y), mul(y, x)), exp(y));
  },
};

/** Scalar functions of one number. */
export const SCALARS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  cube: (x) => np.power(x, 3),
  exp,
  tanh,
  sigmoid: nn.sigmoid,
  softplus: (x) => log(add(1, exp(x))),
  sin,
  erf: np.erf,
  gelu_erf: (x) => nn.gelu(x, { approximate: false }),
  gelu_tanh: nn.gelu,
  log,
  sqrt: np.sqrt,
  rsqrt: np.rsqrt,
  power: (x) => np.power(x, 2.7),
  reciprocal: (x) => div(1, x),
  rational: (x) => div(x, add(1, square(x))),
  nested: (x) => mul(sin(exp(div(x, 2))), x),
  logsumexp_of_three: (x) => np.logsumexp(np.stack([x, mul(2, x), np.negative(x)])),
  x_to_x: (x) => np.power(x, x),
  power_int: (x) => sub(np.power(x, 5), mul(3, np.power(x, 2))),
  atan: np.arctan,
};

const X = [
  [1, 2],
  [-1, 0.5],
  [0.3, -0.7],
];

/** Functions whose Hessians are known. */
export const HESSIANS: Readonly<Record<string, Function>> = {
  rosenbrock: ({ x }) => {
    const [a, b] = [np.slice(x, [[0, -1]]), np.slice(x, [[1, null]])];
    return sum(add(mul(100, square(sub(b, square(a)))), square(sub(1, a))));
  },
  quadratic_form: ({ x, A, b }) => add(div(np.dot(x, matmul(A, x)), 2), np.dot(b, x)),
  cross_entropy: ({ x }) => np.negative(np.slice(nn.logSoftmax(x), [2])),
  mixed: ({ x, y }) => add(sum(sin(mul(x, y))), mul(np.slice(x, [0]), exp(np.slice(y, [1])))),
  small_net: ({ w, u }) => mean(square(sub(matmul(nn.gelu(matmul(np.array(X, { dtype: w.dtype }), w)), u), 1))),
};

/** Functions with a vector or matrix for a result, whose Jacobians are known. */
export const JACOBIANS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  softmax_of_three: (x) => {
    const [a, b, c] = [0, 1, 2].map((i) => np.slice(x, [i]));
    return nn.softmax(np.stack([add(add(a, b), c), mul(a, b), square(c)]));
  },
  matrix_square: (x) => matmul(x, x),
};
