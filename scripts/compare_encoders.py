#!/usr/bin/env python3
"""Compares exported encoders with a reference that shares no code with the exporter.

    compare_encoders.py WEIGHTS ONNX_FOLDER [ONNX_FOLDER ...] [--min COSINE ...] [--golden FILE]

WEIGHTS holds config.json, model.safetensors and tokenizer.json of a BERT encoder. The reference is a
forward pass in numpy (float64) straight from the safetensors. Each ONNX folder's model.onnx runs under
ONNX Runtime. Embeddings are means over the tokens, scaled to length 1. Printed for each folder: mean
and least cosine to the reference; how far a text's vector moves when it is padded in a batch; the time
of a batch. Exits with 1 where a folder's least cosine is below its --min.

--golden writes the reference embeddings of a few texts, with their token ids, for tests.

Needs numpy, onnxruntime and tokenizers.
"""

import argparse
import json
import math
import struct
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MAX_TOKENS = 256


def texts():
    """Short, long, odd and ordinary texts, most of them about work."""
    path = Path(__file__).with_name("texts.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    resume = " ".join(lines)
    return lines + ["", "a", resume, resume[len(resume) // 2 :], "?!" * 200, "naïve café " * 40]


def read_safetensors(path):
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, info in header.items():
        if info["dtype"] != "F32":
            continue
        begin, end = info["data_offsets"]
        values = np.frombuffer(data[8 + size + begin : 8 + size + end], "<f4")
        tensors[name.removeprefix("bert.")] = values.reshape(info["shape"]).astype(np.float64)
    return tensors


class Reference:
    """BERT's forward pass, for one text at a time, so nothing is padded."""

    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        self.weights = read_safetensors(folder / "model.safetensors")
        self.erf = np.vectorize(math.erf)

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + self.config["layer_norm_eps"])
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def heads(self, x):
        return x.reshape(len(x), self.config["num_attention_heads"], -1).transpose(1, 0, 2)

    def layer(self, x, at):
        q, k, v = (self.heads(self.linear(x, f"{at}.attention.self.{n}")) for n in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        context = (scores / scores.sum(-1, keepdims=True)) @ v
        context = context.transpose(1, 0, 2).reshape(x.shape)
        x = self.norm(x + self.linear(context, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        up = self.linear(x, f"{at}.intermediate.dense")
        up = up / 2 * (1 + self.erf(up / math.sqrt(2)))
        return self.norm(x + self.linear(up, f"{at}.output.dense"), f"{at}.output.LayerNorm")

    def hidden(self, ids):
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        positions = self.weights["embeddings.position_embeddings.weight"][: len(ids)]
        types = self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self.norm(words + positions + types, "embeddings.LayerNorm")
        for index in range(self.config["num_hidden_layers"]):
            x = self.layer(x, f"encoder.layer.{index}")
        return x

    def embed(self, ids):
        return unit(self.hidden(ids).mean(0))


def unit(vector):
    return vector / np.linalg.norm(vector)


class Exported:
    def __init__(self, folder):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        began = time.perf_counter()
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.load_seconds = time.perf_counter() - began

    def embed(self, batch):
        length = max(len(ids) for ids in batch)
        ids = np.zeros((len(batch), length), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden,) = self.session.run(["last_hidden_state"], feeds)
        sums = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return np.stack([unit(row.astype(np.float64)) for row in sums])


def report(folder, encoder, batch, expected):
    alone = np.concatenate([encoder.embed([ids]) for ids in batch])
    together = encoder.embed(batch)
    began = time.perf_counter()
    encoder.embed([batch[-3][:128]] * 32)
    seconds = time.perf_counter() - began
    cosines = (alone * expected).sum(1)
    print(
        f"{folder}: {(folder / 'model.onnx').stat().st_size} bytes, cosine mean {cosines.mean():.7f} "
        f"min {cosines.min():.7f}, batch moves a vector by at most {np.abs(alone - together).max():.1e}, "
        f"load {encoder.load_seconds:.2f} s, 32 x 128 tokens {seconds:.2f} s"
    )
    return cosines.min()


def write_golden(path, batch, expected):
    chosen = [0, 6, 17]
    golden = [
        {"text": texts()[i], "ids": batch[i], "embedding": [round(x, 6) for x in expected[i].tolist()]}
        for i in chosen
    ]
    path.write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("onnx", type=Path, nargs="+")
    parser.add_argument("--min", type=float, nargs="+", default=[], help="least cosine for each ONNX_FOLDER")
    parser.add_argument("--golden", type=Path, help="where to write a few reference embeddings")
    arguments = parser.parse_args()

    tokenizer = Tokenizer.from_file(str(arguments.weights / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    batch = [tokenizer.encode(text).ids for text in texts()]
    reference = Reference(arguments.weights)
    expected = np.stack([reference.embed(ids) for ids in batch])
    if arguments.golden:
        write_golden(arguments.golden, batch, expected)
    print(f"{len(batch)} texts of {min(map(len, batch))} to {max(map(len, batch))} tokens")
    least = [report(folder, Exported(folder), batch, expected) for folder in arguments.onnx]
    wanted = arguments.min + [0.999] * (len(least) - len(arguments.min))
    if any(cosine < minimum for cosine, minimum in zip(least, wanted)):
        sys.exit(f"least cosines {least} are below {wanted}")


if __name__ == "__main__":
    main()
