"""Indexing: reading and writing at computed places. Out of range, NumPy raises; there the cases spell JAX's modes out."""
import numpy as np
from cases import Cases, boolean, f32, i32, rng, u32

r = rng(2)
cases = Cases("np-indexing")
x34 = f32(r.permutation(12).reshape(3, 4) * 0.25 - 1.1)
x345 = f32(r.permutation(60).reshape(3, 4, 5) * 0.25 - 7.1)
n345 = i32(r.permutation(60).reshape(3, 4, 5) - 30)
i2, i23 = i32([2, -1]), i32([[0, 2, -3], [1, 1, -1]])
j23 = i32([[3, 0, 1], [-1, 2, 2]])
far = i32([1, 5, -2, -9])


def filled(x, i, axis, fill=np.nan):
    n = x.shape[axis]
    inside = (i >= -n) & (i < n)
    y = np.take(x, np.where(inside, i, 0), axis)
    shape = [1] * axis + list(i.shape) + [1] * (x.ndim - axis - 1)
    return np.where(inside.reshape(shape), y, fill)


# --- take, takeAlongAxis
cases.add("take: flat", lambda x, i: np.take(x, i), x34, i23)
cases.add("take: axis 1", lambda x, i: np.take(x, i, 1), x345, i23)
cases.add("take: fill", lambda x, i: filled(x, i, 0), x34, far)
cases.add("take: fill 7", lambda x, i: filled(x, i, 0, 7.0), x34, far)
cases.add("take: fill of integers", lambda x, i: filled(x, i, 1, -(2**31)).astype(np.int32), i32([[1, 2], [3, 4]]), far)
cases.add("take: fill of unsigned", lambda x, i: filled(x, i, 0, 2**32 - 1).astype(np.uint32), u32([1, 2, 3]), far)
cases.add("take: fill of bools", lambda x, i: filled(x, i, 0, True).astype(bool), boolean([0, 0, 0]), far)
cases.add("take: clip", lambda x, i: np.take(x, i, 0, mode="clip"), x34, far)
cases.add("take: wrap", lambda x, i: np.take(x, i, 0, mode="wrap"), x34, far)
along = i32([[0, 3, -1], [2, 2, 1], [1, 0, -4]])
cases.add("takeAlongAxis", lambda x, i: np.take_along_axis(x, i, 1), x34, along)
cases.add("takeAlongAxis: broadcast", lambda x, i: np.take_along_axis(x, i, 1), x34, i32([[0, 3, -1]]))
cases.add("takeAlongAxis: flat", lambda x, i: np.take_along_axis(x, i, None), x34, i32([5, -2, 5]))
cases.add("takeAlongAxis: fill", lambda x, i: filled(x, i, 0), f32([1, 2, 3]), far)
cases.add("takeAlongAxis: clip", lambda x, i: np.take(x, np.where(i < 0, i + 3, i), mode="clip"), f32([1, 2, 3]), far)


def put_along(x, i, v):
    y = x.copy()
    np.put_along_axis(y, i, v, 1)
    return y


cases.add("putAlongAxis", put_along, x34, i32([[0, 3], [2, 1], [-1, 0]]), f32([[10, 20], [30, 40], [50, 60]]))
cases.add("putAlongAxis: broadcast", put_along, x34, i32([[0], [2], [-1]]), f32(9.5))


def put(mode):
    def f(x, i, v):
        y = x.copy()
        np.put(y, i, v, mode)
        return y

    return f


cases.add("put", put("raise"), x34, i32([0, 5, -1]), f32([10, 20, 30]))
cases.add("put: repeated values", put("raise"), x34, i32([[0, 5], [7, -1]]), f32([10, 20, 30]))
cases.add("put: wrap", put("wrap"), x34, i32([1, 14, -15]), f32([10, 20, 30]))
cases.add("put: drop", lambda x, i, v: np.concatenate([x[:1], v[:1], x[2:]]), f32([1, 2, 3]), i32([1, 14]), f32([10, 20]))


