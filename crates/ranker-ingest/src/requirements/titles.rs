//! Whether someone's jobs are of the kind that a job asks experience in.

use std::collections::HashSet;
use std::ops::Range;

use ranker_core::{WordKind, words};

use super::trades::{Called, called};
use crate::facts::Period;
use crate::{FactFinder, Section, SectionKind};

/// The longest line, in words and in bytes, that names a job rather than describes it.
const TITLE: usize = 12;
const LONGEST: usize = 200;

/// Words of titles that do not say what somebody does.
#[rustfmt::skip]
const EMPTY: [&str; 40] = [
    "senior", "junior", "lead", "head", "chief", "principal", "staff", "assistant", "associate", "intern", "trainee", "of", "and", "for",
    "the", "in", "at", "with", "und", "der", "die", "für", "de", "la", "le", "et", "y", "di", "en", "van", "present", "heute",
    "experience", "employment", "work", "level", "team", "full", "part", "time",
];

/// A title as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Title {
    trade: Option<Called>,
    /// The words that say what somebody does, in lower case.
    words: HashSet<String>,
}

/// A dated job.
#[derive(Debug)]
pub(super) struct Job {
    /// Months since year 0.
    pub(super) months: Range<u32>,
    /// What its lines may call it.
    pub(super) titles: Vec<Title>,
}

/// A profile's headline and the lines that name its jobs.
pub(super) fn titles(
    finder: &FactFinder,
    title: &str,
    text: &str,
    sections: &[Section],
) -> Vec<Title> {
    let mut all = vec![Title::known(finder, title)];
    let names_jobs = |section: &&Section| {
        let kind = section.kind;
        kind == SectionKind::Head || kind == SectionKind::Experience
    };
    for section in sections.iter().filter(names_jobs) {
        for line in text[section.body.clone()].lines().map(str::trim) {
            all.extend(titles_in(finder, line));
        }
    }
    all
}

/// The dated jobs of a text. What one is called stands in the line of its dates, and in the line before where that may
/// name a job, else in the line after.
pub(super) fn jobs(finder: &FactFinder, text: &str, sections: &[Section]) -> Vec<Job> {
    let mut line = 0..0;
    let mut jobs = Vec::new();
    for Period { months, place } in finder.jobs(text, sections) {
        if !line.contains(&place.start) {
            line.start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
        }
        if line.end < place.end {
            let end = text[place.end..].find('\n');
            line.end = end.map_or(text.len(), |at| place.end + at);
        }
        if line.len() > LINE {
            continue;
        }
        let mut titles = titles_in(finder, text[line.clone()].trim());
        let mut sections = sections.iter();
        let section = sections.find(|section| section.body.contains(&line.start));
        let body = section.map_or(line.clone(), |section| section.body.clone());
        let before = text[body.start..line.start].trim_end().lines().next_back();
        let after = &text[line.end.min(body.end)..body.end];
        let after = after.trim_start().lines().next();
        let beside = [before, after].into_iter().flatten().map(str::trim);
        let mut beside = beside.filter(|line| may_name(line) && finder.dates_in(line).is_empty());
        if let Some(beside) = beside.next() {
            titles.extend(titles_in(finder, beside));
        }
        if !titles.is_empty() {
            jobs.push(Job { months, titles });
        }
    }
    jobs
}

/// The longest line that dates a job, in bytes.
const LINE: usize = 2_000;

/// Whether a line may name a job rather than describe it.
fn may_name(line: &str) -> bool {
    let bullet = line.starts_with(['-', '*', '•', '–', '·', '▪']);
    !bullet && !line.is_empty() && !line.ends_with('.') && is_short(line)
}

fn is_short(text: &str) -> bool {
    text.len() <= LONGEST && text.split_whitespace().count() <= TITLE
}

