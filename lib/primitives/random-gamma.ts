/**
 * @file Gamma draws by the method of Marsaglia and Tsang, and their derivative with respect to the shape parameter.
 *
 * A draw `z` is accepted or not, and so has no derivative along the computation. Implicit differentiation gives one: `F(z; α) = u`
 * held constant means `dz/dα = -(∂F/∂α) / f(z)`, with the distribution function `F` and the density `f`.
 *
 * Sources: Marsaglia and Tsang 2000, "A simple method for generating gamma variables"; Figurnov, Mohamed and Mnih 2018, "Implicit
 * reparameterization gradients"; the order of the draws is that of `jax.random.gamma`.
 */
import { UnsupportedError } from "../core/errors.js";
import { isZero, type Primitive, Zero } from "../core/primitive.js";
import { sameDType, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { add, div, eq, mul, select } from "./elementwise.js";
import { elementwise } from "./elementwise-rule.js";
import { digamma } from "./gamma.js";
import { exp } from "./math.js";
import { sampler } from "./sampler.js";
import { child, type Key, normalAt, rounding, uniformAt } from "./scalar-draws.js";

type LogSpace = { readonly logSpace: boolean };

/** One draw of Gamma(alpha), or of its logarithm. NaN for alpha below 0. */
const gammaOf = (start: Key, alpha: number, logSpace: boolean, double: boolean): number => {
  const r = rounding(double);
  const third = r(1 / 3);
  // Below 1 a draw for alpha + 1 is scaled by a uniform number to the power 1/alpha.
  const boosted = alpha < 1;
  const d = r(r(boosted ? alpha + 1 : alpha) - third);
  const c = r(third / r(Math.sqrt(d)));
  const boostKey = child(start, 1);
  let key = child(start, 0);
  let [square, cube, u] = [0, 1, 2];
  const rejected = (): boolean =>
    u >= r(1 - r(r(0.0331) * r(square * square))) &&
    r(Math.log(u)) >= r(r(square * 0.5) + r(d * r(r(1 - cube) + r(Math.log(cube)))));
  while (rejected()) {
    let [normalKey, x, v] = [child(key, 1), 0, -1];
    while (v <= 0) {
      x = normalAt(child(normalKey, 1), 0, double);
      v = r(1 + r(x * c));
      normalKey = child(normalKey, 0);
    }
    square = r(x * x);
    cube = r(r(v * v) * v);
    u = uniformAt(child(key, 2), 0, double);
    key = child(key, 0);
  }
  const spare = uniformAt(boostKey, 0, double);
  if (!logSpace) {
    const scale = boosted ? r(r(1 - spare) ** r(1 / alpha)) : 1;
    return r(r(d * cube) * scale);
  }
  const logSpare = r(Math.log1p(-spare));
  const shift = boosted && logSpare !== 0 ? r(logSpare * r(1 / alpha)) : 0;
  return r(r(r(Math.log(d)) + r(Math.log(cube))) + shift);
};

/** Inputs: keys and shape parameters; each place has its own key, split from that of the draw. */
export const randomGammaP: Primitive<LogSpace> = sampler<LogSpace>({
  name: "random_gamma",
  dtypes: ["float32", "float64"],
  draw: (key, [alpha], out, { logSpace }) => {
    const double = out instanceof Float64Array;
    for (let i = 0; i < out.length; i++) out[i] = gammaOf(child(key, i), alpha[i], logSpace, double);
  },
  jvp: ([keys, alpha], [, dalpha], params) => {
    const y = bind1(randomGammaP, [keys, alpha], params);
    if (isZero(dalpha)) return [[y], [new Zero(y.aval.strong())]];
    if (!params.logSpace) return [[y], [mul(dalpha, gammaGrad(alpha, y))]];
    // d log z = dz / z; where z underflows, the smallest normal number stands for it.
    const z = exp(y);
    const tiny = z.dtype === "float64" ? 2 ** -1022 : 2 ** -126;
    const safe = select(eq(z, scalarOf(z.aval.strong(), 0)), scalarOf(z.aval.strong(), tiny), z);
    return [[y], [mul(dalpha, div(gammaGrad(alpha, safe), safe))]];
  },
});

/** Draws of Gamma(alpha) or of their logarithms: for each key of `u32[...,2]` one of the shape that is left of alpha's. */
export const randomGamma = (keys: Tensor, alpha: Tensor, logSpace: boolean): Tensor =>
  bind1(randomGammaP, [keys, alpha], { logSpace });

// --- the derivative ------------------------------------------------------------------------------------------------------

/**
 * Below alpha + 1: `F = Σ c_n · z · f` with `c_n = z^n / (α (α+1) … (α+n))`, differentiated term by term:
 * `dz/dα = z · Σ c_n (ψ(α+n+1) - log z)`, all of one sign.
 */
const bySeries = (alpha: number, z: number): number => {
  const logZ = Math.log(z);
  let c = 1 / alpha;
  let psi = digamma(alpha) + 1 / alpha;
  let sum = c * (psi - logZ);
  for (let n = 1; ; n++) {
    c *= z / (alpha + n);
    psi += 1 / (alpha + n);
    const term = c * (psi - logZ);
    sum += term;
    if (!(Math.abs(term) > 1e-17 * Math.abs(sum))) return z * sum;
  }
};

/**
 * Beyond: `1 - F = z · f · h` with the continued fraction `h = 1/(z+1-α - 1(1-α)/(z+3-α - 2(2-α)/(z+5-α - …)))` (Abramowitz and Stegun
 * 6.5.31), so `dz/dα = z · ((log z - ψ(α)) h + ∂h/∂α)`. Evaluated from its end with its derivative beside it.
 */
const byFraction = (alpha: number, z: number): number => {
  const terms = Math.ceil(60 + 12 * Math.sqrt(alpha));
  let [tail, dtail] = [z + 2 * terms + 1 - alpha, -1];
  for (let n = terms; n >= 1; n--) {
    const [top, dtop] = [n * (n - alpha), -n];
    const ratio = top / tail;
    dtail = -1 - (dtop - ratio * dtail) / tail;
    tail = z + 2 * n - 1 - alpha - ratio;
  }
  const h = 1 / tail;
  return z * ((Math.log(z) - digamma(alpha)) * h - dtail * h * h);
};

/** dz/dα of a draw `z` of Gamma(α). */
export const gammaDerivative = (alpha: number, z: number): number => {
  if (!(alpha > 0) || !(z >= 0)) return Number.NaN;
  if (z === 0) return 0;
  return z < alpha + 1 ? bySeries(alpha, z) : byFraction(alpha, z);
};

const once = (): never => {
  throw new UnsupportedError({
    where: "random.gamma",
    what: "a second derivative of gamma draws is not known",
    hint: "beta, dirichlet, chisquare, f and t are made of gamma draws; their first derivatives are there",
  });
};

export const randomGammaGradP: Primitive<Record<never, never>> = elementwise<Record<never, never>>(
  {
    name: "random_gamma_grad",
    dtype: (avals) => {
      sameDType("randomGammaGrad", avals, (a) => a.dtype === "float32" || a.dtype === "float64", "a float");
      return avals[0].dtype;
    },
    f: () => gammaDerivative as (...values: number[]) => number,
    partials: [once, once],
  },
  add,
);
const gammaGrad = (alpha: Tensor, z: Tensor): Tensor => bind1(randomGammaGradP, [alpha, z], {});
