"""Normal forms and ids by Hugging Face's tokenizers, beside those of SentencePiece, on texts where the two differ.

Run: pip install tokenizers sentencepiece; python3 test/golden/make/rust-tokenizers.py [random texts, 120 if not told] > test/golden/data/rust-tokenizers.json
The map and the pieces are those of assets/t5-nano. `t5` has the rows of shared/golden/sentencepiece.jsonl whose ids are others by shared/data/t5/tokenizer.json;
without the folder `shared` beside the project it is left out.
"""
import datetime
import json
import pathlib
import random
import sys

import sentencepiece
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

SEED = 16
RANDOM = int(sys.argv[1]) if len(sys.argv) > 1 else 120
PROJECT = pathlib.Path(__file__).resolve().parents[3]
SHARED = PROJECT.parent / "shared"
MODEL = PROJECT / "assets/t5-nano/spiece.model"
PIECES = 3996  # before the sentinels
SENTINELS = 100
ADDED = ["<city>", "<name>", "Zürich"]


def fields(blob):
    """(number, bytes or None) of each field of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = blob[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(blob):
        key = varint()
        if key & 7 == 2:
            size = varint()
            at += size
            yield key >> 3, blob[at - size : at]
        elif key & 7 == 5:
            at += 4
            yield key >> 3, None
        else:
            varint()
            yield key >> 3, None


def characters_map(blob):
    normalizer = next(value for number, value in fields(blob) if number == 3)
    return next(value for number, value in fields(normalizer) if number == 2)


MAP = normalizers.Precompiled(characters_map(MODEL.read_bytes()))
PIECE = sentencepiece.SentencePieceProcessor(model_file=str(MODEL))


def tokenizer():
    vocab = [(PIECE.id_to_piece(i), PIECE.get_score(i)) for i in range(PIECES)]
    made = Tokenizer(models.Unigram(vocab, unk_id=2, byte_fallback=False))
    made.normalizer = normalizers.Sequence([MAP, normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "\u2581")])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.add_special_tokens([AddedToken(t, normalized=False) for t in ["<pad>", "</s>", "<unk>"]])
    made.add_special_tokens([AddedToken(f"<extra_id_{SENTINELS - 1 - k}>", normalized=False) for k in range(SENTINELS)])
    made.add_tokens([AddedToken(t, normalized=False) for t in ADDED])
    assert made.token_to_id(ADDED[0]) == PIECES + SENTINELS
    return made


NAMED = [
    "e\u0302\u0301", "e\u0301", "A\u030a\u0301", "e\u0323\u0302", "o\u031b\u0301", "u\u0308\u0304", "q\u0301", "a\r\nb", "a\r\r\n\nb", "\u00e9\r\n\u00e9", "\ufb01\u0301",
    "\u00bd\u0301", "\u00a0\u0301", "\u1100\u1161\u11a8", "\u304b\u3099\u3099", "\u304b\u3099", "\uff76\uff9e", "\u03b1\u0313\u0301\u0345", "\u0e33\u0e48", "\u200be", "e\u200b\u0301",
    "\U0001f468\u200d\U0001f469", "\u2460\ufe0f", "1\ufe0f\u20e3", "\u0600a", "\u0915\u094d\u0937", "\U0001f1e9\U0001f1ea", "\ufdfa", "\u3000x", "\u0001x\u007f", "\u212b", "\uff21\u0300",
    "\u0344", "\u2126\u0301", "x\u0301\u0301\u0301", "\u01d5", "\u1e9b\u0323", "\u0958", "\uac00\u11a8", "no change", "caf\u00e9 au lait", "\u0041\u030a", "\U0001d400\u0301",
]
PARTS = [
    "a", "e", "E", "o", "u", "q", "1", " ", " ", "\r", "\n", "\t", "\u0301", "\u0301", "\u0302", "\u0308", "\u0323", "\u031b", "\u0304", "\u0345", "\u00e9", "\u00ea", "\u00df", "\ufb01", "\u2460",
    "\uff21", "\u00bd", "\u00a0", "\u3000", "\u200b", "\u200d", "\ufe0f", "\u304b", "\u3099", "\uff76", "\uff9e", "\u1100", "\u1161", "\u11a8", "\uac00", "\u0915", "\u093c", "\u0e33", "\u0e48",
    "\U0001f600", "\u212b", "\u03b1", "\u0313", "\u0600", "\u0627", "\u064b",
]
WORDS = ["the", "city", "of", "London", "is", "a", "name", "12", ".", "Zürichsee"]


def texts(rng):
    for _ in range(RANDOM):
        yield "".join(rng.choice(PARTS) for _ in range(rng.randint(2, 9)))


def with_tokens(rng):
    """Texts of words and added tokens; sentinels begin a word, where SentencePiece finds them too."""
    for _ in range(RANDOM // 3):
        out = ""
        for _ in range(rng.randint(1, 8)):
            kind = rng.random()
            if kind < 0.3:
                out += rng.choice(["", " "]) + rng.choice(ADDED) + rng.choice(["", " "])
            elif kind < 0.45:
                out += f" <extra_id_{rng.choice([0, 1, 42, 99])}> "
            else:
                out += " " + rng.choice(WORDS)
        yield out.strip()


def others_of_t5():
    whole = Tokenizer.from_file(str(SHARED / "data/t5/tokenizer.json"))
    rows = [json.loads(line) for line in (SHARED / "golden/sentencepiece.jsonl").read_text().split("\n") if line]
    found = [(i, whole.encode(row["text"], add_special_tokens=False).ids) for i, row in enumerate(rows)]
    return [{"row": i, "ids": ids} for i, ids in found if ids != rows[i]["ids"]]


made = tokenizer()
ids = lambda text: made.encode(text, add_special_tokens=False).ids
rng = random.Random(SEED)
forms = {"nfc": normalizers.NFC(), "nfkc": normalizers.NFKC()}
golden = {
    "program": f"tokenizers {tokenizers.__version__}, sentencepiece {sentencepiece.__version__}",
    "command": "python3 test/golden/make/rust-tokenizers.py",
    "date": datetime.date.today().isoformat(),
    "seed": SEED,
    "added": ADDED,
    "rows": [
        {"text": t, "map": MAP.normalize_str(t), "sentencepiece": PIECE.normalize(t), "ids": ids(t), **{k: f.normalize_str(t) for k, f in forms.items()}}
        for t in [*NAMED, *texts(rng)]
    ],
    "withTokens": [{"text": t, "ids": ids(t)} for t in [*ADDED, *with_tokens(rng)]],
    **({"t5": others_of_t5()} if SHARED.exists() else {}),
}
print(json.dumps(golden, separators=(",", ":")))
