"""Hugging Face directories and PEFT adapters, written by hand with torch, struct and json: what lib/io has to find in them.

The files are as transformers and PEFT lay them out: names and [out, in] kernels of PyTorch, a header of safetensors sorted by element type and
name and padded with spaces, shards with an index. Expected values are torch's, by the paths of our trees.
Format: https://github.com/huggingface/safetensors#format

    /usr/bin/python3 test/golden/make/huggingface.py
"""
import base64
import json
import os
import struct
import sys

import torch

ROOT = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(3)
D, H, K, F, V, BUCKETS, LAYERS = 4, 2, 3, 5, 7, 32, {"encoder": 2, "decoder": 1}
NAMES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}
WIDTHS = {"F32": 4, "BF16": 2, "F16": 2}


def raw(x):
    x = x.contiguous()
    return (x if x.dtype == torch.float32 else x.view(torch.int16)).numpy().tobytes()


def safetensors(tensors):
    """Larger elements first, then by name, as the library sorts them."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, x in sorted(tensors.items(), key=lambda item: (-WIDTHS[NAMES[item[1].dtype]], item[0])):
        bytes_ = raw(x)
        header[name] = {"dtype": NAMES[x.dtype], "shape": list(x.shape), "data_offsets": [len(data), len(data) + len(bytes_)]}
        data += bytes_
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def parameters(gated, tied, per_layer):
    """(Hugging Face's name, ours, shape in PyTorch, whether ours is transposed)."""
    yield "shared.weight", "tokenEmbedder.embedding", (V, D), False
    for stack, layers in LAYERS.items():
        parts = [("preSelfAttentionLayerNorm", "SelfAttention", "selfAttention"), ("preCrossAttentionLayerNorm", "EncDecAttention", "encoderDecoderAttention")]
        parts = [("preAttentionLayerNorm", "SelfAttention", "attention")] if stack == "encoder" else parts
        for i in range(layers):
            theirs, ours = f"{stack}.block.{i}.layer", f"{stack}.layers[{i}]"
            for n, (norm, module, name) in enumerate(parts):
                yield f"{theirs}.{n}.layer_norm.weight", f"{ours}.{norm}.scale", (D,), False
                for a, b in zip("qkv", ("query", "key", "value")):
                    yield f"{theirs}.{n}.{module}.{a}.weight", f"{ours}.{name}.{b}.kernel", (H * K, D), True
                yield f"{theirs}.{n}.{module}.o.weight", f"{ours}.{name}.out.kernel", (D, H * K), True
            last = len(parts)
            yield f"{theirs}.{last}.layer_norm.weight", f"{ours}.preMlpLayerNorm.scale", (D,), False
            for a, b in (("wi_0", "wi0"), ("wi_1", "wi1")) if gated else (("wi", "wi"),):
                yield f"{theirs}.{last}.DenseReluDense.{a}.weight", f"{ours}.mlp.{b}.kernel", (F, D), True
            yield f"{theirs}.{last}.DenseReluDense.wo.weight", f"{ours}.mlp.wo.kernel", (D, F), True
            if per_layer or i == 0:
                path = f"{ours}.relposBias.relEmbedding" if per_layer else f"{stack}.relposBias.relEmbedding"
                yield f"{theirs}.0.SelfAttention.relative_attention_bias.weight", path, (BUCKETS, H), True
        yield f"{stack}.final_layer_norm.weight", f"{stack}.{stack}Norm.scale", (D,), False
    if not tied:
        yield "lm_head.weight", "decoder.logitsDense.kernel", (V, D), True


def config(model_type, gated, tied):
    return {
        "architectures": [f"{model_type.upper()}ForConditionalGeneration"], "d_ff": F, "d_kv": K, "d_model": D, "decoder_start_token_id": 0,
        "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "gated-gelu" if gated else "relu", "initializer_factor": 1.0,
        "is_encoder_decoder": True, "layer_norm_epsilon": 1e-06, "model_type": model_type, "num_decoder_layers": LAYERS["decoder"],
        "num_heads": H, "num_layers": LAYERS["encoder"], "output_past": True, "pad_token_id": 0, "relative_attention_num_buckets": BUCKETS,
        "tie_word_embeddings": tied, "torch_dtype": "float32", "transformers_version": "4.31.0", "use_cache": True, "vocab_size": V,
    }


def expected(x, transposed):
    x = (x.T if transposed else x).float()
    return {"shape": list(x.shape), "data": [float(v) for v in x.reshape(-1)]}


def encoded(files):
    return {name: base64.b64encode(data).decode() for name, data in files.items()}


def model(model_type, dtype, shards=1, gated=True, tied=False, copies=(), keep=(), said=None):
    """`said`: changes of the configuration; `copies`: other names that tied tensors are stored under too; `keep`: ends of names that stay float32, as norms in mixed checkpoints."""
    tensors, params = {}, {}
    for theirs, ours, shape, transposed in parameters(gated, tied, model_type == "umt5"):
        x = torch.randn(*shape) * torch.randn(()).exp()
        x = x if theirs.endswith(tuple(keep)) and keep else x.to(dtype)
        tensors[theirs], params[ours] = x, expected(x, transposed)
    for name in copies:
        tensors[name] = tensors["shared.weight"]
    files = {"config.json": json.dumps(config(model_type, gated, tied) | (said or {}), indent=2).encode()}
    stored = {"stored": "float32" if keep else str(dtype).removeprefix("torch.")}
    if shards == 1:
        return stored | {"files": encoded(files | {"model.safetensors": safetensors(tensors)}), "params": params}
    names = list(tensors)
    weight_map = {name: f"model-{i * shards // len(names) + 1:05}-of-{shards:05}.safetensors" for i, name in enumerate(names)}
    for file in sorted(set(weight_map.values())):
        files[file] = safetensors({name: tensors[name] for name in names if weight_map[name] == file})
    total = sum(x.numel() * x.element_size() for x in tensors.values())
    files["model.safetensors.index.json"] = json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=2).encode()
    return stored | {"files": encoded(files), "params": params}


