/** @file The heap of TensorFlow.js's wasm backend, for programs that exchange tensors with TensorFlow.js. */
import type { Heap } from "../wasm/heap.js";

/** The parts of TensorFlow.js's wasm backend object that are used. */
export interface RawWasm {
  readonly wasm: {
    readonly asm?: { readonly memory: WebAssembly.Memory };
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
    _free(ptr: number): void;
  };
}

/** The heap, and the backend object that it belongs to. */
export interface TfjsHeap extends Heap {
  readonly raw: RawWasm;
}

export const tfjsHeap = (raw: RawWasm): TfjsHeap => {
  const { wasm } = raw;
  return {
    raw,
    memory: (wasm.wasmMemory ?? wasm.asm?.memory) as WebAssembly.Memory,
    malloc: (bytes) => wasm._malloc(bytes),
    free: (address) => wasm._free(address),
  };
};
