"""PyTorch's optimizers in float64: eight steps on one vector with the gradients sin(p + t) + 0.1 i, t from 1.

The cases are those whose equations are the same in optax; where epsilon stands at another place, it is 0 here.
"""
import json
import os

import torch
from torch import optim

START = [0.5, -1.25, 2.0, -0.125]
STEPS = 8
CASES = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "sgd with decay": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.05),
    "adam": lambda p: optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3),
    "adamw": lambda p: optim.AdamW(p, lr=0.05, weight_decay=0.1),
    "adamax": lambda p: optim.Adamax(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.1, initial_accumulator_value=0.3, eps=0),
    "adadelta": lambda p: optim.Adadelta(p, lr=1.0, rho=0.8, eps=1e-3),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.05, alpha=0.8, eps=1e-3),
    "rmsprop with momentum": lambda p: optim.RMSprop(p, lr=0.05, alpha=0.8, eps=1e-3, momentum=0.7),
    "rmsprop centred": lambda p: optim.RMSprop(p, lr=0.05, alpha=0.8, eps=1e-3, momentum=0.7, centered=True),
    "radam": lambda p: optim.RAdam(p, lr=0.05, eps=0),
    "radam early": lambda p: optim.RAdam(p, lr=0.05, betas=(0.9, 0.9), eps=0),
}


def run(make):
    p = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    opt = make([p])
    after = []
    for t in range(1, STEPS + 1):
        p.grad = torch.sin(p.detach() + t) + 0.1 * torch.arange(len(START), dtype=torch.float64)
        opt.step()
        after.append(p.detach().tolist())
    return after


header = {
    "program": f"torch {torch.__version__}",
    "command": "/usr/bin/python3 test/golden/make/torch-optimizers.py",
    "date": "2026-11-24",
    "seed": "none",
}
path = os.path.join(os.path.dirname(__file__), "..", "data", "torch-optimizers.json")
with open(path, "w") as f:
    cases = ",\n".join(f"    {json.dumps(k)}: {json.dumps(run(make))}" for k, make in CASES.items())
    f.write(f'{{\n  "header": {json.dumps(header)},\n  "start": {json.dumps(START)},\n  "cases": {{\n{cases}\n  }}\n}}\n')
