#!/usr/bin/env python3
"""Real embeddings as .fvecs files: what docs/SEARCH.md measures search on.

    python3 scripts/embed_texts.py --data DIR --model DIR --out DIR

DIR of data holds O*NET's text files (onet/), ESCO's occupations (esco/occupations_en.csv), résumés with job
descriptions (resume-onet-jd/corpus.jsonl, queries.jsonl) and vacancy titles (jobbert-val/queries.jsonl).
DIR of the model holds tokenizer.json and model.onnx of all-MiniLM-L6-v2, as models/all-MiniLM-L6-v2 does.
Writes real_base.fvecs (tasks, titles and descriptions, lines of résumés) and real_q.fvecs (1,000 vacancy
titles and job descriptions that are none of the base). Needs numpy, onnxruntime and tokenizers; about
fifteen minutes on one core.
"""

import argparse
import csv
import json
import random
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

SEED = 7
QUERIES = 1000
TOGETHER = 64
MAX_TOKENS = 64
MAX_QUERY = 400  # Characters of a job description.
MIN_WORDS = 5  # Of a line of a résumé.


def rows(path, **dialect):
    with open(path, encoding="utf8", newline="") as file:
        return list(csv.DictReader(file, **dialect))


def texts(path):
    with open(path, encoding="utf8") as file:
        return [json.loads(line)["text"].strip() for line in file]


def read(data):
    onet = lambda name: rows(data / "onet" / f"{name}.txt", delimiter="\t")
    base = [row["Task"] for row in onet("Task Statements")]
    base += [row["Alternate Title"] for row in onet("Alternate Titles")]
    base += [row["Reported Job Title"] for row in onet("Sample of Reported Titles")]
    for row in onet("Occupation Data"):
        base += [row["Title"], row["Description"]]
    for row in rows(data / "esco" / "occupations_en.csv"):
        base += [row["preferredLabel"], row["description"], *row["altLabels"].split("\n")]
    for text in texts(data / "resume-onet-jd" / "corpus.jsonl"):
        base += [line for line in text.split("\n") if len(line.split()) >= MIN_WORDS]
    queries = texts(data / "jobbert-val" / "queries.jsonl")
    queries += [text[:MAX_QUERY] for text in texts(data / "resume-onet-jd" / "queries.jsonl")]
    base = sorted({text.strip() for text in base if text.strip()})
    queries = sorted(set(queries) - set(base))
    for some in (base, queries):
        random.Random(SEED).shuffle(some)
    return base, queries[:QUERIES]


class Encoder:
    def __init__(self, folder):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.no_padding()
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
        self.names = {one.name for one in self.session.get_inputs()}

    def encode(self, batch):
        """Unit vectors (texts x 384) of token ids: the mean of their tokens' states."""
        ids = np.zeros((len(batch), max(map(len, batch))), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
        given = {name: given[name] for name in self.names}
        states = self.session.run(None, given)[0]
        if states.ndim == 3:
            states = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return states / np.linalg.norm(states, axis=1, keepdims=True)

    def all(self, texts):
        tokens = [one.ids for one in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
        vectors = None
        for start in range(0, len(order), TOGETHER):
            some = order[start : start + TOGETHER]
            found = self.encode([tokens[at] for at in some])
            if vectors is None:
                vectors = np.zeros((len(tokens), found.shape[1]), np.float32)
            vectors[some] = found
        return vectors


def write(path, vectors):
    lengths = np.full((len(vectors), 1), vectors.shape[1], np.int32)
    np.hstack([lengths.view(np.float32), vectors]).tofile(path)
    print(f"{path}: {vectors.shape[0]} x {vectors.shape[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("--data", "--model", "--out"):
        parser.add_argument(name, required=True, type=Path)
    args = parser.parse_args()
    base, queries = read(args.data)
    encoder = Encoder(args.model)
    write(args.out / "real_q.fvecs", encoder.all(queries))
    write(args.out / "real_base.fvecs", encoder.all(base))


if __name__ == "__main__":
    main()
