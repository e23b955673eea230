"""Has transformers and PEFT read the folders that this library saved, beside those that it read: they have to be the same models, bit for bit.

What is compared is the class, every key of the configuration, every tensor with its type as it is stored, logits in float32, greedy decoding, and the
files that transformers and PEFT save again. Any difference ends the program. The digests of the folders that passed are written to
data/saved-here.json, so that the tests know them without Python.

    node --import tsx test/io/saved-here.ts /tmp/saved
    python3 -m venv env && env/bin/pip install transformers==5.24.0 torch peft==0.21.2
    env/bin/python test/golden/make/saved-here.py /tmp/saved
"""
import hashlib
import json
import os
import sys
import tempfile

import peft
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM

ROOT = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(ROOT, "../data")
GOLDEN = json.load(open(os.path.join(DATA, "transformers5.json")))
ADAPTERS = json.load(open(os.path.join(DATA, "adapters.json")))["adapters"]
# What a program says about itself, and where a folder lies.
NOT_COMPARED = {"transformers_version", "_name_or_path", "peft_version"}
INPUTS = torch.tensor(GOLDEN["inputs"])


def outputs(net):
    (net.base_model if isinstance(net, peft.PeftModel) else net).config.decoder_start_token_id = 0
    mask = (INPUTS != 0).long()
    with torch.no_grad():
        logits = net(input_ids=INPUTS, attention_mask=mask, labels=torch.tensor(GOLDEN["targets"])).logits
        ids = net.generate(input_ids=INPUTS, attention_mask=mask, max_new_tokens=5, num_beams=1, do_sample=False, decoder_start_token_id=0)
    return {"logits": logits, "ids": ids}


def tensors(folder):
    """All tensors of the safetensors files of a folder, whichever file they are in."""
    return {name: x for file in os.listdir(folder) if file.endswith(".safetensors") for name, x in load_file(os.path.join(folder, file)).items()}


def said(config):
    values = {key: value for key, value in config.to_dict().items() if key not in NOT_COMPARED}
    if "pad_token_id" in values and values.get("decoder_start_token_id") is None:
        # T5 starts with its padding; here that is written out.
        values["decoder_start_token_id"] = values["pad_token_id"]
    return values


def check(title, what, a, b):
    """Stops at the first name under which the two differ."""
    for name in sorted({*a, *b}):
        x, y = a.get(name), b.get(name)
        if isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor):
            same = x.dtype == y.dtype and x.shape == y.shape and torch.equal(x, y)
        else:
            # JavaScript writes 0.0 as 0.
            same = x == y and isinstance(x, bool) == isinstance(y, bool)
        if not same:
            sys.exit(f"{title}: {what} {name} is {y} here and {x} there")


def saved_again(net):
    with tempfile.TemporaryDirectory() as folder:
        net.save_pretrained(folder)
        return tensors(folder)


def digests(folder):
    return {name: hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest() for name in sorted(os.listdir(folder))}


def model(title, folder):
    theirs, ours = (os.path.join(folder, title, who) for who in ("theirs", "ours"))
    check(title, "tensor", tensors(theirs), tensors(ours))
    as_stored = [AutoModelForSeq2SeqLM.from_pretrained(path, dtype="auto").eval() for path in (theirs, ours)]
    check(title, "class", {"of the model": type(as_stored[0])}, {"of the model": type(as_stored[1])})
    check(title, "config.json:", *(said(net.config) for net in as_stored))
    check(title, "loaded", *(net.state_dict() for net in as_stored))
    check(title, "saved again", tensors(theirs), saved_again(as_stored[1]))
    check(title, "output", *(outputs(AutoModelForSeq2SeqLM.from_pretrained(path, dtype=torch.float32).eval()) for path in (theirs, ours)))
    return {"config": json.load(open(os.path.join(ours, "config.json"))), "files": digests(ours)}


def adapter(title, folder, models):
    base = os.path.join(models, ADAPTERS[title]["base"], "theirs")
    theirs, ours = (os.path.join(folder, title, who) for who in ("theirs", "ours"))
    nets = [peft.PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained(base, dtype=torch.float32), path).float().eval() for path in (theirs, ours)]
    check(title, "output", *(outputs(net) for net in nets))
    configs = [said(net.peft_config["default"]) for net in nets]
    wide = {name: x.float() for name, x in tensors(theirs).items()}
    if "num_transformer_submodules" in configs[0]:
        # Rows for a decoder, which T5 has no use for, are left out.
        rows = wide["prompt_embeddings"][: configs[0]["num_virtual_tokens"]]
        wide["prompt_embeddings"], configs[0]["num_transformer_submodules"] = rows, 1
    check(title, "adapter_config.json:", *({key: sorted(value) if isinstance(value, (set, list)) else value for key, value in config.items()} for config in configs))
    check(title, "tensor", wide, tensors(ours))
    check(title, "saved again", tensors(ours), saved_again(nets[1]))
    return {"config": json.load(open(os.path.join(ours, "adapter_config.json"))), "files": digests(ours)}


transformers.logging.set_verbosity_error()
[folder] = sys.argv[1:]
models, adapters = (os.path.join(folder, name) for name in ("models", "adapters"))
record = {
    "models": {title: model(title, models) for title in GOLDEN["models"]},
    "adapters": {title: adapter(title, adapters, models) for title in ADAPTERS},
}
header = {"program": f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}", "python": sys.version.split()[0],
          "command": "env/bin/python test/golden/make/saved-here.py /tmp/saved"}
with open(os.path.join(DATA, "saved-here.json"), "w") as out:
    sections = [f'  "header": {json.dumps(header)}']
    for key, titles in record.items():
        lines = ",\n".join(f"    {json.dumps(title)}: {json.dumps(value)}" for title, value in titles.items())
        sections.append(f'  "{key}": {{\n{lines}\n  }}')
    out.write("{\n" + ",\n".join(sections) + "\n}\n")
