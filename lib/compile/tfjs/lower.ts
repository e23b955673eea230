/**
 * @file How primitives are computed on a TensorFlow.js backend whose memory is not a WebAssembly heap: by a kernel of the backend where it
 * is right (see `faults.ts` for when it is not), or by a copy in place.
 *
 * What is not in the table is computed by the primitive's own `impl`, on views of the data: right on every backend.
 */
import type { PrimitiveName } from "../../primitives/index.js";
import type { BlockKernel, Context, Equation, Lowering } from "../blocks/context.js";
import { gather, scatter, scatterAdd } from "../blocks/gather.js";
import { alias, first, found, inPlace } from "../blocks/lowerings.js";
import * as movement from "../blocks/movement.js";
import * as kernels from "./kernels.js";

const LOWERINGS: Readonly<Partial<Record<PrimitiveName, Lowering>>> = {
  reshape: alias,
  stop_gradient: alias,
  name: alias,
  add: kernels.binary("Add"),
  sub: kernels.binary("Sub"),
  mul: kernels.binary("Multiply"),
  div: kernels.binary("RealDiv"),
  neg: kernels.unary("Neg"),
  exp: kernels.unary("Exp"),
  sqrt: kernels.unary("Sqrt"),
  rsqrt: kernels.unary("Rsqrt"),
  integer_pow: kernels.integerPow,
  dot_general: kernels.matMul,
  transpose: first(movement.transpose, kernels.transpose),
  broadcast_in_dim: movement.broadcast,
  concatenate: movement.concatenate,
  pad: movement.pad,
  reverse: movement.reverse,
  slice: movement.slice,
  dynamic_slice: movement.dynamicSlice,
  dynamic_update_slice: movement.dynamicUpdateSlice,
  gather,
  scatter,
  scatter_add: scatterAdd,
};

/** The kernel of an equation, or undefined where it goes by `impl`. */
export const kernelOf = (context: Context, equation: Equation): BlockKernel | undefined =>
  found(LOWERINGS, equation)?.(context, equation);

/** The kernel of an equation. */
export const lower = (context: Context, equation: Equation): BlockKernel =>
  kernelOf(context, equation) ?? inPlace(context, equation);
