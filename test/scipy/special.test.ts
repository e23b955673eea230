/** @file Special functions where a difference of logarithms, a pole, an infinity or NaN is on the way; numbers of SciPy 1.17. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as special from "../../lib/scipy/special/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { onReference } from "../np/oracle.js";

const Special = suite("scipy/special");
const check = onReference(Special);
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

type Case = readonly [x: number, y: number, want: number];
const float64 = (x: number): Tensor => np.array(x, "float64");

const off = (got: number, want: number): number => {
  if (Object.is(got, want) || got === want) return 0;
  return Number.isFinite(want) ? Math.abs(got - want) / Math.abs(want) : inf;
};
/** Compares a function of two numbers, in float64 to `by`. */
const compare = (name: string, f: (x: Tensor, y: Tensor) => Tensor, cases: readonly Case[], by = 1e-13): void => {
  for (const [x, y, want] of cases) {
    const got = f(float64(x), float64(y)).item();
    assert.ok(off(got, want) < by, `${name}(${x}, ${y}) is ${got}, expected ${want}`);
  }
};

check("whole binomial coefficients are whole", () => {
  compare(
    "comb",
    special.comb,
    [
      [10, 3, 120],
      [1e6, 1, 1e6],
      [5, 5, 1],
      [5, 0, 1],
      [0, 0, 1],
      [40, 20, 137846528820],
      [1e6, 2, 499999500000],
      [3, 4, 0],
      [-1, 2, 0],
      [5, -1, 0],
      [5, nan, 0],
      [inf, 1, inf],
      [2.5, 1.5, 2.5],
      [5.5, 2, 12.375],
      [3, 2.5, 2.0371832715762603],
      [1000, 500, 2.7028824094543655e299],
    ],
    1e-12,
  );
  assert.is(special.comb(1e6, 1).item(), 1e6);
  assert.is(special.comb(10, 3).item(), 120);
});

check("rising factorials of any sign", () => {
  compare("poch", special.poch, [
    [-1, 0, 1],
    [0, 0, 1],
    [0, 2, 0],
    [-2, 1, -2],
    [-2, 2, 2],
    [-2, 3, 0],
    [-2.5, 2, 3.75],
    [-2.5, 0.5, inf],
    [5, -2, 1 / 12],
    [2, -2, inf],
    [2, -3, inf],
    [0, -1, -1],
    [-1, -2, 1 / 6],
    [1e6, 2, 1000001000000],
    [1e6, 0.5, 999.9998750000078],
    [10, 0.1, 1.2531987198015493],
    [-3, -1.5, 0],
    [-3.5, -2, 0.04040404040404041],
    [inf, 1, inf],
    [nan, 0, 1],
    [nan, 2, nan],
    [1, nan, nan],
    [-inf, 2, nan],
    [-inf, 0.5, nan],
    [1, inf, inf],
    [1e-5, 1e-5, 0.49999711405337277],
  ]);
  assert.is(special.poch(5, 2).item(), 30);
});

check("beta at poles and infinities", () => {
  const cases = [
    [-2, 1, -0.5, Math.log(0.5)],
    [-1, 1, -1, 0],
    [-1, 2, inf, inf],
    [-2, 2, 0.5, Math.log(0.5)],
    [-3, 2, 1 / 6, -Math.log(6)],
    [-2, 1.5, inf, inf],
    [0, 1, inf, inf],
    [0, 0, inf, inf],
    [-1, -1, -inf, inf],
    [inf, 1, 0, -inf],
    [inf, inf, nan, nan],
    [-inf, 1, inf, inf],
    [inf, 0, inf, inf],
    [-0.5, inf, -inf, inf],
    [-0.5, 0.5, 0, -inf],
    [-0.5, 1.5, -Math.PI, Math.log(Math.PI)],
    [-0.5, -0.7, 3.1230466888883446, 1.1388090282014693],
    [1e10, 0.5, 1.7724538509276723e-5, -10.940560522033028],
    [2, 1e6, 1 / (1e6 * (1e6 + 1)), -27.631022115928047],
  ] as const;
  for (const [a, b, want, log] of cases) {
    compare("beta", special.beta, [
      [a, b, want],
      [b, a, want],
    ]);
    compare("betaln", special.betaln, [
      [a, b, log],
      [b, a, log],
    ]);
  }
});

check("NaN is not hidden by a zero", () => {
  compare("xlogy", special.xlogy, [
    [0, nan, nan],
    [nan, 0, nan],
    [0, 0, 0],
    [0, -1, 0],
    [0, inf, 0],
  ]);
  compare("xlog1py", special.xlog1py, [
    [0, nan, nan],
    [nan, 0, nan],
    [0, -1, 0],
    [0, -2, 0],
  ]);
  compare("relEntr", special.relEntr, [
    [0, nan, nan],
    [nan, 0, nan],
    [nan, 1, nan],
    [0, -1, inf],
    [0, inf, 0],
  ]);
  compare("klDiv", special.klDiv, [
    [0, nan, nan],
    [nan, 1, nan],
    [0, inf, inf],
  ]);
});

check("boxcox does not overflow on its way", () => {
  assert.ok(off(special.boxcox(2.5, 100).item(), 6.223015277861189e37) < 2e-6);
  compare("boxcox", special.boxcox, [
    [2.5, 100, 6.223015277861189e37],
    [2.5, 200, 1.936295957424689e77],
    [0, -1, -inf],
    [inf, -1, 1],
    [1, inf, nan],
  ]);
  compare("boxcox1p", special.boxcox1p, [
    [2.5, 200, 3.2552089760681372e106],
    [-1, 0, -inf],
  ]);
});

check("incomplete gamma functions differentiate by their first argument", () => {
  // By differences of SciPy's values, of fourth order.
  const cases = [
    [0.5, 0.3, -0.7705703513727346],
    [2, 1, -0.2761960457024759],
    [2, 8, -0.005374847471214201],
    [30, 20, -0.010205257324987045],
    [30, 40, -0.016025177168016512],
    [1000, 1010, -0.011945731337129893],
    [5, 200, -3.574485775079064e-79],
  ] as const;
  compare("dP/da", (a, x) => grad((v: Tensor) => special.gammainc(v, x))(a), cases, 1e-9);
  compare("dQ/da", (a, x) => np.negative(grad((v: Tensor) => special.gammaincc(v, x))(a)), cases, 1e-9);
  // The derivative of the density by the shape, both ways round.
  const density = (x: Tensor): Tensor => np.exp(np.subtract(np.subtract(np.log(x), x), special.gammaln(float64(2))));
  const want = np.multiply(density(float64(3)), np.subtract(Math.log(3), special.digamma(float64(2)))).item();
  const mixed = grad((x: Tensor) => grad((a: Tensor) => special.gammainc(a, x))(float64(2)))(float64(3)).item();
  assert.ok(off(mixed, want) < 1e-12, `${mixed} and ${want}`);
});

check("the scaled Bessel function of order one has the slope one half at zero", () => {
  // I₁(x) is x / 2 near zero, and JAX gives the same.
  const slope = grad((x: Tensor) => special.i1e(x));
  assert.equal(
    [0, 1e-31, -1e-31].map((x) => slope(float64(x)).item()),
    [0.5, 0.5, 0.5],
  );
});

Special.run();
