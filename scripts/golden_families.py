#!/usr/bin/env python3
"""Makes crates/ranker-lora/tests/golden/families: encoders of other families that ours must follow.

    golden_families.py FAMILIES     # FAMILIES: crates/ranker-lora/tests/golden/families

For RoBERTa and MPNet: a tiny random encoder, its embeddings as transformers computes them, an adapter by PEFT
with its embeddings, and the loss and first gradient of a batch. For MPNet also the buckets of distances.
Needs torch, transformers and peft (made with peft 0.21.2, transformers 5.23.0, torch 2.15.0).
"""

import json
import random
import shutil
import sys
from pathlib import Path

import torch
from golden_peft import tidy
from golden_train import embed, loss_of
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import MPNetConfig, MPNetModel, RobertaConfig, RobertaModel
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

SIZES = dict(
    vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)
# The long text reaches distances that share a bucket; 1 is the padding, here inside a text.
TEXTS = [[0, 7, 3, 39, 2], [5], [9, 4] * 30, [0, 4, 1, 8, 15, 1, 16, 23, 2]]
FAMILIES = {
    "roberta": (RobertaModel, RobertaConfig, ["query", "value", "output.dense"], dict(type_vocab_size=1)),
    "mpnet": (MPNetModel, MPNetConfig, ["q", "v", "o", "output.dense"], {}),
}
BATCH = 4


def base(kind, config, more):
    settings = config(max_position_embeddings=66, pad_token_id=1, bos_token_id=0, eos_token_id=2, **SIZES, **more)
    model = kind(settings).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.2)
    return model


@torch.no_grad()
def embeddings(model):
    model.eval()
    # Alone, so that nothing is masked.
    return torch.cat([embed(model, [ids]) for ids in TEXTS]).tolist()


def make(folder, name):
    kind, config, targets, more = FAMILIES[name]
    base(kind, config, more).save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    expected = {"texts": TEXTS, "base": embeddings(kind.from_pretrained(folder))}
    lora = LoraConfig(task_type="FEATURE_EXTRACTION", r=2, lora_alpha=6, target_modules=targets)
    model = get_peft_model(kind.from_pretrained(folder), lora)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.normal_(0.0, 0.2)
    model.save_pretrained(folder / "adapter")
    tidy(folder / "adapter")
    model = PeftModel.from_pretrained(kind.from_pretrained(folder), folder / "adapter", is_trainable=True)
    expected["adapter"] = embeddings(model)
    source = random.Random(5)
    texts = [[source.randrange(2, 40) for _ in range(source.randrange(1, 20))] for _ in range(2 * BATCH)]
    rows = embed(model, texts)
    loss = loss_of(rows[:BATCH], rows[BATCH:])
    loss.backward()
    expected |= {"batch": texts, "loss": loss.item()}
    gradients = {n.replace(".default", ""): p.grad for n, p in model.named_parameters() if p.requires_grad}
    save_file(gradients, folder / "gradient.safetensors")
    (folder / "gradient.safetensors").chmod(0o644)
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


def main(folder):
    torch.manual_seed(9)
    shutil.rmtree(folder, ignore_errors=True)
    for name in FAMILIES:
        make(folder / name, name)
    distances = torch.arange(-299, 300)
    buckets = MPNetEncoder.relative_position_bucket(distances).tolist()
    (folder / "buckets.json").write_text(json.dumps(buckets) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
