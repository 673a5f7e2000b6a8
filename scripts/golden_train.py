#!/usr/bin/env python3
"""Makes GOLDEN/train, GOLDEN/full and GOLDEN/dora: trainings with PyTorch and PEFT that ours must follow.

    golden_train.py GOLDEN [NAME]     # GOLDEN: crates/ranker-lora/tests/golden; NAME: one of the three

The base is the tiny BERT in GOLDEN/peft (golden_peft.py). 50 steps of AdamW with warm-up, linear decay
and clipping: `train` of a LoRA adapter, `dora` of a DoRA adapter with all biases, `full` of all weights.
Written are the adapter before, the gradient of the first step, the loss of every step, and the adapter
(`full`: the base's tensors) after.
Needs torch, transformers and peft (made with peft 0.21.2, transformers 5.23.0, torch 2.15.0).
"""

import json
import random
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import BertModel

STEPS, BATCH, WARMUP, DECAY, CLIP = 50, 8, 5, 0.01, 1.0
RATES = {"train": 5e-3, "dora": 5e-3, "full": 5e-4}
TARGETS = ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"]
SETTINGS = {"train": dict(use_rslora=True), "dora": dict(use_dora=True, bias="all")}


def texts(count, least):
    source = random.Random(11)
    return [[source.randrange(least, 60) for _ in range(source.randrange(1, 20))] for _ in range(count)]


def embed(model, ids):
    width = max(map(len, ids))
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ids])
    hidden = model(input_ids=tokens, attention_mask=mask).last_hidden_state
    mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return torch.nn.functional.normalize(mean, dim=-1)


def loss_of(queries, positives):
    scores, target = queries @ positives.T * 20, torch.arange(len(queries))
    cross_entropy = torch.nn.functional.cross_entropy
    return (cross_entropy(scores, target) + cross_entropy(scores.T, target)) / 2


def factor(step):
    return (step + 1) / WARMUP if step < WARMUP else (STEPS - step) / (STEPS - WARMUP)


def tensors_of(values):
    return {name.replace(".default", "").replace("lora_magnitude_vector.weight", "lora_magnitude_vector"):
            value.detach().clone().contiguous() for name, value in values}


def save(tensors, path):
    save_file(tensors, path)
    path.chmod(0o644)


def adapter_of(model, name):
    config = LoraConfig(task_type="FEATURE_EXTRACTION", r=4, lora_alpha=6, target_modules=TARGETS, **SETTINGS[name])
    model = get_peft_model(model, config)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.normal_(0.0, 0.05)
    return model


def save_adapter(model, folder):
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text()) | {"base_model_name_or_path": "tiny-bert"}
    path.write_text(json.dumps(settings, indent=2, sort_keys=True))
    (folder / "adapter_model.safetensors").chmod(0o644)


def train(golden, name):
    torch.manual_seed(3)
    base, out, rate = golden / "peft", golden / name, RATES[name]
    out.mkdir(exist_ok=True)
    model = BertModel.from_pretrained(base, add_pooling_layer=False)
    if name != "full":
        model = adapter_of(model, name)
        save_adapter(model, out / "before")
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    # Token 0 pads, so PyTorch gives its embedding no gradient.
    pairs = texts(2 * STEPS * BATCH, least=int(name == "full"))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=DECAY)
    losses, norms = [], []
    for step in range(STEPS):
        batch = pairs[2 * step * BATCH : 2 * (step + 1) * BATCH]
        rows = embed(model, batch)
        loss = loss_of(rows[:BATCH], rows[BATCH:])
        loss.backward()
        if step == 0:
            gradient = tensors_of((n, p.grad) for n, p in model.named_parameters() if p.requires_grad)
            save(gradient, out / "gradient.safetensors")
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, CLIP).item())
        for group in optimiser.param_groups:
            group["lr"] = rate * factor(step)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    if name == "full":
        save(tensors_of(model.named_parameters()), out / "after.safetensors")
    else:
        save_adapter(model, out / "after")
    report = {"batch": BATCH, "texts": pairs, "losses": losses, "gradient_norms": norms}
    (out / "expected.json").write_text(json.dumps(report) + "\n")
    print(name, losses[0], losses[-1])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    for name in sys.argv[2:] or RATES:
        train(Path(sys.argv[1]), name)
