/** @file The executor on a WebAssembly heap, the library's own or TensorFlow.js's. */
import type { Backend, WasmHeap } from "../blocks/backend.js";
import { BlockDevice } from "../blocks/device.js";
import { blockExecutor } from "../blocks/executor.js";
import type { Executor } from "../executor.js";
import { createStridedCopy } from "./code/copy.js";
import { createGemm } from "./code/gemm.js";
import type { HeapContext, Loop } from "./context.js";
import { fuses, worthOneLoop } from "./elementwise.js";
import { fused } from "./fuse.js";
import { kernelOf, lower } from "./lower.js";
import { transposesInDots } from "./transposes.js";

const contextOn = (device: BlockDevice, heap: WasmHeap): HeapContext => {
  const loops = new Map<unknown, Map<string, Loop>>();
  return {
    device,
    heap,
    gemm: createGemm(heap),
    copy: createStridedCopy(heap.memory),
    loops: (owner, form, make) => {
      const forms = loops.get(owner) ?? new Map<string, Loop>();
      const loop = forms.get(form) ?? make();
      loops.set(owner, forms.set(form, loop));
      return loop;
    },
  };
};

/** An executor on a backend whose arrays lie on a heap. */
export const heapExecutor = (backend: Backend): Executor => {
  const device = new BlockDevice(backend);
  const context = contextOn(device, backend.heap as WasmHeap);
  return {
    ...blockExecutor(device, {
      kernelOf: (equation) => kernelOf(context, equation),
      lower: (equation) => lower(context, equation),
    }),
    arrange: ({ jaxpr, consts }) => ({ jaxpr: fused(transposesInDots(jaxpr), fuses, worthOneLoop), consts }),
    dispose: () => context.gemm.dispose(),
  };
};
