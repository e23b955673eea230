"""Reductions, statistics, signals, polynomials and windows."""
import numpy as np
from cases import Cases, boolean, f32, i32, rng
from scipy.special import logsumexp

r = rng(4)
cases = Cases("np-statistics")
x = f32(r.permutation(24).reshape(2, 3, 4) * 0.3 - 3.1)
n = i32(r.integers(-5, 9, (2, 5)))
mask = boolean(r.uniform(0, 1, (3, 4)) < 0.6)
holes = x.copy()
holes[0, 1, 2] = holes[1, 0, 0] = np.nan
holes[1, 2] = np.nan
np.seterr(all="ignore")
import warnings

warnings.simplefilter("ignore")

for name in ["sum", "prod", "mean", "var", "std", "max", "min", "ptp", "median"]:
    f = getattr(np, name)
    cases.add(name, f, x)
    cases.add(f"{name}: axis", lambda a: f(a, 1), x)
    cases.add(f"{name}: axes kept", (lambda a: f(a, (0, 2), keepdims=True)), x)
    cases.add(f"{name}: integers", (lambda a: f32(f(a, 1)) if name in ("mean", "var", "std", "median") else i32(f(a, 1))), n)
for name in ["sum", "prod"]:
    f = getattr(np, name)
    cases.add(f"{name}: where, initial", lambda a, m: f(a, 1, where=m, initial=2.5), x, mask)
for name in ["mean", "var", "std"]:
    f = getattr(np, name)
    cases.add(f"{name}: where", lambda a, m: f(a, 1, where=m), x, mask)
for name in ["max", "min"]:
    f = getattr(np, name)
    cases.add(f"{name}: where, initial", lambda a, m: f(a, 2, where=m, initial=-0.5), x, mask)
    cases.add(f"{name}: nothing, initial", lambda a: f(a, 0, initial=3), np.zeros((0, 2), np.float32))
cases.add("var: ddof", lambda a: np.var(a, 2, ddof=1), x)
cases.add("std: ddof", lambda a: np.std(a, 2, ddof=2), x)
for name in ["all", "any"]:
    f = getattr(np, name)
    cases.add(name, lambda m: f(m, 0), mask)
    cases.add(f"{name}: where", lambda a, m: f(a, 0, where=m), boolean(r.uniform(0, 1, (3, 4)) < 0.5), mask)
cases.add("count_nonzero", lambda a: i32(np.count_nonzero(a, 1)), n)
cases.add("argmax", lambda a: i32(np.argmax(a, 1)), x)
cases.add("argmin", lambda a: i32(np.argmin(a)), x)
cases.add("logsumexp", lambda a: logsumexp(a, 1), x)
cases.add("logsumexp: where", lambda a, m: logsumexp(np.where(m, a, -np.inf), 1), x, mask)

for name in ["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nanmedian"]:
    f = getattr(np, name)
    cases.add(name, lambda a: f(a, 2), holes)
    cases.add(f"{name}: kept", lambda a: f(a, (0, 1), keepdims=True), holes)
    cases.add(f"{name}: plain", lambda a: f(a, 1), x)
cases.add("nancumsum", lambda a: np.nancumsum(a, 1), holes)
cases.add("nancumprod", lambda a: np.nancumprod(a), f32([2, np.nan, 3]))
full = holes[:1]
cases.add("nanargmax", lambda a: i32(np.nanargmax(a, 2)), full)
cases.add("nanargmin", lambda a: i32(np.nanargmin(a, 1)), full)
cases.add("nanargmax: nothing", lambda a: i32([1, -1]), f32([[np.nan, 2], [np.nan, np.nan]]))

Q = [0.0, 0.2, 0.55, 1.0]
for method in ["linear", "lower", "higher", "midpoint", "nearest"]:
    cases.add(f"quantile: {method}", lambda a: np.quantile(a, Q, 2, method=method), x)
cases.add("quantile: one", lambda a: np.quantile(a, 0.3), x)
cases.add("quantile: tensor", lambda a, q: np.quantile(a, q, 1, keepdims=True), x, f32([[0.25, 0.75]]))
cases.add("quantile: NaN", lambda a: np.quantile(a, 0.3, 2), holes)
cases.add("quantile: infinite", lambda a: f32([-np.inf, 1.5, np.inf]), f32([np.inf, 1.5, -np.inf]))
cases.add("percentile", lambda a: np.percentile(a, [10, 90], (0, 2)), x)
cases.add("nanquantile", lambda a: np.nanquantile(a, Q, 2), holes)
cases.add("nanquantile: plain", lambda a: np.nanquantile(a, Q, 2), x)
cases.add("nanpercentile", lambda a: np.nanpercentile(a, 40, (0, 1), keepdims=True), holes)
cases.add("nanpercentile: plain", lambda a: np.nanpercentile(a, 40, (0, 1), keepdims=True), x)

