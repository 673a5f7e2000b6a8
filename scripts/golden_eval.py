"""Makes crates/ranker-eval/tests/golden: the numbers that ranker-eval must reproduce.

They come from other people's code:

- metrics of each query: pytrec_eval, a wrapper of NIST's trec_eval. It breaks ties by document
  id. For rankings in the order given it gets scores that fall with the place; for the
  expectation over ties it gets every order of the tied documents, and its values are averaged.
  It has no exponential gain, so it gets the grades 2^g - 1, and gdeval (TREC's Perl script,
  five digits) must agree.
- means: ir_measures (for RR, MS MARCO's scorer), which counts queries without relevant documents and unanswered ones as 0.
- randomisation tests and bootstrap intervals: scipy. Holm's correction: statsmodels.

    pip install pytrec_eval-terrier ir_measures scipy statsmodels    (and perl, for gdeval)
    python scripts/golden_eval.py
"""

import itertools
import math
import random
from importlib.metadata import version
from pathlib import Path

import ir_measures
import numpy as np
import pytrec_eval
import scipy.stats
from statsmodels.stats.multitest import multipletests

OUT = Path(__file__).parent.parent / "crates/ranker-eval/tests/golden"
NAMES = ("pytrec_eval-terrier", "ir_measures", "scipy", "statsmodels")
VERSIONS = ", ".join(f"{name} {version(name)}" for name in NAMES)
HEADER = f"# Made by scripts/golden_eval.py with {VERSIONS}.\n"
CUTOFFS = (None, 1, 3, 10)
MEASURES = ("mrr", "ndcg", "ndcg_exp", "map", "recall", "precision", "success")
METRICS = [m if k is None else f"{m}@{k}" for m in MEASURES for k in CUTOFFS]
LEVELS = (1, 2)


def make_data(rng):
    """Judgments with negative grades, and rankings with many ties."""
    grades = {
        "mixed": (-2, -1, 0, 0, 1, 1, 2, 3),
        "binary": (0, 0, 1),
        "none": (-1, 0),
        "one": (1,),
    }
    kinds = ["mixed"] * 7 + ["binary"] * 2 + ["none"] * 2 + ["one"]
    qrels, run = {}, {}
    for number, kind in enumerate(kinds):
        query = f"q{number}"
        pool = [f"d{i}" for i in range(1, 15)]
        judged = rng.sample(pool, 9)
        qrels[query] = {d: rng.choice(grades[kind]) for d in judged}
        run[query] = make_ranking(rng, pool)
    del run["q3"]  # judged and not answered
    qrels["mißt"] = {"ä": 2, "z": 1, "Z": 0, "€": 1}  # ids beyond ASCII tie too
    run["mißt"] = {"Z": 1.0, "z": 1.0, "ä": 1.0, "€": 1.0, "a": 2.0}
    run["unjudged"] = {"d1": 1.0}
    return qrels, run


def make_ranking(rng, pool):
    """Scores that 32-bit floats hold, tied so that at most 600 orders are possible."""
    while True:
        chosen = rng.sample(pool, rng.randint(4, 11))
        ranking = {d: rng.randint(-4, 12) / 8 for d in chosen}
        orders = math.prod(math.factorial(len(g)) for g in tied(ranking))
        if 2 <= orders <= 600:
            return ranking


def tied(ranking):
    """The groups of documents with equal scores, best first."""
    scores = sorted(set(ranking.values()), reverse=True)
    return [[d for d in ranking if ranking[d] == s] for s in scores]


def strictly(documents):
    """Scores that fall with the place."""
    return {d: float(-place) for place, d in enumerate(documents)}


def orders(ranking):
    groups = [itertools.permutations(group) for group in tied(ranking)]
    return [strictly(itertools.chain(*order)) for order in itertools.product(*groups)]


def by_id(ranking):
    """trec_eval's order, for cutting a ranking."""
    key = lambda d: (ranking[d], d.encode())
    return sorted(ranking, key=key, reverse=True)


def exponential(judgments):
    return {d: 2**g - 1 if g > 0 else g for d, g in judgments.items()}


def trec_eval(judgments, rankings, level):
    """All metrics of each of one query's rankings."""
    run = {str(i): ranking for i, ranking in enumerate(rankings)}
    cut = {f"{i}@{k}": strictly(by_id(r)[:k]) for i, r in run.items() for k in CUTOFFS[1:]}
    ks = ",".join(str(k) for k in CUTOFFS[1:])
    names = {"map", "ndcg", "set_recall", "set_P", "recip_rank", f"map_cut.{ks}"}
    names |= {f"{m}.{ks}" for m in ("ndcg_cut", "recall", "P")} | {f"success.{ks},1000"}

    def evaluate(judgments, run):
        qrels = {query: judgments for query in run}
        return pytrec_eval.RelevanceEvaluator(qrels, names, relevance_level=level).evaluate(run)

    plain, shortened = evaluate(judgments, run), evaluate(judgments, cut)
    gains = evaluate(exponential(judgments), run)
    return [one(plain[i], gains[i], lambda k: shortened[f"{i}@{k}"]) for i in run]


def one(plain, gains, shortened):
    values = []
    for k in CUTOFFS:
        values.append(plain["recip_rank"] if k is None else shortened(k)["recip_rank"])
    values += [plain["ndcg" if k is None else f"ndcg_cut_{k}"] for k in CUTOFFS]
    values += [gains["ndcg" if k is None else f"ndcg_cut_{k}"] for k in CUTOFFS]
    values += [plain["map" if k is None else f"map_cut_{k}"] for k in CUTOFFS]
    values += [plain["set_recall" if k is None else f"recall_{k}"] for k in CUTOFFS]
    values += [plain["set_P" if k is None else f"P_{k}"] for k in CUTOFFS]
    values += [plain["success_1000" if k is None else f"success_{k}"] for k in CUTOFFS]
    return values


