//! Why one stands above another, why somebody is not among the first, and what would change it.

use std::sync::Arc;

use ranker::core::{
    Asked, Assessment, Assessor, Demand, ExplainError, Explanation, FeatureExtractor, Part,
    Requirement, Verdict,
};
use ranker::retrieve::ProfileIndex;
use ranker::score::{Features, Passages};
use ranker::xai::changes::{Change, Goal, SmallestChanges};
use ranker::xai::{Language, PlainWords};
use ranker::{
    CandidateId, Error, Fact, Filter, JobDescription, Obstacle, Profile, Ranker, Ranking, Score,
};

use crate::fakes::{FakeEmbedder, ids_only, job, profiles, store};

fn id(id: &str) -> CandidateId {
    CandidateId::new(id).unwrap()
}

/// Sixty profiles, of whom twenty are scored and five shown.
fn few_of_many() -> Ranker {
    let index = ProfileIndex::embed(profiles(60), &FakeEmbedder).unwrap();
    let ranker = Ranker::builder(FakeEmbedder, index).top_k(5).candidates(20);
    ranker.build().unwrap()
}

fn ranked(ranker: &Ranker, job: &JobDescription) -> Ranking {
    pollster::block_on(ranker.rank(job)).unwrap()
}

#[test]
fn differences_sum_to_the_difference_of_the_scores() {
    let ranker = few_of_many();
    let ranking = ranked(&ranker, &job());
    let [first, last] = [0, 4].map(|at| &ranking.as_slice()[at]);
    let contrast = ranker.contrast(&ranking, last.id(), first.id());
    let contrast = pollster::block_on(contrast).unwrap();
    assert_eq!(
        (&contrast.ids().above, &contrast.ids().below),
        (first.id(), last.id())
    );
    let adds = contrast.differences().iter().map(|one| one.adds());
    let gap = first.score.get() - last.score.get();
    assert!((contrast.base() + adds.sum::<f64>() - gap).abs() < 1e-6);
    let stranger = id("nobody");
    let refused = pollster::block_on(ranker.contrast(&ranking, first.id(), &stranger));
    assert!(matches!(refused, Err(Error::NotRanked { places: 5, .. })));
}

/// What keeps a candidate from the first three.
fn obstacle(ranker: &Ranker, of: &str) -> Result<Obstacle, Error> {
    let ranking = ranked(ranker, &job());
    let why = pollster::block_on(ranker.why_not(&ranking, &id(of), 3))?;
    assert_eq!(why.id, id(of));
    assert!(why.to_string().contains(of));
    Ok(why.obstacle)
}

#[test]
fn what_stands_in_the_way_is_told() {
    let ranker = few_of_many();
    let ranking = ranked(&ranker, &job());
    let of = |of: &str| obstacle(&ranker, of).unwrap();
    let shown: Vec<&str> = ranking.iter().map(|one| one.id().as_str()).collect();
    assert_eq!(of(shown[1]), Obstacle::Nothing { place: 2 });
    let Obstacle::Score { place: 5, contrast } = of(shown[4]) else {
        panic!("the score stands in the way of {}", shown[4]);
    };
    assert_eq!(contrast.ids().above.as_str(), shown[2]);

    // The sixth engineer is scored and not shown; most nurses are not scored.
    let engineers = ["p0000", "p0010", "p0020", "p0030", "p0040", "p0050"];
    let sixth = engineers.into_iter().find(|one| !shown.contains(one));
    let why = of(sixth.unwrap());
    assert!(matches!(why, Obstacle::Score { place: 6, .. }), "{why}");
    let everybody = (0..60).map(|at| format!("p{at:04}"));
    let beyond = everybody.map(|one| of(&one)).filter_map(|why| match why {
        Obstacle::Retrieval {
            place,
            scored,
            legs,
        } => Some((place.unwrap(), scored, legs)),
        _ => None,
    });
    let beyond: Vec<_> = beyond.collect();
    let mut places: Vec<usize> = beyond.iter().map(|(place, _, _)| *place).collect();
    places.sort_unstable();
    assert!(places.iter().copied().eq(21..=60), "{places:?}");
    for (_, scored, legs) in beyond {
        assert!(scored == 20 && legs.iter().any(|leg| &*leg.leg == "dense"));
    }
}

