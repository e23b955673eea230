/** @file Special functions on JS numbers, to double precision: what `Math` lacks. */

/**
 * The error function, to about 1e-15.
 *
 * For |x| < 2.5 the series `2/sqrt(pi) · exp(-x²) · Σ 2^n x^(2n+1) / (2n+1)!!`, whose terms all have one sign; beyond, one minus
 * the continued fraction of the complement (Abramowitz and Stegun 7.1.6 and 7.1.14).
 */
export const erf = (x: number): number => {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return x === 0 ? x : (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / ((a + fraction) * Math.sqrt(Math.PI)));
};

/** Rounds to the nearest integer, ties to the even one (IEEE 754's default, and NumPy's `round`). */
export const roundEven = (x: number): number => {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const below = Math.floor(x);
  const rest = x - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  const rounded = up ? below + 1 : below;
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
};

/** `1 / (1 + exp(-x))` without overflow. */
export const logistic = (x: number): number => {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
};

/** `x` to an integer power by repeated squaring, so that negative bases and integers are exact. */
export const integerPower = (x: number, n: number, multiply: (a: number, b: number) => number): number => {
  let result = 1;
  let base = n < 0 ? 1 / x : x;
  for (let k = Math.abs(n); k > 0; k = Math.floor(k / 2)) {
    if (k % 2 === 1) result = multiply(result, base);
    base = multiply(base, base);
  }
  return result;
};
