/**
 * @file iota, slice, pad, concatenate and reverse: where elements go, for every dtype.
 *
 * Slicing and padding are transposes of each other, and so are concatenating and slicing. The padding follows XLA's `Pad`,
 * with interior padding but without negative amounts.
 */
import { Aval, checkShape, type DType, printShape, range, type Shape, sizeOf, stridesOf } from "../core/aval.js";
import { axisView, hostArray, stridedCopy, zerosHost } from "../core/host.js";
import { definePrimitive, isLinear, isZero, notLinear, type Primitive, type Tangent } from "../core/primitive.js";
import { demand, linearJvp, mapped, one, sameDType, zeroTangents } from "../core/rules.js";
import { Literal, type Tensor } from "../core/tensor.js";
import { bind, bind1 } from "../core/trace.js";
import { broadcastInDim, broadcastTo, fullOf, moveAxis, reduceSum } from "./broadcast.js";
import { select, sub } from "./elementwise.js";

// --- helpers of several rules --------------------------------------------------------------------------------------------

/** The tangent, or zeros where it is a symbolic `Zero`. */
export const instantiate = (tangent: Tangent): Tensor => (isZero(tangent) ? fullOf(tangent.aval, 0) : tangent);

/** The mapped axis in front; a value that is the same for every element is repeated. */
export const mappedFront = (x: Tensor, dim: number | null, size: number): Tensor =>
  dim === null ? broadcastTo(x, [size, ...x.shape]) : moveAxis(x, dim, 0);

const insertAt = (list: readonly number[], at: number, value: number): number[] => [
  ...list.slice(0, at),
  value,
  ...list.slice(at),
];

const nonNegativeIntegers = (list: readonly number[]): boolean => list.every((n) => Number.isInteger(n) && n >= 0);

// --- iota ----------------------------------------------------------------------------------------------------------------

type Iota = { readonly shape: Shape; readonly dtype: DType; readonly axis: number };

export const iotaP: Primitive<Iota> = definePrimitive<Iota>({
  name: "iota",
  abstractEval: (_none, { shape, dtype, axis }) => {
    checkShape("iota", shape);
    demand(axis >= 0 && axis < shape.length, "iota", "the axis is out of range", `0 to ${shape.length - 1}`, `${axis}`);
    const aval = new Aval(shape, dtype);
    sameDType("iota", [aval], (a) => a.dtype !== "bool", "a float or an integer");
    return [aval];
  },
  impl: (_none, { shape, dtype, axis }) => {
    const out = zerosHost({ shape, dtype });
    const { outer, length, inner } = axisView(shape, axis);
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < length; k++) {
        const from = (o * length + k) * inner;
        out.data.fill(k, from, from + inner);
      }
    }
    return [out];
  },
  jvp: zeroTangents(() => iotaP),
  transpose: notLinear("iota"),
  batch: (_size, _none, _dims, params) => [bind(iotaP, [], params), [null]],
});

/** Counts 0, 1, … along `axis`: `iota([2,3], "int32", 1)` is `[[0,1,2],[0,1,2]]`. */
export const iota = (shape: Shape, dtype: DType, axis = 0): Tensor => bind1(iotaP, [], { shape, dtype, axis });

// --- slice ---------------------------------------------------------------------------------------------------------------

type Slice = {
  readonly start: readonly number[];
  readonly limit: readonly number[];
  readonly strides: readonly number[];
};

const sliceShape = ({ start, limit, strides }: Slice): number[] =>
  start.map((s, i) => Math.ceil((limit[i] - s) / strides[i]));

/** Elements `start`, `start + stride`, … below `limit`, for each axis. */
export const sliceP: Primitive<Slice> = definePrimitive<Slice>({
  name: "slice",
  abstractEval: ([aval], params) => {
    const { start, limit, strides } = params;
    demand(
      [start, limit, strides].every((list) => list.length === aval.ndim && nonNegativeIntegers(list)) &&
        aval.shape.every((n, i) => start[i] <= limit[i] && limit[i] <= n && strides[i] >= 1),
      "slice",
      "the slice does not lie inside the tensor",
      `0 <= start <= limit <= size and stride >= 1 for each axis of ${aval}`,
      `start ${printShape(start)}, limit ${printShape(limit)}, strides ${printShape(strides)}`,
    );
    return [aval.withShape(sliceShape(params))];
  },
  impl: ([x], params) => {
    const own = stridesOf(x.shape);
    const offset = params.start.reduce((sum, s, i) => sum + s * own[i], 0);
    const strides = own.map((s, i) => s * params.strides[i]);
    return [stridedCopy(x, sliceShape(params), strides, offset)];
  },
  jvp: linearJvp(() => sliceP),
  transpose: (cts, [x], { start, strides }) => {
    const ct = one(cts);
    const interior = strides.map((s) => s - 1);
    const high = x.aval.shape.map((n, i) => n - start[i] - span(ct.shape[i], interior[i]));
    return [pad(ct, new Literal(0, ct.dtype), { low: start, high, interior })];
  },
  batch: (size, [x], [d], { start, limit, strides }) => {
    const dim = mapped(d);
    const params = {
      start: insertAt(start, dim, 0),
      limit: insertAt(limit, dim, size),
      strides: insertAt(strides, dim, 1),
    };
    return [[bind1(sliceP, [x], params)], [dim]];
  },
});

