/** @file dotGeneral on the WebAssembly heap: axes become strides, so transposed and batched operands need no copy. */
import { range, type Shape, sizeOf, stridesOf } from "../../core/aval.js";
import { type DotDims, freeOf } from "../../primitives/dot.js";
import { joinAxes } from "../blocks/axes.js";
import type { Block, BlockDevice } from "../blocks/device.js";
import type { Gemm } from "./code/gemm.js";

const pick = <T>(list: readonly T[], axes: readonly number[]): T[] => axes.map((a) => list[a]);

interface Strides {
  readonly rowStride: number;
  readonly colStride: number;
  readonly batchStride: readonly [number, number];
}

/** The last two of several numbers, with others in front where there are fewer. */
const pair = (values: readonly number[], fill: number): [number, number] => {
  const n = values.length;
  return [values[n - 2] ?? fill, values[n - 1] ?? fill];
};

/** How one call of the matrix product does a dotGeneral. */
export interface DotPlan {
  readonly batch: readonly [number, number];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Strides;
  readonly b: Strides;
  readonly c: Strides;
  /** Whether `a` is the right operand: a result whose rows are contiguous is that of the transposed product, with the same bits. */
  readonly swapped: boolean;
}

const transposed = ({ rowStride, colStride, batchStride }: Strides): Strides => ({
  rowStride: colStride,
  colStride: rowStride,
  batchStride,
});

/** The transposed product. */
const swap = ({ m, n, a, b, c, ...rest }: DotPlan): DotPlan => ({
  ...{ ...rest, m: n, n: m, swapped: true },
  ...{ a: transposed(b), b: transposed(a), c: transposed(c) },
});

/** The strides of the axes of a result that is written in the order `perm`. */
const resultStrides = (shape: Shape, perm: readonly number[]): number[] => {
  const own = stridesOf(pick(shape, perm));
  return shape.map((_, axis) => own[perm.indexOf(axis)]);
};

/**
 * The plan for these shapes, or the operand ("lhs" or "rhs") that is in the way; "out" where the order of the result is.
 *
 * @param perm  the order in which the axes of the result are written; as they are, by default
 */
export const planDot = (x: Shape, y: Shape, d: DotDims, perm?: readonly number[]): DotPlan | "lhs" | "rhs" | "out" => {
  const [lhsFree, rhsFree] = [freeOf(x.length, d.lhsContract, d.lhsBatch), freeOf(y.length, d.rhsContract, d.rhsBatch)];
  const [xs, ys] = [stridesOf(x), stridesOf(y)];
  const out = [...pick(x, d.lhsBatch), ...pick(x, lhsFree), ...pick(y, rhsFree)];
  const os = resultStrides(out, perm ?? range(out.length));
  const batches = d.lhsBatch.length;
  const batch = joinAxes(pick(x, d.lhsBatch), [pick(xs, d.lhsBatch), pick(ys, d.rhsBatch), os.slice(0, batches)]);
  const rows = joinAxes(pick(x, lhsFree), [pick(xs, lhsFree)]);
  const columns = joinAxes(pick(y, rhsFree), [pick(ys, rhsFree)]);
  const inner = joinAxes(pick(x, d.lhsContract), [pick(xs, d.lhsContract), pick(ys, d.rhsContract)]);
  if (rows.sizes.length > 1) return "lhs";
  if (columns.sizes.length > 1) return "rhs";
  if (inner.sizes.length > 1) {
    const alone = joinAxes(pick(x, d.lhsContract), [pick(xs, d.lhsContract)]);
    return alone.sizes.length > 1 ? "lhs" : "rhs";
  }
  if (batch.sizes.length > 2) return "lhs";
  const outRows = joinAxes(pick(x, lhsFree), [os.slice(batches, batches + lhsFree.length)]);
  const outColumns = joinAxes(pick(y, rhsFree), [os.slice(batches + lhsFree.length)]);
  if (outRows.sizes.length > 1 || outColumns.sizes.length > 1) return "out";
  const [m, n] = [rows.sizes[0] ?? 1, columns.sizes[0] ?? 1];
  const [sx, sy, so] = batch.strides.map((strides) => pair(strides, 0));
  const plan = {
    ...{ batch: pair(batch.sizes, 1), m, n, k: sizeOf(pick(x, d.lhsContract)), swapped: false },
    a: { rowStride: rows.strides[0][0] ?? 0, colStride: inner.strides[0][0] ?? 1, batchStride: sx },
    b: { rowStride: inner.strides[1][0] ?? n, colStride: columns.strides[0][0] ?? 1, batchStride: sy },
    c: { rowStride: outRows.strides[0][0] ?? n, colStride: outColumns.strides[0][0] ?? 1, batchStride: so },
  };
  if (plan.c.colStride === 1) return plan;
  return plan.c.rowStride === 1 ? swap(plan) : "out";
};

/** Batch axes, then free ones, then contracted ones. */
const orderOf = (rank: number, contract: readonly number[], batch: readonly number[]): number[] => [
  ...batch,
  ...range(rank).filter((a) => !contract.includes(a) && !batch.includes(a)),
  ...contract,
];
const isSorted = (order: readonly number[]): boolean => order.every((a, i) => a === i);

/** A dotGeneral kernel that works by one call. */
export const plannedDot = (
  device: BlockDevice,
  gemm: Gemm,
  plan: DotPlan,
  outShape: Shape,
): ((lhs: Block, rhs: Block) => Block) => {
  const { swapped } = plan;
  const run = gemm.prepare(plan);
  return (lhs, rhs) => {
    const out = device.make(outShape, "float32");
    const [x, y] = [device.address(lhs), device.address(rhs)];
    if (swapped) run(y, x, device.address(out));
    else run(x, y, device.address(out));
    return out;
  };
};

/** A dotGeneral kernel for given shapes on float32. */
export const dotKernel = (
  device: BlockDevice,
  gemm: Gemm,
  x: Shape,
  y: Shape,
  d: DotDims,
  outShape: Shape,
  copy: (block: Block, perm: readonly number[]) => Block,
): ((lhs: Block, rhs: Block) => Block) => {
  const plan = planDot(x, y, d);
  if (typeof plan !== "string") return plannedDot(device, gemm, plan, outShape);
  // One operand is copied into an order that can be walked through; an operand that is in order already is not in the way.
  const lhsOrder = orderOf(x.length, d.lhsContract, d.lhsBatch);
  const side = plan === "lhs" && !isSorted(lhsOrder) ? "lhs" : "rhs";
  const order = side === "lhs" ? lhsOrder : orderOf(y.length, d.rhsContract, d.rhsBatch);
  const [contract, batch] = side === "lhs" ? [d.lhsContract, d.lhsBatch] : [d.rhsContract, d.rhsBatch];
  const shape = pick(side === "lhs" ? x : y, order);
  const batchAxes = range(batch.length);
  const contractAxes = contract.map((_, i) => order.length - contract.length + i);
  const moved: DotDims =
    side === "lhs"
      ? { ...d, lhsBatch: batchAxes, lhsContract: contractAxes }
      : { ...d, rhsBatch: batchAxes, rhsContract: contractAxes };
  const next = dotKernel(device, gemm, side === "lhs" ? shape : x, side === "lhs" ? y : shape, moved, outShape, copy);
  return (lhs, rhs) => {
    const copied = copy(side === "lhs" ? lhs : rhs, order);
    try {
      return side === "lhs" ? next(copied, rhs) : next(lhs, copied);
    } finally {
      device.free(copied);
    }
  };
};
