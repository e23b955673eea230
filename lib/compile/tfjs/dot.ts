/** @file dotGeneral on the WebAssembly heap: axes become strides, so transposed and batched operands need no copy. */
import { range, type Shape, sizeOf, stridesOf } from "../../core/aval.js";
import type { DotDims } from "../../primitives/dot.js";
import type { Gemm } from "../wasm/gemm.js";
import { joinAxes } from "./axes.js";
import type { WasmHeap } from "./backend.js";
import type { Block, TfjsDevice } from "./device.js";

const pick = <T>(list: readonly T[], axes: readonly number[]): T[] => axes.map((a) => list[a]);

/** How one call of the matrix product does a dotGeneral, or which operand must be copied into another order first. */
export interface DotPlan {
  readonly batch: readonly [number, number];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: {
    readonly rowStride: number;
    readonly colStride: number;
    readonly batchStride: readonly [number, number];
  };
  readonly b: {
    readonly rowStride: number;
    readonly colStride: number;
    readonly batchStride: readonly [number, number];
  };
  readonly cBatchStride: readonly [number, number];
}

/** The plan for these shapes, or the operand ("lhs" or "rhs") that is in the way. */
export const planDot = (x: Shape, y: Shape, d: DotDims): DotPlan | "lhs" | "rhs" => {
  const freeOf = (rank: number, contract: readonly number[], batch: readonly number[]): number[] =>
    range(rank).filter((a) => !contract.includes(a) && !batch.includes(a));
  const [lhsFree, rhsFree] = [freeOf(x.length, d.lhsContract, d.lhsBatch), freeOf(y.length, d.rhsContract, d.rhsBatch)];
  const [xs, ys] = [stridesOf(x), stridesOf(y)];
  const out = [...pick(x, d.lhsBatch), ...pick(x, lhsFree), ...pick(y, rhsFree)];
  const os = stridesOf(out);
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
  const pair = (values: readonly number[], fill: number): [number, number] => {
    const padded = [fill, fill, ...values].slice(-2);
    return [padded[0], padded[1]];
  };
  const n = columns.sizes[0] ?? 1;
  return {
    batch: pair(batch.sizes, 1),
    m: rows.sizes[0] ?? 1,
    n,
    k: sizeOf(pick(x, d.lhsContract)),
    a: {
      rowStride: rows.strides[0][0] ?? 0,
      colStride: inner.strides[0][0] ?? 1,
      batchStride: pair(batch.strides[0], 0),
    },
    b: {
      rowStride: inner.strides[1][0] ?? n,
      colStride: columns.strides[0][0] ?? 1,
      batchStride: pair(batch.strides[1], 0),
    },
    cBatchStride: pair(batch.strides[2], 0),
  };
};

/** Batch axes, then free ones, then contracted ones. */
const orderOf = (rank: number, contract: readonly number[], batch: readonly number[]): number[] => [
  ...batch,
  ...range(rank).filter((a) => !contract.includes(a) && !batch.includes(a)),
  ...contract,
];
const isSorted = (order: readonly number[]): boolean => order.every((a, i) => a === i);

/** A dotGeneral kernel for given shapes on float32. */
export const dotKernel = (
  device: TfjsDevice,
  heap: WasmHeap,
  gemm: Gemm,
  x: Shape,
  y: Shape,
  d: DotDims,
  outShape: Shape,
  copy: (block: Block, perm: readonly number[]) => Block,
): ((lhs: Block, rhs: Block) => Block) => {
  const plan = planDot(x, y, d);
  if (typeof plan !== "string") {
    return (lhs, rhs) => {
      const out = device.make(outShape, "float32");
      gemm.run({
        batch: plan.batch,
        m: plan.m,
        n: plan.n,
        k: plan.k,
        a: { ptr: heap.addressOf(lhs.info), ...plan.a },
        b: { ptr: heap.addressOf(rhs.info), ...plan.b },
        c: { ptr: heap.addressOf(out.info), rowStride: plan.n, batchStride: plan.cBatchStride },
      });
      return out;
    };
  }
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
  const next = dotKernel(
    device,
    heap,
    gemm,
    side === "lhs" ? shape : x,
    side === "lhs" ? y : shape,
    moved,
    outShape,
    copy,
  );
  return (lhs, rhs) => {
    const copied = copy(side === "lhs" ? lhs : rhs, order);
    try {
      return side === "lhs" ? next(copied, rhs) : next(lhs, copied);
    } finally {
      device.free(copied);
    }
  };
};
