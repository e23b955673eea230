"""Sentinels written out in text, by SentencePiece on two vocabularies with 100 user-defined pieces appended as seqio does.

Run: pip install sentencepiece; python3 test/golden/make/sentinels.py [random texts, 150 if not told] > test/golden/data/sentinels.json
`t5` is the vocabulary of 32000 pieces in the folder `shared` beside the project, `nano` the one in assets/t5-nano.
"""
import datetime
import json
import pathlib
import random
import struct
import sys

import sentencepiece

SEED = 11
RANDOM = int(sys.argv[1]) if len(sys.argv) > 1 else 150
PROJECT = pathlib.Path(__file__).resolve().parents[3]
FILES = {
    "t5": PROJECT.parent / "shared/data/t5/sentencepiece.model",
    "nano": PROJECT / "assets/t5-nano/spiece.model",
}
USER_DEFINED = 4


def extra_piece(text):
    """Field 1 of the model, a piece: text, score 0, type. Messages that follow each other are merged by protobuf."""
    piece = text.encode()
    body = b"\x0a" + bytes([len(piece)]) + piece + b"\x15" + struct.pack("<f", 0.0) + bytes([0x18, USER_DEFINED])
    return b"\x0a" + bytes([len(body)]) + body


def processor(path):
    extra = b"".join(extra_piece(f"\u2581<extra_id_{k}>") for k in reversed(range(100)))
    return sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes() + extra)


NAMED = [
    "<extra_id_0>", "a <extra_id_0>b", "a<extra_id_0>b", "<extra_id_0><extra_id_1>", "<extra_id_0> <extra_id_1>", "  <extra_id_99>  ",
    "a  <extra_id_5>", "a\t<extra_id_5>\tb", "a\n<extra_id_5>\r\nb", "a\u00a0<extra_id_5>", "a\u3000<extra_id_5>", "a\u200b<extra_id_5>",
    "<extra_id_100>", "<extra_id_00>", "<extra_id_0", "extra_id_0>", "<EXTRA_ID_0>", "< extra_id_0>", "<extra_id_10>", "<extra_id_1>0>",
    "\uff1cextra_id_0\uff1e", "<extra\uff3fid_0>", "<extra_id_\u2460>", "<extra_id_\uff11>", "a \uff1cextra_id_7>b", "<\uff45xtra_id_3>",
    "\u2581<extra_id_0>", "a\u2581<extra_id_0>", " \u2581<extra_id_0>", "\u2581 <extra_id_0>", "\u2581\u2581<extra_id_0>",
    "a \u2581<extra_id_0>b", "\u2581<extra_id_0>\u2581<extra_id_1>", "\u2581<extra_id_100>", "\u2581", "a\u2581b", "\u2581<extra\uff3fid_0>",
    "</s>", "<unk>", "<pad>", "a </s> b", "\u2581</s>", "(<extra_id_0>)", "\u201c<extra_id_0>\u201d", "<extra_id_0>.", "x, <extra_id_0>, y",
    "Thank you <extra_id_0> me to your party <extra_id_1> week.", "\u00ad<extra_id_0>", "<extra_id_0>\u0301", "\u0301<extra_id_0>", "<extra_id_0>\u3099",
]
PARTS = [
    "a", "the", "It", "7", ".", ",", "(", ")", "\u201c", "\u00e9", "e\u0301", "\ufb01", "\u2460", "\uff21", "\u30ab\u3099", "\U0001f600", "\u2026", "\u00bd", "<", ">", "_", "extra", "</s>",
    "\u2581", "\u2581", "\uff1cextra_id_4>", "<extra_id_\uff14>", "\u200b", "\u00ad", "\ufeff",
]
SPACES = [" ", " ", " ", "", "", "", "  ", "\t", "\n", "\u00a0", "\u3000", "\u2028"]


def texts(rng):
    for _ in range(RANDOM):
        parts = []
        for _ in range(rng.randint(1, 7)):
            parts.append(rng.choice(SPACES))
            parts.append(f"<extra_id_{rng.choice([0, 1, 9, 10, 42, 99, 100])}>" if rng.random() < 0.45 else rng.choice(PARTS))
        yield "".join(parts) + rng.choice(SPACES)


inputs = [*NAMED, *texts(random.Random(SEED))]
processors = {name: processor(path) for name, path in FILES.items()}
golden = {
    "program": "sentencepiece",
    "version": sentencepiece.__version__,
    "command": "python3 test/golden/make/sentinels.py",
    "date": datetime.date.today().isoformat(),
    "seed": SEED,
    "rows": [
        {"text": text, **{name: p.encode(text) for name, p in processors.items()}, "decoded": processors["t5"].decode(processors["t5"].encode(text))}
        for text in inputs
    ],
}
print(json.dumps(golden, separators=(",", ":")))
