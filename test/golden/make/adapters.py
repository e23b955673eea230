"""Folders of adapters that PEFT itself saved, with the logits of the model with each: every type that lib/io reads, float32 and bfloat16.

Logits are computed in float64; `float32_off` says how far torch is off them in float32. The base models are those of transformers5.json, which transformers5.py made.

    python3 -m venv env && env/bin/pip install transformers==5.24.0 torch peft==0.21.2
    PYTHONHASHSEED=0 env/bin/python test/golden/make/adapters.py
"""
import base64
import json
import os
import sys
import tempfile

import peft
import torch
import transformers
from transformers import AutoModelForSeq2SeqLM

ROOT = os.path.dirname(os.path.abspath(__file__))
GOLDEN = json.load(open(os.path.join(ROOT, "../data/transformers5.json")))
GATED, PLAIN, MT5 = "T5 1.1, untied", "T5 1.0, tied, bfloat16 in shards", "mT5, tied"
TASK = {"task_type": "SEQ_2_SEQ_LM"}


def write(folder, files):
    for name, text in files.items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(base64.b64decode(text))


def logits(net):
    inputs = torch.tensor(GOLDEN["inputs"])
    with torch.no_grad():
        out = net(input_ids=inputs, attention_mask=(inputs != 0).long(), labels=torch.tensor(GOLDEN["targets"])).logits
    return out.reshape(-1)


def adapter(base, config, dtype=torch.float32, used=True):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, GOLDEN["models"][base]["files"])
        net = peft.get_peft_model(AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32), config)
        with torch.no_grad():
            for x in (p for p in net.parameters() if p.requires_grad):
                # Fresh adapters change nothing, so that a wrong one would not be seen.
                x.add_(0.3 * torch.randn_like(x))
                x.copy_(x.to(dtype))
        net.base_model.config.decoder_start_token_id = 0
        if dtype != torch.float32:
            for p in net.parameters():
                p.data = p.data.to(dtype) if p.requires_grad else p.data
        net.peft_config["default"].base_model_name_or_path = "some/model"
        saved = os.path.join(folder, "adapter")
        net.save_pretrained(saved)
        files = {name: open(os.path.join(saved, name), "rb").read() for name in sorted(os.listdir(saved)) if name != "README.md"}
        files = {name: base64.b64encode(data).decode() for name, data in files.items()}
        if not used:
            return files
        back = peft.PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32), saved).float().eval()
        back.base_model.config.decoder_start_token_id = 0
        narrow, wide = logits(back), logits(back.double())
        return {"base": base, "files": files, "logits": [round(float(x), 9) for x in wide], "float32_off": float((wide - narrow).abs().max())}


transformers.logging.set_verbosity_error()
torch.manual_seed(6)
bf16 = torch.bfloat16
prompt = {"num_virtual_tokens": 3, "token_dim": 32, "num_layers": 2, "num_attention_heads": 2, **TASK}
adapters = {
    "LoRA": adapter(GATED, peft.LoraConfig(r=2, lora_alpha=4, target_modules=["q", "v"], **TASK)),
    "LoRA in bfloat16": adapter(PLAIN, peft.LoraConfig(r=2, lora_alpha=4, target_modules=["q", "wi"], **TASK), bf16),
    "LoRA of an mT5": adapter(MT5, peft.LoraConfig(r=1, target_modules=["v", "wi_1"], **TASK)),
    "rank-stabilised LoRA by a pattern": adapter(GATED, peft.LoraConfig(r=4, use_rslora=True, target_modules=r".*decoder.*EncDecAttention\.(k|v)", **TASK)),
    "LoRA with other ranks": adapter(GATED, peft.LoraConfig(r=2, target_modules=["o"], rank_pattern={"EncDecAttention.o": 3}, alpha_pattern={"encoder.*.o": 5}, **TASK)),
    "DoRA": adapter(GATED, peft.LoraConfig(r=2, use_dora=True, target_modules=["k", "wo"], **TASK)),
    "IA3": adapter(GATED, peft.IA3Config(target_modules=["k", "v", "wo"], feedforward_modules=["wo"], **TASK)),
    "IA3 of T5 1.0": adapter(PLAIN, peft.IA3Config(target_modules=["k", "v", "wi"], feedforward_modules=[], **TASK), bf16),
    "LN tuning": adapter(GATED, peft.LNTuningConfig(target_modules=["layer_norm", "final_layer_norm"], **TASK)),
    "prompt tuning": adapter(GATED, peft.PromptTuningConfig(**prompt)),
    "prompt tuning, one submodule, bfloat16": adapter(PLAIN, peft.PromptTuningConfig(num_transformer_submodules=1, **prompt), bf16),
    "P-tuning": adapter(MT5, peft.PromptEncoderConfig(encoder_hidden_size=8, **prompt)),
}
refused = {
    "prefix tuning": adapter(GATED, peft.PrefixTuningConfig(**prompt), used=False),
    "AdaLoRA": adapter(GATED, peft.AdaLoraConfig(init_r=2, target_r=1, total_step=10, target_modules=["q"], **TASK), used=False),
    "a whole output layer": adapter(GATED, peft.LoraConfig(r=1, target_modules=["q"], modules_to_save=["lm_head"], **TASK), used=False),
}
header = {"program": f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}", "python": sys.version.split()[0],
          "command": "PYTHONHASHSEED=0 env/bin/python test/golden/make/adapters.py", "seed": 6}
with open(os.path.join(ROOT, "../data/adapters.json"), "w") as out:
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in adapters.items())
    bad = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in refused.items())
    out.write(f'{{\n  "header": {json.dumps(header)},\n  "adapters": {{\n{lines}\n  }},\n  "refused": {{\n{bad}\n  }}\n}}\n')
