"""Writes crates/ranker-expand/data/onet.tsv from the text files of the O*NET 27.0 database.

    python3 scripts/expand_onet_table.py FOLDER > crates/ranker-expand/data/onet.tsv

FOLDER holds "Occupation Data.txt", "Alternate Titles.txt", "Sample of Reported Titles.txt" and
"Technology Skills.txt" (https://www.onetcenter.org/database.html, CC BY 4.0). The same input gives
the same bytes. What is changed on the way is listed in the NOTICE beside the table: keep it true.
"""

import collections
import csv
import math
import pathlib
import re
import sys

TITLES = 26  # titles kept for an occupation, its name aside
TOOLS = 3  # technologies kept for an occupation
OWNERS = 2  # a title of more occupations than this says too little
HEADS = 12  # a word that ends titles of more occupations than this ("Director") says too little alone
WORDS = 6  # a longer title is not how anyone writes it
COMMON = 0.15  # a technology of more than this share of occupations says too little
LISTED = 40  # an occupation that lists more than this has no telling ones
FAMILY = 2  # characters of the code that occupations of one family share
USUAL = 0.2  # a technology of a smaller share of its family is likely to be noise

# Categories and sites that the database lists among products.
NOT_A_PRODUCT = re.compile(
    r"^(database|web browser|spreadsheet|graphics|email|word processing|accounting|calendar|"
    r"social media sites?|shell script|inventory.*|medical condition coding|data analysis|"
    r"linkedin|youtube|facebook|instagram|twitter|google (docs|drive)|smugmug flickr|"
    r"swift|microsoft office|microsoft exchange|ibm notes|relational database management|"
    r"industrial control|computer aided manufacturing.*|.* systems?)$",
    re.IGNORECASE,
)
VENDORS = re.compile(
    r"^(Adobe Systems|The MathWorks|Qlik Tech|Trimble|Atlassian|Dassault Systemes|ESRI|Oracle|"
    r"Henry Schein|National Instruments|Google) "
    r"(?=Adobe|MATLAB|Simulink|QlikView|SketchUp|JIRA|Bamboo|Confluence|SolidWorks|CATIA|ArcGIS|"
    r"ArcView|Java\b|JavaScript|JavaServer|JDBC|PL/SQL|PeopleSoft|JD Edwards|Hyperion|Primavera|"
    r"Solaris|WebLogic|Taleo|Dentrix|LabVIEW|AngularJS)"
)


