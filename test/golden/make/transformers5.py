"""Folders that transformers 5 itself saved, with the logits that it gives: tied and untied, scaled and not, float32 and bfloat16, in one file and in shards.

transformers 5 ties the embeddings of every new T5, also of those that do not scale the decoder's results, and writes `tie_word_embeddings: true`
for all; an output layer of its own is told by its tensor.

    python3 -m venv env && env/bin/pip install transformers==5.24.0 torch
    env/bin/python test/golden/make/transformers5.py
"""
import base64
import json
import os
import sys
import tempfile

import torch
import transformers
from transformers import MT5Config, MT5ForConditionalGeneration, T5Config, T5ForConditionalGeneration, UMT5Config, UMT5ForConditionalGeneration

ROOT = os.path.dirname(os.path.abspath(__file__))
SIZES = {"vocab_size": 32, "d_model": 32, "d_kv": 4, "d_ff": 16, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 2, "relative_attention_num_buckets": 8}
T5, MT5, UMT5 = (T5Config, T5ForConditionalGeneration), (MT5Config, MT5ForConditionalGeneration), (UMT5Config, UMT5ForConditionalGeneration)
GATED = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
INPUTS = [[5, 9, 30, 17, 1, 0], [3, 3, 31, 2, 12, 1]]
TARGETS = [[7, 21, 1], [30, 4, 1]]


def model(kind, settings, own_head, dtype, shards):
    config, make = kind
    net = make(config(**SIZES, **settings)).eval()
    with torch.no_grad():
        for name, x in net.named_parameters():
            # Fresh norms are all one, and fresh kernels so small that a wrong one would hardly be seen.
            x.copy_(1 + 0.3 * torch.randn_like(x) if "layer_norm" in name else torch.randn_like(x) * (1 if x.shape[0] == SIZES["vocab_size"] else 0.3))
    if own_head:
        net.lm_head.weight = torch.nn.Parameter(torch.randn_like(net.shared.weight))
    with tempfile.TemporaryDirectory() as folder:
        net.to(dtype).save_pretrained(folder, max_shard_size="16KB" if shards else "5GB")
        files = {name: open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder))}
        back = make.from_pretrained(folder, dtype=torch.float32).eval()
    back.config.decoder_start_token_id = 0
    inputs = torch.tensor(INPUTS)
    with torch.no_grad():
        logits = back(input_ids=inputs, attention_mask=(inputs != 0).long(), labels=torch.tensor(TARGETS)).logits
    return {
        "stored": str(dtype).removeprefix("torch."), "tied": not own_head, "scaled": bool(getattr(back.config, "scale_decoder_outputs", False)),
        "files": {name: base64.b64encode(data).decode() for name, data in files.items()},
        "logits": [round(float(x), 7) for x in logits.reshape(-1)],
    }


def other_ids():
    """A T5 whose padding is not 0, and targets of -100."""
    config, make = T5
    special = {"pad_token_id": 3, "eos_token_id": 2, "decoder_start_token_id": 5}
    net = make(config(**SIZES, **GATED, **special)).eval()
    with torch.no_grad():
        for name, x in net.named_parameters():
            x.copy_(1 + 0.3 * torch.randn_like(x) if "layer_norm" in name else torch.randn_like(x) * 0.3)
    inputs = torch.tensor([[0, 9, 30, 0, 2, 3, 3], [7, 1, 31, 6, 12, 4, 2]])
    targets = torch.tensor([[7, 0, 2, -100], [30, 4, 1, 2]])
    with tempfile.TemporaryDirectory() as folder:
        net.to(torch.bfloat16).save_pretrained(folder)
        files = {name: open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder))}
        back = make.from_pretrained(folder, dtype=torch.float32).eval()
    mask = (inputs != 3).long()
    with torch.no_grad():
        out = back(input_ids=inputs, attention_mask=mask, labels=targets)
        written = back.generate(input_ids=inputs, attention_mask=mask, max_new_tokens=6, num_beams=1, do_sample=False)
    return {
        "files": {name: base64.b64encode(data).decode() for name, data in files.items()}, "special": special,
        "inputs": inputs.tolist(), "targets": targets.tolist(), "loss": float(out.loss),
        "logits": [round(float(x), 7) for x in out.logits.reshape(-1)], "written": written.tolist(),
    }


transformers.logging.set_verbosity_error()
torch.manual_seed(5)
f32, bf16 = torch.float32, torch.bfloat16
models = {
    "T5 1.0, tied": model(T5, {}, False, f32, False),
    "T5 1.0, tied, bfloat16 in shards": model(T5, {}, False, bf16, True),
    "T5 1.0 with an output layer of its own": model(T5, {}, True, bf16, False),
    "T5 1.1, tied": model(T5, GATED, False, f32, True),
    "T5 1.1, tied, bfloat16": model(T5, GATED, False, bf16, False),
    "T5 1.1, untied": model(T5, GATED, True, f32, False),
    "T5 1.1, untied, bfloat16 in shards": model(T5, GATED, True, bf16, True),
    "mT5, tied": model(MT5, {}, False, f32, False),
    "mT5, tied, bfloat16 in shards": model(MT5, {}, False, bf16, True),
    "mT5, untied": model(MT5, {}, True, f32, True),
    "mT5, untied, bfloat16": model(MT5, {}, True, bf16, False),
    "UMT5, tied": model(UMT5, {}, False, bf16, False),
    "UMT5, untied": model(UMT5, {"tie_word_embeddings": False}, True, bf16, False),
}
ids = other_ids()
header = {"program": f"transformers {transformers.__version__}, torch {torch.__version__}", "python": sys.version.split()[0],
          "command": "env/bin/python test/golden/make/transformers5.py", "seed": 5}
with open(os.path.join(ROOT, "../data/transformers5.json"), "w") as out:
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in models.items())
    about = f'  "header": {json.dumps(header)},\n  "inputs": {json.dumps(INPUTS)},\n  "targets": {json.dumps(TARGETS)},\n'
    out.write(f'{{\n{about}  "models": {{\n{lines}\n  }},\n  "ids": {json.dumps(ids)}\n}}\n')
