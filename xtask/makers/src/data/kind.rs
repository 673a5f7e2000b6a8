//! Who is to be made: so many people for every role, so many beside it, and the rest elsewhere.

use std::collections::BTreeSet;

use super::{
    catalog::{Catalog, Level, Role},
    draw::Draw,
};

/// Why a person is in the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Right occupation, seniority and skills.
    Match,
    /// Right occupation and skills, wrong seniority.
    Seniority,
    /// Right occupation and seniority, half of the skills.
    Half,
    /// A closely related occupation.
    Near,
    /// Another field that uses the words of the job.
    Decoy,
    /// Anything else.
    Other,
}

/// One person to be made.
#[derive(Debug)]
pub(crate) struct Cast<'a> {
    pub(crate) part: Part,
    /// The role the person is planted for, if any.
    pub(crate) role: Option<&'a Role>,
    pub(crate) occ: &'a str,
    pub(crate) level: Level,
    /// Counts people of the same part and role.
    pub(crate) nth: usize,
}

const MATCHES: usize = 4;
const WRONG_LEVELS: usize = 2;
const HALVES: usize = 2;
const DECOYS: usize = 2;
const PEOPLE: usize = 400;

/// Everybody, role by role.
pub(crate) fn cast<'a>(catalog: &'a Catalog, seed: u64) -> Vec<Cast<'a>> {
    let mut draw = Draw::new(seed, 1);
    let mut people: Vec<Cast<'a>> = catalog.roles.iter().flat_map(planted).collect();
    people.extend(
        catalog
            .roles
            .iter()
            .flat_map(|role| beside(role, &mut draw)),
    );
    let taken: BTreeSet<&str> = catalog.roles.iter().map(|role| role.occ.as_str()).collect();
    let free: Vec<&str> = catalog
        .occupations
        .keys()
        .map(String::as_str)
        .filter(|code| !taken.contains(code))
        .collect();
    let missing = PEOPLE.saturating_sub(people.len());
    people.extend((0..missing).map(|nth| Cast {
        part: Part::Other,
        role: None,
        occ: free[nth % free.len()],
        level: any_level(&mut draw),
        nth,
    }));
    people
}

fn planted(role: &Role) -> impl Iterator<Item = Cast<'_>> {
    let person = |part, level, nth| Cast {
        part,
        role: Some(role),
        occ: &role.occ,
        level,
        nth,
    };
    let matches = (0..MATCHES).map(move |nth| person(Part::Match, role.level, nth));
    let others = other_levels(role.level);
    let levels = (0..WRONG_LEVELS).map(move |nth| person(Part::Seniority, others[nth % 2], nth));
    let halves = (0..HALVES).map(move |nth| person(Part::Half, role.level, nth));
    matches.chain(levels).chain(halves)
}

fn beside<'a>(role: &'a Role, draw: &mut Draw) -> Vec<Cast<'a>> {
    let near = role
        .near
        .iter()
        .enumerate()
        .map(|(nth, occ)| (Part::Near, occ, nth));
    let decoys = (0..DECOYS).map(|nth| (Part::Decoy, &role.decoy.occ, nth));
    let person = |(part, occ, nth): (Part, &'a String, usize)| {
        let level = if part == Part::Decoy {
            Level::Mid
        } else {
            any_level(draw)
        };
        Cast {
            part,
            role: Some(role),
            occ,
            level,
            nth,
        }
    };
    near.chain(decoys).map(person).collect()
}

fn other_levels(level: Level) -> [Level; 2] {
    match level {
        Level::Junior => [Level::Mid, Level::Senior],
        Level::Mid => [Level::Junior, Level::Senior],
        Level::Senior => [Level::Mid, Level::Junior],
    }
}

fn any_level(draw: &mut Draw) -> Level {
    *draw.pick(&[Level::Junior, Level::Mid, Level::Mid, Level::Senior])
}
