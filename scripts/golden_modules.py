#!/usr/bin/env python3
"""Makes crates/ranker-embed/tests/modules: what sentence-transformers puts behind the pooling, for ours to follow.

    golden_modules.py TINY MODULES      # crates/ranker-embed/tests/tiny and .../modules

A tiny random BERT (`base`) with the tokenizer of TINY, and for each case the files that sentence-transformers writes
beside it, with `expected.json`: texts, and by role the unit vectors that it computes. `asym` has the layout in which
older versions wrote routes. `activations.json` has PyTorch's values of each activation.
Needs torch, transformers and sentence-transformers (made with torch 2.15.0, transformers 5.23.0,
sentence-transformers 6.2.0).
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Router, Transformer
from sentence_transformers.sentence_transformer.modules import Dropout, LayerNorm, Pooling
from torch import nn
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

HIDDEN = 8
TEXTS = ["rust", "rust nurse", "nurse rust rust query", "unknown words : rust", "query: nurse nurse nurse rust rust"]
ACTIVATIONS = [nn.Identity, nn.Tanh, nn.Sigmoid, nn.ReLU, nn.GELU, nn.SiLU, nn.LeakyReLU, nn.ELU, nn.Softplus]
SHARED = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}


def base(tiny, folder):
    config = BertConfig(
        vocab_size=13, hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12,
        max_position_embeddings=32,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.4)
    model.save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(tiny / "tokenizer.json"), unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        pad_token="[PAD]", model_max_length=32,
    )
    tokenizer.save_pretrained(folder)
    # As it was, without what transformers adds to it.
    shutil.copy(tiny / "tokenizer.json", folder)


def dense(inner, outer, activation, bias=True, residual=False):
    module = Dense(inner, outer, bias=bias, activation_function=activation, use_residual=residual)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0.0, 0.6)
    return module


def norm(size):
    module = LayerNorm(size)
    with torch.no_grad():
        module.norm.weight.normal_(1.0, 0.4)
        module.norm.bias.normal_(0.0, 0.4)
    return module


def cases():
    yield "tanh", "mean", [dense(HIDDEN, 6, nn.Tanh()), Normalize()], {}
    wide = [dense(HIDDEN, 20, nn.Identity(), bias=False), dense(20, HIDDEN, nn.Identity(), bias=False), Normalize()]
    yield "wide", "mean", wide, {"query": "query: ", "document": ""}
    stack = [
        norm(HIDDEN), dense(HIDDEN, 12, nn.GELU()), Normalize(), Dropout(0.5), dense(12, 5, nn.SiLU(), residual=True),
        dense(5, 5, nn.Sigmoid(), residual=True),
    ]
    yield "stack", "cls", stack, {}
    routes = Router.for_query_document([dense(HIDDEN, 6, nn.Tanh())], [norm(HIDDEN), dense(HIDDEN, 6, nn.ELU())])
    yield "router", "max", [routes, Normalize()], {}
    yield "root", "mean_sqrt_len_tokens", [dense(HIDDEN, 6, nn.Tanh())], {}
    yield "weighted", "weightedmean", [], {"query": "query: "}
    yield "asym", "mean", [Router({"anchor": [dense(HIDDEN, 6, nn.Tanh())], "positive": [dense(HIDDEN, 6, nn.ReLU())]})], {}


def encode(model, name):
    routes = {"query": "anchor", "document": "positive"} if name == "asym" else {"query": "query", "document": "document"}
    rows = {}
    for role, task in routes.items():
        prompt = model.prompts.get(role) or None
        rows[role] = model.encode(TEXTS, task=task, prompt=prompt, normalize_embeddings=True).tolist()
    return rows


def old_layout(folder):
    """The layout of `Asym`: another name of the class and of the file, and folders named by numbers."""
    router = next(folder.glob("*_Router"))
    config = json.loads((router / "router_config.json").read_text())
    names = {old: f"14040212{index}_Dense" for index, old in enumerate(config["types"])}
    for old, new in names.items():
        (router / old).rename(router / new)
    config = {
        "types": {names[old]: "sentence_transformers.models.Dense.Dense" for old in names},
        "structure": {route: [names[old] for old in modules] for route, modules in config["structure"].items()},
        "parameters": {"allow_empty_key": True},
    }
    (router / "router_config.json").unlink()
    (router / "config.json").write_text(json.dumps(config, indent=1))
    router.rename(folder / "2_Asym")
    path = folder / "modules.json"
    modules = json.loads(path.read_text())
    modules[2] |= {"path": "2_Asym", "type": "sentence_transformers.models.Asym"}
    path.write_text(json.dumps(modules, indent=1))


def make(folder, source, case):
    name, pooling, modules, prompts = case
    written = Path(tempfile.mkdtemp()) / name
    chain = [Transformer(str(source)), Pooling(HIDDEN, pooling_mode=pooling), *modules]
    SentenceTransformer(modules=chain, prompts=prompts or None, device="cpu").save(str(written), create_model_card=False)
    if name == "asym":
        old_layout(written)
    shutil.copy(source / "tokenizer.json", written)
    model = SentenceTransformer(str(written), device="cpu")
    expected = {"texts": TEXTS, **encode(model, name)}
    shutil.rmtree(folder / name, ignore_errors=True)
    shutil.copytree(written, folder / name, ignore=lambda at, files: SHARED & set(files) if Path(at) == written else [])
    (folder / name / "expected.json").write_text(json.dumps(expected) + "\n")
    for path in (folder / name).rglob("*.safetensors"):
        path.chmod(0o644)
    shutil.rmtree(written.parent)


def main(tiny, folder):
    torch.manual_seed(11)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    base(tiny, folder / "base")
    (folder / "base/model.safetensors").chmod(0o644)
    for case in cases():
        make(folder, folder / "base", case)
    points = [-30.0, -5.0, -2.0, -0.5, -0.01, 0.0, 0.01, 0.5, 1.0, 2.0, 5.0, 30.0]
    values = {kind.__name__: kind()(torch.tensor(points)).tolist() for kind in ACTIVATIONS}
    (folder / "activations.json").write_text(json.dumps({"points": points, "values": values}) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