def adapter(rows, name="prompt_embeddings", dtype=torch.float32, **changes):
    prompt = torch.randn(rows, D).to(dtype)
    settings = {
        "auto_mapping": None, "base_model_name_or_path": "google/t5-base-lm-adapt", "inference_mode": True, "num_attention_heads": 12,
        "num_layers": 12, "num_transformer_submodules": 2, "num_virtual_tokens": 3, "peft_type": "PROMPT_TUNING",
        "prompt_tuning_init": "RANDOM", "prompt_tuning_init_text": None, "revision": None, "task_type": "SEQ_2_SEQ_LM", "token_dim": D,
        "tokenizer_name_or_path": None,
    } | changes
    files = {"adapter_config.json": json.dumps(settings, indent=2).encode(), "adapter_model.safetensors": safetensors({name: prompt})}
    return {"files": encoded(files), "prompt": expected(prompt[:3], False), "unusedRows": rows - 3}


golden = {
    "header": {"program": f"torch {torch.__version__}", "python": sys.version.split()[0],
               "command": "/usr/bin/python3 test/golden/make/huggingface.py", "date": "2026-11-24", "seed": 3},
    "models": {
        "T5 1.1 in bfloat16, three shards": model("t5", torch.bfloat16, shards=3),
        "mT5 in float16": model("mt5", torch.float16),
        "UMT5 in bfloat16, two shards": model("umt5", torch.bfloat16, shards=2),
        "T5 1.0 with its copies of the embedding": model("t5", torch.float32, gated=False, tied=True,
                                                        copies=("encoder.embed_tokens.weight", "decoder.embed_tokens.weight")),
        "bfloat16 with some float32": model("t5", torch.bfloat16, keep=("wo.weight", "layer_norm.weight")),
        # transformers 5 says of all that embeddings are tied: configuration_t5.py and configuration_umt5.py, __post_init__.
        "T5 1.1 of transformers 5": model("t5", torch.float32, said={"tie_word_embeddings": True, "scale_decoder_outputs": False}),
        "T5 1.0 of transformers 5": model("t5", torch.float32, gated=False, tied=True, said={"scale_decoder_outputs": True}),
        "mT5 of transformers 5": model("mt5", torch.float32, said={"tie_word_embeddings": True}),
        "UMT5 of transformers 5": model("umt5", torch.float32, said={"tie_word_embeddings": True}),
    },
    "adapters": {
        "rows for encoder and decoder": adapter(6),
        "one submodule": adapter(3, num_transformer_submodules=1),
        "an older configuration": adapter(6, num_transformer_submodules=None),
        "in bfloat16": adapter(6, dtype=torch.bfloat16),
    },
}
with open(os.path.join(ROOT, "../data/huggingface.json"), "w") as out:
    sections = [f'"header": {json.dumps(golden["header"])}']
    for key in ("models", "adapters"):
        lines = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in golden[key].items())
        sections.append(f'"{key}": {{\n{lines}\n  }}')
    out.write("{\n  " + ",\n  ".join(sections) + "\n}\n")
