/** @file What lowerings are given, and what they give. */
import type { Aval } from "../../core/aval.js";
import type { AnyPrimitive, Params } from "../../core/primitive.js";
import type { StridedCopy } from "../wasm/code/copy.js";
import type { Block, BlockDevice } from "./device.js";

/** The device and the settings that lowerings share. */
export interface Context {
  readonly device: BlockDevice;
  /** Our strided copy of 4-byte elements; absent where there is no WebAssembly heap. */
  readonly copy?: StridedCopy;
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
export type Lowering<C extends Context = Context> = (context: C, equation: Equation) => BlockKernel | undefined;
