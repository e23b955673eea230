"""Trajectories of optax's L-BFGS and its zoom line search, in float64."""
import json
import os
import sys

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
import optax


def rosenbrock(p):
    return (1 - p["x"]) ** 2 + 100 * (p["y"] - p["x"] ** 2) ** 2


def quadratic(p):
    scales = jnp.array([1.0, 10.0, 100.0, 1000.0])
    return 0.5 * jnp.sum(scales * (p["a"] - jnp.arange(4.0)) ** 2) + 3 * jnp.sum(p["b"] ** 2)


def logistic(p):
    x = jnp.array([[1.0, 2.0], [-1.5, 0.5], [0.25, -2.0], [2.0, 1.0], [-0.5, -0.75]])
    y = jnp.array([1.0, -1.0, -1.0, 1.0, 1.0])
    return jnp.sum(jnp.log1p(jnp.exp(-y * (x @ p["w"] + p["c"])))) + 0.05 * jnp.sum(p["w"] ** 2)


def domain(p):
    return jnp.where(p["x"] > 0, p["x"] - jnp.log(p["x"]), jnp.nan)


FUNCTIONS = {"rosenbrock": rosenbrock, "quadratic": quadratic, "logistic": logistic, "domain": domain}
STARTS = {
    "rosenbrock": {"x": -1.2, "y": 1.0},
    "quadratic": {"a": [3.0, -1.0, 2.5, 0.5], "b": [[1.0, -2.0]]},
    "logistic": {"w": [0.0, 0.0], "c": 0.5},
    "domain": {"x": 3.5},
}
ZOOM = optax.scale_by_zoom_linesearch
CASES = {
    "lbfgs": (lambda: optax.lbfgs(), ["rosenbrock", "quadratic", "logistic", "domain"]),
    "memory of 2": (lambda: optax.lbfgs(memory_size=2), ["rosenbrock", "quadratic"]),
    "without scaling": (lambda: optax.lbfgs(scale_init_precond=False), ["rosenbrock", "logistic"]),
    "without a search": (lambda: optax.lbfgs(learning_rate=0.5, linesearch=None), ["logistic", "quadratic"]),
    "rate": (lambda: optax.lbfgs(learning_rate=0.3), ["logistic", "rosenbrock"]),
    "descent, keep": (lambda: optax.chain(optax.sgd(1.0), ZOOM(15)), ["quadratic", "rosenbrock", "domain"]),
    "descent, bound": (lambda: optax.chain(optax.sgd(1.0), ZOOM(15, max_learning_rate=0.01, initial_guess_strategy="one")), ["quadratic", "rosenbrock"]),
    "strict": (lambda: optax.lbfgs(linesearch=ZOOM(6, curv_rtol=0.01, slope_rtol=0.2, approx_dec_rtol=None, increase_factor=3.0, tol=1e-3, stepsize_precision=1e-2, initial_guess_strategy="one")), ["rosenbrock", "logistic", "quadratic"]),
}
STEPS = 12


def flat(tree):
    return {k: np.asarray(v).ravel().tolist() for k, v in tree.items()}


cases = []
for name, (make, functions) in CASES.items():
    for function in functions:
        f, tx = FUNCTIONS[function], make()
        params = {k: jnp.asarray(v, jnp.float64) for k, v in STARTS[function].items()}
        state = tx.init(params)
        steps = []
        for _ in range(STEPS):
            value, grad = jax.value_and_grad(f)(params)
            updates, state = tx.update(grad, state, params, value=value, grad=grad, value_fn=f)
            params = optax.apply_updates(params, updates)
            rate = optax.tree.get(state, "learning_rate")
            count = optax.tree.get(state, "num_linesearch_steps")
            steps.append({"params": flat(params), "rate": None if rate is None else float(rate), "evaluations": None if count is None else int(count)})
        cases.append({"name": name, "function": function, "steps": steps})
out = {
    "header": {"program": f"optax {optax.__version__} on jax {jax.__version__}", "python": sys.version.split()[0],
               "command": "python test/golden/make/lbfgs.py", "date": "2026-11-30"},
    "starts": STARTS,
    "cases": cases,
}
with open(os.path.join(os.path.dirname(__file__), "..", "data", "lbfgs.json"), "w") as file:
    file.write(json.dumps(out).replace('{"name"', '\n{"name"') + "\n")
print(len(cases), "cases")
