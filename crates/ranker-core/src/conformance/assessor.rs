//! The contract of [`Assessor`].

use super::{Violation, check};
use crate::{Assessment, Assessor, JobDescription, Profile};

/// Checks that an assessor keeps the contract of [`Assessor`] for a job and profiles of the caller's; two profiles or
/// more show most.
///
/// # Errors
///
/// The first [`Violation`] found.
pub fn assessor(
    assessor: &dyn Assessor,
    job: &JobDescription,
    profiles: &[&Profile],
) -> Result<(), Violation> {
    let contract = "one list of verdicts a profile, in the same order";
    let assess = |profiles: &[&Profile]| {
        let assessed = assessor.assess(job, profiles);
        assessed.map_err(|error| Violation::failed(contract, error))
    };
    let together = assess(profiles)?;
    check(contract, together.len() == profiles.len(), || {
        format!("{} lists for {} profiles", together.len(), profiles.len())
    })?;
    check(contract, assess(&[])?.is_empty(), || {
        "verdicts on nobody".to_owned()
    })?;
    for (profile, assessed) in profiles.iter().zip(&together) {
        let alone = assess(&[profile])?;
        let same = alone.first() == Some(assessed);
        check(
            "a verdict is of one profile, whoever is assessed with it",
            same,
            || format!("{}: {assessed:?}, and alone {alone:?}", profile.id()),
        )?;
        check_places(job, profile, assessed)?;
    }
    let asked = |list: &[Assessment]| -> Vec<_> {
        list.iter().map(|one| one.requirement.clone()).collect()
    };
    let first = together.first().map(|list| asked(list)).unwrap_or_default();
    let alike = together.iter().all(|list| asked(list) == first);
    check(
        "the same requirements in the same order for everybody",
        alike,
        || format!("{together:?}"),
    )
}

/// Places and passages are byte ranges of their texts, and a verdict is as sure as a share can be.
fn check_places(
    job: &JobDescription,
    profile: &Profile,
    assessed: &[Assessment],
) -> Result<(), Violation> {
    for one in assessed {
        let place = one.requirement.place.clone();
        let place = place.is_none_or(|place| job.text().get(place).is_some());
        let passage = one.passage.clone();
        let passage = passage.is_none_or(|passage| profile.text().get(passage).is_some());
        check(
            "places are byte ranges of their texts",
            place && passage,
            || format!("{}: {one:?}", profile.id()),
        )?;
        let sure = (0.0..=1.0).contains(&one.confidence);
        check("the confidence lies in 0..=1", sure, || format!("{one:?}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Asked, Demand, ExplainError, Requirement, Verdict};

    /// What an assessor may do wrong.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fault {
        None,
        ForgetsOne,
        AsksOnlyTheFirst,
        PointsBeyondTheText,
        IsTooSure,
        MindsTheOthers,
    }

    impl Assessor for Fault {
        fn assess(
            &self,
            job: &JobDescription,
            profiles: &[&Profile],
        ) -> Result<Vec<Vec<Assessment>>, ExplainError> {
            let place = match self {
                Self::PointsBeyondTheText => 0..job.text().len() + 1,
                _ => 0..job.text().len(),
            };
            let one = |at: usize| {
                let requirement = Requirement::new(Asked::Years(2.0), Demand::Required);
                let others = *self == Self::MindsTheOthers && profiles.len() > 1;
                let verdict = if others {
                    Verdict::Missing
                } else {
                    Verdict::Met
                };
                let mut one = Assessment::new(requirement.at(place.clone()), verdict, "");
                one.confidence = if *self == Self::IsTooSure { 1.5 } else { 1.0 };
                match self {
                    Self::AsksOnlyTheFirst if at > 0 => Vec::new(),
                    _ => vec![one],
                }
            };
            let forgotten = usize::from(*self == Self::ForgetsOne);
            Ok((0..profiles.len().saturating_sub(forgotten))
                .map(one)
                .collect())
        }
    }

    #[test]
    fn each_fault_is_found() {
        let job = JobDescription::new("Two years of work").unwrap();
        let people = ["a", "b"].map(|id| Profile::new(id, "Nurse").unwrap());
        let people: Vec<&Profile> = people.iter().collect();
        assert!(assessor(&Fault::None, &job, &people).is_ok());
        for fault in [
            Fault::ForgetsOne,
            Fault::AsksOnlyTheFirst,
            Fault::PointsBeyondTheText,
            Fault::IsTooSure,
            Fault::MindsTheOthers,
        ] {
            assert!(assessor(&fault, &job, &people).is_err(), "{fault:?}");
        }
    }
}
