//! Years of work.

use std::ops::Range;

use ranker_core::{Fact, TimeOf, durations};

use super::dates::{Month, Period, periods};
use super::tokens::tokens;
use super::{FoundFact, fact_names};
use crate::sections::{Section, SectionKind};

/// More than this is no working life.
const MOST: f64 = 60.0;

/// Years of work, from the dates of jobs if there are any, else as the text states them.
pub(super) fn find(text: &str, sections: &[Section], today: Month) -> Option<FoundFact> {
    dated(text, sections, today).or_else(|| stated(text, sections))
}

fn fact(years: f64, place: Range<usize>, confidence: f32) -> FoundFact {
    FoundFact {
        name: fact_names::YEARS,
        fact: Fact::Number(years),
        place,
        confidence,
    }
}

/// The months of all jobs, each counted once.
fn dated(text: &str, sections: &[Section], today: Month) -> Option<FoundFact> {
    let worked = worked(text, sections, today);
    let place = worked.first()?.place.clone();
    let years = years_of(worked.into_iter().map(|job| job.months).collect());
    let confidence = if has_jobs(sections) { 0.9 } else { 0.6 };
    Some(fact(years, place, confidence))
}

fn has_jobs(sections: &[Section]) -> bool {
    let mut kinds = sections.iter().map(|section| section.kind);
    kinds.any(|kind| kind == SectionKind::Experience)
}

/// The dated jobs, each with the place of its dates in the text.
pub(crate) fn worked(text: &str, sections: &[Section], today: Month) -> Vec<Period> {
    let has_jobs = has_jobs(sections);
    let is_work = |section: &&Section| match section.kind {
        SectionKind::Experience => true,
        SectionKind::Head | SectionKind::Summary | SectionKind::Projects => !has_jobs,
        _ => false,
    };
    let schools = if has_jobs { &[][..] } else { &SCHOOLS };
    let tells_of_other = |line: &str| {
        let line = line.to_lowercase();
        let mut other = BREAKS.iter().chain(schools);
        other.any(|word| line.contains(word))
    };
    let mut worked = Vec::new();
    for section in sections.iter().filter(is_work) {
        let body = &text[section.body.clone()];
        // Each line is read once, however many dates it has.
        let (mut line, mut is_other) = (0..0, false);
        for period in periods(&tokens(body), today) {
            if !line.contains(&period.place.start) {
                line = line_of(body, period.place.start);
                is_other = tells_of_other(&body[line.clone()]);
            }
            if !is_other {
                let start = section.body.start;
                worked.push(Period {
                    months: period.months,
                    place: start + period.place.start..start + period.place.end,
                });
            }
        }
    }
    worked
}

/// The years that lie in any of the ranges of months, to one decimal.
pub(crate) fn years_of(ranges: Vec<Range<u32>>) -> f64 {
    let years = f64::from(merged(ranges)) / 12.0;
    ((years * 10.0).round() / 10.0).min(MOST)
}

/// What a dated line tells of that is no job, under any heading.
const BREAKS: [&str; 9] = [
    "parental leave",
    "career break",
    "sabbatical",
    "elternzeit",
    "maternity leave",
    "congé parental",
    "excedencia",
    "congedo parentale",
    "ouderschapsverlof",
];

/// What a dated line tells of that is no job where no heading says that it is: people work at schools, too.
const SCHOOLS: [&str; 11] = [
    "universit",
    "bachelor",
    "master",
    "b.sc",
    "m.sc",
    "diploma",
    "school",
    "studium",
    "hochschule",
    "licenciatura",
    "lycée",
];

/// The line that this byte stands in.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |found| found + 1);
    let end = text[at..].find('\n');
    start..end.map_or(text.len(), |found| at + found)
}

/// How many months lie in any of the ranges.
fn merged(mut ranges: Vec<Range<u32>>) -> u32 {
    ranges.sort_by_key(|range| range.start);
    let mut months = 0;
    let mut reached = 0;
    for range in ranges {
        months += range.end.saturating_sub(range.start.max(reached));
        reached = reached.max(range.end);
    }
    months
}

/// The most years that the text claims.
fn stated(text: &str, sections: &[Section]) -> Option<FoundFact> {
    let mut best: Option<FoundFact> = None;
    for section in sections {
        // Where nothing else is told than who someone is, years need not say that they are of work.
        let alone = match section.kind {
            SectionKind::Head | SectionKind::Summary => true,
            SectionKind::Experience | SectionKind::Other => false,
            _ => continue,
        };
        for found in durations(&text[section.body.clone()]) {
            let of_work = match found.of {
                TimeOf::Experience => true,
                TimeOf::Unsaid => alone,
                TimeOf::Other => false,
            };
            let years = (found.years * 10.0).round() / 10.0;
            let more = |best: &FoundFact| best.fact.number() < Some(years);
            let counts = of_work && years > 0.0 && years <= MOST;
            if counts && best.as_ref().is_none_or(more) {
                let start = section.body.start;
                let place = start + found.at.start..start + found.at.end;
                best = Some(fact(years, place, 0.7));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::sections;

    fn years(text: &str) -> Option<f64> {
        let today = Month::new(2026, 11).unwrap();
        let found = find(text, &sections(text), today)?;
        assert!(!text[found.place].is_empty());
        found.fact.number()
    }

    #[test]
    fn jobs_are_added_up_and_overlaps_counted_once() {
        assert_eq!(
            years("Experience\nA, 01/2010 - 12/2013\nB, 01/2012 - 12/2015\nC, 01/2020 - 12/2020"),
            Some(7.0)
        );
        let schooled = "Education\n2000 - 2005 University\nExperience\nEngineer, 2011 – present\n2008 - 2009 parental leave";
        assert_eq!(years(schooled), Some(15.4));
        assert_eq!(
            years(
                "Experience\nNurse, University Hospital, 01/2010 - 12/2013\nTeacher, High School, 2014-01 - 2015-12"
            ),
            Some(6.0)
        );
        assert_eq!(years("Ana\nBSc, University of Bern, 2001 - 2005"), None);
        assert_eq!(years("Rust Engineer, since 2025"), Some(1.4));
        assert_eq!(years("Education\nBSc, 2001 - 2005"), None);
    }

    #[test]
    fn claims_count_where_there_are_no_dates() {
        for (text, expected) in [
            (
                "Experience\nRust Engineer, twelve years of experience",
                Some(12.0),
            ),
            ("Engineer with 8+ years in search", Some(8.0)),
            ("Ingenieur mit sieben Jahren Erfahrung", Some(7.0)),
            ("2.5 years of experience", Some(2.5)),
            ("Profile\nHas worked in data for 16 years.", Some(16.0)),
            ("Engineer with twenty-five years of experience", Some(25.0)),
            (
                "Ingénieur, une dizaine de projets, 3 ans et demi d'expérience",
                Some(3.5),
            ),
            ("Ingeniero con 18 meses de experiencia", Some(1.5)),
            ("Over two decades in search", Some(20.0)),
            ("45 years old", None),
            ("Rust in the last 3 years", None),
            ("Experience\nRan the plant's 20 years plan", None),
            ("Profile\nOne year in kitchens", Some(1.0)),
        ] {
            assert_eq!(years(text), expected, "{text}");
        }
    }
}
