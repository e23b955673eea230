"""Sorting, searching and cumulative functions."""
import numpy as np
from cases import Cases, f32, i32, rng

r = rng(1)
cases = Cases("np-sorting")
x34 = f32(r.permutation(12).reshape(3, 4) * 0.25 - 1.1)

cases.add("sort", np.sort, x34)
cases.add("sort: first axis", lambda x: np.sort(x, 0), x34)
cases.add("sort: NaN last", np.sort, f32([2, np.nan, -np.inf, 0.5, np.inf, np.nan, -1]))
cases.add("sort: integers", np.sort, i32([[3, -1, 3], [2**31 - 1, -(2**31), 0]]))
cases.add("argsort", lambda x: np.argsort(x, kind="stable"), x34)
cases.add("argsort: ties stable, NaN last", lambda x: np.argsort(x, kind="stable"), f32([1, np.nan, 0, 1, 0, np.nan, 1]))
cases.add("cumsum", lambda x: np.cumsum(x, 1), x34)
cases.add("cumsum: flat", lambda x: np.cumsum(x), x34)
cases.add("cumprod", lambda x: np.cumprod(x, 0), x34)

cases.write("2026-11-24")
