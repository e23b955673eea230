"""A small T5 whose layers each have a table of relative positions (UMT5, scalable T5): its weights, the same as T5X checkpoints of the networks
that stack the layers in one array (scan_layers), written by hand, and its numbers in float64.

`flaxformer`: `encoder/encoder/...`, second axis for the layer, heads and width apart. `scalable`: `encoder/layers/...`, `relative_posemb`.
`first axis`: the same, first axis for the layer, heads and width as one. `unrolled`: `encoder/layers_0/...` with heads apart.
Names and axes after T5X's examples/scalable_t5 and Flaxformer's testdata/encoder_scanned_per_layer_relpos_bias.json.

    /usr/bin/python3 test/golden/make/t5x-scan.py
"""
import base64
import gzip
import json
import math
import os
import struct
import sys

import numpy as np

from t5_positions import bucket
from t5x_write import ndarray, pack

ROOT = os.path.dirname(os.path.abspath(__file__))
D, H, K, F, V, BUCKETS, FAR, LAYERS = 7, 2, 3, 5, 16, 8, 12, {"encoder": 3, "decoder": 2}
INPUTS = np.array([[5, 9, 3, 1, 0, 0], [7, 2, 15, 11, 4, 1]])
TARGETS = np.array([[8, 3, 1, 0], [3, 9, 13, 1]])
rng = np.random.default_rng(11)


def normal(*shape, scale=0.3, mean=0.0):
    return (mean + scale * rng.standard_normal(shape)).astype(np.float32)


def attention():
    return {"query": normal(D, H, K), "key": normal(D, H, K), "value": normal(D, H, K), "out": normal(H, K, D)}


def layer(stack):
    own = ("pre_attention_layer_norm", "attention") if stack == "encoder" else ("pre_self_attention_layer_norm", "self_attention")
    parts = [own] + ([("pre_cross_attention_layer_norm", "encoder_decoder_attention")] if stack == "decoder" else [])
    w = {"relpos_bias/rel_embedding": normal(H, BUCKETS, scale=1.0)}
    for before, name in parts:
        w[f"{before}/scale"] = normal(D, scale=0.2, mean=1.0)
        w |= {f"{name}/{part}/kernel": x for part, x in attention().items()}
    w["pre_mlp_layer_norm/scale"] = normal(D, scale=0.2, mean=1.0)
    return w | {"mlp/wi_0/kernel": normal(D, F), "mlp/wi_1/kernel": normal(D, F), "mlp/wo/kernel": normal(F, D)}


STACKS = {stack: [layer(stack) for _ in range(n)] for stack, n in LAYERS.items()}
WHOLE = {"token_embedder/embedding": normal(V, D, scale=1.0), "decoder/logits_dense/kernel": normal(D, V)}
WHOLE |= {f"{s}/{s}_norm/scale": normal(D, scale=0.2, mean=1.0) for s in STACKS}


# The forward pass, float64

def bias(w, queries, keys, both_ways):
    ids = np.array([[bucket(k - q, both_ways, BUCKETS, FAR) for k in range(keys)] for q in range(queries)])
    return w["relpos_bias/rel_embedding"].astype(np.float64)[:, ids]


def norm(x, scale):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * scale


def attend(w, name, x, y, mask, position):
    q, k, v = (np.einsum("btd,dhk->bhtk", z, w[f"{name}/{part}/kernel"]) for z, part in ((x, "query"), (y, "key"), (y, "value")))
    scores = np.where(mask, q @ k.swapaxes(-1, -2) + position, -1e30)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.einsum("bhtk,hkd->btd", weights @ v, w[f"{name}/out/kernel"])


def feed(w, x):
    a = x @ w["mlp/wi_0/kernel"].astype(np.float64)
    gate = 0.5 * a * (1 + np.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3)))
    return (gate * (x @ w["mlp/wi_1/kernel"])) @ w["mlp/wo/kernel"]


def forward():
    table = WHOLE["token_embedder/embedding"].astype(np.float64)
    seen = (INPUTS > 0)[:, None, None, :]
    x = table[INPUTS]
    for w in STACKS["encoder"]:
        y = norm(x, w["pre_attention_layer_norm/scale"])
        x = x + attend(w, "attention", y, y, seen, bias(w, x.shape[1], x.shape[1], True))
        x = x + feed(w, norm(x, w["pre_mlp_layer_norm/scale"]))
    encoded = norm(x, WHOLE["encoder/encoder_norm/scale"])
    length = TARGETS.shape[1]
    read = np.concatenate([np.zeros((2, 1), int), TARGETS[:, :-1]], 1)
    causal = np.tril(np.ones((length, length), bool))
    x = table[read]
    for w in STACKS["decoder"]:
        y = norm(x, w["pre_self_attention_layer_norm/scale"])
        x = x + attend(w, "self_attention", y, y, causal, bias(w, length, length, False))
        y = norm(x, w["pre_cross_attention_layer_norm/scale"])
        x = x + attend(w, "encoder_decoder_attention", y, encoded, seen, 0)
        x = x + feed(w, norm(x, w["pre_mlp_layer_norm/scale"]))
    logits = norm(x, WHOLE["decoder/decoder_norm/scale"]) @ WHOLE["decoder/logits_dense/kernel"]
    return encoded, logits


