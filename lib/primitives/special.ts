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

/** `exp(x²) · (1 - erf(x))`: the complement scaled, so that it does not vanish for large `x`. */
export const erfcx = (x: number): number => {
  if (Number.isNaN(x)) return x;
  if (x < 0) return 2 * Math.exp(x * x) - erfcx(-x);
  if (x < 1.5) return Math.exp(x * x) * (1 - erf(x));
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (x + fraction);
  return 1 / ((x + fraction) * Math.sqrt(Math.PI));
};

/** `1 - erf(x)` without cancellation. */
export const erfc = (x: number): number => {
  if (Math.abs(x) < 1.5) return 1 - erf(x);
  const tail = Math.exp(-x * x) * (x === Infinity || x === -Infinity ? 0 : erfcx(Math.abs(x)));
  return x < 0 ? 2 - tail : tail;
};

/**
 * The quantile of the standard normal distribution: a first guess (Abramowitz and Stegun 26.2.23), then Halley's steps on the
 * smaller tail, whose relative precision is full.
 */
export const ndtri = (p: number): number => {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p > 0.5) return -ndtri(1 - p);
  if (p === 0) return -Infinity;
  if (p === 0.5) return 0;
  const t = Math.sqrt(-2 * Math.log(p));
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  let z = top / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let i = 0; i < 4; i++) {
    const error = (0.5 * erfc(-z / Math.SQRT2) - p) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2);
    z -= error / (1 + (z * error) / 2);
  }
  return z;
};

/** `exp(-|x|) · I_order(x)`, the scaled Bessel function of order 0 or 1: power series, and asymptotic series beyond 20. */
export const besselIe = (order: 0 | 1, x: number): number => {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  let term = a <= 20 ? Math.exp(-a) * (order === 0 ? 1 : x / 2) : 1 / Math.sqrt(2 * Math.PI * a);
  if (a > 20 && order === 1) term *= Math.sign(x);
  let sum = term;
  for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
    term *= a <= 20 ? (a * a) / 4 / (k * (k + order)) : ((2 * k - 1) ** 2 - 4 * order) / (8 * k * a);
    sum += term;
  }
  return sum;
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
