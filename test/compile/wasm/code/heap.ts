/** @file A WebAssembly heap for tests: it hands out memory in order, never takes it back, and grows when it must. */
import type { Heap } from "../../../../lib/compile/wasm/heap.js";

const PAGE = 65536;

export interface TestHeap extends Heap {
  /** Copies numbers to the heap and gives their address. */
  readonly put: (values: Float32Array) => number;
  /** A view that is good until the memory grows. */
  readonly view: (ptr: number, length: number) => Float32Array;
  /** Addresses that were freed. */
  readonly freed: number[];
}

export const testHeap = (memory = new WebAssembly.Memory({ initial: 1 })): TestHeap => {
  let top = 64;
  const freed: number[] = [];
  const malloc = (bytes: number): number => {
    const ptr = top;
    top += Math.ceil(bytes / 16) * 16 + 16;
    const missing = top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return ptr;
  };
  const view = (ptr: number, length: number): Float32Array => new Float32Array(memory.buffer, ptr, length);
  return {
    memory,
    malloc,
    view,
    freed,
    free: (ptr) => freed.push(ptr),
    put: (values) => {
      const ptr = malloc(values.byteLength);
      view(ptr, values.length).set(values);
      return ptr;
    },
  };
};

/** Reproducible numbers in [-1, 1), spread over some orders of magnitude. */
export const randomFloats = (length: number, seed: number): Float32Array => {
  let state = seed | 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
  return Float32Array.from({ length }, () => (2 * next() - 1) * 2 ** Math.floor(6 * next() - 3));
};
