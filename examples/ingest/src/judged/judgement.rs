//! What one reader judged.

use std::collections::{BTreeMap, BTreeSet};

use crate::Outcome;

/// What the jobs ask, and what the resumes have: the first lines say what the columns are.
const ASKED: &str = include_str!("asked.tsv");
const HELD: &str = include_str!("held.tsv");

/// What a job asks.
pub(crate) struct JobAsks {
    /// Years of work.
    pub(crate) years: Option<f64>,
    /// Skills by name: of each set one will do.
    pub(crate) skills: Vec<BTreeSet<String>>,
}

/// What a resume has of what its job asks, and what is asked of it alone.
pub(crate) struct ResumeHas {
    /// The years, in the job's trade; `None` where the job asks for none.
    pub(crate) years: Option<bool>,
    /// Its highest degree; `None` where the text leaves open what was completed, and empty where it names none.
    pub(crate) degree: Option<String>,
    /// Languages that it says are spoken.
    pub(crate) languages: BTreeSet<String>,
    /// Those of the skills asked for that it has.
    pub(crate) skills: BTreeSet<String>,
}

pub(crate) struct Judgement {
    jobs: BTreeMap<String, JobAsks>,
    resumes: BTreeMap<String, ResumeHas>,
}

impl Judgement {
    pub(crate) fn read() -> Outcome<Self> {
        let jobs = rows(ASKED).map(|row| {
            let [job, years, skills] = columns(row)?;
            let years = (years != "-").then(|| years.parse()).transpose()?;
            let skills = list(skills, ';');
            let skills = skills.iter().map(|names| list(names, '|')).collect();
            Ok((job.to_owned(), JobAsks { years, skills }))
        });
        let resumes = rows(HELD).map(|row| {
            let [resume, years, degree, languages, skills] = columns(row)?;
            let has = ResumeHas {
                years: (years != "-").then_some(years == "yes"),
                degree: (degree != "?").then(|| degree.replace('-', "")),
                languages: list(languages, ';'),
                skills: list(skills, ';'),
            };
            Ok((resume.to_owned(), has))
        });
        Ok(Self {
            jobs: jobs.collect::<Outcome<_>>()?,
            resumes: resumes.collect::<Outcome<_>>()?,
        })
    }

    pub(crate) fn job(&self, id: &str) -> Option<&JobAsks> {
        self.jobs.get(id)
    }

    pub(crate) fn resume(&self, id: &str) -> Option<&ResumeHas> {
        self.resumes.get(id)
    }
}

fn rows(file: &str) -> impl Iterator<Item = &str> {
    let is_row = |line: &&str| !line.starts_with('#') && !line.is_empty();
    file.lines().filter(is_row)
}

fn columns<const N: usize>(row: &str) -> Outcome<[&str; N]> {
    let columns: Vec<&str> = row.split('\t').collect();
    let columns = columns.try_into();
    columns.map_err(|_| format!("a judgement has {N} columns: {row}").into())
}

/// The names of a list, in lower case; "-" has none.
fn list(cell: &str, between: char) -> BTreeSet<String> {
    let names = cell.split(between).map(|name| name.trim().to_lowercase());
    names
        .filter(|name| !name.is_empty() && name != "-")
        .collect()
}