/// What a line may call a job: what is left of it where its dates and a template's blank fields part it, each part as it
/// is and up to commas and the like; what follows those is an employer unless it begins with a capital. A line without
/// dates is a title only where it describes nothing.
fn titles_in(finder: &FactFinder, line: &str) -> Vec<Title> {
    let dates = finder.dates_in(line);
    if dates.is_empty() && !may_name(line) {
        return Vec::new();
    }
    let starts = std::iter::once(0).chain(dates.iter().map(|date| date.end));
    let ends = dates.iter().map(|date| date.start).chain([line.len()]);
    let parts = starts
        .zip(ends)
        .flat_map(|(start, end)| line[start..end].split(BLANK));
    let parts = parts.flat_map(|part| {
        let first = part.split(PARTING).find(|one| !one.trim().is_empty());
        let each = part.split(PARTING).skip(1).filter(|_| is_short(part));
        let named = each.filter(|one| one.trim_start().starts_with(char::is_uppercase));
        let parts = named.chain([part]).chain(first);
        parts.filter(|part| is_short(part))
    });
    let titles = parts.map(|part| Title::known(finder, part));
    titles.filter(|title| !title.words.is_empty()).collect()
}

/// A field of a template that somebody left as it was.
const BLANK: &str = "Company Name";

/// What stands between a title and the rest of its line.
const PARTING: [char; 7] = [',', '(', ')', '|', '–', '—', ':'];

impl Title {
    pub(super) fn of(title: &str) -> Self {
        let words = words(title).filter(|word| word.kind != WordKind::Sign);
        let words = words.map(|word| word.text.to_lowercase());
        let words = words.filter(|word| {
            let digits = word.chars().all(|c| c.is_ascii_digit());
            !digits && !EMPTY.contains(&word.as_str())
        });
        Self {
            trade: called(title),
            words: words.collect(),
        }
    }

    /// As [`Self::of`], with the words that the acronyms of the finder's skills stand for: "NLP Scientist".
    pub(super) fn known(finder: &FactFinder, title: &str) -> Self {
        let mut read = Self::of(title);
        for named in finder.skills.named(title, true) {
            let written = &title[named.at];
            if written.chars().all(|c| c.is_uppercase()) && named.skill != written {
                read.words.remove(&written.to_lowercase());
                read.words.extend(Self::of(named.skill).words);
            }
        }
        read
    }

    /// Whether someone of one of these titles has done what this one asks: the trade is the same, where both name one;
    /// else most of its words, two thirds of them, are words of that title, whatever their endings ("nursing" and "nurse"):
    /// one word, such as "specialist", is shared by many trades. Any title will do where this one says nothing.
    pub(super) fn is_like(&self, held: &[Self]) -> bool {
        self.words.is_empty() || held.iter().any(|held| self.is_related(held))
    }

    fn is_related(&self, held: &Self) -> bool {
        if let (Some(asked), Some(held)) = (self.trade, held.trade) {
            return asked == held;
        }
        let has = |word: &&String| {
            let mut others = held.words.iter();
            // Who is asked to be a design engineer may have been called designer.
            let does = |other: &String| self.words.contains("engineer") && works_on(other, word);
            held.words.contains(*word) || others.any(|other| same_stem(word, other) || does(other))
        };
        self.words.iter().filter(has).count() * 3 >= self.words.len() * 2
    }
}

/// Whether two words begin with the same letters, four at least, and differ in an ending of at most four; but a thing is
/// not who works on it ("engine" and "engineer", "account" and "accountant").
fn same_stem(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    let common = common.count();
    let longest = one.chars().count().max(other.chars().count());
    common >= 4 && longest - common <= 4 && !works_on(one, other) && !works_on(other, one)
}

