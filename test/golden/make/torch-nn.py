"""PyTorch's layers, activations and losses in float64: results, and the gradients of sum(result * cos(1 + i)) for all inputs.

Inputs are written in PyTorch's layout; the test says how ours are made of them.
"""
import json
import os

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
CASES = {}


def tensor(*shape, scale=1.0, shift=0.0):
    return (torch.randn(*shape, dtype=torch.float64) * scale + shift).requires_grad_()


def stored(x):
    return {"shape": list(x.shape), "data": x.detach().reshape(-1).tolist()}


def add(name, f, **inputs):
    out = f(*inputs.values())
    outs = list(out) if isinstance(out, (tuple, list)) else [out]
    weights = [torch.cos(1 + torch.arange(o.numel(), dtype=torch.float64)).reshape(o.shape) for o in outs]
    real = {k: v for k, v in inputs.items() if v.requires_grad}
    grads = torch.autograd.grad(sum((o * w).sum() for o, w in zip(outs, weights)), list(real.values()), allow_unused=True)
    CASES[name] = {
        "inputs": {k: stored(v) for k, v in inputs.items()},
        "outs": [stored(o) for o in outs],
        "grads": {k: stored(g if g is not None else torch.zeros_like(v)) for (k, v), g in zip(real.items(), grads)},
    }


# PyTorch differentiates hardsigmoid and celu with constants in float32, so that they are written out here.
ACTIVATIONS = {
    "relu": F.relu, "relu6": F.relu6, "sigmoid": torch.sigmoid, "softplus": F.softplus, "softSign": F.softsign,
    "silu": F.silu, "logSigmoid": F.logsigmoid, "leakyRelu": lambda x: F.leaky_relu(x, 0.2),
    "hardSigmoid": lambda x: F.relu6(x + 3) / 6, "hardSilu": F.hardswish, "hardTanh": F.hardtanh, "elu": lambda x: F.elu(x, 0.7),
    "celu": lambda x: F.relu(x) + 0.7 * torch.expm1(-F.relu(-x) / 0.7), "selu": F.selu, "gelu": lambda x: F.gelu(x, approximate="tanh"),
    "gelu exact": F.gelu, "mish": F.mish,
}
for name, f in ACTIVATIONS.items():
    add(name, f, x=tensor(24, scale=3))
add("glu", lambda x: F.glu(x, 1), x=tensor(2, 6, 3))
add("softmax", lambda x: F.softmax(x, 1), x=tensor(2, 5, 3, scale=3))
add("logSoftmax", lambda x: F.log_softmax(x, -1), x=tensor(2, 5, scale=3))

add("dense", lambda x, w, b: F.linear(x, w, b), x=tensor(2, 3, 4), w=tensor(5, 4), b=tensor(5))
add("layerNorm", lambda x, w, b: F.layer_norm(x, [5], w, b, 1e-3), x=tensor(2, 3, 5, shift=1), w=tensor(5), b=tensor(5))
add("groupNorm", lambda x, w, b: F.group_norm(x, 3, w, b, 1e-3), x=tensor(2, 6, 2, 2, shift=1), w=tensor(6), b=tensor(6))
add("instanceNorm", lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=1e-3), x=tensor(2, 3, 2, 4), w=tensor(3), b=tensor(3))


def batch(x, w, b, mean, var):
    mean, var = mean.clone(), var.clone()
    y = F.batch_norm(x, mean, var, w, b, training=True, momentum=0.1, eps=1e-3)
    return y, mean, var


add("batchNorm train", batch, x=tensor(4, 3, 5, shift=1), w=tensor(3), b=tensor(3),
    mean=tensor(3).detach(), var=tensor(3).detach() ** 2)
add("batchNorm", lambda x, w, b, mean, var: F.batch_norm(x, mean, var, w, b, eps=1e-3), x=tensor(4, 3, 5), w=tensor(3),
    b=tensor(3), mean=tensor(3).detach(), var=tensor(3).detach() ** 2)


def attend(q, k, v, mask):
    """Over [batch, length, heads, features], as formulas."""
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    weights = torch.softmax(scores.masked_fill(mask == 0, -torch.inf), -1)
    return torch.einsum("bhqk,bkhd->bqhd", weights, v)


add("dotProductAttention", attend, q=tensor(2, 3, 2, 4), k=tensor(2, 5, 2, 4), v=tensor(2, 5, 2, 4),
    mask=(torch.rand(2, 1, 3, 5) > 0.3).double())


