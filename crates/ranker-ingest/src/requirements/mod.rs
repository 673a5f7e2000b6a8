//! What a job requires, and what of it a profile meets.

mod acronyms;
mod asked;
mod forms;
mod held;
mod introduced;
mod kinds;
mod named;
mod parts;
mod titles;
mod trades;
mod verdicts;
mod written;

use ranker_core::{Assessment, Assessor, ExplainError, JobDescription, Profile, Requirement};

use crate::FactFinder;
use asked::Item;
use held::Held;

impl FactFinder {
    /// What a job requires, as far as its text says so in words that this finder knows: years of work, degrees,
    /// languages, skills, and the conditions of its filter. English, German, French, Spanish, Italian, Dutch.
    /// Skills are those that the finder has, and what else is asked by a name that is written like one (`SAP FI/CO`,
    /// `GraphQL`, `ISO 9001`), or stands in a list ("experience with Terraform, dbt and Airflow").
    ///
    /// Where a job has a section for what it requires, only that section and the one for wishes are read.
    /// Names with "or" between them are one requirement.
    ///
    /// ```
    /// use ranker_core::JobDescription;
    /// use ranker_ingest::{FactFinder, Month};
    ///
    /// let finder = FactFinder::new(Month::new(2026, 11)?);
    /// let finder = finder.with_skills([("Rust".to_owned(), vec![""; 0]), ("C++".to_owned(), vec![])]);
    /// let job = "Requirements\n- 5+ years of work\n- Rust or C++\nNice to have\n- Fluent German";
    /// let asked = finder.requirements(&JobDescription::new(job)?);
    /// let asked: Vec<String> = asked.iter().map(|r| format!("{} {}", r.demand, r.asked)).collect();
    /// assert_eq!(asked, ["required 5 years of work", "required C++ or Rust", "preferred german"]);
    /// # Ok::<(), ranker_core::ValueError>(())
    /// ```
    #[must_use]
    pub fn requirements(&self, job: &JobDescription) -> Vec<Requirement> {
        let items = asked::items(self, job).into_iter();
        items.map(|item| item.requirement).collect()
    }
}

/// Verdicts come from given facts, else from the profile's text, which must name what is asked: a passage that
/// is merely like the requirement is no evidence. A name that the finder does not have is looked for as it is written.
impl Assessor for FactFinder {
    fn assess(
        &self,
        job: &JobDescription,
        profiles: &[&Profile],
    ) -> Result<Vec<Vec<Assessment>>, ExplainError> {
        let items = asked::items(self, job);
        let assessed = |profile: &&Profile| {
            let held = Held::of(self, profile);
            let verdict = |item: &Item| verdicts::verdict(item, &held);
            items.iter().map(verdict).collect()
        };
        Ok(profiles.iter().map(assessed).collect())
    }
}

#[cfg(test)]
mod tests {
    use ranker_core::{Fact, Filter};

    use super::*;
    use crate::Month;

    fn finder() -> FactFinder {
        let skills = ["Java", "Rust", "C++", "PostgreSQL", "Kafka", "Go"];
        let skills = skills.map(|skill| (skill.to_owned(), vec![""; 0]));
        FactFinder::new(Month::new(2026, 11).unwrap()).with_skills(skills)
    }

    fn job(text: &str) -> JobDescription {
        let job = JobDescription::new(text).unwrap();
        job.with_title("Senior Search Engineer")
    }

    /// Demand and what is asked, with the job's own words.
    fn asked(text: &str) -> Vec<String> {
        let job = job(text);
        let shown = |requirement: &Requirement| {
            let place = requirement.place.clone().unwrap();
            let (demand, asked) = (requirement.demand, &requirement.asked);
            format!("{demand} {asked} [{}]", &job.text()[place])
        };
        finder().requirements(&job).iter().map(shown).collect()
    }

