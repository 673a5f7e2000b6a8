#!/usr/bin/env python3
"""Vector search beside its peers: hnswlib, faiss, usearch, qdrant-edge and ours, in turn, on the same files.

    python3 benches/peers/ann.py --base base.fvecs --queries queries.fvecs

Sets up the peers in a virtual environment of its own (benches/peers/.venv, once), builds the example
`ann`, and runs every system in a process of its own on one thread for its queries and as many as
there are for its build. Prints recall@k against the true neighbours (--truth, or computed by BLAS on
the first 200 queries), CPU seconds of the build, resident memory, p50 and p99 of single queries, and
each as a ratio to ours. Vectors are scaled to unit length; all compare by cosine.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = ["numpy", "hnswlib==0.8.0", "faiss-cpu", "usearch", "qdrant-edge-py==0.9.0"]
PEERS = {
    "hnswlib ef 100": ("hnswlib", {"ef": 100}),
    "faiss HNSW ef 128": ("faiss_hnsw", {"ef": 128}),
    "faiss IVF nprobe 32": ("faiss_ivf", {"nprobe": 32}),
    "faiss IVF nprobe 128": ("faiss_ivf", {"nprobe": 128}),
    "usearch f32 ef 128": ("usearch", {"ef": 128}),
    "qdrant-edge HNSW ef 128": ("qdrant_hnsw", {"ef": 128}),
    "qdrant-edge binary x 8": ("qdrant_binary", {"oversampling": 8.0}),
    "qdrant-edge binary x 128": ("qdrant_binary", {"oversampling": 128.0}),
}
OURS = ["quantized", "exact"]


def read_fvecs(path):
    import numpy as np

    flat = np.fromfile(path, dtype=np.float32)
    if not len(flat):
        return np.zeros((0, 1), np.float32)
    dimension = int(flat.view(np.int32)[0])
    if dimension <= 0 or len(flat) % (dimension + 1):
        sys.exit(f"{path}: not an .fvecs file of one dimension")
    rows = np.ascontiguousarray(flat.reshape(-1, dimension + 1)[:, 1:])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def read_ivecs(path):
    import numpy as np

    flat = np.fromfile(path, dtype=np.int32)
    return flat.reshape(-1, int(flat[0]) + 1)[:, 1:]


def write_ivecs(path, rows):
    import numpy as np

    lengths = np.full((len(rows), 1), rows.shape[1], np.int32)
    np.hstack([lengths, rows.astype(np.int32)]).tofile(path)


def compute_truth(base, queries, k):
    import numpy as np

    best = None
    for start in range(0, len(base), 50_000):
        scores = queries @ base[start : start + 50_000].T
        top = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        found = np.take_along_axis(scores, top, 1), top + start
        if best is not None:
            found = tuple(np.hstack(pair) for pair in zip(best, found))
        order = np.argsort(-found[0], axis=1, kind="stable")[:, :k]
        best = tuple(np.take_along_axis(part, order, 1) for part in found)
    return best[1]


def resident_mb():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024


def build_hnswlib(base, ef):
    import hnswlib

    index = hnswlib.Index(space="ip", dim=base.shape[1])
    index.init_index(max_elements=len(base), ef_construction=200, M=16)
    index.add_items(base)
    index.set_ef(ef)
    index.set_num_threads(1)
    return lambda query, k: index.knn_query(query, k=k)[0][0]


def build_faiss_hnsw(base, ef):
    import faiss

    index = faiss.IndexHNSWFlat(base.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 200
    index.add(base)
    index.hnsw.efSearch = ef
    faiss.omp_set_num_threads(1)
    return lambda query, k: index.search(query, k)[1][0]


def build_faiss_ivf(base, nprobe):
    import faiss

    lists = max(64, int(4 * len(base) ** 0.5))
    coarse = faiss.IndexFlatIP(base.shape[1])
    index = faiss.IndexIVFFlat(coarse, base.shape[1], lists, faiss.METRIC_INNER_PRODUCT)
    index.train(base[:: max(1, len(base) // (64 * lists))])
    index.add(base)
    index.nprobe = nprobe
    faiss.omp_set_num_threads(1)
    return lambda query, k: index.search(query, k)[1][0]


def build_usearch(base, ef):
    import numpy as np
    from usearch.index import Index

    index = Index(ndim=base.shape[1], metric="ip", dtype="f32", expansion_search=ef)
    index.add(np.arange(len(base)), base)
    return lambda query, k: index.search(query[0], k, threads=1).keys


def qdrant(base, edges, quantization, params):
    """A shard of one segment; without edges a scan."""
    import qdrant_edge as edge

    config = edge.EdgeConfig(
        vectors=edge.EdgeVectorParams(
            size=base.shape[1], distance=edge.Distance.Dot, memory=edge.Memory.Cached
        ),
        # Segments of more than a kilobyte are indexed: all.
        hnsw_config=edge.HnswIndexConfig(m=edges, ef_construct=200, full_scan_threshold=1),
        quantization_config=quantization,
        optimizers=edge.EdgeOptimizersConfig(
            default_segment_number=1, max_segment_size=1 << 40, indexing_threshold=1
        ),
        max_search_threads=1,
        wal_enabled=False,
    )
    folder = tempfile.TemporaryDirectory()
    shard = edge.EdgeShard.create(folder.name, config)
    for start in range(0, len(base), 10_000):
        rows = base[start : start + 10_000].tolist()
        points = [edge.Point(start + at, row) for at, row in enumerate(rows)]
        shard.update(edge.UpdateOperation.upsert_points(points))
    shard.optimize()
    shard.flush()

    def search(query, k, folder=folder):
        nearest = edge.Query.Nearest(query[0].tolist())
        hits = shard.search(edge.SearchRequest(nearest, k, params=params))
        return [hit.id for hit in hits]

    return search


def build_qdrant_hnsw(base, ef):
    import qdrant_edge as edge

    return qdrant(base, 16, None, edge.SearchParams(hnsw_ef=ef))


def build_qdrant_binary(base, oversampling):
    import qdrant_edge as edge

    codes = edge.BinaryQuantizationConfig(memory=edge.Memory.Pinned)
    rescored = edge.QuantizationSearchParams(rescore=True, oversampling=oversampling)
    return qdrant(base, 0, codes, edge.SearchParams(quantization=rescored))


def run_peer(args):
    """In a process of its own: what `ann` says of ours, of one peer."""
    import numpy as np

    base, queries = read_fvecs(args.base), read_fvecs(args.queries)
    truth = read_ivecs(args.truth)
    build, options = PEERS[args.peer]
    before, cpu = resident_mb(), time.process_time()
    search = globals()[f"build_{build}"](base, **options)
    spent = time.process_time() - cpu
    memory = resident_mb() - before
    found, times = [], []
    for _ in range(2):  # The first pass warms what gets warm.
        found, times = [], []
        for query in queries:
            start = time.perf_counter()
            hits = search(query[None], args.k)
            times.append(time.perf_counter() - start)
            found.append(set(int(hit) for hit in hits))
    kept = sum(len(found[i] & set(row[: args.k].tolist())) for i, row in enumerate(truth))
    said = {
        f"recall@{args.k}": kept / (args.k * len(truth)),
        "build_cpu_s": spent,
        "rss_mb": memory,
        "query_us_p50": float(np.percentile(times, 50)) * 1e6,
        "query_us_p99": float(np.percentile(times, 99)) * 1e6,
    }
    print(json.dumps(said))


def setup():
    folder = HERE / ".venv"
    python = folder / "bin" / "python"
    held, packages = folder / "packages.txt", "\n".join(PACKAGES)
    if not held.exists() or held.read_text() != packages:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        held.write_text(packages)
    return python


def ann_binary(args):
    if args.ann:
        return args.ann
    build = ["cargo", "build", "--release", "-p", "ranker-examples", "--example", "ann"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / "examples" / "ann"


def run_ours(binary, index, args):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "said.json"
        command = [binary, "--base", args.base, "--queries", args.queries, "--truth", args.truth]
        command += ["--index", index, "--k", str(args.k), "--json", out]
        one = {**os.environ, "RAYON_NUM_THREADS": "1"}
        subprocess.run(command, check=True, env=one, stderr=subprocess.DEVNULL)
        return json.loads(out.read_text())


def report(rows, k):
    recall = f"recall@{k}"
    keys = [recall, "build_cpu_s", "rss_mb", "query_us_p50", "query_us_p99"]
    first = next(iter(rows.values()))
    print("| system | " + " | ".join(keys) + " | p50 / ours | build / ours |")
    print("| --- |" + " ---: |" * (len(keys) + 2))
    for name, said in rows.items():
        cells = [f"{said[recall]:.4f}"] + [f"{said[key]:,.1f}" for key in keys[1:]]
        ratios = [said[key] / max(first[key], 1e-9) for key in ("query_us_p50", "build_cpu_s")]
        print(f"| {name} | " + " | ".join(cells + [f"{ratio:.2f}" for ratio in ratios]) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", required=True, type=Path)
    parser.add_argument("--queries", required=True, type=Path)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--ann", type=Path, help="the example, if it is built already")
    parser.add_argument("--only", nargs="*", help="names of peers; all by default")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        return run_peer(args)
    python = setup()
    if Path(sys.prefix) != HERE / ".venv":
        os.execv(python, [python, __file__, *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as folder:
        if not args.truth:
            args.truth = Path(folder) / "truth.ivecs"
            base, queries = read_fvecs(args.base), read_fvecs(args.queries)[:200]
            write_ivecs(args.truth, compute_truth(base, queries, args.k))
            del base
        binary = ann_binary(args)
        rows = {f"ranker {index}": run_ours(binary, index, args) for index in OURS}
        for peer in PEERS:
            if args.only is not None and peer.split()[0] not in args.only and peer not in args.only:
                continue
            command = [python, __file__, "--peer", peer, "--base", args.base]
            command += ["--queries", args.queries, "--truth", args.truth, "--k", str(args.k)]
            said = subprocess.run(command, check=True, capture_output=True, text=True)
            rows[peer] = json.loads(said.stdout.splitlines()[-1])
        report(rows, args.k)


if __name__ == "__main__":
    main()
