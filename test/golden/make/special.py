"""Special functions."""
import numpy as np
import scipy
from cases import Cases, f32, i32, rng
from scipy import special as sp

r = rng(5)
cases = Cases("special", f"scipy {scipy.__version__}")
x = f32(r.uniform(-3, 3, (2, 4)))
pos = f32(r.uniform(0.2, 6, (2, 4)))
col = f32(r.uniform(0.3, 4, (2, 1)))
p = f32(r.uniform(0.02, 0.98, (2, 4)))
WIDE = f32([-30.5, -8.25, -3.7, -1e-3, 0.0, 1e-3, 0.7, 1.0, 2.0, 5.5, 12.0, 60.0, 300.0, np.inf, np.nan])
TAILS = f32([1e-30, 1e-8, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 2**-24, 0.0, 1.0, np.nan])
LARGE = f32([0.5, 3.0, 20.0, 150.0, 4e4])

for name, key in [("expit", x), ("erfc", x), ("erfcx", x), ("ndtr", x), ("log_ndtr", x), ("gammaln", pos), ("digamma", pos), ("gamma", pos),
                  ("i0", x), ("i0e", x), ("i1", x), ("i1e", x), ("logit", p), ("ndtri", p), ("entr", p), ("factorial", pos), ("erf", x), ("erfinv", p)]:
    f = getattr(sp, name)
    cases.add(name, f, key)
    if name in ("logit", "ndtri", "entr", "erfinv"):
        cases.add(f"{name}: edges", f, TAILS)
    else:
        cases.add(f"{name}: edges", f, WIDE)
cases.add("gammasgn", sp.gammasgn, f32([-2.5, -1.5, -0.5, 0.5, 3.0]))
for name in ["gammainc", "gammaincc"]:
    f = getattr(sp, name)
    cases.add(name, f, col, pos)
    cases.add(f"{name}: large", f, LARGE[:, None], f32([0.0, 0.4, 3.0, 21.0, 140.0, 4.01e4]))
SHAPES = np.array([[0.7], [2.5]], np.float32).astype(np.float64)
cases.add("gammainc: shapes", lambda a: sp.gammainc(SHAPES, a), pos)
cases.add("gammaincc: shapes", lambda a: sp.gammaincc(SHAPES, a), pos)
cases.add("betainc: shapes", lambda a: sp.betainc(SHAPES, 1.5, a), p)
cases.add("betainc", sp.betainc, col, f32([0.7, 2.5, 9.0, 40.0]), p)
cases.add("betaln", sp.betaln, col, pos)
cases.add("beta", sp.beta, col, pos)
cases.add("poch", sp.poch, col, pos)
cases.add("comb", sp.comb, i32([[5], [30], [3]]), i32([0, 2, 5, 7]))
cases.add("comb: floats", sp.comb, f32([7.5, 9.0]), f32([2.5, 3.5]))
cases.add("zeta", lambda a: sp.zeta(2.5, a), pos)
cases.add("zeta: integers", lambda a, q: sp.zeta(a, q), f32([[2.0], [3.0], [8.0], [30.0]]), f32([0.25, 1.0, 2.5, 40.0, 1e6]))
for n in range(4):
    cases.add(f"polygamma: {n}", lambda a: sp.polygamma(n, a), pos)
cases.add("polygamma: tensor", sp.polygamma, i32([[0], [1], [3]]), pos[0])
cases.add("trigamma: negative", lambda a: sp.polygamma(1, a), f32([-0.5, -3.3, -40.7]))
cases.add("multigammaln", lambda a: sp.multigammaln(a, 3), f32(pos + 1.5))
for name in ["xlogy", "xlog1py", "rel_entr", "kl_div"]:
    f = getattr(sp, name)
    cases.add(name, f, col, pos)
    cases.add(f"{name}: zeros", f, f32([0, 0, 1, 2]), f32([0, 3, 0, np.inf]))
cases.add("boxcox", sp.boxcox, pos, f32([0.0, 1e-3, -0.5, 2.0]))
cases.add("boxcox: plain", sp.boxcox, pos, f32([0.3, 1e-1, -0.5, 2.0]))
cases.add("boxcox1p", sp.boxcox1p, pos, f32([0.3, 1e-1, -0.5, 2.0]))
cases.add("logsumexp", lambda a: sp.logsumexp(a, 1), x)
cases.write("2026-11-24")
