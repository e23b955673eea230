/** @file Reductions other than the sum, and argmax. */
import { type Aval, type DType, isFloat, isInteger, range, without } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { axisView, type HostArray, zerosHost } from "../core/host.js";
import { definePrimitive, isZero, notLinear, type Primitive, Zero } from "../core/primitive.js";
import { checkAxes, mapped, sameDType, scalarOf, zeroTangents } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { broadcastInDim, reduceSum } from "./broadcast.js";
import { reduceByHalves } from "./by-halves.js";
import { and, convert, div, eq, mul, or } from "./elementwise.js";

type Axes = {
  readonly axes: readonly number[];
  /** Set where it does not matter what the extremum of numbers with a NaN among them is, since the NaN itself comes through another way. */
  readonly anyOfNaN?: true;
};
type Axis = { readonly axis: number };

const fold = (
  x: HostArray,
  axes: readonly number[],
  start: number,
  f: (acc: number, v: number) => number,
): HostArray => {
  let host = x;
  for (const axis of [...axes].sort((a, b) => b - a)) {
    const { outer, length, inner } = axisView(host.shape, axis);
    const out = zerosHost({ shape: without(host.shape, [axis]), dtype: host.dtype });
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let acc = start;
        for (let k = 0; k < length; k++) acc = f(acc, host.data[(o * length + k) * inner + i]);
        out.data[o * inner + i] = acc;
      }
    }
    host = out;
  }
  return host === x ? { ...x, data: x.data.slice() } : host;
};

/** The batch rule of anything that names axes of its one operand. */
const shiftAxes = (axes: readonly number[], dim: number): number[] => axes.map((a) => (a < dim ? a : a + 1));

const reduction = (
  name: string,
  allowed: (a: Aval) => boolean,
  kinds: string,
  start: (dtype: DType) => number,
  f: (acc: number, v: number) => number,
  jvp: (self: () => Primitive<Axes>) => Primitive<Axes>["jvp"],
): Primitive<Axes> => {
  const prim: Primitive<Axes> = definePrimitive<Axes>({
    name,
    abstractEval: ([x], { axes }) => {
      sameDType(name, [x], allowed, kinds);
      checkAxes(name, x, axes);
      return [x.withShape(without(x.shape, axes))];
    },
    impl: ([x], { axes }) => [fold(x, axes, start(x.dtype), f)],
    jvp: jvp(() => prim),
    transpose: notLinear(name),
    batch: (_size, [x], [d], params) => {
      const dim = mapped(d);
      const axes = shiftAxes(params.axes, dim);
      return [[bind1(prim, [x], { ...params, axes })], [dim - params.axes.filter((a) => a < dim).length]];
    },
  });
  return prim;
};

/** The tangent at an extremum is the mean over the places that attain it (JAX's convention). */
const extremumJvp =
  (self: () => Primitive<Axes>): Primitive<Axes>["jvp"] =>
  ([x], [dx], params) => {
    const { axes } = params;
    const y = bind1(self(), [x], params);
    if (isZero(dx)) return [[y], [new Zero(y.aval.strong())]];
    const kept = without(range(x.ndim), axes);
    const here = convert(eq(x, broadcastInDim(y, x.shape, kept)), x.dtype);
    return [[y], [div(reduceSum(mul(dx, here), axes), reduceSum(here, axes))]];
  };

const isNumber = (a: Aval): boolean => a.dtype !== "bool";
const isBool = (a: Aval): boolean => a.dtype === "bool";
const lowest = (dtype: DType): number => (isFloat(dtype) ? -Infinity : dtype === "int32" ? -(2 ** 31) : 0);
const highest = (dtype: DType): number => (isFloat(dtype) ? Infinity : dtype === "int32" ? 2 ** 31 - 1 : 2 ** 32 - 1);

export const reduceMaxP = reduction("reduce_max", isNumber, "a float or an integer", lowest, Math.max, extremumJvp);
export const reduceMinP = reduction("reduce_min", isNumber, "a float or an integer", highest, Math.min, extremumJvp);
export const reduceAndP = reduction(
  "reduce_and",
  isBool,
  "bool",
  () => 1,
  (a, b) => a & b,
  zeroTangents,
);
export const reduceOrP = reduction(
  "reduce_or",
  isBool,
  "bool",
  () => 0,
  (a, b) => a | b,
  zeroTangents,
);

