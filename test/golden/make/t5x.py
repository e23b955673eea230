"""Checkpoints of T5X read and written by hand with numpy, zlib and json: what lib/io/t5x has to find in them.

`tiny`: the digest of every array of shared/data/t5x/test_t5_1_1_tiny. `zarr`: small arrays in every layout that is read.
`flax`: small MessagePack files of the kinds flax writes.

    /usr/bin/python3 test/golden/make/t5x.py
"""
import base64
import datetime
import gzip
import hashlib
import itertools
import json
import os
import struct
import sys
import zlib

import numpy as np

from t5x_read import tiny_arrays
from t5x_write import ndarray, pack

ROOT = os.path.dirname(os.path.abspath(__file__))

# The tiny checkpoint


def tiny():
    def digest(array):
        data = np.ascontiguousarray(array).tobytes()
        return {"shape": list(array.shape), "sha256": hashlib.sha256(data).hexdigest()}

    return {name: digest(array) for name, array in tiny_arrays().items()}


# Arrays in every layout

rng = np.random.default_rng(5)


def bfloat16_bytes(x):
    return (x.astype(np.float32).view(np.uint32) >> 16).astype("<u2")


def number(v):
    v = float(v)
    return "NaN" if np.isnan(v) else v


def zarr_case(x, chunks, order="C", dtype="<f4", compressor="gzip", fill=None, missing=(), pad=7):
    stored = bfloat16_bytes(x) if dtype in ("bfloat16", "<u2") else x.astype(dtype)
    grid = [-(-s // c) for s, c in zip(x.shape, chunks)]
    padded = np.full([g * c for g, c in zip(grid, chunks)], pad, stored.dtype)
    padded[tuple(slice(0, s) for s in x.shape)] = stored
    press = {"gzip": lambda b: gzip.compress(b, 1, mtime=0), "zlib": lambda b: zlib.compress(b, 1), None: lambda b: b}[compressor]
    meta = {"chunks": chunks, "compressor": compressor and {"id": compressor, "level": 1}, "dtype": dtype, "fill_value": fill,
            "filters": None, "order": order, "shape": list(x.shape), "zarr_format": 2}
    files = {".zarray": json.dumps(meta).encode()}
    expected = x.copy()
    for at in itertools.product(*map(range, grid)):
        where = tuple(slice(i * c, (i + 1) * c) for i, c in zip(at, chunks))
        if at in missing:
            expected[tuple(slice(i * c, min((i + 1) * c, s)) for i, c, s in zip(at, chunks, x.shape))] = float(fill)
        else:
            files[".".join(map(str, at)) or "0"] = press(padded[where].tobytes(order=order))
    return {"files": {k: base64.b64encode(v).decode() for k, v in files.items()}, "shape": list(x.shape),
            "data": [number(v) for v in expected.ravel()]}


def values(*shape):
    return rng.integers(-128, 128, shape).astype(np.float32) / 8  # exact in every element type


zarr = {
    "edges are padded": zarr_case(values(5, 7), [2, 3]),
    "order F": zarr_case(values(5, 7), [2, 3], order="F"),
    "three axes": zarr_case(values(3, 4, 5), [2, 4, 2]),
    "three axes, order F": zarr_case(values(3, 4, 5), [2, 3, 2], order="F"),
    "one axis": zarr_case(values(11), [4]),
    "no axes": zarr_case(values(), []),
    "a chunk larger than the array": zarr_case(values(2, 3), [4, 8]),
    "bfloat16": zarr_case(values(3, 5), [2, 2], dtype="bfloat16"),
    "float16": zarr_case(values(3, 5), [2, 2], dtype="<f2"),
    "float64": zarr_case(values(3, 2), [2, 2], dtype="<f8"),
    "int64": zarr_case(np.float32([3, -4, 2**24]), [2], dtype="<i8"),
    "zlib": zarr_case(values(4, 4), [3, 3], compressor="zlib"),
    "no compressor": zarr_case(values(4, 4), [3, 3], compressor=None),
    "a missing chunk is the fill value": zarr_case(values(4, 4), [3, 3], fill=2.5, missing=[(1, 0)]),
    "the fill value is not a number": zarr_case(values(4, 4), [3, 3], fill="NaN", missing=[(0, 1), (1, 1)]),
}

# MessagePack of flax

x = values(4, 5)
flat = x.ravel()


def part(a, name="float32"):
    return ndarray(a.shape, name, a.tobytes())


def flax_case(value, expected, version=3):
    tree = {"version": version, "optimizer": {"state": {"step": ndarray([], "int32", struct.pack("<i", 7))}, "target": {"a": {"b": value}}}}
    return {"bytes": base64.b64encode(pack(tree)).decode(), "shape": list(expected.shape), "data": [number(v) for v in expected.ravel()]}


chunked = {
    "__msgpack_chunked_array__": True,
    "shape": {"0": 4, "1": 5},
    "chunks": {"0": part(flat[:9]), "1": part(flat[9:18]), "2": part(flat[18:])},
}
flax = {
    "float32": flax_case(part(x), x),
    "chunked": flax_case(chunked, x),
    "bfloat16": flax_case(ndarray(x.shape, "bfloat16", bfloat16_bytes(x).tobytes()), x),
    "bfloat16 as uint16, version 2": flax_case(ndarray(x.shape, "uint16", bfloat16_bytes(x).tobytes()), x, version=2),
    "float16": flax_case(part(x.astype(np.float16), "float16"), x),
    "a scalar of numpy": flax_case(ndarray([], "float32", x[0, :1].tobytes(), 3), x[0, 0]),
}

header = {"program": f"numpy {np.__version__}", "python": sys.version.split()[0],
          "command": "/usr/bin/python3 test/golden/make/t5x.py", "date": str(datetime.date.today()), "seed": 5}
with open(os.path.join(ROOT, "../data/t5x.json"), "w") as out:
    sections = {"tiny": tiny(), "zarr": zarr, "flax": flax}
    lines = [f'  "header": {json.dumps(header)}']
    for name, section in sections.items():
        rows = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in section.items())
        lines.append(f'  "{name}": {{\n{rows}\n  }}')
    out.write("{\n" + ",\n".join(lines) + "\n}\n")
