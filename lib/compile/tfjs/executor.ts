/** @file The executor on a TensorFlow.js backend that keeps its tensors itself: cpu and node-gpu. */
import type { Backend } from "../blocks/backend.js";
import { BlockDevice } from "../blocks/device.js";
import { blockExecutor } from "../blocks/executor.js";
import type { Executor } from "../executor.js";
import { kernelOf, lower } from "./lower.js";

/** An executor on a started backend. */
export const tfjsExecutor = (backend: Backend): Executor => {
  const context = { device: new BlockDevice(backend) };
  return blockExecutor(context.device, {
    kernelOf: (equation) => kernelOf(context, equation),
    lower: (equation) => lower(context, equation),
  });
};
