/** @file dotGeneral as one matrix product. */
import { type Aval, range, sameShape, sizeOf } from "../../core/aval.js";
import { type DotDims, freeAxes } from "../../primitives/dot.js";
import { type GraphBuilder, MICROSOFT } from "./builder.js";
import type { Lowering } from "./lowering.js";
import { reshaped } from "./movement.js";
import { between, blockOf, sumAlong } from "./sums.js";

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

/** The same order of axes where rows are columns. */
const turned = ({ perm, swap }: Side): Side => ({ perm, swap: !swap });

/** A stack of matrices: `[...batch, rows, k]` of the left side and `[...batch, k, columns]` of the right, or the last two axes swapped. */
interface Matrices {
  readonly name: string;
  readonly swap: boolean;
}
/** Sizes of a product: `[...batch, m, k]` by `[...batch, k, n]`. */
interface Sizes {
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const lastSwapped = (b: GraphBuilder, x: string, rank: number): string =>
  b.node("Transpose", [x], { perm: [...range(rank - 2), rank - 1, rank - 2] });
/** The third and the second of the axes from the end, swapped. */
const middleSwapped = (b: GraphBuilder, x: string, rank: number): string =>
  b.node("Transpose", [x], { perm: [...range(rank - 3), rank - 2, rank - 3, rank - 1] });

/** The product by one operator; where it can, the operator itself swaps axes. */
const product = (b: GraphBuilder, x: Matrices, y: Matrices, rank: number, portable: boolean): string => {
  const plain = ({ name, swap }: Matrices): string => (swap ? lastSwapped(b, name, rank) : name);
  if (portable || !(x.swap || y.swap)) return b.node("MatMul", [plain(x), plain(y)]);
  const attributes = { transA: Number(x.swap), transB: Number(y.swap) };
  return b.node("FusedMatMul", [x.name, y.name], attributes, MICROSOFT);
};

/** The longest contracted extent of a product of matrices, whose operator adds in blocks, and of one with a vector, where it does not. */
const LONGEST = 32_768;
const LONGEST_OF_VECTOR = 4096;
/** The usual block of a contracted extent: added in one chain, or in few side by side. */
const BLOCK = 256;

const isLong = ({ m, n, k }: Sizes): boolean => k > (m === 1 || n === 1 ? LONGEST_OF_VECTOR : LONGEST);

/** The product in blocks of the contracted extent, of which `block` is a divisor: as many products, which are summed. */
const productOfBlocks = (
  b: GraphBuilder,
  [x, y]: readonly [Matrices, Matrices],
  { batch, m, n, k }: Sizes,
  block: number,
  portable: boolean,
): string => {
  const count = k / block;
  const rank = batch.length + 3;
  // The runtime's own operator takes the axis of the blocks in second place too, and then nothing is copied.
  const direct = batch.length === 0 && !portable;
  const split = ({ name, swap }: Matrices, size: number, contractedFirst: boolean): Matrices => {
    const shape = contractedFirst ? [...batch, count, block, size] : [...batch, size, count, block];
    const parts = reshaped(b, name, shape);
    return { name: contractedFirst || direct ? parts : middleSwapped(b, parts, rank), swap };
  };
  const [left, right] = [split(x, m, x.swap), split(y, n, !y.swap)];
  const attributes = {
    ...{ transA: Number(x.swap), transB: Number(y.swap) },
    ...{ transBatchA: Number(!x.swap), transBatchB: Number(y.swap) },
  };
  const products = direct
    ? b.node("FusedMatMul", [left.name, right.name], attributes, MICROSOFT)
    : product(b, left, right, rank, portable);
  return reshaped(b, sumAlong(b, products, { outer: sizeOf(batch), length: count, inner: m * n }), [...batch, m, n]);
};

/** A product with a long contracted extent, as exact as a sum in blocks (sums.ts). */
const longProduct = (b: GraphBuilder, x: Matrices, y: Matrices, sizes: Sizes, portable: boolean): string => {
  const { batch, m, n, k } = sizes;
  const rank = batch.length + 2;
  // So long that the products of all blocks together are not larger than the operands.
  const most = Math.max(BLOCK, Math.ceil((2 * m * n) / (m + n)));
  if (k <= most) return product(b, x, y, rank, portable);
  const block = blockOf(k, most);
  if (block !== undefined) return productOfBlocks(b, [x, y], sizes, block, portable);
  const whole = k - (k % most);
  const part = ({ name, swap }: Matrices, axis: number, start: number, limit: number): Matrices => ({
    name: between(b, name, axis, start, limit),
    swap,
  });
  const [over, under] = [rank - Number(x.swap) - 1, rank - Number(!y.swap) - 1];
  const head = [part(x, over, 0, whole), part(y, under, 0, whole)] as const;
  const blocks = productOfBlocks(b, head, { ...sizes, k: whole }, most, portable);
  return b.node("Add", [blocks, product(b, part(x, over, whole, k), part(y, under, whole, k), rank, portable)]);
};

export const dotGeneral: Lowering = ({ inAvals: [lhs, rhs], outAvals: [out], params, portable }) => {
  if (lhs.dtype !== "float32") return undefined;
  const d = params as unknown as DotDims;
  const free = freeAxes(lhs, rhs, d);
  const sizes = (aval: Aval, axes: readonly number[]): number[] => axes.map((axis) => aval.shape[axis]);
  const batch = sizes(lhs, d.lhsBatch);
  const [m, n, k] = [sizes(lhs, free.lhs), sizes(rhs, free.rhs), sizes(lhs, d.lhsContract)].map(sizeOf);
  const left = sideOf(d.lhsBatch, free.lhs, d.lhsContract);
  const long = isLong({ batch, m, n, k });
  // The product of two vectors is fastest of rows, and a column is a row as well.
  const vectors = long && batch.length === 0 && m === 1 && n === 1;
  const right = vectors ? turned(sideOf([], free.rhs, d.rhsContract)) : sideOf(d.rhsBatch, d.rhsContract, free.rhs);
  if (out.size === 0 || k === 0) {
    return (b) => [b.node("Expand", [b.scalar("float32", 0), b.ints(out.shape)])];
  }

  const matrices = (b: GraphBuilder, x: string, aval: Aval, { perm }: Side, shape: readonly number[]): string => {
    const ordered = sorted(perm) ? x : b.node("Transpose", [x], { perm });
    const same = aval.ndim === shape.length && range(aval.ndim).every((i) => aval.shape[perm[i]] === shape[i]);
    return same ? ordered : reshaped(b, ordered, shape);
  };
  // Rows of any rank times one matrix: the operator takes and gives them as they are.
  const asItLies =
    !long && batch.length === 0 && !left.swap && sorted(left.perm) && lhs.ndim >= 2 && d.lhsContract.length === 1;
  return (b, [x, y]) => {
    const a = asItLies ? x : matrices(b, x, lhs, left, [...batch, ...(left.swap ? [k, m] : [m, k])]);
    const c = matrices(b, y, rhs, right, [...batch, ...(right.swap ? [n, k] : [k, n])]);
    const [rows, columns] = [
      { name: a, swap: left.swap },
      { name: c, swap: right.swap },
    ];
    const made = asItLies ? [...lhs.shape.slice(0, -1), n] : [...batch, m, n];
    const value = long
      ? longProduct(b, rows, columns, { batch, m, n, k }, portable)
      : product(b, rows, columns, batch.length + 2, portable);
    return [sameShape(made, out.shape) ? value : reshaped(b, value, out.shape)];
  };
};
