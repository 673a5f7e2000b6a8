#!/usr/bin/env python3
"""Lists to train a cross-encoder on: jobs and made-up resumes, from the occupations of ESCO.

    cross_pairs.py occupations_en.csv --out lists.jsonl [--lists 20000] [--seed 1]

A cross-encoder must be trained on texts as it will find them. A job is a title alone, or a title and half of what ESCO says of
the occupation; a resume has headline, positions, duties out of the other half, and phrases that say nothing; half of those for
jobs with descriptions have no titles. The two sides never share a title or a sentence. `finetune --mine` finds the wrong
answers; the group is the occupation. ESCO is the European Commission's: acknowledge it.
"""

import argparse
import csv
import json
import random
import re

PHRASES = [
    "Reliable professional with {years} years of experience who enjoys working with people.",
    "Detail-oriented and motivated, known for a calm manner under pressure.",
    "Dedicated team player with excellent communication and organizational skills.",
    "Seeking a position in which I can grow and contribute to the success of the company.",
    "Highly motivated, able to work independently and to meet deadlines.",
]
HEADINGS = {
    "summary": ["Summary", "Professional Summary", "Profile", "Executive Profile", "Career Overview"],
    "experience": ["Experience", "Work History", "Work Experience", "Professional Experience", "Employment"],
    "skills": ["Skills", "Highlights", "Core Qualifications", "Areas of Expertise"],
    "education": ["Education", "Education and Training"],
}
SOFT = ["communication", "time management", "teamwork", "customer service", "problem solving", "Microsoft Office", "leadership", "multitasking", "Excel"]
SCHOOLS = ["High School Diploma", "Associate of Arts", "Bachelor of Science", "Bachelor of Arts", "Master of Science"]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Occupation:
    def __init__(self, row, rng):
        labels = [row["preferredLabel"], *(row["altLabels"] or "").split("\n")]
        labels = list(dict.fromkeys(label.strip() for label in labels if label.strip()))
        text = " ".join((row["description"] or "").split())
        sentences = re.split(r"(?<=[.!?]) (?=[A-Z])", text)
        rng.shuffle(labels)
        rng.shuffle(sentences)
        self.group = row["conceptUri"].rsplit("/", 1)[1]
        self.field = row["iscoGroup"][:2]
        self.asked, self.written = labels[::2], labels[1::2]
        self.wanted, self.done = sentences[::2], [duty(sentence, labels) for sentence in sentences[1::2]]


def duty(sentence, labels):
    """A sentence about people of an occupation, without whom it is about: as a resume tells it."""
    kept = re.sub(r"^(They|These \w+|[A-Z][\w/-]*(?: [\w/-]+){0,4}?s) (?:also |may |can |are responsible for )?(?=[a-z]+)", "", sentence)
    return kept[:1].upper() + kept[1:]


def cased(title, rng):
    return rng.choice([title, title.title(), title.title(), title.upper()])


def resume(positions, rng, titles):
    year, lines = 2026, []
    for at, occupation in enumerate(positions):
        first = year - rng.randint(1, 6)
        last = "Current" if at == 0 else f"{rng.choice(MONTHS)} {year}"
        title = cased(rng.choice(occupation.written), rng) if titles else ""
        lines += [f"{title} {rng.choice(MONTHS)} {first} - {last}".strip(), "Company Name City, State"]
        lines += [rng.choice(["", "- ", " "]) + one for one in rng.sample(occupation.done, min(len(occupation.done), 3))]
        year = first
    summary = [line.format(years=2026 - year) for line in rng.sample(PHRASES, rng.randint(1, 2))]
    now = positions[0]
    if rng.random() < 0.4 and now.done:
        summary.append(rng.choice(now.done))
    sections = {
        "summary": [" ".join(summary)],
        "experience": lines,
        "skills": [", ".join(rng.sample(SOFT, 4))],
        "education": [f"{rng.choice(SCHOOLS)} {year} College City, State"],
    }
    order = list(sections)
    if rng.random() < 0.4:
        rng.shuffle(order)
    out = [cased(rng.choice(now.written), rng)] if titles and rng.random() < 0.8 else []
    for name in order:
        if name == "skills" and rng.random() < 0.5:
            continue
        out += [rng.choice(HEADINGS[name]), *sections[name]]
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("occupations")
    parser.add_argument("--out", required=True)
    parser.add_argument("--lists", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    csv.field_size_limit(10**9)
    with open(args.occupations, newline="", encoding="utf-8") as file:
        pool = [Occupation(row, rng) for row in csv.DictReader(file)]
    pool = [one for one in pool if one.asked and one.written and one.wanted and one.done]
    fields = {}
    for one in pool:
        fields.setdefault(one.field, []).append(one)
    with open(args.out, "w", encoding="utf-8") as file:
        for _ in range(args.lists):
            now = rng.choice(pool)
            positions = [now]
            for _ in range(rng.randint(0, 2)):
                positions.append(rng.choice([now, rng.choice(fields[now.field]), rng.choice(pool)]))
            described = rng.random() < 0.5
            query = cased(rng.choice(now.asked), rng)
            if described:
                query = f"{query}. {' '.join(now.wanted)}"
            text = resume(positions, rng, titles=not (described and rng.random() < 0.5))
            file.write(json.dumps({"query": query, "positive": text, "group": now.group}) + "\n")
    print(f"{args.lists} lists of {len(pool)} occupations")


if __name__ == "__main__":
    main()
