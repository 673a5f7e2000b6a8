//! The smallest changes that reach a place, against every set of changes.

use std::convert::Infallible;

use expect_test::expect;
use proptest::prelude::*;
use ranker_core::{
    Asked, Assessment, Demand, Fact, Facts, Filter, JobDescription, Profile, Requirement, Score,
    Verdict,
};
use ranker_xai::changes::{
    Change, ChangeNames, Goal, Lever, Reached, SmallestChanges, levers, smallest_changes,
};

fn years(to: u32) -> Change {
    Change::Years {
        from: Some(0.0),
        to: f64::from(to),
    }
}

/// Two years to gain, a skill or another, and a language.
fn three_levers() -> Vec<Lever> {
    let skills = ["a", "b"].map(|skill| Change::Skill(skill.to_owned()));
    vec![
        Lever(vec![years(1), years(2)]),
        Lever(skills.to_vec()),
        Lever(vec![Change::Language("c".to_owned())]),
    ]
}

/// One weight a change, in the order of levers and options.
fn weight(change: &Change, weights: &[i32; 5]) -> i32 {
    match change {
        Change::Years { to, .. } => weights[if *to == 1.0 { 0 } else { 1 }],
        Change::Skill(skill) => weights[if skill == "a" { 2 } else { 3 }],
        _ => weights[4],
    }
}

/// Every set of changes, by going through all options of each lever, none among them.
fn all_sets(levers: &[Lever]) -> Vec<Vec<Change>> {
    let mut sets = vec![Vec::new()];
    for lever in levers {
        let options = lever.0.iter().map(Some).chain([None]);
        let longer = options.flat_map(|option| {
            let with = |set: &Vec<Change>| set.iter().chain(option).cloned().collect();
            sets.iter().map(with).collect::<Vec<Vec<Change>>>()
        });
        sets = longer.collect();
    }
    sets
}

/// A place from the sum of the weights, and of each pair of changes an interaction.
fn place(set: &[Change], weights: &[i32; 5], together: i32) -> usize {
    let sum: i32 = set.iter().map(|change| weight(change, weights)).sum();
    let pairs = if set.len() > 1 { together } else { 0 };
    usize::try_from((10 - sum - pairs).max(1)).unwrap()
}

fn found(goal: &Goal, weights: &[i32; 5], together: i32) -> SmallestChanges {
    let verify = |sets: &[Vec<Change>]| {
        let reached = |set: &Vec<Change>| {
            let place = place(set, weights, together);
            let score = Score::default();
            Some(Reached { place, score })
        };
        Ok::<_, Infallible>(sets.iter().map(reached).collect())
    };
    smallest_changes(&three_levers(), goal, verify).unwrap()
}

proptest! {
    /// Whatever the weights, also where a change does harm: what is found is valid, nothing smaller is, and every
    /// way of that size is found or made needless by a smaller step.
    #[test]
    fn what_is_found_is_valid_and_smallest(
        weights in prop::array::uniform5(-4..6_i32),
        together in -3..4_i32,
        goal in 1..12_usize,
    ) {
        let answer = found(&Goal::place(goal), &weights, together);
        let reaches = |set: &Vec<Change>| place(set, &weights, together) <= goal;
        let all = all_sets(&three_levers());
        let least = all.iter().filter(|set| reaches(set)).map(Vec::len).min();
        prop_assert_eq!(answer.ways.first().map(|way| way.changes.len()), least);
        for way in &answer.ways {
            prop_assert!(reaches(&way.changes));
            prop_assert_eq!(way.changes.len(), least.unwrap());
            prop_assert_eq!(way.reached.place, place(&way.changes, &weights, together));
        }
        let of_least = all.iter().filter(|set| Some(set.len()) == least && reaches(set));
        for set in of_least {
            let is_told = answer.ways.iter().any(|way| way.changes == *set);
            let two_years = set.contains(&years(2));
            let one_year = answer.ways.iter().any(|way| {
                way.changes.contains(&years(1)) && kinds(&way.changes) == kinds(set)
            });
            prop_assert!(is_told || (two_years && one_year), "{set:?} {answer:?}");
            prop_assert!(!(is_told && two_years && one_year), "needless: {set:?}");
        }
    }
}

/// Which facts a set changes.
fn kinds(set: &[Change]) -> Vec<std::mem::Discriminant<Change>> {
    set.iter().map(std::mem::discriminant).collect()
}

