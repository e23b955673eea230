/** @file Forward mode: every value carries its tangent. Zeros stay symbolic. */

import { Aval, isFloat, sameShape } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { type AnyPrimitive, isZero, type Params, type Tangent, Zero } from "../core/primitive.js";
import { checkSameStructure, fillNulls, flatten, pathsOf, printPath, type TreeDef, unflatten } from "../core/pytree.js";
import { asTensor, type DeviceArray, type Literal, type TangentsOf, type Tensor, Tracer } from "../core/tensor.js";
import { bind, currentTrace, Trace, traceCall, withTrace } from "../core/trace.js";
import type { Tuples } from "../core/tree-types.js";
import { fullOf } from "../primitives/broadcast.js";
import { flatFunction, flattenArgs, nameOf, refuseFlags } from "./trees.js";

class JvpTracer extends Tracer {
  constructor(
    trace: JvpTrace,
    madeBy: string,
    readonly primal: Tensor,
    readonly tangent: Tensor,
  ) {
    super(trace, madeBy);
  }
  get aval(): Aval {
    return this.primal.aval;
  }
  /** Primal values are at hand, so ordinary conditions on them work, as in JAX. */
  override concrete(where: string): Literal | DeviceArray {
    return this.primal.concrete(where);
  }
}

class JvpTrace extends Trace {
  readonly #parent = currentTrace();

  split(x: Tensor): [Tensor, Tangent] {
    return x instanceof JvpTracer && x.owner === this ? [x.primal, x.tangent] : [x, new Zero(x.aval.strong())];
  }
  join(primal: Tensor, tangent: Tangent, madeBy: string): Tensor {
    return isZero(tangent) ? primal : new JvpTracer(this, madeBy, primal, tangent);
  }
  process(prim: AnyPrimitive, args: readonly Tensor[], params: Params): readonly Tensor[] {
    const pairs = args.map((x) => this.split(x));
    const xs = pairs.map(([x]) => x);
    const dxs = pairs.map(([, dx]) => dx);
    return withTrace(this.#parent, () => {
      if (dxs.every(isZero)) return bind(prim, xs, params);
      const [outs, douts] = prim.jvp(xs, dxs, params);
      return outs.map((y, i) => this.join(y, douts[i], prim.name));
    });
  }
}

/** Forward mode on flat lists; zeros in, zeros out. */
export const jvpFlat = (
  name: string,
  f: (...xs: Tensor[]) => readonly Tensor[],
  primals: readonly Tensor[],
  tangents: readonly Tangent[],
): readonly [readonly Tensor[], readonly Tangent[]] => {
  const trace = new JvpTrace(name);
  const inputs = primals.map((x, i) => trace.join(x, tangents[i], "its arguments"));
  const outs = traceCall(trace, () => f(...inputs)).map((y) => trace.split(y));
  return [outs.map(([y]) => y), outs.map(([, dy]) => dy)];
};

/** A tangent as a tensor. */
export const instantiate = (x: Tangent): Tensor => (isZero(x) ? fullOf(x.aval, 0) : x);

/** Checks that a tangent (or cotangent) has the shape and dtype of what it belongs to. */
const checkTangent = (where: string, kind: string, x: Aval, dx: Aval, at: string): void => {
  if (!isFloat(x.dtype)) {
    throw new DTypeError({
      where,
      what: `an integer or bool has no ${kind}`,
      expected: "null",
      got: `${dx} for ${x}`,
      at,
      hint: "give null there, or for a whole subtree",
    });
  }
  if (x.dtype === dx.dtype && sameShape(x.shape, dx.shape)) return;
  throw new ShapeError({ where, what: `a ${kind} does not fit`, expected: `${x.strong()}`, got: `${dx}`, at });
};

/**
 * A tree of tangents (or cotangents) of something with structure `def` and leaves `avals`, flat. Null, at a leaf or for a subtree, is zero.
 * @throws {TreeError | ShapeError | DTypeError} naming the path
 */
export const flattenTangents = (
  where: string,
  kind: "tangent" | "cotangent",
  def: TreeDef,
  avals: readonly Aval[],
  tree: unknown,
  root: string,
): Tangent[] => {
  const [leaves, got] = flatten(fillNulls(def, tree, NONE));
  checkSameStructure(where, def, got, `${kind}s have the structure of what they belong to`, root);
  const paths = pathsOf(def);
  return leaves.map((leaf, i): Tangent => {
    if (leaf === NONE) return new Zero(avals[i].strong());
    const at = printPath(paths[i], root);
    const dx = asTensor(leaf, where, at);
    checkTangent(where, kind, avals[i], dx.aval, at);
    return dx;
  });
};

/** Stands in a filled tree where a tangent was null; a leaf like any other. */
const NONE = new Zero(new Aval([], "float32"));

/** Tangents as a tree: zeros become tensors, and what is not a float has null. */
export const tangentTree = (def: TreeDef, tangents: readonly Tangent[]): unknown =>
  unflatten(
    def,
    tangents.map((t) => (isFloat(t.aval.dtype) ? instantiate(t) : null)),
  );

/**
 * The value of `f` at `primals` and its derivative along `tangents` (forward mode).
 *
 * @param primals   the arguments of `f`
 * @param tangents  one tree per argument, like it in structure, shapes and dtypes; null (for integers, or for zeros) at a leaf or for a
 *                  whole subtree
 * @returns `[f(...primals), J · tangents]`; integers and bools of the result have null for a tangent
 * @throws {TreeError | ShapeError | DTypeError} where a tangent does not fit its primal
 * @see JAX's `jax.jvp`
 * @example jvp(np.sin, [0], [1]) // [0, 1]
 */
export const jvp = takes(
  "jvp(f, primals, tangents)",
  <A extends readonly unknown[], R>(
    f: (...args: A) => R | Tuples,
    primals: readonly [...A],
    tangents: { readonly [K in keyof A]: TangentsOf<A[K]> },
  ): [value: R, tangent: R] =>
    transformed("jvp", () => {
      const where = nameOf("jvp", f);
      refuseFlags(where, primals, "args");
      const [xs, def] = flattenArgs(where, primals);
      const avals = xs.map((x) => x.aval);
      const dxs = flattenTangents(where, "tangent", def, avals, tangents, "tangents");
      const flat = flatFunction(where, f as (...args: never[]) => unknown, def);
      const [outs, douts] = jvpFlat(where, flat.call, xs, dxs);
      return [unflatten(flat.out(), outs) as R, tangentTree(flat.out(), douts) as R];
    }),
);