    #[test]
    fn the_contract_is_kept() {
        let text = "Requirements\n- 5 years of experience\n- Java or Rust\n- Master's degree\n- fluent German\nNice to have\n- Kafka";
        let profiles = [
            "Ana Lopez\nana@example.com\nSearch Engineer, 2015 - 2024\nSkills: Rust, Kafka\nM.Sc. Physics\nGerman (native)",
            "Nurse\nNo experience with Java.",
            "Entwickler mit 3 Jahren Erfahrung in Java",
        ];
        let profiles = profiles.map(|text| Profile::new("p", text).unwrap());
        let profiles: Vec<&Profile> = profiles.iter().collect();
        assert_eq!(finder().requirements(&job(text)).len(), 5);
        ranker_core::conformance::assessor(&finder(), &job(text), &profiles).unwrap();
    }

    /// The verdict on each requirement, with the reason and the profile's own words.
    fn verdicts(job: &JobDescription, profile: &Profile) -> Vec<String> {
        let assessed = finder().assess(job, &[profile]).unwrap().remove(0);
        let shown = |found: &Assessment| {
            let passage = found.passage.clone().map(|at| &profile.text()[at]);
            format!("{} | {}", found, passage.unwrap_or_default())
        };
        assessed.iter().map(shown).collect()
    }

    #[test]
    fn a_job_is_read_into_requirements() {
        assert_eq!(
            asked(
                "Tasks\nMove to Kafka.\n\nRequirements\n- At least 6 years of experience\n- Rust or C++, PostgreSQL\n\
                 - Bachelor's or Master's degree\n- Fluent German or French\n- No PHP\n\nNice to have\n- Go"
            ),
            [
                "required 6 years of work [6 years]",
                "required C++ or Rust [Rust or C++]",
                "required PostgreSQL [PostgreSQL]",
                "required bachelor [Bachelor's]",
                "required french or german [German or French]",
                "preferred Go [Go]",
            ]
        );
        assert_eq!(
            asked(
                "Wir suchen Java und Kafka. Kenntnisse in Rust sind ein Plus. Deutsch in Wort und Schrift"
            ),
            [
                "required Java [Java]",
                "required Kafka [Kafka]",
                "preferred Rust [Rust]",
                "required german [Deutsch]",
            ]
        );
        assert_eq!(
            asked("A systems language such as Rust, C++. Java"),
            ["required C++ or Rust [Rust, C++]", "required Java [Java]"]
        );
        assert_eq!(
            asked("Zig or C++; Kafka or similar; Rust, or a blog on it; Java"),
            ["required Java [Java]"]
        );
        assert_eq!(
            asked(
                "Requirements\n- Kafka, Zot9 or similar\n- Java, GraphQL or Rust\n- SAP FI/CO and Kafka 3\n- JVMs"
            ),
            [
                "required GraphQL or Java or Rust [Java, GraphQL or Rust]",
                "required SAP FI/CO [SAP FI/CO]",
                "required Kafka [Kafka]",
                "required JVM [JVMs]",
            ]
        );
        assert_eq!(
            asked("Fluent in a language other than German; written English"),
            ["required english [English]"]
        );
    }

    #[test]
    fn each_requirement_gets_its_verdict_and_passage() {
        let job = job(
            "Requirements\n- 6+ years\n- Rust or C++\n- Java\n- Kafka\n- Master's degree\n- Fluent German",
        );
        let ana = "Ana\nSkills\nC++, PostgreSQL\nNo experience with Java.\n\nExperience\n\
                   Search Engineer, 01/2014 - 12/2023\n\nEducation\nBSc Physics\n\nLanguages\nGerman, French";
        assert_eq!(
            verdicts(&job, &Profile::new("ana", ana).unwrap()),
            [
                "required: 6 years of work: met, has 10 years | 01/2014 - 12/2023",
                "required: C++ or Rust: met, names C++ | C++",
                "required: Java: contradicted, says that it has no Java | No experience with Java.",
                "required: Kafka: missing, lists other skills | ",
                "required: master: missing, has bachelor | BSc",
                "required: german: met, speaks french, german | German",
            ]
        );
        let ben = "Marketing manager with seven years of experience.";
        assert_eq!(
            verdicts(&job, &Profile::new("ben", ben).unwrap()),
            [
                "required: 6 years of work: partly met, has 7 years, under no title like the job's | seven years",
                "required: C++ or Rust: not said | ",
                "required: Java: not said | ",
                "required: Kafka: not said | ",
                "required: master: not said | ",
                "required: german: not said | ",
            ]
        );
    }

