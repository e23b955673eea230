"""Golden cases of np functions: arguments and what NumPy (or SciPy) makes of them, computed in float64, stored in JAX's dtypes.

    cases = Cases("np-sorting")
    cases.add("sort: NaN last", lambda x: np.sort(x), f32([3, np.nan, 1]))
    cases.write()
"""
import json
import os
import sys

import numpy as np

STORED = {"f": "float32", "i": "int32", "u": "uint32", "b": "bool"}


def f32(x):
    return np.asarray(x, np.float32)


def i32(x):
    return np.asarray(x, np.int32)


def u32(x):
    return np.asarray(x, np.uint32)


def boolean(x):
    return np.asarray(x, bool)


def rng(seed=0):
    return np.random.default_rng(seed)


def _number(v):
    v = v.item()
    if isinstance(v, bool):
        return int(v)
    if isinstance(v, int):
        return v
    if np.isnan(v):
        return "NaN"
    if np.isinf(v):
        return "Infinity" if v > 0 else "-Infinity"
    return v


def _stored(x):
    x = np.asarray(x)
    dtype = STORED[x.dtype.kind]
    return {"shape": list(x.shape), "dtype": dtype, "data": [_number(v) for v in x.astype(dtype).ravel()]}


def _wide(x):
    return x.astype(np.float64) if x.dtype == np.float32 else x


class Cases:
    """Collects cases and writes them to test/golden/data/NAME.json, one line a case."""

    def __init__(self, name, program=f"numpy {np.__version__}"):
        self.name, self.program, self.cases = name, program, {}

    def add(self, key, f, *args):
        """`f` of the arguments (floats as float64) gives an array, or a tuple of arrays."""
        assert key not in self.cases, key
        outs = f(*[_wide(x) for x in args])
        outs = outs if isinstance(outs, (tuple, list)) else (outs,)
        self.cases[key] = {"args": [_stored(x) for x in args], "outs": [_stored(y) for y in outs]}

    def write(self, date):
        header = {
            "program": self.program,
            "python": sys.version.split()[0],
            "command": f"/usr/bin/python3 test/golden/make/{self.name}.py",
            "date": date,
            "seed": "in the script",
        }
        lines = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in self.cases.items())
        path = os.path.join(os.path.dirname(__file__), "..", "data", f"{self.name}.json")
        with open(path, "w") as out:
            out.write('{\n  "header": ' + json.dumps(header) + ',\n  "cases": {\n' + lines + "\n  }\n}\n")
        print(f"{len(self.cases)} cases in {os.path.normpath(path)}")
