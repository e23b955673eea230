/**
 * @file Starting a TensorFlow.js backend and reaching under its engine.
 *
 * Kernels are called directly (`getKernel(...).kernelFunc`): no tape, no tidy, no tensor objects. That surface is stable within
 * the pinned 4.22 and is touched in this folder only. Backends are imported when they are started.
 */

import { itemBytes, type Shape, sizeOf } from "../../core/aval.js";
import { BackendError } from "../../core/errors.js";
import { allocate, type TypedArray } from "../../core/host.js";
import type { Backend, Info, Kernel, KernelName, StorageType, WasmHeap } from "./backend.js";
import { importBackend, isNode, REGISTERED_AS, startError, type TfjsBackendName } from "./load.js";
import { type RawWebGpu, webGpuBackend } from "./webgpu/gpu.js";

/** The parts of the wasm backend object that are used. */
interface WasmBackend {
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    readonly asm?: { readonly memory: WebAssembly.Memory };
    readonly wasmMemory?: WebAssembly.Memory;
    readonly tfjs: { registerTensor(id: number, size: number, memoryOffset: number): void };
    _malloc(bytes: number): number;
    _free(ptr: number): void;
  };
  readonly dataIdMap: {
    get(id: object): TensorData;
    set(id: object, data: TensorData): void;
  };
  dataIdNextNumber: number;
  typedArrayFromHeap(info: Info): TypedArray;
}
/** What the wasm backend knows of a tensor. */
interface TensorData {
  readonly id: number;
  memoryOffset: number;
  readonly shape: Shape;
  readonly dtype: StorageType;
  readonly refCount: number;
}
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

type RawBackend = KernelBackend & Partial<WasmBackend & CpuBackend>;

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

/** tfjs itself does not look: it would go on at address 0. */
const outOfMemory = (where: string, bytes: number, heapBytes: number): BackendError =>
  new BackendError({
    where,
    what: "no memory left on the WebAssembly heap",
    expected: `${bytes} more bytes`,
    got: `a heap of ${heapBytes} bytes, which cannot grow beyond 4 GiB`,
    hint: "dispose of tensors that are not needed, or use smaller batches",
  });

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

/** A part of the data of another tensor as a separate tensor: what `Backend.part` and the release of parts need. */
const partOf = (raw: RawBackend): Pick<Backend, "part" | "release"> => {
  const { wasm, dataIdMap, data } = raw;
  if (wasm !== undefined && dataIdMap !== undefined) {
    const parts = new WeakSet<object>();
    const part: Backend["part"] = (info, shape, start) => {
      const id = (raw as WasmBackend).dataIdNextNumber++;
      const memoryOffset = dataIdMap.get(info.dataId).memoryOffset + start * itemBytes(info.dtype);
      const dataId = { id };
      dataIdMap.set(dataId, { id, memoryOffset, shape, dtype: info.dtype, refCount: 1 });
      wasm.tfjs.registerTensor(id, sizeOf(shape), memoryOffset);
      parts.add(dataId);
      return { dataId, shape: [...shape], dtype: info.dtype };
    };
    const release: Backend["release"] = ({ dataId }) => {
      // The backend frees the address of what it forgets; the memory of a part is not its own, and freeing 0 does nothing.
      if (parts.has(dataId)) dataIdMap.get(dataId).memoryOffset = 0;
      raw.disposeData(dataId);
    };
    return { part, release };
  }
  const release: Backend["release"] = (info) => void raw.disposeData(info.dataId);
  if (data === undefined) return { release };
  const part: Backend["part"] = (info, shape, start) => {
    const values = data.get(info.dataId).values.subarray(start, start + sizeOf(shape));
    return { dataId: raw.write(values, shape, info.dtype), shape: [...shape], dtype: info.dtype };
  };
  return { part, release };
};

/**
 * Starts a backend.
 *
 * @throws {BackendError} when it is not installed or does not start
 */
export const startBackend = async (name: TfjsBackendName): Promise<Backend> => {
  const tf = await import("@tensorflow/tfjs-core");
  const raw = await startInTurn(name);
  const kernel = (kernelName: KernelName): Kernel => {
    const found = tf.getKernel(kernelName, REGISTERED_AS[name]);
    if (found === undefined || found === null) {
      throw new BackendError({ where: kernelName, what: `the backend ${name} has no such kernel` });
    }
    return (inputs, attrs = {}) => found.kernelFunc({ inputs, attrs, backend: raw } as never) as unknown as Info;
  };
  if (name === "webgpu") return webGpuBackend(raw as unknown as RawWebGpu);
  const wasm = raw.wasm;
  const heap: WasmHeap | undefined =
    wasm === undefined
      ? undefined
      : {
          memory: (wasm.wasmMemory ?? wasm.asm?.memory) as WebAssembly.Memory,
          malloc: (bytes) => wasm._malloc(bytes) >>> 0,
          free: (ptr) => wasm._free(ptr),
          addressOf: (info) => (raw.dataIdMap as WasmBackend["dataIdMap"]).get(info.dataId).memoryOffset,
        };
  return {
    name,
    kernel,
    make(shape: Shape, dtype, data) {
      if (heap === undefined) {
        // The cpu backend keeps the array it is given.
        return { dataId: raw.write(data ?? allocate(dtype, sizeOf(shape)), shape, dtype), shape: [...shape], dtype };
      }
      const bytes = sizeOf(shape) * itemBytes(dtype);
      if (bytes >= 2 ** 32) throw outOfMemory(name, bytes, heap.memory.buffer.byteLength);
      const info = { dataId: raw.write(null, shape, dtype), shape: [...shape], dtype };
      if (bytes > 0 && heap.addressOf(info) === 0) {
        raw.disposeData(info.dataId);
        throw outOfMemory(name, bytes, heap.memory.buffer.byteLength);
      }
      if (data !== undefined) (raw as WasmBackend).typedArrayFromHeap(info).set(data);
      return info;
    },
    inPlace: name !== "node-gpu",
    reshapesFreely: name !== "node-gpu",
    view: (info) => {
      if (wasm !== undefined) return (raw as WasmBackend).typedArrayFromHeap(info);
      // The cpu backend's `readSync` copies a bool.
      return raw.data?.get(info.dataId).values ?? raw.readSync(info.dataId);
    },
    ...partOf(raw),
    ...(heap === undefined ? {} : { heap }),
  };
};
