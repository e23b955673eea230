"""What JAX's debug.print prints under its transformations, line by line."""
import contextlib
import io
import json
import os
import sys

import jax
import jax.numpy as jnp
from jax import lax
from jax.debug import print as show

X = jnp.array([1.0, 2.0, 3.0], "float32")


def f(x):
    show("x = {}", x)
    y = jnp.sin(x) * x
    show("y = {y:.3f}, again {x:.1f}", y=y, x=x)
    return y


def turn(c, x):
    show("c = {} x = {}", c, x)
    return c + x, c * x


def chosen(x):
    return lax.cond(x > 1.5, lambda y: (show("large {}", y), y)[1], lambda y: (show("small {}", y), -y)[1], x)


def halved(x):
    return lax.while_loop(lambda c: c > 1, lambda c: (show("c = {}", c), c / 2)[1], x)


def unread(x):
    show("first {}", x)
    show("first {}", x)
    return 0.0 * x


CASES = {
    "eager": lambda: f(jnp.float32(2)),
    "array": lambda: show("a {} {}", X, jnp.arange(3)),
    "jit": lambda: [jax.jit(f)(jnp.float32(a)) for a in (2, 3)],
    "vmap": lambda: jax.vmap(f)(X),
    "vmap of what is the same for all": lambda: jax.vmap(lambda x: (show("n {}", jnp.float32(7)), x)[1])(X),
    "jit of vmap": lambda: jax.jit(jax.vmap(f))(X),
    "grad": lambda: jax.grad(f)(jnp.float32(2)),
    "jvp": lambda: jax.jvp(f, (jnp.float32(2),), (jnp.float32(1),)),
    "jit of grad of jit": lambda: jax.jit(jax.grad(jax.jit(f)))(jnp.float32(2)),
    "second derivative": lambda: jax.grad(jax.grad(f))(jnp.float32(2)),
    "scan": lambda: lax.scan(turn, jnp.float32(0), X),
    "jit of scan": lambda: jax.jit(lambda x: lax.scan(turn, jnp.float32(0), x))(X),
    "grad of scan": lambda: jax.grad(lambda x: lax.scan(turn, jnp.float32(1), x)[1].sum())(X),
    "cond": lambda: [chosen(jnp.float32(a)) for a in (1, 2)],
    "jit of cond": lambda: [jax.jit(chosen)(jnp.float32(a)) for a in (1, 2)],
    "grad of cond": lambda: jax.grad(chosen)(jnp.float32(2)),
    "while": lambda: halved(jnp.float32(4)),
    "jit of while": lambda: jax.jit(halved)(jnp.float32(4)),
    "unread": lambda: jax.jit(unread)(jnp.float32(2)),
}


def lines(run):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        jax.block_until_ready(run())
        jax.effects_barrier()
    return out.getvalue().splitlines()


out = {
    "header": {"program": f"jax {jax.__version__}", "python": sys.version.split()[0],
               "command": "python test/golden/make/debug_print.py", "date": "2026-11-30"},
    "cases": {name: lines(run) for name, run in CASES.items()},
}
path = os.path.join(os.path.dirname(__file__), "..", "data", "debug-print.json")
with open(path, "w") as file:
    json.dump(out, file, indent=1)
    file.write("\n")
