//! Everybody and every job together, and the files they are written to.

use std::{fmt::Write as _, fs, io, path::Path};

use super::{
    career::Source,
    catalog::{Catalog, CatalogError},
    draw::Draw,
    grade::{Judged, Preference, grade, preferences},
    job::{JobDescription, describe},
    kind::{Cast, cast},
    onet::Tables,
    profile::Profile,
    voice::Verbs,
};

/// Streams of draws: people and jobs have one each, counted from here.
const PEOPLE: u64 = 1000;
const JOBS: u64 = 500;
const ORDER: u64 = 2;
const PAIRS: u64 = 3;

/// The role whose job description stands alone as the demonstration.
const DEMO: &str = "search";

/// The generated data.
pub(crate) struct Bundle {
    profiles: Vec<Profile>,
    jobs: Vec<JobDescription>,
    grades: Vec<(String, String, u8)>,
    preferences: Vec<Preference>,
    demo: String,
}

impl Bundle {
    /// Makes everything; the same arguments give the same bundle.
    pub(crate) fn generate(
        tables: &Tables,
        catalog: &Catalog,
        seed: u64,
    ) -> Result<Self, CatalogError> {
        let source = Source {
            catalog,
            tables,
            verbs: Verbs::new(tables),
        };
        let people = cast(catalog, seed);
        let profiles = profiles(&source, &people, seed)?;
        let jobs: Vec<JobDescription> = (1..)
            .zip(&catalog.roles)
            .map(|(number, role)| {
                describe(role, number, &mut Draw::new(seed, JOBS + number as u64))
            })
            .collect();
        let mut grades = Vec::new();
        let mut judged = Vec::new();
        for (role, job) in catalog.roles.iter().zip(&jobs) {
            let given: Vec<(String, Option<u8>)> = profiles
                .iter()
                .map(|(who, profile)| (profile.id.clone(), grade(role, &people[*who])))
                .collect();
            let listed = given
                .iter()
                .filter_map(|(id, grade)| Some((id.clone(), (*grade)?)));
            grades.extend(listed.map(|(id, grade)| (job.id.clone(), id, grade)));
            let people = given
                .into_iter()
                .map(|(id, grade)| (id, grade.unwrap_or(0)))
                .collect();
            judged.push(Judged {
                job: job.id.clone(),
                people,
            });
        }
        let demo = catalog
            .roles
            .iter()
            .position(|role| role.id == DEMO)
            .unwrap_or(0);
        Ok(Self {
            demo: format!("{}\n\n{}\n", jobs[demo].title, jobs[demo].text),
            preferences: preferences(&judged, &mut Draw::new(seed, PAIRS)),
            profiles: profiles.into_iter().map(|(_, profile)| profile).collect(),
            jobs,
            grades,
        })
    }

    /// The files by name.
    pub(crate) fn files(&self) -> Result<[(&'static str, String); 5], serde_json::Error> {
        let mut qrels = String::from("query-id\tcorpus-id\tscore\n");
        for (job, person, grade) in &self.grades {
            // Writing to a string does not fail.
            let _ = writeln!(qrels, "{job}\t{person}\t{grade}");
        }
        Ok([
            ("profiles.jsonl", lines(&self.profiles)?),
            ("jobs.jsonl", lines(&self.jobs)?),
            ("qrels.tsv", qrels),
            ("preferences.jsonl", lines(&self.preferences)?),
            ("job.txt", self.demo.clone()),
        ])
    }

    /// Writes the files to `folder`, which is made if need be.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for (name, text) in self.files()? {
            fs::write(folder.join(name), text)?;
        }
        Ok(())
    }

    /// One line about the size.
    pub(crate) fn summary(&self) -> String {
        format!(
            "{} profiles, {} jobs, {} grades, {} simulated preferences",
            self.profiles.len(),
            self.jobs.len(),
            self.grades.len(),
            self.preferences.len()
        )
    }
}

/// Profiles in a drawn order with ids to match, each with its place in `people`.
fn profiles<'a>(
    source: &Source<'a>,
    people: &[Cast<'a>],
    seed: u64,
) -> Result<Vec<(usize, Profile)>, CatalogError> {
    let mut order: Vec<usize> = (0..people.len()).collect();
    Draw::new(seed, ORDER).shuffle(&mut order);
    let made = order.into_iter().enumerate().map(|(place, who)| {
        let mut profile =
            source.profile(&people[who], &mut Draw::new(seed, PEOPLE + who as u64))?;
        profile.id = format!("p-{:04}", place + 1);
        Ok((who, profile))
    });
    made.collect()
}

fn lines<T: serde::Serialize>(items: &[T]) -> Result<String, serde_json::Error> {
    items
        .iter()
        .map(|item| serde_json::to_string(item).map(|line| line + "\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::fixture::full_tables, *};

    fn files(seed: u64) -> [(&'static str, String); 5] {
        let catalog = Catalog::load().unwrap();
        Bundle::generate(&full_tables(&catalog), &catalog, seed)
            .unwrap()
            .files()
            .unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        assert_eq!(files(27), files(27));
        assert_ne!(files(27)[0], files(28)[0]);
    }

    #[test]
    fn an_occupation_without_tasks_is_reported() {
        let catalog = Catalog::load().unwrap();
        let mut tables = full_tables(&catalog);
        tables.tasks.get_mut("15-1252.00").unwrap().truncate(2);
        let error = Bundle::generate(&tables, &catalog, 27)
            .map(|_| ())
            .unwrap_err();
        assert!(
            matches!(error, CatalogError::FewTasks { found: 2, .. }),
            "{error}"
        );
    }
}
