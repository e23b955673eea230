/** @file Batching: a function of one example becomes a function of many, by the batch rule of each primitive. */

import { type Aval, without } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { ArgumentError, ShapeError, TreeError } from "../core/errors.js";
import { mayReferTo, withAxis } from "../core/named-axes.js";
import type { AnyPrimitive, BatchDim, Params } from "../core/primitive.js";
import { differences, flatten, pathsOf, printPath, type TreeDef, unflatten } from "../core/pytree.js";
import { wordsOf } from "../core/signature.js";
import { type GradsOf, type Tensor, Tracer } from "../core/tensor.js";
import { bind, currentTrace, Trace, traceCall, withTrace } from "../core/trace.js";
import type { OfTensors, Transformed, Tuples } from "../core/tree-types.js";
import { broadcastInDim, moveAxis } from "../primitives/broadcast.js";
import { refuseMisplaced } from "./misplaced.js";
import type { AnyFunction } from "./problem.js";
import { flatFunction, flattenMixed, nameOf } from "./trees.js";

class BatchTracer extends Tracer {
  readonly aval: Aval;
  constructor(
    trace: BatchTrace,
    madeBy: string,
    readonly value: Tensor,
    readonly dim: number,
  ) {
    super(trace, madeBy);
    this.aval = value.aval.withShape(without(value.shape, [dim]));
  }
}

class BatchTrace extends Trace {
  readonly #parent = currentTrace();
  constructor(
    name: string,
    readonly size: number,
    readonly axisName: string | undefined,
  ) {
    super(name);
  }
  split(x: Tensor): [Tensor, BatchDim] {
    return x instanceof BatchTracer && x.owner === this ? [x.value, x.dim] : [x, null];
  }
  join(value: Tensor, dim: BatchDim, madeBy: string): Tensor {
    return dim === null ? value : new BatchTracer(this, madeBy, value, dim);
  }
  process(prim: AnyPrimitive, args: readonly Tensor[], params: Params): readonly Tensor[] {
    const pairs = args.map((x) => this.split(x));
    const xs = pairs.map(([x]) => x);
    const dims = pairs.map(([, d]) => d);
    return withTrace(this.#parent, () => {
      const named = this.axisName !== undefined && mayReferTo(this.axisName, prim, params);
      if (!named && dims.every((d) => d === null)) return bind(prim, xs, params);
      const [outs, outDims] = prim.batch(this.size, xs, dims, params, this.axisName);
      return outs.map((y, i) => this.join(y, outDims[i], prim.name));
    });
  }
}

/** Batching on flat lists; what `f` calls may refer to the axis by `axisName`. */
export const vmapFlat = (
  name: string,
  f: (...xs: Tensor[]) => readonly Tensor[],
  size: number,
  args: readonly Tensor[],
  dims: readonly BatchDim[],
  axisName?: string,
): readonly [readonly Tensor[], readonly BatchDim[]] => {
  const trace = new BatchTrace(name, size, axisName);
  const inputs = args.map((x, i) => trace.join(x, dims[i], "its arguments"));
  const outs = withAxis(axisName, size, () => traceCall(trace, () => f(...inputs))).map((y) => trace.split(y));
  return [outs.map(([y]) => y), outs.map(([, d]) => d)];
};

/** `x` with its batch dimension at `to`; repeated where it has none. */
export const materialize = (x: Tensor, dim: BatchDim, size: number, to: number): Tensor => {
  if (dim !== null) return moveAxis(x, dim, to);
  const shape = [...x.shape.slice(0, to), size, ...x.shape.slice(to)];
  return broadcastInDim(
    x,
    shape,
    x.shape.map((_, i) => (i < to ? i : i + 1)),
  );
};

/** Which axis to map over: one number for all leaves, null for none, or a tree that is a prefix of the argument's. */
export type AxisTree<T> =
  | number
  | null
  | (T extends Tensor | number | boolean ? never : { readonly [K in keyof T]?: AxisTree<T[K]> });

/** One entry an argument, or a single number for all. */
type InAxes<A extends readonly unknown[]> = number | { readonly [K in keyof A]: AxisTree<A[K]> };

export interface VmapOptions<A extends readonly unknown[], R> {
  /** One entry an argument; a single number or null serves all. Default 0. */
  readonly inAxes?: InAxes<A> | null;
  /** Where the mapped axis goes in the results. Default 0. */
  readonly outAxes?: AxisTree<R>;
  /** A name of the mapped axis, by which `lax.psum` and its kin refer to it. */
  readonly axisName?: string;
  /** The size of the mapped axis, where no argument is mapped. */
  readonly axisSize?: number;
}

/** Overloads of `vmap`: the type of a result stays what it is, unless it has numbers, of which tensors are made. */
export interface Vmap {
  <A extends readonly unknown[], R>(
    f: (...args: A) => OfTensors<R> | Tuples,
    options?: VmapOptions<A, NoInfer<R>> | InAxes<A>,
  ): Transformed<A, R>;
  <A extends readonly unknown[], R>(
    f: (...args: A) => R | Tuples,
    options?: VmapOptions<A, NoInfer<R>> | InAxes<A>,
  ): Transformed<A, GradsOf<R>>;
}

const isAxis = (x: unknown): x is number | null => x === null || typeof x === "number";

