/** @file How each primitive is written as ONNX nodes: one line a primitive. */
import { type PrimitiveName, primitives } from "../../primitives/index.js";
import { elementOf } from "./builder.js";
import { conv } from "./conv.js";
import { dotGeneral } from "./dot.js";
import { ELEMENTWISE, operator } from "./elementwise.js";
import { INDEXING } from "./indexing.js";
import { type Equation, type Lowering, onHost, type Write } from "./lowering.js";
import { MOVEMENT } from "./movement.js";
import { RANDOM } from "./random.js";
import { sort } from "./sort.js";
import { SPECIAL } from "./special.js";

/** Every built-in primitive. */
export const LOWERINGS: Record<PrimitiveName, Lowering> = {
  ...ELEMENTWISE,
  ...MOVEMENT,
  ...INDEXING,
  ...RANDOM,
  ...SPECIAL,
  dot_general: dotGeneral,
  name: operator("Identity"),
  atan2: onHost,
  cumlogsumexp: onHost,
  cumprod: onHost,
  sort,
  cholesky: onHost,
  eigh: onHost,
  lu: onHost,
  lu_pivots_to_permutation: onHost,
  adjugate: onHost,
  det: onHost,
  pinv: onHost,
  qr: onHost,
  svd: onHost,
  triangular_solve: onHost,
  bessel_i0e: onHost,
  bessel_i1e: onHost,
  beta: onHost,
  betainc: onHost,
  betaln: onHost,
  binomial: onHost,
  bitcast: onHost,
  digamma: onHost,
  erfc: onHost,
  erfcx: onHost,
  exponent: onHost,
  gcd: onHost,
  igamma: onHost,
  igammac: onHost,
  igamma_grad_a: onHost,
  ldexp: onHost,
  lgamma: onHost,
  ndtri: onHost,
  nextafter: onHost,
  poch: onHost,
  reduce_precision: onHost,
  xlog1py: onHost,
  zeta: onHost,
  random_binomial: onHost,
  random_gamma: onHost,
  random_gamma_grad: onHost,
  random_poisson: onHost,
  conv,
  reduce_window_sum: onHost,
  reduce_window_max: onHost,
  reduce_window_min: onHost,
};

/** How an equation is written, or undefined where the host computes it; a user's own primitive, whatever its name, is computed by `impl`. */
export const lower = (equation: Equation): Write | undefined => {
  const name = equation.prim.name as PrimitiveName;
  if (primitives[name] !== equation.prim) return undefined;
  if ([...equation.inAvals, ...equation.outAvals].some((a) => a.dtype === "float64")) return undefined;
  const { outAvals } = equation;
  if (outAvals.every((a) => a.size === 0)) {
    // The runtime's operators differ on empty arrays, and there is nothing to compute.
    return (b) => outAvals.map((a) => b.constant(elementOf(a.dtype), a.shape, new Uint8Array()));
  }
  return LOWERINGS[name](equation);
};
