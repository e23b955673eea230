/** @file Collectives: what combines the examples that a `vmap` with a name maps over. */
import { normalizeAxis, without } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { sizeOfAxis } from "../core/named-axes.js";
import type { Primitive } from "../core/primitive.js";
import { treeMap } from "../core/pytree.js";
import { demand, scalarOf } from "../core/rules.js";
import { asTensor, type GradsOf, Literal, type Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { reshape } from "../primitives/broadcast.js";
import { allGatherP, axisIndexP, pmaxP, pminP, psumP, psumScatterP } from "../primitives/collectives.js";
import { add, convert, div, mul } from "../primitives/elementwise.js";

/** The name of a mapped axis, or several. */
export type AxisName = string | readonly string[];

const namesOf = (axisName: AxisName): readonly string[] => (typeof axisName === "string" ? [axisName] : axisName);

/** How many examples the axes have in all. @throws {ArgumentError} for a name that no axis has */
const countOf = (where: string, axisName: AxisName): number =>
  namesOf(axisName).reduce((n, name) => n * sizeOfAxis(where, name), 1);

/** A function of one tensor and the number of examples, of every leaf; without axes the leaves stay as they are. */
const ofLeaves = <T>(
  where: string,
  tree: T,
  axisName: AxisName,
  f: (x: Tensor, axes: readonly string[], count: number) => Tensor,
): GradsOf<T> => {
  const [axes, count] = [namesOf(axisName), countOf(where, axisName)];
  const leaf = (x: unknown): Tensor => {
    const given = asTensor(x, where);
    return axes.length === 0 ? given : f(given, axes, count);
  };
  return treeMap(leaf, tree) as GradsOf<T>;
};

const sumOf = (x: Tensor, axes: readonly string[], count: number): Tensor => {
  const number = x.dtype === "bool" ? convert(x, "int32") : x;
  // A number is the same for all: its sum is known while tracing.
  if (number instanceof Literal) return new Literal(number.value * count, number.dtype, number.aval.weak);
  return bind1(psumP, [number], { axes });
};

/**
 * The sum over all examples of the named axis, or axes, which every example gets.
 *
 * Of a number it is the number times the size of the axis, known while tracing. In reverse mode every example reads the result, so that
 * inside of the mapped function the cotangents are summed too, as in JAX.
 * @param tree      tensors or numbers; bools count as 0 and 1
 * @param axisName  the `axisName` of a `vmap` around, or a list of names
 * @throws {ArgumentError} for a name that no `vmap` around has
 * @see JAX, `jax.lax.psum`
 * @example vmap((x: Tensor) => np.divide(x, lax.psum(x, "batch")), { axisName: "batch" })(np.array([1, 3])) // [0.25, 0.75]
 */
export const psum = takes(
  "lax.psum(tree, axisName)",
  <T>(tree: T, axisName: AxisName): GradsOf<T> => ofLeaves("lax.psum", tree, axisName, sumOf),
);

/**
 * The mean over all examples of the named axis, or axes; of integers a float.
 *
 * @throws {ArgumentError} for a name that no `vmap` around has
 * @see JAX, `jax.lax.pmean`
 * @example vmap((x: Tensor) => np.subtract(x, lax.pmean(x, "batch")), { axisName: "batch" })(np.array([1, 3])) // [-1, 1]
 */
export const pmean = takes("lax.pmean(tree, axisName)", <T>(tree: T, axisName: AxisName): GradsOf<T> => {
  const mean = (x: Tensor, axes: readonly string[], count: number): Tensor => {
    if (x instanceof Literal) return x;
    const sum = sumOf(x, axes, count);
    const float = sum.dtype === "int32" || sum.dtype === "uint32" ? convert(sum, "float32") : sum;
    return div(float, scalarOf(float.aval, count));
  };
  return ofLeaves("lax.pmean", tree, axisName, mean);
});

const extremum =
  (where: string, prim: Primitive<{ readonly axes: readonly string[] }>) =>
  <T>(tree: T, axisName: AxisName): GradsOf<T> =>
    ofLeaves(where, tree, axisName, (x, axes) => (x instanceof Literal ? x : bind1(prim, [x], { axes })));

/**
 * The largest value of all examples of the named axis, or axes, element by element.
 *
 * Unlike JAX's it has a derivative: the mean over the examples that attain the value.
 * @throws {ArgumentError} for a name that no `vmap` around has
 * @see JAX, `jax.lax.pmax`
 * @example vmap((x: Tensor) => np.divide(x, lax.pmax(x, "batch")), { axisName: "batch" })(np.array([1, 4])) // [0.25, 1]
 */
export const pmax = takes("lax.pmax(tree, axisName)", extremum("lax.pmax", pmaxP));

/**
 * The smallest value of all examples of the named axis, or axes, element by element; its derivative is as that of `pmax`.
 *
 * @throws {ArgumentError} for a name that no `vmap` around has
 * @see JAX, `jax.lax.pmin`
 */
export const pmin = takes("lax.pmin(tree, axisName)", extremum("lax.pmin", pminP));

/**
 * The place of the example along the named axis, an int32 scalar; along several it is counted row by row, the last name fastest.
 *
 * @throws {ArgumentError} for a name that no `vmap` around has
 * @see JAX, `jax.lax.axis_index`
 * @example vmap((x: Tensor) => np.multiply(x, lax.axisIndex("batch")), { axisName: "batch" })(np.ones([3])) // [0, 1, 2]
 */
export const axisIndex = takes(
  "lax.axisIndex(axisName)",
  (axisName: AxisName): Tensor =>
    namesOf(axisName).reduce<Tensor>((index, axis) => {
      const size = sizeOfAxis("lax.axisIndex", axis);
      const own = bind1(axisIndexP, [], { axis });
      return index instanceof Literal ? own : add(mul(index, new Literal(size, "int32")), own);
    }, new Literal(0, "int32")),
);

/**
 * The number of examples along the named axis, or axes: a plain number, since it is known while tracing.
 *
 * @throws {ArgumentError} for a name that no `vmap` around has
 * @see JAX, `jax.lax.axis_size`
 */
export const axisSize = takes("lax.axisSize(axisName)", (axisName: AxisName): number =>
  countOf("lax.axisSize", axisName),
);

export interface AllGatherOptions {
  /** The axis of the result along which the values lie; default 0. */
  readonly axis?: number;
  /** Whether the values are joined along `axis`, which they then have already, instead of stacked. Default false. */
  readonly tiled?: boolean;
}

/**
 * The values of all examples of the named axis, or axes, stacked; every example gets them.
 *
 * @param options  `axis`: where they lie in the result; `tiled`: joined along that axis, not stacked
 * @throws {ArgumentError} for a name that no `vmap` around has; {ShapeError} for an axis that is not there
 * @see JAX, `jax.lax.all_gather`
 * @example vmap((x: Tensor) => lax.allGather(x, "batch"), { axisName: "batch" })(np.array([1, 4])) // [[1, 4], [1, 4]]
 */
export const allGather = takes(
  "lax.allGather(tree, axisName, { axis, tiled })",
  <T>(tree: T, axisName: AxisName, { axis = 0, tiled = false }: AllGatherOptions = {}): GradsOf<T> => {
    const where = "lax.allGather";
    const gather = (x: Tensor, axes: readonly string[], count: number): Tensor => {
      const at = normalizeAxis(where, axis, tiled ? x.ndim : x.ndim + 1);
      const stacked = axes.reduceRight(
        (y, name) => bind1(allGatherP, [y], { axis: name, size: sizeOfAxis(where, name), at }),
        x,
      );
      const [before, after] = [x.shape.slice(0, at), x.shape.slice(at)];
      const joined = tiled ? [count * after[0], ...after.slice(1)] : [count, ...after];
      return reshape(stacked, [...before, ...joined]);
    };
    return ofLeaves(where, tree, axisName, gather);
  },
);

export interface PsumScatterOptions {
  /** The axis along which the slices lie; default 0. */
  readonly scatterDimension?: number;
  /** Whether the axis is cut into one piece for each example and stays, instead of having one slice for each and going. Default false. */
  readonly tiled?: boolean;
}

/**
 * The sum over all examples of the named axis, of which each example gets its own slice: the transpose of `allGather`.
 *
 * @param options  `scatterDimension`: the axis of slices; `tiled`: pieces of that axis, which stays
 * @throws {ArgumentError} for a name that no `vmap` around has; {ShapeError} where the axis has no slice for each example
 * @see JAX, `jax.lax.psum_scatter`
 */
export const psumScatter = takes(
  "lax.psumScatter(tree, axisName, { scatterDimension, tiled })",
  <T>(tree: T, axisName: string, { scatterDimension = 0, tiled = false }: PsumScatterOptions = {}): GradsOf<T> => {
    const where = "lax.psumScatter";
    const scatter = (x: Tensor, [axis]: readonly string[], size: number): Tensor => {
      const at = normalizeAxis(where, scatterDimension, x.ndim);
      const n = x.shape[at];
      const fits = tiled ? n % size === 0 : n === size;
      demand(fits, where, "the axis has no slice for each example", `size ${size} at axis ${at}`, `${x.aval}`);
      const others = without(x.shape, [at]);
      const split = [...others.slice(0, at), size, ...(tiled ? [n / size] : []), ...others.slice(at)];
      return bind1(psumScatterP, [reshape(x, split)], { axis, size, at });
    };
    return ofLeaves(where, tree, axisName, scatter);
  },
);