w = f32(r.uniform(0.2, 2, 3))
cases.add("average", np.average, x)
cases.add("average: vector", lambda a, b: np.average(a, 1, b), x, w)
cases.add("average: whole", lambda a, b: np.average(a, weights=b), x, f32(r.uniform(0.2, 2, x.shape)))
s = f32(r.uniform(-1, 1, (3, 6)))
u = f32(r.uniform(-1, 1, (2, 6)))
cases.add("cov", np.cov, s)
cases.add("cov: y", lambda a, b: np.cov(a, b, ddof=0), s, u)
cases.add("cov: columns, bias", lambda a: np.cov(a, rowvar=False, bias=True), s)
cases.add("cov: one", np.cov, s[0])
cases.add("cov: weights", lambda a, b: np.cov(a, fweights=[1, 2, 0, 3, 1, 1], aweights=b), s, f32(r.uniform(0.2, 2, 6)))
cases.add("corrcoef", np.corrcoef, s)
cases.add("corrcoef: y", lambda a, b: np.corrcoef(a, b) * (1 - np.eye(5)), s, u)
cases.add("corrcoef: one", np.corrcoef, s[0])

a, b, c = f32(r.uniform(-1, 1, 7)), f32(r.uniform(-1, 1, 3)), f32(r.uniform(-1, 1, 4))
for mode in ["full", "same", "valid"]:
    for key, p, q in [("odd", a, b), ("even", a, c), ("short first", b, a), ("equal", b, b)]:
        cases.add(f"convolve: {mode}, {key}", lambda x, y: np.convolve(x, y, mode), p, q)
        cases.add(f"correlate: {mode}, {key}", lambda x, y: np.correlate(x, y, mode), p, q)
cases.add("convolve: integers", np.convolve, i32([1, 2, 3]), i32([0, 1, 5]))
xp, fp = f32([-1, 0.5, 1, 4]), f32([2, -1, 0, 3])
points = f32([[-2, -0.7, 0.1, 0.9], [1.3, 3.9, 5, 2]])
cases.add("interp", np.interp, points, xp, fp)
cases.add("interp: left, right", lambda v, p, q: np.interp(v, p, q, left=7, right=-7), points, xp, fp)
cases.add("interp: at points", np.interp, xp, xp, fp)
cases.add("gradient", lambda v: np.gradient(v, axis=1), x)
cases.add("gradient: all", lambda v: np.gradient(v), x)
cases.add("gradient: places", lambda v, p: np.gradient(v, p, axis=2), x, xp)
cases.add("trapezoid", lambda v: np.trapz(v, dx=0.5, axis=1), x)
cases.add("trapezoid: places", lambda v, p: np.trapz(v, p), x, xp)
phases = f32([[0, 2, 4, 6, 8.5, 1.0], [-3, 3, -3, 0.5, 3.5, 7.5]])
cases.add("unwrap", np.unwrap, phases)
cases.add("unwrap: period", lambda v: np.unwrap(v, axis=0, period=4), phases)
cases.add("unwrap: discont", lambda v: np.unwrap(v, discont=5), phases)

p, q = f32([2, -1, 0.5, 3]), f32([1.5, -2])
at = f32(r.uniform(-2, 2, (2, 3)))
cases.add("polyval", np.polyval, p, at)
cases.add("polyadd", np.polyadd, p, q)
cases.add("polysub", np.polysub, q, p)
cases.add("polymul", np.polymul, p, q)
cases.add("polydiv", lambda u, v: (np.polydiv(u, v)[0], np.atleast_1d(np.polydiv(u, v)[1])), p, q)
cases.add("polyder", np.polyder, p)
cases.add("polyder: second", lambda v: np.polyder(v, 2), p)
cases.add("polyint", np.polyint, p)
cases.add("polyint: second", lambda v: np.polyint(v, 2, 1.5), p)
cases.add("poly", np.poly, f32([1.5, -2, 0.5]))
cases.add("vander", np.vander, p)
cases.add("vander: increasing", lambda v: np.vander(v, 3, increasing=True), p)

for name in ["bartlett", "blackman", "hamming", "hanning"]:
    cases.add(name, lambda: getattr(np, name)(7))
    cases.add(f"{name}: even", lambda: getattr(np, name)(4))
    cases.add(f"{name}: one", lambda: getattr(np, name)(1))
cases.add("kaiser", lambda: np.kaiser(9, 6.5))

cases.add("vectorize", lambda v, w: np.vectorize(lambda a, b: max(a, b) * a)(v, w), f32(r.uniform(-1, 1, (2, 1, 3))), f32(r.uniform(-1, 1, (4, 1))))
cases.add("vectorize: signature", lambda m, v: np.einsum("...ij,...j->...i", m, v), f32(r.uniform(-1, 1, (2, 1, 3, 4))), f32(r.uniform(-1, 1, (5, 4))))
cases.add("apply_along_axis", lambda v: np.apply_along_axis(np.cumsum, 1, v), x)
cases.add("apply_along_axis: outer", lambda v: np.apply_along_axis(lambda a: np.outer(a, a), 1, v), x)
cases.add("apply_over_axes", lambda v: np.apply_over_axes(np.sum, v, [0, 2]), x)

cases.write("2026-11-24")
