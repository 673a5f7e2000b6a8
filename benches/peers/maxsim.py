"""Late interaction over a hundred candidates a query, by PyLate and fast-plaid.

Reads the vectors and candidates that `maxsim/` writes, so that all peers score the same:

    cargo run --release --manifest-path benches/peers/maxsim/Cargo.toml -- ENCODER DATA VECTORS
    python -m venv VENV && VENV/bin/pip install torch==2.11.0 fast-plaid==1.7.0.2110 sentence-transformers==5.3.0 \
        'transformers<=5.3.0' 'ujson==5.12.0' datasets pandas && VENV/bin/pip install --no-deps pylate==1.6.0
    VENV/bin/python benches/peers/maxsim.py --vectors VECTORS --threads 2 --queries 20

PyLate 1.6.0 asks for fast-plaid 1.4.6 at most, so it is installed without its dependencies beside a later one.

Queries come in turns, each contestant once a query. Agreement is with PyLate's MaxSim in f32: the share of its best ten that
are among the contestant's best ten.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from fast_plaid import search
from pylate import rank

PLACES = 10


def texts(folder: Path, name: str) -> list[torch.Tensor]:
    vectors = torch.from_numpy(np.load(folder / f"{name}.npy"))
    lengths = np.load(folder / f"{name}-lengths.npy").ravel().tolist()
    return list(torch.split(vectors, lengths))


class PyLate:
    """`rank.rerank`: every candidate's vectors in f32, padded to one length and multiplied."""

    name = "PyLate, f32"

    def __init__(self, documents: list[torch.Tensor]):
        self.documents = documents
        self.bytes = sum(4 * document.numel() for document in documents)

    def order(self, query: torch.Tensor, candidates: list[int]) -> list[int]:
        embeddings = [self.documents[at] for at in candidates]
        (found,) = rank.rerank([candidates], [query], [embeddings])
        return [one["id"] for one in found]


class FastPlaid:
    """An index of fast-plaid, searched among the candidates alone.

    It scores in full those of which a token lies in one of the clusters nearest to a token of the query: `probe` of them, 8 where
    nothing else is said. Of candidates that it does not score none is among its best.
    """

    def __init__(self, documents: list[torch.Tensor], folder: Path, bits: int):
        self.bits = bits
        self.path = folder / f"{bits}-bits"
        self.index = search.FastPlaid(index=str(self.path), device="cpu")
        self.index.create(documents, nbits=bits, start_from_scratch=0)
        self.clusters = len(np.load(self.path / "centroids.npy", mmap_mode="r"))
        # The first search loads it.
        self.search(documents[0], list(range(min(PLACES, len(documents)))), 1)
        self.bytes = sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())

    def search(self, query: torch.Tensor, candidates: list[int], probe: int) -> list[int]:
        (found,) = self.index.search(
            [query],
            top_k=len(candidates),
            n_full_scores=4 * len(candidates),
            n_ivf_probe=probe,
            show_progress=False,
            subset=[candidates],
        )
        return [at for at, _ in found]


class Probing:
    """One index with so many clusters looked into."""

    def __init__(self, index: FastPlaid, probe: int):
        self.name = f"fast-plaid, {index.bits} bits, {probe} of {index.clusters} clusters"
        self.bytes = index.bytes
        self.order = lambda query, candidates: index.search(query, candidates, probe)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--queries", type=int, help="so many of the queries, at equal distances [default: all]")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    documents, queries = (texts(arguments.vectors, name) for name in ("documents", "queries"))
    candidates = np.load(arguments.vectors / "candidates.npy").tolist()
    step = max(1, len(queries) // (arguments.queries or len(queries)))
    pairs = list(zip(queries, candidates))[::step]
    with tempfile.TemporaryDirectory() as folder:
        contestants = [PyLate(documents)]
        for bits in (2, 4):
            print(f"making an index of {bits} bits", file=sys.stderr)
            index = FastPlaid(documents, Path(folder), bits)
            contestants += [Probing(index, 8), Probing(index, index.clusters)]
        measure(contestants, pairs, len(documents))


def measure(contestants: list, queries: list, documents: int) -> None:
    times: dict[str, list[float]] = {one.name: [] for one in contestants}
    agreement, scored = dict.fromkeys(times, 0.0), dict.fromkeys(times, 0)
    for at, (query, candidates) in enumerate(queries):
        print(f"query {at} of {len(queries)}", file=sys.stderr)
        truth: set[int] = set()
        for one in contestants:
            start = time.perf_counter()
            best = one.order(query, candidates)
            times[one.name].append(1e3 * (time.perf_counter() - start))
            scored[one.name] += len(best)
            truth = truth or set(best[:PLACES])
            agreement[one.name] += len(truth.intersection(best[:PLACES])) / len(truth)
    print(f"{'':44} {'p50, ms':>9} {'p99, ms':>9} {'bytes/document':>15} {'scored':>7} {'same top 10':>12}")
    for one in contestants:
        ordered = sorted(times[one.name])
        p50, p99 = statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))]
        share, mean = agreement[one.name] / len(queries), scored[one.name] / len(queries)
        print(f"{one.name:44} {p50:9.2f} {p99:9.2f} {one.bytes // documents:15} {mean:7.1f} {share:12.3f}")


if __name__ == "__main__":
    main()
