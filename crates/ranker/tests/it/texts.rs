//! What is written counts, and what is copied, denied or repeated does not.

use ranker::core::{Embedder, Language, Role, Uncounted};
use ranker::retrieve::ProfileIndex;
use ranker::{Fact, JobDescription, JobReading, Note, Profile, Ranker, Ranking};

use crate::fakes::FakeEmbedder;

const JOB: &str = "We look for a search engineer who builds full-text search with Lucene, semantic matching \
                   with vectors, relevance evaluation with judged queries, and services in Rust or C++.";

fn rank(job: &JobDescription, profiles: Vec<Profile>) -> (Ranker, Ranking) {
    let texts: Vec<String> = profiles.iter().map(Profile::full_text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = FakeEmbedder.embed(&texts, Role::Document).unwrap();
    let vectors = vectors.into_iter().map(|embedded| embedded.embedding);
    let index = ProfileIndex::new(profiles.into_iter().zip(vectors)).unwrap();
    let ranker = Ranker::builder(FakeEmbedder, index).build().unwrap();
    let ranking = pollster::block_on(ranker.rank(job)).unwrap();
    (ranker, ranking)
}

fn place(ranking: &Ranking, id: &str) -> usize {
    ranking.iter().find(|r| r.id().as_str() == id).unwrap().rank
}

#[test]
fn pasting_the_job_is_named_and_gains_nothing() {
    let baker = "Shop assistant at a bakery. Served customers, counted the till, arranged bread.";
    let profile = |id: &str, text: String| Profile::new(id, text).unwrap();
    let profiles = vec![
        profile(
            "good",
            "Search engineer. Built full-text search on Lucene, vector search, services in Rust."
                .to_owned(),
        ),
        profile("paste", format!("{JOB} {baker}")),
        profile("weak", baker.to_owned()),
    ];
    let (ranker, ranking) = rank(&JobDescription::new(JOB).unwrap(), profiles);
    assert_eq!(place(&ranking, "good"), 1);
    let score = |id: &str| ranking.as_slice()[place(&ranking, id) - 1].score.get();
    assert!(
        (score("paste") - score("weak")).abs() < 0.2,
        "{} and {}",
        score("paste"),
        score("weak")
    );
    let named = ranking.notes().iter().any(|note| {
        matches!(note, Note::NotCounted { id, why: Uncounted::Copied, percent } if id.as_str() == "paste" && *percent > 50)
    });
    assert!(named, "{:?}", ranking.notes());
    let pasted = &ranking.as_slice()[place(&ranking, "paste") - 1];
    let text = pasted.candidate.profile().text();
    for found in ranker.explain(pasted).unwrap().matches() {
        assert!(
            found.passage.end > JOB.len(),
            "{:?}",
            &text[found.passage.clone()]
        );
    }
}

#[test]
fn what_the_employer_says_of_itself_draws_nobody() {
    let about = "About us\nWe run a hiring platform for recruiters who find the right person for an opening.\n\n";
    let asked = "Your tasks\n- Make full-text search with Lucene faster\n- Judge queries";
    let profile = |id: &str, text: &str| Profile::new(id, text).unwrap();
    let profiles = || {
        vec![
            profile(
                "engineer",
                "Made full-text search with Lucene faster, with judged queries.",
            ),
            profile(
                "recruiter",
                "Recruiter who finds the right person for an opening, on a hiring platform.",
            ),
        ]
    };
    let job = JobDescription::new(format!("{about}{asked}")).unwrap();
    let (ranker, ranking) = rank(&job, profiles());
    let alone = rank(&JobDescription::new(asked).unwrap(), profiles()).1;
    let scores =
        |ranking: &Ranking| -> Vec<f64> { ranking.iter().map(|r| r.score.get()).collect() };
    assert_eq!(place(&ranking, "engineer"), 1);
    assert_eq!(
        scores(&ranking),
        scores(&alone),
        "as if nothing were said of the employer"
    );
    let named = |note: &Note| matches!(note, Note::JobNotCounted { why: Uncounted::Employer, percent } if *percent > 50);
    assert!(ranking.notes().iter().any(named), "{:?}", ranking.notes());
    // Evidence points into the job as it was written.
    let first = &ranking.as_slice()[0];
    let found = ranker.explain(first).unwrap().matches()[0]
        .requirement
        .clone();
    assert!(asked.contains(job.text()[found].trim()));

    let index = ProfileIndex::new(profiles().into_iter().map(|profile| {
        let texts = [profile.plain_text()];
        let embedded = FakeEmbedder
            .embed(&texts, Role::Document)
            .unwrap()
            .remove(0);
        (profile, embedded.embedding)
    }));
    let whole = Ranker::builder(FakeEmbedder, index.unwrap()).job_reading(JobReading::Whole);
    let whole = pollster::block_on(whole.build().unwrap().rank(&job)).unwrap();
    assert!(!whole.notes().iter().any(named));
    assert_eq!(whole.query().job().plain_text(), job.text());
    assert_eq!(place(&whole, "recruiter"), 1, "what the setting is for");
}

#[test]
fn evidence_points_into_what_was_written() {
    let written =
        "Nurse.\nSearch engi\u{ad}neer for full\u{2010}text search with Lucene\u{a0}and Rust";
    let profiles = vec![
        Profile::new("a", written).unwrap(),
        Profile::new("b", "Cook. Bread and cakes.").unwrap(),
    ];
    let job =
        JobDescription::new("Search engineer for full-text search with Lucene and Rust").unwrap();
    let (ranker, ranking) = rank(&job, profiles);
    let first = &ranking.as_slice()[0];
    assert_eq!(first.id().as_str(), "a");
    let explanation = ranker.explain(first).unwrap();
    let found = &explanation.matches()[0];
    assert!(written[found.passage.clone()].starts_with("Search engi\u{ad}neer"));
}

#[test]
fn years_asked_and_had_are_accounted_for() {
    let profile = |id: &str, years: i32| {
        let profile = Profile::new(id, "Search engineer with Rust and Lucene").unwrap();
        profile
            .with_fact("years_experience", Fact::integer(years))
            .unwrap()
    };
    let job = JobDescription::new("Search engineer, at least 10 years of experience").unwrap();
    let (ranker, ranking) = rank(&job, vec![profile("a-one", 1), profile("b-twelve", 12)]);
    assert_eq!(place(&ranking, "b-twelve"), 1);
    let explanation = ranker.explain(&ranking.as_slice()[1]).unwrap();
    assert_eq!(explanation.remarks()[0].to_string(), "asks 10 years, has 1");
}

#[test]
fn what_is_denied_counts_no_more_than_silence() {
    let honest = "Python developer, eight years of Python and Django in banking.";
    let denials = [
        "No experience with Java, Spring Boot or the JVM.",
        "I have never used Java; do not contact me for Java jobs.",
        "Without any exposure to Java or Spring Boot.",
        "Ich habe noch nie mit Java gearbeitet.",
        "Je ne connais pas Java.",
        "No tengo experiencia con Java ni Spring Boot.",
        "Non ho mai usato Java.",
        "Geen ervaring met Java.",
    ];
    let profile = |id: &str, text: String| Profile::new(id, text).unwrap();
    let mut profiles = vec![
        profile(
            "java",
            "Java developer, Spring Boot and JVM tuning.".to_owned(),
        ),
        profile("silent", honest.to_owned()),
    ];
    let denying = denials.iter().enumerate();
    profiles
        .extend(denying.map(|(at, denial)| profile(&at.to_string(), format!("{honest} {denial}"))));
    let job = "Java developer\nYou write Java services with Spring Boot on the JVM for a bank.";
    let (ranker, ranking) = rank(&JobDescription::new(job).unwrap(), profiles);
    let ranked = |id: &str| &ranking.as_slice()[place(&ranking, id) - 1];
    assert_eq!(place(&ranking, "java"), 1);
    for (at, denial) in denials.iter().enumerate() {
        let denying = ranked(&at.to_string());
        let gain = denying.score.get() - ranked("silent").score.get();
        assert!(gain.abs() < 1e-3, "{denial}: {gain}");
        for found in ranker.explain(denying).unwrap().matches() {
            assert!(found.passage.end <= honest.len(), "{denial}");
        }
    }
}

#[test]
fn who_writes_in_another_language_is_named() {
    let job = "We are looking for a nurse with experience on the intensive care unit of a hospital, who works at night and \
               is able to train the students of our team.";
    let german = "Pflege von Patienten auf der Intensivstation und Anleitung der Auszubildenden, seit 2015 in einem Krankenhaus mit \
                  400 Betten in Hamburg, davor im ambulanten Dienst für die Stadt.";
    let english = "Nurse on the intensive care unit of a hospital in Leeds, with ten years of night shifts and the training of \
                   students for the team.";
    let profiles = vec![
        Profile::new("german", german).unwrap(),
        Profile::new("english", english).unwrap(),
        Profile::new("short", "Nurse").unwrap(),
    ];
    let (_, ranking) = rank(&JobDescription::new(job).unwrap(), profiles);
    let named = ranking.notes().iter().filter_map(|note| match note {
        Note::OtherLanguage { id, language, job } => Some((id.as_str(), *language, *job)),
        _ => None,
    });
    let named: Vec<_> = named.collect();
    assert_eq!(named, [("german", Language::German, Language::English)]);
}

#[test]
fn a_title_that_is_the_jobs_counts_for_nothing_over_a_text_that_is() {
    let baker = "Shop assistant at a bakery. Served customers, counted the till, arranged bread.";
    let titled = |id: &str, text: &str| {
        let profile = Profile::new(id, text).unwrap();
        profile.with_title("Senior Search Engineer")
    };
    let profiles = vec![
        titled("paste", &format!("{JOB} {baker}")),
        titled(
            "honest",
            "Built full-text search on Lucene and vector search in Rust.",
        ),
    ];
    let job = JobDescription::new(JOB).unwrap();
    let (_, ranking) = rank(&job.with_title("Senior search engineer"), profiles);
    let read = |id: &str| {
        let ranked = &ranking.as_slice()[place(&ranking, id) - 1];
        let profile = ranked.candidate.profile();
        (profile.title().to_owned(), profile.plain_title().to_owned())
    };
    let title = "Senior Search Engineer".to_owned();
    assert_eq!(read("paste"), (title.clone(), String::new()));
    assert_eq!(read("honest"), (title.clone(), title));
    assert_eq!(place(&ranking, "honest"), 1);
}
