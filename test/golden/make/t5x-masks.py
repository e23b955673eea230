"""A T5 in float64 with T5X's masks written out: every mask, every multiplication by a logit mask, at every position, padding too.

After the text of Flaxformer (`t5_architecture.py`, `dense_attention.py`). Hugging Face's T5, which the other golden numbers come from,
does not mask padded queries. Weights are by the paths of our parameter trees.
"""
import json
import math
import os

import torch

torch.manual_seed(0)
B, T, S, P, D, H, K, F, L, V, BUCKETS, FAR = 4, 6, 5, 3, 8, 2, 3, 10, 2, 16, 8, 12

INPUTS = torch.tensor([[5, 9, 3, 1, 0, 0], [7, 2, 15, 11, 4, 1], [0, 0, 0, 0, 0, 0], [6, 0, 8, 1, 0, 0]])
TARGETS = torch.tensor([[8, 1, 0, 0, 0], [3, 9, 13, 12, 1], [4, 6, 1, 0, 0], [0, 0, 0, 0, 0]])


def normal(*shape, scale=0.3):
    return (torch.randn(*shape, dtype=torch.float64) * scale).float().double()


def weights(gated, tied):
    w = {"tokenEmbedder.embedding": normal(V, D, scale=1.0)}

    def attention(path):
        for name in ("query", "key", "value"):
            w[f"{path}.{name}.kernel"] = normal(D, H * K)
        w[f"{path}.out.kernel"] = normal(H * K, D)

    def scale(path):
        w[f"{path}.scale"] = (1 + normal(D, scale=0.2)).float().double()

    def mlp(path):
        for name in ("wi0", "wi1") if gated else ("wi",):
            w[f"{path}.{name}.kernel"] = normal(D, F)
        w[f"{path}.wo.kernel"] = normal(F, D)

    for i in range(L):
        scale(f"encoder.layers[{i}].preAttentionLayerNorm")
        attention(f"encoder.layers[{i}].attention")
        scale(f"encoder.layers[{i}].preMlpLayerNorm")
        mlp(f"encoder.layers[{i}].mlp")
        scale(f"decoder.layers[{i}].preSelfAttentionLayerNorm")
        attention(f"decoder.layers[{i}].selfAttention")
        scale(f"decoder.layers[{i}].preCrossAttentionLayerNorm")
        attention(f"decoder.layers[{i}].encoderDecoderAttention")
        scale(f"decoder.layers[{i}].preMlpLayerNorm")
        mlp(f"decoder.layers[{i}].mlp")
    for stack in ("encoder", "decoder"):
        w[f"{stack}.relposBias.relEmbedding"] = normal(H, BUCKETS)
        scale(f"{stack}.{stack}Norm")
    if not tied:
        w["decoder.logitsDense.kernel"] = normal(D, V)
    return w


def bucket(rel, bidirectional):
    n, ret, buckets = -rel, 0, BUCKETS
    if bidirectional:
        buckets //= 2
        ret = buckets if n < 0 else 0
        n = abs(n)
    else:
        n = max(n, 0)
    exact = buckets // 2
    if n < exact:
        return ret + n
    v = exact + int(math.log(n / exact + 2**-23) / math.log(FAR / exact) * (buckets - exact))
    return ret + min(v, buckets - 1)


def position(table, queries, keys, bidirectional):
    ids = torch.tensor([[bucket(j - i, bidirectional) for j in range(keys)] for i in range(queries)])
    return table[:, ids]


def rms(x, scale):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * scale


def attend(w, path, x, y, mask, bias):
    def heads(z, name):
        return (z @ w[f"{path}.{name}.kernel"]).reshape(B, -1, H, K)

    scores = torch.einsum("bqhk,bjhk->bhqj", heads(x, "query"), heads(y, "key")) + bias
    # In float32 a score disappears in the 1e10 that is added where the mask is 0; its gradient does not.
    scores = scores + torch.where(mask, torch.zeros_like(scores), (-1e10 - scores).detach())
    mixed = torch.einsum("bhqj,bjhk->bqhk", torch.softmax(scores, -1), heads(y, "value"))
    return mixed.reshape(B, -1, H * K) @ w[f"{path}.out.kernel"]


def feed(w, path, x, gated):
    if not gated:
        return torch.relu(x @ w[f"{path}.wi.kernel"]) @ w[f"{path}.wo.kernel"]
    a = x @ w[f"{path}.wi0.kernel"]
    gelu = 0.5 * a * (1 + torch.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3)))
    return (gelu * (x @ w[f"{path}.wi1.kernel"])) @ w[f"{path}.wo.kernel"]


