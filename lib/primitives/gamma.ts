/**
 * @file The gamma function and its relatives on JS numbers, to about 1e-14: recurrence to large arguments, then asymptotic series.
 *
 * Formulas by their numbers in Abramowitz and Stegun, "Handbook of Mathematical Functions", chapters 6, 23 and 26.
 */
import { erfc } from "./special.js";

/** Bernoulli numbers B₂, B₄, … */
const BERNOULLI = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
];

/** From here on ten terms of the asymptotic series are exact to double precision. */
export const LARGE = 10;

/** What Stirling's formula leaves out of `log Γ(x)` for large x (6.1.42). */
export const stirlingError = (x: number): number => {
  let sum = 0;
  BERNOULLI.forEach((b, i) => {
    const k = 2 * (i + 1);
    sum += b / (k * (k - 1) * x ** (k - 1));
  });
  return sum;
};

/** `log |Γ(x)|`; infinite at the poles 0, -1, -2, …. */
export const lgamma = (x: number): number => {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x) || (x <= 0 && Number.isInteger(x))) return Infinity;
  if (x === 1 || x === 2) return 0;
  if (x < 0.5) return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x);
  let product = 1;
  let y = x;
  for (; y < LARGE; y++) product *= y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + stirlingError(y) - Math.log(product);
};

/** `sin(πx)` and `cos(πx)`, exact in the reduction of the argument. */
export const sinPi = (x: number): number => Math.sin(Math.PI * (x - 2 * Math.round(x / 2)));
const cosPi = (x: number): number => Math.cos(Math.PI * (x - 2 * Math.round(x / 2)));

/** The derivative of `log |Γ(x)|`; infinite at 0, from the side of its sign, NaN at the other poles. */
export const digamma = (x: number): number => {
  if (x === Infinity || x === 0) return x === 0 ? -1 / x : x;
  if (!Number.isFinite(x) || (x <= 0 && Number.isInteger(x))) return Number.NaN;
  if (x < 0.5) return digamma(1 - x) - (Math.PI * cosPi(x)) / sinPi(x);
  let sum = 0;
  let y = x;
  for (; y < LARGE; y++) sum -= 1 / y;
  sum += Math.log(y) - 0.5 / y;
  BERNOULLI.forEach((b, i) => {
    const k = 2 * (i + 1);
    sum -= b / (k * y ** k);
  });
  return sum;
};

/** `Σ (q + n)^-s` for n = 0, 1, … and positive `q`: Euler and Maclaurin's formula (23.1.30 with an offset). */
const zetaPositive = (s: number, q: number): number => {
  let sum = 0;
  let w = q;
  for (; w < LARGE; w++) sum += w ** -s;
  sum += w ** (1 - s) / (s - 1) + w ** -s / 2;
  let factor = s;
  let power = w ** (-s - 1);
  let factorial = 2;
  for (let i = 0; i < BERNOULLI.length; i++) {
    const k = 2 * (i + 1);
    const term = (BERNOULLI[i] / factorial) * factor * power;
    if (term === 0) break;
    sum += term;
    factor *= (s + k - 1) * (s + k);
    power /= w * w;
    factorial *= (k + 1) * (k + 2);
  }
  return sum;
};

/** Hurwitz's zeta function `Σ (q + n)^-s`, for s > 1; for negative `q` the exponent must be an integer. */
export const zeta = (s: number, q: number): number => {
  if (Number.isNaN(s) || Number.isNaN(q) || s < 1 || q === -Infinity) return Number.NaN;
  if (s === 1) return Infinity;
  if (q > 0) return q === Infinity || s === Infinity ? (q < 1 ? Infinity : q === 1 ? 1 : 0) : zetaPositive(s, q);
  if (Number.isInteger(q)) return Infinity;
  if (!Number.isInteger(s)) return Number.NaN;
  // The terms before the fraction are a difference of two sums of positive numbers.
  const below = Math.floor(q);
  const f = q - below;
  const before = zetaPositive(s, 1 - f) - zetaPositive(s, 1 - f - below);
  return zetaPositive(s, f) + (s % 2 === 0 ? before : -before);
};

/** `x^a · exp(-x) / Γ(a)`; for large `a` without the cancellation of large logarithms. */
const gammaDensity = (a: number, x: number): number => {
  if (a < LARGE) return Math.exp(a * Math.log(x) - x - lgamma(a));
  const d = (x - a) / a;
  return Math.sqrt(a / (2 * Math.PI)) * Math.exp(a * (Math.log1p(d) - d) - stirlingError(a));
};