/// Whether one word names who works on what the other names.
fn works_on(who: &str, thing: &str) -> bool {
    const WHO: [&str; 6] = ["er", "r", "or", "ant", "ist", "ian"];
    let end = who.strip_prefix(thing);
    end.is_some_and(|end| WHO.contains(&end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Month, sections};

    fn related(asked: &str, held: &[&str]) -> bool {
        let held: Vec<Title> = held.iter().map(|held| Title::of(held)).collect();
        Title::of(asked).is_like(&held)
    }

    #[test]
    fn endings_do_not_matter_and_trades_do() {
        assert!(related("Senior Staff Nurse", &["Nursing assistant"]));
        assert!(related("Search Engineer", &["Engineer for search, Acme"]));
        assert!(related("Accountant", &["Accounting clerk"]));
        assert!(!related("Backend Engineer", &["Civil Engineer, Acme"]));
        assert!(!related(
            "Senior Search Engineer",
            &["Senior Marketing Manager"]
        ));
        assert!(!related("Cook", &["Cashier"]));
    }

    #[test]
    fn acronyms_are_the_words_that_they_stand_for() {
        let finder = FactFinder::new(Month::new(2026, 11).unwrap())
            .with_skills([("search engine optimization".to_owned(), vec!["SEO"])]);
        let asked = Title::known(&finder, "SEO Manager");
        let held = |title: &str| [Title::known(&finder, title)];
        assert!(asked.is_like(&held("Search Engine Optimization Consultant")));
        assert!(asked.is_like(&held("SEO Specialist")));
        assert!(!asked.is_like(&held("Paid Search Manager")));
    }

    #[test]
    fn titles_are_parted_from_dates_and_employers() {
        let finder = FactFinder::new(Month::new(2026, 11).unwrap());
        let named = |asked: &str, line: &str| Title::of(asked).is_like(&titles_in(&finder, line));
        for line in [
            "Head Nurse 03/2011 to 05/2015 Green Valley Clinic",
            "Head Nurse, 03/2011 - 05/2015",
            "03/2011 to 05/2015 Company Name Head Nurse",
            "Green Valley Clinic | Head Nurse",
            "Head Nurse, a ward of thirty beds with patients after operations and accidents, 2011 - 2015",
        ] {
            assert!(named("Staff Nurse", line), "{line}");
        }
        for line in ["Assisted the head nurse.", "- Head Nurse", "2011 - 2015"] {
            assert!(!named("Staff Nurse", line), "{line}");
        }
        assert!(!named(
            "Backend Developer",
            "Site Manager, housing developer"
        ));
    }

    #[test]
    fn a_dated_job_is_called_what_stands_beside_its_dates() {
        let finder = FactFinder::new(Month::new(2026, 11).unwrap());
        let years = |text: &str| {
            let jobs = jobs(&finder, text, &sections(text)).into_iter();
            let nurse = Title::of("Nurse");
            let like = jobs.filter(|job| nurse.is_like(&job.titles));
            crate::facts::years_of(like.map(|job| job.months).collect())
        };
        for text in [
            "Experience\nNurse\nClinic, 01/2010 - 12/2011\n- Dressings\nBaker\nMill, 01/2012 - 12/2019",
            "Experience\n01/2010 - 12/2011\nNurse\n- Dressings\n01/2012 - 12/2019\nBaker\n- Bread",
            "Experience\nNurse, Clinic, 01/2010 - 12/2011\nBaker, Mill, 01/2012 - 12/2019",
        ] {
            assert_eq!(years(text), 2.0, "{text}");
        }
        assert_eq!(years(""), 0.0);
    }

    #[test]
    fn long_lines_take_time_in_proportion() {
        let finder = FactFinder::new(Month::new(2026, 11).unwrap());
        let commas = format!("Experience\n{}", "a,".repeat(100_000));
        assert!(titles(&finder, "", &commas, &sections(&commas)).len() < 10);
        let dates = format!("Experience\n{}", "Cook, 01/2010 - 12/2011 ".repeat(20_000));
        assert!(jobs(&finder, &dates, &sections(&dates)).is_empty());
    }

    #[test]
    fn who_designs_may_be_a_design_engineer() {
        assert!(related(
            "Mechanical Design Engineer",
            &["Mechanical Designer"]
        ));
        assert!(!related("Search Engine Specialist", &["Search Engineer"]));
    }

    #[test]
    fn a_trade_has_many_titles_and_a_title_one_trade() {
        let developer = "Senior Backend Developer, Lucene Platforms";
        assert!(related("Senior Search Engineer", &["Nurse", developer]));
        assert!(!related(
            "Senior Search Engineer",
            &["Search Engine Optimization Consultant"]
        ));
        assert!(!related(
            "Senior Search Engineer",
            &["Paid Search Strategist"]
        ));
        assert!(!related("Account Executive", &["Accountant"]));
        // Words of two jobs are not one title.
        assert!(!related(
            "Search Engineer",
            &["Search consultant", "Civil Engineer"]
        ));
        assert!(related("Senior", &["Cook"]), "nothing is asked");
    }
}