# --- get: NumPy's own indexing
def get(key, f, *args):
    cases.add("get: " + key, f, *args)


get("integers and slices", lambda x: x[1, ::-2, 1:4], x345)
get("negative integer, ellipsis", lambda x: x[-1, ..., 2], x345)
get("new axes", lambda x: x[:, None, 1:3, ..., None], x345)
get("slices outside", lambda x: x[-9:2, 9:, -2::-1], x345)
get("backwards", lambda x: x[::-1, -2:0:-1], x345)
get("nothing", lambda x: x[...], x34)
get("one tensor", lambda x, i: x[:, i], x345, i23)
get("two tensors side by side", lambda x, i, j: x[i, j], x345, i23, j23)
get("two tensors apart", lambda x, i, j: x[i, :, j], x345, i23, j23)
get("tensors broadcast", lambda x, i, j: x[i[:, None], j[None, :]], x34, i2, i32([0, 3, -1]))
get("tensor and integer apart", lambda x, i: x[0, 1:3, i], x345, i2)
get("tensor and integer side by side", lambda x, i: x[:, 1, i], x345, i2)
get("tensor, slice with a step, new axis", lambda x, i: x[i, None, ::-2], x345, i2)
get("tensor behind slices", lambda x, i: x[1:, 1::2, i], x345, i23)
get("new axis between tensors", lambda x, i, j: x[i, None, j], x345, i2, i32([1, 3]))
get("scalar tensor", lambda x, i: x[:, i], x345, i32(2))
get("integers", lambda x, i, j: x[i, :, j], n345, i23, j23)
get("mask", lambda x: x[np.array([True, False, True])], x345)
get("mask of two axes", lambda x, m: x[m], x345, boolean(r.integers(0, 2, (3, 4))))
get("mask and slice", lambda x, m: x[1:, m, ::2], x345, boolean([1, 0, 1, 1]))
get("fill", lambda x, i: filled(x, i, 1), x34, far)
get("clip", lambda x, i: np.take(x, np.where(i < 0, i + 4, i), 1, mode="clip"), x34, far)
get("fill of the mask of both", lambda x, i: np.where((i < 3) & (i >= -3), x[np.clip(i, -3, 2), np.clip(i, -3, 2)], 5.5), x34, i32([2, 3, -1, -5]))


# --- updates
def updated(op, key):
    def f(x, *rest):
        y = x.copy()
        *index, v = rest
        op(y, key(*index), v)
        return y

    return f


def assign(y, index, v):
    y[index] = v


OPS = {
    "set": assign,
    "add": np.add.at,
    "subtract": np.subtract.at,
    "multiply": np.multiply.at,
    "divide": np.divide.at,
    "min": np.minimum.at,
    "max": np.maximum.at,
}
v23 = f32([[0.5, -0.75, 3.1], [1.3, 0.2, -2.4]])
for name, op in OPS.items():
    cases.add(name + ": repeated places", updated(op, lambda i: i), f32([0.9, 2.2, -1.4]), i32([0, 2, 0, -1]), f32([1.1, -0.6, 0.7, 2.3]))
    cases.add(name + ": apart", updated(op, lambda i, j: (i, slice(None), j)), x345, i32([0, 2, 1]), i32([3, -1, 0]), f32(r.permutation(12).reshape(3, 4) * 0.21 + 0.3))
    cases.add(name + ": slices", updated(op, lambda: (slice(None, None, -1), slice(1, 3))), x34, f32([1.2, 0.3]))
    cases.add(name + ": integer", updated(op, lambda: (1, Ellipsis, -1)), x345, f32(0.7))
