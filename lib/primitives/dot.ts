/** @file dotGeneral: the one product. Its transpose is two dotGenerals. */
import { type Aval, printShape, range, sizeOf, stridesOf, without } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { type HostArray, stridedCopy, zerosHost } from "../core/host.js";
import { definePrimitive, isLinear, isZero, type Primitive, Zero } from "../core/primitive.js";
import { checkAxes, known, one, sameDType } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { transpose } from "./broadcast.js";
import { add, convert, ne, zeroLike } from "./elementwise.js";

/**
 * Which axes are summed over, and which are walked through in step. The result has the batch axes (in the order of
 * `lhsBatch`), then the free axes of the left side, then those of the right.
 */
export interface DotDims {
  readonly lhsContract: readonly number[];
  readonly rhsContract: readonly number[];
  readonly lhsBatch: readonly number[];
  readonly rhsBatch: readonly number[];
}

/** Axes that are neither contracted nor batch axes. */
export const freeOf = (ndim: number, contract: readonly number[], batch: readonly number[]): number[] =>
  without(range(ndim), [...contract, ...batch]);

/** The free axes of both sides of a product. */
export const freeAxes = (lhs: Aval, rhs: Aval, d: DotDims): { lhs: number[]; rhs: number[] } => ({
  lhs: freeOf(lhs.ndim, d.lhsContract, d.lhsBatch),
  rhs: freeOf(rhs.ndim, d.rhsContract, d.rhsBatch),
});

const check = (lhs: Aval, rhs: Aval, d: DotDims): void => {
  checkAxes("dotGeneral", lhs, [...d.lhsContract, ...d.lhsBatch]);
  checkAxes("dotGeneral", rhs, [...d.rhsContract, ...d.rhsBatch]);
  const pairs = (a: readonly number[], b: readonly number[], what: string): void => {
    if (a.length === b.length && a.every((axis, i) => lhs.shape[axis] === rhs.shape[b[i]])) return;
    throw new ShapeError({
      where: "dotGeneral",
      what: `${what} sizes differ`,
      expected: `equal sizes at axes ${printShape(a)} of lhs and ${printShape(b)} of rhs`,
      got: `lhs ${lhs}, rhs ${rhs}`,
    });
  };
  pairs(d.lhsContract, d.rhsContract, "contracting");
  pairs(d.lhsBatch, d.rhsBatch, "batch");
  sameDType("dotGeneral", [lhs, rhs], (a) => a.dtype !== "bool", "a float or an integer");
};

const product = (x: HostArray, y: HostArray, d: DotDims): HostArray => {
  const pick = (h: HostArray, axes: readonly number[]): number[] => axes.map((a) => h.shape[a]);
  const lhsFree = freeOf(x.shape.length, d.lhsContract, d.lhsBatch);
  const rhsFree = freeOf(y.shape.length, d.rhsContract, d.rhsBatch);
  const permute = (h: HostArray, axes: readonly number[]): HostArray => {
    const strides = stridesOf(h.shape);
    return stridedCopy(
      h,
      pick(h, axes),
      axes.map((a) => strides[a]),
    );
  };
  const a = permute(x, [...d.lhsBatch, ...lhsFree, ...d.lhsContract]).data;
  const b = permute(y, [...d.rhsBatch, ...rhsFree, ...d.rhsContract]).data;
  const batchShape = pick(x, d.lhsBatch);
  const [batch, m, n, k] = [
    sizeOf(batchShape),
    sizeOf(pick(x, lhsFree)),
    sizeOf(pick(y, rhsFree)),
    sizeOf(pick(x, d.lhsContract)),
  ];
  const out = zerosHost({ shape: [...batchShape, ...pick(x, lhsFree), ...pick(y, rhsFree)], dtype: x.dtype });
  const whole = x.dtype === "int32" || x.dtype === "uint32";
  for (let g = 0; g < batch; g++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const [p, q] = [(g * m + i) * k, (g * n + j) * k];
        let sum = 0;
        if (whole) for (let l = 0; l < k; l++) sum = (sum + Math.imul(a[p + l], b[q + l])) | 0;
        else for (let l = 0; l < k; l++) sum += a[p + l] * b[q + l];
        out.data[(g * m + i) * n + j] = sum;
      }
    }
  }
  return out;
};

