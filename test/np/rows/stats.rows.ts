/** @file Densities and distribution functions. */
import type { Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import * as stats from "../../../lib/scipy/stats/index.js";
import { type Gradient, golden, type Row } from "./row.js";

const row = golden("stats");

type Of = (...xs: Tensor[]) => Tensor;
/** The functions of a distribution, of tensors alone. */
const functionsOf = (space: object): [name: string, f: Of][] =>
  Object.entries(space).map(([name, f]) => [name, f as Of]);

/** Functions of these have incomplete ones in them, which have no second derivative by their shapes. */
const INCOMPLETE: readonly string[] = ["cdf", "logcdf", "sf", "logsf"];

/** Each function of a distribution: inside of its support, moved and scaled, at the edges, and for scales that are not allowed. */
const rowsOf = (key: string, space: object, shapes?: () => Tensor[]): Row[] =>
  functionsOf(space).flatMap(([name, f]) => {
    const full = `scipy.stats.${key}.${name}`;
    const fixed = INCOMPLETE.includes(name) ? shapes : undefined;
    const gradient: Gradient = fixed === undefined ? "differences" : "special values";
    const edges = shapes === undefined ? ["edges", "scales"] : ["edges", "edges1", "scales"];
    return [
      row(full, `${key}.${name}`, f, gradient),
      row(full, `${key}.${name}: moved`, f, gradient),
      ...edges.map((edge) => row(full, `${key}.${name}: ${edge}`, f, "special values")),
      ...(fixed === undefined ? [] : [row(full, `${key}.${name}: shapes`, (x) => f(x, ...fixed()), "differences")]),
    ];
  });

const shape = (): Tensor => np.array([[0.75], [2.5]]);
const { logpdf, pdf } = stats.multivariateNormal;
const vectors = (key: string, name: "logpdf" | "pdf", f: Of, gradient: Gradient = "differences"): Row =>
  row(`scipy.stats.multivariateNormal.${name}`, `multivariate_normal.${key}`, f, gradient);
/** With the covariance made symmetric, as differences of single elements want it. */
const symmetric =
  (f: typeof logpdf): Of =>
  (x, mean, cov) =>
    f(x, mean, np.multiply(0.5, np.add(cov, np.swapaxes(cov, -1, -2))));

export const rows: readonly Row[] = [
  ...rowsOf("norm", stats.norm),
  ...rowsOf("uniform", stats.uniform),
  ...rowsOf("expon", stats.expon),
  ...rowsOf("gamma", stats.gamma, () => [shape()]),
  ...rowsOf("beta", stats.beta, () => [shape(), np.array(1.5)]),
  ...rowsOf("t", stats.t, () => [shape()]),
  row("scipy.stats.t.cdf", "t.cdf: degrees", (x, df) => stats.t.cdf(x, df), "special values"),
  row("scipy.stats.t.logpdf", "t.logpdf: degrees", (x, df) => stats.t.logpdf(x, df), "special values"),
  row("scipy.stats.norm.logcdf", "norm.logcdf: far", (x) => stats.norm.logcdf(x), "differences"),
  vectors("logpdf", "logpdf", symmetric(logpdf)),
  vectors("pdf", "pdf", symmetric(pdf)),
  vectors("logpdf: one", "logpdf", symmetric(logpdf)),
  vectors("logpdf: variance", "logpdf", logpdf),
  vectors("logpdf: numbers", "logpdf", logpdf),
  vectors("logpdf: many", "logpdf", (x, mean, cov) =>
    symmetric(logpdf)(np.expandDims(x, 0), mean, np.expandDims(cov, 1)),
  ),
];
