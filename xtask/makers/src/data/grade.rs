//! The planted answers: which person suits which job, and simulated preferences drawn from that.

use serde::Serialize;

use super::{
    catalog::Role,
    draw::Draw,
    kind::{Cast, Part},
};

/// How many preferences are simulated, and how many of a hundred point the wrong way.
const PREFERENCES: usize = 150;
const NOISE: usize = 10;

/// The planted grade of `person` for `role`: 3 (occupation, seniority and skills are right),
/// 2 (wrong seniority, or half of the skills), 1 (closely related occupation), 0 (a decoy), or
/// `None` (unrelated; not in the file).
pub(crate) fn grade(role: &Role, person: &Cast) -> Option<u8> {
    let own = person.role.is_some_and(|planted| planted.id == role.id);
    let also = person.role.filter(|_| person.part == Part::Decoy);
    match person.part {
        Part::Match if own => Some(3),
        Part::Seniority | Part::Half if own => Some(2),
        Part::Decoy if own => Some(0),
        Part::Match | Part::Seniority | Part::Half | Part::Near | Part::Decoy | Part::Other => {
            let granted = also.and_then(|planted| planted.decoy.also.get(&role.id).copied());
            let related = person.occ == role.occ || role.near.iter().any(|code| code == person.occ);
            granted.or(related.then_some(1))
        }
    }
}

/// One line of `preferences.jsonl`.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Preference {
    pub(crate) job: String,
    pub(crate) preferred: String,
    pub(crate) other: String,
}

/// Grades of everybody for one job.
pub(crate) struct Judged {
    pub(crate) job: String,
    /// Ids and grades; ungraded people are 0 here.
    pub(crate) people: Vec<(String, u8)>,
}

/// Draws pairs of different grades; the higher grade is preferred but for some noise.
pub(crate) fn preferences(judged: &[Judged], draw: &mut Draw) -> Vec<Preference> {
    let mut all = Vec::with_capacity(PREFERENCES);
    while all.len() < PREFERENCES {
        let Judged { job, people } = &judged[all.len() % judged.len()];
        let graded: Vec<&(String, u8)> = people.iter().filter(|(_, grade)| *grade > 0).collect();
        let first = *draw.pick(&graded);
        let second = if draw.percent(70) {
            *draw.pick(&graded)
        } else {
            draw.pick(people)
        };
        if first.1 == second.1 {
            continue;
        }
        let (better, worse) = if first.1 > second.1 {
            (first, second)
        } else {
            (second, first)
        };
        let (preferred, other) = if draw.percent(NOISE) {
            (worse, better)
        } else {
            (better, worse)
        };
        all.push(Preference {
            job: job.clone(),
            preferred: preferred.0.clone(),
            other: other.0.clone(),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{
        super::{catalog::Catalog, kind::cast},
        *,
    };

    #[test]
    fn every_job_has_people_of_every_grade() {
        let catalog = Catalog::load().unwrap();
        let people = cast(&catalog, 27);
        assert_eq!(people.len(), 400);
        for role in &catalog.roles {
            let count = |wanted| {
                people
                    .iter()
                    .filter(|p| grade(role, p) == Some(wanted))
                    .count()
            };
            assert!(
                count(3) == 4 && count(2) >= 4 && count(1) >= 2 && count(0) >= 2,
                "{}",
                role.id
            );
        }
    }

    #[test]
    fn preferences_mostly_follow_the_grades() {
        let people = (0..9)
            .map(|n| (format!("p-{n}"), n % 4))
            .collect::<Vec<_>>();
        let judged = [Judged {
            job: "j-1".into(),
            people: people.clone(),
        }];
        let grade_of = |id: &str| people.iter().find(|(other, _)| other == id).unwrap().1;
        let all = preferences(&judged, &mut Draw::new(1, 1));
        let right = all
            .iter()
            .filter(|p| grade_of(&p.preferred) > grade_of(&p.other))
            .count();
        assert!(
            all.len() == PREFERENCES && right > 120 && right < 150,
            "{right}"
        );
    }
}
