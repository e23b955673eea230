/**
 * @file How each primitive is computed on a WebAssembly heap: by a generated loop or our own matrix product, one line a primitive.
 *
 * What is left is computed by the primitive's own `impl`, on views of the data in place: nothing moves, and fast enough for what is not
 * hot.
 */
import type { AnyPrimitive } from "../../core/primitive.js";
import { transposeP } from "../../primitives/broadcast.js";
import type { DotDims } from "../../primitives/dot.js";
import type { PrimitiveName } from "../../primitives/index.js";
import type { BlockKernel, Equation } from "../blocks/context.js";
import type { Block } from "../blocks/device.js";
import { gather, scatter, scatterAdd } from "../blocks/gather.js";
import { alias, found, inPlace } from "../blocks/lowerings.js";
import * as movement from "../blocks/movement.js";
import type { Lowerings } from "../by-impl.js";
import type { HeapContext, HeapLowering } from "./context.js";
import { conv } from "./conv.js";
import { dotKernel, planDot, plannedDot } from "./dot.js";
import { elementwise, fusedLoop } from "./elementwise.js";
import { fusedP } from "./fuse.js";
import { randomBits } from "./random.js";
import { reduction } from "./reduce.js";
import { type OrderedDot, orderedDotP } from "./transposes.js";

const product: HeapLowering = ({ device, gemm }, equation) => {
  const [x, y] = equation.inAvals;
  if (x.dtype !== "float32") return undefined;
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

const orderedDot: HeapLowering = ({ device, gemm }, { params, inAvals: [x, y], outAvals: [out] }) => {
  const { perm, ...dims } = params as unknown as OrderedDot;
  const plan = planDot(x.shape, y.shape, dims, perm);
  if (typeof plan === "string") return undefined;
  const run = plannedDot(device, gemm, plan, out.shape);
  return ([lhs, rhs]) => [run(lhs, rhs)];
};

/** Of primitives that only compiled programs have. */
const COMPILED: ReadonlyMap<AnyPrimitive, HeapLowering> = new Map<AnyPrimitive, HeapLowering>([
  [fusedP as AnyPrimitive, fusedLoop],
  [orderedDotP as AnyPrimitive, orderedDot],
]);

/** Primitives that are computed by their `impl` here, though not on every executor. */
// biome-ignore format: a line for each kind
const BY_IMPL_HERE = [
  "acos", "acosh", "asin", "asinh", "atan", "atanh", "cbrt", "cos", "cosh", "erf", "expm1", "pow", "rem", "sin", "sinh", "tan", "xlogy",
  "clz", "population_count", "shift_left", "shift_right_arithmetic", "shift_right_logical", "threefry2x32",
  "argmax", "argmin", "cummax", "cummin", "cumsum", "reduce_and", "reduce_or", "sort",
  "iota", "scatter_max", "scatter_min", "scatter_mul",
] as const satisfies readonly PrimitiveName[];

/** Every other built-in primitive. */
const LOWERINGS = {
  reshape: alias,
  stop_gradient: alias,
  name: alias,
  transpose: movement.transpose,
  dot_general: product,
  add: elementwise,
  sub: elementwise,
  mul: elementwise,
  div: elementwise,
  neg: elementwise,
  exp: elementwise,
  sqrt: elementwise,
  rsqrt: elementwise,
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
  select: elementwise,
  sign: elementwise,
  xor: elementwise,
  erf_inv: elementwise,
  integer_pow: elementwise,
  is_finite: elementwise,
  log1p: elementwise,
  log: elementwise,
  logistic: elementwise,
  round: elementwise,
  tanh: elementwise,
  broadcast_in_dim: movement.broadcast,
  reduce_sum: reduction("sum"),
  concatenate: movement.concatenate,
  pad: movement.pad,
  reverse: movement.reverse,
  slice: movement.slice,
  reduce_max: reduction("max"),
  reduce_min: reduction("min"),
  gather,
  scatter,
  scatter_add: scatterAdd,
  dynamic_slice: movement.dynamicSlice,
  dynamic_update_slice: movement.dynamicUpdateSlice,
  random_bits: randomBits,
  conv,
} satisfies Lowerings<HeapLowering, (typeof BY_IMPL_HERE)[number]>;

/** The kernel of an equation, or undefined where it goes by `impl`, as a user's own primitive does, whatever its name. */
export const kernelOf = (context: HeapContext, equation: Equation): BlockKernel | undefined => {
  const lowering = COMPILED.get(equation.prim) ?? found<HeapLowering>(LOWERINGS, equation);
  return lowering?.(context, equation);
};

/** The kernel of an equation. */
export const lower = (context: HeapContext, equation: Equation): BlockKernel =>
  kernelOf(context, equation) ?? inPlace(context, equation);
