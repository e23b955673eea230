/** @file Moving data, reductions and running sums as ONNX nodes. */
import { type Aval, isFloat, range, type Shape } from "../../core/aval.js";
import { iotaP } from "../../primitives/movement.js";
import type { GraphBuilder } from "./builder.js";
import { Nodes } from "./elementwise.js";
import type { Lowering } from "./lowering.js";
import { runningSum, sum } from "./sums.js";

export const reshaped = (b: GraphBuilder, x: string, shape: Shape): string =>
  b.node("Reshape", [x, b.ints(shape)], shape.includes(0) ? { allowzero: 1 } : {});

/** A part of `x`: from `start` by `step` to before `limit`, on every axis. */
const sliced = (
  b: GraphBuilder,
  x: string,
  start: readonly number[],
  limit: readonly number[],
  step: readonly number[],
): string =>
  start.length === 0
    ? x
    : b.node("Slice", [x, b.ints(start), b.ints(limit), b.ints(range(start.length)), b.ints(step)]);

export const pad: Lowering = ({ inAvals: [aval], params }) => {
  const { low, high, interior } = params as { low: number[]; high: number[]; interior: number[] };
  return (b, [input, value]) => {
    let x = input;
    let shape = [...aval.shape];
    interior.forEach((gap, axis) => {
      if (gap === 0 || shape[axis] < 2) return;
      // Each element gets its gap behind it; the one behind the last is cut off again.
      const wide = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
      const pads = new Array<number>(2 * wide.length).fill(0);
      pads[wide.length + axis + 1] = gap;
      const spread = b.node("Pad", [reshaped(b, x, wide), b.ints(pads), value]);
      const length = shape[axis] * (gap + 1);
      shape = shape.map((n, i) => (i === axis ? length : n));
      x = reshaped(b, spread, shape);
      shape[axis] = length - gap;
      x = sliced(
        b,
        x,
        shape.map(() => 0),
        shape,
        shape.map(() => 1),
      );
    });
    if ([...low, ...high].some((n) => n < 0)) {
      const start = low.map((n) => Math.max(0, -n));
      const limit = shape.map((n, i) => Math.max(start[i], n - Math.max(0, -high[i])));
      x = sliced(
        b,
        x,
        start,
        limit,
        start.map(() => 1),
      );
    }
    const pads = [...low, ...high].map((n) => Math.max(0, n));
    if (pads.some((n) => n > 0)) x = b.node("Pad", [x, b.ints(pads), value]);
    return [x === input ? b.node("Identity", [x]) : x];
  };
};

/** A reduction over a known number of elements that is not zero; over none, its neutral element. */
const reduction =
  (name: string, neutral: (aval: Aval) => number): Lowering =>
  ({ inAvals: [aval], outAvals: [out], params }) => {
    const axes = params.axes as readonly number[];
    // With the axes kept, an equation stands for its reshape too (idioms.ts).
    const keepdims = Number(out.ndim === aval.ndim);
    if (axes.length === 0) return (b, [x]) => [b.node("Identity", [x])];
    if (aval.size === 0) return (b) => [b.node("Expand", [b.scalar(aval.dtype, neutral(aval)), b.ints(out.shape)])];
    return (b, [x]) => {
      const n = new Nodes(b);
      const over = (op: string, y: string): string => b.node(op, [y, b.ints(axes)], { keepdims });
      if (name === "ReduceSum") {
        // Sums of int32 would saturate.
        return [
          isFloat(aval.dtype) ? sum(b, x, aval.shape, axes, out.shape) : n.signed(over(name, n.cast(x, "int64"))),
        ];
      }
      if (aval.dtype === "uint32") return [n.ordered(over(name, n.ordered(x)))];
      if (!isFloat(aval.dtype)) return [over(name, x)];
      if (params.anyOfNaN === true) return [over(name, x)];
      // The operator passes over NaN; the sum of squares is NaN exactly when an element is.
      const squares = over("ReduceSumSquare", x);
      return [n.where(n.isNaN(squares), squares, over(name, x))];
    };
  };

const extremum = (name: "ReduceMax" | "ReduceMin"): Lowering => {
  const lowest = (aval: Aval): number =>
    isFloat(aval.dtype)
      ? name === "ReduceMax"
        ? Number.NEGATIVE_INFINITY
        : Number.POSITIVE_INFINITY
      : name === "ReduceMax"
        ? aval.dtype === "uint32"
          ? 0
          : -(2 ** 31)
        : aval.dtype === "uint32"
          ? -1
          : 2 ** 31 - 1;
  return reduction(name, lowest);
};

const ofBools =
  (name: "ReduceMax" | "ReduceMin"): Lowering =>
  ({ inAvals: [aval], outAvals: [out], params }) => {
    const axes = params.axes as readonly number[];
    return (b, [x]) => {
      const n = new Nodes(b);
      if (axes.length === 0) return [n.op("Identity", x)];
      if (aval.size === 0) {
        return [b.node("Expand", [b.scalar("bool", name === "ReduceMin" ? 1 : 0), b.ints(out.shape)])];
      }
      return [n.cast(b.node(name, [n.signed(x), b.ints(axes)], { keepdims: 0 }), "bool")];
    };
  };