/** The largest over `axes` (dropped); of no elements the lowest value of the dtype. NaN wins. Of bools whether any is true. */
export const reduceMax = (x: Tensor, axes: readonly number[]): Tensor =>
  x.dtype === "bool" ? bind1(reduceOrP, [x], { axes }) : bind1(reduceMaxP, [x], { axes });
/** The largest, to be subtracted before exponentials are taken; where there is a NaN, the sum of the exponentials has it. */
export const reduceMaxForShift = (x: Tensor, axes: readonly number[]): Tensor =>
  bind1(reduceMaxP, [x], { axes, anyOfNaN: true });
/** The smallest over `axes` (dropped); of no elements the highest value of the dtype. NaN wins. Of bools whether all are true. */
export const reduceMin = (x: Tensor, axes: readonly number[]): Tensor =>
  x.dtype === "bool" ? bind1(reduceAndP, [x], { axes }) : bind1(reduceMinP, [x], { axes });
/** Whether all are true; of integers the bits that all have. */
export const reduceAnd = (x: Tensor, axes: readonly number[]): Tensor =>
  isInteger(x.dtype) ? bits(x, axes, and, ALL_BITS) : bind1(reduceAndP, [x], { axes });
/** Whether any is true; of integers the bits that any has. */
export const reduceOr = (x: Tensor, axes: readonly number[]): Tensor =>
  isInteger(x.dtype) ? bits(x, axes, or, { int32: 0, uint32: 0 }) : bind1(reduceOrP, [x], { axes });

const ALL_BITS = { int32: -1, uint32: 2 ** 32 - 1 };
const bits = (
  x: Tensor,
  axes: readonly number[],
  f: (a: Tensor, b: Tensor) => Tensor,
  neutral: typeof ALL_BITS,
): Tensor => reduceByHalves(x, axes, scalarOf(x.aval.strong(), neutral[x.dtype as keyof typeof ALL_BITS]), f);

// --- argmax and argmin ---------------------------------------------------------------------------------------------------

const arg = (name: string, better: (v: number, best: number) => boolean): Primitive<Axis> => {
  const prim: Primitive<Axis> = definePrimitive<Axis>({
    name,
    abstractEval: ([x], { axis }) => {
      if (x.shape[axis] === 0) {
        throw new ShapeError({ where: name, what: "the axis has no elements", expected: "at least one", got: `${x}` });
      }
      return [x.withShape(without(x.shape, [axis])).withDType("int32")];
    },
    impl: ([x], { axis }) => {
      const { outer, length, inner } = axisView(x.shape, axis);
      const out = zerosHost({ shape: without(x.shape, [axis]), dtype: "int32" });
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          const at = (k: number): number => x.data[(o * length + k) * inner + i];
          let best = 0;
          // The first NaN wins, else the first of the best.
          for (let k = 1; k < length && !Number.isNaN(at(best)); k++) {
            if (Number.isNaN(at(k)) || better(at(k), at(best))) best = k;
          }
          out.data[o * inner + i] = best;
        }
      }
      return [out];
    },
    jvp: zeroTangents(() => prim),
    transpose: notLinear(name),
    batch: (_size, [x], [d], { axis }) => {
      const dim = mapped(d);
      return [[bind1(prim, [x], { axis: axis < dim ? axis : axis + 1 })], [axis < dim ? dim - 1 : dim]];
    },
  });
  return prim;
};
export const argMaxP = arg("argmax", (v, best) => v > best);
export const argMinP = arg("argmin", (v, best) => v < best);
/** Index (int32) of the first largest along `axis`, which is dropped; NaN counts as largest. */
export const argMax = (x: Tensor, axis: number): Tensor => bind1(argMaxP, [x], { axis });
/** Index (int32) of the first smallest along `axis`, which is dropped; NaN counts as smallest. */
export const argMin = (x: Tensor, axis: number): Tensor => bind1(argMinP, [x], { axis });