# The checkpoints: MessagePack with small arrays in it, and Zarr folders for kernels

def zarr(x):
    """One chunk for each index of the first axis but the last, as a partitioned writer leaves them."""
    chunk = [max(1, x.shape[0] - 1), *x.shape[1:]]
    meta = {"chunks": chunk, "compressor": {"id": "gzip", "level": 1}, "dtype": "<f4", "fill_value": None, "filters": None,
            "order": "C", "shape": list(x.shape), "zarr_format": 2}
    files = {".zarray": json.dumps(meta).encode()}
    for i in range(-(-x.shape[0] // chunk[0])):
        part = np.zeros(chunk, "<f4")
        rows = x[i * chunk[0] : (i + 1) * chunk[0]]
        part[: len(rows)] = rows
        files[".".join([str(i)] + ["0"] * (x.ndim - 1))] = gzip.compress(part.tobytes(), 1, mtime=0)
    return files


def checkpoint(arrays):
    tree, files = {}, {}
    for name, x in arrays.items():
        at = tree
        *above, leaf = name.split("/")
        for key in above:
            at = at.setdefault(key, {})
        x = np.ascontiguousarray(x)
        if leaf != "kernel":
            at[leaf] = ndarray(x.shape, x.dtype.name, x.tobytes())
            continue
        folder = "target." + name.replace("/", ".")
        at[leaf] = {"driver": "zarr", "kvstore": {"driver": "file", "path": folder}, "metadata": {"shape": list(x.shape)}}
        files |= {f"{folder}/{k}": v for k, v in zarr(x).items()}
    state = {"step": ndarray([], "int32", struct.pack("<i", 7)), "param_states": {}}
    index = pack({"version": 3, "optimizer": {"state": state, "target": tree}})
    return {k: base64.b64encode(v).decode() for k, v in {"checkpoint": index, **files}.items()}


def joined(name, x):
    """Heads and their width as one axis."""
    if not name.endswith("/kernel") or name.startswith("mlp"):
        return x
    return x.reshape(H * K, D) if "/out/" in name else x.reshape(D, H * K)


def stacked(below, axis, table="relpos_bias", join=False):
    arrays = dict(WHOLE)
    for stack, layers in STACKS.items():
        for name in layers[0]:
            x = np.stack([joined(name, w[name]) if join else w[name] for w in layers], axis)
            arrays[f"{stack}/{below(stack)}/{name.replace('relpos_bias', table)}"] = x
    return checkpoint(arrays)


def unrolled():
    layers = {f"{stack}/layers_{i}/{k}": x for stack, ws in STACKS.items() for i, w in enumerate(ws) for k, x in w.items()}
    return checkpoint(WHOLE | {k.replace("relpos_bias", "relative_posemb"): x for k, x in layers.items()})


encoded, logits = forward()
nll = np.log(np.exp(logits).sum(-1)) - np.take_along_axis(logits, TARGETS[..., None], -1)[..., 0]
real = TARGETS > 0
header = {"program": f"numpy {np.__version__}", "python": sys.version.split()[0],
          "command": "/usr/bin/python3 test/golden/make/t5x-scan.py", "date": "2026-11-24", "seed": 11}
golden = {
    "header": header,
    "config": {"numHeads": H, "dKv": K, "relativeAttentionMaxDistance": FAR},
    "inputs": INPUTS.tolist(),
    "targets": TARGETS.tolist(),
    "encoded": np.round(encoded, 9).tolist(),
    "logits": np.round(logits, 9).tolist(),
    "loss": float((nll * real).sum() / real.sum()),
    "checkpoints": {
        "flaxformer": stacked(lambda stack: stack, 1),
        "scalable": stacked(lambda stack: "layers", 1, table="relative_posemb"),
        "first axis": stacked(lambda stack: stack, 0, join=True),
        "unrolled": unrolled(),
    },
}
with open(os.path.join(ROOT, "../data/t5x-scan.json"), "w") as out:
    lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in golden.items())
    out.write(f"{{\n{lines}\n}}\n")
