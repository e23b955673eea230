/** @file What lowerings on a WebAssembly heap are given. */
import type { WasmHeap } from "../blocks/backend.js";
import type { Context, Lowering } from "../blocks/context.js";
import type { StridedCopy } from "./code/copy.js";
import type { Gemm } from "./code/gemm.js";

/** A generated loop; its arguments are addresses and sizes. */
export type Loop = (...args: number[]) => void;

export interface HeapContext extends Context {
  readonly heap: WasmHeap;
  /** Our matrix product. */
  readonly gemm: Gemm;
  readonly copy: StridedCopy;
  /** The generated loop of an owner, such as the function that it computes, in one of its forms; made at its first use. */
  readonly loops: (owner: unknown, form: string, make: () => Loop) => Loop;
}

/** Gives a kernel for an equation on the heap, or undefined where it has none for it. */
export type HeapLowering = Lowering<HeapContext>;
