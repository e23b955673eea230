"""Makes the Parquet files in `data` that tests read, with pyarrow 26.0 and datasets 5.2.

python make-parquet.py FOLDER
"""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Value

FOLDER = Path(sys.argv[1])
MOODS = {"text": ["What a day", 'It "rains"', "naïve 中文"], "label": ["yes", "no", "no"]}

# The rows of `own.test.ts`, once a codec, in row groups of two rows.
for codec in ("snappy", "zstd", "gzip", "brotli", "lz4", "none"):
    pq.write_table(pa.table(MOODS), FOLDER / f"moods-{codec}.parquet", row_group_size=2, compression=codec, store_schema=False)

# Values of all kinds. `values-v2` has the rows with numbers that JavaScript has, in pages of version 2.
struct = pa.struct([("paragraph", pa.int32()), ("spans", pa.list_(pa.int64()))])
values = pa.table(
    {
        "big": pa.array([1, -(2**53) + 1, None, 2**53], pa.int64()),
        "word": pa.array(["a", None, "a", "b"]).dictionary_encode(),
        "list": pa.array([["x", "y"], [], None, ["z"]]),
        "idx": pa.array(
            [{"paragraph": 1, "spans": [2, 3]}, {"paragraph": 2, "spans": None}, None, {"paragraph": 4, "spans": []}], struct
        ),
        "pairs": pa.array([[{"a": 1.5}], None, [], [{"a": None}, {"a": 0.25}]], pa.list_(pa.struct([("a", pa.float64())]))),
        "flag": pa.array([True, False, None, True]),
        "bytes": pa.array([b"\xff", b"", None, b"a"], pa.binary()),
    }
)
pq.write_table(values, FOLDER / "values.parquet", row_group_size=3, store_schema=False)
v2 = {"row_group_size": 2, "store_schema": False, "data_page_version": "2.0", "compression": "zstd"}
pq.write_table(values.slice(0, 3), FOLDER / "values-v2.parquet", **v2)

# No rows, in a row group whose offsets mean nothing.
pq.write_table(pa.table(MOODS).slice(0, 0), FOLDER / "no-rows.parquet", store_schema=False)

# BoolQ in the layout of the Hub, by its own writer.
features = Features(
    {"question": Value("string"), "passage": Value("string"), "idx": Value("int32"), "label": ClassLabel(names=["False", "True"])}
)
rows = {
    "question": [f"is it {i}" for i in range(5)],
    "passage": [f"It is {i % 2}." for i in range(5)],
    "idx": list(range(5)),
    "label": [1, 0, 1, 1, 0],
}
Dataset.from_dict(rows, features).to_parquet(FOLDER / "train-00000-of-00001.parquet", batch_size=2)
rows["label"] = [-1] * 5
Dataset.from_dict(rows, features).to_parquet(FOLDER / "test-00000-of-00001.parquet", batch_size=5)