    #[test]
    fn what_no_table_knows_is_found_as_it_is_written() {
        let job =
            job("Requirements\n- Experience with Terraform, dbt and Airflow\n- SAP FI/CO\n- HACCP");
        let text = "Skills\nterraform, PowerPoint\nExperience\nSAP FI-CO for plants. No experience with HACCP. Airflow is what fans make.";
        assert_eq!(
            verdicts(&job, &Profile::new("p", text).unwrap()),
            [
                "required: Terraform: met, names Terraform | terraform",
                "required: dbt: missing, lists other skills | ",
                "required: Airflow: missing, lists other skills | ",
                "required: SAP FI/CO: met, names SAP FI/CO | SAP FI-CO",
                "required: HACCP: contradicted, says that it has no HACCP | No experience with HACCP.",
            ]
        );
    }

    #[test]
    fn a_kind_of_tools_is_met_by_one_of_them() {
        let job = job("Requirements\n- JVM services in production\n- Experience with NoSQL\n- SQL");
        let text = "Skills\nKotlin, Git\nExperience\nBackend Developer, 2019 - 2023\nOur stores were Postgres.";
        assert_eq!(
            verdicts(&job, &Profile::new("p", text).unwrap()),
            [
                "required: JVM: met, names Kotlin | Kotlin",
                "required: NoSQL: missing, lists other skills | ",
                "required: SQL: met, names PostgreSQL | Postgres",
            ]
        );
    }

    #[test]
    fn years_count_under_titles_like_the_jobs() {
        let job = job("Requirements\n- 6+ years");
        let years = |text: &str| verdicts(&job, &Profile::new("p", text).unwrap()).remove(0);
        let jobs = "Experience\nBaker, 01/2004 - 12/2013\nSearch Engineer, 01/2014 - 12/";
        assert_eq!(
            years(&format!("{jobs}2015")),
            "required: 6 years of work: partly met, has 12 years, 2 of them under titles like the job's | 01/2004 - 12/2013"
        );
        assert_eq!(
            years(&format!("{jobs}2018")),
            "required: 6 years of work: met, has 15 years | 01/2004 - 12/2013"
        );
    }

    #[test]
    fn the_language_of_the_text_is_not_missing() {
        let job = job("Requirements\n- Fluent English\n- Fluent French");
        let text = "I have worked for the kitchens of two hotels and in a bakery, and I was the one who wrote the \
                    orders, for all of the cooks and with the help of our suppliers.\nLanguages\nTwi (native), Gujarati";
        assert_eq!(
            verdicts(&job, &Profile::new("p", text).unwrap()),
            [
                "required: english: not said, is written in english | ",
                "required: french: missing, speaks gujarati | Gujarati",
            ]
        );
    }

    #[test]
    fn a_filter_requires_and_excludes() {
        let php = Filter::Not(Box::new(Filter::any_of("skills", ["Java"])));
        let filter = Filter::at_least("years_experience", 4.0).and(php);
        let filter = filter.and(Filter::flag("work_permit", true));
        let job = job("Build search.").with_filter(filter);
        let profile = Profile::new("p", "Java engineer").unwrap();
        let years = Fact::integer(2);
        let profile = profile.with_fact("years_experience", years).unwrap();
        assert_eq!(
            verdicts(&job, &profile),
            [
                "required: 4 years of work: partly met, has 2 years | ",
                "excluded: java: contradicted, names java | Java",
                "required: work_permit is true: not said | ",
            ]
        );
    }
}
