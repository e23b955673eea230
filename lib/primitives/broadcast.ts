/**
 * @file reshape, transpose, broadcastInDim and reduceSum: the four operations whose rules are made of each other.
 *
 * A sum is the transpose of a broadcast and the other way round; almost every other rule needs one of them.
 */
import { type Aval, checkShape, printShape, range, type Shape, sizeOf, stridesOf, without } from "../core/aval.js";
import { axisView, type HostArray, stridedCopy, zerosHost } from "../core/host.js";
import { definePrimitive, type Primitive } from "../core/primitive.js";
import { checkAxes, demand, linearJvp, mapped, one, sameDType, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";

// --- reshape -------------------------------------------------------------------------------------------------------------

export const reshapeP: Primitive<{ readonly shape: Shape }> = definePrimitive({
  name: "reshape",
  abstractEval: ([aval], { shape }) => {
    checkShape("reshape", shape);
    demand(
      aval.size === sizeOf(shape),
      "reshape",
      "the number of elements differs",
      () => `${aval.size} elements, as in ${aval}`,
      () => printShape(shape),
    );
    return [aval.withShape(shape)];
  },
  impl: ([x], { shape }) => [{ shape, dtype: x.dtype, data: x.data.slice() }],
  jvp: linearJvp(() => reshapeP),
  transpose: (cts, [x]) => [reshape(one(cts), x.aval.shape)],
  batch: (size, [x], [d], { shape }) => {
    const front = moveAxis(x, mapped(d), 0);
    return [[reshape(front, [size, ...shape])], [0]];
  },
});

/** The same elements, row-major, under another shape. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  x.shape.length === shape.length && x.shape.every((n, i) => n === shape[i]) ? x : bind1(reshapeP, [x], { shape });

// --- transpose -----------------------------------------------------------------------------------------------------------

const inverse = (perm: readonly number[]): number[] => {
  const out = new Array<number>(perm.length);
  perm.forEach((p, i) => {
    out[p] = i;
  });
  return out;
};

export const transposeP: Primitive<{ readonly perm: readonly number[] }> = definePrimitive({
  name: "transpose",
  abstractEval: ([aval], { perm }) => {
    demand(
      perm.length === aval.ndim && [...perm].sort((a, b) => a - b).every((p, i) => p === i),
      "transpose",
      "the axes are not a permutation",
      () => `each of 0 to ${aval.ndim - 1} once`,
      () => printShape(perm),
    );
    return [aval.withShape(perm.map((p) => aval.shape[p] as number))];
  },
  impl: ([x], { perm }) => {
    const strides = stridesOf(x.shape);
    return [
      stridedCopy(
        x,
        perm.map((p) => x.shape[p] as number),
        perm.map((p) => strides[p] as number),
      ),
    ];
  },
  jvp: linearJvp(() => transposeP),
  transpose: (cts, _args, { perm }) => [transpose(one(cts), inverse(perm))],
  batch: (_size, [x], [d], { perm }) => {
    const dim = mapped(d);
    const shifted = perm.map((p) => (p < dim ? p : p + 1));
    return [[bind1(transposeP, [x], { perm: [dim, ...shifted] })], [0]];
  },
});

/** Permutes the axes: result axis `i` is input axis `perm[i]`. */
export const transpose = (x: Tensor, perm: readonly number[]): Tensor =>
  perm.every((p, i) => p === i) && perm.length === x.ndim ? x : bind1(transposeP, [x], { perm });

/** Moves one axis to another place, the others keep their order. */
export const moveAxis = (x: Tensor, from: number, to: number): Tensor => {
  if (from === to) return x;
  const perm = without(range(x.ndim), [from]);
  perm.splice(to, 0, from);
  return transpose(x, perm);
};

// --- broadcastInDim ------------------------------------------------------------------------------------------------------

type InDim = { readonly shape: Shape; readonly dims: readonly number[] };

/** Input axis `i` becomes result axis `dims[i]`; an axis of size 1, or one that is not named, is repeated. */
export const broadcastInDimP: Primitive<InDim> = definePrimitive({
  name: "broadcast_in_dim",
  abstractEval: ([aval], { shape, dims }) => {
    checkShape("broadcast", shape);
    demand(
      dims.length === aval.ndim &&
        dims.every((d, i) => d >= 0 && d < shape.length && (i === 0 || d > (dims[i - 1] as number))) &&
        aval.shape.every((n, i) => n === 1 || n === shape[dims[i] as number]),
      "broadcast",
      "the shape does not broadcast",
      () => `sizes of ${aval} equal to those of ${printShape(shape)} at axes ${printShape(dims)}, or 1`,
      () => `${aval}`,
    );
    return [aval.withShape(shape)];
  },
  impl: ([x], { shape, dims }) => {
    const own = stridesOf(x.shape);
    const strides = shape.map((n, axis) => {
      const i = dims.indexOf(axis);
      return i < 0 || (x.shape[i] === 1 && n !== 1) ? 0 : (own[i] as number);
    });
    return [stridedCopy(x, shape, strides)];
  },
  jvp: linearJvp(() => broadcastInDimP),
  transpose: (cts, [x], { shape, dims }) => {
    const aval = x.aval;
    const repeated = range(shape.length).filter((axis) => {
      const i = dims.indexOf(axis);
      return i < 0 || (aval.shape[i] === 1 && shape[axis] !== 1);
    });
    return [reshape(reduceSum(one(cts), repeated), aval.shape)];
  },
  batch: (size, [x], [d], { shape, dims }) => {
    const front = moveAxis(x, mapped(d), 0);
    const params = { shape: [size, ...shape], dims: [0, ...dims.map((n) => n + 1)] };
    return [[bind1(broadcastInDimP, [front], params)], [0]];
  },
});

export const broadcastInDim = (x: Tensor, shape: Shape, dims: readonly number[]): Tensor =>
  dims.length === shape.length && x.shape.every((n, i) => n === shape[i]) && x.ndim === shape.length
    ? x
    : bind1(broadcastInDimP, [x], { shape, dims });

/** NumPy's rule: axes are aligned at the end. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  broadcastInDim(
    x,
    shape,
    range(x.ndim).map((i) => i + shape.length - x.ndim),
  );

/** A tensor of `aval` with one value everywhere. */
export const fullOf = (aval: Aval, value: number): Tensor => broadcastTo(scalarOf(aval.strong(), value), aval.shape);

// --- reduceSum -----------------------------------------------------------------------------------------------------------

/** Sums along one axis, in doubles. */
const sumAxis = (x: HostArray, axis: number): HostArray => {
  const { outer, length, inner } = axisView(x.shape, axis);
  const out = zerosHost({ shape: without(x.shape, [axis]), dtype: x.dtype });
  if (inner === 1) {
    for (let o = 0; o < outer; o++) {
      let sum = 0;
      for (let i = o * length; i < (o + 1) * length; i++) sum += x.data[i];
      out.data[o] = sum;
    }
    return out;
  }
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    sums.fill(0);
    for (let k = 0; k < length; k++) {
      const from = (o * length + k) * inner;
      for (let i = 0; i < inner; i++) sums[i] += x.data[from + i];
    }
    out.data.set(sums, o * inner);
  }
  return out;
};

