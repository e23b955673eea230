/** @file What an elementwise primitive is in SIMD instructions. */
import type { Code, FunctionBuilder, Local } from "./assembler.js";

/** The code of a result, given locals that hold the operands. */
export type LaneFunction = (fn: FunctionBuilder, operands: readonly Local[]) => Code;
