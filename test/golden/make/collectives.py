"""What JAX's collectives over named axes of vmap give: values and gradients, with jit inside and outside, in scans, conditions and loops."""
import json
import os
import sys

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
from jax import lax

X = jnp.array([0.5, -1.0, 2.0])
M = jnp.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
C = jnp.array([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0], [2.0, 0.0, -2.0]])


def v(f, **options):
    return jax.vmap(f, axis_name="i", **options)


def vv(f):
    return jax.vmap(jax.vmap(f, axis_name="j"), axis_name="i")


def weighted(x):
    return jnp.sin(lax.psum(x * x, "i")) * x


def normalized(x):
    return x - lax.pmean(x, "i") + lax.psum(1, "i") * lax.axis_index("i")


def in_scan(x):
    def turn(c, w):
        c = jnp.tanh(c * w + lax.pmean(c, "i"))
        return c, lax.psum(c, "i") + lax.axis_index("i")

    return lax.scan(turn, x, jnp.array([1.0, 0.5, 2.0]))


def in_cond(x):
    return lax.cond(lax.psum(x, "i") > 1, lambda y: lax.psum(y, "i") * y, lambda y: y - lax.pmean(y, "i"), x)


def cond_each(x):
    s = lax.psum(x, "i")
    return lax.cond(x > 0, lambda y: y * s, lambda y: y - s, x)


def while_all(x):
    return lax.while_loop(lambda c: lax.psum(c, "i") < 100, lambda c: c * 2, jnp.abs(x))


def while_each(x):
    return lax.while_loop(lambda c: c < 10, lambda c: c + lax.pmean(jnp.abs(c), "i") + 1, x)


def gathered(x):
    return (lax.all_gather(x, "i") * jnp.arange(1.0, 4.0)).sum() * x


def scattered(r):
    return jnp.sin(lax.psum_scatter(r, "i")) * r[0]


def scan_loss(x):
    c, ys = in_scan(x)
    return c * 2 + ys.sum()


def both(x):
    return lax.psum(jnp.sin(x), ("i", "j")) * x + lax.pmean(x, "j") * lax.axis_index("i") + lax.psum(x, "i")


@jax.custom_jvp
def custom(x):
    return lax.psum(x, "i") * x


custom.defjvp(lambda p, t: (custom(p[0]), lax.psum(t[0], "i") * 3 * p[0]))


def sums(f):
    return lambda *xs: jax.tree.reduce(lambda a, b: a + b, jax.tree.map(lambda y: (y * jnp.cos(y)).sum(), f(*xs)))


