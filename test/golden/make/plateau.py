"""Scales of optax's reduce_on_plateau, by the losses it is given."""
import json
import os
import sys

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import optax

LOSSES = [3.0, 2.5, 2.5, 2.4999, 2.51, 2.6, 2.3, 2.31, 2.29, 2.29, 2.29, 2.29, 2.2, 2.2, 2.21, 2.19, 2.19, 2.19, 2.19, 2.5, 2.4, 2.19, 2.19, 1.0, 1.0, 1.0]
CASES = [
    {"patience": 2},
    {"patience": 3, "factor": 0.5, "cooldown": 2},
    {"patience": 1, "factor": 0.5, "min_scale": 0.1},
    {"patience": 2, "accumulation_size": 3},
    {"patience": 2, "rtol": 0.0, "atol": 0.05, "cooldown": 1},
    {"patience": 1, "rtol": 0.05, "factor": 0.9, "accumulation_size": 2, "cooldown": 1},
    {},
]
cases = []
for args in CASES:
    tx = optax.contrib.reduce_on_plateau(**args)
    params = jnp.array([1.0])
    state = tx.init(params)
    scales, counts = [], []
    for loss in LOSSES:
        updates, state = tx.update(jnp.array([1.0]), state, params, value=loss)
        scales.append(float(updates[0]))
        counts.append([int(state.plateau_count), int(state.cooldown_count), int(state.count)])
    cases.append({"args": args, "scales": scales, "counts": counts})
out = {
    "header": {"program": f"optax {optax.__version__} on jax {jax.__version__}", "python": sys.version.split()[0],
               "command": "python test/golden/make/plateau.py", "date": "2026-11-30"},
    "losses": LOSSES,
    "cases": cases,
}
path = os.path.join(os.path.dirname(__file__), "..", "data", "plateau.json")
with open(path, "w") as file:
    json.dump(out, file)
    file.write("\n")
