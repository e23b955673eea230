"""Sorting, searching and cumulative functions."""
import numpy as np
from cases import Cases, boolean, f32, i32, rng

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


# --- more sorting
x6 = f32([0.4, 2.5, -1.25, 0.4, 7, -3])
cases.add("sort: descending", lambda x: np.sort(x, 1)[:, ::-1], x34)
cases.add("sort: flat", lambda x: np.sort(x, None), x34)
cases.add("argsort: descending, stable", lambda x: np.argsort(-x, kind="stable"), f32([1, 3, 0, 3, 1]))
cases.add("top_k", lambda x: (-np.sort(-x, 1)[:, :2], np.argsort(-x, 1)[:, :2]), x34)
cases.add("top_k: ties", lambda x: (-np.sort(-x)[:3], np.argsort(-x, kind="stable")[:3]), f32([1, 3, 0, 3, 1]))
cases.add("top_k: first axis", lambda x: (-np.sort(-x, 0)[:2], np.argsort(-x, 0)[:2]), x34)
cases.add("lexsort", lambda a, b: np.lexsort((a, b)), f32([3, 1, 2, 0, 5]), i32([1, 0, 1, 0, 1]))
cases.add("lexsort: rows", lambda a: np.lexsort(a, 1), i32(r.integers(0, 2, (3, 2, 6))))
cases.add("partition", lambda x: np.sort(x), x34)
cases.add("argpartition", lambda x: np.argsort(x, 0), x34)

# --- searching
line = f32([-2, -0.5, 0.25, 0.25, 3])
for side in ("left", "right"):
    cases.add(f"searchsorted: {side}", lambda a, v, side=side: np.searchsorted(a, v, side), line, f32([[0.25, -9, 9], [3, 0, -0.5]]))
cases.add("searchsorted: sorter", lambda a, v: np.searchsorted(a, v, sorter=np.argsort(a)), f32([3, 1, 2, 0]), f32([1.5, 2]))
cases.add("searchsorted: NaN", np.searchsorted, f32([0, 1, np.nan]), f32([np.nan, 2, np.inf]))
cases.add("searchsorted: integers", np.searchsorted, i32([1, 1, 4, 9, 12, 15, 20]), i32(np.arange(-1, 23)))
cases.add("searchsorted: none", np.searchsorted, f32([]), f32([1, 2]))
for right in (False, True):
    cases.add(f"digitize: {right}", lambda x, b, right=right: np.digitize(x, b, right), f32([[0.2, 6.4, 3], [1.6, 1, 10]]), f32([0, 1, 2.5, 4, 10]))
    cases.add(f"digitize: down, {right}", lambda x, b, right=right: np.digitize(x, b, right), f32([0.2, 6.4, 3, 1.6, 1, 10]), f32([10, 4, 2.5, 1, 0]))
ints = i32([0, 1, 1, 3, 2, 1, 7])
cases.add("bincount", np.bincount, ints)
cases.add("bincount: minlength", lambda x: np.bincount(x, minlength=10), ints)
cases.add("bincount: weights", np.bincount, ints, f32([0.5, 0.25, 1, -2, 3, 0.1, 0.6]))
cases.add("bincount: length", lambda x: np.bincount(x)[:4], ints)
data = f32(r.normal(size=20))
cases.add("histogram", lambda x: (np.histogram(x, 5)[0].astype(float), np.histogram(x, 5)[1]), data)
cases.add("histogram: density", lambda x: np.histogram(x, 4, density=True), data)
cases.add("histogram: range", lambda x: (np.histogram(x, 4, (-1, 1))[0].astype(float), np.histogram(x, 4, (-1, 1))[1]), data)
cases.add("histogram: edges", lambda x, b, w: np.histogram(x, b, weights=w), f32([1, 2.5, 0, 3, 4]), f32([0, 1, 3]), f32([0.5, 2, 1, 0.25, 9]))
cases.add("histogram_bin_edges", lambda x: np.histogram_bin_edges(x, 7), data)
cases.add("histogram_bin_edges: one value", lambda x: np.histogram_bin_edges(x, 3), f32([2, 2]))

