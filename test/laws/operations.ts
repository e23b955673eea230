/**
 * @file The operations of random programs: for every primitive a way to apply it to values of any size without leaving the
 * domain where it is smooth enough. Arguments are squashed by a sine first where needed; only `stop_gradient` is kept to values
 * without a tangent, since it is a derivative that is no derivative.
 */
import { isFloat, range, type Shape, sizeOf } from "../../lib/core/aval.js";
import type { PrimitiveName } from "../../lib/primitives/index.js";
import { type Arg, type Builder, fits, NoOperand } from "./program.js";

type Operation = (b: Builder) => void;

const small = (shape: Shape): boolean => sizeOf(shape) <= 12 && shape.length <= 3;
const ranked = (shape: Shape): boolean => shape.length > 0;

/** In (-0.8, 0.8). */
const inside = (b: Builder, x: Arg): number => b.apply("mul", [b.number(0.8), b.apply("sin", [x])]);
/** In (0.6, 2.6). */
const positive = (b: Builder, x: Arg): number => b.apply("add", [b.apply("sin", [x]), b.number(1.6)]);
const sine = (b: Builder, x: Arg): number => b.apply("sin", [x]);
const plain = (_b: Builder, x: Arg): Arg => x;

const unary =
  (name: PrimitiveName, tame: (b: Builder, x: Arg) => Arg): Operation =>
  (b) => {
    b.apply(name, [tame(b, b.aFloat())]);
  };
const binary =
  (name: PrimitiveName, tameX: (b: Builder, x: Arg) => Arg, tameY: (b: Builder, x: Arg) => Arg): Operation =>
  (b) => {
    const x = b.aFloat();
    const y = b.partner(x);
    const pair: [Arg, Arg] = [tameX(b, x), tameY(b, y)];
    b.apply(name, pair);
  };
const comparison =
  (name: PrimitiveName): Operation =>
  (b) => {
    const x = b.some((v) => v.aval.dtype !== "bool");
    const y = b.partner(x);
    // Some inputs are equal; a comparison of them would change its mind under the smallest difference.
    b.apply(name, [x, isFloat(b.aval(x).dtype) ? b.apply("add", [y, b.number(0.01)]) : y]);
  };
const logical =
  (name: PrimitiveName, bools: boolean): Operation =>
  (b) => {
    const x = b.some((v) => !isFloat(v.aval.dtype) && (bools || v.aval.dtype !== "bool"));
    b.apply(name, [x, b.partner(x)]);
  };
const reduction =
  (name: PrimitiveName, dtype?: "bool"): Operation =>
  (b) => {
    const x = dtype === undefined ? b.aFloat(ranked) : b.of(dtype, ranked);
    const axes = range(b.shape(x).length).filter(() => b.rng.chance(0.6));
    b.apply(name, [x], { axes });
  };
const alongAxis =
  (name: PrimitiveName, more: (b: Builder) => object = () => ({})): Operation =>
  (b) => {
    const x = b.aFloat((shape) => ranked(shape) && sizeOf(shape) > 0);
    b.apply(name, [x], { axis: b.rng.int(b.shape(x).length), ...more(b) });
  };

const running =
  (name: PrimitiveName, tame: (b: Builder, x: Arg) => Arg): Operation =>
  (b) => {
    const x = b.aFloat((shape) => ranked(shape) && small(shape));
    b.apply(name, [tame(b, x)], { axis: b.rng.int(b.shape(x).length), reverse: b.rng.chance(0.5) });
  };

/** An int32 scalar that may be anything. */
const start = (b: Builder): Arg => (b.rng.chance(0.5) ? b.of("int32", (s) => s.length === 0) : b.int(b.rng.int(3)));
/** Indices [n, 1] into an axis of `size`, most of them inside. */
const indices = (b: Builder, size: number): number => {
  const i = b.of("int32", (s) => ranked(s) && sizeOf(s) <= 6);
  const column = b.apply("reshape", [i], { shape: [sizeOf(b.shape(i)), 1] });
  return b.apply("and", [column, b.int(size > 2 ? 3 : 1)]);
};
const alongRows = (shape: Shape): object => ({
  offsetDims: shape.slice(1).map((_, i) => i + 1),
  collapsedSliceDims: [0],
  operandBatchingDims: [],
  startIndicesBatchingDims: [],
  startIndexMap: [0],
  sliceSizes: [1, ...shape.slice(1)],
});

