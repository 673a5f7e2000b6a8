#!/usr/bin/env python3
"""Times training steps of PyTorch + PEFT and ours, one after the other, on the same shapes.

    compare_training.py MODEL target/release/examples/train_speed            # LoRA, time
    compare_training.py --memory MODEL target/release/examples/train_speed   # all methods, peak memory and time

Each line says how long the fastest step took, the processor's time a step, and the peak memory of the process, with
reading the weights. --memory takes MODEL, and a BERT of base size with random weights that it makes: full fine-tuning,
LoRA and QLoRA (NF4, double quantisation), with all activations kept and with each layer's input alone; then ours with
MODEL as batch and length grow.
Needs torch, transformers and peft, and bitsandbytes for QLoRA.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time

SHAPES, STEPS, MEMORY_STEPS = [(64, 32), (64, 128)], 6, 2
GROWTH = [(64, 32), (256, 32), (64, 128), (256, 128)]
# What train_speed is told for each method.
OURS = {"full": ["--full"], "LoRA": [], "QLoRA": ["--quantize", "nf4"]}


def read(model, method, checkpointed):
    """The model as PyTorch trains it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import BertModel, BitsAndBytesConfig

    settings = {}
    if method == "QLoRA":
        nf4 = dict(bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.float32)
        settings = dict(quantization_config=BitsAndBytesConfig(load_in_4bit=True, **nf4), device_map="cpu")
    model = BertModel.from_pretrained(model, add_pooling_layer=False, dtype=torch.float32, **settings)
    if checkpointed:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if method != "full":
        config = LoraConfig(r=16, lora_alpha=32, target_modules=["query", "key", "value", "dense"])
        model = get_peft_model(model, config)
    return model.train()


def theirs(model, texts, length, steps=STEPS, method="LoRA", checkpointed="no"):
    import torch

    model, texts, length, steps = read(model, method, checkpointed == "yes"), int(texts), int(length), int(steps)
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-4)
    ids = torch.randint(0, 15000, (texts, length))
    mask, target = torch.ones_like(ids), torch.arange(texts // 2)
    entropy, seconds = torch.nn.functional.cross_entropy, []
    used = time.process_time()
    for _ in range(steps):
        start = time.perf_counter()
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        rows = torch.nn.functional.normalize(hidden.mean(1), dim=-1)
        scores = rows[: texts // 2] @ rows[texts // 2 :].T * 20
        loss = (entropy(scores, target) + entropy(scores.T, target)) / 2
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        seconds.append(time.perf_counter() - start)
    used = (time.process_time() - used) / steps
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"fastest step {min(seconds):.3f} s, processor {used:.2f} s a step, peak {peak:.0f} MiB")


def random_base(folder):
    from transformers import BertConfig, BertModel

    BertModel(BertConfig(), add_pooling_layer=False).save_pretrained(folder)


def child(command):
    """Runs a command; returns its last line but for the peak's, its processor time and its peak memory."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(text)
    lines = [line for line in text.strip().splitlines() if not line.startswith("peak")]
    return (lines or [""])[-1], usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def run_theirs(*arguments):
    return child([sys.executable, __file__, "--theirs", *map(str, arguments)])[0]


def run_ours(ours, model, shape, options=(), steps=STEPS):
    sizes = ["--texts", str(shape[0]), "--tokens", str(shape[1]), "--steps", str(steps)]
    line, used, peak = child([ours, "--model", model, *sizes, *options])
    return f"{line}, processor {used / steps:.2f} s a step, peak {peak:.0f} MiB"


def main(model, ours):
    for shape in SHAPES:
        print("{} x {}".format(*shape), f" PyTorch + PEFT: {run_theirs(model, *shape)}", flush=True)
        print("{} x {}".format(*shape), f" ours: {run_ours(ours, model, shape)}", flush=True)


def compare_memory(name, model, ours, shape):
    for method, options in OURS.items():
        for checkpointed in ("no", "yes"):
            kind = f"{name}, {shape[0]} x {shape[1]}, {method}" + ", checkpointed" * (checkpointed == "yes")
            try:
                line = run_theirs(model, *shape, MEMORY_STEPS, method, checkpointed)
            except RuntimeError as error:
                line = f"n/a ({str(error).strip().splitlines()[-1]})"
            print(f"{kind}  PyTorch: {line}", flush=True)
            options_now = [*options, *["--checkpoint"] * (checkpointed == "yes")]
            line = run_ours(ours, model, shape, options_now, MEMORY_STEPS)
            print(f"{kind}  ours: {line}", flush=True)


def growth(name, model, ours):
    for shape in GROWTH:
        for what, options in [
            ("LoRA", []),
            ("QLoRA, checkpointed", [*OURS["QLoRA"], "--checkpoint"]),
            ("QLoRA, checkpointed, 2,048 tokens", [*OURS["QLoRA"], "--checkpoint", "--token-budget", "2048"]),
        ]:
            line = run_ours(ours, model, shape, options, MEMORY_STEPS)
            print(f"{name}, {shape[0]} x {shape[1]}, {what}  ours: {line}", flush=True)


def memory(model, ours):
    with tempfile.TemporaryDirectory() as folder:
        child([sys.executable, __file__, "--base", folder])
        compare_memory("random BERT base", folder, ours, SHAPES[0])
    name = os.path.basename(model.rstrip("/"))
    compare_memory(name, model, ours, SHAPES[-1])
    growth(name, model, ours)


if __name__ == "__main__":
    actions = {"--theirs": theirs, "--base": random_base, "--memory": memory}
    if len(sys.argv) > 1 and sys.argv[1] in actions:
        actions[sys.argv[1]](*sys.argv[2:])
    elif len(sys.argv) == 3:
        main(*sys.argv[1:])
    else:
        sys.exit(__doc__)