/** The elements from `start` to before `limit`, every `strides`-th (1 by default); one number an axis. */
export const slice = (
  x: Tensor,
  start: readonly number[],
  limit: readonly number[],
  strides: readonly number[] = start.map(() => 1),
): Tensor =>
  x.ndim === start.length && x.shape.every((n, i) => start[i] === 0 && limit[i] === n && strides[i] === 1)
    ? x
    : bind1(sliceP, [x], { start, limit, strides });

/** `x` from `start` to before `limit` along one axis, whole along the others. */
export const sliceAxis = (x: Tensor, axis: number, start: number, limit: number): Tensor =>
  slice(
    x,
    x.shape.map((_, i) => (i === axis ? start : 0)),
    x.shape.map((n, i) => (i === axis ? limit : n)),
  );

// --- pad -----------------------------------------------------------------------------------------------------------------

type Padding = {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
};

/** The length of `n` elements with `interior` more between each two. */
const span = (n: number, interior: number): number => n + Math.max(n - 1, 0) * interior;

/** The part of the padded tensor where the operand's elements are. */
const inner = (y: Tensor, shape: Shape, { low, interior }: Padding): Tensor =>
  slice(
    y,
    low,
    low.map((l, i) => l + span(shape[i], interior[i])),
    interior.map((n) => n + 1),
  );

/** Inputs: the operand, and the scalar that fills the new places. */
export const padP: Primitive<Padding> = definePrimitive<Padding>({
  name: "pad",
  abstractEval: ([x, value], { low, high, interior }) => {
    sameDType("pad", [x, value], () => true, "any");
    demand(value.ndim === 0, "pad", "the padding value is not a scalar", "a scalar", `${value}`);
    demand(
      [low, high, interior].every((list) => list.length === x.ndim && nonNegativeIntegers(list)),
      "pad",
      "the amounts of padding do not fit",
      `three lists of ${x.ndim} non-negative integers`,
      `low ${printShape(low)}, high ${printShape(high)}, interior ${printShape(interior)}`,
    );
    const shape = x.shape.map((n, i) => low[i] + span(n, interior[i]) + high[i]);
    return [new Aval(shape, x.dtype, x.weak && value.weak)];
  },
  impl: ([x, value], { low, high, interior }) => {
    const shape = x.shape.map((n, i) => low[i] + span(n, interior[i]) + high[i]);
    const out = zerosHost({ shape, dtype: x.dtype });
    out.data.fill(value.data[0]);
    const own = stridesOf(shape);
    const offset = low.reduce((sum, l, i) => sum + l * own[i], 0);
    const places = stridedCopy(
      hostArray(
        shape,
        "float64",
        Float64Array.from(out.data, (_, i) => i),
      ),
      x.shape,
      own.map((s, i) => s * (interior[i] + 1)),
      offset,
    ).data;
    places.forEach((place, i) => {
      out.data[place] = x.data[i];
    });
    return [out];
  },
  jvp: ([x, value], [dx, dvalue], params) => [
    [bind1(padP, [x, value], params)],
    [bind1(padP, [instantiate(dx), instantiate(dvalue)], params)],
  ],
  transpose: (cts, [x, value], params) => {
    const ct = one(cts);
    const kept = inner(ct, x.aval.shape, params);
    const sumAll = (y: Tensor): Tensor => reduceSum(y, range(y.ndim));
    return [isLinear(x) ? kept : null, isLinear(value) ? sub(sumAll(ct), sumAll(kept)) : null];
  },
  batch: (size, [x, value], [d, dValue], { low, high, interior }) => {
    const dim = d ?? 0;
    const params = { low: insertAt(low, dim, 0), high: insertAt(high, dim, 0), interior: insertAt(interior, dim, 0) };
    if (dValue === null) return [[bind1(padP, [x, value], params)], [dim]];
    // Each element has its own value: pad with anything, then fill what was padded.
    const front = mappedFront(x, d, size);
    const amounts = { low: [0, ...low], high: [0, ...high], interior: [0, ...interior] };
    const padded = pad(front, new Literal(0, x.dtype), amounts);
    const isNew = pad(fullOf(new Aval(front.shape, "bool"), 0), new Literal(1, "bool"), amounts);
    return [[select(isNew, broadcastInDim(value, padded.shape, [0]), padded)], [0]];
  },
});

