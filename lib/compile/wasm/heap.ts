/** @file A WebAssembly heap, as all generated code takes it: a memory, and an allocator of addresses in it. */
import { BackendError } from "../../core/errors.js";

/** A memory and who hands out its addresses. The memory may grow between calls. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** The address of that many bytes, a multiple of 4; 0 where there are none left. A signed result is read as unsigned. */
  malloc(bytes: number): number;
  /** Takes back what `malloc` gave. */
  free(address: number): void;
}

const MOST_BYTES = 2 ** 32;

/** Allocates on a heap. @throws {BackendError} when it has no room; what it holds stays as it is */
export const allocateOn = (heap: Heap, bytes: number, where: string): number => {
  const address = bytes < MOST_BYTES ? heap.malloc(bytes) >>> 0 : 0;
  if (address !== 0) return address;
  throw new BackendError({
    where,
    what: "no memory left on the WebAssembly heap",
    expected: `${bytes} more bytes`,
    got: `a heap of ${heap.memory.buffer.byteLength} bytes, which cannot grow beyond 4 GiB`,
    hint: "dispose of tensors that are not needed, or use smaller batches",
  });
};