export const dotGeneralP: Primitive<DotDims> = definePrimitive<DotDims>({
  name: "dot_general",
  abstractEval: ([lhs, rhs], d) => {
    check(lhs, rhs, d);
    const axes = freeAxes(lhs, rhs, d);
    const shape = [
      ...d.lhsBatch.map((a) => lhs.shape[a]),
      ...axes.lhs.map((a) => lhs.shape[a]),
      ...axes.rhs.map((a) => rhs.shape[a]),
    ];
    return [lhs.withShape(shape).withDType(lhs.dtype, lhs.weak && rhs.weak)];
  },
  impl: ([x, y], d) => [product(x, y, d)],
  jvp: ([x, y], [dx, dy], d) => {
    const z = dotGeneral(x, y, d);
    const left = isZero(dx) ? undefined : dotGeneral(dx, y, d);
    const right = isZero(dy) ? undefined : dotGeneral(x, dy, d);
    if (left === undefined) return [[z], [right ?? new Zero(z.aval.strong())]];
    return [[z], [right === undefined ? left : add(left, right)]];
  },
  transpose: (cts, [x, y], d) => {
    const ct = one(cts);
    const axes = freeAxes(x.aval, y.aval, d);
    const batch = range(d.lhsBatch.length);
    const lhsInCt = axes.lhs.map((_, i) => batch.length + i);
    const rhsInCt = axes.rhs.map((_, i) => batch.length + axes.lhs.length + i);
    if (isLinear(x)) {
      const rhs = known(y, "dot_general");
      // ct [batch, lhs free, rhs free] · rhs over rhs free: [batch, lhs free, rhs contract in the order of rhs axes].
      const z = dotGeneral(ct, rhs, {
        lhsContract: rhsInCt,
        rhsContract: axes.rhs,
        lhsBatch: batch,
        rhsBatch: d.rhsBatch,
      });
      const kept = sortedBy(d.rhsContract, d.lhsContract);
      return [transpose(z, inverseOf([...d.lhsBatch, ...axes.lhs, ...kept])), null];
    }
    const z = dotGeneral(ct, known(x, "dot_general"), {
      lhsContract: lhsInCt,
      rhsContract: axes.lhs,
      lhsBatch: batch,
      rhsBatch: d.lhsBatch,
    });
    const kept = sortedBy(d.lhsContract, d.rhsContract);
    return [null, transpose(z, inverseOf([...d.rhsBatch, ...axes.rhs, ...kept]))];
  },
  batch: (_size, [x, y], [dx, dy], d) => {
    const from = (dim: number | null) => (a: number) => (dim === null || a < dim ? a : a + 1);
    const [l, r] = [from(dx), from(dy)];
    const shifted: DotDims = {
      lhsContract: d.lhsContract.map(l),
      rhsContract: d.rhsContract.map(r),
      lhsBatch: d.lhsBatch.map(l),
      rhsBatch: d.rhsBatch.map(r),
    };
    if (dx !== null && dy !== null) {
      const both = { ...shifted, lhsBatch: [dx, ...shifted.lhsBatch], rhsBatch: [dy, ...shifted.rhsBatch] };
      return [[dotGeneral(x, y, both)], [0]];
    }
    // One side alone is mapped: its batch axis is one more free axis, and no copy is needed.
    const z = dotGeneral(x, y, shifted);
    const batches = d.lhsBatch.length;
    if (dx !== null) return [[z], [batches + freeOf(x.ndim, shifted.lhsContract, shifted.lhsBatch).indexOf(dx)]];
    const before = batches + freeOf(x.ndim, shifted.lhsContract, shifted.lhsBatch).length;
    return [[z], [before + freeOf(y.ndim, shifted.rhsContract, shifted.rhsBatch).indexOf(dy as number)]];
  },
});

/** `values`, in the order that sorts `keys`. */
const sortedBy = (keys: readonly number[], values: readonly number[]): number[] =>
  range(keys.length)
    .sort((i, j) => keys[i] - keys[j])
    .map((i) => values[i]);

/** The permutation that puts axis `i` of the result at place `places[i]`. */
const inverseOf = (places: readonly number[]): number[] => range(places.length).map((p) => places.indexOf(p));

/** The general product of two tensors of one dtype; see `DotDims`. Of bools, sums are "or" and products "and". */
export const dotGeneral = (x: Tensor, y: Tensor, dims: DotDims): Tensor => {
  if (x.dtype !== "bool" || y.dtype !== "bool") return bind1(dotGeneralP, [x, y], dims);
  const count = bind1(dotGeneralP, [convert(x, "int32"), convert(y, "int32")], dims);
  return ne(count, zeroLike(count));
};

/** Batched matrix product over the last two axes; leading axes are equal batch axes. */
export const batchMatMul = (x: Tensor, y: Tensor): Tensor => {
  const batch = range(x.ndim - 2);
  return dotGeneral(x, y, {
    lhsContract: [x.ndim - 1],
    rhsContract: [y.ndim - 2],
    lhsBatch: batch,
    rhsBatch: batch,
  });
};
