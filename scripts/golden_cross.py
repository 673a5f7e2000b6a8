#!/usr/bin/env python3
"""Makes crates/ranker-lora/tests/golden/cross: cross-encoders that ours must follow.

    golden_cross.py make CROSS             # CROSS: crates/ranker-lora/tests/golden/cross
    golden_cross.py check CROSS ADAPTER    # ADAPTER: CROSS/bert/after, read and written by us
    golden_cross.py merged CROSS MERGED    # MERGED: CROSS/bert with CROSS/bert/after merged, written by us

A tiny BERT and a tiny RoBERTa for sequence classification with one label and the scores of pairs. For BERT also a
training with PEFT (SEQ_CLS; pooler and classifier kept whole): the adapter before, the first gradient, the losses of
20 steps of binary cross-entropy with AdamW, and the adapter after with its scores.
Needs torch, transformers and peft (made with peft 0.21.2, transformers 5.23.0, torch 2.15.0).
"""

import json
import random
import shutil
import sys
from pathlib import Path

import torch
from golden_peft import tidy
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import (
    AutoModelForSequenceClassification, BertConfig, BertForSequenceClassification, RobertaConfig,
    RobertaForSequenceClassification,
)

SIZES = dict(
    vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, num_labels=1,
    max_position_embeddings=34, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)
STEPS, BATCH, RATE, WARMUP, DECAY, CLIP = 20, 6, 5e-3, 2, 0.01, 1.0


def pairs(count):
    """A sequence and how many of its tokens belong to the first text."""
    source = random.Random(17)
    drawn = lambda: [source.randrange(2, 40) for _ in range(source.randrange(2, 14))]
    made = []
    for _ in range(count):
        first, second = drawn(), drawn()
        made.append({"ids": first + second, "second": len(first)})
    return made


def scores(model, batch, types):
    width = max(len(pair["ids"]) for pair in batch)
    padded = lambda row, value: row + [value] * (width - len(row))
    inputs = {
        "input_ids": torch.tensor([padded(pair["ids"], 1) for pair in batch]),
        "attention_mask": torch.tensor([padded([1] * len(pair["ids"]), 0) for pair in batch]),
    }
    if types:
        kinds = [[0] * pair["second"] + [1] * (len(pair["ids"]) - pair["second"]) for pair in batch]
        inputs["token_type_ids"] = torch.tensor([padded(row, 0) for row in kinds])
    return model(**inputs).logits[:, 0]


def base(folder, kind, config):
    model = kind(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.2)
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    return kind.from_pretrained(folder)


def train(folder, model, data):
    config = LoraConfig(
        task_type="SEQ_CLS", r=3, lora_alpha=6, modules_to_save=["classifier", "pooler"],
        target_modules=["query", "value", "dense"], exclude_modules=["pooler.dense"],
    )
    model = get_peft_model(model, config)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.normal_(0.0, 0.05)
    model.train()
    model.save_pretrained(folder / "before")
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    losses = []
    for step in range(STEPS):
        batch = data[step * BATCH : (step + 1) * BATCH]
        labels = torch.tensor([pair["label"] for pair in batch])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores(model, batch, True), labels)
        loss.backward()
        if step == 0:
            name = lambda n: n.replace(".default", "").replace(".modules_to_save", "")
            save_file({name(n): p.grad for n, p in model.named_parameters() if p.requires_grad}, folder / "gradient.safetensors")
            (folder / "gradient.safetensors").chmod(0o644)
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        factor = (step + 1) / WARMUP if step < WARMUP else (STEPS - step) / (STEPS - WARMUP)
        for group in optimiser.param_groups:
            group["lr"] = RATE * factor
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    model.save_pretrained(folder / "after")
    for adapter in ("before", "after"):
        tidy(folder / adapter)
    return losses


@torch.no_grad()
def after(folder, adapter, data):
    return scores(adapted(folder, adapter), data, True).tolist()


def adapted(folder, adapter):
    return PeftModel.from_pretrained(BertForSequenceClassification.from_pretrained(folder), adapter).eval()


def make(cross):
    torch.manual_seed(23)
    shutil.rmtree(cross, ignore_errors=True)
    data = pairs(STEPS * BATCH)
    for pair in data:
        # A graded label: what a cross-entropy allows and a teacher gives.
        pair["label"] = (pair["ids"][0] % 5) / 4
    shown = data[:BATCH]
    model = base(cross / "roberta", RobertaForSequenceClassification, RobertaConfig(pad_token_id=1, type_vocab_size=1, **SIZES))
    with torch.no_grad():
        expected = {"pairs": shown, "base": scores(model, shown, False).tolist()}
    (cross / "roberta/expected.json").write_text(json.dumps(expected) + "\n")
    model = base(cross / "bert", BertForSequenceClassification, BertConfig(**SIZES))
    with torch.no_grad():
        plain = scores(model, shown, True).tolist()
    losses = train(cross / "bert", model, data)
    tuned = after(cross / "bert", cross / "bert/after", shown)
    expected = {"pairs": data, "batch": BATCH, "base": plain, "losses": losses, "after": tuned}
    (cross / "bert/expected.json").write_text(json.dumps(expected) + "\n")
    print(losses[0], losses[-1])


def merged(written):
    model, info = AutoModelForSequenceClassification.from_pretrained(written, output_loading_info=True)
    assert not any(info.values()), info
    return model.eval()


@torch.no_grad()
def check(cross, model):
    expected = json.loads((cross / "bert/expected.json").read_text())
    ours = scores(model, expected["pairs"][:BATCH], True)
    difference = (ours - torch.tensor(expected["after"])).abs().max().item()
    print(f"greatest difference {difference:.1e}")
    sys.exit(difference > 1e-5 and "something else is computed with what we wrote")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    elif len(sys.argv) == 4 and sys.argv[1] == "check":
        check(Path(sys.argv[2]), adapted(Path(sys.argv[2]) / "bert", Path(sys.argv[3])))
    elif len(sys.argv) == 4 and sys.argv[1] == "merged":
        check(Path(sys.argv[2]), merged(Path(sys.argv[3])))
    else:
        sys.exit(__doc__)
