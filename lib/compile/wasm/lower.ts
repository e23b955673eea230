/**
 * @file How each primitive is computed on a TensorFlow.js backend: one line a primitive.
 *
 * On the WebAssembly heap: generated loops and our own matrix product. Elsewhere: a kernel of the backend where it is right (see
 * `faults.ts` for when it is not). What is left is computed by the primitive's own `impl`, on views of the data in place: right on
 * every backend, nothing moves, and fast enough for what is not hot.
 */
import type { AnyPrimitive } from "../../core/primitive.js";
import { transposeP } from "../../primitives/broadcast.js";
import type { DotDims } from "../../primitives/dot.js";
import { type PrimitiveName, primitives } from "../../primitives/index.js";
import type { BlockKernel, Context, Equation, Lowering } from "../blocks/context.js";
import type { Block } from "../blocks/device.js";
import { gather, scatter, scatterAdd } from "../blocks/gather.js";
import * as movement from "../blocks/movement.js";
import * as kernels from "../tfjs/kernels.js";
import { conv } from "./conv.js";
import { dotKernel, planDot, plannedDot } from "./dot.js";
import { elementwise, fusedLoop } from "./elementwise.js";
import { fusedP } from "./fuse.js";
import { randomBits } from "./random.js";
import { reduction } from "./reduce.js";
import { type OrderedDot, orderedDotP } from "./transposes.js";

/** By the primitive's `impl`, on the data in place. */
export const inPlace = ({ device }: Context, { prim, params, outAvals }: Equation): BlockKernel => {
  return (inputs) => {
    const outs = prim.impl(
      inputs.map((block) => device.view(block)),
      params,
    );
    return outs.map((out, i) => device.make(outAvals[i].shape, outAvals[i].dtype, out.data));
  };
};

const viaImpl: Lowering = () => undefined;

/** The same data under the shape of the result. */
const alias: Lowering =
  ({ device }, { outAvals }) =>
  ([x]) => [device.reshaped(x, outAvals[0].shape)];

/** The first of several ways that works for the equation. */
const first =
  (...ways: readonly Lowering[]): Lowering =>
  (context, equation) => {
    for (const way of ways) {
      const kernel = way(context, equation);
      if (kernel !== undefined) return kernel;
    }
    return undefined;
  };

const strided: Lowering = (context, equation) => {
  const { device, gemm } = context;
  const { heap } = device.backend;
  const [x, y] = equation.inAvals;
  if (heap === undefined || gemm === undefined || x.dtype !== "float32") return undefined;
  const copy = (block: Block, perm: readonly number[]): Block => {
    const { data } = transposeP.impl([device.view(block)], { perm })[0];
    return device.make(
      perm.map((p) => block.info.shape[p]),
      block.dtype,
      data,
    );
  };
  const run = dotKernel(
    device,
    gemm,
    x.shape,
    y.shape,
    equation.params as unknown as DotDims,
    equation.outAvals[0].shape,
    copy,
  );
  return ([lhs, rhs]) => [run(lhs, rhs)];
};

const orderedDot: Lowering = ({ device, gemm }, { params, inAvals: [x, y], outAvals: [out] }) => {
  const { perm, ...dims } = params as unknown as OrderedDot;
  const plan = planDot(x.shape, y.shape, dims, perm);
  if (gemm === undefined || typeof plan === "string") return undefined;
  const run = plannedDot(device, gemm, plan, out.shape);
  return ([lhs, rhs]) => [run(lhs, rhs)];
};

/** Of primitives that only compiled programs have. */
const COMPILED: ReadonlyMap<AnyPrimitive, Lowering> = new Map<AnyPrimitive, Lowering>([
  [fusedP as AnyPrimitive, fusedLoop],
  [orderedDotP as AnyPrimitive, orderedDot],
]);

