//! A career: jobs with dates that do not overlap, and lines that say what was done in each.

use super::{
    catalog::{Catalog, CatalogError, Level, Occupation, Skill},
    draw::Draw,
    duties,
    kind::{Cast, Part},
    onet::{Tables, Task},
    path::Stage,
    template::expand,
    title::title_of,
    voice::{Tense, Verbs},
};

/// June 2025, in months: the bundle does not depend on the day it is made.
pub(crate) const NOW: usize = 2025 * 12 + 5;
const FEWEST_TASKS: usize = 5;
/// Lines kept back in case a resume comes out short.
const SPARE: usize = 5;
/// Lines of a decoy that use the words of the job.
const DECOY_LINES: usize = 1;

/// One job, dated in months since year 0.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) title: String,
    pub(crate) employer: String,
    pub(crate) start: usize,
    /// `None` while the job is held.
    pub(crate) end: Option<usize>,
    pub(crate) bullets: Vec<String>,
}

/// Jobs, latest first.
pub(crate) struct Career<'a> {
    pub(crate) jobs: Vec<Job>,
    pub(crate) skills: Vec<&'a Skill>,
    /// Further lines for the latest job, should the resume come out short.
    pub(crate) spare: Vec<String>,
}

impl Career<'_> {
    /// Whole years worked, over all jobs.
    pub(crate) fn years(&self) -> usize {
        self.jobs
            .iter()
            .map(|job| job.end.unwrap_or(NOW) + 1 - job.start)
            .sum::<usize>()
            / 12
    }
}

/// What a career is made from.
pub(crate) struct Source<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) tables: &'a Tables,
    pub(crate) verbs: Verbs,
}

/// What was used so far, so that nothing is said twice.
#[derive(Default)]
struct Notes {
    /// Lines that prove skills, not yet used.
    proofs: Vec<String>,
    used: Vec<u32>,
    titles: Vec<String>,
    employers: Vec<String>,
    /// Whether the job still held is told in the present tense.
    present: bool,
}

impl Notes {
    fn tense(&self, stage: &Stage) -> Tense {
        if stage.end.is_none() && self.present {
            Tense::Present
        } else {
            Tense::Past
        }
    }
}

