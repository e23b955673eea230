"""The tiny T5X checkpoint read by hand: MessagePack, gzip and json into numpy."""
import gzip
import itertools
import json
import os

import numpy as np

TINY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../shared/data/t5x/test_t5_1_1_tiny/checkpoint_3")
NUMPY = {"<f4": np.float32, "<i4": np.int32}


class Ext:
    def __init__(self, kind, data):
        self.kind, self.data = kind, data


def unpack(b, i=0):
    t = b[i]
    i += 1

    def many(n, i, pairs):
        out = []
        for _ in range(n * (2 if pairs else 1)):
            v, i = unpack(b, i)
            out.append(v)
        return (dict(zip(out[::2], out[1::2])) if pairs else out), i

    def size(width):
        return int.from_bytes(b[i:i + width], "big")

    if t < 0x80:
        return t, i
    if t < 0x90:
        return many(t & 15, i, True)
    if t < 0xA0:
        return many(t & 15, i, False)
    if t < 0xC0:
        n = t & 31
        return b[i:i + n].decode(), i + n
    if t == 0xC0:
        return None, i
    if t in (0xC2, 0xC3):
        return t == 0xC3, i
    if t in (0xC4, 0xC5, 0xC6):
        w = 1 << (t - 0xC4)
        n = size(w)
        return b[i + w:i + w + n], i + w + n
    if t in (0xC7, 0xC8, 0xC9):
        w = 1 << (t - 0xC7)
        n = size(w)
        return Ext(b[i + w], b[i + w + 1:i + w + 1 + n]), i + w + 1 + n
    if t in (0xCC, 0xCD, 0xCE, 0xCF):
        w = 1 << (t - 0xCC)
        return size(w), i + w
    if 0xD4 <= t <= 0xD8:
        n = 1 << (t - 0xD4)
        return Ext(b[i], b[i + 1:i + 1 + n]), i + 1 + n
    if t in (0xD9, 0xDA, 0xDB):
        w = 1 << (t - 0xD9)
        n = size(w)
        return b[i + w:i + w + n].decode(), i + w + n
    if t in (0xDE, 0xDF):
        w = 2 << (t - 0xDE)
        return many(size(w), i + w, True)
    raise ValueError(hex(t))


def read_zarr(folder):
    meta = json.load(open(os.path.join(folder, ".zarray")))
    assert meta["order"] == "C" and meta["compressor"]["id"] == "gzip"
    grid = [-(-s // c) for s, c in zip(meta["shape"], meta["chunks"])]
    whole = np.zeros([g * c for g, c in zip(grid, meta["chunks"])], NUMPY[meta["dtype"]])
    for at in itertools.product(*map(range, grid)):
        raw = gzip.decompress(open(os.path.join(folder, ".".join(map(str, at))), "rb").read())
        chunk = np.frombuffer(raw, NUMPY[meta["dtype"]]).reshape(meta["chunks"])
        whole[tuple(slice(i * c, (i + 1) * c) for i, c in zip(at, meta["chunks"]))] = chunk
    return whole[tuple(slice(0, s) for s in meta["shape"])]


def tiny_arrays():
    """The parameters by T5X's names."""
    tree, _ = unpack(open(os.path.join(TINY, "checkpoint"), "rb").read())
    out = {}

    def walk(node, path):
        if isinstance(node, Ext):
            (shape, name, data), _ = unpack(node.data)
            out["/".join(path)] = np.frombuffer(data, name).reshape(shape)
        elif "kvstore" in node:
            out["/".join(path)] = read_zarr(os.path.join(TINY, node["kvstore"]["path"]))
        else:
            for key, child in node.items():
                walk(child, path + [key])

    walk(tree["optimizer"]["target"], [])
    return out