#[test]
fn a_size_is_tried_whole_or_not_at_all() {
    let never = [0; 5];
    let tried = |goal: Goal| {
        let answer = found(&goal, &never, 0);
        assert!(answer.ways.is_empty());
        (answer.tried, answer.complete_to)
    };
    // 1 unchanged, 5 single ones, 2·2 + 2 + 2 pairs, 4 of three.
    assert_eq!(tried(Goal::place(1)), (18, Some(3)));
    assert_eq!(
        tried(Goal::place(1).with_most_evaluations(17)),
        (14, Some(2))
    );
    assert_eq!(tried(Goal::place(1).with_most_evaluations(5)), (1, Some(0)));
    assert_eq!(tried(Goal::place(1).with_most_evaluations(0)), (0, None));
    assert_eq!(tried(Goal::place(1).with_most_changes(1)), (6, Some(1)));
}

#[test]
fn levers_are_what_the_job_asks_of_work_and_nothing_else() {
    let hidden = Filter::at_most("age", 40.0).and(Filter::any_of("gender", ["f"]));
    let permit = Filter::flag("work_permit", true).and(Filter::any_of("location", ["Bern"]));
    let named =
        Filter::all_of("skills", ["Rust", "Go"]).and(Filter::any_of("languages", ["german"]));
    let job = JobDescription::new("Search. At least 4 years of experience.").unwrap();
    let job = job.with_title("Senior Engineer");
    let job = job.with_filter(hidden.and(permit).and(named));
    let profile = Profile::new("p", "Engineer")
        .unwrap()
        .with_title("Junior Engineer");
    let profile = profile
        .with_fact("years_experience", Fact::Number(1.5))
        .unwrap();
    let profile = profile
        .with_fact("skills", Fact::keywords(["Rust"]))
        .unwrap();
    let degree = Requirement::new(Asked::Degree("master".to_owned()), Demand::Required);
    let java = Requirement::new(Asked::Skills(["Java".to_owned()].into()), Demand::Required);
    let place = Requirement::new(
        Asked::Fact("work_permit is true".to_owned()),
        Demand::Required,
    );
    let php = Requirement::new(Asked::Skills(["PHP".to_owned()].into()), Demand::Excluded);
    let verdicts = [
        Assessment::new(degree, Verdict::NotSaid, ""),
        Assessment::new(java, Verdict::Contradicted, "says that it has no Java"),
        Assessment::new(place, Verdict::Missing, ""),
        Assessment::new(php, Verdict::Missing, ""),
    ];
    let found = levers(&job, &profile, &verdicts, &ChangeNames::default());
    let told = found.iter().map(|lever| {
        let changes: Vec<String> = lever.0.iter().map(Change::to_string).collect();
        changes.join(" | ") + "\n"
    });
    expect![[r#"
        degree: not known → master
        skill: + golang
        language: + german
        years of work: 1.5 → 2 | years of work: 1.5 → 3 | years of work: 1.5 → 4
        title: Junior Engineer → Senior Engineer
    "#]]
    .assert_eq(&told.collect::<String>());
}

#[test]
fn changes_are_applied_and_said() {
    let mut facts = Facts::new();
    facts.insert("skills", Fact::keywords(["Rust"])).unwrap();
    let degree = Change::Degree {
        from: None,
        to: "master".to_owned(),
    };
    let changes = [years(1), Change::Skill("Go".to_owned()), degree];
    let names = ChangeNames::default();
    for change in &changes {
        change.apply(&mut facts, &names).unwrap();
    }
    let told: Vec<String> = facts
        .iter()
        .map(|(name, fact)| format!("{name}: {fact}"))
        .collect();
    assert_eq!(
        told,
        [
            "education: master",
            "skills: go, rust",
            "years_experience: 1"
        ]
    );
    let said: Vec<String> = changes.iter().map(Change::sentence).collect();
    assert_eq!(
        said,
        [
            "1 year of experience.",
            "Skills: Go.",
            "Education: master's degree."
        ]
    );
}

#[test]
fn an_answer_says_what_it_means() {
    let answer = found(&Goal::place(6), &[1, 4, 2, 4, 4], 0);
    expect![[r#"
        To reach place 6 (6 scored), the smallest changes:
          skill: + b: place 6, score 0.000
          language: + c: place 6, score 0.000
          years of work: 0 → 2: place 6, score 0.000
        Each was scored anew in the same list: the facts as changed, and a sentence added to what is read of the profile that says so. The rest of the text and its keyword score stay as they are, and so does everybody else. It tells what this ranking rests on, and is no advice to state what is not so.
    "#]].assert_eq(&answer.to_string());
    let none = found(&Goal::place(1), &[0; 5], 0);
    expect![[r#"
        No set of at most 3 changes of the 3 job-related facts that are asked and not met reaches place 1 (18 scored).
    "#]].assert_eq(&none.to_string());
}