impl<'a> Source<'a> {
    /// Makes the career of one person.
    pub(crate) fn career(
        &self,
        person: &Cast<'a>,
        draw: &mut Draw,
    ) -> Result<Career<'a>, CatalogError> {
        let stages = self.stages(person, draw);
        let skills = skills_of(person, draw);
        let mut notes = Notes {
            proofs: proofs_of(person, &skills, draw),
            present: draw.percent(50),
            ..Notes::default()
        };
        let mut jobs = Vec::new();
        for index in 0..stages.len() {
            jobs.push(self.job(person, (&stages, index), &mut notes, draw)?);
        }
        let spare = self.tasks(&stages[0], SPARE, &mut notes, draw)?;
        Ok(Career {
            jobs,
            skills,
            spare,
        })
    }

    fn job(
        &self,
        person: &Cast<'a>,
        (stages, index): (&[Stage<'a>], usize),
        notes: &mut Notes,
        draw: &mut Draw,
    ) -> Result<Job, CatalogError> {
        let stage = &stages[index];
        let own = stage.occupation.code == person.occ;
        let level = if index == 0 {
            person.level
        } else {
            stage.level
        };
        let title = title_of(
            person,
            (stage.occupation, level, index),
            &notes.titles,
            draw,
        );
        notes.titles.push(title.clone());
        let most = if own { [3, 2, 1][index.min(2)] } else { 0 };
        let lines: Vec<String> = notes.proofs.drain(..most.min(notes.proofs.len())).collect();
        let mut bullets = Vec::new();
        for line in lines {
            let line = if level == Level::Junior {
                modest(&line, draw)
            } else {
                line
            };
            bullets.push(self.proof(person, &line, notes.tense(stage))?);
        }
        let wanted = draw.between(3, 4) + usize::from(stages.len() == 1) * 2;
        let needed = wanted
            .saturating_sub(bullets.len())
            .max(1 + usize::from(index == 0));
        bullets.extend(self.tasks(stage, needed, notes, draw)?);
        draw.shuffle(&mut bullets);
        let decoy = person
            .role
            .filter(|_| person.part == Part::Decoy && index == 0);
        let employer = match decoy {
            Some(role) => role.decoy.employer.clone(),
            None => self.employer(stage.occupation, &mut notes.employers, draw),
        };
        Ok(Job {
            title,
            employer,
            start: stage.start,
            end: stage.end,
            bullets,
        })
    }

    fn proof(&self, person: &Cast, line: &str, tense: Tense) -> Result<String, CatalogError> {
        self.verbs
            .marked_line(line, tense)
            .ok_or_else(|| CatalogError::Voice {
                role: person.role.map_or_else(String::new, |role| role.id.clone()),
                line: line.to_owned(),
            })
    }

    fn tasks(
        &self,
        stage: &Stage,
        needed: usize,
        notes: &mut Notes,
        draw: &mut Draw,
    ) -> Result<Vec<String>, CatalogError> {
        let code = &stage.occupation.code;
        let all = duties::usable(self.tables, &self.verbs, code);
        if all.len() < FEWEST_TASKS {
            let found = all.len();
            return Err(CatalogError::FewTasks {
                code: code.clone(),
                found,
                needed: FEWEST_TASKS,
            });
        }
        let leads = stage.level == Level::Senior || leads(code);
        let free =
            |task: &&&Task| !notes.used.contains(&task.id) && (leads || !duties::is_charge(task));
        let free: Vec<&Task> = all.iter().filter(free).copied().collect();
        let chosen = draw.sample(&free, needed);
        notes.used.extend(chosen.iter().map(|task| task.id));
        let tense = notes.tense(stage);
        Ok(chosen
            .iter()
            .map(|task| duties::line(task, &self.verbs, tense, draw))
            .collect())
    }

    fn employer(&self, occupation: &Occupation, used: &mut Vec<String>, draw: &mut Draw) -> String {
        let all = &self.catalog.employers[&occupation.sector];
        let fresh: Vec<&String> = all.iter().filter(|name| !used.contains(name)).collect();
        let name = if fresh.is_empty() {
            draw.pick(all)
        } else {
            *draw.pick(&fresh)
        };
        used.push(name.clone());
        name.clone()
    }
}

/// Occupations whose every member is in charge of somebody.
pub(crate) fn leads(code: &str) -> bool {
    ["11-", "35-10", "47-10"]
        .iter()
        .any(|group| code.starts_with(group))
}

/// Skills of the role that the person has.
fn skills_of<'a>(person: &Cast<'a>, draw: &mut Draw) -> Vec<&'a Skill> {
    let Some(role) = person.role else {
        return Vec::new();
    };
    let all = role.skills.len();
    let count = match person.part {
        Part::Match => all - draw.below(2),
        Part::Seniority if person.level == Level::Junior => all - 2,
        Part::Seniority => all - 1,
        Part::Half => all / 2,
        Part::Near | Part::Decoy | Part::Other => 0,
    };
    draw.sample(&role.skills, count)
}

/// Lines that prove the skills, in drawn order, still in the base form.
fn proofs_of(person: &Cast, skills: &[&Skill], draw: &mut Draw) -> Vec<String> {
    let mut lines: Vec<String> = match (person.part, person.role) {
        (Part::Decoy, Some(role)) => draw
            .sample(&role.decoy.bullets, DECOY_LINES)
            .into_iter()
            .cloned()
            .collect(),
        _ => skills
            .iter()
            .filter(|skill| !skill.3.is_empty())
            .map(|skill| draw.pick(&skill.3).clone())
            .collect(),
    };
    lines.iter_mut().for_each(|line| *line = expand(line, draw));
    lines
}

/// What a beginner says: "Help to trace faults" for "Trace faults".
fn modest(line: &str, draw: &mut Draw) -> String {
    let start = *draw.pick(&[
        "Help to",
        "Help the team to",
        "Work with senior colleagues to",
    ]);
    let mut letters = line.chars().filter(|letter| *letter != '~');
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    format!(
        "{start} {}{}",
        first.unwrap_or_default(),
        letters.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::{
        super::{fixture::full_tables, kind::cast},
        *,
    };

    #[test]
    fn jobs_follow_each_other_and_fit_the_level() {
        let catalog = Catalog::load().unwrap();
        let tables = full_tables(&catalog);
        let source = Source {
            catalog: &catalog,
            tables: &tables,
            verbs: Verbs::new(&tables),
        };
        for (stream, person) in cast(&catalog, 1).iter().enumerate() {
            let career = source
                .career(person, &mut Draw::new(1, stream as u64))
                .unwrap();
            for pair in career.jobs.windows(2) {
                assert!(pair[1].end.unwrap() < pair[0].start, "{person:?}");
            }
            assert!(
                career.jobs.iter().all(|job| job.bullets.len() >= 2),
                "{person:?}"
            );
            let years = career.years();
            match person.level {
                Level::Junior => assert!(years < 3, "{person:?}"),
                Level::Mid => assert!((3..11).contains(&years), "{person:?}"),
                Level::Senior => assert!(years >= 8, "{person:?}"),
            }
        }
    }
}
