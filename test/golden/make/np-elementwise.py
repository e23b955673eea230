"""Elementwise functions, floats by their parts, comparison, logic and bits."""
import numpy as np
from cases import Cases, boolean, f32, i32, rng, u32

r = rng(2)
cases = Cases("np-elementwise")
EDGES = f32([np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, -1.75, 1e-30, 3e4])
x = f32(r.uniform(-2, 2, (2, 3)))
y = f32(r.uniform(0.2, 2, (1, 3)))
pos = f32(r.uniform(0.1, 3, (2, 3)))
z = f32(r.uniform(-3, 3, (2, 1)))
pairs = [f32(p) for p in np.meshgrid(EDGES, EDGES)]
ints = i32([[7, -8, 9], [0, 12, -31]])
jnts = i32([4, -6, 3])
words = u32([0, 1, 255, 2**31, 2**32 - 1])
truths = [boolean([[True], [False]]), boolean([True, False])]
np.seterr(all="ignore")



def single(f):
    """Of float32 numbers, which are what the function is about."""
    return lambda *args: f(*[f32(a) for a in args])


cases.add("spacing", single(np.spacing), x)
cases.add("spacing: edges", single(np.spacing), EDGES)
for name in ["cbrt", "fabs", "sinc", "i0", "deg2rad", "rad2deg", "trunc", "rint", "signbit", "isposinf", "isneginf",
             "positive", "log2", "log10", "exp2", "sign", "reciprocal", "square", "negative", "floor", "ceil", "isnan", "isinf",
             "isfinite", "abs", "exp", "expm1", "log1p", "sqrt", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "arcsinh"]:
    cases.add(name, getattr(np, name), pos if name in ("log1p", "log2", "log10", "sqrt") else x)
    # numpy's i0 of infinities is NaN, and spacing has the sign of x here as there.
    if name not in ("i0", "sinc"):
        cases.add(f"{name}: edges", getattr(np, name), EDGES)
for name in ["arcsin", "arccos", "arctanh"]:
    cases.add(name, getattr(np, name), f32(x / 2.5))
cases.add("arccosh", np.arccosh, f32(pos + 1))
cases.add("rsqrt", lambda a: f32(1 / np.sqrt(a.astype(np.float64))), pos)
cases.add("logaddexp", np.logaddexp, x, y)
cases.add("sinc: around zero", np.sinc, f32([0.0, -0.0, 1e-4, -0.05, 0.09, 0.0955, -0.0954, 1.0]))
for name in ["add", "subtract", "multiply", "divide", "maximum", "minimum", "mod", "fmod", "floor_divide", "arctan2",
             "hypot", "copysign", "fmax", "fmin", "logaddexp2", "heaviside", "nextafter", "divmod"]:
    if name == "nextafter":
        cases.add(name, single(np.nextafter), x, z)
        cases.add("nextafter: edges", single(np.nextafter), *pairs)
        continue
    cases.add(name, getattr(np, name), x, z)
    if name not in ("mod", "floor_divide", "divmod", "fmod"):
        cases.add(f"{name}: edges", getattr(np, name), *pairs)
for name in ["add", "subtract", "multiply", "maximum", "mod", "floor_divide", "gcd", "lcm", "bitwise_and", "bitwise_or",
             "bitwise_xor", "divmod", "fmod"]:
    cases.add(f"{name}: integers", getattr(np, name), ints, jnts)
