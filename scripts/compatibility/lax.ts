/** @file Notes on `jax.lax`. */
import { all, COMPLEX, differing, type Module, NO_PRECISION, type Note, ONE_DEVICE, sameOf } from "./note.js";

const ONE_PRECISION: Note = { not: "float32 is computed in float32; there is no precision to choose" };
const PLAIN_OBJECT: Note = { not: "a plain object of axes is the argument" };
const BY_KEY: Note = { not: "`random` draws from explicit keys" };

export const LAX: Module = {
  space: "lax",
  absent: "not yet",
  names: {
    ...all("complex conj imag real fft FftType", COMPLEX),
    ...all(
      "after_all all_to_all ppermute pshuffle pswapaxes psend precv pbroadcast with_sharding_constraint ragged_all_to_all",
      ONE_DEVICE,
    ),
    ...all("AccuracyMode DotAlgorithm DotAlgorithmPreset Precision PrecisionLike Tolerance scaled_dot", ONE_PRECISION),
    RoundingMethod: { as: "lax.round", differs: 'a word: "awayFromZero" or "toNearestEven"' },
    ...all("RandomAlgorithm rng_bit_generator rng_uniform", BY_KEY),
    random_gamma_grad: { not: "`random.gamma` has a derivative by its parameter" },
    igamma_grad_a: { not: "`lax.igamma` has no derivative by `a`" },
    ConvDimensionNumbers: { as: "lax.convDimensionNumbers", differs: "a type of plain objects, which this makes" },
    ConvGeneralDilatedDimensionNumbers: {
      as: "lax.convDimensionNumbers",
      differs: "three strings, or what this makes of them",
    },
    ...all(
      "DotDimensionNumbers GatherDimensionNumbers RaggedDotDimensionNumbers ScatterDimensionNumbers",
      PLAIN_OBJECT,
    ),
    GatherScatterMode: { not: 'a mode is a word: "fill", "clip", "drop", "promise_in_bounds"' },
    approx_max_k: { as: "lax.topK", differs: "exact" },
    approx_min_k: { as: "lax.topK", differs: "exact; of the negated operand" },
    ...all("optimization_barrier platform_dependent stage", { not: "for the internals of XLA" }),
    ...all("custom_root custom_linear_solve", {
      not: "`customVjp`, with the derivative by the implicit function theorem",
    }),
    composite: { as: "composite", differs: "a function whose intermediates are freed when it is called eagerly" },
    ...differing({
      ...sameOf("psum pmean axis_size", "over named axes of `vmap`; no `axis_index_groups`"),
      ...sameOf("pmax pmin", "over named axes of `vmap`; no `axis_index_groups`; they have derivatives"),
      axis_index: "over named axes of `vmap`",
      all_gather: "`{ axis, tiled }`, over named axes of `vmap`; no `axis_index_groups`",
      psum_scatter: "`{ scatterDimension, tiled }`, over a named axis of `vmap`; no `axis_index_groups`",
      dot: "vectors and matrices; no `dimension_numbers`, no `precision`",
      batch_matmul: "no `precision`",
      convert_element_type: "the dtype is a string",
      dot_general: "`{ lhsContract, rhsContract, lhsBatch, rhsBatch }` for the dimension numbers",
      gather: "dimension numbers are a plain object; `{ mode, fillValue }`",
      ...Object.fromEntries(
        "scatter scatter_add scatter_sub scatter_mul scatter_min scatter_max"
          .split(" ")
          .map((name) => [name, "dimension numbers are a plain object; `{ mode, uniqueIndices }`"]),
      ),
      reduce_window: 'the computation is a word, "add", "max", "min" or "mul", where JAX takes a function',
      reduce: "one operand, and a function of two tensors",
      conv_general_dilated: "`{ lhsDilation, rhsDilation, dimensionNumbers, … }`; no `precision`",
      ...sameOf("conv conv_transpose conv_with_general_padding conv_general_dilated_patches", NO_PRECISION),
      ...sameOf("digamma", "infinite at 0, as SciPy's, where JAX's is NaN"),
      fori_loop: "no `unroll`; `lax.scan` has it",
      sort: "`{ dimension, numKeys }`; always stable",
      argmax: "`lax.argmax(x, axis)`; int32",
      argmin: "`lax.argmin(x, axis)`; int32",
      reduce_precision: "`{ exponentBits, mantissaBits }`",
      round: 'the method is a word: "awayFromZero", the default, or "toNearestEven"',
      cumsum: "`{ axis, reverse }`",
      cumprod: "`{ axis, reverse }`",
      cummax: "`{ axis, reverse }`",
      cummin: "`{ axis, reverse }`",
      cumlogsumexp: "`{ axis, reverse }`",
      scan: "`lax.scan(f, init, xs, { length, reverse, unroll })`",
      while_loop: "an error in reverse mode, which names `scan`; on `webgpu` it is refused",
      cond: "on `webgpu` both branches are computed and selected from",
      switch: "on `webgpu` all branches are computed and selected from; also `lax.switchCase`",
      map: "`{ batchSize }`",
      associative_scan: "`{ axis, reverse }`",
    }),
  },
};

const NO_EIG: Note = { not: "eigenvalues of matrices that are not symmetric are complex; `eigh` is there" };

export const LAX_LINALG: Module = {
  space: "lax.linalg",
  absent: "not yet",
  names: {
    ...all("eig schur hessenberg", NO_EIG),
    ...all("SvdAlgorithm EigImplementation EighImplementation", { not: "there is one algorithm" }),
    ...differing({
      eigh: "`[v, w]` as in JAX; no `subset_by_index`, no choice of implementation",
      svd: "no `subset_by_index`, no choice of algorithm",
      qr: "no `pivoting`",
      triangular_solve: "`{ leftSide, lower, transposeA, unitDiagonal }`",
    }),
  },
};
