"""Makes the golden numbers of the Bradley-Terry learner with NumPy and SciPy.

Writes comparisons.tsv and weights.tsv beside this file:  python3 bradley_terry.py
"""

import pathlib

import numpy as np
from scipy.optimize import minimize

HERE = pathlib.Path(__file__).parent
FEATURES = 3


def comparisons():
    """Simulated comparisons of three features; the third truly hurts."""
    rng = np.random.default_rng(20240611)
    rows = []
    for n in range(80):
        a, b = rng.uniform(-2, 2, FEATURES).round(3), rng.uniform(-2, 2, FEATURES).round(3)
        d = (a - b) @ [1.0, 0.4, -0.3]
        odds = np.array([np.exp(d / 2), 0.6, np.exp(-d / 2)])
        said = rng.choice(3, p=odds / odds.sum())
        if said == 2:
            a, b = b, a
        weight = rng.choice([0.5, 1.0, 2.0])
        rows.append((n % 4, "tie" if said == 1 else "preferred", weight, *a, *b))
    return rows


def fit(rows, prior, pull, increasing=()):
    """Minimises the learner's documented objective by a general optimiser."""
    ties = np.array([row[1] == "tie" for row in rows])
    c = np.array([row[2] for row in rows])
    values = np.array([row[3:] for row in rows]).astype(np.float32).astype(np.float64)
    d = values[:, :FEATURES] - values[:, FEATURES:]
    scale = np.sqrt((c[:, None] * d**2).sum(0) / c.sum())
    z = d / scale
    centre = np.array(prior) * scale
    spread = np.sqrt((c * (z @ centre) ** 2).sum() / c.sum())
    if spread > 0:
        centre *= min(np.clip(spread, 1, 5) / spread, 100)
    has_ties = ties.any()

    def loss(x):
        v, theta = x[:FEATURES], x[FEATURES]
        half = z @ v / 2
        parts = [half, -half] + ([np.full_like(half, theta)] if has_ties else [])
        log_partition = np.logaddexp.reduce(parts, axis=0)
        total = (c * (log_partition - np.where(ties, theta, half))).sum()
        if has_ties:  # One imagined win and one imagined tie between equals.
            total += 2 * np.log(2 + np.exp(theta)) - theta
        return total + pull / 2 * ((v - centre) ** 2).sum()

    bounds = [(0 if k in increasing else None, None) for k in range(FEATURES)] + [(None, None)]
    best = None
    for start in (np.zeros(FEATURES + 1), np.r_[centre, 0.5]):
        options = {"ftol": 1e-16, "gtol": 1e-11, "maxiter": 10000, "maxfun": 100000}
        found = minimize(loss, start, method="L-BFGS-B", bounds=bounds, options=options)
        best = found if best is None or found.fun < best.fun else best
    nu = np.exp(best.x[FEATURES]) if has_ties else 0.0
    return best.x[:FEATURES] / scale, nu


def main():
    rows = comparisons()
    wins = [row for row in rows if row[1] == "preferred"]
    cases = {
        "wins_free": fit(wins, [0, 0, 0], 1e-6),
        "wins_pulled": fit(wins, [1, 0.2, 0], 10.0),
        "ties_free": fit(rows, [0, 0, 0], 1e-6),
        "ties_pulled": fit(rows, [0.1, 0, 0], 3.0),
        "ties_monotone": fit(rows, [1, 0.2, 0], 3.0, increasing=(0, 1, 2)),
    }
    with open(HERE / "comparisons.tsv", "w") as out:
        out.writelines("\t".join(map(str, row)) + "\n" for row in rows)
    with open(HERE / "weights.tsv", "w") as out:
        for name, (weights, nu) in cases.items():
            out.write("\t".join([name, *(f"{w:.9f}" for w in weights), f"{nu:.9f}"]) + "\n")


if __name__ == "__main__":
    main()