cases.add("divide: integers", lambda a, b: f32(a / b), ints, jnts)
cases.add("power", np.power, pos, z)
cases.add("power: edges", np.power, *pairs)
cases.add("power: integers", np.power, ints, i32([[0, 1, 2], [3, 4, 5]]))
cases.add("float_power", lambda a, b: f32(np.float_power(a, b)), i32([2, 3]), i32([-1, 2]))
cases.add("modf", np.modf, x)
cases.add("frexp", np.frexp, f32([0.3, -5.0, 1024.0, 1e-40, 0.0, 0.999999, -3.4e38]))
cases.add("frexp: plain", np.frexp, x)
cases.add("nan_to_num: plain", np.nan_to_num, x)
cases.add("ldexp", np.ldexp, x, i32([3, -2, 0]))
cases.add("nan_to_num", single(np.nan_to_num), EDGES)
cases.add("nan_to_num: values", lambda a: np.nan_to_num(a, nan=1.0, posinf=2.0, neginf=-3.0), EDGES)
cases.add("round: decimals", lambda a: np.round(a, 1), x)
cases.add("round: tens", lambda a: np.round(a, -1), f32([14.0, 15.0, 25.0, -26.0]))
cases.add("round: integers", lambda a: np.round(a), ints)
cases.add("round", np.round, EDGES)

for name in ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]:
    cases.add(name, getattr(np, name), *pairs)
for name in ["logical_and", "logical_or", "logical_xor"]:
    cases.add(name, getattr(np, name), *truths)
    cases.add(f"{name}: numbers", getattr(np, name), *pairs)
cases.add("logical_not", np.logical_not, EDGES)
cases.add("isclose", np.isclose, f32([1.0, 1.0, np.nan, np.inf, np.inf, 1e-9]), f32([1.000009, 1.00002, np.nan, np.inf, 1.0, 0.0]))
cases.add("isclose: nan", lambda a, b: np.isclose(a, b, equal_nan=True), f32([np.nan, 1.0]), f32([np.nan, np.nan]))
cases.add("allclose", lambda a, b: np.asarray(np.allclose(a, b)), x, f32(x * 1.000001))
cases.add("allclose: not", lambda a, b: np.asarray(np.allclose(a, b)), x, f32(x * 1.001))
cases.add("array_equal", lambda a, b: np.asarray(np.array_equal(a, b)), ints, ints.copy())
cases.add("array_equal: shapes", lambda a, b: np.asarray(np.array_equal(a, b)), ints, jnts)
cases.add("array_equiv", lambda a, b: np.asarray(np.array_equiv(a, b)), jnts, i32([jnts, jnts]))
cases.add("array_equiv: shapes", lambda a, b: np.asarray(np.array_equiv(a, b)), jnts, i32([1, 2]))
cases.add("where", np.where, boolean([[True, False, True], [False, True, False]]), x, z)
cases.add("select", lambda a: f32(np.select([a < -0.5, a < 1], [-a, a * a], 1.0)), x)
cases.add("piecewise", lambda a: f32(np.piecewise(a, [a < -0.5, a > 1], [np.negative, np.square, np.sin])), x)
cases.add("clip", lambda a: np.clip(a, -0.5, 1.0), x)

cases.add("bitwise_not", np.bitwise_not, ints)
cases.add("bitwise_not: bool", np.bitwise_not, boolean([True, False]))
cases.add("left_shift", np.left_shift, ints, i32([1, 2, 3]))
cases.add("right_shift", np.right_shift, ints, i32([1, 2, 3]))
cases.add("right_shift: words", lambda a: np.right_shift(a, u32([3])), words)
count = np.vectorize(lambda v: bin(abs(int(v))).count("1"))
cases.add("bitwise_count", lambda a: i32(count(a)), ints)
bits = boolean(r.uniform(0, 1, (3, 11)) < 0.5)
cases.add("packbits", lambda a: u32(np.packbits(a)), bits)
cases.add("packbits: axis, little", lambda a: u32(np.packbits(a, axis=1, bitorder="little")), bits)
octets = u32(r.integers(0, 256, (2, 3)))
cases.add("unpackbits", lambda a: u32(np.unpackbits(a.astype(np.uint8), axis=1, count=-3)), octets)
cases.add("unpackbits: little", lambda a: u32(np.unpackbits(a.astype(np.uint8), bitorder="little")), octets)

cases.write("2026-11-24")
