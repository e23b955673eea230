"""The parts of the numbers of the two small T5s that test/t5/committed.test.ts reads, from the folder `shared` beside the project.

Run: python3 test/golden/make/t5.py
Weights and configurations are copied as they are; of the numbers those are left out that are long and say little more. test/golden/t5/README.md
tells who made them.
"""
import json
import pathlib
import shutil

PROJECT = pathlib.Path(__file__).resolve().parents[3]
SHARED = PROJECT.parent / "shared/golden"
OUT = PROJECT / "test/golden/t5"


def forward(raw):
    return {key: raw[key] for key in ["inputs", "outputs", "loss_details", "gradient_digests"]}


def prompt(raw):
    return {"inputs": raw["inputs"], "outputs": {"loss": raw["outputs"]["loss"]}, "prompt_grad": raw["prompt_grad"]}


def generate(raw):
    keys = ["method", "prompt", "max_new_tokens", "sequences", "live", "sum_log_prob"]
    greedy = [{key: case[key] for key in keys} for case in raw["cases"] if case["method"] == "greedy"]
    return {"inputs": raw["inputs"], "cases": greedy}


for name in ["t5-tiny", "t5-tiny-v1_0"]:
    (OUT / name).mkdir(parents=True, exist_ok=True)
    for file in ["config.json", "model.safetensors"]:
        shutil.copyfile(SHARED / name / file, OUT / name / file)
    for part in [forward, prompt, generate]:
        raw = json.loads((SHARED / name / f"{part.__name__}.json").read_text())
        (OUT / name / f"{part.__name__}.json").write_text(json.dumps(part(raw), separators=(",", ":")) + "\n")
