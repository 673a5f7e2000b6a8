#!/usr/bin/env python3
"""Golden embeddings for `ranker-embed`, by an implementation that shares no code with it.

    golden_embed.py MODEL --golden FOLDER     write the files that the tests compare with
    golden_embed.py MODEL --texts FILE        write the 200 texts, one a line
    golden_embed.py MODEL --compare OUT.npy   compare embeddings of those 200 texts with this one's
    golden_embed.py --tiny FOLDER             write the tiny model folder that the tests vary

MODEL is a folder in the layout of sentence-transformers with mean pooling. Here a text runs alone,
through Python's tokenizers and onnxruntime and a mean written out in numpy. OUT.npy is a float32 array
of shape [200, dimension] in the order of the texts; --compare prints mean and least cosine and exits
with 1 where one is below --min. The texts come from a seeded generator: same texts everywhere.

Needs numpy, onnxruntime and tokenizers; --tiny needs onnx.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np

TEXTS = 200
GOLDEN = 40

TITLES = """engineer nurse electrician accountant teacher driver architect analyst welder chemist
plumber translator surveyor pharmacist carpenter designer manager programmer mechanic lawyer""".split()
DOINGS = """builds repairs designs plans tests installs prepares teaches reviews measures supervises
documents improves negotiates calculates maintains inspects coordinates translates delivers""".split()
THINGS = """databases wiring patients invoices bridges timetables contracts engines compilers gardens
networks recipes budgets welds lessons prescriptions audits interfaces warehouses turbines""".split()
PLACES = """hospital workshop bank school laboratory harbour airport farm studio ministry factory
archive start-up shipyard kitchen observatory""".split()
ODD = [
    "Électricienne à Zürich, spécialisée en câblage",
    "電気工事士として東京で働く",
    "инженер-программист, поисковые системы",
    "مهندس برمجيات في محركات البحث",
    "λογιστής και ελεγκτής",
    "C++/C#/.NET & SQL; 24/7 on-call, 99.9% uptime",
    "naïve café façade, cafe\u0301 decomposed, ﬁne ligature",
    "👩‍⚕️ nurse ⚡ electrician 🚜",
    "İstanbul'da ÇALIŞAN mühendis",
    "ALL CAPS TITLE WITH   many    spaces",
    "e-mail: jane.doe@example.org (+44 20 7946 0000)",
    "कंप्यूटर इंजीनियर, 서울의 간호사, วิศวกร",
    "a\u0000b\u200bc\ufffdd",
    "supercalifragilisticexpialidocious" * 6,
]


def texts():
    """200 single-line texts: odd ones, then random sentences from 1 word to well over 256 tokens."""
    rng = random.Random(20240229)

    def sentence():
        title, doing = rng.choice(TITLES), rng.choice(DOINGS)
        things = " and ".join(rng.sample(THINGS, rng.randint(1, 3)))
        years = rng.randint(1, 30)
        return f"{title.capitalize()} who {doing} {things} in a {rng.choice(PLACES)}, {years} years."

    found = list(ODD)
    while len(found) < TEXTS:
        kind = rng.random()
        if kind < 0.15:
            found.append(rng.choice(TITLES))
        elif kind < 0.25:
            found.append(rng.choice(ODD) + " " + sentence())
        else:
            # Log-normal lengths, as texts have them: a few are far beyond what the model reads.
            count = min(int(rng.lognormvariate(1.0, 1.1)) + 1, 60)
            found.append(" ".join(sentence() for _ in range(count)))
    return found


def golden_texts():
    """Every odd text, and of the others the longest and an even choice of the rest."""
    rest = texts()[len(ODD) :]
    long = sorted(rest, key=len)[-3:]
    step = len(rest) / (GOLDEN - len(ODD) - len(long))
    chosen = [rest[int(i * step)] for i in range(GOLDEN - len(ODD) - len(long))]
    # Long ones are cut here so that the file stays small; they remain beyond the model's limit.
    return ODD + chosen + [text[:1800] for text in long]


class Model:
    def __init__(self, folder):
        import onnxruntime
        from tokenizers import Tokenizer

        folder = Path(folder)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        config = json.loads((folder / "sentence_bert_config.json").read_text())
        self.limit = config["max_seq_length"]
        pooling = json.loads((folder / "1_Pooling/config.json").read_text())
        assert pooling["pooling_mode_mean_tokens"], "this script knows mean pooling alone"
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
        self.names = [node.name for node in self.session.get_inputs()]

    def embed(self, text):
        """The text's unit vector, and its number of tokens."""
        ids = self.tokenizer.encode(text).ids
        count = len(ids)
        if count > self.limit:
            ids = ids[: self.limit - 1] + ids[-1:]
        ids = np.array([ids], np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        hidden = self.session.run(None, {name: feed[name] for name in self.names})[0][0]
        vector = hidden.astype(np.float64).mean(axis=0)
        return vector / np.linalg.norm(vector), count


def write_golden(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(text, *model.embed(text)) for text in golden_texts()]
    with open(folder / "texts.jsonl", "w", encoding="utf-8") as file:
        for text, _, tokens in rows:
            file.write(json.dumps({"text": text, "tokens": tokens}) + "\n")
    vectors = np.stack([vector for _, vector, _ in rows]).astype("<f4")
    (folder / "embeddings.f32").write_bytes(vectors.tobytes())
    over = sum(tokens > model.limit for _, _, tokens in rows)
    print(f"{len(rows)} texts, {over} of them beyond {model.limit} tokens, {vectors.nbytes} bytes")


def compare(model, path, least):
    found = np.load(path).astype(np.float64)
    expected = np.stack([model.embed(text)[0] for text in texts()])
    if found.shape != expected.shape:
        sys.exit(f"{path} has shape {found.shape}, expected {expected.shape}")
    norms = np.linalg.norm(found, axis=1)
    cosine = (found * expected).sum(axis=1) / norms
    gap = np.abs(found - expected).max()
    print(f"{len(cosine)} texts: cosine mean {cosine.mean():.8f}, least {cosine.min():.8f}")
    print(f"greatest difference of a component {gap:.2e}; norms {norms.min():.6f} to {norms.max():.6f}")
    if cosine.min() < least:
        sys.exit(f"below {least}")


def write_tiny(folder):
    """A model folder of a few kilobytes, whose hidden states are the normalised rows of a known table: a
    BERT of one layer, in the form that PyTorch's exporter writes, whose linear maps are all zero, so that
    only its layer normalisations do anything."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    words = "[PAD] [UNK] [CLS] [SEP] rust nurse search engine ##s nan query : text".split()
    table = [[(i * 7 + c * 3) % 11 - 4.5 for c in range(4)] for i in range(len(words))]
    table[words.index("nan")][2] = float("nan")
    nodes, tensors = [], []

    def constant(name, value, kind=np.float32):
        tensors.append(numpy_helper.from_array(np.array(value, kind), name))
        return name

    def node(operator, inputs, output, **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def norm(path, value, output):
        weights = [constant(f"{path}.weight", np.ones(4)), constant(f"{path}.bias", np.zeros(4))]
        return node("LayerNormalization", [value, *weights], output, axis=-1, epsilon=1e-12)

    def linear(path, value):
        weight = constant(f"onnx::MatMul_{len(tensors)}", np.zeros((4, 4)))
        product = node("MatMul", [value, weight], f"{path}/MatMul")
        return node("Add", [constant(f"{path}.bias", np.zeros(4)), product], f"{path}/Add")

    def heads(name, value, perm):
        split = node("Reshape", [value, "split"], f"{name}/split")
        return node("Transpose", [split], f"{name}/heads", perm=perm)

    for name, value in {"zero": [0], "one_axis": [1], "two_axes": [1, 2]}.items():
        constant(name, value, np.int64)
    constant("split", [0, 0, 2, 2], np.int64)
    constant("join", [0, 0, 4], np.int64)
    for name, value in {"one": 1, "half": 0.5, "sqrt_two": 2**0.5, "lowest": np.finfo(np.float32).min}.items():
        constant(name, value)

    word = node("Gather", [constant("embeddings.word_embeddings.weight", table), "input_ids"], "words")
    types = constant("embeddings.token_type_embeddings.weight", np.zeros((2, 4)))
    kind = node("Gather", [types, "zero"], "types")
    length = node("Gather", [node("Shape", ["input_ids"], "shape"), "one_axis"], "length")
    positions = constant("embeddings.position_embeddings.weight", np.zeros((16, 4)))
    place = node("Slice", [positions, "zero", length, "zero"], "positions")
    total = node("Add", [node("Add", [word, kind], "words/types"), place], "sum")
    hidden = norm("embeddings.LayerNorm", total, "embeddings")

    kept = node("Cast", [node("Unsqueeze", ["attention_mask", "two_axes"], "wide")], "kept", to=TensorProto.FLOAT)
    mask = node("Mul", [node("Sub", ["one", kept], "padding"), "lowest"], "mask")
    layer = "encoder.layer.0"
    query, key, value = (linear(f"{layer}.attention.self.{which}", hidden) for which in ("query", "key", "value"))
    scores = node("MatMul", [heads("query", query, [0, 2, 1, 3]), heads("key", key, [0, 2, 3, 1])], "products")
    scores = node("Add", [node("Div", [scores, "sqrt_two"], "scores"), mask], "masked")
    weights = node("Softmax", [scores], "weights", axis=-1)
    context = node("MatMul", [weights, heads("value", value, [0, 2, 1, 3])], "contexts")
    context = node("Transpose", [context], "tokens", perm=[0, 2, 1, 3])
    context = node("Reshape", [context, "join"], "context")
    total = node("Add", [linear(f"{layer}.attention.output.dense", context), hidden], "attention/sum")
    attended = norm(f"{layer}.attention.output.LayerNorm", total, "attended")
    up = linear(f"{layer}.intermediate.dense", attended)
    erf = node("Erf", [node("Div", [up, "sqrt_two"], "scaled")], "erf")
    product = node("Mul", [up, node("Add", [erf, "one"], "above")], "product")
    active = node("Mul", [product, "half"], "active")
    total = node("Add", [linear(f"{layer}.output.dense", active), attended], "output/sum")
    norm(f"{layer}.output.LayerNorm", total, "last_hidden_state")

    def graph(name, inputs, outputs):
        known = {"last_hidden_state": ["batch", "sequence", 4], "pooled": ["batch", 4]}
        pooled = helper.make_node("ReduceMean", ["last_hidden_state"], ["pooled"], axes=[1], keepdims=0)
        model = helper.make_model(
            helper.make_graph(
                nodes + [pooled] * ("pooled" in outputs),
                "tiny",
                [helper.make_tensor_value_info(i, TensorProto.INT64, ["batch", "sequence"]) for i in inputs],
                [helper.make_tensor_value_info(o, TensorProto.FLOAT, known[o]) for o in outputs],
                tensors,
            ),
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=8,
        )
        checker.check_model(model)
        save(model, folder / name)

    folder.mkdir(parents=True, exist_ok=True)
    usual = ["input_ids", "attention_mask"]
    graph("model.onnx", usual, ["last_hidden_state"])
    graph("pooled_first.onnx", usual, ["pooled", "last_hidden_state"])
    graph("pooled_only.onnx", usual, ["pooled"])
    graph("positions.onnx", usual + ["position_ids"], ["last_hidden_state"])

    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    # As shipped models have it: a cut and a padding that must be overridden.
    tokenizer.enable_truncation(6)
    tokenizer.enable_padding(length=6)
    tokenizer.save(str(folder / "tokenizer.json"))
    for name, value in {
        "config.json": {
            "model_type": "bert",
            "hidden_size": 4,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 4,
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-12,
            "type_vocab_size": 2,
            "max_position_embeddings": 16,
            "vocab_size": len(words),
            "pad_token_id": 0,
        },
        "sentence_bert_config.json": {"max_seq_length": 10, "do_lower_case": False},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": 4, "pooling_mode_mean_tokens": True},
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--compare", type=Path)
    parser.add_argument("--tiny", type=Path)
    parser.add_argument("--min", type=float, default=0.9999)
    args = parser.parse_args()
    if args.tiny:
        write_tiny(args.tiny)
    if args.texts:
        args.texts.write_text("".join(text + "\n" for text in texts()), encoding="utf-8")
    if args.golden or args.compare:
        if args.model is None:
            parser.error("MODEL is needed")
        model = Model(args.model)
        if args.golden:
            write_golden(model, args.golden)
        if args.compare:
            compare(model, args.compare, args.min)


if __name__ == "__main__":
    main()