#[test]
fn the_condition_that_leaves_somebody_out_is_told_and_a_missing_fact() {
    let filter = Filter::at_least("years", 30.0).and(Filter::flag("permit", true));
    let ranker = few_of_many();
    let asked = Filter::at_least("years", 30.0);
    let ranking = ranked(&ranker, &job().with_filter(asked));
    let why = pollster::block_on(ranker.why_not(&ranking, &id("p0010"), 1)).unwrap();
    assert_eq!(
        why.to_string(),
        "p0010 is not among the first 1: the job's filter asks years of at least 30 (years is 10)"
    );
    let person = |id: &str, facts: &[(&str, Fact)]| {
        let profile = Profile::new(id, "Rust engineer").unwrap();
        let with = |profile: Profile, (name, fact): &(&str, Fact)| {
            profile.with_fact(*name, fact.clone()).unwrap()
        };
        facts.iter().fold(profile, with)
    };
    let years = ("years", Fact::integer(40));
    let people = vec![
        person("a", &[years.clone(), ("permit", Fact::flag(true))]),
        person("b", &[years]),
    ];
    // A retriever that has ids alone and cannot filter: the store says who they are.
    let ranker = Ranker::builder(FakeEmbedder, ids_only(&people[..1]));
    let ranker = ranker.profile_store(store(people)).build().unwrap();
    let ranking = ranked(&ranker, &job().with_filter(filter));
    let why = pollster::block_on(ranker.why_not(&ranking, &id("b"), 1)).unwrap();
    assert_eq!(
        why.obstacle.to_string(),
        "the job's filter asks permit is true (permit is not known)"
    );
}

#[test]
fn nobody_and_nowhere_are_errors_that_say_so() {
    let ranker = few_of_many();
    assert!(matches!(
        obstacle(&ranker, "nobody"),
        Err(Error::UnknownCandidate { .. })
    ));
    let ranking = ranked(&ranker, &job());
    for among in [0, 6] {
        let refused = pollster::block_on(ranker.why_not(&ranking, &id("p0000"), among));
        assert!(matches!(refused, Err(Error::NoSuchPlace { places: 5, .. })));
        let goal = Goal::place(among);
        let refused = pollster::block_on(ranker.smallest_changes(&ranking, &id("p0000"), &goal));
        assert!(matches!(refused, Err(Error::NoSuchPlace { places: 5, .. })));
    }
    let goal = Goal::place(1);
    let unknown = pollster::block_on(ranker.smallest_changes(&ranking, &id("nobody"), &goal));
    assert!(matches!(unknown, Err(Error::UnknownCandidate { .. })));
}

/// Asks for two skills, as one would who reads the job; a fake.
struct Asks;

impl Assessor for Asks {
    fn assess(
        &self,
        _job: &JobDescription,
        profiles: &[&Profile],
    ) -> Result<Vec<Vec<Assessment>>, ExplainError> {
        let verdict = |profile: &&Profile| {
            let held = profile.facts().get("skills").map(ToString::to_string);
            let one = |skill: &str| {
                let asked = Asked::Skills([skill.to_owned()].into());
                let requirement = Requirement::new(asked, Demand::Required);
                let has = held.as_ref().is_some_and(|held| held.contains(skill));
                let verdict = if has { Verdict::Met } else { Verdict::Missing };
                Assessment::new(requirement, verdict, "")
            };
            ["rust", "kafka"].map(one).to_vec()
        };
        Ok(profiles.iter().map(verdict).collect())
    }
}

/// Somebody of the text that all have.
fn person(id: &str, years: i32, skills: &[&str]) -> Profile {
    let profile = Profile::new(id, "Engineer\nBuilds engines.").unwrap();
    let profile = profile.with_fact("years_experience", Fact::integer(years));
    let profile = profile.unwrap().with_fact("skills", Fact::keywords(skills));
    profile.unwrap()
}

/// People who differ in years and skills alone.
fn people() -> Vec<Profile> {
    vec![
        person("a", 9, &["rust", "kafka"]),
        person("b", 6, &["rust"]),
        person("c", 3, &["rust"]),
        person("d", 1, &[]),
    ]
}

fn asking() -> JobDescription {
    JobDescription::new("Engineer for Rust and Kafka. At least 5 years of experience.").unwrap()
}

/// A ranker that reads facts and what the retriever, which knows ids alone, says of the vectors.
fn of_facts(people: Vec<Profile>) -> Ranker {
    let ranker = Ranker::builder(FakeEmbedder, ids_only(&self::people()));
    let ranker = ranker.profile_store(store(people)).assessor(Asks);
    ranker.features(Features::new()).build().unwrap()
}

