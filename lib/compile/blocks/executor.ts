/** @file What executors on blocks have in common: equations without names, and kernels of blocks. */
import type { Handle } from "../../core/tensor.js";
import type { Executor } from "../executor.js";
import type { BlockKernel, Equation } from "./context.js";
import type { Block, BlockDevice } from "./device.js";

/** How equations become kernels. */
export interface Lowerings {
  /** Undefined where an equation goes by `impl`. */
  readonly kernelOf: (equation: Equation) => BlockKernel | undefined;
  readonly lower: (equation: Equation) => BlockKernel;
}

export const blockExecutor = (device: BlockDevice, { kernelOf, lower }: Lowerings): Executor => ({
  name: device.name,
  device,
  compiles: ({ prim, params, inputs, outputs }) =>
    kernelOf({ prim, params, inAvals: inputs.map((a) => a.aval), outAvals: outputs.map((v) => v.aval) }) !== undefined,
  kernel: (prim, params, inAvals, outAvals) =>
    lower({ prim, params, inAvals, outAvals }) as (inputs: readonly Handle[]) => readonly Block[],
  dispose: () => undefined,
});
