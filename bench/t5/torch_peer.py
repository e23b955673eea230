"""The benchmarks of T5 in PyTorch: the same model with the same weights. `torch_peer.py DIR TASK THREADS`, as peer.ts.

DIR holds size.json, weights.json (name -> shape, offset in elements), weights.bin (float32) and data.json, written by write-model.ts.
"""
import hashlib
import json
import math
import re
import resource
import sys
import time
from pathlib import Path

import torch

TURN_SECONDS = 0.25

folder, task, threads = Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
c = json.loads((folder / "size.json").read_text())
index = json.loads((folder / "weights.json").read_text())
flat = torch.from_file(str(folder / "weights.bin"), size=(folder / "weights.bin").stat().st_size // 4)
w = {name: flat[e["offset"] : e["offset"] + math.prod(e["shape"])].reshape(e["shape"]) for name, e in index.items()}
if task["bench"] == "weights":
    w = {name: x.clone().requires_grad_() for name, x in w.items()}
data = json.loads((folder / "data.json").read_text())
batch, length = c["batch"], c["input"] + c["prompt"]
inputs = torch.tensor(data["inputs"]).reshape(batch, c["input"])
causal = torch.triu(torch.full((c["target"], c["target"]), -1e10), 1)
buckets = {
    stack: torch.tensor(data[f"{stack}Buckets"]).reshape(n, n) for stack, n in (("enc", length), ("dec", c["target"]))
}


def biases():
    of = {stack: w[f"{stack}.bias"][:, places][None] for stack, places in buckets.items()}
    return {**of, "dec": of["dec"] + causal}


bias = biases()


def rms(x, scale):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * scale


def heads(x):
    return x.reshape(batch, -1, c["heads"], c["dkv"]).transpose(1, 2)


def key_value(name, x):
    return heads(x @ w[f"{name}.k"]), heads(x @ w[f"{name}.v"])


def attention(name, x, kv, position=None):
    key, value = kv
    scores = heads(x @ w[f"{name}.q"]) @ key.transpose(2, 3)
    weights = torch.softmax(scores if position is None else scores + position, -1)
    mixed = (weights @ value).transpose(1, 2).reshape(batch, x.shape[1], -1)
    return mixed @ w[f"{name}.o"]


def mlp(name, x):
    gate = torch.nn.functional.gelu(x @ w[f"{name}.wi0"], approximate="tanh")
    return (gate * (x @ w[f"{name}.wi1"])) @ w[f"{name}.wo"]


def encode(prompt):
    x = torch.cat([prompt[None].expand(batch, -1, -1), w["embedding"][inputs]], 1)
    for i in range(c["layers"]):
        y = rms(x, w[f"enc.{i}.norm1"])
        x = x + attention(f"enc.{i}.self", y, key_value(f"enc.{i}.self", y), bias["enc"])
        x = x + mlp(f"enc.{i}", rms(x, w[f"enc.{i}.norm3"]))
    encoded = rms(x, w["enc.norm"])
    return [key_value(f"dec.{i}.cross", encoded) for i in range(c["layers"])]


def decode(memory, ids, position, seen=lambda now, layer: now):
    y = w["embedding"][ids]
    for i in range(c["layers"]):
        z = rms(y, w[f"dec.{i}.norm1"])
        y = y + attention(f"dec.{i}.self", z, seen(key_value(f"dec.{i}.self", z), i), position)
        y = y + attention(f"dec.{i}.cross", rms(y, w[f"dec.{i}.norm2"]), memory[i])
        y = y + mlp(f"dec.{i}", rms(y, w[f"dec.{i}.norm3"]))
    return rms(y, w["dec.norm"]) @ w["head"]


prompt = torch.tensor(data["prompt"]).reshape(c["prompt"], c["d"])


def loss():
    targets = torch.tensor(data["targets"]).reshape(batch, c["target"])
    logits = decode(encode(prompt), torch.nn.functional.pad(targets[:, :-1], (1, 0)), bias["dec"])
    return torch.nn.functional.cross_entropy(logits.reshape(-1, c["vocab"]), targets.reshape(-1))


def step():
    prompt.requires_grad_().grad = None
    value = loss()
    value.backward()
    return {"loss": value.item(), "gradNorm": prompt.grad.norm().item()}


def weights():
    global bias
    bias = biases()
    for x in w.values():
        x.grad = None
    value = loss()
    value.backward()
    norm = torch.stack([x.grad.norm() for x in w.values()]).norm()
    return {"loss": value.item(), "gradNorm": norm.item()}


@torch.no_grad()
def forward():
    return {"loss": loss().item()}


@torch.no_grad()
def greedy():
    memory = encode(prompt)
    cache = [torch.empty(2, batch, c["heads"], c["target"], c["dkv"]) for _ in range(c["layers"])]
    ids = torch.zeros(batch, c["target"] + 1, dtype=torch.long)
    for n in range(c["target"]):

        def seen(now, layer):
            for kept, new in zip(cache[layer], now):
                kept[:, :, n] = new[:, :, 0]
            return cache[layer][:, :, :, : n + 1]

        logits = decode(memory, ids[:, n : n + 1], bias["dec"][:, :, n : n + 1, : n + 1], seen)
        ids[:, n + 1] = logits[:, 0].argmax(-1)
    text = ",".join(str(i) for i in ids[:, 1:].reshape(-1).tolist())
    return {"ids": hashlib.sha256(text.encode()).hexdigest()[:8]}


def blas():
    """Which library the products come from: the one that is mapped into this process."""
    mapped = re.findall(r"\S*(?:openblas|mkl)\S*\.so\S*", Path("/proc/self/maps").read_text())
    return next((f"{Path(path).parent.name}/{Path(path).name}" for path in mapped), "unknown")


def rounded(x):
    return float(f"{x:.4g}") if isinstance(x, float) else x


def say(line):
    print(json.dumps(line), flush=True)


run = {"step": step, "weights": weights, "forward": forward, "decode": greedy}[task["bench"]]
began = time.perf_counter()
outcome = run()
first = 1000 * (time.perf_counter() - began)
say({"version": f"torch {torch.__version__}", "blas": blas(), "firstMs": rounded(first), **{k: rounded(v) for k, v in outcome.items()}})
for _ in sys.stdin:
    times = []
    turn = time.perf_counter()
    while not times or time.perf_counter() - turn < TURN_SECONDS:
        began = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - began))
    say({"times": times})
say({"peakRssMB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)})
