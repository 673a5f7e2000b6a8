#!/usr/bin/env python3
"""Makes crates/ranker-embed/tests/decoders: decoders that embed, as others export them to ONNX.

    golden_decoders.py DECODERS     # crates/ranker-embed/tests/decoders

Tiny random models, each in a folder in the layout of sentence-transformers or without it, with the embeddings that
transformers and sentence-transformers compute in PyTorch with padding on the side that the model's makers use.
`gpt2` has no more inputs than an encoder; `mistral` wants positions, and an end token that only tokenizer_config.json
asks for; `qwen3` has keys and values of the past, in a file of weights beside the graph, and a prompt; `half` is the
same in 16 bits; `llama` is merged, with a branch for the past that spoils the embedding; `gemma` reads both ways, is
pooled by its mean and has two Dense modules; `pooled` gives the vectors of texts alone, from the last column.
`distilbert` and `modernbert` are encoders that our own engine does not run.
Needs torch, transformers, sentence-transformers, onnx, onnxscript (made with torch 2.15.0, transformers 5.23.0,
sentence-transformers 6.2.0, onnx 1.23.2, onnxscript 0.7.2).
"""

import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from torch import nn
from torch.export import Dim
from transformers import (
    DistilBertConfig, DistilBertModel, DynamicCache, Gemma3TextConfig, Gemma3TextModel, GPT2Config, GPT2Model,
    LlamaConfig, LlamaModel, MistralConfig, MistralModel, ModernBertConfig, ModernBertModel, PreTrainedTokenizerFast,
    Qwen3Config, Qwen3Model,
)

TEXTS = [
    "rust", "Rust engineer", "Registered nurse in an intensive care unit", "électricienne, 7 ans",
    "builds search engines in Rust and measures them", "nurse " * 9,
]
HIDDEN, HEADS, SHARED, SIZE, MOST = 8, 4, 2, 4, 48
PAD, BEGIN, END = "<pad>", "<s>", "</s>"
TASK = "Instruct: find people for the job\nQuery: "