/** A matrix near a diagonal one of 3, 5, 7, …: regular and definite, its eigenvalues and singular values far apart. */
const nearDiagonal = (b: Builder, square: boolean): number => {
  let x: Arg = b.aFloat((s) => s.length === 2 && small(s) && sizeOf(s) > 0);
  if (square) {
    const k = Math.min(...b.shape(x));
    x = b.apply("slice", [x], { start: [0, 0], limit: [k, k], strides: [1, 1] });
  }
  const place = (axis: number): number => b.apply("iota", [], { shape: b.shape(x), dtype: "int32", axis });
  const eye = b.apply("convert", [b.apply("eq", [place(0), place(1)])], { dtype: b.float });
  const odd = b.apply("iota", [], { shape: b.shape(x), dtype: b.float, axis: 0 });
  const values = b.apply("add", [b.apply("mul", [odd, b.number(2)]), b.number(3)]);
  return b.apply("add", [b.apply("mul", [eye, values]), b.apply("mul", [sine(b, x), b.number(0.2)])]);
};
const factorization =
  (name: PrimitiveName, square: boolean, params: (b: Builder) => object = () => ({})): Operation =>
  (b) => {
    b.apply(name, [nearDiagonal(b, square)], params(b));
  };
/** Between 0 and 1. */
const probability = (b: Builder, x: Arg): Arg => b.apply("logistic", [sine(b, x)]);
/** Sines of entries as updates of rows, some of which lie outside. */
const scattering =
  (name: PrimitiveName, places: (b: Builder, size: number) => number = indices): Operation =>
  (b) => {
    const x = b.aFloat((s) => ranked(s) && small(s) && s[0] > 0);
    const shape = b.shape(x);
    const at = places(b, shape[0]);
    const updates = b.apply("sin", [b.apply("gather", [x, at], { ...alongRows(shape), mode: "clip" })]);
    b.apply(name, [b.rng.chance(0.5) ? x : sine(b, x), at, updates], {
      ...alongRows(shape),
      mode: b.rng.pick(["clip", "drop"]),
      uniqueIndices: places !== indices,
    });
  };

const pooling =
  (name: PrimitiveName): Operation =>
  (b) => {
    const x = b.aFloat((s) => ranked(s) && s.every((n) => n > 1));
    const each = (f: () => unknown): unknown[] => b.shape(x).map(f);
    b.apply(name, [x], {
      windowDimensions: each(() => 1 + b.rng.int(2)),
      windowStrides: each(() => 1 + b.rng.int(2)),
      padding: each(() => [0, b.rng.int(1)]),
      baseDilation: each(() => 1),
      windowDilation: each(() => 1),
    });
  };

/** A float without a tangent: draws have no derivative that differences would give. */
const without = (b: Builder): Arg => b.some((v) => !v.active && isFloat(v.aval.dtype));
const chance = (b: Builder, x: Arg): number => b.apply("logistic", [x]);
const drawing =
  (name: PrimitiveName, tame: readonly ((b: Builder, x: Arg) => Arg)[], params: object = {}): Operation =>
  (b) => {
    const key = b.of("uint32", (s) => s.length === 1 && s[0] === 2);
    const x = without(b);
    const parameters = tame.map((f) => f(b, x));
    b.apply(name, [key, ...parameters], params);
  };