# --- sizes that depend on values
holes = f32([[0, 1.5, 0], [2, 0, -1]])
cases.add("nonzero", np.nonzero, holes)
cases.add("nonzero: size 4", lambda x: [np.append(i, [9]) for i in np.nonzero(x)], holes)
cases.add("nonzero: size 2", lambda x: [i[:2] for i in np.nonzero(x)], holes)
cases.add("flatnonzero", np.flatnonzero, holes)
cases.add("argwhere", np.argwhere, holes)
cond = boolean([0, 1, 1])
cases.add("compress", lambda c, x: np.compress(c, x, 1), cond, holes)
cases.add("compress: flat", np.compress, cond, holes)
cases.add("compress: size 4", lambda c, x: np.concatenate([np.compress(c, x, 1), np.full((2, 2), 7.5)], 1), cond, holes)
cases.add("extract", lambda x: np.extract(x > 0, x), holes)
values = f32([[3, 1.5, np.nan], [1.5, np.nan, -2], [3, 3, 0.5]])
tame = f32([3, 1.5, -2, 0.5])
u, at, back, counts = np.unique(values, return_index=True, return_inverse=True, return_counts=True, equal_nan=False)
cases.add("unique", lambda x: np.unique(x), values)
cases.add("unique: tame", lambda x: np.unique(x), tame)
cases.add("unique_all", lambda x: (counts, at, back.reshape(3, 3), u), values)
cases.add("unique: size 3", lambda x: np.unique(x)[:3], values)
cases.add("unique: size 7", lambda x: np.append(np.unique(x), [-2, -2]), values)
cases.add("unique: integers", np.unique, i32([3, 3, -1, 2, -1]))
a, b = i32([5, 1, 3, 3, 8]), i32([3, 9, 5, 5])
cases.add("isin", np.isin, i32([[5, 1], [3, 7]]), b)
cases.add("isin: inverted", lambda x, y: np.isin(x, y, invert=True), i32([[5, 1], [3, 7]]), b)
for name in ("union1d", "intersect1d", "setdiff1d", "setxor1d"):
    cases.add(name, getattr(np, name), a, b)
cases.add("setdiff1d: size 5", lambda x, y: np.append(np.setdiff1d(x, y), [7, 7, 7]), a, b)

# --- running and neighbouring
gaps = f32([[1, np.nan, 3], [np.nan, 5, -6]])
for name in ("cumprod", "cumsum"):
    cases.add(f"{name}: zeros", getattr(np, name), f32([2, 0, -3, 0, 4]))
    cases.add(f"{name}: integers", lambda x, f=getattr(np, name): f(x, 1), i32([[3, -2, 5], [7, 11, -1]]))
    cases.add(f"{name}: initial", lambda x, f=getattr(np, name), v=float(name == "cumprod"): np.concatenate([np.full((3, 1), v), f(x, 1)], 1), x34)
cases.add("cummax", lambda x: np.maximum.accumulate(x, 1), x34)
cases.add("cummin", lambda x: np.minimum.accumulate(x, 0), x34)
cases.add("cummax: reverse", lambda x: np.maximum.accumulate(x[:, ::-1], 1)[:, ::-1], x34)
cases.add("cumprod: reverse", lambda x: np.cumprod(x[::-1], 0)[::-1], x34)
cases.add("cumlogsumexp", lambda x: np.logaddexp.accumulate(x, 1), x34)
cases.add("cumlogsumexp: limits", np.logaddexp.accumulate, f32([-np.inf, -np.inf, 2, 90, 1000, np.inf, 3]))
cases.add("diff", np.diff, x34)
cases.add("diff: twice along columns", lambda x: np.diff(x, 2, 0), x34)
cases.add("diff: prepend, append", lambda x, p: np.diff(x, prepend=p, append=2.5), x34, f32([[1], [2], [3]]))
cases.add("diff: bools", np.diff, boolean([0, 1, 1, 0]))
cases.add("ediff1d", np.ediff1d, x34)
cases.add("ediff1d: ends", lambda x, b, e: np.ediff1d(x, e, b), x34, f32([1, 2]), f32(9))

