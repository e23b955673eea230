"""The tiny T5X checkpoint (shared/data/t5x/test_t5_1_1_tiny) run in float64, from its bytes to logits: what our model has to give with the
parameters that lib/io/t5x reads. A T5 1.1 written out after T5X's names and layouts.

    /usr/bin/python3 test/golden/make/t5x-forward.py
"""
import datetime
import json
import math
import os

import torch

from t5_positions import bucket
from t5x_read import tiny_arrays

W = {name: torch.tensor(array.copy()).double() for name, array in tiny_arrays().items()}
INPUTS = torch.tensor([[5, 9, 3000, 32099, 1, 0, 0], [7, 2, 15, 31999, 4, 12, 1]])
TARGETS = torch.tensor([[8, 700, 1, 0], [32099, 9, 13, 1]])
IDS = [0, 1, 2, 700, 5000, 32099, 32127]
HEADS, BUCKETS = W["encoder/relpos_bias/rel_embedding"].shape
FAR = 128


def bias(stack, queries, keys):
    both_ways = stack == "encoder"
    ids = [[bucket(k - q, both_ways, BUCKETS, FAR) for k in range(keys)] for q in range(queries)]
    return W[f"{stack}/relpos_bias/rel_embedding"][:, torch.tensor(ids)]


def norm(x, name):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * W[f"{name}/scale"]


def attend(name, x, y, mask, position):
    batch = x.shape[0]
    q, k, v = (
        (z @ W[f"{name}/{part}/kernel"]).reshape(batch, z.shape[1], HEADS, -1).transpose(1, 2)
        for z, part in ((x, "query"), (y, "key"), (y, "value"))
    )
    scores = (q @ k.transpose(-1, -2) + position).masked_fill(~mask, -1e30)  # T5 divides by no square root
    mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(batch, x.shape[1], -1)
    return mixed @ W[f"{name}/out/kernel"]


def feed(name, x):
    a = x @ W[f"{name}/wi_0/kernel"]
    gate = 0.5 * a * (1 + torch.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3)))
    return (gate * (x @ W[f"{name}/wi_1/kernel"])) @ W[f"{name}/wo/kernel"]


def layers(stack):
    return [f"{stack}/layers_{i}" for i in range(len({n.split("/")[1] for n in W if n.startswith(f"{stack}/layers_")}))]


def forward():
    table = W["token_embedder/embedding"]
    seen = (INPUTS > 0)[:, None, None, :]
    x = table[INPUTS]
    for at in layers("encoder"):
        y = norm(x, f"{at}/pre_attention_layer_norm")
        x = x + attend(f"{at}/attention", y, y, seen, bias("encoder", x.shape[1], x.shape[1]))
        x = x + feed(f"{at}/mlp", norm(x, f"{at}/pre_mlp_layer_norm"))
    encoded = norm(x, "encoder/encoder_norm")

    length = TARGETS.shape[1]
    past = torch.tril(torch.ones(length, length, dtype=torch.bool))
    x = table[torch.cat([torch.zeros(len(TARGETS), 1, dtype=torch.long), TARGETS[:, :-1]], 1)]
    for at in layers("decoder"):
        y = norm(x, f"{at}/pre_self_attention_layer_norm")
        x = x + attend(f"{at}/self_attention", y, y, past, bias("decoder", length, length))
        y = norm(x, f"{at}/pre_cross_attention_layer_norm")
        x = x + attend(f"{at}/encoder_decoder_attention", y, encoded, seen, 0)
        x = x + feed(f"{at}/mlp", norm(x, f"{at}/pre_mlp_layer_norm"))
    return encoded, norm(x, "decoder/decoder_norm") @ W["decoder/logits_dense/kernel"]


encoded, logits = forward()
real = TARGETS > 0
nll = -torch.log_softmax(logits, -1).gather(-1, TARGETS[..., None])[..., 0]
result = {
    "header": {
        "program": f"torch {torch.__version__}",
        "command": "/usr/bin/python3 test/golden/make/t5x-forward.py",
        "date": str(datetime.date.today()),
        "seed": None,
    },
    "inputs": INPUTS.tolist(),
    "targets": TARGETS.tolist(),
    "encoded": encoded.tolist(),
    "ids": IDS,
    "logits": logits[..., IDS].tolist(),
    "logSumExp": torch.logsumexp(logits, -1).tolist(),
    "loss": float(nll[real].mean()),
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/t5x-forward.json")
with open(path, "w") as out:
    rows = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in result.items())
    out.write(f"{{\n{rows}\n}}\n")
