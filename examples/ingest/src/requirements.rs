//! Verdicts on requirements, from the bundled people's texts alone, against what is known of them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;

use ranker_core::{Asked, Assessor, JobDescription, Profile, Verdict, word_key};
use ranker_expand::Taxonomy;
use ranker_ingest::FactFinder;
use serde::Deserialize;

use crate::facts::{Person, finder, names, people};
use crate::{Outcome, print, table, workspace};

#[derive(Deserialize)]
struct Job {
    id: String,
    title: String,
    text: String,
    facts: JobFacts,
}

#[derive(Deserialize)]
struct JobFacts {
    min_years: f64,
}

/// Verdicts "met", pairs where it is so, and both.
#[derive(Default)]
pub(crate) struct Counts {
    pairs: usize,
    met: usize,
    so: usize,
    both: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, verdict: Verdict, so: bool) {
        let met = verdict == Verdict::Met;
        self.pairs += 1;
        self.met += usize::from(met);
        self.so += usize::from(so);
        self.both += usize::from(met && so);
    }

    fn merge(&mut self, other: &Self) {
        self.pairs += other.pairs;
        self.met += other.met;
        self.so += other.so;
        self.both += other.both;
    }

    pub(crate) fn row(&self, kind: &str, is_judged: bool) {
        let share = |of: usize| format!("{:.3}", self.both as f64 / of.max(1) as f64);
        let precision = if is_judged {
            share(self.met)
        } else {
            String::new()
        };
        let [pairs, met, so] = [self.pairs, self.met, self.so].map(|count| count.to_string());
        table::row(&[kind, &pairs, &met, &so, &precision, &share(self.so)]);
    }
}

/// Prints precision and recall of the verdict "met".
///
/// Years: each bundled job with each person; so it is where someone has the years and is graded for the job, since
/// years in another trade do not count. Degrees, languages and skills: a job of one line for each that is known
/// of somebody. Of skills only some are known, so a verdict that is not among them is not judged.
pub(crate) fn measure() -> Outcome {
    let people = people()?;
    let taxonomy = Taxonomy::acronyms_and_skills();
    let finder = finder(&taxonomy)?;
    let profiles = people.iter().map(|person| {
        Ok(Profile::new(person.id.as_str(), person.text.as_str())?
            .with_title(person.title.as_str()))
    });
    let profiles: Vec<Profile> = profiles.collect::<Outcome<_>>()?;
    let profiles: Vec<&Profile> = profiles.iter().collect();
    let pool = Pool {
        finder: &finder,
        people: &people,
        profiles: &profiles,
    };
    let (years, read, jobs) = of_years(&pool)?;
    print(&format!(
        "years asked: read right in {read} of {jobs} jobs\n"
    ));
    table::header(
        &["requirement", "pairs", "met", "so", "precision", "recall"],
        1,
    );
    years.row("years in the trade", true);
    let degrees = [
        ("bachelor", "Bachelor's degree"),
        ("master", "Master's degree"),
        ("doctorate", "Doctorate"),
    ];
    for (degree, line) in degrees {
        pool.one(line, |person| {
            height(&person.facts.education) >= height(degree)
        })?
        .row(line, true);
    }
    let spoken: BTreeSet<&String> = people.iter().flat_map(|p| &p.facts.languages).collect();
    let mut languages = Counts::default();
    for language in spoken {
        let line = format!("Fluent {language}");
        languages.merge(&pool.one(&line, |person| person.facts.languages.contains(language))?);
    }
    languages.row("languages", true);
    skills(&pool, &names(&taxonomy))?.row("skills", false);
    Ok(())
}

struct Pool<'a> {
    finder: &'a FactFinder,
    people: &'a [Person],
    profiles: &'a [&'a Profile],
}

impl Pool<'_> {
    /// The verdicts of everybody on a job that asks for one thing.
    fn one(&self, line: &str, so: impl Fn(&Person) -> bool) -> Outcome<Counts> {
        let job = JobDescription::new(format!("Requirements\n- {line}"))?;
        let mut counts = Counts::default();
        let assessed = self.finder.assess(&job, self.profiles)?;
        for (person, assessments) in self.people.iter().zip(assessed) {
            let verdict = assessments
                .first()
                .map_or(Verdict::NotSaid, |first| first.verdict);
            counts.add(verdict, so(person));
        }
        Ok(counts)
    }
}

/// Verdicts on the years that the bundled jobs ask; in how many of how many jobs they were read right.
fn of_years(pool: &Pool<'_>) -> Outcome<(Counts, usize, usize)> {
    let folder = workspace().join("data/bundled");
    let jobs = fs::read_to_string(folder.join("jobs.jsonl"))?;
    let jobs: Vec<Job> = jobs
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let judged = fs::read_to_string(folder.join("qrels.tsv"))?;
    let graded = |line: &str| {
        let mut cells = line.split('\t');
        let pair = (cells.next()?.to_owned(), cells.next()?.to_owned());
        let grade: u8 = cells.next()?.parse().ok()?;
        (grade > 0).then_some(pair)
    };
    let graded: HashSet<(String, String)> = judged.lines().filter_map(graded).collect();
    let (mut counts, mut read) = (Counts::default(), 0);
    for job in &jobs {
        let asked = JobDescription::new(job.text.as_str())?.with_title(job.title.as_str());
        let assessed = pool.finder.assess(&asked, pool.profiles)?;
        for (person, assessments) in pool.people.iter().zip(assessed) {
            let years = assessments
                .iter()
                .find(|found| matches!(found.requirement.asked, Asked::Years(_)));
            let verdict = years.map_or(Verdict::NotSaid, |found| found.verdict);
            let related = graded.contains(&(job.id.clone(), person.id.clone()));
            let enough = person.facts.years_experience >= job.facts.min_years;
            counts.add(verdict, related && enough);
        }
        let right = Asked::Years(job.facts.min_years);
        let requirements = pool.finder.requirements(&asked);
        read += usize::from(requirements.iter().any(|found| found.asked == right));
    }
    Ok((counts, read, jobs.len()))
}

/// Verdicts on each skill that the taxonomy has and that is known of somebody.
fn skills(pool: &Pool<'_>, names: &HashMap<String, String>) -> Outcome<Counts> {
    let named = |person: &Person| -> BTreeSet<String> {
        let skills = person.facts.skills.iter();
        skills
            .filter_map(|skill| names.get(skill).cloned())
            .collect()
    };
    let known: BTreeSet<String> = pool.people.iter().flat_map(named).collect();
    let mut counts = Counts::default();
    for skill in &known {
        let key = |text: &str| word_key(text).into_owned();
        let asks = |asked: &Asked| match asked {
            Asked::Skills(names) => names
                .iter()
                .any(|name| key(&name.to_lowercase()) == key(skill)),
            _ => false,
        };
        let job = JobDescription::new(format!("Requirements\n- {skill}"))?;
        if pool
            .finder
            .requirements(&job)
            .iter()
            .any(|found| asks(&found.asked))
        {
            counts.merge(&pool.one(skill, |person| named(person).contains(skill))?);
        }
    }
    Ok(counts)
}

/// How high a degree is.
pub(crate) fn height(degree: &str) -> Option<usize> {
    let degrees = [
        "secondary",
        "vocational",
        "associate",
        "bachelor",
        "master",
        "doctorate",
    ];
    degrees.iter().position(|known| *known == degree)
}
