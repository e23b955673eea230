/** @file dotGeneral as one matrix product. */
import { type Aval, range, sameShape, sizeOf } from "../../core/aval.js";
import { type DotDims, freeAxes } from "../../primitives/dot.js";
import { type GraphBuilder, MICROSOFT } from "./builder.js";
import type { Lowering } from "./lowering.js";
import { reshaped } from "./movement.js";

/** How one operand becomes a stack of matrices: an order of its axes, and whether the two last are swapped by the product itself. */
interface Side {
  readonly perm: readonly number[];
  readonly swap: boolean;
}

const sorted = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i);

/**
 * Batch axes first, then rows, then columns, or columns and rows, which the product itself swaps: as it lies where it can, else so that its
 * last axis stays the last, since then whole rows are copied.
 */
const sideOf = (batch: readonly number[], rows: readonly number[], columns: readonly number[]): Side => {
  const plain = [...batch, ...rows, ...columns];
  const swapped = [...batch, ...columns, ...rows];
  if (sorted(plain)) return { perm: plain, swap: false };
  const swap = sorted(swapped) || swapped[swapped.length - 1] === swapped.length - 1;
  return { perm: swap ? swapped : plain, swap };
};

export const dotGeneral: Lowering = ({ inAvals: [lhs, rhs], outAvals: [out], params, portable }) => {
  if (lhs.dtype !== "float32") return undefined;
  const d = params as unknown as DotDims;
  const free = freeAxes(lhs, rhs, d);
  const sizes = (aval: Aval, axes: readonly number[]): number[] => axes.map((axis) => aval.shape[axis]);
  const batch = sizes(lhs, d.lhsBatch);
  const [m, n, k] = [sizes(lhs, free.lhs), sizes(rhs, free.rhs), sizes(lhs, d.lhsContract)].map(sizeOf);
  const left = sideOf(d.lhsBatch, free.lhs, d.lhsContract);
  const right = sideOf(d.rhsBatch, d.rhsContract, free.rhs);
  if (out.size === 0 || k === 0) {
    return (b) => [b.node("Expand", [b.scalar("float32", 0), b.ints(out.shape)])];
  }

  const matrices = (b: GraphBuilder, x: string, aval: Aval, { perm }: Side, shape: readonly number[]): string => {
    const ordered = sorted(perm) ? x : b.node("Transpose", [x], { perm });
    const same = aval.ndim === shape.length && range(aval.ndim).every((i) => aval.shape[perm[i]] === shape[i]);
    return same ? ordered : reshaped(b, ordered, shape);
  };
  // Rows of any rank times one matrix: the operator takes and gives them as they are.
  const asItLies = batch.length === 0 && !left.swap && sorted(left.perm) && lhs.ndim >= 2 && d.lhsContract.length === 1;
  return (b, [x, y]) => {
    const a = asItLies ? x : matrices(b, x, lhs, left, [...batch, ...(left.swap ? [k, m] : [m, k])]);
    const c = matrices(b, y, rhs, right, [...batch, ...(right.swap ? [n, k] : [k, n])]);
    const last = batch.length + 1;
    const swapAxes = [...range(batch.length), last, last - 1];
    const unswapped = (z: string, swap: boolean): string => (swap ? b.node("Transpose", [z], { perm: swapAxes }) : z);
    const product =
      portable || !(left.swap || right.swap)
        ? b.node("MatMul", [unswapped(a, left.swap), unswapped(c, right.swap)])
        : b.node("FusedMatMul", [a, c], { transA: Number(left.swap), transB: Number(right.swap) }, MICROSOFT);
    const made = asItLies ? [...lhs.shape.slice(0, -1), n] : [...batch, m, n];
    return [sameShape(made, out.shape) ? product : reshaped(b, product, out.shape)];
  };
};
