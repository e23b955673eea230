/**
 * @file How an elementwise primitive is declared: its function on numbers, its partial derivatives, and what it is linear in.
 *
 * Operands have one rank, with sizes equal or 1, or are scalars; so broadcasting needs no separate equation in a jaxpr.
 */
import { Aval, broadcastShapes, type DType, type Shape } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { mapHost } from "../core/host.js";
import {
  definePrimitive,
  isLinear,
  isZero,
  type MaybeLinear,
  notLinear,
  type Primitive,
  type Tangent,
  Zero,
} from "../core/primitive.js";
import { one } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import { broadcastTo, moveAxis, reshape, unbroadcast } from "./broadcast.js";

/** The part of an elementwise primitive that differs from one to the next. */
export interface Elementwise<P> {
  readonly name: string;
  /** Checks the dtypes and gives that of the result. */
  readonly dtype: (avals: readonly Aval[], params: P) => DType;
  /** The result is strong even where the operands are weak. */
  readonly strong?: boolean;
  /** The function of numbers; `dtype` is that of the operands. Results are stored in the result's dtype. */
  readonly f: (params: P, dtype: DType) => (...values: number[]) => number;
  /** For each operand the tangent of the result when that operand alone has the tangent `dx`; null where it is zero. */
  readonly partials: readonly (((dx: Tensor, xs: readonly Tensor[], y: Tensor, params: P) => Tensor | null) | null)[];
  /** For each operand in which it is linear (the others known), the cotangent pulled back, before summing what was repeated. */
  readonly pull?: readonly (((ct: Tensor, xs: readonly MaybeLinear[], params: P) => Tensor) | null)[];
}

/** Result shape of elementwise operands. @throws {ShapeError} */
export const elementwiseShape = (name: string, avals: readonly Aval[]): Shape => {
  let rank = 0;
  for (const { ndim } of avals) rank = Math.max(rank, ndim);
  if (avals.some(({ ndim }) => ndim !== rank && ndim !== 0)) {
    const expected = "operands of one rank, or scalars";
    throw new ShapeError({ where: name, what: "ranks differ", expected, got: avals.join(", ") });
  }
  return broadcastShapes(name, ...avals.map((a) => a.shape));
};

/** Sum of two tangents, either of which may be zero. Given to the builder since `add` is itself elementwise. */
type Add = (x: Tensor, y: Tensor) => Tensor;

/** All rules of an elementwise primitive. */
export const elementwise = <P>(spec: Elementwise<P>, add: Add): Primitive<P> => {
  const prim: Primitive<P> = definePrimitive<P>({
    name: spec.name,
    elementwise: true,
    abstractEval: (avals, params) => {
      const shape = elementwiseShape(spec.name, avals);
      const dtype = spec.dtype(avals, params);
      const operands = avals.filter((a) => a.dtype !== "bool");
      const weak = spec.strong !== true && dtype !== "bool" && operands.every((a) => a.weak);
      return [new Aval(shape, dtype, weak)];
    },
    impl: (xs, params) => {
      const shape = broadcastShapes(spec.name, ...xs.map((x) => x.shape));
      const avals = xs.map((x) => ({ shape: x.shape, dtype: x.dtype }) as Aval);
      const operand = xs[xs.length - 1].dtype;
      return [mapHost(spec.f(params, operand), xs, shape, spec.dtype(avals, params))];
    },
    jvp: (xs, dxs, params) => {
      const [y] = bind(prim, xs, params) as [Tensor];
      let dy: Tensor | undefined;
      dxs.forEach((dx, i) => {
        const partial = spec.partials[i];
        if (isZero(dx) || partial === null || partial === undefined) return;
        const term = partial(dx, xs, y, params);
        if (term === null) return;
        dy = dy === undefined ? term : add(dy, term);
      });
      const tangent: Tangent = dy === undefined ? new Zero(y.aval.strong()) : broadcastTo(dy, y.shape);
      return [[y], [tangent]];
    },
    transpose: (cts, args, params) => {
      const ct = one(cts);
      return args.map((arg, i) => {
        if (!isLinear(arg)) return null;
        const pull = spec.pull?.[i] ?? notLinear(spec.name);
        return unbroadcast(pull(ct, args, params), arg.aval);
      });
    },
    batch: (size, xs, dims, params) => {
      const rank = Math.max(...xs.map((x, i) => x.ndim - (dims[i] === null ? 0 : 1)));
      const aligned = xs.map((x, i) => {
        const dim = dims[i];
        if (dim === null || dim === undefined) return x.ndim === 0 ? x : reshape(x, [1, ...x.shape]);
        const front = moveAxis(x, dim, 0);
        return front.ndim === 1 ? reshape(front, [size, ...new Array<number>(rank).fill(1)]) : front;
      });
      return [bind(prim, aligned, params), [0]];
    },
  });
  return prim;
};