/** `[P(a, x), Q(a, x)]`, the regularized incomplete gamma functions, of a, x > 0 and finite. */
const incompleteGamma = (a: number, x: number): [lower: number, upper: number] => {
  if (a > 1e8) {
    // The first term of Temme's uniform expansion, which is exact for such a.
    const d = (x - a) / a;
    const eta = Math.sign(d) * Math.sqrt(Math.max(0, 2 * (d - Math.log1p(d))));
    const shift = Math.abs(d) < 1e-4 ? -1 / 3 : 1 / d - 1 / eta;
    const rest = (Math.exp((-a * eta * eta) / 2) / Math.sqrt(2 * Math.PI * a)) * shift;
    return [0.5 * erfc(-eta * Math.sqrt(a / 2)) - rest, 0.5 * erfc(eta * Math.sqrt(a / 2)) + rest];
  }
  const density = gammaDensity(a, x);
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= x / (a + n);
      sum += term;
    }
    const lower = Math.min(1, density * sum);
    return [lower, 1 - lower];
  }
  // The continued fraction 6.5.31, forwards (Lentz).
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 1e6; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / nonZero(an * d + b);
    c = nonZero(b + an / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  const upper = density * fraction;
  return [1 - upper, upper];
};

const nonZero = (x: number): number => (Math.abs(x) < 1e-300 ? 1e-300 : x);

const gammaRatio = (a: number, x: number): [number, number] => {
  if (Number.isNaN(a) || Number.isNaN(x) || a < 0 || x < 0 || (a === Infinity && x === Infinity)) {
    return [Number.NaN, Number.NaN];
  }
  if (a === 0) return x === 0 ? [Number.NaN, Number.NaN] : [1, 0];
  if (x === 0 || a === Infinity) return [0, 1];
  return x === Infinity ? [1, 0] : incompleteGamma(a, x);
};
/** The lower and the upper regularized incomplete gamma function. */
export const igamma = (a: number, x: number): number => gammaRatio(a, x)[0];
export const igammac = (a: number, x: number): number => gammaRatio(a, x)[1];

/** The derivative of `P(a, x)` by `a`, for a, x > 0 and finite: that of the series and of the fraction, term by term. */
const lowerByShape = (a: number, x: number): number => {
  const density = gammaDensity(a, x);
  // Far out the quantile is a + z sqrt(a) + …, so a shift of `a` moves it by 1 + z / (2 sqrt(a)).
  if (a > 1e8) return -(density / x) * (1 + (x - a) / (2 * a));
  const logSlope = Math.log(x) - digamma(a);
  if (x < a + 1) {
    let [term, slope] = [1 / a, -1 / (a * a)];
    let [sum, slopes] = [term, slope];
    for (let n = 1; term > 1e-17 * sum || Math.abs(slope) > 1e-17 * Math.abs(slopes); n++) {
      slope = (slope * x - (term * x) / (a + n)) / (a + n);
      term *= x / (a + n);
      sum += term;
      slopes += slope;
    }
    return density * (sum * logSlope + slopes);
  }
  // The convergents of 6.5.31 and their derivatives, by the recurrence of numerators and denominators.
  let [p0, q0, p1, q1] = [0, 1, 1, x + 1 - a];
  let [dp0, dq0, dp1, dq1] = [0, 0, 0, -1];
  let [fraction, slope] = [p1 / q1, 1 / (q1 * q1)];
  for (let n = 1; n < 1e6; n++) {
    const [an, bn] = [-n * (n - a), x + 2 * n + 1 - a];
    const [p, q] = [bn * p1 + an * p0, bn * q1 + an * q0];
    const [dp, dq] = [bn * dp1 - p1 + an * dp0 + n * p0, bn * dq1 - q1 + an * dq0 + n * q0];
    [p0, q0, dp0, dq0, p1, q1, dp1, dq1] = [p1, q1, dp1, dq1, p, q, dp, dq].map((v) => v / q);
    const [before, slopeBefore] = [fraction, slope];
    fraction = p1;
    slope = dp1 - p1 * dq1;
    if (Math.abs(fraction - before) < 1e-16 * fraction && Math.abs(slope - slopeBefore) <= 1e-16 * Math.abs(slope))
      break;
  }
  return -density * (fraction * logSlope + slope);
};
/** The derivative of the lower regularized incomplete gamma function by its first argument. */
export const igammaGradA = (a: number, x: number): number => {
  if (!(a > 0 && x >= 0) || a === Infinity) return Number.NaN;
  return x === 0 || x === Infinity ? 0 : lowerByShape(a, x);
};

/** The regularized incomplete beta function, by the continued fraction 26.5.8 on the side where it converges fast. */
export const betainc = (a: number, b: number, x: number): number => {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1) || a === Infinity || b === Infinity) return Number.NaN;
  if (x === 0 || x === 1) return x;
  if (x > (a + 1) / (a + b + 2)) return 1 - betainc(b, a, 1 - x);
  const front = Math.exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 1e5; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return front * fraction;
};
