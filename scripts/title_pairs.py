#!/usr/bin/env python3
"""Pairs of texts to tune an encoder on, from ESCO's occupations.

    title_pairs.py occupations_en.csv --out pairs.jsonl [--descriptions 0.5]

Each label of an occupation is paired with another label of it, in a ring, and, with --descriptions, a
share of them also with the occupation's description, so that an encoder that learns what titles mean
keeps an eye on documents. The group is the occupation: within it nothing counts as a wrong answer.
Labels are in lower case; the order is seeded. ESCO is the European Commission's: acknowledge it.
"""

import argparse
import csv
import json
import random


def labels(row):
    lines = [row["preferredLabel"], *(row["altLabels"] or "").split("\n")]
    return list(dict.fromkeys(line.strip().lower() for line in lines if line.strip()))


def pairs(row, share, rng):
    titles, group = labels(row), row["conceptUri"].rsplit("/", 1)[1]
    rng.shuffle(titles)
    description = " ".join((row["description"] or "").split())
    for query, positive in zip(titles, titles[1:] + titles[:1]):
        if query != positive:
            yield {"query": query, "positive": positive, "group": group}
        if description and rng.random() < share:
            yield {"query": query, "positive": description, "group": group}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("occupations")
    parser.add_argument("--out", required=True)
    parser.add_argument("--descriptions", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    csv.field_size_limit(10**9)
    with open(args.occupations, newline="", encoding="utf-8") as file:
        found = [pair for row in csv.DictReader(file) for pair in pairs(row, args.descriptions, rng)]
    rng.shuffle(found)
    with open(args.out, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(pair) + "\n" for pair in found)
    print(f"{len(found)} pairs")


if __name__ == "__main__":
    main()
