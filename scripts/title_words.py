"""Makes the words of occupations' titles by which a headline is told from a name.

    python3 scripts/title_words.py occupations_en.csv > crates/ranker-core/data/title_words.txt

`occupations_en.csv` is ESCO's table of occupations (version 1.2, English). Needs no packages.
"""

import csv
import re
import sys

# Also first names: a candidate called so would be taken for a trade.
GIVEN = set(
    """bill christian crystal dean faith forest grace harry jack jade jordan joy larry lily mark may olive
    pat pearl ray rich rob rose ruby sky sue summer tom""".split()
)

csv.field_size_limit(10**9)
words = set()
with open(sys.argv[1], encoding="utf-8", newline="") as table:
    for row in csv.DictReader(table):
        for title in [row["preferredLabel"], *row["altLabels"].split("\n")]:
            words.update(re.findall(r"[a-z][a-z-]+[a-z]", title.lower()))
print("# Words of the English titles of ESCO 1.2: see NOTICE. Made by scripts/title_words.py.")
print("\n".join(sorted(words - GIVEN)))