CASES = {
    "psum": (lambda: v(lambda x: x / lax.psum(x, "i"))(X)),
    "psum of a tree": (lambda: v(lambda x: lax.psum({"a": x, "b": [x * x, x > 0]}, "i"))(X)),
    "psum of a number": (lambda: v(lambda x: x * lax.psum(2, "i"))(X)),
    "psum of what is the same for all": (lambda: v(lambda x, y: lax.psum(y, "i") * x, in_axes=(0, None))(X, 5.0)),
    "pmean": (lambda: v(normalized)(X)),
    "pmean of integers": (lambda: v(lambda x: lax.pmean(x, "i"))(jnp.array([1, 2, 4], "int32"))),
    "pmax": (lambda: v(lambda x: x / lax.pmax(x, "i"))(X)),
    "pmin": (lambda: v(lambda r: r - lax.pmin(r, "i"))(C)),
    "axis index": (lambda: v(lambda x: lax.axis_index("i"))(X)),
    "axis index of two": (lambda: vv(lambda x: lax.axis_index(("i", "j")))(M)),
    "axis size of two": (lambda: vv(lambda x: x * lax.axis_size(("i", "j")))(M)),
    "inner name hides the outer": (lambda: v(lambda r: v(lambda x: lax.psum(x, "i"))(r))(M)),
    "two names": (lambda: vv(both)(M)),
    "two names, gradient inside": (lambda: vv(jax.grad(both))(M)),
    "two names, gradient between": (lambda: jax.vmap(jax.grad(sums(jax.vmap(both, axis_name="j"))), axis_name="i")(M)),
    "two names, gradient outside": (lambda: jax.grad(sums(vv(both)))(M)),
    "gradient inside": (lambda: v(jax.grad(weighted))(X)),
    "gradient outside": (lambda: jax.grad(sums(v(weighted)))(X)),
    "second derivative inside": (lambda: v(jax.grad(jax.grad(weighted)))(X)),
    "gradient of pmean inside": (lambda: v(jax.grad(normalized))(X)),
    "gradient by what is the same for all": (
        lambda: v(jax.grad(lambda y, x: lax.psum(y * x, "i") * x + lax.psum(y, "i")), in_axes=(None, 0))(5.0, X)),
    "forward mode inside": (lambda: v(lambda x: jax.jvp(weighted, (x,), (x + 1,)))(X)),
    "jit inside": (lambda: v(jax.jit(weighted))(X)),
    "jit outside": (lambda: jax.jit(v(weighted))(X)),
    "gradient of jit inside": (lambda: v(jax.grad(jax.jit(weighted)))(X)),
    "jit of gradient outside": (lambda: jax.jit(jax.grad(sums(v(jax.jit(weighted)))))(X)),
    "scan": (lambda: v(in_scan)(X)),
    "scan, gradient inside": (lambda: v(jax.grad(scan_loss))(X)),
    "scan, gradient outside": (lambda: jax.grad(sums(v(in_scan)))(X)),
    "cond": (lambda: v(in_cond)(X)),
    "cond, gradient inside": (lambda: v(jax.grad(in_cond))(X)),
    "cond of each": (lambda: v(cond_each)(X)),
    "cond of each, gradient inside": (lambda: v(jax.grad(cond_each))(X)),
    "while of all": (lambda: v(while_all)(X)),
    "while of each": (lambda: v(while_each)(X)),
    "gather": (lambda: v(lambda x: lax.all_gather(x, "i"))(X)),
    "gather along an axis": (lambda: v(lambda r: lax.all_gather(r, "i", axis=1))(C)),
    "gather tiled": (lambda: v(lambda r: lax.all_gather(r, "i", axis=0, tiled=True))(C)),
    "gather, gradient inside": (lambda: v(jax.grad(gathered))(X)),
    "gather, gradient outside": (lambda: jax.grad(sums(v(gathered)))(X)),
    "scatter": (lambda: v(lambda r: lax.psum_scatter(r, "i"))(C)),
    "scatter tiled": (lambda: v(lambda r: lax.psum_scatter(r, "i", tiled=True))(jnp.concatenate([C, C * 2], 1))),
    "scatter, gradient inside": (lambda: v(jax.grad(scattered))(C)),
    "scatter, gradient outside": (lambda: jax.grad(sums(v(scattered)))(C)),
    "custom derivative, gradient inside": (lambda: v(jax.grad(custom))(X)),
    "custom derivative, gradient outside": (lambda: jax.grad(sums(v(custom)))(X)),
    "checkpoint, gradient inside": (lambda: v(jax.grad(jax.checkpoint(weighted)))(X)),
    "axis size as an option": (lambda: jax.vmap(lambda x: x + lax.axis_index("i"), axis_name="i", axis_size=4, in_axes=None)(1.0)),
}


def plain(tree):
    return [jnp.asarray(leaf).tolist() for leaf in jax.tree.leaves(tree)]


out = {
    "header": {"program": f"jax {jax.__version__}", "python": sys.version.split()[0],
               "command": "python test/golden/make/collectives.py", "date": "2026-11-30"},
    "inputs": {"X": X.tolist(), "M": M.tolist(), "C": C.tolist()},
    "cases": {name: plain(make()) for name, make in CASES.items()},
}
path = os.path.join(os.path.dirname(__file__), "..", "data", "collectives.json")
with open(path, "w") as file:
    json.dump(out, file)
    file.write("\n")
