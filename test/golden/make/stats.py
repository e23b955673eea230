"""Densities and distribution functions."""
import numpy as np
import scipy
from cases import Cases, f32, rng
from scipy import stats

r = rng(11)
cases = Cases("stats", f"scipy {scipy.__version__}")
x = f32(r.uniform(-3, 3, (2, 4)))
loc = f32(r.uniform(-1, 1, (2, 1)))
scale = f32(r.uniform(0.4, 3, (4,)))
pos = f32(r.uniform(0.2, 6, (2, 4)))
unit = f32(r.uniform(0.03, 0.97, (2, 4)))
a = f32(r.uniform(0.6, 5, (2, 1)))
b = f32([0.7, 1.5, 2.25, 6.0])
EDGES = f32([-np.inf, -40.0, -6.5, -1.0, -1e-3, 0.0, 1e-6, 0.5, 1.0, 1.5, 7.0, 40.0, 80.0, np.inf, np.nan])
QUANTILES = f32([-0.5, 0.0, 1e-6, 0.25, 0.5, 0.999, 1.0, 1.5, np.nan])
SCALES = f32([-1.0, 0.0, 2.0])

VALUES = ["logpdf", "pdf", "cdf", "sf"]
LOGS = ["logcdf", "logsf"]


def one(name, functions, at, shapes=(), inside=None):
    """Each function at `at`, moved and scaled, and the standard one at the edges."""
    dist = getattr(stats, name)
    for f in functions:
        g = getattr(dist, f)
        points = unit if f in ("ppf", "isf") else at
        cases.add(f"{name}.{f}", g, points, *shapes)
        edges = QUANTILES if f in ("ppf", "isf") else EDGES
        for i, some in enumerate(([],) if not shapes else ([s.ravel()[:1] for s in shapes], [s.ravel()[-1:] for s in shapes])):
            cases.add(f"{name}.{f}: edges{i or ''}", g, edges, *some)
        cases.add(f"{name}.{f}: moved", g, f32(points * np.float32(0.5)) if f in ("ppf", "isf") else f32(loc + points * scale), *shapes, loc, scale)
        cases.add(f"{name}.{f}: scales", g, f32([0.3]), *[s.ravel()[:1] for s in shapes], f32([0.0]), SCALES)


one("norm", VALUES + LOGS + ["ppf", "isf"], x)
one("uniform", VALUES + ["ppf"], unit)
one("expon", VALUES + LOGS + ["ppf", "isf"], pos)
one("gamma", VALUES + LOGS, pos, (a,))
one("beta", VALUES + LOGS, unit, (a, b))
one("t", VALUES, x, (a,))
# By the value alone: the incomplete functions have no second derivative by their shapes.
SHAPES = (np.array([[0.75], [2.5]]), 1.5)
for name, functions, at in [("gamma", ["cdf", "logcdf", "sf", "logsf"], pos), ("beta", ["cdf", "logcdf", "sf", "logsf"], unit), ("t", ["cdf", "sf"], x)]:
    own = SHAPES if name == "beta" else SHAPES[:1]
    for f in functions:
        cases.add(f"{name}.{f}: shapes", lambda v, g=getattr(getattr(stats, name), f): g(v, *own), at)
cases.add("t.cdf: degrees", stats.t.cdf, f32([-30.0, -1.0, -1e-4, 0.0, 1e-5, 2.0, 50.0])[:, None], f32([0.3, 1.0, 30.0, 1e5, np.inf]))
cases.add("t.logpdf: degrees", stats.t.logpdf, f32([-30.0, -1.0, 0.0, 2.0])[:, None], f32([0.3, 1.0, 30.0, 1e5, np.inf]))
cases.add("norm.logcdf: far", stats.norm.logcdf, f32([-300.0, -30.0, 12.0]))

m = r.normal(size=(3, 3))
cov = f32(m @ m.T + np.eye(3))
many = np.stack([cov, f32(2 * np.eye(3) + 0.5)])
points = f32(r.normal(size=(4, 3)))
mean = f32([0.5, -1.0, 0.25])
mvn = stats.multivariate_normal
cases.add("multivariate_normal.logpdf", lambda p, mu, c: mvn.logpdf(p, mu, c), points, mean, cov)
cases.add("multivariate_normal.pdf", lambda p, mu, c: mvn.pdf(p, mu, c), points, mean, cov)
cases.add("multivariate_normal.logpdf: one", lambda p, mu, c: np.asarray(mvn.logpdf(p, mu, c)), points[0], mean, cov)
cases.add("multivariate_normal.logpdf: variance", lambda p, mu, c: mvn.logpdf(p, mu, c * np.eye(3)), points, mean, f32(1.75))
cases.add("multivariate_normal.logpdf: numbers", lambda p, mu, c: mvn.logpdf(p, mu, c), x[0], f32(0.5), f32(1.75))
cases.add("multivariate_normal.logpdf: many", lambda p, mu, cs: np.stack([mvn.logpdf(p, mu, c) for c in cs]), points, mean, many)
cases.write("2026-11-30")