export const reduceSumP: Primitive<{ readonly axes: readonly number[] }> = definePrimitive({
  name: "reduce_sum",
  abstractEval: ([aval], { axes }) => {
    sameDType("sum", [aval], (a) => a.dtype !== "bool", "a float or an integer (convert a bool first)");
    checkAxes("reduce_sum", aval, axes);
    return [aval.withShape(without(aval.shape, axes))];
  },
  impl: ([x], { axes }) => {
    let host = x;
    // From the last axis on, so that the axes before keep their numbers.
    for (const axis of [...axes].sort((a, b) => b - a)) host = sumAxis(host, axis);
    return [host === x ? { ...host, data: host.data.slice() } : host];
  },
  jvp: linearJvp(() => reduceSumP),
  transpose: (cts, [x], { axes }) => {
    const { shape } = x.aval;
    return [broadcastInDim(one(cts), shape, without(range(shape.length), axes))];
  },
  batch: (_size, [x], [d], { axes }) => {
    const dim = mapped(d);
    const shifted = axes.map((a) => (a < dim ? a : a + 1));
    return [[bind1(reduceSumP, [x], { axes: shifted })], [dim - axes.filter((a) => a < dim).length]];
  },
});

/** The sum over `axes`, which are dropped. */
export const reduceSum = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1(reduceSumP, [x], { axes });

/** Sums `ct` over what an operand of `aval` was repeated along: the transpose of elementwise broadcasting. */
export const unbroadcast = (ct: Tensor, aval: Aval): Tensor => {
  if (aval.ndim === 0) return reduceSum(ct, range(ct.ndim));
  const repeated = range(ct.ndim).filter((i) => aval.shape[i] === 1 && ct.shape[i] !== 1);
  return reshape(reduceSum(ct, repeated), aval.shape);
};
