#!/usr/bin/env python3
"""Makes crates/ranker-embed/tests/sparse: encoders that weigh a vocabulary (SPLADE), for ours to follow.

    golden_sparse.py SPARSE         # crates/ranker-embed/tests/sparse

Tiny random masked language models, a folder each as sentence-transformers' `SparseEncoder` writes it, without the weights
and with the graph that ONNX Runtime runs in their place (`logits`, as an export for `fill-mask` names it), and
`expected.json`: texts, and by role the weights that Python computes, whole vectors. `max` is SPLADE from version 2 on; `sum`
adds up, takes the logarithm twice, keeps the 6 greatest weights and has a prompt for queries; `router` weighs queries by a table,
without a model; `roberta` counts positions behind its padding, and its graph's output has another name; `plain` is a masked
language model that sentence-transformers never saved. The graph of each is run once on a padded batch and compared with
PyTorch's before it is kept.
Needs torch, onnx, onnxscript, onnxruntime and sentence-transformers (made with torch 2.15.0, transformers 5.23.0,
sentence-transformers 6.2.0).
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import onnx
import onnxruntime
import torch
from sentence_transformers import SparseEncoder
from sentence_transformers.base.modules import Router, Transformer
from sentence_transformers.sparse_encoder.modules import SparseStaticEmbedding, SpladePooling
from torch import nn
from torch.export import Dim
from transformers import BertConfig, BertForMaskedLM, RobertaConfig, RobertaForMaskedLM

from golden_late import SPECIAL, WORDS, randomise, tokenizer

HIDDEN = 8
TEXTS = [
    "rust", "Rust engineer, nurse.", "nurse: rust-rust # query", "unknown words : rust",
    "rust nurse engineer rust nurse engineers rust nurse, engineer rust nurse rust, nurse engineer rust nurse nurse rust query "
    "nurse rust nurse engineer rust nurse engineers rust nurse, engineer rust nurse rust, nurse engineer",
]


def base(folder, family="bert"):
    sizes = dict(
        vocab_size=len(SPECIAL + WORDS), hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12,
        max_position_embeddings=40, pad_token_id=0,
    )
    model = BertForMaskedLM(BertConfig(**sizes)) if family == "bert" else RobertaForMaskedLM(RobertaConfig(**sizes, type_vocab_size=1))
    randomise(model).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


class Graph(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs):
        return self.model(**dict(zip(["input_ids", "attention_mask", "token_type_ids"], inputs))).logits


def export(model, path, output):
    names = ["input_ids", "attention_mask"] + ["token_type_ids"] * (model.config.model_type == "bert")
    ids = torch.randint(7, 12, (2, 5))
    given = [ids, torch.ones_like(ids), torch.zeros_like(ids)][: len(names)]
    axes = [{0: Dim.DYNAMIC, 1: Dim.DYNAMIC}] * len(names)
    graph = Graph(model.eval())
    program = torch.onnx.export(
        graph, tuple(given), dynamo=True, opset_version=18, dynamic_shapes=(tuple(axes),), input_names=names, output_names=[output],
    )
    made = program.model_proto
    for node in made.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for part in [made, made.graph, *made.graph.input, *made.graph.output, *made.graph.initializer]:
        del part.metadata_props[:]
        part.doc_string = ""
    del made.graph.value_info[:]
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(made, path)
    padded = [torch.tensor([[4, 7, 8, 5], [4, 9, 5, 0]]), torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]]), torch.zeros(2, 4, dtype=torch.long)]
    padded = padded[: len(names)]
    run = onnxruntime.InferenceSession(str(path)).run(None, {name: value.numpy() for name, value in zip(names, padded)})[0]
    with torch.no_grad():
        gap = (torch.tensor(run) - graph(*padded)).abs().max().item()
    assert gap < 1e-4, gap


def encode(model):
    return {
        "texts": TEXTS,
        "query": model.encode_query(TEXTS, convert_to_sparse_tensor=False).tolist(),
        "document": model.encode_document(TEXTS, convert_to_sparse_tensor=False).tolist(),
    }


def keep(written, folder, expected):
    (written / "expected.json").write_text(json.dumps(expected) + "\n")
    for path in written.rglob("*"):
        weights = path.name == "model.safetensors" and "SparseStatic" not in path.parent.name
        if path.name in ("README.md", "vocab.txt", ".gitignore") or weights:
            path.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(written, folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def masked(source):
    return Transformer(str(source), transformer_task="fill-mask")


def table():
    weights = torch.rand(len(SPECIAL + WORDS)) * 3.0
    weights[len(SPECIAL) + 1] = 0.0
    return SparseStaticEmbedding(tokenizer(), weights)


def main(out):
    torch.manual_seed(29)
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        bert, roberta = base(place / "bert"), base(place / "roberta-base", "roberta")
        cases = {
            "max": ([masked(bert), SpladePooling("max")], {}),
            "sum": ([masked(bert), SpladePooling("sum", activation_function="log1p_relu")], dict(prompts={"query": "query: "}, max_active_dims=6)),
            "router": ([Router.for_query_document([table()], [masked(bert), SpladePooling("max", activation_function="log1p_relu")])], {}),
            "roberta": ([masked(roberta), SpladePooling("max")], {}),
        }
        for name, (modules, settings) in cases.items():
            SparseEncoder(modules=modules, device="cpu", **settings).save(str(place / name), create_model_card=False)
            model = SparseEncoder(str(place / name), device="cpu")
            inner = next((place / name).glob("document_0_*"), place / name)
            family = RobertaForMaskedLM if name == "roberta" else BertForMaskedLM
            export(family.from_pretrained(inner), inner / "onnx/model.onnx", "words" if name == "roberta" else "logits")
            keep(place / name, out / name, encode(model))
        export(BertForMaskedLM.from_pretrained(bert), bert / "model.onnx", "logits")
        keep(bert, out / "plain", encode(SparseEncoder(str(place / "bert"), device="cpu")))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
