/** @file Polynomials by their coefficients, the highest power first, as `numpy.poly1d` has them. */
import { broadcastShapes, range } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import * as mv from "../primitives/movement.js";
import { array } from "./array.js";
import { add, multiply } from "./elementwise.js";
import { concatenate, stack } from "./join.js";
import { noBool, promoteDType, promoteFloat } from "./promote.js";
import { atleast1d } from "./shape.js";
import { convolve } from "./signal.js";

const vector = (where: string, p: TensorLike): Tensor => {
  const t = atleast1d(noBool(where, asTensor(p, where)));
  if (t.ndim === 1) return t;
  throw new ShapeError({ where, what: "the coefficients are not a vector", expected: "rank 1", got: `${t.aval}` });
};
const vectors = (where: string, p: TensorLike, q: TensorLike): Tensor[] =>
  promoteDType(where, [vector(where, p), vector(where, q)]);
const coefficient = (p: Tensor, i: number): Tensor => b.reshape(mv.sliceAxis(p, 0, i, i + 1), []);
const longerBy = (p: Tensor, zeros: number): Tensor =>
  mv.pad(p, scalarOf(p.aval.strong(), 0), { low: [zeros], high: [0], interior: [0] });

/** The polynomial `p` at `x`, by Horner's rule; `p` `[n, ...]` may be many, which are broadcast against `x`. */
export const polyval = composite("np.polyval(p, x)", (p: TensorLike, x: TensorLike): Tensor => {
  const [t, at] = promoteDType(
    "np.polyval",
    [atleast1d(p), x].map((v) => noBool("np.polyval", asTensor(v, "np.polyval"))),
  );
  const row = (i: number): Tensor => b.reshape(mv.sliceAxis(t, 0, i, i + 1), t.shape.slice(1));
  const shape = broadcastShapes("np.polyval", t.shape.slice(1), at.shape);
  const start = b.broadcastTo(e.zeroLike(t), shape);
  return range(t.shape[0]).reduce<Tensor>((y, i) => add(multiply(y, at), row(i)), start);
});
const combined = (name: string, f: (p: Tensor, q: Tensor) => Tensor) =>
  composite(`${name}(p, q)`, (p: TensorLike, q: TensorLike): Tensor => {
    const [a, c] = vectors(name, p, q);
    const n = Math.max(a.size, c.size);
    return f(longerBy(a, n - a.size), longerBy(c, n - c.size));
  });
export const polyadd = combined("np.polyadd", e.add);
export const polysub = combined("np.polysub", e.sub);
/** The product of two polynomials; one without coefficients is 0. */
export const polymul = composite("np.polymul(p, q)", (p: TensorLike, q: TensorLike): Tensor => {
  const [a, c] = vectors("np.polymul", p, q).map((t) => (t.size === 0 ? longerBy(t, 1) : t));
  return convolve(a, c);
});
/**
 * Quotient and remainder of two polynomials, `u = q · v + r`; the remainder keeps its leading zeros, one coefficient less than `v`.
 *
 * @throws {ShapeError} when `v` has no coefficients
 */
export const polydiv = composite(
  "np.polydiv(u, v)",
  (u: TensorLike, v: TensorLike): [quotient: Tensor, remainder: Tensor] => {
    const [numerator, divisor] = [u, v].map((p) => promoteFloat("np.polydiv", vector("np.polydiv", p))[0]);
    const [n, k] = [numerator.size, divisor.size];
    if (k === 0) {
      const what = "a polynomial without coefficients divides nothing";
      throw new ShapeError({ where: "np.polydiv", what, expected: "one or more", got: `${divisor.aval}` });
    }
    if (n < k) return [b.broadcastTo(e.zeroLike(numerator), [1]), mv.sliceAxis(numerator, 0, 0, n)];
    const lead = coefficient(divisor, 0);
    let rest = numerator;
    const quotient: Tensor[] = [];
    for (let i = 0; i + k <= n; i++) {
      const q = e.div(coefficient(rest, 0), lead);
      quotient.push(q);
      const taken = mv.pad(e.mul(divisor, q), e.zeroLike(divisor), { low: [0], high: [rest.size - k], interior: [0] });
      rest = mv.sliceAxis(e.sub(rest, taken), 0, 1, rest.size);
    }
    return [stack(quotient), rest];
  },
);

const times = (where: string, m: number): void => {
  if (!Number.isInteger(m) || m < 0) {
    throw new ArgumentError({ where, what: "not an order", expected: "0, 1, 2, …", got: `${m}` });
  }
};
/** The `order`-th derivative of a polynomial. */
export const polyder = composite("np.polyder(p, order)", (p: TensorLike, order: number = 1): Tensor => {
  times("np.polyder", order);
  const [t] = promoteFloat("np.polyder", vector("np.polyder", p));
  if (order === 0) return t;
  if (t.size <= 1) return mv.sliceAxis(t, 0, 0, 0);
  const powers = array(
    range(t.size - 1).map((i) => t.size - 1 - i),
    { dtype: t.dtype },
  );
  return polyder(e.mul(mv.sliceAxis(t, 0, 0, t.size - 1), powers), order - 1);
});
/** The `order`-th antiderivative of a polynomial; `k` is the constant of each (0). */
export const polyint = composite(
  "np.polyint(p, order, k)",
  (p: TensorLike, order: number = 1, k: number = 0): Tensor => {
    times("np.polyint", order);
    const [t] = promoteFloat("np.polyint", vector("np.polyint", p));
    if (order === 0) return t;
    const powers = array(
      range(t.size).map((i) => t.size - i),
      { dtype: t.dtype },
    );
    return polyint(concatenate([e.div(t, powers), b.reshape(scalarOf(t.aval.strong(), k), [1])], 0), order - 1, k);
  },
);
/** The polynomial with these roots, its highest coefficient 1. */
export const poly = composite("np.poly(roots)", (roots: TensorLike): Tensor => {
  const [t] = promoteFloat("np.poly", vector("np.poly", roots));
  const one = b.reshape(scalarOf(t.aval.strong(), 1), [1]);
  const factor = (i: number): Tensor => mv.concatenate([one, e.neg(mv.sliceAxis(t, 0, i, i + 1))], 0);
  return range(t.size).reduce((p, i) => convolve(p, factor(i)), one);
});
/** Powers of each element as columns, from `n - 1` down to 0, or upwards when `increasing`. */
export const vander = composite(
  "np.vander(x, n, { increasing })",
  (x: TensorLike, n?: number, options: { readonly increasing?: boolean } = {}): Tensor => {
    const t = vector("np.vander", x);
    const powers = range(n ?? t.size).map((i) => m.integerPow(t, i));
    const ordered = options.increasing === true ? powers : powers.reverse();
    if (ordered.length === 0) return b.broadcastTo(e.zeroLike(t), [t.size, 0]);
    return stack(ordered, 1);
  },
);
