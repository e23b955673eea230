/** @file Looking at a function without running it: its jaxpr, and the shapes of its results. */

import { Aval, type DType, type Shape } from "../core/aval.js";
import { scope, takes } from "../core/composite.js";
import { ClosedJaxpr } from "../core/jaxpr.js";
import { flatten, type TreeDef, unflatten } from "../core/pytree.js";
import { unscoped } from "../core/scope.js";
import { stage } from "../core/stage.js";
import { asTensor, DeviceArray } from "../core/tensor.js";
import { flatFunction, nameOf, refuseFlags } from "./trees.js";

/** Stands for a tensor in the arguments of `makeJaxpr` and `evalShape`. */
export class ShapeDtype {
  constructor(
    readonly shape: Shape,
    readonly dtype: DType = "float32",
  ) {}
}

/** What arguments (tensors, numbers or `ShapeDtype`s) are like, and their structure. */
export const avalsOf = (where: string, args: unknown): { readonly avals: readonly Aval[]; readonly def: TreeDef } => {
  const [leaves, def] = flatten(args);
  const avalOf = (x: unknown): Aval => (x instanceof ShapeDtype ? new Aval(x.shape, x.dtype) : asTensor(x, where).aval);
  return { avals: leaves.map(avalOf), def };
};

/** What `f` does to arguments like these, and the structure of what it takes and gives. */
export const stageTrees = (where: string, f: (...args: never[]) => unknown, args: readonly unknown[]) => {
  refuseFlags(where, args, "args");
  const { avals, def } = avalsOf(where, args);
  const flat = flatFunction(where, f, def);
  const staged = stage(where, flat.call, avals);
  // What was made while tracing goes with the scope around; the jaxpr keeps copies.
  const consts = unscoped(() => staged.consts.map((c) => (c instanceof DeviceArray ? c.alias() : c)));
  return { jaxpr: new ClosedJaxpr(staged.jaxpr, consts), inDef: def, outDef: flat.out() };
};

/**
 * The jaxpr of `f` for arguments like these (tensors, numbers or `ShapeDtype`s); nothing is computed.
 *
 * It keeps what `f` closes over; `dispose` it when that matters.
 * @see JAX's `jax.make_jaxpr`
 * @example console.log(String(makeJaxpr(np.sin)(1)))
 */
export const makeJaxpr = takes(
  "makeJaxpr(f)",
  <A extends readonly unknown[]>(f: (...args: A) => unknown): ((...args: { [K in keyof A]: unknown }) => ClosedJaxpr) =>
    (...args) => {
      const where = nameOf("makeJaxpr", f);
      return scope(() => stageTrees(where, f as (...a: never[]) => unknown, args)).jaxpr;
    },
);

/**
 * Shapes and dtypes of what `f` would return, as a tree of `ShapeDtype`s; nothing is computed.
 *
 * @see JAX's `jax.eval_shape`
 * @example evalShape(np.sum)(new ShapeDtype([8, 512])) // ShapeDtype of shape []
 */
export const evalShape = takes(
  "evalShape(f)",
  <A extends readonly unknown[]>(f: (...args: A) => unknown): ((...args: { [K in keyof A]: unknown }) => unknown) =>
    (...args) => {
      const where = nameOf("evalShape", f);
      const { jaxpr, outDef } = scope(() => stageTrees(where, f as (...a: never[]) => unknown, args));
      jaxpr.dispose();
      return unflatten(
        outDef,
        jaxpr.jaxpr.outAvals.map((a) => new ShapeDtype(a.shape, a.dtype)),
      );
    },
);
