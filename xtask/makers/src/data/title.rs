//! Job titles: as the role words them, or as the occupation does.

use super::{
    catalog::{Level, Occupation, Role},
    draw::Draw,
    kind::{Cast, Part},
};

/// The title of a job, counted from the latest; `taken` are the titles of later jobs.
pub(crate) fn title_of(
    person: &Cast,
    (occupation, level, index): (&Occupation, Level, usize),
    taken: &[String],
    draw: &mut Draw,
) -> String {
    let role = person.role.filter(|_| occupation.code == person.occ);
    let written: &[String] = match (person.part, role) {
        (Part::Match | Part::Seniority, Some(Role { headlines, .. })) => headlines.at(level),
        (Part::Decoy, Some(role)) if index == 0 => &role.decoy.titles,
        _ => &[],
    };
    let fresh: Vec<&String> = written
        .iter()
        .filter(|title| !taken.contains(title))
        .collect();
    if !fresh.is_empty() {
        return fresh[person.nth % fresh.len()].clone();
    }
    plain_title(occupation, level, taken, draw)
}

fn plain_title(occupation: &Occupation, level: Level, taken: &[String], draw: &mut Draw) -> String {
    let base = |title: &str| taken.iter().any(|other| other.ends_with(title));
    let fresh: Vec<&String> = occupation
        .titles
        .iter()
        .filter(|title| !base(title))
        .collect();
    let title = if fresh.is_empty() {
        draw.pick(&occupation.titles)
    } else {
        *draw.pick(&fresh)
    };
    match level {
        Level::Junior if occupation.ladder => format!("Junior {title}"),
        Level::Senior if occupation.ladder => format!("Senior {title}"),
        Level::Junior | Level::Mid | Level::Senior => title.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::catalog::Catalog, *};

    #[test]
    fn titles_show_the_level_and_do_not_repeat() {
        let catalog = Catalog::load().unwrap();
        let programmer = catalog.occupation("15-1251.00");
        let mut draw = Draw::new(1, 1);
        let mut taken = Vec::new();
        for level in [Level::Senior, Level::Mid, Level::Junior] {
            taken.push(plain_title(programmer, level, &taken, &mut draw));
        }
        assert!(
            taken[0].starts_with("Senior ") && taken[2].starts_with("Junior "),
            "{taken:?}"
        );
        let bases = taken
            .iter()
            .map(|title| title.replace("Senior ", "").replace("Junior ", ""));
        assert_eq!(
            bases.collect::<std::collections::BTreeSet<_>>().len(),
            3,
            "{taken:?}"
        );
    }
}
