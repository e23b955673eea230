/**
 * @file Ratios of gamma functions on JS numbers: beta, rising factorials and binomial coefficients, without differences of large
 * logarithms. At poles and infinities they are what SciPy has.
 */
import { LARGE, lgamma, sinPi, stirlingError } from "./gamma.js";

/** Up to so many factors are multiplied one by one. */
const FEW = 100;

/** The sign of `Γ(x)` where there is no pole. */
const signOfGamma = (x: number): number => (x > 0 || Math.floor(x) % 2 === 0 ? 1 : -1);
const isPole = (x: number): boolean => x <= 0 && (Number.isInteger(x) || x === -Infinity);

/** `log |Γ(x + n) / Γ(x)|` where neither is a pole. */
const logRatio = (x: number, n: number): number => {
  const y = x + n;
  if (x < 0 && y < 0) return logRatio(1 - y, n) + Math.log(Math.abs(sinPi(x) / sinPi(y)));
  if (x < LARGE || y < LARGE) return lgamma(y) - lgamma(x);
  return (x - 0.5) * Math.log1p(n / x) + n * Math.log(y) - n + stirlingError(y) - stirlingError(x);
};

/** `log |B(a, b)|` and the sign of `B(a, b)`. */
const signedLogBeta = (a: number, b: number): readonly [log: number, sign: number] => {
  if (Number.isNaN(a) || Number.isNaN(b)) return [Number.NaN, 1];
  const pole = isPole(a) ? a : b;
  if (isPole(pole)) {
    // Γ(pole) / Γ(pole + other) is finite where the sum is a pole too.
    const other = pole === a ? b : a;
    if (pole === -Infinity || !Number.isInteger(other) || !(1 - a - b > 0)) return [Infinity, 1];
    const [log, sign] = signedLogBeta(1 - a - b, other);
    return [log, other % 2 === 0 ? sign : -sign];
  }
  const [p, q] = a < b ? [a, b] : [b, a];
  if (q === Infinity) return [p === Infinity ? Number.NaN : p > 0 ? -Infinity : Infinity, signOfGamma(p)];
  const sum = p + q;
  if (p >= LARGE) {
    const rest = stirlingError(p) + stirlingError(q) - stirlingError(sum);
    return [rest + 0.5 * Math.log((2 * Math.PI) / q) + (p - 0.5) * Math.log(p / sum) + q * Math.log1p(-p / sum), 1];
  }
  if (isPole(sum)) return [-Infinity, signOfGamma(p) * signOfGamma(q)];
  const log = sum < 0 ? lgamma(q) - logRatio(p, q) : lgamma(p) - logRatio(q, p);
  return [log, signOfGamma(p) * signOfGamma(q) * signOfGamma(sum)];
};

/** `log |B(a, b)|`. */
export const betaln = (a: number, b: number): number => signedLogBeta(a, b)[0];
/** `B(a, b) = Γ(a) Γ(b) / Γ(a + b)`. */
export const beta = (a: number, b: number): number => {
  const [log, sign] = signedLogBeta(a, b);
  return sign * Math.exp(log);
};

/** `Γ(x + n) / Γ(x)`, for whole `n` the product `x (x + 1) … (x + n - 1)`. */
export const poch = (x: number, n: number): number => {
  if (n === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(n) || x === -Infinity || n === -Infinity) return Number.NaN;
  if (Number.isInteger(n) && Math.abs(n) <= FEW) {
    let product = 1;
    for (let i = 0; i < n; i++) product *= x + i;
    for (let i = 1; i <= -n; i++) product *= x - i;
    return n > 0 ? product : product === 0 ? Infinity : 1 / product;
  }
  if (x === Infinity || n === Infinity) return n > 0 ? (isPole(x) ? 0 : Infinity) : 0;
  if (isPole(x)) {
    if (!isPole(x + n)) return 0;
    return (n % 2 === 0 ? 1 : -1) * Math.exp(logRatio(1 - x - n, n));
  }
  if (isPole(x + n)) return Infinity;
  return signOfGamma(x) * signOfGamma(x + n) * Math.exp(logRatio(x, n));
};

/** `n! / (k! (n - k)!)` for `0 <= k <= n`, whole or not. */
export const binomial = (n: number, k: number): number => {
  const rest = n - k;
  const few = Number.isInteger(rest) && rest < k ? rest : k;
  if (!Number.isInteger(few) || few > FEW) return Math.exp(-Math.log1p(n) - betaln(rest + 1, k + 1));
  let product = 1;
  // Every product is a binomial coefficient itself: so whole numbers stay whole.
  for (let i = 1; i <= few; i++) product = (product * (n - few + i)) / i;
  return product;
};
