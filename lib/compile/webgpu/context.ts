/** @file What lowerings to WGSL are given. */

import type { Gpu } from "../blocks/backend.js";
import type { BlockKernel, Equation } from "../blocks/context.js";
import type { BlockDevice } from "../blocks/device.js";

export interface GpuContext {
  readonly device: BlockDevice;
  readonly gpu: Gpu;
}

/** Gives a kernel for an equation, or undefined where there is none. */
export type GpuLowering = (context: GpuContext, equation: Equation) => BlockKernel | undefined;
