/**
 * @file Starting a TensorFlow.js backend and reaching under its engine.
 *
 * Kernels are called directly (`getKernel(...).kernelFunc`): no tape, no tidy, no tensor objects. That surface is stable within
 * the pinned 4.22 and is touched in this folder only. Backends are imported when they are started.
 */

import { type Shape, sizeOf } from "../../core/aval.js";
import { BackendError } from "../../core/errors.js";
import { allocate, type TypedArray } from "../../core/host.js";
import type { Backend, Info, Kernel, KernelName, StorageType } from "../blocks/backend.js";
import { type RawWebGpu, webGpuBackend } from "../webgpu/gpu.js";
import { importBackend, isNode, REGISTERED_AS, startError, type TfjsBackendName } from "./load.js";
import { type RawWasm, tfjsHeapBackend } from "./tfjs-heap.js";

/** The part of the cpu backend object that is used. */
interface CpuBackend {
  readonly data: { get(id: object): { readonly values: TypedArray } };
}
/** What all backends have. */
interface KernelBackend {
  write(values: TypedArray | null, shape: readonly number[], dtype: StorageType): object;
  readSync(dataId: object): TypedArray;
  disposeData(dataId: object): boolean;
}

type RawBackend = KernelBackend & Partial<CpuBackend>;

const FATAL = ["uncaughtException", "unhandledRejection"] as const;

/** Takes back the process-wide handlers that the wasm module installs: they print a page of its source for any error. */
const quietly = async (start: () => Promise<void>): Promise<void> => {
  if (!isNode) return start();
  const before = FATAL.map((event) => process.listeners(event as "uncaughtException"));
  await start();
  FATAL.forEach((event, i) => {
    for (const listener of process.listeners(event as "uncaughtException")) {
      if (!before[i].includes(listener)) process.removeListener(event, listener);
    }
  });
};

/** The object of a started backend. tfjs starts one at a time: the current backend's name is a global of its engine. */
const startInTfjs = async (name: TfjsBackendName): Promise<RawBackend> => {
  const tf = await import("@tensorflow/tfjs-core");
  try {
    await quietly(async () => {
      await importBackend(name);
      if (!(await tf.setBackend(REGISTERED_AS[name]))) throw new Error("the backend did not start");
      await tf.ready();
    });
  } catch (cause) {
    throw startError(name, cause);
  }
  return tf.findBackend(REGISTERED_AS[name]) as unknown as RawBackend;
};

let lastStart: Promise<unknown> = Promise.resolve();
/** Starts a backend after the one before has started, or failed to. */
const startInTurn = (name: TfjsBackendName): Promise<RawBackend> => {
  const start = lastStart.then(() => startInTfjs(name));
  lastStart = start.catch(() => undefined);
  return start;
};

/** The elements of a tensor; the cpu backend's `readSync` would copy a bool. */
const viewOf = (raw: RawBackend, info: Info): TypedArray =>
  raw.data?.get(info.dataId).values ?? raw.readSync(info.dataId);

/** A part of a tensor's data as a tensor, where data are JavaScript's. */
const partOf =
  (raw: RawBackend & CpuBackend): NonNullable<Backend["part"]> =>
  (info, shape, start) => {
    const values = raw.data.get(info.dataId).values.subarray(start, start + sizeOf(shape));
    return { dataId: raw.write(values, shape, info.dtype), shape: [...shape], dtype: info.dtype };
  };

/** A backend that keeps its tensors itself. */
const kernelBackend = (name: TfjsBackendName, raw: RawBackend, kernel: Backend["kernel"]): Backend => ({
  name: `tfjs-${name}`,
  kernel,
  // The cpu backend keeps the array it is given.
  make: (shape: Shape, dtype, data) => ({
    dataId: raw.write(data ?? allocate(dtype, sizeOf(shape)), shape, dtype),
    shape: [...shape],
    dtype,
  }),
  inPlace: name !== "node-gpu",
  reshapesFreely: name !== "node-gpu",
  view: (info) => viewOf(raw, info),
  release: (info) => void raw.disposeData(info.dataId),
  ...(raw.data === undefined ? {} : { part: partOf(raw as RawBackend & CpuBackend) }),
});

/**
 * Starts a backend.
 *
 * @throws {BackendError} when it is not installed or does not start
 */
export const startBackend = async (name: TfjsBackendName): Promise<Backend> => {
  const tf = await import("@tensorflow/tfjs-core");
  const raw = await startInTurn(name);
  if (name === "webgpu") return webGpuBackend(raw as unknown as RawWebGpu);
  if (name === "wasm") return tfjsHeapBackend(raw as unknown as RawWasm);
  return kernelBackend(name, raw, (kernelName: KernelName): Kernel => {
    const found = tf.getKernel(kernelName, REGISTERED_AS[name]);
    if (found === undefined || found === null) {
      throw new BackendError({ where: kernelName, what: `the backend ${name} has no such kernel` });
    }
    return (inputs, attrs = {}) => found.kernelFunc({ inputs, attrs, backend: raw } as never) as unknown as Info;
  });
};
