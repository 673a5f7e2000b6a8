#!/usr/bin/env python3
"""Pairs of texts to tune an encoder on, from the occupations of ESCO and, if wanted, of O*NET.

    title_pairs.py occupations_en.csv --out pairs.jsonl [--onet FOLDER] [--descriptions 0.5 | --whole]

Each title of an occupation is paired with another title of it, in a ring, and, with --descriptions, a
share of them also with the occupation's description, so that an encoder that learns what titles mean
keeps an eye on documents. With --whole each title is paired with all others of its occupation as one
document, for a cross-encoder, which must be trained on documents as it will find them. The group is the occupation: within it nothing counts as a wrong answer.
Titles are in lower case; the order is seeded. --onet adds O*NET's alternate titles. ESCO is the European
Commission's, O*NET the US Department of Labor's: acknowledge them.
"""

import argparse
import csv
import itertools
import json
import pathlib
import random


def esco(path):
    """Group, titles and description of each occupation."""
    csv.field_size_limit(10**9)
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            labels = [row["preferredLabel"], *(row["altLabels"] or "").split("\n")]
            yield row["conceptUri"].rsplit("/", 1)[1], labels, row["description"] or ""


def onet(folder):
    titles = {}
    for row in rows(pathlib.Path(folder) / "Alternate Titles.txt"):
        titles.setdefault(row["O*NET-SOC Code"], []).append(row["Alternate Title"])
    for row in rows(pathlib.Path(folder) / "Occupation Data.txt"):
        code = row["O*NET-SOC Code"]
        yield code, [row["Title"], *titles.get(code, [])], row["Description"]


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def pairs(occupation, share, rng):
    group, titles, description = occupation
    titles = list(dict.fromkeys(title.strip().lower() for title in titles if title.strip()))
    rng.shuffle(titles)
    description = " ".join(description.split())
    for query, positive in zip(titles, titles[1:] + titles[:1]):
        if query != positive:
            yield {"query": query, "positive": positive, "group": group}
        if description and rng.random() < share:
            yield {"query": query, "positive": description, "group": group}


def whole(occupation):
    group, titles, _ = occupation
    titles = list(dict.fromkeys(title.strip().lower() for title in titles if title.strip()))
    for query in titles:
        first, *others = [title for title in titles if title != query] or [""]
        if first:
            yield {"query": query, "positive": f"{first}\n{' ; '.join(others)}".strip(), "group": group}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("occupations")
    parser.add_argument("--out", required=True)
    parser.add_argument("--onet")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--descriptions", type=float, default=0.0)
    kind.add_argument("--whole", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    occupations = itertools.chain(esco(args.occupations), onet(args.onet) if args.onet else [])
    made = whole if args.whole else lambda occupation: pairs(occupation, args.descriptions, rng)
    found = [pair for occupation in occupations for pair in made(occupation)]
    rng.shuffle(found)
    with open(args.out, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(pair) + "\n" for pair in found)
    print(f"{len(found)} pairs")


if __name__ == "__main__":
    main()
