"""Checkpoints as TensorFlow's Saver (version 2) writes them for Mesh TensorFlow's T5, by hand: a table of LevelDB and data files.

Written after LevelDB's table_format.md and TensorFlow's tensor_bundle.proto; there was no TensorFlow to write them.

    /usr/bin/python3 test/golden/make/meshtf.py
"""
import base64
import datetime
import json
import os
import struct
import sys

import numpy as np

ROOT = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(11)

# CRC-32C, bit by bit


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def mask(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


# Protocol buffers


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def integer(field, n):
    return b"" if n == 0 else varint(field << 3) + varint(n)


def nested(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def shape_proto(shape):
    return b"".join(nested(2, integer(1, size)) for size in shape)


DTYPES = {"float32": 1, "int64": 9, "bfloat16": 14, "float16": 19}


def entry_proto(dtype, shape, shard, offset, data):
    return (integer(1, DTYPES[dtype]) + nested(2, shape_proto(shape)) + integer(3, shard) + integer(4, offset)
            + integer(5, len(data)) + varint(6 << 3 | 5) + struct.pack("<I", mask(crc32c(data))))


# The table


def block(entries, interval=16):
    out, restarts, last = b"", [], b""
    for i, (key, value) in enumerate(entries):
        shared = 0
        if i % interval == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    restarts = restarts or [0]
    return out + b"".join(struct.pack("<I", r) for r in restarts) + struct.pack("<I", len(restarts))


def table(entries, per_block):
    out, index = b"", []

    def add(data):
        nonlocal out
        handle = varint(len(out)) + varint(len(data))
        out += data + b"\0" + struct.pack("<I", mask(crc32c(data + b"\0")))
        return handle

    for i in range(0, len(entries), per_block):
        part = entries[i:i + per_block]
        index.append((part[-1][0], add(block(part))))
    footer = add(block([])) + add(block(index, 1))
    return out + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


# T5's variables


def variables(d, heads, k, f, vocab, gated, norm, apart):
    """Mesh TensorFlow's names and shapes, with T5X's."""
    def attention(theirs, ours):
        for a, b in (("q", "query"), ("k", "key"), ("v", "value")):
            yield f"{theirs}/{a}", ((d, heads, k) if apart else (d, heads * k)), f"{ours}/{b}/kernel", (d, heads * k)
        yield f"{theirs}/o", ((heads, k, d) if apart else (heads * k, d)), f"{ours}/out/kernel", (heads * k, d)

    def mlp(theirs, ours):
        for wi in ("wi_0", "wi_1") if gated else ("wi",):
            yield f"{theirs}/{wi}/kernel", (d, f), f"{ours}/{wi}/kernel", (d, f)
        yield f"{theirs}/wo/kernel", (f, d), f"{ours}/wo/kernel", (f, d)

    yield "shared/embedding", (vocab, d), "token_embedder/embedding", (vocab, d)
    if gated:
        yield "decoder/logits/kernel", (d, vocab), "decoder/logits_dense/kernel", (d, vocab)
    for stack, layers in (("encoder", 2), ("decoder", 1)):
        final = "final_layer_norm" if norm == "layer_norm" else norm
        yield f"{stack}/{final}/scale", (d,), f"{stack}/{stack}_norm/scale", (d,)
        bias = f"{stack}/block_000/layer_000/SelfAttention/relative_attention_bias"
        yield bias, (heads, 8), f"{stack}/relpos_bias/rel_embedding", (heads, 8)
        for i in range(layers):
            them, us = f"{stack}/block_{i:03}", f"{stack}/layers_{i}"
            own = "pre_attention_layer_norm" if stack == "encoder" else "pre_self_attention_layer_norm"
            norms = [own] + ["pre_cross_attention_layer_norm"] * (stack == "decoder") + ["pre_mlp_layer_norm"]
            for part, name in enumerate(norms):
                yield f"{them}/layer_{part:03}/{norm}/scale", (d,), f"{us}/{name}/scale", (d,)
            yield from attention(f"{them}/layer_000/SelfAttention", f"{us}/{'attention' if stack == 'encoder' else 'self_attention'}")
            if stack == "decoder":
                yield from attention(f"{them}/layer_001/EncDecAttention", f"{us}/encoder_decoder_attention")
            yield from mlp(f"{them}/layer_{len(norms) - 1:03}/DenseReluDense", f"{us}/mlp")


def stored(x, dtype):
    if dtype == "bfloat16":
        return (x.view(np.uint32) >> 16).astype("<u2").tobytes()
    return x.astype(dtype).tobytes()


def checkpoint(prefix, shards, dtype, step, per_block, **sizes):
    data, entries, expected = [b""] * shards, [], {}

    def put(name, shape, dtype, raw, shard):
        entries.append((name.encode(), entry_proto(dtype, shape, shard, len(data[shard]), raw)))
        data[shard] += raw

    for i, (name, shape, ours, our_shape) in enumerate(variables(**sizes)):
        x = rng.integers(-128, 128, shape).astype(np.float32) / 16  # exact in every element type
        put(name, shape, dtype, stored(x, dtype), i % shards)
        put(f"{name}_slot_v{'r' if len(shape) > 1 else ''}", shape[:1], "float32", np.ones(shape[:1], np.float32).tobytes(), 0)
        expected[ours] = {"shape": list(our_shape), "data": [float(v) for v in x.ravel()]}
    put("global_step", (), "int64", struct.pack("<q", step), shards - 1)
    header = integer(1, shards) + nested(3, integer(1, 1))
    files = {f"{prefix}.index": table([(b"", header)] + sorted(entries), per_block)}
    for i, raw in enumerate(data):
        files[f"{prefix}.data-{i:05}-of-{shards:05}"] = raw
    return {"step": step, "files": {k: base64.b64encode(v).decode() for k, v in files.items()}, "params": expected}


cases = {
    "T5 1.1 in two files": checkpoint("model.ckpt-1000000", 2, "float32", 1000000, 7,
                                      d=4, heads=2, k=3, f=5, vocab=7, gated=True, norm="layer_norm", apart=False),
    "T5 1.0 in bfloat16, heads apart": checkpoint("model.ckpt-999900", 1, "bfloat16", 999900, 1000,
                                                  d=4, heads=2, k=3, f=5, vocab=7, gated=False, norm="rms_norm", apart=True),
}
header = {"program": f"numpy {np.__version__}", "python": sys.version.split()[0],
          "command": "/usr/bin/python3 test/golden/make/meshtf.py", "date": str(datetime.date.today()), "seed": 11}
with open(os.path.join(ROOT, "../data/meshtf.json"), "w") as out:
    rows = ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in cases.items())
    out.write(f'{{\n  "header": {json.dumps(header)},\n  "cases": {{\n{rows}\n  }}\n}}\n')
