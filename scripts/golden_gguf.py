#!/usr/bin/env python3
"""Makes crates/ranker-lora/tests/golden/gguf: a tiny Llama as a GGUF file, and blocks of every type that is read.

    golden_gguf.py GGUF     # crates/ranker-lora/tests/golden/gguf

`llama.gguf` has tensors of eight types; `expected.json` has texts, their ids, and the last token's hidden state, of
transformers' own reading of the file. `blocks.json` has bytes of each type and the values that the gguf package reads from
them.
Needs torch, transformers, gguf, tokenizers (made with torch 2.15.0, transformers 5.23.0, gguf 0.19.0).
"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaModel

HIDDEN, LAYERS, HEADS, SHARED, INNER = 32, 2, 4, 2, 64
TEXTS = ["rust", "Rust engineer", "nurse, 2026-12", "électricienne", "rust " * 6]
SPECIAL = ["<pad>", "<s>", "</s>"]
MERGES = ["r u", "s t", "ru st", "Ġ rust", "e n"]
TYPES = {
    "token_embd": Kind.Q8_0, "attn_q": Kind.Q4_0, "attn_k": Kind.Q4_1, "attn_v": Kind.F16, "attn_output": Kind.Q5_0,
    "ffn_gate": Kind.Q5_1, "ffn_up": Kind.F32, "ffn_down": Kind.BF16,
}


def vocabulary():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return SPECIAL + alphabet + [merge.replace(" ", "") for merge in MERGES]


def llama(path, tokens, random):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(SHARED)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(5000.0)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(True)
    keys = SHARED * HIDDEN // HEADS
    shapes = {"token_embd.weight": (len(tokens), HIDDEN), "output_norm.weight": (HIDDEN,)}
    for layer in range(LAYERS):
        shapes |= {f"blk.{layer}.{part}.weight": shape for part, shape in {
            "attn_norm": (HIDDEN,), "attn_q": (HIDDEN, HIDDEN), "attn_k": (keys, HIDDEN), "attn_v": (keys, HIDDEN),
            "attn_output": (HIDDEN, HIDDEN), "ffn_norm": (HIDDEN,), "ffn_gate": (INNER, HIDDEN), "ffn_up": (INNER, HIDDEN),
            "ffn_down": (HIDDEN, INNER),
        }.items()}
    for name, shape in shapes.items():
        part = name.split(".")[-2]
        values = random.normal(1.0 if "norm" in part else 0.0, 0.3, shape).astype(np.float32)
        kind = TYPES.get(part, Kind.F32)
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def expected(path, tokens):
    own = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, [tuple(merge.split()) for merge in MERGES]))
    own.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    model = LlamaModel.from_pretrained(path.parent, gguf_file=path.name).eval()
    ids = [[1, *own.encode(text).ids] for text in TEXTS]
    with torch.no_grad():
        rows = [model(torch.tensor([row])).last_hidden_state[0, -1].tolist() for row in ids]
    return {"texts": TEXTS, "ids": ids, "embeddings": rows}


def blocks(random):
    made = {}
    for kind in [Kind.F16, Kind.BF16, Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q8_0, Kind.Q4_K, Kind.Q5_K, Kind.Q6_K]:
        count, size = gguf.GGML_QUANT_SIZES[kind]
        rows = random.integers(0, 256, (4 if count > 1 else 8, size), dtype=np.uint8)
        # Halves at random may be no numbers: these are some.
        for row in rows:
            halves = {Kind.Q6_K: [208], Kind.Q4_0: [0], Kind.Q5_0: [0], Kind.Q8_0: [0], Kind.F16: [0], Kind.BF16: []}.get(kind, [0, 2])
            for at in halves:
                row[at : at + 2] = np.frombuffer(np.float16(random.normal()).tobytes(), np.uint8)
            if kind is Kind.BF16:
                row[1] = 0x3F
        values = gguf.quants.dequantize(rows, kind).reshape(-1)
        made[kind.name] = {"bytes": rows.tobytes().hex(), "values": [float(x) for x in values]}
    return made


def main(out):
    random = np.random.default_rng(7)
    out.mkdir(parents=True, exist_ok=True)
    tokens = vocabulary()
    llama(out / "llama.gguf", tokens, random)
    (out / "expected.json").write_text(json.dumps(expected(out / "llama.gguf", tokens)) + "\n")
    (out / "blocks.json").write_text(json.dumps(blocks(random)) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
