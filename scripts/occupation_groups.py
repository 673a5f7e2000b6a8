#!/usr/bin/env python3
"""The unit groups of ISCO-08 and the texts of ESCO that describe each, a line of JSON a group.

    occupation_groups.py occupations_en.csv ISCOGroups_en.csv --out groups.jsonl

An occupation gives two texts: its preferred label, and label and description. The example `occupations` embeds them.
ESCO is the European Commission's, ISCO the International Labour Organization's: acknowledge them.
"""

import argparse
import collections
import csv
import json


def rows(path):
    csv.field_size_limit(10**9)
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("occupations")
    arguments.add_argument("groups")
    arguments.add_argument("--out", required=True)
    given = arguments.parse_args()
    labels = {row["code"]: row["preferredLabel"] for row in rows(given.groups)}
    texts = collections.defaultdict(list)
    for row in rows(given.occupations):
        label = row["preferredLabel"]
        texts[row["iscoGroup"]] += [label, f"{label}\n{row['description']}"]
    with open(given.out, "w", encoding="utf-8") as out:
        for code in sorted(texts):
            line = {"name": f"{code} {labels[code]}", "texts": texts[code]}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


main()
