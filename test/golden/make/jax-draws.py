"""Draws by the algorithms of jax.random (0.7), written a second time with NumPy in float32: a check of the order of draws.

Nothing is shared with the library: threefry, the splits, the formulas and the loops are NumPy's and scipy's here.
Run: /usr/bin/python3 test/golden/make/jax-draws.py > test/golden/data/jax-draws.json
"""
import datetime
import json

import numpy as np
import scipy
from scipy import special

F = np.float32
np.seterr(all="ignore")


def threefry(key, hi, lo):
    """The cipher on arrays of counters."""
    rot = [[13, 15, 26, 6], [17, 29, 16, 24]]
    k = [np.uint32(key[0]), np.uint32(key[1])]
    k.append(np.uint32(k[0] ^ k[1] ^ np.uint32(0x1BD11BDA)))
    x, y = hi + k[0], lo + k[1]
    for i in range(5):
        for r in rot[i % 2]:
            x = x + y
            y = ((y << np.uint32(r)) | (y >> np.uint32(32 - r))) ^ x
        x = x + k[(i + 1) % 3]
        y = y + k[(i + 2) % 3] + np.uint32(i + 1)
    return x, y


def counters(n):
    return np.zeros(n, np.uint32), np.arange(n, dtype=np.uint32)


def split(key, n=2):
    return [tuple(pair) for pair in np.stack(threefry(key, *counters(n)), 1)]


def uniform(key, shape=(), lo=0.0, hi=1.0):
    n = int(np.prod(shape))
    a, b = threefry(key, *counters(n))
    mantissa = ((a ^ b) >> np.uint32(9)) | np.uint32(0x3F800000)
    u = mantissa.view(F) - F(1)
    lo, hi = F(lo), F(hi)
    return np.maximum(lo, u * (hi - lo) + lo).reshape(shape)


def normal(key, shape=()):
    u = uniform(key, shape, np.nextafter(F(-1), F(0)), 1)
    return (F(np.sqrt(2)) * special.erfinv(u.astype(np.float64)).astype(F)).reshape(shape)


def gumbel(key, shape):
    return -np.log(-np.log(uniform(key, shape, np.finfo(F).tiny, 1)))


def gamma_one(key, alpha, log_space):
    boost = alpha >= 1
    a = alpha if boost else alpha + F(1)
    d = a - F(1 / 3)
    c = F(1 / 3) / np.sqrt(d)
    key, spare = split(key)
    X, V, U = F(0), F(1), F(2)
    while U >= F(1) - F(0.0331) * X * X and np.log(U) >= X * F(0.5) + d * ((F(1) - V) + np.log(V)):
        key, xkey, ukey = split(key, 3)
        v = F(-1)
        while v <= 0:
            xkey, sub = split(xkey)
            x = normal(sub)[()]
            v = F(1) + x * c
        X, V, U = x * x, v * v * v, uniform(ukey)[()]
    if log_space:
        ls = np.log1p(-uniform(spare)[()])
        return np.log(d) + np.log(V) + (F(0) if boost or ls == 0 else ls * (F(1) / alpha))
    return d * V * (F(1) if boost else (F(1) - uniform(spare)[()]) ** (F(1) / alpha))


def gamma(key, alphas, log_space=False):
    alphas = np.asarray(alphas, F)
    keys = split(key, alphas.size)
    return np.array([gamma_one(k, a, log_space) for k, a in zip(keys, alphas.ravel())], F).reshape(alphas.shape)


def beta(key, a, b, n):
    ka, kb = split(key)
    la, lb = gamma(ka, np.full(n, a), True), gamma(kb, np.full(n, b), True)
    top = np.maximum(la, lb)
    ea, eb = np.exp(la - top), np.exp(lb - top)
    return ea / (ea + eb)


def poisson(key, lam):
    lam = np.asarray(lam, F)
    knuth = lam < 10
    rate = np.where(knuth, lam, F(0))
    k, log_prod, rng = np.zeros(lam.shape, int), np.zeros(lam.shape, F), key
    while (log_prod > -rate).any():
        rng, sub = split(rng)
        k = np.where(log_prod > -rate, k + 1, k)
        log_prod = log_prod + np.log(uniform(sub, lam.shape))
    small = k - 1
    rate = np.where(knuth, F(1e5), lam)
    b = F(0.931) + F(2.53) * np.sqrt(rate)
    a = F(-0.059) + F(0.02483) * b
    inv_alpha = F(1.1239) + F(1.1328) / (b - F(3.4))
    v_r = F(0.9277) - F(3.6224) / (b - F(2))
    out, done, rng = np.full(lam.shape, F(-1)), np.zeros(lam.shape, bool), key
    while not done.all():
        rng, k0, k1 = split(rng, 3)
        u, v = uniform(k0, lam.shape) - F(0.5), uniform(k1, lam.shape)
        us = F(0.5) - np.abs(u)
        k = np.floor((F(2) * a / us + b) * u + rate + F(0.43))
        s = np.log(v * inv_alpha / (a / (us * us) + b))
        t = -rate + k * np.log(rate) - special.gammaln(k.astype(float) + 1)
        ok = ((us >= 0.07) & (v <= v_r)) | (~((k < 0) | ((us < 0.013) & (v > us))) & (s <= t))
        out, done = np.where(ok, k, out), done | ok
    return np.where(lam == 0, 0, np.where(knuth, small, out)).astype(int)


