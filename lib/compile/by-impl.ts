/** @file Primitives that no executor on the CPU has code for: all compute them by their `impl`, on the data where they lie. */
import type { PrimitiveName } from "../primitives/index.js";

// biome-ignore format: a line for each kind
export const BY_IMPL = [
  "atan2", "cumlogsumexp", "cumprod", "reduce_window_max", "reduce_window_min", "reduce_window_sum",
  "bitcast", "exponent", "gcd", "ldexp", "nextafter", "reduce_precision",
  "random_binomial", "random_gamma", "random_gamma_grad", "random_poisson",
  "adjugate", "cholesky", "det", "eigh", "lu", "lu_pivots_to_permutation", "pinv", "qr", "svd", "triangular_solve",
  "bessel_i0e", "bessel_i1e", "beta", "betainc", "betaln", "binomial", "digamma", "erfc", "erfcx", "igamma", "igammac", "igamma_grad_a",
  "lgamma", "ndtri", "poch", "xlog1py", "zeta",
] as const satisfies readonly PrimitiveName[];

/** The lowerings `L` of an executor that leaves `Others` to `impl` besides: a primitive that is in none of the three does not compile. */
export type Lowerings<L, Others extends PrimitiveName = never> = Readonly<
  Record<Exclude<PrimitiveName, (typeof BY_IMPL)[number] | Others>, L>
>;
