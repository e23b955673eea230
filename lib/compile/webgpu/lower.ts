/**
 * @file How each primitive is computed on WebGPU: one line a primitive, all in fluxion's WGSL.
 *
 * TensorFlow.js's kernels for it stop at rank 6, take bools for integers and leave NaN and infinity to the shader compiler. There
 * is no way by the primitive's `impl`, since its inputs cannot be read without waiting.
 */
import { UnsupportedError } from "../../core/errors.js";
import { type PrimitiveName, primitives } from "../../primitives/index.js";
import type { BlockKernel, Equation } from "../blocks/context.js";
import type { GpuContext, GpuLowering } from "./context.js";
import { product } from "./dot.js";
import { elementwise } from "./elementwise.js";
import { combined, gather, replaced } from "./gather.js";
import * as movement from "./movement.js";
import { randomBits, threefry } from "./random.js";
import { argument, reduction, running, sort } from "./reduce.js";
import { convolution, windowExtremum, windowSum } from "./window.js";

/** The same data under the shape of the result. */
const alias: GpuLowering =
  ({ device }, { outAvals }) =>
  ([x]) => [device.reshaped(x, outAvals[0].shape)];

/** The primitives that are not expressions of elements. Those that are missing have no lowering here; `docs/backends.md` lists them. */
const LOWERINGS: Readonly<Partial<Record<PrimitiveName, GpuLowering>>> = {
  reshape: alias,
  name: alias,
  stop_gradient: alias,
  transpose: movement.transpose,
  broadcast_in_dim: movement.broadcast,
  concatenate: movement.concatenate,
  iota: movement.iota,
  pad: movement.pad,
  reverse: movement.reverse,
  slice: movement.slice,
  dynamic_slice: movement.dynamicSlice,
  dynamic_update_slice: movement.dynamicUpdateSlice,
  dot_general: product,
  conv: convolution,
  reduce_window_sum: windowSum,
  reduce_window_max: windowExtremum,
  reduce_window_min: windowExtremum,
  reduce_sum: reduction,
  reduce_max: reduction,
  reduce_min: reduction,
  reduce_and: reduction,
  reduce_or: reduction,
  argmax: argument,
  argmin: argument,
  cumsum: running,
  cumprod: running,
  cummax: running,
  cummin: running,
  cumlogsumexp: running,
  sort,
  gather,
  scatter: replaced,
  scatter_add: combined,
  scatter_mul: combined,
  scatter_max: combined,
  scatter_min: combined,
  random_bits: randomBits,
  threefry2x32: threefry,
};

/** The kernel of an equation. @throws {UnsupportedError} when there is none */
export const lowerToGpu = (context: GpuContext, equation: Equation): BlockKernel => {
  const { prim, inAvals } = equation;
  const name = prim.name as PrimitiveName;
  const builtIn = primitives[name] === prim;
  const lowering = LOWERINGS[name] ?? (prim.elementwise === true ? elementwise : undefined);
  const kernel = builtIn ? lowering?.(context, equation) : undefined;
  if (kernel !== undefined) return kernel;
  throw new UnsupportedError({
    where: name,
    what: builtIn ? "the webgpu backend cannot compute this" : "the webgpu backend knows only built-in primitives",
    expected: "a primitive that docs/backends.md does not exclude",
    got: `${name} of ${inAvals.join(", ")}`,
    hint: 'compute it elsewhere: await blockUntilReady(inputs); await init({ backend: "wasm" })',
  });
};
