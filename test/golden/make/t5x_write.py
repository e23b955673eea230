"""MessagePack as flax writes it, by hand."""
import struct

from t5x_read import Ext


def pack(v):
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        return bytes([v]) if 0 <= v < 128 else b"\xce" + struct.pack(">I", v)
    if isinstance(v, str):
        s = v.encode()
        return b"\xd9" + bytes([len(s)]) + s
    if isinstance(v, bytes):
        return b"\xc6" + struct.pack(">I", len(v)) + v
    if isinstance(v, Ext):
        return b"\xc9" + struct.pack(">I", len(v.data)) + bytes([v.kind]) + v.data
    if isinstance(v, (list, tuple)):
        return b"\xdd" + struct.pack(">I", len(v)) + b"".join(map(pack, v))
    if isinstance(v, dict):
        return b"\xdf" + struct.pack(">I", len(v)) + b"".join(pack(k) + pack(x) for k, x in v.items())
    raise TypeError(v)


def ndarray(shape, name, data, kind=1):
    return Ext(kind, pack([list(shape), name, data]))
