#!/usr/bin/env python3
"""Made-up resumes and jobs whose truth is known, from the occupations of O*NET, in BEIR's form.

    judged_resumes.py ONET OUT [--resumes 5000] [--jobs 500] [--seed 0]

ONET holds O*NET's text files (onetcenter.org, CC BY 4.0). OUT/titles has the jobs' titles as queries; OUT/descriptions has
advertisements, and the same resumes without headlines and titles of positions. A grade is 3 where somebody works in the job's
occupation now and has the years asked in it, 2 with fewer years, 1 who left it.

Nothing that a job says of an occupation is said by a resume: titles, tasks and technologies of an occupation are dealt to
one of the two sides each, and of a job's tasks those are told that share the fewest words with the resumes'. A fifth of the resumes are traps: of an occupation that is not related to a job's, with those of
their tasks that share most words with the job, and the job's technologies. Words have errors, sections are in any order,
duties are told in other forms than tasks, and one resume in ten has its headings and its summary in German, French or Spanish
(the tasks are English: O*NET has no others). The same seed gives the same bytes.
"""

import argparse
import collections
import csv
import json
import math
import pathlib
import random
import re

NOTICE = """Made by judged_resumes.py (seed {seed}) from the O*NET 27.0 Database by the U.S. Department of Labor, Employment and
Training Administration (USDOL/ETA), used under the CC BY 4.0 license. O*NET(R) is a trademark of USDOL/ETA. Titles, tasks and
technologies were dealt, reworded and put together at random; USDOL/ETA has not approved, endorsed, or tested these texts.
"""
THIS_YEAR = 2026
HEADINGS = {
    "en": ["Summary", "Experience", "Skills", "Education", "Interests"],
    "de": ["Profil", "Berufserfahrung", "Kenntnisse", "Ausbildung", "Interessen"],
    "fr": ["Profil", "Expérience professionnelle", "Compétences", "Formation", "Loisirs"],
    "es": ["Perfil", "Experiencia laboral", "Conocimientos", "Formación", "Aficiones"],
}
SUMMARIES = {
    "en": [
        "Reliable professional with {years} years of experience who enjoys working with people.",
        "Detail-oriented and motivated, known for a calm manner under pressure.",
        "Dedicated team player with excellent communication and organizational skills.",
        "Seeking a position in which I can grow and contribute to the success of the company.",
    ],
    "de": ["Zuverlässig und belastbar, mit {years} Jahren Berufserfahrung und Freude an der Arbeit im Team."],
    "fr": ["Professionnel motivé, {years} ans d'expérience, à l'aise en équipe comme en autonomie."],
    "es": ["Profesional responsable con {years} años de experiencia y capacidad de trabajo en equipo."],
}
SOFT = ["Communication", "Time management", "Teamwork", "Customer service", "Problem solving", "Microsoft Office", "Leadership", "Multitasking"]
HOBBIES = ["hiking", "photography", "chess", "cooking", "soccer", "reading", "gardening", "volunteering at a shelter", "choir", "cycling"]
SCHOOLS = ["High School Diploma", "Associate of Arts", "Bachelor of Science", "Bachelor of Arts", "Master of Science", "Certificate of Completion"]
PLACES = ["Springfield", "Fairview", "Riverside", "Georgetown", "Salem", "Madison", "Clinton", "Franklin"]
EMPLOYERS = ["Company Name", "Northwind Group", "Harbor & Sons", "Blue Ridge Services", "City Department", "Lakeside Partners", "Summit Holdings"]
IRREGULAR = {
    "run": "ran", "write": "wrote", "make": "made", "keep": "kept", "teach": "taught", "lead": "led", "sell": "sold", "buy": "bought",
    "draw": "drew", "drive": "drove", "give": "gave", "take": "took", "read": "read", "set": "set", "cut": "cut", "feed": "fed",
    "hold": "held", "build": "built", "meet": "met", "send": "sent", "speak": "spoke", "choose": "chose", "oversee": "oversaw",
    "bring": "brought", "find": "found", "put": "put", "tell": "told", "grow": "grew", "lay": "laid", "bend": "bent", "wind": "wound",
    "grind": "ground", "sew": "sewed", "spread": "spread", "show": "showed", "understand": "understood", "undergo": "underwent",
    "plan": "planned", "ship": "shipped", "scan": "scanned", "stop": "stopped", "strip": "stripped", "trim": "trimmed", "wrap": "wrapped",
    "refer": "referred", "confer": "conferred", "transfer": "transferred", "submit": "submitted", "permit": "permitted", "control": "controlled",
    "map": "mapped", "program": "programmed", "fit": "fitted", "mop": "mopped", "shut": "shut", "split": "split", "hang": "hung",
}
WORD = re.compile(r"[a-z][a-z-]+")
STOP = set("and or the of to in for with by as on at from an such other using use that is are be their its including may not".split())