def binomial(key, n, p):
    n, p = np.floor(np.asarray(n, F)), np.asarray(p, F)
    q = np.where(p < 0.5, p, F(1) - p)
    inversion = n * q <= 10
    count, i = np.where(inversion, n, F(0)), key
    geoms, total = np.zeros(n.shape, F), np.zeros(n.shape, F)
    while (total <= count).any():
        sub, i = split(i)
        geoms = np.where(total <= count, geoms + 1, geoms)
        total = total + np.ceil(np.log(uniform(sub, n.shape)) / np.log1p(-q))
    small = geoms - 1
    N, Q = np.where(inversion, F(1e4), n).astype(float), np.where(inversion, F(0.5), q).astype(float)
    dev = np.sqrt(N * Q * (1 - Q))
    b = 1.15 + 2.53 * dev
    a = -0.0873 + 0.0248 * b + 0.01 * Q
    m = np.floor((N + 1) * Q)
    r = Q / (1 - Q)
    out, done, rng = np.full(n.shape, -1.0), np.zeros(n.shape, bool), key
    tail = lambda k: special.gammaln(k + 1) - ((k + 0.5) * np.log(k + 1) - (k + 1) + 0.5 * np.log(2 * np.pi))
    while not done.all():
        rng, k0, k1 = split(rng, 3)
        u, v = uniform(k0, n.shape).astype(float) - 0.5, uniform(k1, n.shape).astype(float)
        us = 0.5 - np.abs(u)
        k = np.floor((2 * a / us + b) * u + N * Q + 0.5)
        ub = (
            (m + 0.5) * np.log((m + 1) / (r * (N - m + 1)))
            + (N + 1) * np.log((N - m + 1) / (N - k + 1))
            + (k + 0.5) * np.log(r * (N - k + 1) / (k + 1))
            + tail(m) + tail(N - m) - tail(k) - tail(N - k)
        )
        lv = np.log(v * ((2.83 + 5.1 / b) * dev) / (a / (us * us) + b))
        ok = ((us >= 0.07) & (v <= 0.92 - 4.2 / b)) | (~((k < 0) | (k > N)) & (lv <= ub))
        out, done = np.where(ok, k, out), done | ok
    got = np.where(inversion, small, out)
    return np.where(p < 0.5, got, n - got)


def wald(key, mean, n):
    k1, k2 = split(key)
    mean = F(mean)
    v, z = normal(k1, (n,)), uniform(k2, (n,))
    y = v * v
    x = mean + mean**2 * y / F(2) - mean / F(2) * np.sqrt(F(4) * mean * y + mean**2 * y**2)
    return np.where(z <= mean / (mean + x), x, mean**2 / x)


def shuffle(key, x):
    for _ in range(int(np.ceil(3 * np.log(max(1, x.size)) / np.log(2**32 - 1)))):
        key, sub = split(key)
        a, b = threefry(sub, *counters(x.size))
        x = x[np.argsort(a ^ b, kind="stable")]
    return x


def rademacher(key, shape):
    return F(2) * (uniform(key, shape) < F(0.5)).astype(F) - F(1)


def generalized_normal(key, p, shape):
    k0, k1 = split(key)
    return rademacher(k1, shape) * gamma(k0, np.full(shape, 1 / p)) ** F(1 / p)


def ball(key, d, p, n):
    k1, k2 = split(key)
    g = generalized_normal(k1, p, (n, d))
    e = -np.log1p(-uniform(k2, (n,)))
    return g / ((np.sum(np.abs(g) ** F(p), -1) + e) ** F(1 / p))[:, None]


def t(key, df, n):
    kn, kg = split(key)
    return normal(kn, (n,)) * np.sqrt(F(df / 2) / gamma(kg, np.full(n, df / 2)))


def chisquare(key, df, n):
    return np.exp(gamma(key, np.full(n, df / 2), True)) * F(2)


def f(key, num, den, n):
    kd, kn = split(key)
    return (chisquare(kn, num, n) / F(num)) / (chisquare(kd, den, n) / F(den))


def multinomial(key, n, p):
    p = np.asarray(p, F)
    rest = np.cumsum(p[::-1])[::-1]
    left, out = F(n), []
    for k, ratio in zip(split(key, p.size), p / rest):
        out.append(binomial(k, [left], [np.clip(ratio, 0, 1)])[0])
        left = left - out[-1]
    return np.array(out)


