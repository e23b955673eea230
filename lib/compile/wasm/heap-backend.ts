/** @file Arrays on a WebAssembly heap of either provider: an address, a length, and whether the memory is another array's. */
import { itemBytes, type Shape, sizeOf } from "../../core/aval.js";
import { BackendError } from "../../core/errors.js";
import type { TypedArray } from "../../core/host.js";
import type { Backend, Info, StorageType } from "../blocks/backend.js";
import { allocateOn, type Heap } from "./heap.js";

/** The `dataId` of an array on a heap. */
interface HeapData {
  readonly address: number;
  readonly length: number;
  /** Whether its memory is that of another array, which gives it back. */
  readonly isPart: boolean;
}

const VIEW = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

const heapData = (info: Info): HeapData => info.dataId as HeapData;

/** An array that lies at an address, whose memory is given back with it. */
export const arrayAt = (address: number, shape: Shape, dtype: StorageType): Info => {
  const dataId: HeapData = { address, length: sizeOf(shape), isPart: false };
  return { dataId, shape: [...shape], dtype };
};

/** The backend whose arrays lie on `heap`. It has no kernels: everything is a generated loop, or goes by `impl` in place. */
export const heapBackend = (name: string, heap: Heap): Backend => {
  const view = (info: Info): TypedArray => {
    const { address, length } = heapData(info);
    return new VIEW[info.dtype](heap.memory.buffer, address, length);
  };
  return {
    name,
    heap: {
      memory: heap.memory,
      malloc: (bytes) => heap.malloc(bytes),
      free: (address) => heap.free(address),
      addressOf: (info) => heapData(info).address,
    },
    inPlace: true,
    reshapesFreely: true,
    kernel: (kernel) => {
      throw new BackendError({ where: kernel, what: `the backend ${name} has no such kernel` });
    },
    make(shape: Shape, dtype: StorageType, data?: TypedArray) {
      const info = arrayAt(allocateOn(heap, sizeOf(shape) * itemBytes(dtype), name), shape, dtype);
      if (data !== undefined) view(info).set(data);
      return info;
    },
    view,
    release: (info) => {
      const { address, isPart } = heapData(info);
      if (!isPart) heap.free(address);
    },
    part: (info, shape, start) => {
      const address = heapData(info).address + start * itemBytes(info.dtype);
      const dataId: HeapData = { address, length: sizeOf(shape), isPart: true };
      return { dataId, shape: [...shape], dtype: info.dtype };
    },
  };
};