def rows(folder, name):
    with open(pathlib.Path(folder) / name, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def words(text):
    return {word for word in WORD.findall(text.lower()) if word not in STOP}


class Occupation:
    """What jobs say of an occupation (`job`) and what resumes say of it (`resume`): titles, tasks and technologies."""

    def __init__(self, code, title, description, titles, tasks, technologies, related, rng):
        self.code, self.title, self.description, self.related = code, title, description, related
        self.job, self.resume = {}, {}
        for kind, things in (("titles", titles), ("tasks", tasks), ("technologies", technologies)):
            things = sorted(things)
            rng.shuffle(things)
            half = len(things) // 2
            self.job[kind], self.resume[kind] = things[:half], things[half:]


def occupations(folder, rng):
    key = "O*NET-SOC Code"
    titles, tasks, technologies = (collections.defaultdict(set) for _ in range(3))
    of_title = collections.defaultdict(set)
    for name, column in (("Alternate Titles.txt", "Alternate Title"), ("Sample of Reported Titles.txt", "Reported Job Title")):
        for row in rows(folder, name):
            title = re.sub(r"\s*\(.*?\)", "", row[column]).strip()
            titles[row[key]].add(title)
            of_title[title.lower()].add(row[key])
    for row in rows(folder, "Task Statements.txt"):
        tasks[row[key]].add(row["Task"].strip())
    for row in rows(folder, "Technology Skills.txt"):
        technologies[row[key]].add(row["Example"].strip())
    related = collections.defaultdict(list)
    for row in rows(folder, "Related Occupations.txt"):
        related[row[key]].append((row["Relatedness Tier"], row["Related O*NET-SOC Code"]))
    found = {}
    for row in rows(folder, "Occupation Data.txt"):
        code = row[key]
        # What several occupations are called says little of any.
        own = {title for title in titles[code] if len(of_title[title.lower()]) <= 2}
        if len(tasks[code]) >= 12 and len(own) >= 8:
            args = (own, tasks[code], technologies[code], related[code])
            found[code] = Occupation(code, row["Title"], row["Description"], *args, rng)
    return found


def past(verb):
    low = verb.lower()
    if low in IRREGULAR:
        out = IRREGULAR[low]
    elif low.endswith("e"):
        out = low + "d"
    elif low.endswith("y") and low[-2:-1] not in "aeiou":
        out = low[:-1] + "ied"
    else:
        out = low + "ed"
    return out.capitalize() if verb[:1].isupper() else out


def duty(task, rng):
    """A task as a resume tells it: in the past, often shorter, at times after words that say nothing."""
    task = task.rstrip(".")
    # "Direct or coordinate", "Plan, direct, and oversee": the verbs at the beginning.
    verbs = re.match(r"^(?:[A-Z][a-z]+)(?:(?:, [a-z]+)*,? (?:and|or) [a-z]+(?= [a-z]))?", task)
    if verbs:
        head = re.sub(r"[A-Za-z]+", lambda m: m[0] if m[0] in ("and", "or") else past(m[0]), verbs[0])
        task = head + task[verbs.end():]
    cuts = [m.start() for m in re.finditer(r", | using | such as | to ensure | in order to ", task) if m.start() > 35]
    if cuts and rng.random() < 0.6:
        task = task[: rng.choice(cuts)]
    if rng.random() < 0.15:
        task = "Responsible for daily duties: " + task[0].lower() + task[1:]
    return task + rng.choice(["", "", ".", "."])


def misspelt(text, rng, share=0.012):
    """A letter dropped, doubled or changed for its neighbour in a share of the longer words."""
    def change(match):
        word = match[0]
        if rng.random() >= share:
            return word
        at = rng.randrange(1, len(word) - 1)
        return rng.choice([word[:at] + word[at + 1:], word[:at] + word[at] + word[at:], word[:at - 1] + word[at] + word[at - 1] + word[at + 1:]])
    return re.sub(r"[A-Za-z]{5,}", change, text)


def career(now, pool, rng, asked=None):
    """Positions from the newest: occupation, first year, last year. Most stay in a field; some came from elsewhere."""
    positions, year, current = [], THIS_YEAR, now
    for _ in range(rng.choice([1, 2, 2, 3, 3, 4])):
        length = rng.randint(1, 6)
        if asked and not positions and rng.random() < 0.5:
            length = max(length, asked)
        positions.append((current, year - length, year))
        year -= length
        chance = rng.random()
        near = [code for tier, code in current.related if tier == "Primary-Short" and code in pool]
        if chance < 0.45 or not near:
            pass
        elif chance < 0.8:
            current = pool[rng.choice(near)]
        else:
            current = pool[rng.choice(sorted(pool))]
    return positions


def resume(positions, rng, borrowed=None):
    """The resume as it is written, and without headline and titles of positions. `borrowed`: tasks and technologies of a trap."""
    language = rng.choice(["de", "fr", "es"]) if rng.random() < 0.1 else "en"
    heading = dict(zip(["summary", "experience", "skills", "education", "interests"], HEADINGS[language]))
    now = positions[0][0]
    years = THIS_YEAR - positions[-1][1]
    summary = " ".join(line.format(years=years) for line in rng.sample(SUMMARIES[language], min(2, len(SUMMARIES[language]))))
    sections = {"summary": [(summary, False)]}
    lines = []
    for at, (occupation, first, last) in enumerate(positions):
        title = rng.choice(occupation.resume["titles"])
        end = ("Current" if rng.random() < 0.5 else "Present") if last == THIS_YEAR else str(last)
        lines.append((f"{title} {first} - {end}", True))
        lines.append((f"{rng.choice(EMPLOYERS)}, {rng.choice(PLACES)}", False))
        tasks = list(occupation.resume["tasks"])
        if at == 0 and borrowed:
            tasks = borrowed[0]
        chosen = rng.sample(tasks, min(len(tasks), rng.randint(3, 7)))
        lines.extend((rng.choice(["- ", " ", "• "]) + duty(task, rng), False) for task in chosen)
    sections["experience"] = lines
    technologies = now.resume["technologies"]
    skills = rng.sample(technologies, min(len(technologies), rng.randint(2, 6))) + rng.sample(SOFT, rng.randint(1, 4))
    if borrowed:
        skills = borrowed[1] + skills
    rng.shuffle(skills)
    sections["skills"] = [(", ".join(skills), False)]
    sections["education"] = [(f"{rng.choice(SCHOOLS)}, {rng.choice(PLACES)} College, {positions[-1][1]}", False)]
    if rng.random() < 0.3:
        sections["interests"] = [(", ".join(rng.sample(HOBBIES, 3)), False)]
    order = list(sections)
    if rng.random() < 0.5:
        rng.shuffle(order)
    headline = rng.choice(now.resume["titles"])
    headline = headline.upper() if rng.random() < 0.3 else headline
    all_lines = [(headline, True)] if rng.random() < 0.75 else []
    for name in order:
        all_lines.append((heading[name].upper() if rng.random() < 0.3 else heading[name], False))
        all_lines.extend(sections[name])
    # Errors first: both forms have the same.
    all_lines = [(misspelt(line, rng), title) for line, title in all_lines]
    return "\n".join(line for line, _ in all_lines), "\n".join(line for line, title in all_lines if not title)


def advertisement(occupation, title, asked, rng):
    told = words(" ".join(occupation.resume["tasks"]))
    shared = lambda task: len(words(task) & told) / len(words(task))
    # People seldom tell what they did in the words of the next advertisement.
    tasks = sorted(occupation.job["tasks"], key=lambda task: (shared(task), task))[:5]
    rng.shuffle(tasks)
    technologies = rng.sample(occupation.job["technologies"], min(5, len(occupation.job["technologies"])))
    parts = [title, f"{rng.choice(EMPLOYERS[1:])} in {rng.choice(PLACES)} is hiring.", "", "What you will do", *("- " + task for task in tasks)]
    parts += ["", "What you bring", f"- At least {asked} years of experience in the field"]
    parts += [f"- {technology}" for technology in technologies] + [f"- {rng.choice(SOFT)}"]
    return "\n".join(parts)


def trap(job_text, technologies, pool, taken, idf, rng):
    """An occupation that is not the job's nor related to it, and its tasks that share most words with the job."""
    wanted = words(job_text)
    weight = lambda text: sum(idf[word] for word in words(text) & wanted)
    best = max((occupation for code, occupation in sorted(pool.items()) if code not in taken and rng.random() < 0.5),
               key=lambda occupation: sum(sorted(map(weight, occupation.resume["tasks"]))[-5:]))
    tasks = sorted(best.resume["tasks"], key=lambda task: (-weight(task), task))[:6]
    return best, (tasks, technologies[:3])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("onet", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--resumes", type=int, default=5000)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    pool = occupations(args.onet, rng)
    if args.jobs > len(pool) or args.resumes < 4 * args.jobs:
        parser.error(f"at most {len(pool)} jobs, and four resumes a job at least")

    documents = collections.Counter(word for o in pool.values() for word in words(" ".join(o.resume["tasks"])))
    idf = collections.defaultdict(lambda: math.log(1 + len(pool)))
    idf.update((word, math.log(1 + len(pool) / count)) for word, count in documents.items())

    jobs, people = [], []
    for code in rng.sample(sorted(pool), args.jobs):
        occupation, asked = pool[code], rng.randint(2, 8)
        title = rng.choice(occupation.job["titles"])
        jobs.append((f"j{len(jobs):03}", code, title, asked, advertisement(occupation, title, asked, rng)))
    for _, code, _, asked, text in jobs:
        for _ in range(rng.randint(1, 6)):
            people.append((career(pool[code], pool, rng, asked), None))
        taken = {code, *(related for _, related in pool[code].related)}
        for _ in range(2):
            other, borrowed = trap(text, pool[code].job["technologies"], pool, taken, idf, rng)
            people.append((career(other, pool, rng), borrowed))
    while len(people) < args.resumes:
        people.append((career(pool[rng.choice(sorted(pool))], pool, rng), None))
    rng.shuffle(people)
    people = people[: args.resumes]

    written = [(f"r{at:05}", positions, *resume(positions, rng, borrowed)) for at, (positions, borrowed) in enumerate(people)]
    grades = []
    for job, code, _, asked, _ in jobs:
        for person, positions, _, _ in written:
            spent = sum(last - first for occupation, first, last in positions if occupation.code == code)
            if spent:
                now = positions[0][0].code == code
                grades.append((job, person, (3 if spent >= asked else 2) if now else 1))
    for name, query, text in (("titles", 2, 2), ("descriptions", 4, 3)):
        folder = args.out / name
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "corpus.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps({"_id": row[0], "title": "", "text": row[text]}, ensure_ascii=False) + "\n" for row in written)
        with open(folder / "queries.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps({"_id": row[0], "text": row[query]}, ensure_ascii=False) + "\n" for row in jobs)
        with open(folder / "qrels.tsv", "w", encoding="utf-8") as file:
            file.write("query-id\tcorpus-id\tscore\n")
            file.writelines(f"{job}\t{person}\t{grade}\n" for job, person, grade in grades)
        (folder / "NOTICE").write_text(NOTICE.format(seed=args.seed))
    count = collections.Counter(grade for _, _, grade in grades)
    print(f"{len(jobs)} jobs, {len(written)} resumes, {len(grades)} grades ({dict(sorted(count.items()))})")


if __name__ == "__main__":
    main()
