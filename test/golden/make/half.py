"""float32 to float16 (NumPy) and bfloat16 (PyTorch), as bits, for test/io/half.

Run: /usr/bin/python3 test/golden/make/half.py > test/golden/data/half.json
"""
import datetime
import json

import numpy as np
import torch

SEED = 7
rng = np.random.default_rng(SEED)
halves = np.arange(0, 0x7C00, 97, dtype=np.uint16).view(np.float16).astype(np.float32)
midpoints = ((halves.astype(np.float64) + np.nextafter(halves.astype(np.float16), np.float16(np.inf)).astype(np.float64)) / 2)
midpoints = midpoints[np.isfinite(midpoints)].astype(np.float32)
around = np.concatenate([np.nextafter(midpoints, np.float32(0)), midpoints, np.nextafter(midpoints, np.float32(1e9))])
upper = rng.integers(0, 0x7F80, 100, dtype=np.uint32) << 16
ties = np.concatenate([upper | low for low in (0x7FFF, 0x8000, 0x8001)]).view(np.float32)
edges = np.array([0, 65504, 65519.996, 65520, 65536, 2**-14, 2**-24, 2**-25, 2**-26, 3e-8, 1e-45, 3.4028235e38, np.inf], np.float32)
random = rng.integers(0, 0x7F80_0000, 300, dtype=np.uint32).view(np.float32)
scaled = (rng.standard_normal(300) * 10.0 ** rng.integers(-8, 5, 300)).astype(np.float32)
positive = np.concatenate([around, ties, edges, random, np.abs(scaled)])
x = np.concatenate([positive, -positive[::7]])

with np.errstate(all="ignore"):
    f16 = x.astype(np.float16).view(np.uint16)
bf16 = torch.from_numpy(x).to(torch.bfloat16).view(torch.int16).numpy().view(np.uint16)
print(
    json.dumps(
        {
            "program": "numpy, torch",
            "version": f"{np.__version__}, {torch.__version__}",
            "command": "/usr/bin/python3 test/golden/make/half.py",
            "date": datetime.date.today().isoformat(),
            "seed": SEED,
            "float32": x.view(np.uint32).tolist(),
            "float16": f16.tolist(),
            "bfloat16": bf16.tolist(),
        }
    )
)
