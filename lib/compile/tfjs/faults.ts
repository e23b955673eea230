/**
 * @file What TensorFlow.js's kernels get wrong, and when they are therefore not asked. `docs/backends.md` lists the findings.
 */
import { isFloat } from "../../core/aval.js";
import type { Equation } from "./context.js";

/** Elementwise kernels of the wasm backend give wrong numbers from rank 7 on; 4 is what is needed and tested. */
const MOST_AXES = 4;

/** Whether a kernel of a backend is right for an equation. */
export const trusts = (backend: string, kernel: string, { inAvals, outAvals }: Equation): boolean => {
  const avals = [...inAvals, ...outAvals];
  if (avals.some((a) => a.size === 0 || a.ndim > MOST_AXES || a.dtype === "bool")) return false;
  const floats = avals.every((a) => a.dtype === "float32");
  if (floats) return true;
  // Integer products of the cpu backend do not wrap, and kernels for uint32 see int32: only sums and differences agree.
  return backend === "wasm" && (kernel === "Add" || kernel === "Sub") && !avals.some((a) => isFloat(a.dtype));
};
