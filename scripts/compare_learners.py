"""Measures LightGBM and XGBoost on the folds of the example `learn`, beside ours.

    pip install numpy lightgbm xgboost
    cargo run --release -p ranker-examples --example learn -- --train rank.train --test rank.test \
        --model mart --json mart.json --per-query mart.tsv
    python3 scripts/compare_learners.py --train rank.train --test rank.test --ours mart

List n of all files stands in fold n mod 5. NDCG has the gain 2^grade - 1; lists without a relevant
row count 1. `--ours` names what `learn` wrote, without `.json` and `.tsv`: NDCG is then tested
in pairs (Fisher and Pitman's randomisation test), and times are given as ratios: above 1 ours took
longer. The peers' settings are fixed; ours are chosen within the training lists, so that its training
time holds all that was tried.
"""

import argparse
import json
import pathlib
import time

import lightgbm
import numpy as np
import xgboost

FOLDS = 5


def read(paths):
    """Rows, grades, and the sizes of the lists, from SVMlight files with a .query file beside."""
    rows, grades, sizes = [], [], []
    for path in paths:
        for line in open(path):
            grade, *fields = line.split("#")[0].split()
            grades.append(int(float(grade)))
            rows.append({int(k): float(v) for k, v in (f.split(":") for f in fields)})
        sizes += [int(n) for n in open(f"{path}.query")]
    table = np.zeros((len(rows), max(max(row, default=0) for row in rows) + 1), np.float32)
    for at, row in enumerate(rows):
        for column, value in row.items():
            table[at, column] = value
    return table, np.array(grades), np.array(sizes)


def ndcg(grades, scores, places):
    """1 where nothing is relevant."""
    discounts = 1 / np.log2(np.arange(2, places + 2))
    gains = 2.0**grades - 1
    ideal = np.sort(gains)[::-1][:places]
    found = gains[np.argsort(-scores, kind="stable")][:places]
    best = ideal @ discounts[: len(ideal)]
    return found @ discounts[: len(found)] / best if best > 0 else 1.0


def lgb(objective, **settings):
    settings = {"num_leaves": 7, "learning_rate": 0.03, "n_estimators": 300, **settings}
    settings |= {"verbose": -1, "deterministic": True, "force_row_wise": True, "seed": 0}

    def fit(x, y, sizes):
        if objective == "regression":
            model = lightgbm.LGBMRegressor(**settings).fit(x, 2.0**y - 1)
        else:
            model = lightgbm.LGBMRanker(objective=objective, **settings).fit(x, y, group=sizes)
        # One thread, like ours.
        return lambda rows: model.booster_.predict(rows, num_threads=1)

    return fit


def xgb(objective):
    def fit(x, y, sizes):
        model = xgboost.XGBRanker(
            objective=objective, max_depth=4, n_estimators=200, learning_rate=0.05, seed=0
        ).fit(x, y, group=sizes)
        booster = model.get_booster()
        booster.set_param({"nthread": 1})
        return lambda rows: booster.inplace_predict(rows)

    return fit


PEERS = {
    "LightGBM train.conf": lgb(
        "lambdarank", num_leaves=31, learning_rate=0.1, n_estimators=100,
        min_child_samples=50, min_child_weight=5.0, subsample=0.9, subsample_freq=1,
    ),
    "LightGBM lambdarank, 7 leaves": lgb("lambdarank"),
    "LightGBM regression, 7 leaves": lgb("regression"),
    "XGBoost rank:ndcg, depth 4": xgb("rank:ndcg"),
    "XGBoost rank:pairwise, depth 4": xgb("rank:pairwise"),
}


def measure(fit, data):
    """NDCG@5 and @10 of each list, and the seconds of training (a fold) and scoring (a row)."""
    table, grades, sizes = data
    ends = np.cumsum(sizes)
    lists = [np.arange(end - size, end) for end, size in zip(ends, sizes)]
    values, training, scoring = {}, 0.0, 0.0
    for fold in range(FOLDS):
        kept = [rows for n, rows in enumerate(lists) if n % FOLDS != fold]
        rows = np.concatenate(kept)
        start = time.perf_counter()
        score = fit(table[rows], grades[rows], [len(rows) for rows in kept])
        training += time.perf_counter() - start
        held_out = [n for n in range(len(lists)) if n % FOLDS == fold]
        rows = np.concatenate([lists[n] for n in held_out])
        start = time.perf_counter()
        scores = dict(zip(rows, score(table[rows])))
        scoring += time.perf_counter() - start
        for n in held_out:
            of_list = np.array([scores[row] for row in lists[n]])
            values[n] = [ndcg(grades[lists[n]], of_list, places) for places in (5, 10)]
    return values, training / FOLDS, scoring / len(table)


def sign_flip(differences, draws=20_000):
    """The two-sided p-value of the mean of paired differences."""
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (draws, len(differences)))
    extreme = np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12
    return (extreme.sum() + 1) / (draws + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train", required=True)
    parser.add_argument("--test")
    parser.add_argument("--ours", action="append", default=[])
    parser.add_argument("--per-query", type=pathlib.Path, help="folder for a .tsv a peer")
    args = parser.parse_args()
    data = read([path for path in (args.train, args.test) if path])
    ours = {}
    for name in args.ours:
        lines = [line.split("\t") for line in open(f"{name}.tsv")]
        values = {int(query): float(v) for metric, query, v in lines if metric == "ndcg@10"}
        ours[name] = values, json.load(open(f"{name}.json"))
    for name, (values, numbers) in ours.items():
        print(f"{name}: NDCG@5 {numbers['ndcg@5']:.4f}, NDCG@10 {numbers['ndcg@10']:.4f}, "
              f"{numbers['train_s']:.2f} s a fold, {numbers['score_us_per_row']:.2f} us a row")
    for peer, fit in PEERS.items():
        values, training, scoring = measure(fit, data)
        means = np.mean(list(values.values()), axis=0)
        print(f"{peer}: NDCG@5 {means[0]:.4f}, NDCG@10 {means[1]:.4f}, "
              f"{training:.2f} s a fold, {scoring * 1e6:.2f} us a row")
        if args.per_query:
            path = args.per_query / (peer.replace(" ", "_").replace(",", "").replace(":", "") + ".tsv")
            lines = (f"{name}\t{n:06}\t{v}\n" for k, name in enumerate(("ndcg@5", "ndcg@10"))
                     for n, pair in values.items() for v in [pair[k]])
            path.write_text("".join(lines))
        for name, (own, numbers) in ours.items():
            assert own.keys() == values.keys(), "other lists were measured"
            gaps = np.array([own[n] - values[n][1] for n in sorted(own)])
            print(f"    {name}: {gaps.mean():+.4f} NDCG@10, p = {sign_flip(gaps):.3f}; "
                  f"time to train {numbers['train_s'] / training:.2f}, "
                  f"to score {numbers['score_us_per_row'] / scoring / 1e6:.2f} of it")


if __name__ == "__main__":
    main()