def choice(key, p, n):
    total = np.cumsum(np.asarray(p, F), dtype=F)
    return np.searchsorted(total, total[-1] * (F(1) - uniform(key, (n,))))


def double_sided_maxwell(key, loc, scale, n):
    km, kr = split(key)
    size = np.sqrt(np.sum(normal(km, (n, 3)) ** 2, -1))
    return rademacher(kr, (n,)) * size * F(scale) + F(loc)


def gumbel_high(key, n):
    high, low = uniform(key, (2, n))
    x = np.where(high >= 0.5, high, high + F(2**-23) * low + np.finfo(F).tiny)
    return -np.log(-np.log1p(-x))


def bernoulli_high(key, p, n):
    u1, u2 = uniform(key, (2, n))
    return u2 * F(2**-23) < F(p) - u1


def truncated_normal(key, lower, upper, n):
    a, b = (F(special.erf(x / np.sqrt(2))) for x in (lower, upper))
    return np.sqrt(2) * special.erfinv(uniform(key, (n,), a, b).astype(float))


def triangular(key, a, b, c, n):
    u = uniform(key, (n,))
    rising, falling = a + np.sqrt(u * F(c - a) * F(b - a)), c - np.sqrt((F(1) - u) * F(c - a) * F(c - b))
    return np.where(u < F((b - a) / (c - a)), rising, falling)


def away(key, n):
    """Uniform numbers from the epsilon of float32 on."""
    return uniform(key, (n,), np.finfo(F).eps, 1)


def laplace(key, n):
    u = uniform(key, (n,), -1 + np.finfo(F).epsneg, 1)
    return np.sign(u) * np.log1p(-np.abs(u))


SEED, N = 20261124, 40
K = (0, SEED)
rates = [0, 0.5, 3, 9.9, 10, 12.5, 40, 1000] * 5
draws = {
    "gamma 0.3": gamma(K, np.full(N, 0.3)),
    "gamma 4.5": gamma(K, np.full(N, 4.5)),
    "loggamma": gamma(K, np.full(N, 0.3), True),
    "beta": beta(K, 0.5, 2, N),
    "dirichlet": special.softmax(gamma(K, np.tile([0.7, 1.5, 2], (N, 1)), True), -1),
    "chisquare": chisquare(K, 3, N),
    "f": f(K, 3, 5, N),
    "t": t(K, 4, N),
    "generalizedNormal": generalized_normal(K, 1.5, (N,)),
    "ball": ball(K, 3, 2, N),
    "wald": wald(K, 0.7, N),
    "doubleSidedMaxwell": double_sided_maxwell(K, 1, 2, N),
    "gumbel": gumbel(K, (N,)),
    "gumbel high": gumbel_high(K, N),
    "bernoulli high": bernoulli_high(K, 0.3, N),
    "bernoulli": uniform(K, (N,)) < F(0.3),
    "truncatedNormal": truncated_normal(K, -0.5, 2, N),
    "lognormal": np.exp(normal(K, (N,)) * F(0.5)),
    "maxwell": np.sqrt(np.sum(normal(K, (N, 3)) ** 2, -1)),
    "exponential": -np.log1p(-uniform(K, (N,))),
    "laplace": laplace(K, N),
    "logistic": np.log(away(K, N) / (F(1) - away(K, N))),
    "cauchy": np.tan(F(np.pi) * (away(K, N) - F(0.5))),
    "pareto": np.exp(-np.log1p(-uniform(K, (N,))) / F(3)),
    "rayleigh": F(2) * np.sqrt(np.log(uniform(K, (N,))) * F(-2)),
    "weibullMin": (-np.log1p(-uniform(K, (N,)))) ** F(1 / 1.5) * F(2),
    "triangular": triangular(K, -1, 0, 3, N),
    "geometric": np.floor(np.log(uniform(K, (N,))) / np.log1p(F(-0.3))) + 1,
    "rademacher": rademacher(K, (N,)),
    "categorical": np.argmax(gumbel(K, (N, 3)) + np.log(np.array([0.5, 0.2, 0.3], F)), -1),
    "choice": choice(K, [0.1, 0.4, 0.2, 0.3], N),
    "permutation": shuffle(K, np.arange(2000))[:N],
    "poisson": poisson(K, rates),
    "binomial": binomial(K, [0, 1, 5, 30, 100, 1000, 7.5, 40] * 5, [0.3, 0.9, 0.4, 0.5, 0.7] * 8),
    "multinomial": multinomial(K, 30, [0.2, 0.5, 0.3]),
}
print(
    json.dumps(
        {
            "program": f"numpy {np.__version__}, scipy {scipy.__version__}",
            "command": "/usr/bin/python3 test/golden/make/jax-draws.py > test/golden/data/jax-draws.json",
            "date": str(datetime.date.today()),
            "seed": SEED,
            "rates": rates,
            "draws": {k: np.asarray(v, float).ravel().tolist() for k, v in draws.items()},
        }
    ).replace("], ", "],\n")
)
