/**
 * fluxion: a purely functional tensor language with composable transformations over TensorFlow.js, and prompt tuning of T5.
 *
 * @packageDocumentation
 */
import "./tensor-methods.js";

export { effectsBarrier } from "./compile/effects.js";
export { type InitOptions, init, memory, resetStats, type Stats, stats } from "./compile/init.js";
export type { DType, Shape } from "./core/aval.js";
export { Aval } from "./core/aval.js";
export { composite, scope } from "./core/composite.js";
export {
  ArgumentError,
  BackendError,
  CheckpointError,
  ConfigError,
  DataError,
  DownloadError,
  DTypeError,
  type ErrorTag,
  FluxionError,
  InvariantError,
  type Mismatch,
  PendingError,
  ShapeError,
  TracerError,
  TreeError,
  UnsupportedError,
  UseAfterDisposeError,
} from "./core/errors.js";
export type { HostArray, TypedArray } from "./core/host.js";
export { ClosedJaxpr, Jaxpr } from "./core/jaxpr.js";
export type { BatchDim, MaybeLinear, Primitive, Tangent } from "./core/primitive.js";
export {
  bind,
  blockUntilReady,
  checkJaxpr,
  definePrimitive,
  dispose,
  evalJaxpr,
  isFluxionError,
  isTensor,
} from "./core/public.js";
export type { GradsOf, Nested, TangentsOf, Tensor, TensorLike } from "./core/tensor.js";
export type { Given, OfTensors, Transformed, Tree, Tuples } from "./core/tree-types.js";
export * as debug from "./debug/index.js";
export * as lax from "./lax/index.js";
export * as methods from "./methods/index.js";
export * as nn from "./nn/index.js";
export * as np from "./np/index.js";
export * as ops from "./ops/index.js";
export * as optim from "./optim/index.js";
export * as prompt from "./prompt/index.js";
export * as random from "./random/index.js";
export * as scipy from "./scipy/index.js";
export * as t5 from "./t5/index.js";
export { type AssociativeScanOptions, associativeScan } from "./transforms/associative-scan.js";
export {
  type CheckpointOptions,
  type CheckpointPolicy,
  checkpoint,
  checkpointName,
  checkpointPolicies,
  remat,
} from "./transforms/checkpoint.js";
export { cond, switchCase } from "./transforms/cond.js";
export { type CustomJvpOptions, customJvp } from "./transforms/custom-jvp.js";
export { type CustomVjpOptions, customVjp } from "./transforms/custom-vjp.js";
export { type Grad, grad, type Held, linearize, type ValueAndGrad, valueAndGrad, vjp } from "./transforms/grad.js";
export { type CaptureOptions, captureIntermediates, type Intermediates } from "./transforms/intermediates.js";
export {
  type Hessian,
  hessian,
  hvp,
  type Jacobian,
  type JacobianOf,
  jacfwd,
  jacobian,
  jacrev,
} from "./transforms/jacobian.js";
export { type Jit, type JitOptions, type JitStats, type Jitted, jit, type Lowered } from "./transforms/jit.js";
export { jvp } from "./transforms/jvp.js";
export { closureConvert, linearTranspose } from "./transforms/linear-transpose.js";
export { evalShape, makeJaxpr, ShapeDtype } from "./transforms/make-jaxpr.js";
export { type MapOptions, map } from "./transforms/map.js";
export { type ScanOptions, scan } from "./transforms/scan.js";
export { stopGradient } from "./transforms/stop-gradient.js";
export { type OnnxOptions, toOnnx } from "./transforms/to-onnx.js";
export { type Vmap, type VmapOptions, vmap } from "./transforms/vmap.js";
export { foriLoop, whileLoop } from "./transforms/while.js";
export * as tree from "./tree/index.js";