def write_metrics(qrels, run):
    rules = {"id": lambda r: [r], "given": lambda r: [strictly(r)], "expected": orders}
    with open(OUT / "metrics.tsv", "w", encoding="utf-8") as file:
        file.write(HEADER + "\t".join(["ties", "level", "query", *METRICS]) + "\n")
        for (rule, rankings), level in itertools.product(rules.items(), LEVELS):
            for query in sorted(qrels.keys() & run.keys()):
                values = trec_eval(qrels[query], rankings(run[query]), level)
                means = [math.fsum(column) / len(values) for column in zip(*values)]
                file.write("\t".join([rule, str(level), query, *map(repr, means)]) + "\n")


def write_means(qrels, run):
    # MS MARCO's scorer, which ir_measures uses for RR, breaks ties the other way: leave none.
    run = {query: strictly(by_id(ranking)) for query, ranking in run.items()}
    names = {"mrr": "RR", "map": "AP", "precision": "P", "recall": "R", "success": "Success"}
    with open(OUT / "means.tsv", "w", encoding="utf-8") as file:
        file.write(HEADER + "level\tmetric\tmean\n")
        for level, (ours, theirs), k in itertools.product(LEVELS, names.items(), (3, 10)):
            measure = ir_measures.parse_measure(f"{theirs}(rel={level})@{k}")
            mean = ir_measures.calc_aggregate([measure], qrels, run)[measure]
            file.write(f"{level}\t{ours}@{k}\t{mean!r}\n")
        measure = ir_measures.parse_measure("nDCG@10")
        mean = ir_measures.calc_aggregate([measure], qrels, run)[measure]
        file.write(f"1\tndcg@10\t{mean!r}\n")


def check_gdeval(qrels, run):
    """gdeval wants numbers for queries and knows no negative grades."""
    numbers = {query: str(i) for i, query in enumerate(sorted(qrels), 1)}
    their_qrels = {numbers[q]: {d: max(g, 0) for d, g in js.items()} for q, js in qrels.items()}
    their_run = {numbers[q]: strictly(by_id(r)) for q, r in run.items() if q in numbers}
    measure = ir_measures.parse_measure("nDCG(dcg='exp-log2')@10")
    found = {m.query_id: m.value for m in ir_measures.gdeval.iter_calc([measure], their_qrels, their_run)}
    for query in qrels.keys() & run.keys():
        values = dict(zip(METRICS, trec_eval(qrels[query], [run[query]], 1)[0]))
        theirs = found.get(numbers[query], 0.0)
        assert abs(theirs - values["ndcg_exp@10"]) < 1e-5, (query, theirs, values["ndcg_exp@10"])


def join(values):
    return ",".join(repr(float(v)) for v in values)


def write_significance(rng):
    """Differences with ties and zeros, and their exact tests; intervals; corrected p-values."""
    with open(OUT / "significance.tsv", "w", encoding="utf-8") as file:
        file.write(HEADER + "kind\tinput\toutput\n")
        for count in (2, 3, 4, 7, 10, 13):
            steps = [rng.randint(-2, 4) / 10 for _ in range(count)]
            smooth = [rng.uniform(-0.3, 0.5) for _ in range(count)]
            for differences in (steps, smooth):
                file.write(f"sign-flip\t{join(differences)}\t{sign_flip(differences)!r}\n")
        for count, level in ((12, 0.95), (40, 0.9)):
            differences = [rng.gauss(0.05, 0.2) for _ in range(count)]
            ends = bootstrap(differences, level)
            file.write(f"bootstrap {level}\t{join(differences)}\t{join(ends)}\n")
        for count in (1, 3, 8):
            p_values = [rng.choice((0.001, 0.02, rng.random())) for _ in range(count)]
            corrected = multipletests(p_values, method="holm")[1]
            file.write(f"holm\t{join(p_values)}\t{join(corrected)}\n")


def sign_flip(differences):
    test = scipy.stats.permutation_test(
        (np.array(differences), np.zeros(len(differences))),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    return float(test.pvalue)


def bootstrap(differences, level):
    result = scipy.stats.bootstrap(
        (np.array(differences),),
        np.mean,
        confidence_level=level,
        method="percentile",
        n_resamples=400_000,
        batch=10_000,
        rng=np.random.default_rng(1),
    )
    return result.confidence_interval.low, result.confidence_interval.high


def write_trec(qrels, run):
    with open(OUT / "qrels.txt", "w", encoding="utf-8") as file:
        for query, judgments in qrels.items():
            file.writelines(f"{query} 0 {d} {g}\n" for d, g in judgments.items())
    with open(OUT / "run.txt", "w", encoding="utf-8") as file:
        for query, ranking in run.items():
            lines = enumerate(ranking.items(), 1)
            file.writelines(f"{query} Q0 {d} {i} {s} golden\n" for i, (d, s) in lines)


def main():
    rng = random.Random(20)
    OUT.mkdir(parents=True, exist_ok=True)
    qrels, run = make_data(rng)
    check_gdeval(qrels, run)
    write_trec(qrels, run)
    write_metrics(qrels, run)
    write_means(qrels, run)
    write_significance(rng)


if __name__ == "__main__":
    main()
