#!/usr/bin/env python3
"""Makes crates/ranker-lora/tests/golden/peft with PEFT, or checks that PEFT and transformers read ours.

    golden_peft.py make FOLDER             # a tiny BERT, adapters, and PEFT's own embeddings
    golden_peft.py add FOLDER NAME         # one more adapter (of ADAPTERS) for the BERT that is there
    golden_peft.py check FOLDER ADAPTER    # ADAPTER: one of FOLDER's adapters, read and written by us
    golden_peft.py merged FOLDER MERGED    # MERGED: FOLDER's BERT with the adapter of that name merged, written by us

Needs torch, transformers and peft (made with peft 0.21.2, transformers 5.23.0, torch 2.15.0).
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModel, BertConfig, BertModel

TEXTS = [[1, 7, 3, 49, 0, 2], [5], [9] * 24, [4, 8, 15, 16, 23, 42, 59, 30, 21]]
ADAPTERS = {
    "query-value": dict(r=4, lora_alpha=10, lora_dropout=0.3, target_modules=["query", "value"]),
    "all-linear-rslora": dict(
        r=4,
        lora_alpha=6,
        use_rslora=True,
        target_modules=["query", "key", "value", "dense"],
        rank_pattern={"intermediate.dense": 2, "encoder.layer.0.attention.self.query": 3},
        alpha_pattern={"output.dense": 3},
    ),
    "dora": dict(
        r=4, lora_alpha=10, lora_dropout=0.2, use_dora=True, target_modules=["query", "key", "value", "dense"],
        rank_pattern={"intermediate.dense": 2},
    ),
    "bias-lora-only": dict(r=2, lora_alpha=6, bias="lora_only", target_modules=["query", "output.dense"]),
    "dora-bias-all": dict(r=3, lora_alpha=5, bias="all", use_dora=True, target_modules=["key", "value"]),
}


def random_base():
    config = BertConfig(
        vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=24,
    )
    model = BertModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.15)
    return model


@torch.no_grad()
def embeddings(model):
    model.eval()
    vectors = [model(input_ids=torch.tensor([ids])).last_hidden_state[0].mean(0) for ids in TEXTS]
    return [torch.nn.functional.normalize(vector, dim=0).tolist() for vector in vectors]


def make(folder):
    torch.manual_seed(7)
    shutil.rmtree(folder, ignore_errors=True)
    base = random_base()
    base.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    expected = {"texts": TEXTS, "base": embeddings(base)}
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    for name in ADAPTERS:
        add(folder, name)


def add(folder, name):
    torch.manual_seed(list(ADAPTERS).index(name))
    config = LoraConfig(task_type="FEATURE_EXTRACTION", **ADAPTERS[name])
    model = get_peft_model(BertModel.from_pretrained(folder), config)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.normal_(0.0, 0.15)
            elif parameter.requires_grad and "lora_A" not in key:
                parameter.mul_(1.0 + 0.2 * torch.rand_like(parameter))
    model.save_pretrained(folder / name)
    tidy(folder / name)
    path = folder / "expected.json"
    expected = json.loads(path.read_text())
    expected[name] = embeddings(PeftModel.from_pretrained(BertModel.from_pretrained(folder), folder / name))
    path.write_text(json.dumps(expected) + "\n")


def tidy(adapter):
    """Leaves the two files that matter, without the path that they were made in."""
    (adapter / "README.md").unlink(missing_ok=True)
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = "tiny-bert"
    path.write_text(json.dumps(config, indent=2, sort_keys=True))
    (adapter / "adapter_model.safetensors").chmod(0o644)


def check(folder, adapter):
    base = BertModel.from_pretrained(folder)
    compare(folder, adapter.name, PeftModel.from_pretrained(base, adapter))


def merged(folder, written):
    model, info = AutoModel.from_pretrained(written, output_loading_info=True)
    assert not any(info.values()), info
    compare(folder, written.name, model)


def compare(folder, name, model):
    expected = torch.tensor(json.loads((folder / "expected.json").read_text())[name])
    difference = (torch.tensor(embeddings(model)) - expected).abs().max().item()
    print(f"{name}: greatest difference {difference:.1e}")
    sys.exit(difference > 1e-6 and "something else is computed with what we wrote")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    elif len(sys.argv) == 4 and sys.argv[1] == "add":
        add(Path(sys.argv[2]), sys.argv[3])
    elif len(sys.argv) == 4 and sys.argv[1] == "check":
        check(Path(sys.argv[2]), Path(sys.argv[3]))
    elif len(sys.argv) == 4 and sys.argv[1] == "merged":
        merged(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(__doc__)
