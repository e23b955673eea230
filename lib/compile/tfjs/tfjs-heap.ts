/** @file The heap of TensorFlow.js's wasm backend, as the memory of this library's arrays. */
import type { Backend } from "../blocks/backend.js";
import { heapBackend } from "../wasm/heap-backend.js";

/** What TensorFlow.js's wasm backend knows of the data of tensors. */
interface TensorData {
  readonly id: number;
  readonly memoryOffset: number;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Tensors that read it. */
  refCount: number;
}

/** The parts of TensorFlow.js's wasm backend object that are used. */
export interface RawWasm {
  readonly wasm: {
    readonly asm?: { readonly memory: WebAssembly.Memory };
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
    _free(ptr: number): void;
    readonly tfjs: { registerTensor(id: number, size: number, address: number): void; disposeData(id: number): void };
  };
  dataIdNextNumber: number;
  readonly dataIdMap: {
    has(dataId: object): boolean;
    get(dataId: object): TensorData;
    set(dataId: object, data: TensorData): void;
    delete(dataId: object): boolean;
  };
  /** One reader less. Whether it was the last, or `force` made it so. */
  disposeData(dataId: object, force?: boolean): boolean;
}

const RAW = new WeakMap<Backend, RawWasm>();

/** The backend of arrays on TensorFlow.js's heap. */
export const tfjsHeapBackend = (raw: RawWasm): Backend => {
  const { wasm } = raw;
  const backend = heapBackend("tfjs-wasm", {
    memory: (wasm.wasmMemory ?? wasm.asm?.memory) as WebAssembly.Memory,
    malloc: (bytes) => wasm._malloc(bytes),
    free: (address) => wasm._free(address),
  });
  RAW.set(backend, raw);
  return backend;
};

/** TensorFlow.js's object behind a backend on its heap; undefined for other backends. */
export const rawOf = (backend: Backend): RawWasm | undefined => RAW.get(backend);