cases.add("set: new axis", updated(assign, lambda: (0, None, slice(1, 3))), x34, f32([[4.5, 5.5]]))
cases.add("set: step", updated(assign, lambda i: (i, slice(None, None, -3))), x34, i2, f32([[4.5, 5.5], [6.5, 7.5]]))
cases.add("set: mask", updated(assign, lambda m: m), x34, boolean(r.integers(0, 2, (3, 4))), f32(9.5))
cases.add("set: mask, values in order", updated(assign, lambda m: m), x34, boolean([[1, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 0]]), f32([7, 8, 9]))
cases.add("set: bools", updated(assign, lambda i: i), boolean([0, 0, 1]), i32([0, 2]), boolean([1, 0]))
cases.add("add: integers", updated(np.add.at, lambda i: (slice(None), i)), n345, i23, i32([[[10], [20], [30]]]))
cases.add("power: repeated places", updated(np.power.at, lambda i: i), f32([0.9, 2.2, 1.4]), i32([0, 2, 0]), f32([1.5, -0.6, 2]))
cases.add("apply", lambda x: np.concatenate([np.sin(x[:, :2]), x[:, 2:]], 1), x34)


def dropped(x, i, v):
    y = x.copy()
    for place, value in zip(i, v):
        if -3 <= place < 3:
            y[place] = value
    return y


def clipped(x, i, v):
    y = x.copy()
    for place, value in zip(i, v):
        y[np.clip(place + 3 if place < 0 else place, 0, 2)] = value
    return y


cases.add("set: dropped outside", dropped, f32([1, 2, 3]), far, f32([10, 20, 30, 40]))
cases.add("set: clipped outside", clipped, f32([1, 2, 3]), far, f32([10, 20, 30, 40]))


# --- lax
x45 = f32(r.permutation(20).reshape(4, 5) * 0.3 - 2.1)
cases.add("dynamic_slice", lambda x, i, j: x[2:4, 1:4], x45, i32(-2), i32(1))
cases.add("dynamic_slice: moved inside", lambda x, i, j: x[0:2, 2:5], x45, i32(-9), i32(4))
cases.add("dynamic_index", lambda x, i: x[:, 3:4], x45, i32(-2))
cases.add("dynamic_index: dropped", lambda x, i: x[3], x45, i32(17))


def patched(x, v, i, j):
    y = x.copy()
    y[i : i + v.shape[0], j : j + v.shape[1]] = v
    return y


cases.add("dynamic_update_slice", lambda x, v, i: patched(x, v, 2, 1), x45, f32([[1, 2], [3, 4]]), i32(9))
cases.add("dynamic_update_slice_in_dim", lambda x, v, i: patched(x, v, 0, 3), x45, f32([[1, 2], [3, 4], [5, 6], [7, 8]]), i32(-2))
cases.add("dynamic_update_index_in_dim", lambda x, v, i: patched(x, v[:, None], 0, 2), x45, f32([1, 2, 3, 4]), i32(2))
cases.add("slice_in_dim", lambda x: x[:, 1:-1:2], x45)
cases.add("index_in_dim", lambda x: x[:, -2], x45)
cases.add("index_take", lambda x, i, j: x[i, :, j], x345, i32([0, 2, -1]), i32([4, -5, 1]))
cases.add("gather: windows", lambda x, i: np.stack([x[p : p + 2, q : q + 3] for p, q in [(1, 0), (0, 2), (2, 2)]]), x45, i32([[1, 0], [0, 2], [7, 7]]))
cases.add("gather: windows, fill", lambda x, i: np.stack([x[1:3, 0:3], np.full((2, 3), 0.5)]), x45, i32([[1, 0], [3, 2]]))
cases.add("gather: batches", lambda x, i: np.take_along_axis(x, i[:, :, 0], 1), x45, i32(r.integers(0, 5, (4, 2, 1))))
for name, op in {"set": assign, **{k: OPS[k] for k in ("add", "subtract", "multiply", "min", "max")}}.items():
    def windows(x, i, v, op=op):
        y = x.copy()
        for (p, q), w in zip(i, v):
            if p + 2 <= 4 and q + 2 <= 5:
                op(y, np.ix_([p, p + 1], [q, q + 1]), w)
        return y

    cases.add("scatter: " + name, windows, x45, i32([[0, 0], [2, 3], [3, 3]]), f32(r.permutation(12).reshape(3, 2, 2) * 0.31 - 1.7))
cases.write("2026-11-24")
