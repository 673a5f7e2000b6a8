"""Makes crates/ranker-expand/tests/golden/vectors: a small table of word vectors as spaCy writes it, and the
neighbours that spaCy finds in it.

The folder is spaCy's own work: its `Vocab` is given made-up vectors, prunes them and writes them to disk.
Neighbours are those of its `Vectors.most_similar`. That method rounds cosines to four digits and names a
row by the word that was mapped to it last; so cosines are computed again from spaCy's vectors in double
precision, must round to what it says, and a row is named by the word that was mapped to it first, whose own
row it is. Rows of equal cosines are in no order in spaCy's answer; here they are in the order of the table.

    pip install spacy
    python scripts/golden_vectors.py

The same for 200 words of a real model, kept elsewhere, and compared by

    python scripts/golden_vectors.py MODEL_FOLDER NEIGHBOURS.tsv
    RANKER_SPACY_MODEL=MODEL_FOLDER RANKER_SPACY_NEIGHBOURS=NEIGHBOURS.tsv \\
        cargo test -p ranker-expand --test it real_model -- --ignored
"""

import random
import shutil
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from spacy.vocab import Vocab

OUT = Path(__file__).parent.parent / "crates/ranker-expand/tests/golden/vectors"
WORDS = (
    "search engine lucene solr elasticsearch retrieval ranking index query nurse nurses ward patient surgery "
    "doctor electrician wiring cable switchgear circuit tax audit accountant ledger bookkeeping agent root "
    "number senior junior naïve Rust rust C++ Łódź search-engine MORPH _"
).split()
PRUNED_TO = 24
NEIGHBOURS = 10


def made_up():
    """A vocabulary with vectors of 12 components, of which the later words share the rows of the earlier."""
    rng = np.random.default_rng(7)
    vocab = Vocab()
    topics = rng.normal(size=(5, 12))
    for at, word in enumerate(WORDS):
        vocab.set_vector(word, (topics[at * 5 // len(WORDS)] + rng.normal(size=12) * 0.7).astype("f"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pruning asks for probabilities that a bare vocabulary has not.
        vocab.prune_vectors(PRUNED_TO)
    folder = OUT / "model"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "vocab").mkdir(parents=True)
    vocab.to_disk(folder / "vocab")
    for name in ("lookups.bin", "lexemes.bin"):
        (folder / "vocab" / name).unlink(missing_ok=True)
    return folder


def neighbours(vocab, words):
    """Lines of a word, whether it is pruned, a neighbour and their cosine."""
    vectors = vocab.vectors
    own = {}
    for key, row in vectors.key2row.items():
        own.setdefault(row, key)
    units = vectors.data.astype("d")
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    keys = [vocab.strings[word] for word in words]
    rows = [vectors.key2row[key] for key in keys]
    n = min(NEIGHBOURS + 1, len(vectors))
    _, spacy_rows, scores = vectors.most_similar(vectors.data[rows].copy(), n=n)
    for word, key, row, theirs, rounded in zip(words, keys, rows, spacy_rows, scores):
        cosines = units @ units[row]
        best = np.argsort(-cosines, kind="stable")[:n]
        # spaCy says the same, but for its rounding and for its order: it partitions rows and cosines apart.
        assert np.abs(rounded - cosines[best]).max() <= 0.5e-4 + 1e-6, word
        assert np.abs(np.sort(cosines[theirs])[::-1] - cosines[best]).max() <= 1e-6, word
        pruned = "pruned" if own[row] != key else "own"
        for other in [at for at in best if at != row][:NEIGHBOURS]:
            yield f"{word}\t{pruned}\t{vocab.strings[own[int(other)]]}\t{cosines[other]:.9f}"


def write(path, folder, words):
    vocab = Vocab().from_disk(folder / "vocab")
    words = words or sample(vocab)
    lines = list(neighbours(vocab, words))
    head = f"# word, row, neighbour, cosine; spacy {version('spacy')}, {len(words)} words"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    print(f"{path}: {len(words)} words, {len(lines)} neighbours")


def sample(vocab):
    """100 words with rows of their own, 100 pruned ones; strings that tabs and line ends would break are left out."""
    keys = list(vocab.vectors.key2row)
    rows = len(set(vocab.vectors.key2row.values()))
    named = [[key for key in part if key in vocab.strings] for part in (keys[:rows], keys[rows:])]
    first, later = [[key for key in part if vocab.strings[key].isprintable()] for part in named]
    chosen = random.Random(7).sample(first, 100) + random.Random(8).sample(later, 100)
    return [vocab.strings[key] for key in chosen]


if __name__ == "__main__":
    if len(sys.argv) == 3:
        write(Path(sys.argv[2]), Path(sys.argv[1]), None)
    else:
        write(OUT / "neighbours.tsv", made_up(), WORDS)
