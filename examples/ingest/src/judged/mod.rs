//! Verdicts on real resumes, against the judgement of one who has read job and resume.

mod judgement;
mod pairs;

use std::collections::BTreeSet;
use std::path::Path;

use ranker_core::{Asked, Assessment, Assessor, JobDescription, Profile, Verdict};
use ranker_expand::Taxonomy;
use ranker_ingest::FactFinder;

use crate::facts::finder;
use crate::requirements::{Counts, height};
use crate::{Outcome, print, table};
use judgement::{JobAsks, Judgement, ResumeHas};
pub(crate) use pairs::Set;
use pairs::{Pair, pairs};

/// Degrees, and the line of a job that asks for each.
const DEGREES: [(&str, &str); 3] = [
    ("bachelor", "Bachelor's degree"),
    ("master", "Master's degree"),
    ("doctorate", "Doctorate"),
];

/// Prints what the job of each pair was read into, and the verdicts with reasons and passages.
pub(crate) fn show(folder: &Path, set: Set) -> Outcome {
    let finder = finder(&Taxonomy::acronyms_and_skills())?;
    for pair in pairs(folder)?.iter().filter(|pair| pair.set == set) {
        let chosen = match pair.graded {
            true => "graded for its trade",
            false => "by its place",
        };
        print(&format!(
            "{} with {}, {chosen}",
            pair.job_id,
            pair.resume.id()
        ));
        let mut found = assess(&finder, &pair.job, &pair.resume)?;
        for line in ["Bachelor's degree", "Fluent English"] {
            found.extend(asked_alone(&finder, line, &pair.resume)?);
        }
        for found in found {
            let passage = found.passage.clone().map(|at| &pair.resume.text()[at]);
            let passage = passage.unwrap_or_default().replace('\n', " ");
            print(&format!("  {found} ({passage:?}, {})", found.confidence));
        }
    }
    Ok(())
}

/// Prints precision and recall of what was read of the jobs, and of the verdict "met".
///
/// Degrees and languages, which these jobs do not ask for, are asked of each resume by jobs of one line: each of the
/// degrees, and each language that one of the resumes has.
pub(crate) fn measure(folder: &Path) -> Outcome {
    let finder = finder(&Taxonomy::acronyms_and_skills())?;
    let judgement = Judgement::read()?;
    let pairs = pairs(folder)?;
    for (set, name) in [
        (Set::Development, "development"),
        (Set::HeldOut, "held out"),
    ] {
        let of_set = pairs.iter().filter(|pair| pair.set == set);
        let judged = of_set.filter_map(|pair| {
            let asks = judgement.job(&pair.job_id)?;
            Some((pair, asks, judgement.resume(pair.resume.id().as_str())?))
        });
        let judged: Vec<Judged<'_>> = judged.collect();
        print(&format!("{name}: {} pairs\n", judged.len()));
        let counted = Counted::of(&finder, &judged)?;
        counted.print();
    }
    Ok(())
}

type Judged<'a> = (&'a Pair, &'a JobAsks, &'a ResumeHas);

/// The counts of a set.
#[derive(Default)]
struct Counted {
    years_read: Read,
    skills_read: Read,
    years: Counts,
    degrees: Counts,
    languages: Counts,
    skills: Counts,
}

/// Requirements read of jobs, asked, and both.
#[derive(Default)]
struct Read {
    read: usize,
    asked: usize,
    right: usize,
}

impl Counted {
    fn of(finder: &FactFinder, judged: &[Judged<'_>]) -> Outcome<Self> {
        let mut counted = Self::default();
        let mut jobs = BTreeSet::new();
        let spoken: BTreeSet<&String> = judged
            .iter()
            .flat_map(|(_, _, has)| &has.languages)
            .collect();
        for (pair, asks, has) in judged {
            let found = assess(finder, &pair.job, &pair.resume)?;
            if jobs.insert(&pair.job_id) {
                counted.read(&found, asks);
            }
            counted.verdicts(&found, asks, has);
            if let Some(degree) = &has.degree {
                for (asked, line) in DEGREES {
                    let verdict = first(&asked_alone(finder, line, &pair.resume)?);
                    counted
                        .degrees
                        .add(verdict, height(degree) >= height(asked));
                }
            }
            for language in &spoken {
                let verdict = first(&asked_alone(
                    finder,
                    &format!("Fluent {language}"),
                    &pair.resume,
                )?);
                counted
                    .languages
                    .add(verdict, has.languages.contains(*language));
            }
        }
        Ok(counted)
    }

    /// Counts what was read of a job.
    fn read(&mut self, found: &[Assessment], asks: &JobAsks) {
        for found in found {
            match &found.requirement.asked {
                Asked::Years(years) => {
                    self.years_read.read += 1;
                    self.years_read.right += usize::from(asks.years == Some(*years));
                }
                Asked::Skills(_) => {
                    self.skills_read.read += 1;
                    let is_asked = asks.skills.iter().any(|names| is_one_of(found, names));
                    self.skills_read.right += usize::from(is_asked);
                }
                _ => {}
            }
        }
        self.years_read.asked += usize::from(asks.years.is_some());
        self.skills_read.asked += asks.skills.len();
    }

    /// Counts the verdicts on what a job asks; what was not read has none.
    fn verdicts(&mut self, found: &[Assessment], asks: &JobAsks, has: &ResumeHas) {
        if let (Some(years), Some(so)) = (asks.years, has.years) {
            let mut of_years = found.iter();
            let of_years = of_years.find(|found| found.requirement.asked == Asked::Years(years));
            self.years.add(verdict(of_years), so);
        }
        for names in &asks.skills {
            let of_skill = found.iter().find(|found| is_one_of(found, names));
            self.skills
                .add(verdict(of_skill), !names.is_disjoint(&has.skills));
        }
    }

    fn print(&self) {
        table::header(
            &["asked in jobs", "read", "asked", "precision", "recall"],
            1,
        );
        for (kind, read) in [
            ("years", &self.years_read),
            ("skills by name", &self.skills_read),
        ] {
            let share = |of: usize| format!("{:.3}", read.right as f64 / of.max(1) as f64);
            let [found, asked] = [read.read, read.asked].map(|count| count.to_string());
            table::row(&[kind, &found, &asked, &share(read.read), &share(read.asked)]);
        }
        print("");
        table::header(
            &[
                "requirement",
                "verdicts",
                "met",
                "so",
                "precision",
                "recall",
            ],
            1,
        );
        self.years.row("years in the trade", true);
        self.degrees.row("degrees", true);
        self.languages.row("languages", true);
        self.skills.row("skills by name", true);
        print("");
    }
}

/// Whether a requirement asks for one of these skills.
fn is_one_of(found: &Assessment, names: &BTreeSet<String>) -> bool {
    match &found.requirement.asked {
        Asked::Skills(asked) => asked
            .iter()
            .any(|name| names.contains(&name.to_lowercase())),
        _ => false,
    }
}

fn assess(finder: &FactFinder, job: &JobDescription, resume: &Profile) -> Outcome<Vec<Assessment>> {
    Ok(finder.assess(job, &[resume])?.remove(0))
}

/// The verdicts on a resume of a job that asks for one thing.
fn asked_alone(finder: &FactFinder, line: &str, resume: &Profile) -> Outcome<Vec<Assessment>> {
    let job = JobDescription::new(format!("Requirements\n- {line}"))?;
    assess(finder, &job, resume)
}

fn first(found: &[Assessment]) -> Verdict {
    verdict(found.first())
}

fn verdict(found: Option<&Assessment>) -> Verdict {
    found.map_or(Verdict::NotSaid, |found| found.verdict)
}
