/** @file The WebGPU executor. It is asynchronous: what it computes is pending until it was waited for. */
import type { Backend, Gpu } from "../blocks/backend.js";
import { BlockDevice } from "../blocks/device.js";
import { blockExecutor } from "../blocks/executor.js";
import type { Executor } from "../executor.js";
import { lowerToGpu } from "./lower.js";
import { rowsOf } from "./movement.js";

/** An executor on a started WebGPU backend. */
export const webGpuExecutor = (backend: Backend): Executor => {
  const gpu = backend.gpu as Gpu;
  const context = { device: new BlockDevice(backend), gpu };
  context.device.rows = rowsOf(context);
  const lower = lowerToGpu.bind(undefined, context);
  // What it has no kernel for is refused.
  return { ...blockExecutor(context.device, { kernelOf: lower, lower }), compiles: () => true, launch: gpu.launch };
};
