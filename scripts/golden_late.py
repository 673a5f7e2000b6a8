#!/usr/bin/env python3
"""Makes crates/ranker-embed/tests/late: models of late interaction, for ours to follow.

    golden_late.py pylate LATE                  # crates/ranker-embed/tests/late
    golden_late.py sentence-transformers LATE   # beside those

Tiny random models, a folder each as PyLate or sentence-transformers writes it (`original` as the authors of ColBERT do,
which PyLate reads), with `expected.json`: texts, and by role the vectors that it compares, a list a text. `pylate`
fills queries up with masks that only attend, `attend` with masks that are attended to, behind two linear maps of which
one has a residual, `plain` with nothing and no marks; `roberta` counts positions behind its padding. `fixed` and `min` are
the two ways of sentence-transformers, with marks in the prompts. `graphs` has three of them for ONNX Runtime.
The first needs pylate and what it pins, the second sentence-transformers from 6 on; both torch, onnx and onnxscript (made
with torch 2.15.0, pylate 1.6.0 with transformers 5.3.0 and sentence-transformers 5.3.0, then transformers 5.23.0 and
sentence-transformers 6.2.0).
"""

import json
import shutil
import string
import sys
import tempfile
from pathlib import Path

import onnx
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from torch.export import Dim
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel

HIDDEN = 8
TEXTS = [
    "rust", "Rust engineer, nurse.", "nurse: rust-rust # query", "unknown words : rust",
    "rust nurse engineer rust nurse engineers rust nurse, engineer rust nurse rust, nurse engineer rust nurse nurse rust query",
]
SPECIAL = ["[PAD]", "[unused0]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["rust", "nurse", "engineer", "##s", "query", "words", *string.punctuation]
NAMES = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"}


def tokenizer():
    words = {word: i for i, word in enumerate(SPECIAL + WORDS)}
    made = Tokenizer(models.WordPiece(words, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = [(word, words[word]) for word in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=special)
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in NAMES.values()])
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=32, **NAMES)


def randomise(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.4)
    return model.eval()


def base(folder, family="bert"):
    sizes = dict(
        vocab_size=len(SPECIAL + WORDS), hidden_size=HIDDEN, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
        max_position_embeddings=40, pad_token_id=0,
    )
    if family == "bert":
        model = BertModel(BertConfig(**sizes), add_pooling_layer=False)
    else:
        model = RobertaModel(RobertaConfig(**sizes, type_vocab_size=1), add_pooling_layer=False)
    randomise(model).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


class Graph(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs):
        names = ["input_ids", "attention_mask", "token_type_ids"]
        return self.model(**dict(zip(names, inputs))).last_hidden_state


