//! The committed data is what `data/README.md` promises.

use std::{collections::BTreeSet, fs};

use super::{grade::Preference, job::JobDescription, profile::Profile};

fn read(name: &str) -> String {
    let file = crate::workspace().join("data/bundled").join(name);
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn parsed<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    read(name)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn ids<'a>(all: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    all.cloned().collect()
}

#[test]
fn counts_and_ids() {
    let profiles: Vec<Profile> = parsed("profiles.jsonl");
    let jobs: Vec<JobDescription> = parsed("jobs.jsonl");
    assert!(profiles.len() >= 300 && jobs.len() >= 20);
    assert_eq!(ids(profiles.iter().map(|p| &p.id)).len(), profiles.len());
    assert_eq!(ids(jobs.iter().map(|j| &j.id)).len(), jobs.len());
    assert_eq!(ids(profiles.iter().map(|p| &p.text)).len(), profiles.len());
}

#[test]
fn lengths() {
    let words = |text: &str| text.split_whitespace().count();
    for profile in parsed::<Profile>("profiles.jsonl") {
        assert!(
            (100..=300).contains(&words(&profile.text)),
            "{} {}",
            profile.id,
            words(&profile.text)
        );
    }
    for job in parsed::<JobDescription>("jobs.jsonl") {
        assert!(
            (120..=250).contains(&words(&job.text)),
            "{} {}",
            job.id,
            words(&job.text)
        );
    }
}

#[test]
fn grades_and_preferences_name_known_ids() {
    let profiles = ids(parsed::<Profile>("profiles.jsonl").iter().map(|p| &p.id));
    let jobs = ids(parsed::<JobDescription>("jobs.jsonl").iter().map(|j| &j.id));
    let mut best = BTreeSet::new();
    for line in read("qrels.tsv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert!(
            jobs.contains(cells[0]) && profiles.contains(cells[1]),
            "{line}"
        );
        assert!(cells[2].parse::<u8>().unwrap() <= 3, "{line}");
        if cells[2] == "3" {
            best.insert(cells[0].to_owned());
        }
    }
    assert_eq!(best, jobs);
    for pair in parsed::<Preference>("preferences.jsonl") {
        assert!(jobs.contains(&pair.job) && pair.preferred != pair.other);
        assert!(profiles.contains(&pair.preferred) && profiles.contains(&pair.other));
    }
}

#[test]
fn filters_keep_the_best() {
    let profiles: Vec<Profile> = parsed("profiles.jsonl");
    let qrels = read("qrels.tsv");
    for job in parsed::<JobDescription>("jobs.jsonl") {
        let best = profiles
            .iter()
            .filter(|p| qrels.contains(&format!("{}\t{}\t3\n", job.id, p.id)));
        for profile in best {
            let facts = &profile.facts;
            let years = job
                .filter
                .get("years_experience")
                .and_then(|rule| rule["min"].as_u64());
            assert!(
                facts.years_experience as u64 >= years.unwrap_or(0),
                "{}",
                profile.id
            );
            assert!(
                facts.work_permit || !job.filter.contains_key("work_permit"),
                "{}",
                profile.id
            );
            assert!(
                facts.years_experience >= job.facts.min_years,
                "{}",
                profile.id
            );
        }
    }
}

#[test]
fn nobody_can_be_reached_or_discriminated_against() {
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    for profile in parsed::<Profile>("profiles.jsonl") {
        let text = format!("{}\n{}", profile.title, profile.text);
        assert!(
            !text.contains('@') && !text.contains("http"),
            "{}",
            profile.id
        );
        assert!(
            text.split_whitespace().all(|word| digits(word) < 7),
            "{}",
            profile.id
        );
        let padded = format!(
            " {} ",
            text.to_lowercase()
                .replace(|c: char| !c.is_alphabetic(), " ")
        );
        for word in [
            " he ",
            " she ",
            " his ",
            " her ",
            " mr ",
            " mrs ",
            " born ",
            " married ",
            " religious ",
        ] {
            assert!(!padded.contains(word), "{}: {word}", profile.id);
        }
    }
}

#[test]
fn the_text_is_finished_and_small() {
    for name in ["profiles.jsonl", "jobs.jsonl", "job.txt"] {
        let text = read(name);
        for fault in ['{', '}', '~'].iter().filter(|_| name == "job.txt") {
            assert!(!text.contains(*fault), "{name}: {fault}");
        }
        assert!(!text.contains("O*NET"), "{name}");
    }
    for profile in parsed::<Profile>("profiles.jsonl") {
        assert!(!profile.text.contains(['{', '}', '~']), "{}", profile.id);
    }
    let sizes = [
        "profiles.jsonl",
        "jobs.jsonl",
        "qrels.tsv",
        "preferences.jsonl",
        "job.txt",
    ];
    assert!(sizes.iter().map(|name| read(name).len()).sum::<usize>() < 2_000_000);
}
