#!/usr/bin/env python3
"""Compares a static encoder of ours with model2vec (Python) on the same folder and texts.

    compare_static.py FOLDER TEXTS VECTORS.npy

FOLDER is what the example `distil` wrote, TEXTS a file with a text a line, VECTORS.npy what the example `embed` made of
it (`embed --model FOLDER --texts TEXTS --out VECTORS.npy`). Prints the mean and least cosine, how many texts a second
model2vec encodes on one thread and on all, best of five, and exits with 1 where a cosine is below .9999.

Texts without any known token are left out: model2vec gives zeros for them.

Needs model2vec and numpy.
"""

import sys
import time

import numpy as np
from model2vec import StaticModel


def best(encode, texts):
    times = []
    for _ in range(5):
        start = time.perf_counter()
        encode(texts)
        times.append(time.perf_counter() - start)
    return len(texts) / min(times)


def main():
    folder, texts, vectors = sys.argv[1:]
    texts = open(texts, encoding="utf-8").read().splitlines()
    ours = np.load(vectors)
    model = StaticModel.from_pretrained(folder)
    theirs = model.encode(texts, max_length=None).astype(np.float64)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    known = np.linalg.norm(theirs, axis=1) > 0
    theirs = theirs[known] / np.linalg.norm(theirs[known], axis=1, keepdims=True)
    cosines = (ours[known].astype(np.float64) * theirs).sum(axis=1)
    print(f"{len(cosines)} of {len(texts)} texts, cosine mean {cosines.mean():.7f}, least {cosines.min():.7f}")
    one = best(lambda t: model.encode(t, max_length=None, use_multiprocessing=False), texts)
    print(f"model2vec: {one:.0f} texts a second, its tokenizer on all threads")
    several = best(lambda t: model.encode(t, max_length=None, multiprocessing_threshold=0, batch_size=256), texts)
    print(f"model2vec: {several:.0f} texts a second, batches of 256 on all threads")
    return int(cosines.min() < 0.9999)


if __name__ == "__main__":
    sys.exit(main())
