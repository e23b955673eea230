/** @file The WebGPU executor. It is asynchronous: what it computes is pending until it was waited for. */
import type { Handle } from "../../core/tensor.js";
import type { Backend, Gpu } from "../blocks/backend.js";
import { type Block, TfjsDevice } from "../blocks/device.js";
import type { Executor } from "../executor.js";
import { lowerToGpu } from "./lower.js";
import { rowsOf } from "./movement.js";

/** An executor on a started WebGPU backend. */
export const webGpuExecutor = (backend: Backend, gpu: Gpu): Executor => {
  const device = new TfjsDevice(backend);
  const context = { device, gpu };
  device.rows = rowsOf(context);
  return {
    name: device.name,
    device,
    kernel: (prim, params, inAvals, outAvals) =>
      lowerToGpu(context, { prim, params, inAvals, outAvals }) as (inputs: readonly Handle[]) => readonly Block[],
    // What it has no kernel for is refused.
    compiles: () => true,
    launch: gpu.launch,
    dispose: () => undefined,
  };
};
