#!/usr/bin/env python3
"""What an encoder with a token limit makes of longer texts: ways of reading them in windows, compared.

    long_resumes.py encode MODEL_FOLDER DATA_FOLDER OUT.npz [--documents N]
    long_resumes.py compare OUT.npz DATA_FOLDER [OUT.npz DATA_FOLDER ...]

`encode` reads corpus and queries of a folder in BEIR form window by window: a window is as many tokens as the
encoder takes, and begins at the last end of a line in the fourth before the end of the one before it (at that end
itself where there is none). Kept are each window's mean vector and the vectors of its tokens; in the corpus
neighbouring tokens are joined to a quarter, as collections keep them.

`compare` ranks the documents of each query by ways of combining windows with keyword scores, and prints a row a
way, then what nested cross-validation over queries chooses, with paired randomisation tests (not corrected for their
number). Every document is a candidate that is among a query's first 100 by words or by the first, the mean or the best
of the windows. Where fewer documents were encoded, the others are as if they were not there.

Needs numpy, onnxruntime, tokenizers and PyStemmer.
"""

import argparse
import heapq
import itertools
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np

MOST_WINDOWS = 8


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def text_of(record):
    return "\n".join(part for part in (record.get("title"), record["text"]) if part)


class Encoder:
    """One window at a time on one thread, so that nothing is padded."""

    def __init__(self, folder):
        import onnxruntime
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        limits = json.loads((folder / "sentence_bert_config.json").read_text())
        self.window = limits["max_seq_length"] - 2
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
        self.inputs = [given.name for given in self.session.get_inputs()]
        self.ends = [self.tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]")]

    def starts(self, text, offsets):
        """Where windows begin, as tokens."""
        starts, end = [0], self.window
        while end < len(offsets) and len(starts) < MOST_WINDOWS:
            back = range(end, end - self.window // 4, -1)
            breaks = (i for i in back if "\n" in text[offsets[i - 1][1] : offsets[i][0]])
            starts.append(next(breaks, end))
            end = starts[-1] + self.window
        return starts

    def windows(self, text):
        """(Mean vector, token vectors, first new token) of each window, and the text's tokens."""
        encoded = self.tokenizer.encode(text, add_special_tokens=False)
        found, read = [], 0
        for start in self.starts(text, encoded.offsets):
            ids = encoded.ids[start : start + self.window]
            hidden = self.run([self.ends[0], *ids, self.ends[1]])
            own = hidden[1:-1][read - start :]
            found.append((unit(hidden.mean(0)), unit(own)))
            read = start + len(ids)
        return found, len(encoded.ids)

    def run(self, ids):
        ids = np.array([ids])
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        return self.session.run(None, {name: feeds[name] for name in self.inputs})[0][0]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def joined(vectors, count):
    """Neighbouring token vectors joined until `count` are left, cheapest joins by Ward's cost first: unit vectors."""
    sums, squares, sizes = list(vectors), [1.0] * len(vectors), [1] * len(vectors)
    after = list(range(1, len(sums) + 1))
    before = list(range(-1, len(sums) - 1))

    def cost(a, b):
        n, m = sizes[a], sizes[b]
        apart = squares[a] / n**2 + squares[b] / m**2 - 2 * float(sums[a] @ sums[b]) / (n * m)
        return max(apart, 0) * n * m / (n + m)

    def offer(a, b):
        heapq.heappush(joins, (cost(a, b), a, b, sizes[a] + sizes[b]))

    joins, left = [], len(sums)
    for at in range(1, left):
        offer(at - 1, at)
    while left > count:
        _, a, b, size = heapq.heappop(joins)
        if not sizes[a] or not sizes[b] or sizes[a] + sizes[b] != size:
            continue
        sums[a] = sums[a] + sums[b]
        squares[a] = float(sums[a] @ sums[a])
        sizes[a], sizes[b] = size, 0
        left -= 1
        after[a] = after[b]
        if after[a] < len(before):
            before[after[a]] = a
            offer(a, after[a])
        if before[a] >= 0:
            offer(before[a], a)
    return unit(np.array([total for total, size in zip(sums, sizes) if size]))


def encode(model, data, out, documents):
    encoder, arrays = Encoder(model), {}
    for name in ("queries", "corpus"):
        windows, counts, lengths = [], [], []
        began = time.time()
        records = lines(data / f"{name}.jsonl")
        for number, record in enumerate(records[:documents] if name == "corpus" else records):
            found, length = encoder.windows(text_of(record))
            if name == "corpus":
                found = [(mean, joined(tokens, -(-len(tokens) // 4))) for mean, tokens in found]
            windows += found
            counts.append(len(found))
            lengths.append(length)
            if number % 100 == 0:
                print(f"{name} {number}: {len(windows)} windows, {time.time() - began:.0f} s", flush=True)
        arrays[f"{name}_means"] = np.array([mean for mean, _ in windows], np.float32)
        arrays[f"{name}_tokens"] = np.concatenate([tokens for _, tokens in windows]).astype(np.float16)
        arrays[f"{name}_sizes"] = np.array([len(tokens) for _, tokens in windows])
        arrays[f"{name}_counts"] = np.array(counts)
        arrays[f"{name}_lengths"] = np.array(lengths)
    np.savez(out, **arrays)


ENGLISH_STOPS = set(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they "
    "this to was will with".split()
)


def words(text):
    import re

    import Stemmer

    found = [word for word in re.findall(r"\w+", text.lower()) if word not in ENGLISH_STOPS]
    return Stemmer.Stemmer("english").stemWords(found)


def bm25(queries, corpus, k1=1.2, b=0.75):
    """Shares of each query's best score: queries x documents."""
    docs = [words(text_of(record)) for record in corpus]
    lengths = np.array([len(doc) for doc in docs])
    norm = k1 * (1 - b + b * lengths / lengths.mean())
    postings = {}
    for number, doc in enumerate(docs):
        for word, count in Counter(doc).items():
            postings.setdefault(word, []).append((number, count))
    scores = np.zeros((len(queries), len(docs)))
    for row, query in enumerate(queries):
        for word in set(words(text_of(query))):
            if word in postings:
                at, counts = np.array(postings[word]).T
                idf = np.log(1 + (len(docs) - len(at) + 0.5) / (len(at) + 0.5))
                scores[row, at] += idf * counts * (k1 + 1) / (counts + norm[at])
    return scores / np.maximum(scores.max(1, keepdims=True), 1e-9)


class Windows:
    """The windows of many texts."""

    def __init__(self, arrays, name):
        self.means = arrays[f"{name}_means"]
        self.counts = arrays[f"{name}_counts"]
        self.lengths = arrays[f"{name}_lengths"]
        self.sizes = arrays[f"{name}_sizes"]
        self.tokens = arrays[f"{name}_tokens"]
        self.first = np.concatenate([[0], np.cumsum(self.counts)])
        self.begin = np.concatenate([[0], np.cumsum(self.sizes)])

    def __len__(self):
        return len(self.counts)

    def of(self, text):
        return self.means[self.first[text] : self.first[text + 1]]

    def tokens_of(self, text, windows=None):
        first, last = self.first[text], self.first[text + 1]
        last = last if windows is None else min(last, first + windows)
        return self.tokens[self.begin[first] : self.begin[last]].astype(np.float32)

    def sizes_of(self, text):
        return self.sizes[self.first[text] : self.first[text + 1]]


def blend(first):
    """The first window's vector, and the mean of the others for the rest."""

    def vector(windows, _sizes):
        rest = windows[1:].mean(0) if len(windows) > 1 else windows[0]
        return first * windows[0] + (1 - first) * rest

    return vector


VECTORS = {
    "first": lambda windows, sizes: windows[0],
    "mean": lambda windows, sizes: windows.mean(0),
    "mean by length": lambda windows, sizes: (windows * sizes[:, None]).sum(0),
    "mean by 1/place": lambda windows, sizes: (windows / np.arange(1, len(windows) + 1)[:, None]).sum(0),
    **{f"{w:.1f} first, rest mean": blend(w) for w in (0.5, 0.6, 0.7, 0.8, 0.9)},
}


def dense(queries, docs):
    asked = np.stack([queries.of(query)[0] for query in range(len(queries))])
    found = {}
    for name, form in VECTORS.items():
        vectors = np.stack([form(docs.of(d), docs.sizes_of(d)) for d in range(len(docs))])
        found[name] = asked @ unit(vectors).T
    each = asked @ docs.means.T
    best = np.maximum.reduceat(each, docs.first[:-1], axis=1)
    found["best"] = best
    first = found["first"]
    for share in (0.25, 0.5, 0.75):
        found[f"{1 - share:.2f} first + {share:.2f} best"] = (1 - share) * first + share * best
    return found


def token_forms(best):
    """Late interaction, from the best of each window for each token of a query: tokens x windows -> tokens."""
    whole = best.max(1)
    found = {
        "first": best[:, 0],
        "all": whole,
        "two windows": best[:, :2].max(1),
        "four windows": best[:, :4].max(1),
        "half first, half all": (best[:, 0] + whole) / 2,
        "mean of windows": best.mean(1),
    }
    for penalty in (0.02, 0.05, 0.1):
        later = best[:, 1:].max(1) - penalty if best.shape[1] > 1 else best[:, 0]
        found[f"all, later ones - {penalty}"] = np.maximum(best[:, 0], later)
    return found


def late_interaction(queries, docs, wanted):
    """Each form's scores where `wanted` (queries x documents), else NaN."""
    tokens = [queries.tokens_of(query, 1) for query in range(len(queries))]
    found = {}
    for doc in range(len(docs)):
        asking = np.flatnonzero(wanted[:, doc])
        if not len(asking):
            continue
        begin = np.concatenate([[0], np.cumsum([len(tokens[query]) for query in asking])])
        alike = np.concatenate([tokens[query] for query in asking]) @ docs.tokens_of(doc).T
        ends = np.concatenate([[0], np.cumsum(docs.sizes_of(doc))])[:-1]
        best = np.maximum.reduceat(alike, ends, axis=1)
        sizes = np.diff(begin)
        for name, values in token_forms(best).items():
            means = np.add.reduceat(values, begin[:-1]) / sizes
            found.setdefault(name, np.full(wanted.shape, np.nan, np.float32))[asking, doc] = means
        window = np.add.reduceat(best, begin[:-1], axis=0) / sizes[:, None]
        found.setdefault("best window", np.full(wanted.shape, np.nan, np.float32))[asking, doc] = window.max(1)
    length = np.log(np.maximum(docs.lengths, 254) / 254)
    for slope in (0.01, 0.02, 0.03):
        found[f"all - {slope} ln(length)"] = found["all"] - slope * length
    return found


class Set:
    """One judged set with every form's scores."""

    DEPTH = 100

    def __init__(self, file, data):
        arrays = np.load(file)
        queries, docs = Windows(arrays, "queries"), Windows(arrays, "corpus")
        asked, corpus = lines(data / "queries.jsonl"), lines(data / "corpus.jsonl")[: len(docs)]
        self.name, self.lengths = data.name, docs.lengths
        self.query_lengths = queries.lengths
        self.words = bm25(asked, corpus)
        self.dense = dense(queries, docs)
        self.wanted = np.zeros(self.words.shape, bool)
        for scores in (self.words, self.dense["first"], self.dense["mean"], self.dense["best"]):
            top = np.argpartition(-scores, self.DEPTH, axis=1)[:, : self.DEPTH]
            np.put_along_axis(self.wanted, top, True, axis=1)
        self.late = late_interaction(queries, docs, self.wanted)
        at = {record["_id"]: number for number, record in enumerate(corpus)}
        self.ids = [record["_id"] for record in asked]
        row = {name: number for number, name in enumerate(self.ids)}
        self.grades = np.zeros(self.words.shape)
        for line in (data / "qrels.tsv").read_text().splitlines()[1:]:
            query, doc, grade = line.split("\t")
            if doc in at:
                self.grades[row[query], at[doc]] = float(grade)

    def keep(self, queries):
        """Leaves the other queries out."""
        for scores in (self.dense, self.late):
            scores.update({name: values[queries] for name, values in scores.items()})
        self.words, self.wanted, self.grades = self.words[queries], self.wanted[queries], self.grades[queries]

    def judge(self, scores):
        """Reciprocal rank and nDCG@10 of each query."""
        scores = np.where(self.wanted, scores, -np.inf)
        best = np.where(self.grades > 0, scores, -np.inf).max(1, keepdims=True)
        rank = (scores > best).sum(1) + 1
        mrr = np.where(np.isfinite(best[:, 0]), 1 / rank, 0)
        top = np.argpartition(-scores, 10, axis=1)[:, :10]
        top = np.take_along_axis(top, np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1), axis=1)
        discount = 1 / np.log2(np.arange(2, 12))
        ideal = -np.sort(-self.grades, axis=1)[:, :10] @ discount
        return mrr, np.take_along_axis(self.grades, top, axis=1) @ discount / np.maximum(ideal, 1e-9)

    def scores(self, form):
        vector, late, words, weight = form
        return self.dense[vector] + words * self.words + weight * self.late[late]


BASE = ("first", "first", 0.2, 1.0)


def p_value(gain, draws=20_000, seed=7):
    """Two-sided paired randomisation test of a mean difference."""
    rng, extreme, seen = np.random.default_rng(seed), 0, abs(gain.mean())
    for _ in range(draws // 1000):
        signs = rng.choice((-1.0, 1.0), (1000, len(gain)))
        extreme += (np.abs(signs @ gain) / len(gain) >= seen - 1e-12).sum()
    return (extreme + 1) / (draws + 1)


def judged(sets, form):
    """MRR and nDCG@10 of each query of each set: sets x 2 x queries."""
    return np.array([given.judge(given.scores(form)) for given in sets])


def row(name, values, base):
    cells = [f"{mrr.mean():.4f} / {ndcg.mean():.4f}" for mrr, ndcg in values]
    gains = (values - base).mean(0)
    mrr, ndcg = gains.mean(1)
    print(f"| {name} | {' | '.join(cells)} | {mrr:+.4f} ({p_value(gains[0]):.3f}) | {ndcg:+.4f} ({p_value(gains[1]):.3f}) |")


def head(what, sets):
    print(f"\n| {what} | {' | '.join(given.name for given in sets)} | mean MRR (p) | mean nDCG@10 (p) |")
    print("|" + "---|" * (len(sets) + 3), flush=True)


def tables(sets):
    base = judged(sets, BASE)
    vectors, late = list(sets[0].dense), list(sets[0].late)
    head("vector alone", sets)
    for name in vectors:
        alone = np.array([given.judge(given.dense[name]) for given in sets])
        row(name, alone, np.array([given.judge(given.dense["first"]) for given in sets]))
    head("vector, with the first window's tokens", sets)
    for name in vectors:
        row(name, judged(sets, (name, *BASE[1:])), base)
    head("tokens, with the first window's vector", sets)
    for name in late:
        row(name, judged(sets, ("first", name, *BASE[2:])), base)
    head("tokens, with the mean of all windows' vectors", sets)
    for name in late:
        row(name, judged(sets, ("mean", name, *BASE[2:])), base)


def nested(sets, forms, folds=5, seed=3):
    """Each fold's queries ranked by the form that was best, in mean MRR, on the other folds' queries."""
    values = np.array([judged(sets, form) for form in forms])
    part = np.random.default_rng(seed).permutation(values.shape[-1]) % folds
    held = np.empty(values.shape[1:])
    for fold in range(folds):
        best = values[:, :, 0][:, :, part != fold].mean((1, 2)).argmax()
        held[:, :, part == fold] = values[best][:, :, part == fold]
        print(f"  fold {fold}: {forms[best]}")
    return held


def chosen(sets):
    grid = list(itertools.product((0.1, 0.2, 0.4), (0.5, 1.0, 2.0)))
    vectors, late = list(sets[0].dense), list(sets[0].late)
    one_vector = [name for name in vectors if "best" not in name]
    spaces = {
        "first 256, weights chosen": [("first", "first", *w) for w in grid],
        "any vector, first tokens": [(v, "first", *BASE[2:]) for v in vectors],
        "first vector, any tokens": [("first", t, *BASE[2:]) for t in late],
        "one vector, first or all tokens": [(v, t, *BASE[2:]) for v in one_vector for t in ("first", "all")],
        "anything": [(v, t, *BASE[2:]) for v in vectors for t in late],
        "anything, weights chosen": [(v, t, *w) for v in vectors for t in late for w in grid],
    }
    base, found = judged(sets, BASE), {}
    for name, forms in spaces.items():
        print(f"\n{name}: {len(forms)} forms")
        found[name] = nested(sets, forms)
    head("nested cross-validation over", sets)
    row("first 256 as served", base, base)
    for name, values in found.items():
        row(name, values, base)
    print("\nagainst the first 256 with weights chosen alike:")
    head("nested cross-validation over", sets)
    for name, values in found.items():
        row(name, values, found["first 256, weights chosen"])


def compare(paths):
    sets = [Set(file, data) for file, data in zip(paths[::2], paths[1::2], strict=True)]
    assert all(given.ids == sets[0].ids for given in sets), "the sets have other queries"
    judged_in_all = np.all([given.grades.any(1) for given in sets], axis=0)
    print(f"{judged_in_all.sum()} queries have a relevant document in every set")
    for given in sets:
        given.keep(judged_in_all)
        cut = given.lengths > 254
        read = np.minimum(given.lengths, 254 * MOST_WINDOWS)
        print(
            f"{given.name}: {cut.sum()} of {len(cut)} texts are longer than a window; tokens {given.lengths.mean():.0f} "
            f"in the mean, first window {np.minimum(given.lengths, 254).mean():.0f}, all windows {read.mean():.0f}; "
            f"{(given.lengths > read).sum()} longer than all windows; {(given.query_lengths > 254).sum()} queries are cut"
        )
    tables(sets)
    chosen(sets)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["encode", "compare"])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--documents", type=int, help="encode only so many documents")
    given = parser.parse_args()
    if given.what == "encode":
        encode(*given.paths, given.documents)
    else:
        compare(given.paths)


if __name__ == "__main__":
    main()