def rows(folder, name):
    with open(folder / f"{name}.txt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def by_code(table):
    grouped = collections.defaultdict(list)
    for row in table:
        grouped[row["O*NET-SOC Code"]].append(row)
    return grouped


def singular(title):
    """The title of one person: only the last word changes."""
    for ending, one in (("ies", "y"), ("wives", "wife"), ("men", "man"), ("sses", "ss"), ("ches", "ch"), ("s", "")):
        if title.endswith(ending) and not title.endswith("ss"):
            return title[: -len(ending)] + one
    return title


def is_plain(title):
    words = title.split()
    return len(words) <= WORDS and "," not in title and "--" not in title and "First-Line" not in title and len(title) <= 60


def spellings(title):
    """The long forms and the short forms that "Nurse Practitioner (NP)" holds."""
    found = re.fullmatch(r"(.+?) \((.+)\)", title)
    parts = [found[1], found[2]] if found else [title]
    short = [part for part in parts if re.fullmatch(r"[A-Z][A-Z&/-]{1,6}", part)]
    long = [part for part in parts if part not in short and "(" not in part and is_plain(part)]
    return long, short


def parts_of(official):
    """ "Accountants and Auditors" is Accountant, Auditor."""
    parts = re.split(r", and | and |, or | or |, | Except .*", official)
    return [singular(part) for part in parts if part and is_plain(part)]


def ranked_titles(occupation, reported, alternates):
    """All titles of one occupation, the ones people hold first; and how many of them people reported."""
    shown = [row["Reported Job Title"] for row in reported if row["Shown in My Next Move"] == "Y"]
    other = [row["Reported Job Title"] for row in reported if row["Shown in My Next Move"] != "Y"]
    rest = sorted(
        alternates,
        key=lambda row: (-len(row["Source(s)"].split(",")), len(row["Alternate Title"]), row["Alternate Title"]),
    )
    rest = [row["Alternate Title"] for row in rest]
    official, known = occupation["Title"], set(shown + other + rest)
    whole = is_plain(official) and " and " not in official
    head = [singular(official)] if whole else [part for part in parts_of(official) if part in known]
    if is_plain(official) and not whole:
        other.append(official)
    return head + shown + other + rest, len(head + shown + other)


def product(example):
    """A technology as people write it, or "" for a mere category."""
    name = re.sub(r" (software|system software)$", "", example)
    name = VENDORS.sub("", name)
    words = name.split()
    before, last = words[:-1], words[-1]
    if len(before) > 1 and re.fullmatch(r"[A-Z]{2,6}", last):
        proper = [word for word in before if word[0].isupper()]
        initials = "".join(word[0] for word in proper)
        if len(proper) == 1:
            name = last  # "Extensible markup language XML"
        elif initials.endswith(last):
            name = " ".join(before)  # "Visual Basic for Applications VBA"
    return "" if NOT_A_PRODUCT.match(name) or not is_plain(name) or "|" in name else name


def tools_of(technologies):
    """The most telling hot technologies of each occupation: those its family uses more than others do."""
    users = collections.defaultdict(set)
    family = collections.defaultdict(lambda: collections.defaultdict(set))
    for code, table in technologies.items():
        for row in table:
            name = product(row["Example"]) if row["Hot Technology"] == "Y" else ""
            if name:
                users[name].add(code)
                family[code[:FAMILY]][name].add(code)
    total = len(technologies)
    sizes = collections.Counter(code[:FAMILY] for code in technologies)

    def telling(code, name):
        here = len(family[code[:FAMILY]][name]) / sizes[code[:FAMILY]]
        return here * math.log(here * total / len(users[name]))

    chosen = {}
    for code in technologies:
        used = [name for name, codes in users.items() if code in codes and len(codes) <= COMMON * total]
        names = [name for name in used if len(family[code[:FAMILY]][name]) >= USUAL * sizes[code[:FAMILY]]]
        if len(names) > LISTED:
            names = []
        chosen[code] = sorted(names, key=lambda name: (-telling(code, name), -len(users[name]), name))[:TOOLS]
    return chosen


def main():
    folder = pathlib.Path(sys.argv[1])
    occupations = rows(folder, "Occupation Data")
    reported = by_code(rows(folder, "Sample of Reported Titles"))
    alternates = by_code(rows(folder, "Alternate Titles"))
    tools = tools_of(by_code(rows(folder, "Technology Skills")))

    titles = {}
    owners = collections.defaultdict(set)
    reporters = collections.defaultdict(set)
    for occupation in occupations:
        code = occupation["O*NET-SOC Code"]
        ranked, held = ranked_titles(occupation, reported[code], alternates[code])
        titles[code] = [(*spellings(title), at < held) for at, title in enumerate(ranked)]
        for long, short, is_held in titles[code]:
            for title in long + short:
                owners[title.lower()].add(code)
                if is_held:
                    reporters[title.lower()].add(code)

    officials = {singular(occupation["Title"]).lower() for occupation in occupations}
    ends = collections.defaultdict(set)
    for code, found in titles.items():
        for title in (title for long, _, _ in found for title in long if " " in title):
            ends[title.lower().split()[-1]].add(code)

    def belongs(title, code):
        """A title that people reported for some occupations is theirs, and no other's."""
        mine = reporters.get(title.lower()) or owners[title.lower()]
        word = title.lower()
        telling = " " in title or word in officials or (word in reporters and len(ends[word]) <= HEADS)
        return code in mine and len(mine) <= OWNERS and telling

    print("# Derived from the O*NET 27.0 Database (CC BY 4.0): see NOTICE. Made by scripts/expand_onet_table.py.")
    print("kind\tname\taliases\tshort\tcontext\trelated")
    for occupation in occupations:
        code = occupation["O*NET-SOC Code"]
        long, short, seen = [], [], set()
        for several, acronyms, _ in titles[code]:
            fresh = [title for title in several if title.lower() not in seen and belongs(title, code)]
            seen.update(title.lower() for title in fresh)
            long.extend(fresh[: TITLES + 1 - len(long)])
            if several and several[0] in long:
                short.extend(f"={acronym}" for acronym in acronyms if len(owners[acronym.lower()]) == 1)
        short = list(dict.fromkeys(short))
        if long:
            columns = ["occupation", long[0], "|".join(long[1:]), "|".join(short), "", "|".join(tools.get(code, []))]
            print("\t".join(columns).rstrip("\t"))


if __name__ == "__main__":
    main()
