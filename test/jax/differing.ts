/**
 * @file The cases in which the library means to differ from JAX, each with the words of docs/conventions.md that tell why.
 *
 * A case is its expression and the dtypes and shapes of its inputs; behind it stand the parts that differ. The tests see that each of them
 * does, and no other.
 */
import type { Case, Part } from "./cases.js";

interface Difference {
  /** Words of docs/conventions.md. */
  readonly told: string;
  readonly cases: readonly (readonly [name: string, ...parts: Part[]])[];
}

/** `np.add(a, b) of u32[2] i32[2]` */
export const nameOf = (c: Case): string =>
  [c.ts, ...(c.in.length === 0 ? [] : ["of", ...c.in.map(([dtype, shape]) => `${dtype}[${shape}]`)])].join(" ");

const results = (...names: readonly string[]): Difference["cases"] => names.map((name) => [name, "result"]);
const slopes = (...names: readonly string[]): Difference["cases"] => names.map((name) => [name, "vjp", "jvp"]);

const DTYPES: readonly Difference[] = [
  {
    told: "int32 and uint32 have no common type",
    cases: results(
      "np.add(a, b) of u32[2] i32[2]",
      "np.divide(a, b) of i32[2] u32[2]",
      "np.divide(a, b) of u32[2] i32[2]",
      "np.floorDivide(a, b) of u32[2] i32[2]",
      "np.mod(a, b) of u32[2] i32[2]",
      "np.maximum(a, b) of u32[2] i32[2]",
      "np.arctan2(a, b) of u32[2] i32[2]",
      "np.equal(a, b) of u32[2] i32[2]",
      "np.bitwiseAnd(a, b) of u32[2] i32[2]",
      "np.leftShift(a, b) of i32[2] u32[2]",
      "np.hypot(a, b) of i32[2] u32[2]",
      "np.hypot(a, b) of u32[2] i32[2]",
      "np.where(true, a, b) of i32[2] u32[2]",
      "np.concatenate([a, b]) of i32[2] u32[2]",
      "np.multiply(np.arange(2), a) of u32[2]",
    ),
  },
  {
    told: "A number with a fraction beside integers is an error",
    cases: results(
      "np.power(a, 0.5) of i32[15]",
      "np.power(a, 2.5) of i32[2]",
      "np.floorDivide(a, 2.5) of u32[2]",
      "np.mod(a, 2.5) of u32[2]",
      "np.arctan2(a, 2.5) of u32[2]",
      "np.equal(a, 2.5) of i32[2]",
      "np.hypot(a, 2.5) of u32[2]",
      "np.where(true, a, 2.5) of i32[2]",
      "np.where(true, a, 2.5) of u32[2]",
      "np.multiply(np.exp(1), a) of i32[2]",
      "np.multiply(np.exp(1), a) of u32[2]",
      "np.add(np.zerosLike(a), 0.5) of i32[2]",
      "np.multiply(np.sqrt(2), a) of i32[2]",
      "np.multiply(np.sqrt(2), a) of u32[2]",
      "np.at(a, b).set(c) of i32[3] i32[1] f32[1]",
    ),
  },
  {
    told: "uint32 does not hold negative numbers",
    cases: results(
      "np.floorDivide(a, -1) of u32[2]",
      "np.maximum(a, -1) of u32[2]",
      "np.arctan2(a, -1) of u32[2]",
      "np.bitwiseAnd(a, -1) of u32[2]",
      "np.where(true, a, -1) of u32[2]",
    ),
  },
  {
    told: "2 and 2.0 are one number in JavaScript",
    cases: results(
      "np.floor(2)",
      "np.multiply(np.full([2], 2), a) of bool[2]",
      "np.where(np.greater(a, 1), 1.0, 0) of i32[2]",
      "np.multiply(np.greater(a, 0), 2.0) of f32[2]",
      "np.multiply(np.greater(a, 0), 2.0) of u32[2]",
      "np.multiply(np.greater(a, 0), 2.0) of bool[2]",
    ),
  },
];

