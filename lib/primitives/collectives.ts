/**
 * @file Primitives that combine the examples of a named axis: sums, extrema, the place of an example, and the values of all.
 *
 * They exist while tracing only. The `vmap` that the name belongs to takes them away by their batch rules: a sum over the named axis is
 * one over the batch dimension. So no executor knows them.
 */
import { Aval, range } from "../core/aval.js";
import { unboundAxis } from "../core/named-axes.js";
import { type BatchDim, definePrimitive, isZero, notLinear, type Primitive, Zero } from "../core/primitive.js";
import { demand, linearJvp, one, scalarOf, zeroTangents } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { broadcastInDim, moveAxis, reduceSum } from "./broadcast.js";
import { convert, div, eq, mul } from "./elementwise.js";
import { iota } from "./movement.js";
import { reduceMax, reduceMin } from "./reduce.js";

/** The rules of a value that nothing computes: a collective outside of the `vmap` of its name. */
const onlyNamed = <P>(name: string, axesOf: (params: P) => readonly string[]) => {
  const refuse = (_xs: unknown, params: P): never => {
    throw unboundAxis(name, axesOf(params)[0]);
  };
  return { name, namedAxes: axesOf, impl: refuse, evaluate: refuse };
};

// --- reductions ----------------------------------------------------------------------------------------------------------

interface Axes {
  readonly axes: readonly string[];
}
const axesOf = ({ axes }: Axes): readonly string[] => axes;

/** A reduction over named axes: `over` a batch dimension, and of a value that is the same for every example. */
const reduction = (
  name: string,
  over: (x: Tensor, dim: number) => Tensor,
  same: (x: Tensor, size: number) => Tensor,
  rules: Pick<Primitive<Axes>, "jvp" | "transpose">,
): Primitive<Axes> => {
  const prim: Primitive<Axes> = definePrimitive<Axes>({
    ...onlyNamed(name, axesOf),
    ...rules,
    abstractEval: ([x]) => [x],
    batch: (size, [x], [d], { axes }, axisName) => {
      const left = axes.filter((axis) => axis !== axisName);
      if (left.length === axes.length) return [[bind1(prim, [x], { axes })], [d]];
      const y = d === null ? same(x, size) : over(x, d);
      return [[left.length === 0 ? y : bind1(prim, [y], { axes: left })], [null]];
    },
  });
  return prim;
};

/** The sum of all examples. Transposed it is a sum again, since every example reads the result. */
export const psumP: Primitive<Axes> = reduction(
  "psum",
  (x, dim) => reduceSum(x, [dim]),
  (x, size) => mul(x, scalarOf(x.aval, size)),
  { jvp: linearJvp(() => psumP), transpose: (cts, _args, params) => [bind1(psumP, [one(cts)], params)] },
);

/** The tangent of an extremum is the mean over the examples that attain it, as for `reduceMax`. */
const extremumJvp =
  (self: () => Primitive<Axes>): Primitive<Axes>["jvp"] =>
  ([x], [dx], params) => {
    const y = bind1(self(), [x], params);
    if (isZero(dx)) return [[y], [new Zero(y.aval.strong())]];
    const here = convert(eq(x, y), x.dtype);
    return [[y], [div(bind1(psumP, [mul(dx, here)], params), bind1(psumP, [here], params))]];
  };
const extremum = (name: string, over: (x: Tensor, axes: readonly number[]) => Tensor): Primitive<Axes> => {
  const prim: Primitive<Axes> = reduction(
    name,
    (x, dim) => over(x, [dim]),
    (x) => x,
    { jvp: extremumJvp(() => prim), transpose: notLinear(name) },
  );
  return prim;
};
export const pmaxP = extremum("pmax", reduceMax);
export const pminP = extremum("pmin", reduceMin);

// --- the place of an example -----------------------------------------------------------------------------------------------

interface OneAxis {
  readonly axis: string;
}
const axisOf = ({ axis }: OneAxis): readonly string[] => [axis];

export const axisIndexP: Primitive<OneAxis> = definePrimitive<OneAxis>({
  ...onlyNamed("axis_index", axisOf),
  abstractEval: () => [new Aval([], "int32")],
  jvp: zeroTangents(() => axisIndexP),
  transpose: notLinear("axis_index"),
  // Without operands it is asked only by the axis of its name.
  batch: (size) => [[iota([size], "int32")], [0]],
});

// --- values of all -------------------------------------------------------------------------------------------------------

interface Gathered extends OneAxis {
  readonly size: number;
  /** The axis of the result (of `allGather`) or the operand (of `psumScatter`) that stands for the examples. */
  readonly at: number;
}

/** An application on a batch of another axis, whose dimension goes in front. */
const besides = (
  prim: Primitive<Gathered>,
  x: Tensor,
  dim: BatchDim,
  params: Gathered,
): readonly [Tensor[], BatchDim[]] =>
  dim === null
    ? [[bind1(prim, [x], params)], [null]]
    : [[bind1(prim, [moveAxis(x, dim, 0)], { ...params, at: params.at + 1 })], [0]];

/** What every example has, along a new axis. */
export const allGatherP: Primitive<Gathered> = definePrimitive<Gathered>({
  ...onlyNamed("all_gather", axisOf),
  abstractEval: ([x], { at, size }) => [x.withShape([...x.shape.slice(0, at), size, ...x.shape.slice(at)])],
  jvp: linearJvp(() => allGatherP),
  transpose: (cts, _args, params) => [bind1(psumScatterP, [one(cts)], params)],
  batch: (size, [x], [d], params, axisName) => {
    if (params.axis !== axisName) return besides(allGatherP, x, d, params);
    const { at } = params;
    if (d !== null) return [[moveAxis(x, d, at)], [null]];
    const shape = [...x.shape.slice(0, at), size, ...x.shape.slice(at)];
    const dims = range(x.ndim).map((i) => (i < at ? i : i + 1));
    return [[broadcastInDim(x, shape, dims)], [null]];
  },
});

/** The sum of all examples, of which each takes its own slice along an axis. */
export const psumScatterP: Primitive<Gathered> = definePrimitive<Gathered>({
  ...onlyNamed("psum_scatter", axisOf),
  abstractEval: ([x], { at, size }) => {
    const fits = x.shape[at] === size;
    demand(fits, "psumScatter", "the axis has no slice for each example", `size ${size} at axis ${at}`, `${x}`);
    return [x.withShape(x.shape.filter((_, i) => i !== at))];
  },
  jvp: linearJvp(() => psumScatterP),
  transpose: (cts, _args, params) => [bind1(allGatherP, [one(cts)], params)],
  batch: (size, [x], [d], params, axisName) => {
    if (params.axis !== axisName) return besides(psumScatterP, x, d, params);
    return [[d === null ? mul(x, scalarOf(x.aval, size)) : reduceSum(x, [d])], [params.at]];
  },
});
