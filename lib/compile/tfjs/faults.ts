/**
 * @file What TensorFlow.js's kernels get wrong, and when they are therefore not asked. `docs/backends.md` lists the findings.
 *
 * Nearly all faults are of some dtype, rank or size; the rest are of single kernels, which are not in our tables at all.
 */
import type { Equation } from "../blocks/context.js";

/** Kernels of two operands fail from rank 7 on; rank 4 is what is needed and tested. */
const MOST_AXES = 4;

/**
 * Whether kernels are right for an equation: float32 only (integer products do not wrap on the cpu backend, uint32 is stored as
 * int32, a bool is one byte that some kernels read as four), no empty arrays, few axes.
 */
export const trusts = ({ inAvals, outAvals }: Equation): boolean =>
  [...inAvals, ...outAvals].every((a) => a.dtype === "float32" && a.size > 0 && a.ndim <= MOST_AXES);