/** Every built-in primitive. */
export const LOWERINGS: Record<PrimitiveName, Lowering> = {
  reshape: alias,
  stop_gradient: alias,
  name: alias,
  transpose: first(movement.transpose, kernels.transpose),
  dot_general: first(strided, kernels.matMul),
  add: first(elementwise, kernels.binary("Add")),
  sub: first(elementwise, kernels.binary("Sub")),
  mul: first(elementwise, kernels.binary("Multiply")),
  div: first(elementwise, kernels.binary("RealDiv")),
  neg: first(elementwise, kernels.unary("Neg")),
  exp: first(elementwise, kernels.unary("Exp")),
  sqrt: first(elementwise, kernels.unary("Sqrt")),
  rsqrt: first(elementwise, kernels.unary("Rsqrt")),
  abs: elementwise,
  and: elementwise,
  ceil: elementwise,
  convert: elementwise,
  eq: elementwise,
  floor: elementwise,
  ge: elementwise,
  gt: elementwise,
  le: elementwise,
  lt: elementwise,
  max: elementwise,
  min: elementwise,
  ne: elementwise,
  not: elementwise,
  or: elementwise,
  rem: viaImpl,
  select: elementwise,
  shift_left: viaImpl,
  shift_right_arithmetic: viaImpl,
  shift_right_logical: viaImpl,
  sign: elementwise,
  xor: elementwise,
  acos: viaImpl,
  acosh: viaImpl,
  asin: viaImpl,
  asinh: viaImpl,
  atan2: viaImpl,
  atan: viaImpl,
  atanh: viaImpl,
  cos: viaImpl,
  cosh: viaImpl,
  erf: viaImpl,
  erf_inv: elementwise,
  expm1: viaImpl,
  integer_pow: first(elementwise, kernels.integerPow),
  is_finite: elementwise,
  log1p: elementwise,
  log: elementwise,
  logistic: elementwise,
  pow: viaImpl,
  round: elementwise,
  sin: viaImpl,
  sinh: viaImpl,
  tan: viaImpl,
  tanh: elementwise,
  broadcast_in_dim: movement.broadcast,
  reduce_sum: reduction("sum"),
  concatenate: movement.concatenate,
  iota: viaImpl,
  pad: movement.pad,
  reverse: movement.reverse,
  slice: movement.slice,
  argmax: viaImpl,
  argmin: viaImpl,
  cumlogsumexp: viaImpl,
  cummax: viaImpl,
  cummin: viaImpl,
  cumprod: viaImpl,
  cumsum: viaImpl,
  reduce_and: viaImpl,
  reduce_max: reduction("max"),
  reduce_min: reduction("min"),
  reduce_or: viaImpl,
  sort: viaImpl,
  gather: gather,
  scatter: scatter,
  scatter_add: scatterAdd,
  scatter_max: viaImpl,
  scatter_min: viaImpl,
  scatter_mul: viaImpl,
  dynamic_slice: movement.dynamicSlice,
  dynamic_update_slice: movement.dynamicUpdateSlice,
  random_binomial: viaImpl,
  random_bits: randomBits,
  random_gamma: viaImpl,
  random_gamma_grad: viaImpl,
  random_poisson: viaImpl,
  threefry2x32: viaImpl,
  cholesky: viaImpl,
  eigh: viaImpl,
  lu: viaImpl,
  lu_pivots_to_permutation: viaImpl,
  adjugate: viaImpl,
  det: viaImpl,
  pinv: viaImpl,
  qr: viaImpl,
  svd: viaImpl,
  triangular_solve: viaImpl,
  bessel_i0e: viaImpl,
  bessel_i1e: viaImpl,
  beta: viaImpl,
  betainc: viaImpl,
  betaln: viaImpl,
  binomial: viaImpl,
  bitcast: viaImpl,
  cbrt: viaImpl,
  clz: viaImpl,
  digamma: viaImpl,
  erfc: viaImpl,
  erfcx: viaImpl,
  exponent: viaImpl,
  gcd: viaImpl,
  igamma: viaImpl,
  igammac: viaImpl,
  igamma_grad_a: viaImpl,
  ldexp: viaImpl,
  lgamma: viaImpl,
  ndtri: viaImpl,
  nextafter: viaImpl,
  poch: viaImpl,
  population_count: viaImpl,
  reduce_precision: viaImpl,
  xlog1py: viaImpl,
  xlogy: viaImpl,
  zeta: viaImpl,
  conv,
  reduce_window_max: viaImpl,
  reduce_window_min: viaImpl,
  reduce_window_sum: viaImpl,
};

/** The kernel of an equation, or undefined where it goes by `impl`, as a user's own primitive does, whatever its name. */
export const kernelOf = (context: Context, equation: Equation): BlockKernel | undefined => {
  const compiled = COMPILED.get(equation.prim);
  if (compiled !== undefined) return compiled(context, equation);
  const name = equation.prim.name as PrimitiveName;
  return primitives[name] === equation.prim ? LOWERINGS[name](context, equation) : undefined;
};

/** The kernel of an equation. */
export const lower = (context: Context, equation: Equation): BlockKernel =>
  kernelOf(context, equation) ?? inPlace(context, equation);
