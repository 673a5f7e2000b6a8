#!/usr/bin/env python3
"""Golden folders and embeddings of static encoders for `ranker-embed`, by model2vec itself.

    golden_static.py TOKENIZER FOLDER

TOKENIZER is the tokenizer.json of the tiny model in crates/ranker-embed/tests/tiny. FOLDER gets a folder a form
(f32, f16, int8; with rows that tokens share and a weight a token), each written by model2vec's own
`save_pretrained`, one in the layout of sentence-transformers' StaticEmbedding, and expected.json: what
`StaticModel.encode` gives for each text, brought to unit length. sentence-transformers is not run: what its
StaticEmbedding does, the mean over all tokens, the unknown one too, is written out in numpy.

Needs model2vec, numpy, safetensors and tokenizers.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from model2vec.quantization import quantize_embeddings, DType
from safetensors.numpy import save_file
from tokenizers import Tokenizer

TEXTS = [
    "rust",
    "nurse nurse rust",
    "search engines : text",
    "query: rust search engines",
    "nan and unknown words",
    "unknown-words, nurses",
]
DIMENSION = 6


def unit(rows):
    rows = np.asarray(rows, dtype=np.float64)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).tolist()


def main():
    tokenizer_file, folder = Path(sys.argv[1]), Path(sys.argv[2])
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.post_processor = None
    words = tokenizer.get_vocab_size()
    random = np.random.default_rng(20241014)
    rows = random.normal(size=(words, DIMENSION)).astype(np.float32)
    shared = random.normal(size=(5, DIMENSION)).astype(np.float32)
    mapping = random.integers(0, len(shared), size=words)
    weights = random.uniform(0.05, 1.0, size=words)
    forms = {
        "f32": dict(vectors=rows),
        "f16": dict(vectors=rows.astype(np.float16)),
        "int8": dict(vectors=quantize_embeddings(rows, DType.Int8)),
        "shared": dict(vectors=shared, token_mapping=mapping, weights=weights),
    }
    shutil.rmtree(folder, ignore_errors=True)
    expected = {}
    for name, tensors in forms.items():
        model = StaticModel(tokenizer=tokenizer, normalize=name != "int8", max_length=None, **tensors)
        model.save_pretrained(folder / name)
        (folder / name / "README.md").unlink()
        model = StaticModel.from_pretrained(folder / name)
        expected[name] = unit(model.encode(TEXTS, normalize=False).astype(np.float64))

    inner = folder / "nested" / "0_StaticEmbedding"
    inner.mkdir(parents=True)
    save_file({"embedding.weight": rows}, inner / "model.safetensors")
    tokenizer.save(str(inner / "tokenizer.json"), pretty=False)
    modules = [{"idx": 0, "name": "0", "path": inner.name, "type": "sentence_transformers.models.StaticEmbedding"}]
    (folder / "nested" / "modules.json").write_text(json.dumps(modules, indent=2) + "\n")
    prompts = {"prompts": {"query": "query: "}, "default_prompt_name": None, "similarity_fn_name": "cosine"}
    (folder / "nested" / "config_sentence_transformers.json").write_text(json.dumps(prompts, indent=2) + "\n")
    ids = [encoding.ids for encoding in tokenizer.encode_batch(TEXTS, add_special_tokens=False)]
    expected["nested"] = unit([rows[i].mean(axis=0) for i in ids])

    lines = ",\n ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in {"texts": TEXTS, **expected}.items())
    (folder / "expected.json").write_text("{" + lines + "}\n")


if __name__ == "__main__":
    main()