/// The place of a candidate in a ranking of its own, with its facts changed: another way to the same number.
fn place_with(of: &str, changes: &[Change]) -> (usize, Score) {
    let mut people = people();
    let person = people
        .iter_mut()
        .find(|one| one.id().as_str() == of)
        .unwrap();
    let mut facts = person.facts().clone();
    for change in changes {
        change.apply(&mut facts, &Goal::place(1).names).unwrap();
    }
    *person = person.clone().with_facts(facts);
    let ranking = ranked(&of_facts(people), &asking());
    let found = ranking.iter().find(|one| one.id().as_str() == of).unwrap();
    (found.rank, found.score)
}

fn smallest(of: &str, place: usize) -> SmallestChanges {
    let ranker = of_facts(people());
    let ranking = ranked(&ranker, &asking());
    let goal = Goal::place(place);
    pollster::block_on(ranker.smallest_changes(&ranking, &id(of), &goal)).unwrap()
}

#[test]
fn changes_hold_in_a_ranking_anew_and_no_smaller_ones_do() {
    let skills = ["kafka", "rust"].map(|skill| Some(Change::Skill(skill.to_owned())));
    let years = |from: f64, to: f64| Change::Years {
        from: Some(from),
        to,
    };
    let mut reached = 0;
    for (of, from, place) in [
        ("d", 1.0, 3),
        ("d", 1.0, 2),
        ("d", 1.0, 1),
        ("c", 3.0, 2),
        ("c", 3.0, 1),
    ] {
        let answer = smallest(of, place);
        assert_eq!(
            answer.complete_to,
            answer
                .ways
                .first()
                .map(|way| way.changes.len())
                .or(Some(answer.levers))
        );
        for way in &answer.ways {
            let (place, score) = place_with(of, &way.changes);
            assert_eq!((place, score), (way.reached.place, way.reached.score));
            assert!(place <= answer.goal && !way.changes.is_empty(), "{answer}");
            reached += 1;
        }
        // Every set that is smaller, by a ranking of its own.
        let least = answer.ways.first().map_or(4, |way| way.changes.len());
        let to = (2..=5).map(|to| Some(years(from, f64::from(to))));
        for to in to.chain([None]) {
            for rust in [None, skills[1].clone()] {
                for kafka in [None, skills[0].clone()] {
                    let set = [to.clone(), rust.clone(), kafka];
                    let set: Vec<Change> = set.into_iter().flatten().collect();
                    let (reached, _) = place_with(of, &set);
                    assert!(set.len() >= least || reached > place, "{set:?} {answer}");
                }
            }
        }
    }
    assert_eq!(reached, 3);
}

#[test]
fn somebody_whom_the_filter_leaves_out_must_pass_it_first() {
    let asking = asking().with_filter(Filter::any_of("skills", ["kafka"]));
    let ranker = of_facts(vec![person("a", 1, &["kafka"]), person("b", 6, &[])]);
    let ranking = ranked(&ranker, &asking);
    assert_eq!(ranking.len(), 1);
    let (b, goal) = (id("b"), Goal::place(1));
    let answer = ranker.smallest_changes(&ranking, &b, &goal);
    let answer = pollster::block_on(answer).unwrap();
    let ways: Vec<&[Change]> = answer.ways.iter().map(|way| &*way.changes).collect();
    assert_eq!(ways, [[Change::Skill("kafka".to_owned())]], "{answer}");
}

#[test]
fn every_feature_of_ours_has_words_in_both_languages() {
    let embedder: Arc<dyn ranker::core::Embedder> = Arc::new(FakeEmbedder);
    let features = Features::with_late_interaction(Arc::clone(&embedder));
    let features = features.and(Passages::new(embedder)).unwrap();
    let ranking = ranked(&few_of_many(), &job());
    let ranked = &ranking.as_slice()[0];
    for name in features.schema().names() {
        let part = vec![Part::new(name, 1.0, 1.0)];
        let one = Score::new(1.0).unwrap();
        let account = Explanation::new(ranked.id().clone(), one, 0.0, part).unwrap();
        for language in [Language::English, Language::German] {
            let claims = PlainWords::new(language).account(&account, ranked);
            assert!(
                !claims[1].sentence.contains(['“', '„']),
                "{}",
                claims[1].sentence
            );
        }
    }
}
