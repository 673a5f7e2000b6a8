#!/usr/bin/env python3
"""Makes crates/ranker-lora/tests/golden/nf4 with bitsandbytes, or checks that bitsandbytes reads a folder of ours.

    golden_nf4.py make GOLDEN            # GOLDEN: crates/ranker-lora/tests/golden
    golden_nf4.py check GOLDEN FOLDER    # FOLDER: GOLDEN's tiny BERT in NF4, written by us

Made are matrices with what bitsandbytes makes of them, and the tiny BERT of golden_peft.py as transformers saves it
in NF4, with its embeddings. The matrices' scales are quantised by bitsandbytes' portable implementation, which decides
as its CUDA kernels do, and restored by it; the CPU kernels look scales up in a coarse table, and take wrong ones for
rows that blocks reach across.
Needs torch, transformers and bitsandbytes (made with bitsandbytes 0.50.2, transformers 5.23.0, torch 2.15.0).
"""

import json
import shutil
import sys
from pathlib import Path

import bitsandbytes.functional as bnb
import torch
from safetensors.torch import load_file, save_file
from transformers import BertModel, BitsAndBytesConfig

TEXTS = [[1, 7, 3, 49, 0, 2], [5], [9] * 24, [4, 8, 15, 16, 23, 42, 59, 30, 21]]
PORTABLE = torch._C.DispatchKey.CompositeExplicitAutograd


def matrices():
    torch.manual_seed(17)
    wide = torch.randn(70, 256) * torch.rand(70, 1) ** 3
    zeros = torch.randn(4, 96)
    zeros.view(-1)[64:192] = 0
    zeros.view(-1)[320:] = 0
    huge = torch.randn(3, 128) * 1e36
    huge[1, 5] = 1e38
    huge[2, 7] = 1e-45
    return {
        "one": torch.tensor([[-0.3]]),
        "odd": torch.randn(5, 13),
        "rows": torch.randn(9, 70) * 0.02,
        "wide": wide,
        "zeros": zeros,
        "huge": huge,
        "evenly": torch.linspace(-1, 1, 640).reshape(10, 64),
    }


def portable(name, *arguments):
    """bitsandbytes' implementation for any device, and not the CPU's own."""
    return getattr(torch.ops.bitsandbytes, name).default._op_dk(PORTABLE, *arguments)


def quantized(matrix):
    """The codes, and the state with scales as the portable implementation has them."""
    codes, plain = bnb.quantize_4bit(matrix, quant_type="nf4")
    _, state = bnb.quantize_4bit(matrix, quant_type="nf4", compress_statistics=True)
    state.absmax, state.state2.absmax = portable(
        "quantize_blockwise", plain.absmax - state.offset, state.state2.code, 256
    )
    return codes, state


def restored(codes, state):
    scales = bnb.dequantize_blockwise(state.absmax, state.state2) + state.offset
    return portable("dequantize_4bit", codes, scales, 64, "nf4", state.shape, torch.float32)


@torch.no_grad()
def embeddings(model):
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child).__name__ == "Linear4bit":
                linear = torch.nn.Linear(child.in_features, child.out_features)
                linear.weight.copy_(restored(child.weight.data, child.weight.quant_state))
                linear.bias.copy_(child.bias)
                setattr(parent, name, linear)
    model.eval()
    vectors = [model(input_ids=torch.tensor([ids])).last_hidden_state[0].mean(0) for ids in TEXTS]
    return [torch.nn.functional.normalize(vector, dim=0).tolist() for vector in vectors]


def make(golden):
    out = golden / "nf4"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    tensors = {}
    for name, matrix in matrices().items():
        codes, state = quantized(matrix)
        tensors |= {f"{name}.weight": codes, f"{name}.input": matrix}
        tensors |= {f"{name}.weight.{key}": value for key, value in state.as_dict(packed=True).items()}
        tensors[f"{name}.restored"] = restored(codes, state)
    save_file(tensors, out / "matrices.safetensors")
    settings = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.float32
    )
    model = BertModel.from_pretrained(golden / "peft", quantization_config=settings, dtype=torch.float32, device_map="cpu")
    model.save_pretrained(out / "model")
    expected = {"texts": TEXTS, "embeddings": embeddings(model)}
    (out / "expected.json").write_text(json.dumps(expected) + "\n")
    for path in (out / "matrices.safetensors", out / "model/model.safetensors"):
        path.chmod(0o644)
    for path in (out / "model").iterdir():
        if path.name not in ("config.json", "model.safetensors"):
            path.unlink()


def check(golden, folder):
    ours, base = load_file(folder / "model.safetensors"), load_file(golden / "peft/model.safetensors")
    greatest, count = 0.0, 0
    for name in (name for name in base if f"{name}.absmax" in ours):
        state = {key[len(name) + 1 :]: value for key, value in ours.items() if key.startswith(f"{name}.")}
        read = restored(ours[name], bnb.QuantState.from_dict(state, device=torch.device("cpu")))
        codes, state = quantized(base[name])
        assert torch.equal(ours[name], codes) and torch.equal(ours[f"{name}.absmax"], state.absmax), name
        greatest = max(greatest, (read - restored(codes, state)).abs().max().item())
        count += 1
    print(f"{count} weights read by QuantState.from_dict, greatest difference {greatest:.1e}")
    model = BertModel.from_pretrained(folder, device_map="cpu")
    kinds = {type(module).__name__ for module in model.modules()}
    assert "Linear4bit" in kinds, kinds
    expected = json.loads((golden / "nf4/expected.json").read_text())["embeddings"]
    distance = (torch.tensor(embeddings(model)) - torch.tensor(expected)).abs().max().item()
    print(f"embeddings by transformers from our folder and from its own: greatest difference {distance:.1e}")
    assert count > 0 and greatest < 1e-6 and distance < 1e-2


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    elif len(sys.argv) == 4 and sys.argv[1] == "check":
        check(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(__doc__)
