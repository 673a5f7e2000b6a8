#!/usr/bin/env python3
"""Makes crates/ranker-embed/tests/classifiers: sequence classifiers of others, for ours to follow.

    golden_rerankers.py TINY CLASSIFIERS      # crates/ranker-embed/tests/tiny and .../classifiers

Tiny random models with the tokenizer of TINY, exported to ONNX, each with what `CrossEncoder.predict` of
sentence-transformers gives for pairs, some above the limit. `identity` has one label and says that its score is meant
as it is; `sigmoid` says nothing; `inference` has three labels, one of them `entailment`, and a softmax; `several` has
labels that do not exclude each other; `decoder` is a Qwen3 that classifies by its last token, in 16 bits.
Needs torch, transformers, sentence-transformers, onnx, onnxscript (made with torch 2.15.0, transformers 5.23.0,
sentence-transformers 6.2.0, onnx 1.23.2, onnxscript 0.7.2).
"""

import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from golden_decoders import half
from sentence_transformers import CrossEncoder
from torch import nn
from torch.export import Dim
from transformers import (
    BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForSequenceClassification,
    RobertaConfig, RobertaForSequenceClassification,
)

QUERY = "rust nurse query"
DOCUMENTS = [
    "rust", "nurse nurse", "rust " * 9, "query: rust nurse", "unknown words : rust nurse " * 3, "nurse " * 40, "rust nurse",
]
LONG = "rust nurse query : " * 6
MOST, HIDDEN, WORDS = 24, 8, 13
SIZES = dict(vocab_size=WORDS, hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12)
NLI = {0: "contradiction", 1: "entailment", 2: "neutral"}


def tokenizer(tiny, folder, inputs):
    fast = PreTrainedTokenizerFast(
        tokenizer_file=str(tiny / "tokenizer.json"), unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        pad_token="[PAD]", model_max_length=MOST, model_input_names=inputs,
    )
    fast.save_pretrained(folder)


def network(name):
    labels = lambda names: dict(num_labels=len(names), id2label=names, label2id={v: k for k, v in names.items()})
    bert = dict(SIZES, max_position_embeddings=32, attn_implementation="eager")
    if name == "identity":
        return BertForSequenceClassification(BertConfig(**bert, num_labels=1)), nn.Identity()
    if name == "sigmoid":
        # A kind that our own engine runs too, whose positions begin behind the padding.
        config = RobertaConfig(**bert | dict(max_position_embeddings=34), num_labels=1, pad_token_id=0, type_vocab_size=1)
        return RobertaForSequenceClassification(config), None
    if name == "inference":
        return BertForSequenceClassification(BertConfig(**bert, **labels(NLI))), nn.Softmax(dim=1)
    if name == "several":
        names = labels({0: "fluent", 1: "relevant"})
        config = BertConfig(**bert, **names, problem_type="multi_label_classification")
        return BertForSequenceClassification(config), nn.Sigmoid()
    config = Qwen3Config(
        **SIZES, num_key_value_heads=1, head_dim=4, max_position_embeddings=32, pad_token_id=0, num_labels=1,
        attn_implementation="eager",
    )
    return Qwen3ForSequenceClassification(config), nn.Identity()


class Exported(nn.Module):
    def __init__(self, model, inputs):
        super().__init__()
        self.model, self.inputs = model, inputs

    def forward(self, *values):
        return self.model(**dict(zip(self.inputs, values))).logits


def export(model, path, inputs):
    given = [torch.randint(1, WORDS, (2, 5)), torch.ones(2, 5, dtype=torch.long), torch.zeros(2, 5, dtype=torch.long)]
    program = torch.onnx.export(
        Exported(model, inputs).eval(), tuple(given[: len(inputs)]), dynamo=True, opset_version=18,
        dynamic_shapes=(tuple({0: Dim.DYNAMIC, 1: Dim.DYNAMIC} for _ in inputs),), input_names=inputs,
        output_names=["logits"],
    )
    graph = program.model_proto
    for node in graph.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for part in [graph, graph.graph, *graph.graph.input, *graph.graph.output, *graph.graph.initializer]:
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.graph.value_info[:]
    onnx.save(graph, path)


def make(tiny, folder, name):
    work = Path(tempfile.mkdtemp())
    model, activation = network(name)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.normal_(1.0 if "norm" in key.lower() and key.endswith("weight") else 0.0, 0.4)
    model.eval().save_pretrained(work)
    inputs = ["input_ids", "attention_mask"] + ["token_type_ids"] * (name not in ("sigmoid", "decoder"))
    tokenizer(tiny, work, inputs)
    # As it was, without what transformers makes of it.
    shutil.copy(tiny / "tokenizer.json", work)
    settings = {} if activation is None else {"activation_fn": activation}
    cross = CrossEncoder(str(work), device="cpu", **settings)
    written = folder / name
    cross.save_pretrained(str(written))
    scores = lambda query: cross.predict([(query, document) for document in DOCUMENTS], convert_to_numpy=True).tolist()
    expected = {"query": QUERY, "documents": DOCUMENTS, "scores": scores(QUERY), "long": LONG, "long_scores": scores(LONG)}
    (written / "expected.json").write_text(json.dumps(expected) + "\n")
    shutil.copy(tiny / "tokenizer.json", written)
    (written / "README.md").unlink()
    if name not in ("identity", "sigmoid"):
        (written / "model.safetensors").unlink()
    export(model, written / "model.onnx", inputs)
    if name == "decoder":
        half(written / "model.onnx")
    for path in written.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    shutil.rmtree(work)


def main(tiny, folder):
    warnings.filterwarnings("ignore")
    torch.manual_seed(3)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("identity", "sigmoid", "inference", "several", "decoder"):
        make(tiny, folder, name)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