/** Place of the largest or smallest element, the first of equal ones; NaN counts as both. */
const argument =
  (name: "ArgMax" | "ArgMin"): Lowering =>
  ({ inAvals: [aval], params }) => {
    const axis = params.axis as number;
    if (aval.dtype === "bool") return undefined;
    return (b, [x]) => {
      const n = new Nodes(b);
      const place = (op: string, y: string): string => n.signed(b.node(op, [y], { axis, keepdims: 0 }));
      if (aval.dtype !== "float32") return [place(name, aval.dtype === "uint32" ? n.ordered(x) : x)];
      const nan = n.signed(n.isNaN(x));
      const any = n.cast(b.node("ReduceMax", [nan, b.ints([axis])], { keepdims: 0 }), "bool");
      return [n.where(any, place("ArgMax", nan), place(name, x))];
    };
  };

/** Combines every element with those before it, in a number of steps that grows with the logarithm of the length. */
const running =
  (op: string, neutral: (aval: Aval) => number): Lowering =>
  ({ inAvals: [aval], params }) => {
    const { axis, reverse } = params as { axis: number; reverse: boolean };
    if (aval.dtype === "uint32" || aval.dtype === "bool") return undefined;
    return (b, [input]) => {
      let x = input;
      for (let by = 1; by < aval.shape[axis]; by *= 2) {
        const pads = new Array<number>(2 * aval.ndim).fill(0);
        pads[reverse ? aval.ndim + axis : axis] = by;
        pads[reverse ? axis : aval.ndim + axis] = -by;
        x = b.node(op, [x, b.node("Pad", [x, b.ints(pads), b.scalar(aval.dtype, neutral(aval))])]);
      }
      return [x === input ? b.node("Identity", [x]) : x];
    };
  };

const edge =
  (sign: number) =>
  (aval: Aval): number =>
    isFloat(aval.dtype) ? sign * Number.POSITIVE_INFINITY : sign < 0 ? -(2 ** 31) : 2 ** 31 - 1;

/** Everything that moves data without looking at it, and reductions. */
export const MOVEMENT = {
  reshape:
    ({ params }) =>
    (b, [x]) => [reshaped(b, x, params.shape as Shape)],
  transpose:
    ({ params }) =>
    (b, [x]) => [b.node("Transpose", [x], { perm: params.perm as readonly number[] })],
  broadcast_in_dim: ({ inAvals: [aval], params }) => {
    const { shape, dims } = params as { shape: Shape; dims: readonly number[] };
    const spread = shape.map((_, axis) => (dims.includes(axis) ? aval.shape[dims.indexOf(axis)] : 1));
    return (b, [x]) => {
      const aligned = aval.ndim === shape.length ? x : reshaped(b, x, spread);
      return [b.node("Expand", [aligned, b.ints(shape)])];
    };
  },
  concatenate:
    ({ params }) =>
    (b, inputs) => [b.node("Concat", inputs, { axis: params.axis as number })],
  iota: ({ params, outAvals: [out] }) => {
    if (out.size > 1 << 20) return undefined;
    return (b) => [b.array(iotaP.impl([], params as never)[0])];
  },
  pad,
  reverse: ({ inAvals: [aval], params }) => {
    const axes = params.axes as readonly number[];
    if (axes.length === 0) return (b, [x]) => [b.node("Identity", [x])];
    return (b, [x]) => [
      b.node("Slice", [
        x,
        b.ints(axes.map(() => -1)),
        b.ints(axes.map((axis) => -aval.shape[axis] - 1)),
        b.ints(axes),
        b.ints(axes.map(() => -1)),
      ]),
    ];
  },
  slice: ({ params }) => {
    const { start, limit, strides } = params as { start: number[]; limit: number[]; strides: number[] };
    return (b, [x]) => [start.length === 0 ? b.node("Identity", [x]) : sliced(b, x, start, limit, strides)];
  },
  reduce_sum: reduction("ReduceSum", () => 0),
  reduce_max: extremum("ReduceMax"),
  reduce_min: extremum("ReduceMin"),
  reduce_and: ofBools("ReduceMin"),
  reduce_or: ofBools("ReduceMax"),
  argmax: argument("ArgMax"),
  argmin: argument("ArgMin"),
  cumsum: ({ inAvals: [aval], params }) => {
    const { axis, reverse } = params as { axis: number; reverse: boolean };
    if (aval.dtype === "bool") return undefined;
    return (b, [x]) => [
      isFloat(aval.dtype)
        ? runningSum(b, x, aval.shape[axis], axis, reverse)
        : b.node("CumSum", [x, b.int(axis)], { reverse: Number(reverse) }),
    ];
  },
  cummax: running("Max", edge(-1)),
  cummin: running("Min", edge(1)),
} satisfies Record<string, Lowering>;