/** One operation for every primitive. */
export const operations: Record<PrimitiveName, Operation> = {
  sin: unary("sin", plain),
  cos: unary("cos", plain),
  tanh: unary("tanh", plain),
  atan: unary("atan", plain),
  asinh: unary("asinh", plain),
  logistic: unary("logistic", plain),
  erf: unary("erf", plain),
  neg: unary("neg", plain),
  abs: unary("abs", plain),
  sign: unary("sign", plain),
  floor: unary("floor", plain),
  ceil: unary("ceil", plain),
  round: unary("round", plain),
  is_finite: unary("is_finite", plain),
  exp: unary("exp", sine),
  expm1: unary("expm1", sine),
  sinh: unary("sinh", sine),
  cosh: unary("cosh", sine),
  tan: unary("tan", inside),
  asin: unary("asin", inside),
  acos: unary("acos", inside),
  erf_inv: unary("erf_inv", inside),
  atanh: unary("atanh", inside),
  log1p: unary("log1p", inside),
  log: unary("log", positive),
  sqrt: unary("sqrt", positive),
  rsqrt: unary("rsqrt", positive),
  acosh: unary("acosh", (b, x) => b.apply("add", [positive(b, x), b.number(1)])),
  cbrt: unary("cbrt", positive),
  erfc: unary("erfc", plain),
  erfcx: unary("erfcx", sine),
  ndtri: unary("ndtri", probability),
  lgamma: unary("lgamma", positive),
  digamma: unary("digamma", positive),
  bessel_i0e: unary("bessel_i0e", plain),
  bessel_i1e: unary("bessel_i1e", plain),
  zeta: (b) => {
    b.apply("zeta", [b.number(2.5), positive(b, b.aFloat())]);
  },
  igamma: (b) => {
    b.apply("igamma", [b.number(1.5), positive(b, b.aFloat())]);
  },
  igammac: (b) => {
    b.apply("igammac", [b.number(1.5), positive(b, b.aFloat())]);
  },
  igamma_grad_a: (b) => {
    b.apply("igamma_grad_a", [b.number(1.5), positive(b, b.aFloat())]);
  },
  beta: binary("beta", positive, positive),
  betaln: binary("betaln", positive, positive),
  poch: binary("poch", positive, positive),
  binomial: (b) => {
    b.apply("binomial", [b.number(3.5), positive(b, b.aFloat())]);
  },
  betainc: (b) => {
    b.apply("betainc", [b.number(1.5), b.number(2.5), probability(b, b.aFloat())]);
  },
  xlogy: binary("xlogy", sine, positive),
  xlog1py: binary("xlog1py", sine, positive),
  population_count: (b) => {
    b.apply("population_count", [b.of(b.rng.pick(["int32", "uint32"]))]);
  },
  clz: (b) => {
    b.apply("clz", [b.of(b.rng.pick(["int32", "uint32"]))]);
  },
  gcd: (b) => {
    const x = b.of("int32");
    b.apply("gcd", [x, b.partner(x)]);
  },
  bitcast: (b) => {
    b.apply("bitcast", [b.of("int32")], { dtype: "uint32" });
  },
  exponent: unary("exponent", plain),
  ldexp: (b) => {
    b.apply("ldexp", [b.aFloat(), b.int(b.rng.int(5) - 2)]);
  },
  // Constant between jumps that float32 and float64 have at different places.
  nextafter: (b) => {
    b.apply("nextafter", [b.some((v) => isFloat(v.aval.dtype) && !v.active), b.number(9)]);
  },
  reduce_precision: (b) => {
    const x = b.some((v) => isFloat(v.aval.dtype) && !v.active);
    b.apply("reduce_precision", [x], { exponentBits: 8, mantissaBits: 23 });
  },
  integer_pow: (b) => {
    if (b.rng.chance(0.3)) b.apply("integer_pow", [b.of("int32")], { exponent: b.rng.int(4) });
    else if (b.rng.chance(0.5)) b.apply("integer_pow", [positive(b, b.aFloat())], { exponent: -1 - b.rng.int(2) });
    else b.apply("integer_pow", [sine(b, b.aFloat())], { exponent: b.rng.int(4) });
  },
  add: binary("add", plain, plain),
  sub: binary("sub", plain, plain),
  mul: binary("mul", sine, plain),
  div: binary("div", plain, positive),
  rem: binary("rem", plain, positive),
  max: binary("max", plain, plain),
  min: binary("min", plain, plain),
  pow: binary("pow", positive, sine),
  atan2: binary("atan2", plain, positive),
  eq: comparison("eq"),
  ne: comparison("ne"),
  lt: comparison("lt"),
  le: comparison("le"),
  gt: comparison("gt"),
  ge: comparison("ge"),
  and: logical("and", true),
  or: logical("or", true),
  xor: logical("xor", true),
  shift_left: logical("shift_left", false),
  shift_right_logical: logical("shift_right_logical", false),
  shift_right_arithmetic: logical("shift_right_arithmetic", false),
  not: (b) => {
    b.apply("not", [b.some((v) => !isFloat(v.aval.dtype))]);
  },
  select: (b) => {
    const condition = b.of("bool");
    const x = b.aFloat((s) => fits(s, b.shape(condition)));
    const y = b.partner(x);
    if (!fits(b.shape(y), b.shape(condition))) throw new NoOperand();
    b.apply("select", [condition, x, y]);
  },
  convert: (b) => {
    const x = b.some((v) => v.aval.dtype !== b.float);
    const { dtype } = b.aval(x);
    // Three bits of an integer: large ones would be cut differently in float32 and float64.
    const cut =
      dtype === "int32"
        ? b.apply("and", [x, b.int(7)])
        : dtype === "uint32"
          ? b.apply("shift_right_logical", [x, b.apply("convert", [b.int(29)], { dtype: "uint32" })])
          : x;
    b.apply("mul", [b.apply("convert", [cut], { dtype: b.float }), b.number(0.2)]);
    if (b.rng.chance(0.3)) b.apply("convert", [b.aFloat()], { dtype: b.rng.pick(["int32", "bool", "uint32"]) });
  },
  stop_gradient: (b) => {
    b.apply("stop_gradient", [b.some((v) => !v.active)]);
  },
  name: (b) => {
    b.apply("name", [plain(b, b.aFloat())], { name: "a" });
  },

  reshape: (b) => {
    const x = b.aFloat();
    const shape = b.shape(x);
    b.apply("reshape", [x], { shape: b.rng.pick([[sizeOf(shape)], [1, ...shape], [...shape].reverse()]) });
  },
  transpose: (b) => {
    const x = b.aFloat(ranked);
    const perm = range(b.shape(x).length)
      .map((axis) => ({ axis, at: b.rng.next() }))
      .sort((p, q) => p.at - q.at)
      .map(({ axis }) => axis);
    b.apply("transpose", [x], { perm });
  },
  broadcast_in_dim: (b) => {
    const x = b.aFloat(small);
    const shape = [...b.shape(x)];
    const at = b.rng.int(shape.length + 1);
    const dims = shape.map((_, i) => (i < at ? i : i + 1));
    shape.splice(at, 0, 2);
    b.apply("broadcast_in_dim", [x], { shape, dims });
  },
  concatenate: (b) => {
    const x = b.aFloat((s) => ranked(s) && small(s));
    const same = b.find((v) => v.aval.dtype === b.float && String(v.aval.shape) === String(b.shape(x)));
    b.apply("concatenate", [x, b.rng.pick(same)], { axis: b.rng.int(b.shape(x).length) });
  },
  iota: (b) => {
    const counted = b.apply("iota", [], {
      shape: [2, 3],
      dtype: b.rng.pick([b.float, "int32", "uint32"]),
      axis: b.rng.int(2),
    });
    if (b.aval(counted).dtype === b.float) b.apply("sin", [counted]);
  },
  reverse: (b) => {
    const x = b.aFloat(ranked);
    b.apply("reverse", [x], { axes: [b.rng.int(b.shape(x).length)] });
  },
  slice: (b) => {
    const x = b.aFloat((s) => ranked(s) && s.every((n) => n > 0));
    const shape = b.shape(x);
    const start = shape.map((n) => (b.rng.chance(0.5) ? 0 : b.rng.int(n)));
    const strides = shape.map(() => 1 + b.rng.int(2));
    b.apply("slice", [x], { start, limit: shape, strides });
  },
  pad: (b) => {
    const x = b.aFloat((s) => ranked(s) && small(s));
    const amounts = (): number[] => b.shape(x).map(() => (b.rng.chance(0.3) ? 1 : 0));
    const value = b.rng.chance(0.5) ? b.number(0.5) : b.aFloat((s) => s.length === 0);
    b.apply("pad", [x, value], { low: amounts(), high: amounts(), interior: amounts() });
  },
  reduce_sum: reduction("reduce_sum"),
  reduce_max: reduction("reduce_max"),
  reduce_min: reduction("reduce_min"),
  reduce_and: reduction("reduce_and", "bool"),
  reduce_or: reduction("reduce_or", "bool"),
  argmax: alongAxis("argmax"),
  argmin: alongAxis("argmin"),
  cumsum: running("cumsum", plain),
  cumprod: running("cumprod", sine),
  cummax: running("cummax", plain),
  cummin: running("cummin", plain),
  cumlogsumexp: running("cumlogsumexp", sine),
  sort: alongAxis("sort", () => ({ numKeys: 1 })),
  dot_general: (b) => {
    const x = b.aFloat((s) => ranked(s) && small(s));
    const k = b.rng.int(b.shape(x).length);
    const size = b.shape(x)[k];
    const y = b.aFloat((s) => small(s) && s.includes(size));
    const batch = b.shape(x).length === 3 && b.shape(y).length === 3 && k !== 0 && b.shape(x)[0] === b.shape(y)[0];
    const l = b.shape(y).findIndex((n, i) => n === size && (!batch || i !== 0));
    if (l < 0 || (sizeOf(b.shape(x)) * sizeOf(b.shape(y))) / Math.max(size, 1) ** 2 > 72) throw new NoOperand();
    const shared = batch ? [0] : [];
    b.apply("dot_general", [sine(b, x), y], {
      lhsContract: [k],
      rhsContract: [l],
      lhsBatch: shared,
      rhsBatch: shared,
    });
  },
  gather: (b) => {
    const x = b.aFloat((s) => ranked(s) && small(s) && s[0] > 0);
    const shape = b.shape(x);
    b.apply("gather", [x, indices(b, shape[0])], {
      ...alongRows(shape),
      ...b.rng.pick([{ mode: "clip" }, { mode: "fill", fillValue: 0.5 }]),
    });
  },
  scatter: scattering("scatter"),
  scatter_add: scattering("scatter_add"),
  scatter_min: scattering("scatter_min"),
  scatter_max: scattering("scatter_max"),
  // By updates it has derivatives only where they do not fall on one place: there is one.
  scatter_mul: scattering("scatter_mul", (b) => b.apply("reshape", [start(b)], { shape: [1, 1] })),
  dynamic_slice: (b) => {
    const x = b.aFloat((s) => s.every((n) => n > 0));
    const sliceSizes = b.shape(x).map((n) => 1 + b.rng.int(n));
    b.apply("dynamic_slice", [x, ...sliceSizes.map(() => start(b))], { sliceSizes });
  },
  dynamic_update_slice: (b) => {
    const x = b.aFloat((s) => s.every((n) => n > 0));
    const shape = b.shape(x);
    const update = b.find(
      (v) => v.aval.dtype === b.float && v.aval.ndim === shape.length && v.aval.shape.every((n, i) => n <= shape[i]),
    );
    b.apply("dynamic_update_slice", [x, b.rng.pick(update), ...shape.map(() => start(b))]);
  },
  random_bits: (b) => {
    b.apply("random_bits", [b.of("uint32", (s) => s[s.length - 1] === 2)], { shape: [3] });
  },
  random_gamma: drawing("random_gamma", [positive], { logSpace: true }),
  random_gamma_grad: (b) => {
    const x = positive(b, without(b));
    b.apply("random_gamma_grad", [x, x]);
  },
  random_poisson: drawing("random_poisson", [positive]),
  random_binomial: drawing("random_binomial", [positive, chance]),
  threefry2x32: (b) => {
    const key = b.of("uint32", (s) => s[s.length - 1] === 2);
    b.apply("threefry2x32", [key, b.apply("xor", [key, key])]);
  },
  cholesky: factorization("cholesky", true),
  eigh: factorization("eigh", true),
  lu_pivots_to_permutation: (b) => {
    const pivots = b.of("int32", (s) => ranked(s) && s[s.length - 1] <= 4);
    b.apply("lu_pivots_to_permutation", [b.apply("and", [pivots, b.int(3)])], { size: 4 });
  },
  lu: factorization("lu", false),
  det: factorization("det", true),
  adjugate: factorization("adjugate", true),
  pinv: factorization("pinv", false, () => ({ rtol: 1e-6 })),
  qr: factorization("qr", false, () => ({ fullMatrices: false })),
  svd: factorization("svd", false, (b) => ({ fullMatrices: false, computeUv: b.rng.chance(0.7) })),
  conv: (b) => {
    const x = b.aFloat((s) => ranked(s) && small(s) && sizeOf(s) > 0);
    const kernel = b.aFloat((s) => ranked(s) && small(s) && sizeOf(s) > 0);
    const [n, k] = [sizeOf(b.shape(x)), sizeOf(b.shape(kernel))];
    b.apply(
      "conv",
      [sine(b, b.apply("reshape", [x], { shape: [1, n, 1] })), b.apply("reshape", [kernel], { shape: [k, 1, 1] })],
      {
        strides: [1 + b.rng.int(2)],
        padding: [[b.rng.int(k), k - 1]],
        lhsDilation: [1 + b.rng.int(2)],
        rhsDilation: [1],
        featureGroups: 1,
        batchGroups: 1,
      },
    );
  },
  reduce_window_sum: pooling("reduce_window_sum"),
  reduce_window_max: pooling("reduce_window_max"),
  reduce_window_min: pooling("reduce_window_min"),
  triangular_solve: (b) => {
    const a = nearDiagonal(b, true);
    const n = b.shape(a)[0];
    const rhs = b.aFloat((s) => s.length === 2 && s.includes(n));
    b.apply("triangular_solve", [a, rhs], {
      leftSide: b.shape(rhs)[0] === n,
      lower: b.rng.chance(0.5),
      transposeA: b.rng.chance(0.5),
      unitDiagonal: b.rng.chance(0.3),
    });
  },
};