def tokenizer(folder, ends, side, **settings):
    """A token a byte, so that the vocabulary is small."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {word: i for i, word in enumerate([PAD, BEGIN, END, *alphabet])}
    made = Tokenizer(models.BPE(words, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    template = " ".join([BEGIN] * ("begin" in ends) + ["$A"] + [END] * ("end" in ends))
    special = [(token, words[token]) for token in (BEGIN, END) if token in template]
    made.post_processor = processors.TemplateProcessing(single=template, pair=f"{template} $B", special_tokens=special)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token=PAD, bos_token=BEGIN, eos_token=END, padding_side=side, model_max_length=MOST,
    )
    fast.save_pretrained(folder)
    made.save(str(folder / "tokenizer.json"))
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings, indent=1) + "\n")
    return len(words)


def randomise(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1.0 if "norm" in name or "ln_" in name else 0.0, 0.25)
    return model.eval()


class Exported(nn.Module):
    def __init__(self, model, inputs):
        super().__init__()
        self.model, self.inputs = model, inputs

    def forward(self, *values):
        given = dict(zip(self.inputs, values))
        past = values[len(self.inputs) :]
        if past:
            given["past_key_values"] = DynamicCache([(past[2 * i], past[2 * i + 1]) for i in range(len(past) // 2)])
        if self.model.config.model_type not in ENCODERS:
            given["use_cache"] = bool(past)
        out = self.model(**given)
        made = [out.last_hidden_state]
        if past:
            for layer in out.past_key_values.layers:
                made += [layer.keys, layer.values]
        return tuple(made)


def export(model, path, inputs, past=False):
    rows, columns, before = 2, 5, 3 if past else 0
    known = {
        "input_ids": torch.randint(3, 60, (rows, columns)),
        "attention_mask": torch.ones(rows, before + columns, dtype=torch.long),
        "position_ids": torch.arange(before, before + columns).repeat(rows, 1),
    }
    names = [f"{i}.{kind}" for i in range(model.config.num_hidden_layers) for kind in ("key", "value")] if past else []
    given = [known[name] for name in inputs] + [torch.randn(rows, SHARED, before, SIZE) for _ in names]
    axes = [{0: Dim.DYNAMIC, 1: Dim.DYNAMIC}] * len(inputs) + [{0: Dim.DYNAMIC, 2: Dim.DYNAMIC}] * len(names)
    program = torch.onnx.export(
        Exported(model, inputs).eval(), tuple(given), dynamo=True, opset_version=18, dynamic_shapes=(tuple(axes),),
        input_names=inputs + [f"past_key_values.{name}" for name in names],
        output_names=["last_hidden_state"] + [f"present.{name}" for name in names],
    )
    graph = program.model_proto
    for node in graph.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for part in [graph, graph.graph, *graph.graph.value_info, *graph.graph.input, *graph.graph.output, *graph.graph.initializer]:
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.graph.value_info[:]
    path.parent.mkdir(exist_ok=True)
    onnx.save(graph, path)


def external(path):
    graph = onnx.load(path)
    onnx.save(graph, path, save_as_external_data=True, location=path.name + "_data", size_threshold=256)


def half(path):
    """All floats in 16 bits, inputs and outputs too."""
    graph = onnx.load(path)
    to = {TensorProto.FLOAT: TensorProto.FLOAT16}
    for tensor in graph.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            values = numpy_helper.to_array(tensor).clip(-6e4, 6e4).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    for node in graph.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to":
                attribute.i = to.get(attribute.i, attribute.i)
            if attribute.HasField("t") and attribute.t.data_type == TensorProto.FLOAT:
                values = numpy_helper.to_array(attribute.t).clip(-6e4, 6e4).astype(np.float16)
                attribute.t.CopyFrom(numpy_helper.from_array(values))
    for value in [*graph.graph.input, *graph.graph.output]:
        kind = value.type.tensor_type
        kind.elem_type = to.get(kind.elem_type, kind.elem_type)
    onnx.save(graph, path)


def merge(path):
    """As Optimum merges a decoder with one that has a past: here that branch gives NaN."""
    graph = onnx.load(path)
    for node in graph.graph.node:
        node.output[:] = ["computed" if name == "last_hidden_state" else name for name in node.output]
    value = graph.graph.output[0]
    nan = numpy_helper.from_array(np.array(np.nan, np.float32), "nan")

    def branch(name, nodes, tensors=()):
        return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)], tensors)

    with_past = branch("spoilt", [helper.make_node("Mul", ["computed", "nan"], ["spoilt"])], [nan])
    without = branch("plain", [helper.make_node("Identity", ["computed"], ["plain"])])
    graph.graph.node.append(
        helper.make_node("If", ["use_cache_branch"], [value.name], then_branch=with_past, else_branch=without)
    )
    graph.graph.input.append(helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1]))
    onnx.save(graph, path)


def pooled(path):
    """The last column's vector, of unit length, as `sentence_embedding`, and nothing else."""
    graph = onnx.load(path)
    last = numpy_helper.from_array(np.array(-1, np.int64), "last")
    graph.graph.initializer.append(last)
    graph.graph.node.extend([
        helper.make_node("Gather", ["last_hidden_state", "last"], ["gathered"], axis=1),
        helper.make_node("LpNormalization", ["gathered"], ["sentence_embedding"], axis=-1, p=2),
    ])
    del graph.graph.output[:]
    graph.graph.output.append(helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", HIDDEN]))
    onnx.save(graph, path)


def dense(inner, outer):
    module = Dense(inner, outer, bias=False, activation_function=nn.Identity())
    nn.init.normal_(module.linear.weight, 0.0, 0.4)
    return module


def sized(kind, layers=1, **more):
    return kind(
        hidden_size=HIDDEN, num_hidden_layers=layers, num_attention_heads=HEADS, num_key_value_heads=SHARED, head_dim=SIZE,
        intermediate_size=12, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0, **more,
    )


def model(name, words):
    attention = dict(attn_implementation="eager")
    if name == "gpt2":
        config = GPT2Config(
            vocab_size=words, n_embd=HIDDEN, n_layer=1, n_head=HEADS, n_positions=64, n_inner=12, bos_token_id=1,
            eos_token_id=2, pad_token_id=0,
        )
        return GPT2Model._from_config(config, **attention)
    if name == "mistral":
        return MistralModel._from_config(sized(MistralConfig, vocab_size=words, sliding_window=None), **attention)
    if name in ("llama", "pooled"):
        return LlamaModel._from_config(sized(LlamaConfig, vocab_size=words), **attention)
    if name == "gemma":
        config = sized(Gemma3TextConfig, vocab_size=words, query_pre_attn_scalar=SIZE, sliding_window=8)
        config.use_bidirectional_attention = True
        return Gemma3TextModel._from_config(config, **attention)
    if name == "distilbert":
        config = DistilBertConfig(
            vocab_size=words, dim=HIDDEN, n_layers=1, n_heads=2, hidden_dim=12, max_position_embeddings=64, pad_token_id=0,
        )
        return DistilBertModel._from_config(config, **attention)
    if name == "modernbert":
        config = ModernBertConfig(
            vocab_size=words, hidden_size=HIDDEN, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
            max_position_embeddings=64, local_attention=8, global_attn_every_n_layers=2, pad_token_id=0, bos_token_id=1,
            eos_token_id=2, cls_token_id=1, sep_token_id=2,
        )
        return ModernBertModel._from_config(config, **attention)
    return Qwen3Model._from_config(sized(Qwen3Config, 2, vocab_size=words), **attention)


# Ends that tokenizer.json has, the padding's side, the pooling, inputs beside ids and mask, whether there is a past.
CASES = {
    "gpt2": ("", "right", "lasttoken", [], False),
    "mistral": ("begin", "left", "lasttoken", ["position_ids"], False),
    "qwen3": ("end", "left", "lasttoken", ["position_ids"], True),
    "llama": ("begin end", "right", "lasttoken", ["position_ids"], True),
    "gemma": ("begin end", "right", "mean", [], False),
    "pooled": ("begin end", "left", "lasttoken", [], False),
    "distilbert": ("begin end", "right", "mean", [], False),
    "modernbert": ("begin end", "right", "cls", [], False),
}
ENCODERS = ("distilbert", "modernbert")


def make(folder, name):
    ends, side, pooling, inputs, past = CASES[name]
    work = Path(tempfile.mkdtemp())
    settings = {"add_bos_token": True, "add_eos_token": True} if name == "mistral" else {}
    (work / "base").mkdir()
    words = tokenizer(work / "base", ends, side, **settings)
    network = randomise(model(name, words))
    network.save_pretrained(work / "base")
    chain = [Transformer(str(work / "base"), model_args={"attn_implementation": "eager"}), Pooling(HIDDEN, pooling_mode=pooling)]
    if name == "gemma":
        chain += [dense(HIDDEN, 12), dense(12, HIDDEN)]
    prompts = {"query": TASK, "document": ""} if name == "qwen3" else None
    encoder = SentenceTransformer(modules=[*chain, Normalize()], prompts=prompts, device="cpu")
    if name == "mistral":
        # Version 4 of transformers, which such models were trained with, did so by the settings; 5 does not read them
        # where there is a tokenizer.json.
        encoder.tokenizer.add_bos_token = encoder.tokenizer.add_eos_token = True
    written = folder / name
    encoder.save(str(written), create_model_card=False)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(work / "base" / file, written)
    (written / "model.safetensors").unlink()
    encode = lambda role: encoder.encode(TEXTS, prompt=(prompts or {}).get(role) or None, normalize_embeddings=True).tolist()
    expected = {"texts": TEXTS, "query": encode("query"), "document": encode("document")}
    (written / "expected.json").write_text(json.dumps(expected) + "\n")
    path = written / "onnx/model.onnx"
    export(network, path, ["input_ids", "attention_mask", *inputs], past)
    if name == "qwen3":
        shutil.copytree(written, folder / "half", ignore=shutil.ignore_patterns("onnx"))
        (folder / "half/onnx").mkdir()
        shutil.copy(path, folder / "half/onnx/model_fp16.onnx")
        half(folder / "half/onnx/model_fp16.onnx")
        external(path)
    if name == "llama":
        merge(path)
        # As a folder of transformers alone: nothing says how to pool.
        shutil.rmtree(written / "1_Pooling")
        (written / "modules.json").unlink()
    if name == "pooled":
        pooled(path)
    for path in written.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    shutil.rmtree(work)


def main(folder):
    warnings.filterwarnings("ignore")
    torch.manual_seed(5)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in CASES:
        make(folder, name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
