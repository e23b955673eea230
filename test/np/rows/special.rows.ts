/** @file Special functions. */
import type { Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import * as special from "../../../lib/scipy/special/index.js";
import { golden, type Row } from "./row.js";

const row = golden("special");

type Unary = (x: Tensor) => Tensor;
type Binary = (x: Tensor, y: Tensor) => Tensor;

/** A function of one number, inside its domain and at the edges. */
const unary = (name: string, key: string, f: Unary): Row[] => [
  row(`scipy.special.${name}`, key, (x) => f(x), "differences"),
  row(`scipy.special.${name}`, `${key}: edges`, (x) => f(x), "special values"),
];
const binary = (name: string, key: string, f: Binary): Row =>
  row(`scipy.special.${name}`, key, (x, y) => f(x, y), "differences");
const zeros = (name: string, key: string, f: Binary): Row =>
  row(`scipy.special.${name}`, `${key}: zeros`, (x, y) => f(x, y), "special values");
/** The shape parameters of the incomplete functions, which have no derivative by them. */
const shapes = (): Tensor => np.array([[0.7], [2.5]]);

export const rows: readonly Row[] = [
  ...unary("expit", "expit", special.expit),
  ...unary("erf", "erf", special.erf),
  ...unary("erfc", "erfc", special.erfc),
  ...unary("erfcx", "erfcx", special.erfcx),
  ...unary("ndtr", "ndtr", special.ndtr),
  ...unary("logNdtr", "log_ndtr", special.logNdtr),
  ...unary("gammaln", "gammaln", special.gammaln),
  ...unary("digamma", "digamma", special.digamma),
  ...unary("i0", "i0", special.i0),
  ...unary("i0e", "i0e", special.i0e),
  ...unary("i1", "i1", special.i1),
  ...unary("i1e", "i1e", special.i1e),
  ...unary("logit", "logit", special.logit),
  ...unary("ndtri", "ndtri", special.ndtri),
  ...unary("entr", "entr", special.entr),
  ...unary("gamma", "gamma", special.gamma),
  ...unary("factorial", "factorial", special.factorial),
  row("scipy.special.erfInv", "erfinv", (x) => special.erfInv(x), "piecewise constant"),
  row("scipy.special.gammasgn", "gammasgn", (x) => special.gammasgn(x), "piecewise constant"),
  row("scipy.special.logsumexp", "logsumexp", (x) => special.logsumexp(x, { axis: 1 }), "differences"),

  row("scipy.special.gammainc", "gammainc", (a, x) => special.gammainc(a, x), "special values"),
  row("scipy.special.gammainc", "gammainc: large", (a, x) => special.gammainc(a, x), "special values"),
  row("scipy.special.gammainc", "gammainc: shapes", (x) => special.gammainc(shapes(), x), "differences"),
  row("scipy.special.gammaincc", "gammaincc", (a, x) => special.gammaincc(a, x), "special values"),
  row("scipy.special.gammaincc", "gammaincc: large", (a, x) => special.gammaincc(a, x), "special values"),
  row("scipy.special.gammaincc", "gammaincc: shapes", (x) => special.gammaincc(shapes(), x), "differences"),
  row("scipy.special.betainc", "betainc", (a, b, x) => special.betainc(a, b, x), "special values"),
  row("scipy.special.betainc", "betainc: shapes", (x) => special.betainc(shapes(), 1.5, x), "differences"),
  binary("betaln", "betaln", special.betaln),
  binary("beta", "beta", special.beta),
  binary("poch", "poch", special.poch),
  row("scipy.special.comb", "comb", (n, k) => special.comb(n, k), "no floats"),
  binary("comb", "comb: floats", special.comb),
  row("scipy.special.zeta", "zeta", (q) => special.zeta(2.5, q), "differences"),
  row("scipy.special.zeta", "zeta: integers", (s, q) => special.zeta(s, q), "special values"),
  ...[0, 1, 2, 3].map((n) =>
    row("scipy.special.polygamma", `polygamma: ${n}`, (x) => special.polygamma(n, x), "differences"),
  ),
  row("scipy.special.polygamma", "polygamma: tensor", (n, x) => special.polygamma(n, x), "differences"),
  row("scipy.special.polygamma", "trigamma: negative", (x) => special.polygamma(1, x), "differences"),
  row("scipy.special.multigammaln", "multigammaln", (x) => special.multigammaln(x, 3), "differences"),
  binary("xlogy", "xlogy", special.xlogy),
  binary("xlog1py", "xlog1py", special.xlog1py),
  binary("relEntr", "rel_entr", special.relEntr),
  binary("klDiv", "kl_div", special.klDiv),
  zeros("xlogy", "xlogy", special.xlogy),
  zeros("xlog1py", "xlog1py", special.xlog1py),
  zeros("relEntr", "rel_entr", special.relEntr),
  zeros("klDiv", "kl_div", special.klDiv),
  row("scipy.special.boxcox", "boxcox", (x, l) => special.boxcox(x, l), "special values"),
  binary("boxcox", "boxcox: plain", special.boxcox),
  binary("boxcox1p", "boxcox1p", special.boxcox1p),
];
