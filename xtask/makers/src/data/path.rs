//! The path of a career: how long each job lasted, and in which occupation it was.

use super::{
    career::{NOW, Source, leads},
    catalog::{Level, Occupation},
    draw::Draw,
    kind::Cast,
    profile::field_of,
};

/// A stretch of the career before titles and lines are known.
pub(crate) struct Stage<'a> {
    pub(crate) occupation: &'a Occupation,
    pub(crate) start: usize,
    pub(crate) end: Option<usize>,
    pub(crate) level: Level,
}

impl<'a> Source<'a> {
    /// Spans of time, latest first, the earliest perhaps in a related occupation.
    pub(crate) fn stages(&self, person: &Cast<'a>, draw: &mut Draw) -> Vec<Stage<'a>> {
        let own = months(person, draw);
        let mut lengths = split(own, draw);
        let before = self.before(person, draw);
        lengths.extend(before.map(|_| draw.between(10, 30)));
        let last = if draw.percent(80) {
            None
        } else {
            Some(NOW - draw.between(1, 4))
        };
        let mut end = last;
        let mut left = own;
        let count = lengths.len();
        let mut stages = Vec::new();
        for (index, length) in lengths.into_iter().enumerate() {
            let start = end.unwrap_or(NOW) + 1 - length;
            let earlier = before.filter(|_| index + 1 == count);
            let middle = left.saturating_sub(length / 2);
            left = left.saturating_sub(length);
            stages.push(Stage {
                occupation: earlier.unwrap_or(self.catalog.occupation(person.occ)),
                start,
                end,
                level: level_after(if earlier.is_some() {
                    length / 2
                } else {
                    middle
                }),
            });
            end = Some(start - 1 - draw.below(3));
        }
        stages
    }

    /// An occupation that one may come from: related, no higher, in the same field.
    fn before(&self, person: &Cast<'a>, draw: &mut Draw) -> Option<&'a Occupation> {
        let wanted = person.level != Level::Junior && draw.percent(45);
        let zone = |code: &str| self.tables.zones.get(code).copied().unwrap_or(3);
        let own = self.catalog.occupation(person.occ);
        let related = self
            .tables
            .related
            .get(person.occ)
            .map_or(&[][..], Vec::as_slice);
        let fits = |occupation: &&Occupation| {
            field_of(occupation).0 == field_of(own).0
                && zone(&occupation.code) <= zone(person.occ)
                && (leads(person.occ) || !leads(&occupation.code))
        };
        let found: Vec<&Occupation> = related
            .iter()
            .filter_map(|code| self.catalog.occupations.get(code))
            .filter(fits)
            .collect();
        (wanted && !found.is_empty()).then(|| *draw.pick(&found))
    }
}

/// Months worked in the person's own occupation.
fn months(person: &Cast, draw: &mut Draw) -> usize {
    let needed = person
        .role
        .filter(|role| role.level == person.level)
        .map_or(0, |role| role.years);
    let senior_job = person.role.is_some_and(|role| role.level == Level::Senior);
    let years = match person.level {
        Level::Junior => draw.between(1, 2),
        Level::Mid => draw.between(needed.max(3), if senior_job { 4 } else { 7 }),
        Level::Senior => draw.between(needed.max(8), 15),
    };
    years * 12 + draw.below(10)
}

/// Lengths of jobs that add up to `months`, latest first.
fn split(months: usize, draw: &mut Draw) -> Vec<usize> {
    let jobs = match months {
        0..24 => 1,
        24..40 => draw.between(1, 2),
        40..84 => 2,
        84..110 => draw.between(2, 3),
        _ => 3,
    };
    let mut left = months;
    let mut lengths = Vec::new();
    for rest in (1..jobs).rev() {
        let even = left / (rest + 1);
        let length = draw.between(even * 3 / 4, even * 5 / 4);
        lengths.push(length);
        left -= length;
    }
    lengths.push(left);
    lengths
}

/// The level of a job whose middle lies `months` into the career.
fn level_after(months: usize) -> Level {
    match months {
        0..16 => Level::Junior,
        16..72 => Level::Mid,
        _ => Level::Senior,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_keeps_the_sum() {
        let mut draw = Draw::new(9, 0);
        for months in 12..190 {
            let lengths = split(months, &mut draw);
            assert_eq!(lengths.iter().sum::<usize>(), months);
            assert!(lengths.iter().all(|length| *length >= 8), "{lengths:?}");
        }
    }
}
