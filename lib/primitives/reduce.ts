/** @file Reductions other than the sum, cumulative sums, argmax and sort. */
import { type Aval, type DType, isFloat, range, without } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { axisView, type HostArray, zerosHost } from "../core/host.js";
import { definePrimitive, isZero, notLinear, type Primitive, Zero } from "../core/primitive.js";
import { linearJvp, mapped, one, sameDType, zeroTangents } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind, bind1 } from "../core/trace.js";
import { broadcastInDim, moveAxis, reduceSum } from "./broadcast.js";
import { convert, div, eq, mul } from "./elementwise.js";
import { takeAlongAxis } from "./gather.js";

type Axes = { readonly axes: readonly number[] };
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
      return [x.withShape(without(x.shape, axes))];
    },
    impl: ([x], { axes }) => [fold(x, axes, start(x.dtype), f)],
    jvp: jvp(() => prim),
    transpose: notLinear(name),
    batch: (_size, [x], [d], { axes }) => {
      const dim = mapped(d);
      return [[bind1(prim, [x], { axes: shiftAxes(axes, dim) })], [dim - axes.filter((a) => a < dim).length]];
    },
  });
  return prim;
};

/** The tangent at an extremum is the mean over the places that attain it (JAX's convention). */
const extremumJvp =
  (self: () => Primitive<Axes>): Primitive<Axes>["jvp"] =>
  ([x], [dx], { axes }) => {
    const y = bind1(self(), [x], { axes });
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

/** The largest over `axes` (dropped); of no elements the lowest value of the dtype. NaN wins. */
export const reduceMax = (x: Tensor, axes: readonly number[]): Tensor => bind1(reduceMaxP, [x], { axes });
export const reduceMin = (x: Tensor, axes: readonly number[]): Tensor => bind1(reduceMinP, [x], { axes });
export const reduceAnd = (x: Tensor, axes: readonly number[]): Tensor => bind1(reduceAndP, [x], { axes });
export const reduceOr = (x: Tensor, axes: readonly number[]): Tensor => bind1(reduceOrP, [x], { axes });

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

// --- cumulative sum ------------------------------------------------------------------------------------------------------

type Cumulative = { readonly axis: number; readonly reverse: boolean };

export const cumSumP: Primitive<Cumulative> = definePrimitive<Cumulative>({
  name: "cumsum",
  abstractEval: ([x]) => {
    sameDType("cumsum", [x], isNumber, "a float or an integer");
    return [x];
  },
  impl: ([x], { axis, reverse }) => {
    const { outer, length, inner } = axisView(x.shape, axis);
    const out = zerosHost(x);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let k = 0; k < length; k++) {
          const at = (o * length + (reverse ? length - 1 - k : k)) * inner + i;
          sum += x.data[at];
          out.data[at] = sum;
        }
      }
    }
    return [out];
  },
  jvp: linearJvp(() => cumSumP),
  transpose: (cts, _args, { axis, reverse }) => [cumSum(one(cts), axis, !reverse)],
  batch: (_size, [x], [d], { axis, reverse }) => {
    const dim = mapped(d);
    return [[cumSum(x, axis < dim ? axis : axis + 1, reverse)], [dim]];
  },
});
/** Running sums along `axis`, from the end when `reverse`. */
export const cumSum = (x: Tensor, axis: number, reverse = false): Tensor => bind1(cumSumP, [x], { axis, reverse });

// --- sort ----------------------------------------------------------------------------------------------------------------

/** Ascending and stable, NaN last; gives the values and the int32 indices they came from. */
export const sortP: Primitive<Axis> = definePrimitive<Axis>({
  name: "sort",
  abstractEval: ([x], { axis }) => {
    if (axis < 0 || axis >= x.ndim) {
      throw new ShapeError({
        where: "sort",
        what: "no such axis",
        expected: "an axis of the operand",
        got: `${x}, ${axis}`,
      });
    }
    return [x, x.withDType("int32")];
  },
  impl: ([x], { axis }) => {
    const { outer, length, inner } = axisView(x.shape, axis);
    const [values, indices] = [zerosHost(x), zerosHost({ shape: x.shape, dtype: "int32" })];
    const rank = (v: number): number => (Number.isNaN(v) ? 1 : 0);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const at = (k: number): number => (o * length + k) * inner + i;
        const order = range(length).sort((p, q) => {
          const [a, b] = [x.data[at(p)], x.data[at(q)]];
          return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0) || p - q;
        });
        order.forEach((from, k) => {
          values.data[at(k)] = x.data[at(from)];
          indices.data[at(k)] = from;
        });
      }
    }
    return [values, indices];
  },
  jvp: ([x], [dx], { axis }) => {
    const [values, indices] = bind(sortP, [x], { axis });
    // Of no elements nothing can be taken.
    const none = isZero(dx) || x.size === 0;
    const tangent = none ? new Zero(values.aval.strong()) : takeAlongAxis(dx, indices, axis);
    return [
      [values, indices],
      [tangent, new Zero(indices.aval)],
    ];
  },
  transpose: notLinear("sort"),
  batch: (_size, [x], [d], { axis }) => {
    const outs = bind(sortP, [moveAxis(x, mapped(d), 0)], { axis: axis + 1 });
    return [outs, [0, 0]];
  },
});
/** Values in ascending order along `axis` and where they came from. */
export const sort = (x: Tensor, axis: number): readonly [values: Tensor, indices: Tensor] => {
  const [values, indices] = bind(sortP, [x], { axis });
  return [values, indices];
};
