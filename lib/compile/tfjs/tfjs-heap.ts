/** @file The heap of TensorFlow.js's wasm backend, as the memory of this library's arrays. */
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

export const tfjsHeap = ({ wasm }: RawWasm): Heap => ({
  memory: (wasm.wasmMemory ?? wasm.asm?.memory) as WebAssembly.Memory,
  malloc: (bytes) => wasm._malloc(bytes),
  free: (address) => wasm._free(address),
});