# --- inserting
cases.add("insert", lambda x: np.insert(x, 1, 5.5, 1), x34)
cases.add("insert: row", lambda x, v: np.insert(x, -1, v, 0), x34, f32([1, 2, 3, 4]))
cases.add("insert: column", lambda x, v: np.insert(x, 4, v, 1), x34, f32([1, 2, 3]))
cases.add("insert: several", lambda x, v: np.insert(x, [3, 0, 3], v, 1), x34, f32([1, 2, 3]))
cases.add("insert: flat", lambda x, v: np.insert(x, 2, v), x34, f32([1, 2, 3]))
cases.add("delete", lambda x: np.delete(x, -2, 1), x34)
cases.add("delete: several", lambda x: np.delete(x, [0, 2, 0, -1], 1), x34)
cases.add("delete: flat", lambda x: np.delete(x, [1, 11]), x34)
cases.add("delete: slice", lambda x: np.delete(x, slice(None, None, 2), 1), x34)
cases.add("choose", lambda i, x, y, z: np.choose(i, [x, y, z]), i32([[0, 1, 2, 0]]), x34, x34 * f32(2), f32([1, 2, 3, 4]))
cases.add("choose: clip", lambda i, x, y: np.choose(i, [x, y], mode="clip"), i32([-3, 5, 1, 0]), x34, x34 * f32(2))
cases.add("choose: wrap", lambda i, x, y: np.choose(i, [x, y], mode="wrap"), i32([-3, 5, 1, 0]), x34, x34 * f32(2))


def placed(x, v):
    y = x.copy()
    np.place(y, y > 0.3, v)
    return y


cases.add("place", placed, x34, f32([1, 2, 3]))
cases.add("ix_", lambda x: np.ix_([0, 2], [True, False, True], x), i32([4, 5]))


# --- segments, as jax.ops has them
def segments(f, empty):
    def g(x, ids):
        return np.stack([f(x[ids == k], 0) if (ids == k).any() else np.full(x.shape[1:], empty, x.dtype) for k in range(4)])

    return g


ids = i32([2, 0, 2, 5, -1, 0])
x62 = f32(r.permutation(12).reshape(6, 2) * 0.3 - 1.1)
cases.add("segment_sum", segments(np.sum, 0), x62, ids)
cases.add("segment_prod", segments(np.prod, 1), x62, ids)
cases.add("segment_max", segments(np.max, -np.inf), x62, ids)
cases.add("segment_min", segments(np.min, np.inf), x62, ids)
both = i32([1, 0, 1, 0, 0, 1])
cases.add("segment_max: each has entries", lambda x, i: segments(np.max, 0)(x, i)[:2], x62, both)
cases.add("segment_min: each has entries", lambda x, i: segments(np.min, 0)(x, i)[:2], x62, both)
cases.add("segment_max: integers", segments(np.max, -(2**31)), i32([[1], [2], [3], [4], [5], [6]]), ids)
cases.add("sort_key_val", lambda k, v: (np.sort(k, 0), np.take_along_axis(v, np.argsort(k, 0), 0)), x34, f32(r.normal(size=(3, 4))))


def by_two(a, b, c):
    order = np.lexsort((b, a))
    return a[order], b[order], c[order]


cases.add("sort: two keys", by_two, i32([1, 0, 1, 0, 1]), f32([3, 1, 2, 0, 5]), f32([0.1, 0.2, 0.3, 0.4, 0.5]))
cases.write("2026-11-24")