/** One axis for every leaf of `def`, from a prefix tree. */
const spread = (where: string, option: string, prefix: unknown, def: TreeDef, at: string): BatchDim[] => {
  if (isAxis(prefix)) return new Array<BatchDim>(def.leaves).fill(prefix);
  const [axes, prefixDef] = flatten(prefix, isAxis);
  const bad = axes.find((a) => !isAxis(a));
  if (bad !== undefined || !("children" in prefixDef) || !("children" in def)) {
    throw new TreeError({
      where,
      what: `${option} is not a prefix of the tree`,
      expected: "numbers, null, or a tree like the argument's",
      got: bad === undefined ? "a tree where there is a leaf" : wordsOf(bad),
      at,
    });
  }
  if (
    prefixDef.kind !== def.kind ||
    prefixDef.keys.some((k) => !def.keys.includes(k)) ||
    def.keys.length !== prefixDef.keys.length
  ) {
    throw new TreeError({
      where,
      what: `${option} is not a prefix of the tree`,
      at: differences(def, prefixDef, at).join("; "),
    });
  }
  const parts = prefix as Record<string | number, unknown>;
  return def.keys.flatMap((key, i) => spread(where, option, parts[key], def.children[i], printPath([key], at)));
};

const checkAxis = (where: string, axis: number, ndim: number, at: string, aval: string): number => {
  if (Number.isInteger(axis) && axis >= -ndim && axis < ndim) return axis < 0 ? axis + ndim : axis;
  throw new ShapeError({
    where,
    what: `there is no axis ${axis} to map over`,
    expected: "an axis of the tensor",
    got: aval,
    at,
  });
};

const SIGNATURE = "vmap(f, { inAxes, outAxes, axisName, axisSize })";

/**
 * Maps a function over an axis of its arguments, without a loop.
 *
 * @param f        a function of trees
 * @param options  `inAxes`: the axis of each argument to map over (null: not mapped); `outAxes`: where it goes in the results; `axisName`: a
 *                 name, by which `lax.psum`, `lax.pmean`, `lax.axisIndex` and their kin combine the examples; `axisSize`: the number of
 *                 examples, where no argument is mapped
 * @throws {ShapeError} when the mapped sizes differ; {ArgumentError} when nothing is mapped
 * @see JAX's `jax.vmap`
 * @example vmap(np.dot)(xs, ys) // row by row
 */
export const vmap: Vmap = takes(
  SIGNATURE,
  (f: AnyFunction, options: VmapOptions<readonly unknown[], unknown> | InAxes<readonly unknown[]> = {}) => {
    const where = nameOf("vmap", f);
    // Of axes alone the signature has made options.
    const { inAxes = 0, outAxes = 0, axisName, axisSize } = options as VmapOptions<readonly unknown[], unknown>;
    return (...args: readonly unknown[]): never =>
      transformed("vmap", () => {
        refuseMisplaced(where, SIGNATURE, f, args);
        if (Array.isArray(inAxes) && inAxes.length !== args.length) {
          throw new ArgumentError({
            where,
            what: "inAxes does not have one entry per argument",
            expected: `${args.length} entries`,
            got: `${inAxes.length}`,
          });
        }
        const leaves: Tensor[] = [];
        const dims: BatchDim[] = [];
        const sizes: { at: string; size: number; aval: string }[] = [];
        const kept = new Map<number, unknown>();
        const flatArgs = args.map((arg, i) => {
          const { leaves: xs, def, kept: own } = flattenMixed(where, arg, `args[${i}]`);
          for (const [j, value] of own) kept.set(leaves.length + j, value);
          const axes = spread(where, "inAxes", Array.isArray(inAxes) ? inAxes[i] : inAxes, def, `args[${i}]`);
          const paths = pathsOf(def);
          xs.forEach((x, j) => {
            const at = printPath(paths[j], `args[${i}]`);
            const axis = axes[j];
            // A plain number has no axis, nor has a flag or a text; it is the same for all, as in a call without vmap.
            const dim =
              axis === null || own.has(j) || (x.ndim === 0 && typeof leafOf(arg, j) === "number")
                ? null
                : checkAxis(where, axis, x.ndim, at, `${x.aval}`);
            leaves.push(x);
            dims.push(dim);
            if (dim !== null) sizes.push({ at, size: x.shape[dim], aval: `${x.aval}` });
          });
          return def;
        });
        if (axisSize !== undefined) sizes.unshift({ at: "axisSize", size: axisSize, aval: "the option" });
        if (sizes.length === 0) {
          throw new ArgumentError({
            where,
            what: "no argument is mapped",
            expected: "an axis in inAxes for one argument, or axisSize",
          });
        }
        const { size } = sizes[0];
        if (sizes.some((s) => s.size !== size)) {
          throw new ShapeError({
            where,
            what: "mapped axes have different sizes",
            expected: "one size",
            got: sizes.map((s) => `${s.size} at ${s.at} (${s.aval})`).join(", "),
            hint: "name the axis of each argument in inAxes, and null for what all share",
          });
        }
        const argsDef: TreeDef = flatten(args.map((_, i) => i))[1];
        const def = { ...argsDef, children: flatArgs, leaves: leaves.length } as TreeDef;
        const flat = flatFunction(where, f, def, kept);
        const [outs, outDims] = vmapFlat(where, flat.call, size, leaves, dims, axisName);
        const outDef = flat.out();
        const places = spread(where, "outAxes", outAxes, outDef, "the result");
        const results = outs.map((y, i) => {
          const to = places[i];
          const dim = outDims[i];
          if (to === null) {
            if (dim === null) return y;
            throw new ArgumentError({
              where,
              what: "outAxes is null for a result that is mapped",
              expected: "an axis",
              got: "null",
            });
          }
          const rank = y.ndim + (dim === null ? 1 : 0);
          return materialize(y, dim, size, checkAxis(where, to, rank, "the result", `${y.aval}`));
        });
        return unflatten(outDef, results) as never;
      });
  },
);

const leafOf = (tree: unknown, index: number): unknown => flatten(tree)[0][index];
