"""Quantiles of scipy's distributions, derivatives of gamma draws by mpmath and values of the inverse error function, for test/random.

Run: /usr/bin/python3 test/golden/make/distributions.py > test/golden/data/distributions.json
"""
import datetime
import json

import mpmath as mp
import numpy as np
import scipy
from scipy import special, stats

mp.mp.dps = 40
GRID = [(i + 0.5) / 40 for i in range(40)]

CONTINUOUS = {
    "uniform": stats.uniform(-2, 5),
    "normal": stats.norm(),
    "truncatedNormal": stats.truncnorm(-0.5, 2),
    "lognormal": stats.lognorm(0.5),
    "maxwell": stats.maxwell(),
    "doubleSidedMaxwell": stats.dgamma(1.5),  # of (x - loc)^2 / 2 with the sign of x - loc
    "exponential": stats.expon(),
    "laplace": stats.laplace(),
    "logistic": stats.logistic(),
    "cauchy": stats.cauchy(),
    "gumbel": stats.gumbel_r(),
    "pareto": stats.pareto(3),
    "rayleigh": stats.rayleigh(scale=2),
    "weibullMin": stats.weibull_min(1.5, scale=2),
    "triangular": stats.triang(0.25, loc=-1, scale=4),
    "wald": stats.invgauss(0.7),
    "gamma 0.3": stats.gamma(0.3),
    "gamma 1": stats.gamma(1),
    "gamma 4.5": stats.gamma(4.5),
    "loggamma": stats.loggamma(0.3),
    "beta": stats.beta(0.5, 2),
    "dirichlet": stats.beta(0.7, 3.5),
    "chisquare": stats.chi2(3),
    "f": stats.f(3, 5),
    "t": stats.t(4),
    "generalizedNormal": stats.gennorm(1.5),
    "ball": stats.beta(3, 1),  # the length of a point in three dimensions
}
DISCRETE = {
    "bernoulli": stats.bernoulli(0.3),
    "randint": stats.randint(-3, 4),
    "categorical": stats.rv_discrete(values=([0, 1, 2], [0.5, 0.2, 0.3])),
    "choice": stats.rv_discrete(values=([0, 1, 2, 3], [0.1, 0.4, 0.2, 0.3])),
    "geometric": stats.geom(0.3),
    "poisson 3": stats.poisson(3),
    "poisson 40": stats.poisson(40),
    "binomial 10": stats.binom(10, 0.3),
    "binomial 100": stats.binom(100, 0.7),
    "multinomial": stats.binom(30, 0.5),
}


def derivative(a, x):
    a, x = mp.mpf(a), mp.mpf(x)
    density = mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a))
    return float(-mp.diff(lambda s: mp.gammainc(s, 0, x, regularized=True), a) / density)


derivatives = []
for a in [1e-3, 0.03, 0.3, 0.9, 1, 1.5, 3, 10, 100, 1e4]:
    for q in [1e-4, 0.1, 0.5, 0.9, 0.9999]:
        x = float(special.gammaincinv(a, q))
        if x > 1e-290:
            derivatives.append([a, x, derivative(a, x)])
derivatives.append([0.1, 50, derivative(0.1, 50)])

xs = [-1 + 2**-53, -0.999999999, -0.9, 1e-300, 1e-9, 0.1, 0.5, 0.9, 0.99, 0.9999, 0.9999999, 1 - 1e-12, 1 - 2**-53]
print(
    json.dumps(
        {
            "program": f"scipy {scipy.__version__}, mpmath {mp.__version__}, numpy {np.__version__}",
            "command": "/usr/bin/python3 test/golden/make/distributions.py > test/golden/data/distributions.json",
            "date": str(datetime.date.today()),
            "seed": None,
            "quantiles": {k: [[p, float(d.ppf(p))] for p in GRID] for k, d in CONTINUOUS.items()},
            "distributions": {
                k: [[float(d.cdf(x)), int(x)] for x in range(int(d.ppf(1e-3)), int(d.ppf(0.999)) + 1)]
                for k, d in DISCRETE.items()
            },
            "gammaDerivatives": derivatives,
            "erfInv": [[x, float(special.erfinv(x))] for x in xs],
        },
    ).replace("]], ", "]],\n").replace("}, ", "},\n")
)
