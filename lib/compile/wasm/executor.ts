/** @file The TensorFlow.js executor. */
import type { Handle } from "../../core/tensor.js";
import type { Backend } from "../blocks/backend.js";
import type { Context, Loop } from "../blocks/context.js";
import { type Block, TfjsDevice } from "../blocks/device.js";
import type { Executor } from "../executor.js";
import { webGpuExecutor } from "../webgpu/executor.js";
import { createStridedCopy } from "./code/copy.js";
import { createGemm } from "./code/gemm.js";
import { fuses, worthOneLoop } from "./elementwise.js";
import { fused } from "./fuse.js";
import { kernelOf, lower } from "./lower.js";
import { transposesInDots } from "./transposes.js";

/** An executor on a started backend. */
export const tfjsExecutor = (backend: Backend): Executor => {
  if (backend.gpu !== undefined) return webGpuExecutor(backend, backend.gpu);
  const device = new TfjsDevice(backend);
  const { heap } = backend;
  const gemm = heap === undefined ? undefined : createGemm(heap);
  const copy = heap === undefined ? undefined : createStridedCopy(heap.memory);
  const loops = new Map<unknown, Map<string, Loop>>();
  const context: Context = {
    device,
    gemm,
    copy,
    loops: (owner, form, make) => {
      const forms = loops.get(owner) ?? new Map<string, Loop>();
      const loop = forms.get(form) ?? make();
      loops.set(owner, forms.set(form, loop));
      return loop;
    },
  };
  return {
    name: device.name,
    device,
    compiles: ({ prim, params, inputs, outputs }) =>
      kernelOf(context, { prim, params, inAvals: inputs.map((a) => a.aval), outAvals: outputs.map((v) => v.aval) }) !==
      undefined,
    kernel: (prim, params, inAvals, outAvals) =>
      lower(context, { prim, params, inAvals, outAvals }) as (inputs: readonly Handle[]) => readonly Block[],
    ...(heap === undefined
      ? {}
      : { arrange: ({ jaxpr, consts }) => ({ jaxpr: fused(transposesInDots(jaxpr), fuses, worthOneLoop), consts }) }),
    dispose: () => gemm?.dispose(),
  };
};
