"""Nearest rows of an embedding by three metrics, by NumPy in float64: python3 test/golden/make/neighbours.py"""
import json
import os
from datetime import date

import numpy as np

SEED = 7
rng = np.random.default_rng(SEED)
embedding = rng.normal(size=(60, 8)).astype(np.float32)
prompt = np.concatenate([rng.normal(size=(4, 8)), 3 * embedding[[11]] + 0.01 * rng.normal(size=(1, 8))]).astype(np.float32)
K = 4

e, p = embedding.astype(np.float64), prompt.astype(np.float64)
cosine = (p @ e.T) / np.linalg.norm(p, axis=1)[:, None] / np.linalg.norm(e, axis=1)[None]
distance = np.linalg.norm(p[:, None] - e[None], axis=2)


def nearest(values, order):
    ids = np.argsort(order, axis=1, kind="stable")[:, :K]
    return {"ids": ids.ravel().tolist(), "scores": np.take_along_axis(values, ids, 1).ravel().tolist()}


golden = {
    "program": f"numpy {np.__version__}",
    "command": "python3 test/golden/make/neighbours.py",
    "date": str(date.today()),
    "seed": SEED,
    "k": K,
    "prompt": {"shape": list(prompt.shape), "data": prompt.ravel().tolist()},
    "embedding": {"shape": list(embedding.shape), "data": embedding.ravel().tolist()},
    "metrics": {
        "cosine": nearest(cosine, -cosine),
        "euclidean": nearest(distance, distance),
        "dot": nearest(p @ e.T, -(p @ e.T)),
    },
}
path = os.path.join(os.path.dirname(__file__), "..", "data", "neighbours.json")
with open(path, "w") as file:
    json.dump(golden, file)
    file.write("\n")
