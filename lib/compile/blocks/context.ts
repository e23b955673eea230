/** @file What lowerings are given, and what they give. */
import type { Aval } from "../../core/aval.js";
import type { AnyPrimitive, Params } from "../../core/primitive.js";
import type { StridedCopy } from "../wasm/code/copy.js";
import type { Gemm } from "../wasm/code/gemm.js";
import type { Block, TfjsDevice } from "./device.js";

/** A generated loop; its arguments are addresses and sizes. */
export type Loop = (...args: number[]) => void;

/** What lowerings work with. */
export interface Context {
  readonly device: TfjsDevice;
  /** Our matrix product; absent where the backend has no WebAssembly heap. */
  readonly gemm: Gemm | undefined;
  /** Our strided copy of 4-byte elements; absent like the product. */
  readonly copy: StridedCopy | undefined;
  /** The generated loop of an owner, such as the function that it computes, in one of its forms; made at its first use. */
  readonly loops: (owner: unknown, form: string, make: () => Loop) => Loop;
}

/** One equation, without names. */
export interface Equation {
  readonly prim: AnyPrimitive;
  readonly params: Params;
  readonly inAvals: readonly Aval[];
  readonly outAvals: readonly Aval[];
}

/** Computes an equation's outputs from its inputs. */
export type BlockKernel = (inputs: readonly Block[]) => readonly Block[];

/** Gives a kernel for an equation, or undefined where it has none for it. */
export type Lowering = (context: Context, equation: Equation) => BlockKernel | undefined;