const VALUES: readonly Difference[] = [
  {
    told: "Integers to large or negative powers",
    cases: results(
      "np.power(a, b) of i32[225] i32[225]",
      "np.power(a, b) of u32[169] u32[169]",
      "np.power(2, a) of i32[15]",
    ),
  },
  {
    told: "Poles of `lgamma` and `digamma` are SciPy's",
    cases: [
      ...slopes("lax.lgamma(a) of f32[37]"),
      ["lax.lgamma(a) of f64[36]", "result", "vjp", "jvp"],
      ["lax.digamma(a) of f32[37]", "result", "vjp", "jvp"],
    ],
  },
  { told: "Poles of `scipy.special.beta`", cases: results("scipy.special.beta(a, b) of f32[3] i32[3]") },
  {
    told: "JAX rounds more",
    cases: [
      ...results(
        "scipy.special.klDiv(a, b) of u32[169] u32[169]",
        "scipy.special.relEntr(a, b) of i32[225] i32[225]",
        "np.mean(a) of i32[15]",
        "np.nanmean(a) of i32[15]",
      ),
      ...slopes(
        "scipy.special.klDiv(a, b) of f64[100] f64[100]",
        "scipy.special.i1e(a) of f64[36]",
        "scipy.special.logNdtr(a) of f32[37]",
        "scipy.special.logNdtr(a) of f64[36]",
        "nn.softSign(a) of f32[37]",
        "nn.softSign(a) of f64[36]",
        "np.sinc(a) of f64[36]",
        "lax.expm1(a) of f64[36]",
        "nn.elu(a) of f64[36]",
        "nn.celu(a, 0.5) of f64[36]",
      ),
      ["np.divide(a, a) of f32[36]", "vjp"],
      ["np.divide(a, a) of f32[3]", "vjp"],
    ],
  },
  {
    told: "`np.quantile` refuses shares",
    cases: [
      ['np.quantile(a, 1.5, { axis: 0, method: "linear" }) of f32[5,2]', "result", "vjp", "jvp"],
      ...results(
        'np.quantile(a, 1.5, { axis: 0, method: "lower" }) of f32[5,2]',
        'np.quantile(a, 1.5, { axis: 0, method: "midpoint" }) of f32[5,2]',
        'np.quantile(a, 1.5, { axis: 0, method: "nearest" }) of f32[5,2]',
      ),
    ],
  },
  { told: "`np.split` takes falling", cases: results("np.split(a, [1, -1], 1) of f32[2,4]") },
  { told: "The remainder of `np.polydiv`", cases: results("np.polydiv(a, b) of f32[4] f32[3]") },
  { told: "`np.at(x, i).apply(f)`", cases: results("np.at(a, b).apply(np.sin) of f32[4] i32[3]") },
];

const DERIVATIVES: readonly Difference[] = [
  {
    told: "The derivative of `x ** 0` at 0",
    cases: slopes("np.floatPower(a, b) of f32[144] f32[144]", "np.floatPower(a, b) of f64[100] f64[100]"),
  },
  { told: "`scipy.special.entr` below 0", cases: [["scipy.special.entr(a) of f64[36]", "vjp"]] },
  {
    told: "`nn.klDivergence` by a target of 0",
    cases: [["nn.klDivergence(a, b) of f32[2,3] f32[2,3]", "vjp", "jvp", "hess"]],
  },
  {
    told: "The running averages of `nn.batchNorm`",
    cases: slopes(
      "nn.batchNorm(4).train({ scale: b, bias: c }, { mean: d, variance: e }, a)[1] of f32[3,2,4] f32[4] f32[4] f32[4] f32[4]",
    ),
  },
  {
    told: "`scipy.linalg.cholesky` and `choFactor` read one triangle",
    cases: [
      ["scipy.linalg.cholesky(a, { lower: true }) of f32[2,2]", "vjp", "jvp", "hess"],
      ["scipy.linalg.cholesky(a, { lower: true }) of f32[3,3]", "vjp", "jvp", "hess"],
      ["scipy.linalg.cholesky(a, { lower: true }) of f32[4,4]", "vjp", "jvp", "hess"],
      ...slopes(
        "scipy.linalg.choSolve(scipy.linalg.choFactor(a), b) of f32[3,3] f32[3]",
        "scipy.linalg.choSolve(scipy.linalg.choFactor(a), b) of f32[3,3] f32[3,2]",
        "scipy.linalg.choSolve(scipy.linalg.choFactor(a), b) of f32[4,4] f32[4]",
      ),
    ],
  },
  { told: "An index out of range", cases: [['np.get(a, ":", b) of f32[4,3] i32[4]', "vjp"]] },
  {
    told: "Two updates of one place",
    cases: [
      [
        'lax.scatterMin(a, b, c, { updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }, { mode: "clip" }) of f32[4,3] i32[3,1] f32[3,3]',
        "jvp",
      ],
    ],
  },
  { told: "Variances that overflow", cases: slopes("np.var(a) of f32[3]", "np.nanvar(a) of f32[3]") },
];

export const DIFFERING: readonly Difference[] = [...DTYPES, ...VALUES, ...DERIVATIVES];

/** Natively too: the runtime's own functions are off by more than the cases allow. */
export const NATIVELY: readonly Difference[] = [
  {
    told: "`tanh` and `logistic` of onnxruntime",
    cases: [
      ["nn.swish(a) of f32[2,3]", "vjp"],
      ["lax.tanh(a) of f32[37]", "vjp"],
    ],
  },
];
