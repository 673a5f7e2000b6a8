#!/usr/bin/env python3
"""Chooses the weights that rank before any feedback (LinearScorer::prior), on development data.

    evaluate --data SET --method full --keep-tokens --features SET.svm      (once a set)
    prior_weights.py SET.svm ...

Scores the rows of each set by `dense` with weight 1 and a grid of weights for five other features; what else the model weighs
stays as it is. The gain of a set is the mean of what MRR and nDCG@10 gain over the weights that are given first (--from, the
present ones if left out); the best have the greatest mean gain over the sets. For each set in turn it then chooses without
that set, and says what the choice is worth there. nDCG is over what was retrieved: only differences mean something.

Needs numpy.
"""

import argparse
import itertools

import numpy as np

GRID = {
    "bm25": (0.2, 0.25, 0.3, 0.4),
    "maxsim": (0.0, 0.2, 0.3, 0.5, 0.75, 1.0),
    "title_overlap": (0.1, 0.2, 0.3, 0.4),
    "trade": (0.0, 0.2, 0.3, 0.4),
    "occupation": (0.0, 0.05, 0.1, 0.15, 0.2),
    "seniority_gap": (0.0, -0.1, -0.2, -0.3),
}
PRESENT = {"bm25": 0.25, "maxsim": 0.3, "title_overlap": 0.2, "trade": 0.3, "occupation": 0.15, "seniority_gap": -0.2}
FIXED = {"dense": 1.0, "skills_found": 0.1, "skills_missing": -0.1, "years_met": 0.1}
DEPTH = 10


def read(path):
    """The names of the features, and for each query its grades and rows."""
    names, queries = [], {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                names.append(line.split()[2])
                continue
            grade, query, *values = line.split(" # ")[0].split()
            row = np.array([float(value.split(":")[1]) for value in values])
            grades, rows = queries.setdefault(query, ([], []))
            grades.append(float(grade))
            rows.append(row)
    both = [(np.array(grades), np.array(rows)) for grades, rows in queries.values()]
    return names, [(grades, rows) for grades, rows in both if grades.any()]


def measure(queries, weights):
    """The means of MRR and nDCG@10 for each column of weights."""
    discount = 1 / np.log2(np.arange(2, DEPTH + 2))
    total = np.zeros((weights.shape[1], 2))
    for grades, rows in queries:
        ranked = grades[np.argsort(-(rows @ weights), axis=0, kind="stable")]
        ideal = 2 ** np.sort(grades)[::-1][:DEPTH] - 1
        gained = 2 ** ranked[:DEPTH] - 1
        total[:, 0] += 1 / (1 + np.argmax(ranked > 0, axis=0))
        total[:, 1] += discount[: len(gained)] @ gained / (ideal @ discount[: len(ideal)])
    return total / len(queries)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="SET.svm")
    parser.add_argument("--from", dest="present", metavar="NAME=WEIGHT,...", help="what gains are measured from")
    parser.add_argument("--show", type=int, default=8, metavar="N", help="how many of the best to show")
    args = parser.parse_args()
    present = dict(PRESENT)
    if args.present:
        given = dict(pair.split("=") for pair in args.present.split(","))
        present = {name: float(weight) for name, weight in given.items()}

    tried = [present, *(dict(zip(GRID, values)) for values in itertools.product(*GRID.values()))]
    sets, gains = args.sets, []
    for path in sets:
        names, queries = read(path)
        weights = np.array([[{**FIXED, **chosen}.get(name, 0.0) for name in names] for chosen in tried])
        means = measure(queries, weights.T)
        gains.append(means - means[0])
    # For each weights: what they gain on each set.
    tried = list(zip(tried, np.swapaxes(gains, 0, 1)))

    def show(title, chosen, gained):
        weights = " ".join(f"{name} {weight:g}" for name, weight in chosen.items())
        print(f"{title} {weights}")
        for path, (mrr, ndcg) in gained.items():
            print(f"    {path}: MRR {mrr:+.4f} nDCG@10 {ndcg:+.4f}")

    print("gained from", " ".join(f"{name} {weight:g}" for name, weight in present.items()))
    tried.sort(key=lambda one: -one[1].mean())
    for chosen, gained in tried[: args.show]:
        show(f"{gained.mean():+.4f}", chosen, dict(zip(sets, gained)))
    if len(sets) < 2:
        return
    for at, path in enumerate(sets):
        chosen, gained = max(tried, key=lambda one: np.delete(one[1], at, axis=0).mean())
        show(f"chosen without {path}:", chosen, {path: gained[at]})


if __name__ == "__main__":
    main()
