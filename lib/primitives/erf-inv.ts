/** @file The inverse error function in single precision, composed of primitives. */
import { scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { abs, add, eq, lt, mul, neg, select, sub } from "./elementwise.js";
import { log1p, sqrt } from "./math.js";

/** Coefficients for w < 5 and for w >= 5, highest power first: Giles 2012, table 5 (single precision). */
const CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
];

/**
 * `y` with `erf(y) = x`, by the polynomials that XLA uses for float32, so that normal draws agree with JAX's.
 *
 * @param x  a float in [-1, 1]; ±1 give ±Infinity. Accurate to about 3e-7 relative, in float64 too.
 * @see Giles 2012, "Approximating the erfinv function", GPU Computing Gems, Jade edition
 */
export const erfInv = (x: Tensor): Tensor => {
  const number = (value: number): Tensor => scalarOf(x.aval.strong(), value);
  const w = neg(log1p(neg(mul(x, x))));
  const central = lt(w, number(5));
  const t = select(central, sub(w, number(2.5)), sub(sqrt(w), number(3)));
  const coefficient = (i: number): Tensor => select(central, number(CENTRE[i]), number(TAIL[i]));
  let p = coefficient(0);
  for (let i = 1; i < CENTRE.length; i++) p = add(coefficient(i), mul(p, t));
  const edge = eq(abs(x), number(1));
  return mul(select(edge, number(Number.POSITIVE_INFINITY), p), x);
};