def export(model, path):
    names = ["input_ids", "attention_mask"] + ["token_type_ids"] * (model.config.model_type == "bert")
    ids = torch.randint(3, 12, (2, 5))
    given = [ids, torch.ones_like(ids), torch.zeros_like(ids)][: len(names)]
    axes = [{0: Dim.DYNAMIC, 1: Dim.DYNAMIC}] * len(names)
    program = torch.onnx.export(
        Graph(model.eval()), tuple(given), dynamo=True, opset_version=18, dynamic_shapes=(tuple(axes),), input_names=names,
        output_names=["last_hidden_state"],
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


def keep(written, folder, expected):
    (written / "expected.json").write_text(json.dumps(expected) + "\n")
    for name in ("README.md", "vocab.txt"):
        (written / name).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(written, folder)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def rows(vectors):
    return [[[round(float(x), 7) for x in row] for row in text] for text in vectors]


def pylate(out):
    from pylate import models as late
    from sentence_transformers.models import Transformer

    def dense(inner, outer, **settings):
        return randomise(late.Dense(inner, outer, activation_function=nn.Identity(), **settings))

    def encode(folder):
        model = late.ColBERT(str(folder), device="cpu")
        return {"texts": TEXTS, "query": rows(model.encode(TEXTS, is_query=True)), "document": rows(model.encode(TEXTS, is_query=False))}

    lengths = {"query_length": 12, "document_length": 16}
    cases = {
        "pylate": ("bert", [dense(HIDDEN, 6, bias=False)], {}),
        "attend": (
            "bert", [dense(HIDDEN, 12, bias=False, use_residual=True), dense(12, 5, bias=True)],
            {"attend_to_expansion_tokens": True, "query_prefix": "[unused0]", "document_prefix": "[unused1]"},
        ),
        "plain": (
            "bert", [dense(HIDDEN, 6, bias=False)],
            {"do_query_expansion": False, "query_prefix": "", "document_prefix": "", "skiplist_words": []},
        ),
        "roberta": ("roberta", [dense(HIDDEN, 6, bias=False)], {}),
    }
    for name, (family, maps, settings) in cases.items():
        with tempfile.TemporaryDirectory() as place:
            place = Path(place)
            transformer = Transformer(str(base(place / "base", family)))
            model = late.ColBERT(modules=[transformer, *maps], device="cpu", **lengths, **settings)
            # What PyLate adds for new tokens is drawn anew each time.
            model.save(str(place / "late"), create_model_card=False)
            if name != "plain":
                inner = late.ColBERT(str(place / "late"), device="cpu")[0].auto_model
                (out / "graphs").mkdir(exist_ok=True)
                export(inner, out / f"graphs/{name}.onnx")
            keep(place / "late", out / name, encode(place / "late"))
    with tempfile.TemporaryDirectory() as place:
        place = base(Path(place))
        tensors = {f"bert.{name}": value for name, value in load_file(place / "model.safetensors").items()}
        tensors["linear.weight"] = torch.randn(6, HIDDEN) * 0.4
        save_file(tensors, place / "model.safetensors", metadata={"format": "pt"})
        config = json.loads((place / "config.json").read_text())
        (place / "config.json").write_text(json.dumps(config | {"architectures": ["HF_ColBERT"]}, indent=1) + "\n")
        metadata = {
            "query_token_id": "[unused0]", "doc_token_id": "[unused1]", "query_token": "[Q]", "doc_token": "[D]",
            "mask_punctuation": True, "attend_to_mask_tokens": False, "query_maxlen": 12, "doc_maxlen": 16, "dim": 6,
            "similarity": "cosine",
        }
        (place / "artifact.metadata").write_text(json.dumps(metadata, indent=1) + "\n")
        keep(place, out / "original", encode(place))


def sentence_transformers(out):
    from sentence_transformers import MultiVectorEncoder
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask

    cases = {
        "fixed": (
            {"document_length": 16, "query_expansion": {"strategy": "fixed", "length": 12}},
            {"skiplist_words": list(string.punctuation)}, {"query": "[unused0] ", "document": "[unused1] "},
        ),
        "min": (
            {"query_length": 14, "document_length": 16, "query_expansion": {"strategy": "min", "length": 10, "attend": True, "token": "[PAD]"}},
            {"skiplist_words": [",", "."], "skiplist_tasks": ["query", "document"]}, {"query": "query: ", "document": ""},
        ),
    }
    for name, (lengths, skipped, prompts) in cases.items():
        with tempfile.TemporaryDirectory() as place:
            place = Path(place)
            transformer = Transformer(str(base(place / "base")), **lengths)
            marks = [AddedToken(mark, special=True, normalized=False) for mark in ("[unused0]", "[unused1]")]
            transformer.tokenizer.add_special_tokens({"additional_special_tokens": marks})
            dense = randomise(Dense(HIDDEN, 6, bias=False, activation_function=nn.Identity(), module_input_name="token_embeddings"))
            modules = [transformer, dense, MultiVectorMask(**skipped), Normalize(module_input_name="token_embeddings")]
            MultiVectorEncoder(modules=modules, prompts=prompts, device="cpu").save(str(place / "late"), create_model_card=False)
            model = MultiVectorEncoder(str(place / "late"), device="cpu")
            expected = {"texts": TEXTS, "query": rows(model.encode_query(TEXTS)), "document": rows(model.encode_document(TEXTS))}
            keep(place / "late", out / name, expected)


def main(how, out):
    torch.manual_seed(13)
    out.mkdir(parents=True, exist_ok=True)
    {"pylate": pylate, "sentence-transformers": sentence_transformers}[how](out)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("pylate", "sentence-transformers"):
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
