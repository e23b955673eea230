/** @file Notes on `jax.nn` and `jax.random`. */
import { all, differing, type Module } from "./note.js";

export const JAX_NN: Module = {
  space: "nn",
  absent: "not yet",
  names: {
    ...all("scaled_matmul get_scaled_dot_general_config scaled_dot_general", { not: "no 8-bit floats" }),
    ...differing({
      softmax: "`nn.softmax(x, axis, { where })`",
      log_softmax: "`nn.logSoftmax(x, axis, { where })`",
      one_hot: "`nn.oneHot(indices, classes, dtype, axis)` by place",
      standardize: "`nn.standardize(x, axis, { epsilon, mean, variance, where })`",
      logsumexp: "no `return_sign`",
      logmeanexp: "no `where`",
      dot_product_attention: "options in an object; there is one implementation",
    }),
  },
};

export const JAX_NN_INITIALIZERS: Module = {
  space: "nn.initializers",
  absent: "not yet",
  names: {
    Initializer: {
      as: "nn.initializers.normal",
      differs: "a type: a function of a key, a shape and a dtype, as this gives",
    },
    ...differing({
      variance_scaling: 'modes are "fanIn", "fanOut", "fanAvg", "fanGeoAvg"; float types only',
    }),
  },
};

export const JAX_RANDOM: Module = {
  space: "random",
  absent: "not yet",
  names: {
    key_dtype: { not: "a key is a plain tensor, uint32[2]" },
    ...differing({
      bernoulli: "no `mode`: as JAX's by default",
      gumbel: "no `mode`: as JAX's by default",
      key: "raw words, uint32[2], as `PRNGKey`; no typed keys",
      key_data: "the same words, since a key is not a separate type",
      wrap_key_data: "the same words, since a key is not a separate type",
      split: "one tensor of keys; `random.subkeys` gives a list to unpack",
      uniform: "`random.uniform(key, shape, { minval, maxval, dtype })`",
      bits: "`{ width: 8 }` or 16 or 32, always in uint32",
      randint: "int32",
      permutation: "`random.permutation(key, x, axis, { independent })`",
      choice: "`random.choice(key, x, shape, { replace, p, axis })`",
      categorical: "`random.categorical(key, logits, { axis, shape, replace, mode })`",
      orthogonal: "`random.orthogonal(key, n, shape, { m, dtype })`",
      multivariate_normal: "no `method`: by Cholesky",
    }),
  },
};
