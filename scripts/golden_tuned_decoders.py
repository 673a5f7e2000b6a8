#!/usr/bin/env python3
"""Makes GOLDEN/decoders: tiny random decoders with adapters, their hidden states and first gradients by PyTorch and PEFT.

    golden_tuned_decoders.py GOLDEN          # crates/ranker-lora/tests/golden
    golden_tuned_decoders.py GOLDEN check ADAPTERS

Of each of four shapes (llama with the angles of Llama 3.1 and biases, mistral in five files, qwen2, qwen3): the folder,
`before/` (a LoRA adapter of PEFT on all linear maps, with B as after some training), `gradient.safetensors` (of the first
batch, pooled by the last token) and `expected.json`: texts, the last hidden states of some of them without and with
the adapter, and the batch's loss by the last token and by the mean. `mistral/dora` is a DoRA adapter with its gradient.
`mistral/steps.json` has the losses of 20 steps of AdamW.

`check` reads with PEFT what ours wrote: ADAPTERS has a folder for each shape with `adapter/` and `rows.json`, the embeddings
that ours has with it.
Needs torch, transformers and peft (made with peft 0.21.2, transformers 5.23.0, torch 2.15.0).
"""

import json
import random
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import (
    AutoModel, LlamaConfig, LlamaModel, MistralConfig, MistralModel, Qwen2Config, Qwen2Model, Qwen3Config, Qwen3Model,
)

from golden_train import BATCH, CLIP, DECAY, loss_of, save_adapter, tensors_of

STEPS, WARMUP, RATE = 20, 2, 5e-3
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
SIZES = dict(
    vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=6,
    intermediate_size=24, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0, use_cache=False,
)
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 50.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 2.0,
    "original_max_position_embeddings": 24,
}


def model_of(name):
    attention = dict(attn_implementation="eager")
    if name == "llama":
        config = LlamaConfig(**SIZES, attention_bias=True, mlp_bias=True, rope_parameters=LLAMA3)
        return LlamaModel._from_config(config, **attention)
    if name == "mistral":
        return MistralModel._from_config(MistralConfig(**SIZES, sliding_window=32), **attention)
    if name == "qwen2":
        # Its heads have no size of their own.
        sizes = SIZES | dict(hidden_size=24)
        sizes.pop("head_dim")
        return Qwen2Model._from_config(Qwen2Config(**sizes), **attention)
    return Qwen3Model._from_config(Qwen3Config(**SIZES), **attention)


def texts(count):
    source = random.Random(11)
    return [[source.randrange(1, 60) for _ in range(source.randrange(1, 20))] for _ in range(count)]


def states(model, ids):
    """Hidden states of texts with padding behind them, and the mask."""
    width = max(map(len, ids))
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ids])
    return model(input_ids=tokens, attention_mask=mask).last_hidden_state, mask


def embed(model, ids, pooling):
    hidden, mask = states(model, ids)
    if pooling == "last":
        rows = hidden[torch.arange(len(ids)), mask.sum(1) - 1]
    else:
        rows = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return torch.nn.functional.normalize(rows, dim=-1)


def batch_loss(model, ids, pooling="last"):
    rows = embed(model, ids, pooling)
    return loss_of(rows[: len(ids) // 2], rows[len(ids) // 2 :])


def hidden(model, ids):
    with torch.no_grad():
        return [model(input_ids=torch.tensor([row])).last_hidden_state[0].tolist() for row in ids]


def with_adapter(folder, **settings):
    config = LoraConfig(task_type="FEATURE_EXTRACTION", r=3, lora_alpha=6, target_modules=TARGETS, **settings)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager")
    model = get_peft_model(model, config)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.normal_(0.0, 0.05)
    return model.train()


def written(model, folder, batch, file="gradient.safetensors"):
    loss = batch_loss(model, batch)
    loss.backward()
    gradient = tensors_of((n, p.grad) for n, p in model.named_parameters() if p.requires_grad)
    save_file(gradient, folder / file)
    (folder / file).chmod(0o644)
    model.zero_grad()
    return loss.item()


def factor(step):
    return (step + 1) / WARMUP if step < WARMUP else (STEPS - step) / (STEPS - WARMUP)


def steps(model, pairs):
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    losses = []
    for step in range(STEPS):
        loss = batch_loss(model, pairs[2 * step * BATCH : 2 * (step + 1) * BATCH])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        for group in optimiser.param_groups:
            group["lr"] = RATE * factor(step)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    return losses


def make(golden, name):
    folder = golden / name
    folder.mkdir(parents=True)
    network = model_of(name)
    with torch.no_grad():
        for key, parameter in network.named_parameters():
            parameter.normal_(1.0 if "norm" in key else 0.0, 0.3)
    network.save_pretrained(folder, max_shard_size="6kB" if name == "mistral" else "5GB")
    for path in folder.iterdir():
        path.chmod(0o644)
    pairs = texts(2 * STEPS * BATCH)
    batch, few = pairs[: 2 * BATCH], pairs[:4]
    model = with_adapter(folder, use_rslora=name == "qwen3")
    save_adapter(model, folder / "before")
    expected = {
        "batch": batch, "loss": written(model, folder, batch), "mean_loss": batch_loss(model, batch, "mean").item(),
        "hidden": hidden(network.eval(), few), "adapted": hidden(model, few),
    }
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    if name == "mistral":
        losses = steps(model, pairs)
        (folder / "steps.json").write_text(json.dumps({"texts": pairs, "losses": losses}) + "\n")
        model = with_adapter(folder, use_dora=True)
        (folder / "dora").mkdir()
        save_adapter(model, folder / "dora/before")
        loss = written(model, folder / "dora", batch)
        (folder / "dora/expected.json").write_text(json.dumps({"loss": loss, "adapted": hidden(model, few)}) + "\n")
    print(name, expected["loss"], sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()))


def check(golden, made):
    for name in ("llama", "mistral", "qwen2", "qwen3"):
        base = AutoModel.from_pretrained(golden / name, attn_implementation="eager")
        model = PeftModel.from_pretrained(base, made / name / "adapter").eval()
        ours = json.loads((made / name / "rows.json").read_text())
        with torch.no_grad():
            theirs = embed(model, ours["texts"], "last")
        print(name, "greatest difference", (theirs - torch.tensor(ours["rows"])).abs().max().item())


def main(golden):
    torch.manual_seed(9)
    shutil.rmtree(golden, ignore_errors=True)
    for name in ("llama", "mistral", "qwen2", "qwen3"):
        make(golden, name)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(Path(sys.argv[1]) / "decoders")
    elif len(sys.argv) == 4 and sys.argv[2] == "check":
        check(Path(sys.argv[1]) / "decoders", Path(sys.argv[3]))
    else:
        sys.exit(__doc__)
