/** @file Functions as functions of what they close over, and linear functions turned round. */

import { isFloat } from "../core/aval.js";
import { takes, transformed } from "../core/composite.js";
import { isFluxionError, UnsupportedError } from "../core/errors.js";
import { evalJaxpr } from "../core/jaxpr.js";
import { Linear, type Tangent } from "../core/primitive.js";
import { unflatten } from "../core/pytree.js";
import { stage } from "../core/stage.js";
import { type GradsOf, type TangentsOf, type Tensor, Tracer } from "../core/tensor.js";
import { flattenTangents, tangentTree } from "./jvp.js";
import { transposeJaxpr } from "./linearize.js";
import { avalsOf } from "./make-jaxpr.js";
import { flatFunction, flattenTensors, nameOf } from "./trees.js";

/**
 * The transpose of a linear function: pulls cotangents of its result back to its arguments, without evaluating it anywhere.
 *
 * `⟨ct, f(x)⟩ = ⟨linearTranspose(f)(ct), x⟩`
 *
 * @param f         a function of trees that is linear in all arguments together
 * @param primals   what its arguments are like: tensors or `ShapeDtype`s, whose values are not looked at
 * @returns a function from a tree like the result to a tuple of trees like the arguments
 * @throws {UnsupportedError} when an operation in `f` is not linear in the arguments
 * @see JAX's `jax.linear_transpose`
 * @example linearTranspose((x: Tensor) => np.multiply(3, x), np.array([0, 0]))(np.array([1, 2])) // [[3, 6]]
 */
export const linearTranspose = takes(
  "linearTranspose(f, ...primals)",
  <A extends readonly unknown[], R>(
    f: (...args: A) => R,
    ...primals: { [K in keyof A]: unknown }
  ): ((ct: TangentsOf<R>) => { [K in keyof A]: GradsOf<A[K]> }) => {
    const where = nameOf("linearTranspose", f);
    return (ct) =>
      transformed("linearTranspose", () => {
        const { avals, def } = avalsOf(where, primals);
        const flat = flatFunction(where, f as (...args: never[]) => unknown, def);
        const { jaxpr, consts } = stage(where, flat.call, avals);
        const cts = flattenTangents(where, "cotangent", flat.out(), jaxpr.outAvals, ct, "ct");
        const linear = avals.map((a) => new Linear(a));
        try {
          const pulled = transposeJaxpr(jaxpr, consts, linear, cts) as Tangent[];
          return tangentTree(def, pulled) as { [K in keyof A]: GradsOf<A[K]> };
        } catch (cause) {
          if (!isFluxionError(cause, "InvariantError")) throw cause;
          const what = "the function is not linear in its arguments";
          throw new UnsupportedError({ where, what, got: cause.mismatch.where }, { cause });
        }
      });
  },
);

/**
 * `f` with what it closes over as arguments: for functions that are given to `customJvp` or `customVjp`, whose rules must get what is
 * differentiated as arguments.
 *
 * @param f         a function of trees
 * @param examples  what its arguments are like: tensors or `ShapeDtype`s, whose values are not looked at
 * @returns `[converted, consts]`: `converted(...args, ...consts)` is `f(...args)`; `consts` are the floats that a transformation around
 *          may be looking at, the others stay closed over
 * @see JAX's `jax.closure_convert`
 * @example const [g, consts] = closureConvert((y: Tensor) => np.multiply(x, y), y) // inside of grad by x: consts is [x]
 */
export const closureConvert = takes(
  "closureConvert(f, ...examples)",
  <A extends readonly unknown[], R>(
    f: (...args: A) => R,
    ...examples: { [K in keyof A]: unknown }
  ): [converted: (...args: [...A, ...Tensor[]]) => R, consts: Tensor[]] => {
    const where = nameOf("closureConvert", f);
    const { avals, def } = avalsOf(where, examples);
    const flat = flatFunction(where, f as (...args: never[]) => unknown, def);
    const { jaxpr, consts } = stage(where, flat.call, avals);
    const isHoisted = (x: Tensor): boolean => x instanceof Tracer && isFloat(x.dtype);
    const count = examples.length;
    const converted = (...args: readonly unknown[]): R => {
      const [leaves] = flattenTensors(where, args.slice(0, count), "args");
      let next = count;
      const all = consts.map((c) => (isHoisted(c) ? (args[next++] as Tensor) : c));
      return unflatten(flat.out(), evalJaxpr(jaxpr, all, leaves)) as R;
    };
    return [converted as (...args: [...A, ...Tensor[]]) => R, consts.filter(isHoisted)];
  },
);
