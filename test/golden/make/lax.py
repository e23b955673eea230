"""Functions of lax that are not primitives under another name."""
import numpy as np
from cases import Cases, boolean, f32, i32, rng, u32

r = rng(6)
cases = Cases("lax")
x = f32(r.uniform(-2, 2, (2, 3)))
t = f32(r.uniform(-2, 2, (2, 1, 3)))
n = i32([[3, -7, 12], [255, 0, -(2**31)]])
w = u32([0, 1, 255, 2**31, 2**32 - 1])

cases.add("square", np.square, x)
cases.add("reciprocal", np.reciprocal, x)
cases.add("exp2", np.exp2, x)
away = lambda a: np.sign(a) * np.where(np.abs(a) % 1 >= 0.5, np.ceil(np.abs(a)), np.floor(np.abs(a)))
ties = f32([0.5, 1.5, 2.5, -0.5, -2.5, 0.49999997, 8388609, np.inf, np.nan, -1.2])
cases.add("round", away, ties)
cases.add("round: even", np.round, ties)
cases.add("clamp", lambda a: np.clip(a, -0.5, 1), x)
cases.add("select_n: bool", lambda c, a, b: np.where(c, b, a), boolean([[True, False, True], [False, False, True]]), x, f32(x * 2))
cases.add("select_n: three", lambda c, a: np.choose(c, [a, a * 2, a * 3]), i32([[0, 2, 1], [1, 0, 2]]), x)
cases.add("population_count", lambda a: u32(np.vectorize(lambda v: bin(v).count("1"))(a)), w)
cases.add("clz", lambda a: u32(np.vectorize(lambda v: 32 - int(v).bit_length())(a)), w)
cases.add("bitcast", lambda a: np.float32(a).view(np.int32), x)
cases.add("bitcast: back", lambda a: a.view(np.float32), i32([1, 0x3F800000, -(2**31), 0x7F800000]))
cases.add("reduce_precision: half", lambda a: np.float16(a), f32([1.0009, 65519.0, 65520.0, -1 / 3, 1e3, 0.0, np.inf, np.nan]))


def bfloat(a):
    bits = np.float32(a).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


cases.add("reduce_precision: bfloat16", bfloat, f32(r.normal(0, 10, 9)))
cases.add("full", lambda: np.full((2, 3), 1.5))
cases.add("full_like", lambda a: i32(np.full_like(a, 2)), x)
cases.add("empty", lambda: i32(np.zeros((2, 2))))
cases.add("iota", lambda: i32(np.arange(4)))
cases.add("broadcasted_iota", lambda: i32(np.broadcast_to(np.arange(2)[:, None], (2, 3))))
cases.add("broadcast", lambda a: np.broadcast_to(a, (4, 2, 3)), x)
cases.add("broadcast_to_rank", lambda a: a[None, None], x)
cases.add("expand_dims", lambda a: np.expand_dims(a, (0, 3)), x)
cases.add("squeeze", lambda a: a[:, 0], t)
cases.add("collapse", lambda a: a.reshape(2, 3), t)
cases.add("split", lambda a: [a[:, :1], a[:, 1:]], x)
cases.add("tile", lambda a: np.tile(a, (2, 3)), x)
cases.add("unstack", lambda a: [a[:, i] for i in range(3)], x)


def padded(a):
    out = np.full((2 + 1, 3 + 2 * 2), 0.5)  # interior 2 along the second axis
    out[:2, ::3] = a
    return out[1:, :-1]


cases.add("pad", padded, x)
cases.add("reduce", lambda a: a.prod(1), x)
cases.add("reduce: xor", lambda a: np.bitwise_xor.reduce(a, 0), n)
cases.add("reduce_prod", lambda a: a.prod((0, 1)), x)
cases.add("reverse", lambda a: a[::-1], x)
cases.add("argmax", lambda a: i32(a.argmax(1)), x)
cases.add("argmin", lambda a: i32(a.argmin(1)), x)
cases.add("stack", lambda a, b: np.stack([a, b], 1), x, f32(r.uniform(-2, 2, (2, 3))))
cases.add("dot: matrices", np.dot, x, f32(r.uniform(-2, 2, (3, 4))))
cases.add("dot: a vector", np.dot, x, f32(r.uniform(-2, 2, 3)))
cases.add("batch_matmul", np.matmul, t, f32(r.uniform(-2, 2, (2, 3, 2))))
cases.write("2026-11-24")
