/** @file Forward mode: every value carries its tangent. Zeros stay symbolic. */
import type { Aval } from "../core/aval.js";
import { isFloat, sameShape } from "../core/aval.js";
import { transformed } from "../core/composite.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { type AnyPrimitive, isZero, type Params, type Tangent, Zero } from "../core/primitive.js";
import { checkSameStructure, pathsOf, unflatten } from "../core/pytree.js";
import { type DeviceArray, type GradsOf, type Literal, type Tensor, Tracer } from "../core/tensor.js";
import { bind, currentTrace, Trace, traceCall, withTrace } from "../core/trace.js";
import { fullOf } from "../primitives/broadcast.js";
import { argPath, flatFunction, flattenArgs, nameOf } from "./trees.js";

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
    return x instanceof JvpTracer && x.trace === this ? [x.primal, x.tangent] : [x, new Zero(x.aval.strong())];
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
export const checkTangent = (where: string, what: string, x: Aval, dx: Aval, at: string): void => {
  if (!isFloat(x.dtype)) {
    throw new DTypeError({
      where,
      what: `an integer or bool has no ${what}`,
      expected: "a float",
      got: `${x}`,
      at,
      hint: "close over the value instead of passing it",
    });
  }
  if (x.dtype === dx.dtype && sameShape(x.shape, dx.shape)) return;
  throw new ShapeError({ where, what: `a ${what} does not fit`, expected: `${x.strong()}`, got: `${dx}`, at });
};

/**
 * The value of `f` at `primals` and its derivative along `tangents` (forward mode).
 *
 * @param primals   the arguments of `f`
 * @param tangents  one tree per argument, like it in structure, shapes and dtypes
 * @returns `[f(...primals), J · tangents]`
 * @throws {TreeError | ShapeError | DTypeError} where a tangent does not fit its primal
 * @see JAX's `jax.jvp`
 * @example jvp(np.sin, [0], [1]) // [0, 1]
 */
export const jvp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  primals: readonly [...A],
  tangents: { readonly [K in keyof A]: GradsOf<A[K]> | A[K] },
): [value: R, tangent: R] =>
  transformed("jvp", () => {
    const where = nameOf("jvp", f);
    const [xs, def] = flattenArgs(where, primals);
    const [dxs, tangentDef] = flattenArgs(where, tangents);
    checkSameStructure(where, def, tangentDef, "give one tangent tree per argument", "tangents");
    const paths = pathsOf(def);
    xs.forEach((x, i) => {
      checkTangent(where, "tangent", x.aval, dxs[i].aval, argPath(paths[i]));
    });
    const flat = flatFunction(where, f as (...args: never[]) => unknown, def);
    const [outs, douts] = jvpFlat(where, flat.call, xs, dxs);
    return [unflatten(flat.out(), outs) as R, unflatten(flat.out(), douts.map(instantiate)) as R];
  });
