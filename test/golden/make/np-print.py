"""Prints `test/golden/data/np-print.json`: arrays as NumPy 2.4.6 shows them."""
import json
import numpy as np

f, d, i, u = np.float32, np.float64, np.int32, np.uint32


def spell(e, kind):
    if kind != "f":
        return int(e)
    if np.isnan(e):
        return "nan"
    if np.isinf(e):
        return "inf" if e > 0 else "-inf"
    return "-0" if e == 0 and np.signbit(e) else float(e)


def case(x, span=None):
    values = {"values": [spell(e, x.dtype.kind) for e in x.ravel()]} if span is None else {"span": span}
    text = np.array2string(x, separator=", ", prefix="Tensor(")
    return {"shape": list(x.shape), "dtype": str(x.dtype), **values, "text": text}


def span(shape, dtype, start, step):
    n = int(np.prod(shape))
    return case((start + np.arange(n, dtype=d) * step).astype(dtype).reshape(shape), [start, step])


small = [
    f(6), f(0.1), d(0.1), d(1 / 3), f(1 / 3), f([1, 2, 3]), f([[1, 2], [3, 4.5]]), f([0.1, 1e-5]), f([1e8, 1]),
    f([1, np.nan, -np.inf]), f([np.nan, np.nan]), f([0, -0.0]), f([0.001, 0.5, 999]), f([123456.79, 2.5]),
    d([1e-10, 1]), d([np.pi, 100 * np.pi, -np.e]), f([np.pi, 100 * np.pi, -np.e]), i([1, -20, 300]), i(7),
    u([[4294967295, 1]]), np.zeros((0,), f), np.zeros((0, 3), f), np.zeros((2, 0), f), f([1e-3, 1]), f([1e-4]),
    f([9.9e-5]), f([16777216, 0]), f([999999]), f([1e6]), d([1e7, 0.5]), d([1e8]), f([1e20, -1e-20]),
    d([1e200, 1e-300]), f([1.5e-45]), f([0.30000001192092896, 0.2]), d([0.1 + 0.2]), f([[[1], [2]], [[3], [4]]]),
    f([1e-8, np.inf]), d([123456789.123]), f([100, 0.1]), f([1000, 1]), f([1001, 1]),
]
spans = [
    span((3, 4), f, -1.7, 0.31), span((5, 30), d, -3.1, 0.0417), span((2, 2, 2, 3), f, -1, 0.137),
    span((3, 40), i, -500, 7), span((1001,), f, 0, 1), span((40, 50), i, 0, 1), span((10, 10, 12), f, 0, 1 / 7),
    span((1001, 3), f, -1e-6, 1e-9), span((3, 1001), f, -2, 0.00137), span((10, 100), i, 0, 1), span((200,), f, -1, 0.0101),
    span((30,), d, -1e10, 7e8), span((2, 3, 4), f, 0, 1), span((7, 200), f, 0, 0.5), span((2, 501), f, 0, 0.5),
]
print(json.dumps([case(np.asarray(x)) for x in small] + spans, indent=0))
