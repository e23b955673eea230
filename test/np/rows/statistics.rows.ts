/** @file Reductions, statistics, signals, polynomials and windows. */
import type { Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { type Gradient, golden, type Row } from "./row.js";

const row = golden("np-statistics");

/** Rows of one function: by case its call. */
const of = (name: string, gradient: Gradient, calls: Readonly<Record<string, (...xs: Tensor[]) => unknown>>): Row[] =>
  Object.entries(calls).map(([key, call]) => row(`np.${name}`, key, call, gradient));

type Reduction = (x: Tensor, options?: { axis?: number | number[]; keepDims?: boolean }) => Tensor;
const reductions: readonly (readonly [name: string, key: string, f: Reduction])[] = [
  ["sum", "sum", np.sum],
  ["prod", "prod", np.prod],
  ["mean", "mean", np.mean],
  ["variance", "var", np.variance],
  ["std", "std", np.std],
  ["max", "max", np.max],
  ["min", "min", np.min],
  ["ptp", "ptp", np.ptp],
  ["median", "median", np.median],
];
const skipping: readonly (readonly [name: string, f: Reduction])[] = [
  ["nansum", np.nansum],
  ["nanprod", np.nanprod],
  ["nanmax", np.nanmax],
  ["nanmin", np.nanmin],
  ["nanmean", np.nanmean],
  ["nanvar", np.nanvar],
  ["nanstd", np.nanstd],
  ["nanmedian", np.nanmedian],
];
const SHARES = [0, 0.2, 0.55, 1];
const METHODS = ["linear", "lower", "higher", "midpoint", "nearest"] as const;
const OVERLAPS = ["full", "same", "valid"] as const;
const WINDOWS = {
  bartlett: np.bartlett,
  blackman: np.blackman,
  hamming: np.hamming,
  hanning: np.hanning,
} as const;

export const rows: readonly Row[] = [
  ...reductions.flatMap(([name, key, f]) => [
    ...of(name, "differences", {
      [key]: (x) => f(x),
      [`${key}: axis`]: (x) => f(x, { axis: 1 }),
      [`${key}: axes kept`]: (x) => f(x, { axis: [0, 2], keepDims: true }),
    }),
    ...of(name, "no floats", { [`${key}: integers`]: (x) => f(x, { axis: 1 }) }),
  ]),
  ...of("sum", "differences", {
    "sum: where, initial": (x, where) => np.sum(x, { axis: 1, where, initial: 2.5 }),
  }),
  ...of("prod", "differences", {
    "prod: where, initial": (x, where) => np.prod(x, { axis: 1, where, initial: 2.5 }),
  }),
  ...of("mean", "differences", { "mean: where": (x, where) => np.mean(x, { axis: 1, where }) }),
  ...of("variance", "differences", {
    "var: where": (x, where) => np.variance(x, { axis: 1, where }),
    "var: ddof": (x) => np.variance(x, { axis: 2, correction: 1 }),
  }),
  // A column with one element that counts has no derivative of its standard deviation.
  ...of("std", "a kink", { "std: where": (x, where) => np.std(x, { axis: 1, where }) }),
  ...of("std", "differences", { "std: ddof": (x) => np.std(x, { axis: 2, ddof: 2 }) }),
  ...of("max", "differences", {
    "max: where, initial": (x, where) => np.max(x, { axis: 2, where, initial: -0.5 }),
    "max: nothing, initial": (x) => np.max(x, { axis: 0, initial: 3 }),
  }),
  ...of("min", "differences", {
    "min: where, initial": (x, where) => np.min(x, { axis: 2, where, initial: -0.5 }),
    "min: nothing, initial": (x) => np.min(x, { axis: 0, initial: 3 }),
  }),
  ...of("all", "no floats", {
    all: (x) => np.all(x, { axis: 0 }),
    "all: where": (x, where) => np.all(x, { axis: 0, where }),
  }),
  ...of("any", "no floats", {
    any: (x) => np.any(x, { axis: 0 }),
    "any: where": (x, where) => np.any(x, { axis: 0, where }),
  }),
  ...of("countNonzero", "no floats", { count_nonzero: (x) => np.countNonzero(x, { axis: 1 }) }),
  ...of("argmax", "piecewise constant", { argmax: (x) => np.argmax(x, { axis: 1 }) }),
  ...of("argmin", "piecewise constant", { argmin: (x) => np.argmin(x) }),
  ...of("logsumexp", "differences", {
    logsumexp: (x) => np.logsumexp(x, { axis: 1 }),
    "logsumexp: where": (x, where) => np.logsumexp(x, { axis: 1, where }),
  }),

  ...skipping.flatMap(([name, f]) => [
    ...of(name, "special values", {
      [name]: (x) => f(x, { axis: 2 }),
      [`${name}: kept`]: (x) => f(x, { axis: [0, 1], keepDims: true }),
    }),
    ...of(name, "differences", { [`${name}: plain`]: (x) => f(x, { axis: 1 }) }),
  ]),
  ...of("nancumsum", "piecewise constant", { nancumsum: (x) => np.nancumsum(x, { axis: 1 }) }),
  ...of("nancumprod", "piecewise constant", { nancumprod: (x) => np.nancumprod(x) }),
  ...of("nanargmax", "piecewise constant", {
    nanargmax: (x) => np.nanargmax(x, { axis: 2 }),
    "nanargmax: nothing": (x) => np.nanargmax(x, { axis: 1 }),
  }),
  ...of("nanargmin", "piecewise constant", { nanargmin: (x) => np.nanargmin(x, { axis: 1 }) }),

  ...METHODS.map((method) =>
    row("np.quantile", `quantile: ${method}`, (x) => np.quantile(x, SHARES, { axis: 2, method }), "differences"),
  ),
  ...of("quantile", "differences", {
    "quantile: one": (x) => np.quantile(x, 0.3),
    "quantile: tensor": (x, q) => np.quantile(x, q, { axis: 1, keepDims: true }),
  }),
  ...of("quantile", "special values", {
    "quantile: NaN": (x) => np.quantile(x, 0.3, { axis: 2 }),
    "quantile: infinite": (x) => np.quantile(x, [0, 0.5, 1]),
  }),
  ...of("percentile", "differences", { percentile: (x) => np.percentile(x, [10, 90], { axis: [0, 2] }) }),
  ...of("nanquantile", "special values", { nanquantile: (x) => np.nanquantile(x, SHARES, { axis: 2 }) }),
  ...of("nanquantile", "differences", { "nanquantile: plain": (x) => np.nanquantile(x, SHARES, { axis: 2 }) }),
  ...of("nanpercentile", "special values", {
    nanpercentile: (x) => np.nanpercentile(x, 40, { axis: [0, 1], keepDims: true }),
  }),
  ...of("nanpercentile", "differences", {
    "nanpercentile: plain": (x) => np.nanpercentile(x, 40, { axis: [0, 1], keepDims: true }),
  }),

  ...of("average", "differences", {
    average: (x) => np.average(x),
    "average: vector": (x, weights) => np.average(x, { axis: 1, weights }),
    "average: whole": (x, weights) => np.average(x, { weights }),
  }),
  ...of("cov", "differences", {
    cov: (x) => np.cov(x),
    "cov: y": (x, y) => np.cov(x, { y, ddof: 0 }),
    "cov: columns, bias": (x) => np.cov(x, { rowvar: false, bias: true }),
    "cov: one": (x) => np.cov(x),
    "cov: weights": (x, aweights) =>
      np.cov(x, { fweights: np.array([1, 2, 0, 3, 1, 1], { dtype: "int32" }), aweights }),
  }),
  ...of("corrcoef", "differences", {
    "corrcoef: y": (x, y) => np.multiply(np.corrcoef(x, { y }), np.subtract(1, np.eye(5))),
  }),
  ...of("corrcoef", "a kink", {
    corrcoef: (x) => np.corrcoef(x),
    "corrcoef: one": (x) => np.corrcoef(x),
  }),

  ...OVERLAPS.flatMap((mode) =>
    ["odd", "even", "short first", "equal"].flatMap((key) => [
      row("np.convolve", `convolve: ${mode}, ${key}`, (x, y) => np.convolve(x, y, mode), "differences"),
      row("np.correlate", `correlate: ${mode}, ${key}`, (x, y) => np.correlate(x, y, mode), "differences"),
    ]),
  ),
  ...of("convolve", "no floats", { "convolve: integers": (x, y) => np.astype(np.convolve(x, y), "int32") }),
  ...of("interp", "differences", {
    interp: (x, xp, fp) => np.interp(x, xp, fp),
    "interp: left, right": (x, xp, fp) => np.interp(x, xp, fp, { left: 7, right: -7 }),
  }),
  ...of("interp", "a kink", { "interp: at points": (x, xp, fp) => np.interp(x, xp, fp) }),
  ...of("gradient", "differences", {
    gradient: (x) => np.gradient(x, { axis: 1 }),
    "gradient: all": (x) => np.gradient(x),
    "gradient: places": (x, spacing) => np.gradient(x, { axis: 2, spacing }),
  }),
  ...of("trapezoid", "differences", {
    trapezoid: (y) => np.trapezoid(y, { dx: 0.5, axis: 1 }),
    "trapezoid: places": (y, x) => np.trapezoid(y, { x }),
  }),
  ...of("unwrap", "differences", {
    unwrap: (x) => np.unwrap(x),
    "unwrap: discont": (x) => np.unwrap(x, { discont: 5 }),
  }),
  ...of("unwrap", "a kink", { "unwrap: period": (x) => np.unwrap(x, { axis: 0, period: 4 }) }),

  ...of("polyval", "differences", { polyval: (p, x) => np.polyval(p, x) }),
  ...of("polyadd", "differences", { polyadd: (p, q) => np.polyadd(p, q) }),
  ...of("polysub", "differences", { polysub: (q, p) => np.polysub(q, p) }),
  ...of("polymul", "differences", { polymul: (p, q) => np.polymul(p, q) }),
  ...of("polydiv", "differences", { polydiv: (p, q) => np.polydiv(p, q) }),
  ...of("polyder", "differences", {
    polyder: (p) => np.polyder(p),
    "polyder: second": (p) => np.polyder(p, 2),
  }),
  ...of("polyint", "differences", {
    polyint: (p) => np.polyint(p),
    "polyint: second": (p) => np.polyint(p, 2, 1.5),
  }),
  ...of("poly", "differences", { poly: (roots) => np.poly(roots) }),
  ...of("vander", "differences", {
    vander: (x) => np.vander(x),
    "vander: increasing": (x) => np.vander(x, 3, { increasing: true }),
  }),

  ...Object.entries(WINDOWS).flatMap(([name, f]) =>
    of(name, "no floats", { [name]: () => f(7), [`${name}: even`]: () => f(4), [`${name}: one`]: () => f(1) }),
  ),
  ...of("kaiser", "no floats", { kaiser: () => np.kaiser(9, 6.5) }),

  ...of("vectorize", "differences", {
    vectorize: (x, y) => np.vectorize((a: Tensor, b: Tensor) => np.multiply(np.maximum(a, b), a))(x, y),
    "vectorize: signature": (m, v) => np.vectorize(np.matmul, { signature: "(i,j),(j)->(i)" })(m, v),
  }),
  ...of("applyAlongAxis", "differences", {
    apply_along_axis: (x) => np.applyAlongAxis((v) => np.cumsum(v), 1, x),
    "apply_along_axis: outer": (x) => np.applyAlongAxis((v) => np.outer(v, v), 1, x),
  }),
  ...of("applyOverAxes", "differences", {
    apply_over_axes: (x) => np.applyOverAxes((y, axis) => np.sum(y, { axis }), x, [0, 2]),
  }),
];