/**
 * `x` with `low` new places before, `high` behind and `interior` between its elements, for each axis, filled with `value`.
 *
 * @throws {ShapeError} when an amount is negative, or `value` is not a scalar
 * @throws {DTypeError} when the dtypes differ
 */
export const pad = (x: Tensor, value: Tensor, { low, high, interior }: Padding): Tensor =>
  [low, high, interior].every((list) => list.length === x.ndim && list.every((n) => n === 0))
    ? x
    : bind1(padP, [x, value], { low, high, interior });

// --- concatenate ---------------------------------------------------------------------------------------------------------

type AxisOnly = { readonly axis: number };

const joinedShape = (avals: readonly { readonly shape: Shape }[], axis: number): number[] =>
  avals[0].shape.map((n, i) => (i === axis ? avals.reduce((sum, a) => sum + a.shape[axis], 0) : n));

export const concatenateP: Primitive<AxisOnly> = definePrimitive<AxisOnly>({
  name: "concatenate",
  abstractEval: (avals, { axis }) => {
    demand(avals.length > 0, "concatenate", "there is nothing to concatenate", "one tensor or more", "none");
    sameDType("concatenate", avals, () => true, "any");
    const [first] = avals;
    demand(
      axis >= 0 &&
        axis < first.ndim &&
        avals.every((a) => a.ndim === first.ndim && a.shape.every((n, i) => i === axis || n === first.shape[i])),
      "concatenate",
      "the shapes do not fit",
      `equal sizes on every axis but axis ${axis}`,
      avals.join(", "),
    );
    return [
      new Aval(
        joinedShape(avals, axis),
        first.dtype,
        avals.every((a) => a.weak),
      ),
    ];
  },
  impl: (xs, { axis }) => {
    const out = zerosHost({ shape: joinedShape(xs, axis), dtype: xs[0].dtype });
    const { outer, length, inner } = axisView(out.shape, axis);
    let start = 0;
    for (const x of xs) {
      const block = x.shape[axis] * inner;
      for (let o = 0; o < outer; o++) {
        out.data.set(x.data.subarray(o * block, (o + 1) * block), o * length * inner + start);
      }
      start += block;
    }
    return [out];
  },
  jvp: (xs, dxs, params) => [[bind1(concatenateP, xs, params)], [bind1(concatenateP, dxs.map(instantiate), params)]],
  transpose: (cts, xs, { axis }) => {
    const ct = one(cts);
    let end = 0;
    return xs.map((x) => {
      const start = end;
      end += x.aval.shape[axis];
      return isLinear(x) ? sliceAxis(ct, axis, start, end) : null;
    });
  },
  batch: (size, xs, dims, { axis }) => {
    const fronts = xs.map((x, i) => mappedFront(x, dims[i], size));
    return [[bind1(concatenateP, fronts, { axis: axis + 1 })], [0]];
  },
});

/** The tensors one behind the other along `axis`. */
export const concatenate = (xs: readonly Tensor[], axis: number): Tensor =>
  xs.length === 1 ? xs[0] : bind1(concatenateP, xs, { axis });

// --- reverse -------------------------------------------------------------------------------------------------------------

type Axes = { readonly axes: readonly number[] };

export const reverseP: Primitive<Axes> = definePrimitive<Axes>({
  name: "reverse",
  abstractEval: ([aval], { axes }) => {
    demand(
      new Set(axes).size === axes.length && axes.every((a) => Number.isInteger(a) && a >= 0 && a < aval.ndim),
      "reverse",
      "the axes do not fit",
      `distinct axes of ${aval}`,
      printShape(axes),
    );
    return [aval];
  },
  impl: ([x], { axes }) => {
    const own = stridesOf(x.shape);
    if (sizeOf(x.shape) === 0) return [{ ...x, data: x.data.slice() }];
    const offset = axes.reduce((sum, a) => sum + (x.shape[a] - 1) * own[a], 0);
    const strides = own.map((s, i) => (axes.includes(i) ? -s : s));
    return [stridedCopy(x, x.shape, strides, offset)];
  },
  jvp: linearJvp(() => reverseP),
  transpose: (cts, _args, params) => [bind1(reverseP, [one(cts)], params)],
  batch: (_size, [x], [d], { axes }) => {
    const dim = mapped(d);
    return [[bind1(reverseP, [x], { axes: axes.map((a) => (a < dim ? a : a + 1)) })], [dim]];
  },
});

/** The elements in opposite order along each of `axes`. */
export const reverse = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1(reverseP, [x], { axes });
