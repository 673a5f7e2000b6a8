#!/usr/bin/env python3
"""Times training steps of PyTorch + PEFT and ours, one after the other, on the same shapes.

    compare_training.py MODEL target/release/examples/train_speed

Each line says how long the fastest step took, the processor's time a step, and the peak memory of the process.
Needs torch, transformers and peft.
"""

import os
import resource
import subprocess
import sys
import time

SHAPES, STEPS = [(64, 32), (64, 128)], 6


def theirs(model, texts, length):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import BertModel

    config = LoraConfig(r=16, lora_alpha=32, target_modules=["query", "key", "value", "dense"])
    model = get_peft_model(BertModel.from_pretrained(model, add_pooling_layer=False), config).train()
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-4)
    ids = torch.randint(0, 15000, (texts, length))
    mask, target = torch.ones_like(ids), torch.arange(texts // 2)
    entropy, seconds = torch.nn.functional.cross_entropy, []
    used = time.process_time()
    for _ in range(STEPS):
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
    used = (time.process_time() - used) / STEPS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"fastest step {min(seconds):.3f} s, processor {used:.2f} s a step, peak {peak:.0f} MiB")


def child(command):
    """Runs a command; returns its last line, its processor time and its peak memory."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(text)
    return text.strip().splitlines()[-1], usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(model, ours):
    for texts, length in SHAPES:
        line, _, _ = child([sys.executable, __file__, "--theirs", model, str(texts), str(length)])
        print(f"{texts} x {length}  PyTorch + PEFT: {line}")
        options = ["--model", model, "--texts", str(texts), "--tokens", str(length), "--steps", str(STEPS)]
        line, used, peak = child([ours, *options])
        print(f"{texts} x {length}  ours: {line}, processor {used / STEPS:.2f} s a step, peak {peak:.0f} MiB")


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] == "--theirs":
        theirs(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    elif len(sys.argv) == 3:
        main(*sys.argv[1:])
    else:
        sys.exit(__doc__)
