/**
 * @file Executors: what computes primitives on a device.
 *
 * An executor only gives a kernel for one equation. Compiling is the same for all of them: passes over the jaxpr, then a list
 * of kernels with the last use of every intermediate (see `program.ts`).
 */
import type { Aval } from "../core/aval.js";
import { isTheirs } from "../core/caller.js";
import { FluxionError, InvariantError } from "../core/errors.js";
import type { Eqn } from "../core/jaxpr.js";
import type { AnyPrimitive, Params } from "../core/primitive.js";
import type { Device, Handle } from "../core/tensor.js";
import type { Optimized } from "./passes/loops.js";

/** Computes one equation. Inputs stay with the caller; outputs are new handles that the caller frees. */
export interface Kernel {
  (inputs: readonly Handle[]): readonly Handle[];
  /** Frees what the kernel holds, when its program is dropped. */
  dispose?(): void;
}

/** What a device holds. */
export interface DeviceMemory {
  /** Live arrays. */
  readonly arrays: number;
  /** Bytes of their data, each counted once. */
  readonly bytes: number;
  /** The most bytes that were live at once since the start, or since `resetStats`. */
  readonly peakBytes: number;
  /** Size of the WebAssembly heap, where there is one; it grows but does not shrink. */
  readonly heapBytes?: number | undefined;
}

/** Access to the rows of arrays (what lies at one index of the leading axis), for loops. */
export interface Rows {
  /** Row `index`, where it lies: a new handle, which keeps the data alive. */
  view(handle: Handle, index: number): Handle;
  /** An array to be filled row by row. */
  empty(aval: Aval): Handle;
  /** Copies `row` to row `index`. */
  write(stack: Handle, index: number, row: Handle): void;
}

/** A device that knows how much it holds. */
export interface AccountedDevice extends Device {
  /** Absent where a part of an array cannot be addressed; loops then use kernels. */
  readonly rows?: Rows;
  memory(): DeviceMemory;
  /** The peak counts anew, from what is live. */
  resetPeak(): void;
}

/** Counts what a device holds. */
export class Ledger {
  #arrays = 0;
  #bytes = 0;
  #peak = 0;

  /** One more array; `bytes` are those of data that no other array has. */
  add(bytes: number): void {
    this.#arrays++;
    this.#bytes += bytes;
    if (this.#bytes > this.#peak) this.#peak = this.#bytes;
  }
  /** One array less; `bytes` are those of data that no other array has. */
  remove(bytes: number): void {
    this.#arrays--;
    this.#bytes -= bytes;
  }
  get bytes(): number {
    return this.#bytes;
  }
  resetPeak(): void {
    this.#peak = this.#bytes;
  }
  memory(): DeviceMemory {
    return { arrays: this.#arrays, bytes: this.#bytes, peakBytes: this.#peak };
  }
}

export interface Executor {
  readonly name: string;
  readonly device: AccountedDevice;
  /** Never asked of control flow, which `loops.ts` runs. */
  kernel(prim: AnyPrimitive, params: Params, inAvals: readonly Aval[], outAvals: readonly Aval[]): Kernel;
  /** Runs a compiled program. Absent where results are there at return; an asynchronous executor refuses when too much is under way. */
  launch?<T>(run: () => T): T;
  /** Whether the executor compiles an equation itself; it computes others with their `impl`. */
  compiles(eqn: Eqn): boolean;
  /** Puts the equations of a program into an order or into groups that the executor takes as one. */
  arrange?(program: Optimized): Optimized;
  /** Frees what the executor itself holds (scratch memory, packed weights). */
  dispose(): void;
}

/** Attaches the name of the operation to an error that a kernel threw; those of a user's function go through. */
export const kernelError = (executor: string, prim: string, inAvals: readonly Aval[], cause: unknown): Error =>
  cause instanceof FluxionError || isTheirs(cause)
    ? (cause as Error)
    : new InvariantError(
        { where: prim, what: `the ${executor} executor failed: ${String(cause)}`, got: inAvals.join(", ") },
        { cause },
      );