def pairs(queries, keys):
    return queries[:, None, :, None] & keys[:, None, None, :]


def forward(w, prompt, gated, tied):
    table = w["tokenEmbedder.embedding"]
    faked = torch.cat([torch.ones(B, P, dtype=torch.long), INPUTS], 1)
    valid = faked > 0
    m = valid[:, :, None].double()
    x = torch.cat([prompt.expand(B, P, D), table[INPUTS]], 1)
    bias = position(w["encoder.relposBias.relEmbedding"], P + T, P + T, True)
    for i in range(L):
        at = f"encoder.layers[{i}]"
        y = rms(x, w[f"{at}.preAttentionLayerNorm.scale"]) * m
        x = x + attend(w, f"{at}.attention", y, y, pairs(valid, valid), bias)
        x = x + feed(w, f"{at}.mlp", rms(x, w[f"{at}.preMlpLayerNorm.scale"]) * m, gated)
    encoded = rms(x, w["encoder.encoderNorm.scale"]) * m

    read = torch.cat([torch.zeros(B, 1, dtype=torch.long), TARGETS[:, :-1]], 1)
    following = torch.cat([read[:, 1:], torch.zeros(B, 1, dtype=torch.long)], 1)
    first = torch.arange(S)[None] == 0
    logit_mask = (read > 0) | (following > 0) | first
    m = logit_mask[:, :, None].double()
    real = TARGETS > 0
    causal = torch.tril(torch.ones(S, S, dtype=torch.bool))
    own, cross = pairs(real, real) & causal, pairs(real, valid)
    bias = position(w["decoder.relposBias.relEmbedding"], S, S, False)
    x = table[read]
    for i in range(L):
        at = f"decoder.layers[{i}]"
        y = rms(x, w[f"{at}.preSelfAttentionLayerNorm.scale"]) * m
        x = x + attend(w, f"{at}.selfAttention", y, y, own, bias)
        y = rms(x, w[f"{at}.preCrossAttentionLayerNorm.scale"]) * m
        x = x + attend(w, f"{at}.encoderDecoderAttention", y, encoded, cross, 0)
        x = x + feed(w, f"{at}.mlp", rms(x, w[f"{at}.preMlpLayerNorm.scale"]) * m, gated)
    states = rms(x, w["decoder.decoderNorm.scale"]) * m
    logits = (states * D**-0.5) @ table.T if tied else states @ w["decoder.logitsDense.kernel"]
    return encoded, logits


def stored(x):
    return {"shape": list(x.shape), "data": [round(v, 9) for v in x.detach().reshape(-1).tolist()]}


cases = {}
for name, gated, tied in (("1.1", True, False), ("1.0", False, True)):
    w = weights(gated, tied)
    prompt = normal(P, D).requires_grad_()
    encoded, logits = forward(w, prompt, gated, tied)
    places = torch.cos(torch.arange(logits.numel(), dtype=torch.float64)).reshape(logits.shape)
    (gradient,) = torch.autograd.grad((logits * places).sum(), prompt)
    nll = -torch.log_softmax(logits, -1).gather(-1, TARGETS[..., None])[..., 0] * (TARGETS > 0)
    cases[name] = {
        "weights": {k: stored(v) for k, v in w.items()},
        "prompt": stored(prompt),
        "encoded": stored(encoded),
        "logits": stored(logits),
        "promptGradient": stored(gradient),
        "loss": float(nll.sum() / (TARGETS > 0).sum()),
    }

header = {
    "program": f"torch {torch.__version__}",
    "command": "/usr/bin/python3 test/golden/make/t5x-masks.py",
    "date": "2026-11-24",
    "seed": 0,
    "promptGradient": "of sum(logits * cos(i)), i the row-major index",
}
path = os.path.join(os.path.dirname(__file__), "..", "data", "t5x-masks.json")
with open(path, "w") as f:
    inputs, targets = json.dumps(INPUTS.tolist()), json.dumps(TARGETS.tolist())
    lines = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in cases.items())
    f.write(f'{{\n  "header": {json.dumps(header)},\n  "inputs": {inputs},\n  "targets": {targets},\n')
    f.write(f'  "cases": {{\n{lines}\n  }}\n}}\n')