def mha(causal):
    def f(x, memory, win_q, win_k, win_v, b, wo, bo):
        t = lambda y: y.transpose(0, 1)
        mask = torch.triu(torch.ones(x.shape[1], memory.shape[1]), 1).bool() if causal else None
        y, _ = F.multi_head_attention_forward(
            t(x), t(memory), t(memory), x.shape[2], 2, None, b, None, None, False, 0.0, wo, bo, attn_mask=mask,
            use_separate_proj_weight=True, q_proj_weight=win_q, k_proj_weight=win_k, v_proj_weight=win_v)
        return t(y)
    return f


weights = lambda m: {"win_q": tensor(6, 6), "win_k": tensor(6, m), "win_v": tensor(6, m), "b": tensor(18), "wo": tensor(6, 6), "bo": tensor(6)}
add("multiHeadAttention", mha(False), x=tensor(2, 3, 6), memory=tensor(2, 4, 5), **weights(5))
x = tensor(2, 4, 6)
own = mha(True)
add("multiHeadAttention causal", lambda x, *w: own(x, x, *w), x=x, **weights(6))

cell = lambda f: lambda x, h, wi, wh, bi, bh: f(x, h, wi, wh, bi, bh)
add("simpleCell", cell(torch._VF.rnn_tanh_cell), x=tensor(2, 3), h=tensor(2, 4), wi=tensor(4, 3), wh=tensor(4, 4), bi=tensor(4), bh=tensor(4))
add("gruCell", cell(torch._VF.gru_cell), x=tensor(2, 3), h=tensor(2, 4), wi=tensor(12, 3), wh=tensor(12, 4), bi=tensor(12), bh=tensor(12))
add("lstmCell", lambda x, h, c, wi, wh, bi, bh: torch._VF.lstm_cell(x, (h, c), wi, wh, bi, bh), x=tensor(2, 3), h=tensor(2, 4),
    c=tensor(2, 4), wi=tensor(16, 3), wh=tensor(16, 4), bi=tensor(16), bh=tensor(16))

add("conv 1d", lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=1), x=tensor(2, 3, 7), w=tensor(4, 3, 3), b=tensor(4))
add("conv 2d", lambda x, w, b: F.conv2d(x, w, b, padding="same"), x=tensor(2, 3, 5, 4), w=tensor(2, 3, 3, 3), b=tensor(2))
add("conv dilated", lambda x, w, b: F.conv2d(x, w, b, dilation=(2, 1)), x=tensor(1, 2, 7, 4), w=tensor(3, 2, 3, 2), b=tensor(3))
add("conv grouped", lambda x, w, b: F.conv2d(x, w, b, groups=2), x=tensor(1, 4, 4, 4), w=tensor(6, 2, 2, 2), b=tensor(6))

add("convTranspose", lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2), x=tensor(1, 2, 3, 4), w=tensor(2, 3, 2, 2), b=tensor(3))

labels = torch.tensor([2, 0, 4, 1])
probabilities = torch.softmax(torch.randn(4, 5, dtype=torch.float64), -1)
signs = torch.tensor([1.0, 0, 1, 1, 0, 0, 1, 0], dtype=torch.float64)
add("softmaxCrossEntropy", lambda x, p: F.cross_entropy(x, p, reduction="none"), x=tensor(4, 5, scale=3), p=probabilities)
add("smoothed", lambda x, y: F.cross_entropy(x, y, reduction="none", label_smoothing=0.2), x=tensor(4, 5, scale=3), y=labels)
add("integer labels", lambda x, y: F.cross_entropy(x, y, reduction="none"), x=tensor(4, 5, scale=3), y=labels)
add("sigmoidBinaryCrossEntropy", lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="none"), x=tensor(8, scale=5), y=signs)
add("huberLoss", lambda x, y: F.huber_loss(x, y, reduction="none", delta=0.7), x=tensor(12), y=tensor(12))
add("squaredError", lambda x, y: F.mse_loss(x, y, reduction="none"), x=tensor(12), y=tensor(12))
add("cosineSimilarity", lambda x, y: F.cosine_similarity(x, y, -1), x=tensor(3, 4), y=tensor(3, 4))
add("klDivergence", lambda x, p: F.kl_div(x, p, reduction="none").sum(-1), x=tensor(4, 5), p=probabilities)
add("hingeLoss", lambda x, y: F.relu(1 - x * (2 * y - 1)), x=tensor(8), y=signs)

header = {
    "program": f"torch {torch.__version__}",
    "command": "/usr/bin/python3 test/golden/make/torch-nn.py",
    "date": "2026-11-24",
    "seed": 0,
}
path = os.path.join(os.path.dirname(__file__), "..", "data", "torch-nn.json")
with open(path, "w") as f:
    cases = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in CASES.items())
    f.write(f'{{\n  "header": {json.dumps(header)},\n  "cases": {{\n{cases}\n  }}\n}}\n')
