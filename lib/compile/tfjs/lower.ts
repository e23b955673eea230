/**
 * @file How each primitive is computed on a TensorFlow.js backend: one line a primitive.
 *
 * Three ways: a kernel of the backend where it is fast and right (see `faults.ts` for when it is not), our own matrix product on
 * the WebAssembly heap, and the primitive's own `impl` on views of the data in place. The last is the default: it is right on every
 * backend, moves nothing, and is fast enough for what is not hot.
 */
import { transposeP } from "../../primitives/broadcast.js";
import type { DotDims } from "../../primitives/dot.js";
import type { PrimitiveName } from "../../primitives/index.js";
import type { BlockKernel, Context, Equation, Lowering } from "./context.js";
import type { Block } from "./device.js";
import { dotKernel } from "./dot.js";
import { elementwise } from "./elementwise.js";
import { trusts } from "./faults.js";
import { gather, scatterAdd } from "./gather.js";
import * as movement from "./movement.js";
import { reduction } from "./reduce.js";

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

/** A kernel of the backend with inputs named a and b. */
const binary =
  (name: string): Lowering =>
  ({ device }, equation) => {
    if (!trusts(device.backend.name, name, equation)) return undefined;
    const kernel = device.backend.kernel(name);
    const { dtype } = equation.outAvals[0];
    return ([a, b]) => [device.adopt(kernel({ a: a.info, b: b.info }), dtype)];
  };

/** A kernel of the backend with an input named x. */
const unary =
  (name: string): Lowering =>
  ({ device }, equation) => {
    if (!trusts(device.backend.name, name, equation)) return undefined;
    const kernel = device.backend.kernel(name);
    const { dtype } = equation.outAvals[0];
    return ([x]) => [device.adopt(kernel({ x: x.info }), dtype)];
  };

/** Small integer powers as products: `x * x`, `x * x * x`. */
const integerPow: Lowering = ({ device }, equation) => {
  const exponent = equation.params.exponent as number;
  if ((exponent !== 2 && exponent !== 3) || !trusts(device.backend.name, "Multiply", equation)) return undefined;
  const multiply = device.backend.kernel("Multiply");
  return ([x]) => {
    const square = device.adopt(multiply({ a: x.info, b: x.info }), x.dtype);
    if (exponent === 2) return [square];
    try {
      return [device.adopt(multiply({ a: square.info, b: x.info }), x.dtype)];
    } finally {
      device.free(square);
    }
  };
};

const transposeKernel: Lowering = ({ device }, equation) => {
  if (!trusts(device.backend.name, "Transpose", equation)) return undefined;
  const kernel = device.backend.kernel("Transpose");
  const perm = equation.params.perm as readonly number[];
  return ([x]) => [device.adopt(kernel({ x: x.info }, { perm }), x.dtype)];
};

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

const dot: Lowering = (context, equation) => {
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
    heap,
    gemm,
    x.shape,
    y.shape,
    equation.params as unknown as DotDims,
    equation.outAvals[0].shape,
    copy,
  );
  return ([lhs, rhs]) => [run(lhs, rhs)];
};

/** Every built-in primitive. */
export const LOWERINGS: Record<PrimitiveName, Lowering> = {
  reshape: alias,
  stop_gradient: alias,
  transpose: first(movement.transpose, transposeKernel),
  dot_general: dot,
  add: first(elementwise, binary("Add")),
  sub: first(elementwise, binary("Sub")),
  mul: first(elementwise, binary("Multiply")),
  div: first(elementwise, binary("RealDiv")),
  neg: first(elementwise, unary("Neg")),
  exp: first(elementwise, unary("Exp")),
  sqrt: first(elementwise, unary("Sqrt")),
  rsqrt: first(elementwise, unary("Rsqrt")),
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
  expm1: viaImpl,
  integer_pow: first(elementwise, integerPow),
  is_finite: elementwise,
  log1p: viaImpl,
  log: viaImpl,
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
  cumsum: viaImpl,
  reduce_and: viaImpl,
  reduce_max: reduction("max"),
  reduce_min: reduction("min"),
  reduce_or: viaImpl,
  sort: viaImpl,
  gather: gather,
  scatter_add: scatterAdd,
  dynamic_slice: movement.dynamicSlice,
  dynamic_update_slice: movement.dynamicUpdateSlice,
  random_bits: viaImpl,
  threefry2x32: viaImpl,
};

/** The kernel of an equation; a user's own primitive is computed by its `impl`. */
export const lower = (context: Context, equation: Equation): BlockKernel => {
  const lowering = (LOWERINGS as Readonly<Record<string, Lowering | undefined>>)[equation.prim.name];
  return lowering?.(context, equation) ?? inPlace(context, equation);
};
