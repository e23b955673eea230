"""The step benchmark in PyTorch: the same model with the same weights. `torch_peer.py DIR RUNS THREADS` prints one JSON line.

DIR holds size.json, weights.json (name -> shape, offset in elements), weights.bin (float32) and data.json, written by torch.ts.
"""
import json
import math
import resource
import sys
import time
from pathlib import Path

import torch

folder, runs, threads = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
c = json.loads((folder / "size.json").read_text())
index = json.loads((folder / "weights.json").read_text())
flat = torch.from_file(str(folder / "weights.bin"), size=(folder / "weights.bin").stat().st_size // 4)
w = {name: flat[e["offset"] : e["offset"] + math.prod(e["shape"])].reshape(e["shape"]) for name, e in index.items()}
data = json.loads((folder / "data.json").read_text())
batch, length = c["batch"], c["input"] + c["prompt"]
inputs = torch.tensor(data["inputs"]).reshape(batch, c["input"])
targets = torch.tensor(data["targets"]).reshape(batch, c["target"])
decoder_inputs = torch.nn.functional.pad(targets[:, :-1], (1, 0))
causal = torch.triu(torch.full((c["target"], c["target"]), -1e10), 1)
bias = {}
for stack, n in (("enc", length), ("dec", c["target"])):
    buckets = torch.tensor(data[f"{stack}Buckets"]).reshape(n, n)
    bias[stack] = w[f"{stack}.bias"][:, buckets][None]
bias["dec"] = bias["dec"] + causal


def rms(x, scale):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * scale


def heads(x):
    return x.reshape(batch, -1, c["heads"], c["dkv"]).transpose(1, 2)


def attention(name, x, kv, position=None):
    scores = heads(x @ w[f"{name}.q"]) @ heads(kv @ w[f"{name}.k"]).transpose(2, 3)
    weights = torch.softmax(scores if position is None else scores + position, -1)
    mixed = (weights @ heads(kv @ w[f"{name}.v"])).transpose(1, 2).reshape(batch, x.shape[1], -1)
    return mixed @ w[f"{name}.o"]


def mlp(name, x):
    gate = torch.nn.functional.gelu(x @ w[f"{name}.wi0"], approximate="tanh")
    return (gate * (x @ w[f"{name}.wi1"])) @ w[f"{name}.wo"]


def loss_of(prompt):
    x = torch.cat([prompt[None].expand(batch, -1, -1), w["embedding"][inputs]], 1)
    for i in range(c["layers"]):
        y = rms(x, w[f"enc.{i}.norm1"])
        x = x + attention(f"enc.{i}.self", y, y, bias["enc"])
        x = x + mlp(f"enc.{i}", rms(x, w[f"enc.{i}.norm3"]))
    encoded = rms(x, w["enc.norm"])
    y = w["embedding"][decoder_inputs]
    for i in range(c["layers"]):
        z = rms(y, w[f"dec.{i}.norm1"])
        y = y + attention(f"dec.{i}.self", z, z, bias["dec"])
        y = y + attention(f"dec.{i}.cross", rms(y, w[f"dec.{i}.norm2"]), encoded)
        y = y + mlp(f"dec.{i}", rms(y, w[f"dec.{i}.norm3"]))
    logits = rms(y, w["dec.norm"]) @ w["head"]
    return torch.nn.functional.cross_entropy(logits.reshape(-1, c["vocab"]), targets.reshape(-1))


prompt = torch.tensor(data["prompt"]).reshape(c["prompt"], c["d"]).requires_grad_()


def step():
    prompt.grad = None
    loss = loss_of(prompt)
    loss.backward()
    return loss.item(), prompt.grad.norm().item()


began = time.perf_counter()
loss, norm = step()
first = time.perf_counter() - began
times = []
for _ in range(runs):
    began = time.perf_counter()
    step()
    times.append(1000 * (time.perf_counter() - began))
times.sort()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps({
    "minMs": round(times[0], 2), "medianMs": round(times[len(times) // 2], 2), "firstMs": round(1000 * first, 1),
    "loss": float(f"{loss:.4g}"), "gradNorm": float(f"{norm:.4g}"), "peakMB": round(peak), "version": torch.__version__,
}))
