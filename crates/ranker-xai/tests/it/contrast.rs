//! Why one stands above another.

use std::sync::Arc;

use expect_test::expect;
use proptest::prelude::*;
use ranker_core::{
    Asked, Assessment, CandidateId, Demand, Explainer, Explanation, Part, Ranking, Requirement,
    Score, Verdict,
};
use ranker_xai::{
    AdditiveExplainer, Contrast, ContrastError, Language, Sides, contrast, html, render,
};

use crate::case::{Model, ranked, ranking};
use crate::toy::ToyEmbedder;

/// What the small job asks, and the verdict for one candidate.
pub(crate) fn assessed(verdicts: [Verdict; 3]) -> Vec<Assessment> {
    let skills = Asked::Skills(["C++", "Rust"].map(str::to_owned).into());
    let languages = Asked::Languages([String::from("german")].into());
    let asked = [Asked::Years(1.0), skills, languages];
    let demand = [Demand::Required, Demand::Required, Demand::Preferred];
    let requirements = asked.into_iter().zip(demand);
    let requirements = requirements.map(|(asked, demand)| Requirement::new(asked, demand));
    let assessed = requirements.zip(verdicts);
    assessed
        .map(|(requirement, verdict)| Assessment::new(requirement, verdict, "has one"))
        .collect()
}

pub(crate) fn explained() -> (Ranking, Vec<Explanation>) {
    let model = Model::linear();
    let ranking = ranking(&model);
    let explainer = AdditiveExplainer::new().with_alignment(Arc::new(ToyEmbedder));
    let explanations = explainer.explain(ranking.as_slice(), &model).unwrap();
    let verdicts = [
        [Verdict::Met, Verdict::Met, Verdict::NotSaid],
        [Verdict::Met, Verdict::Missing, Verdict::Met],
        [Verdict::Met, Verdict::Missing, Verdict::NotSaid],
    ];
    let complete = |(one, verdicts): (Explanation, _)| one.with_assessments(assessed(verdicts));
    let explanations = explanations.into_iter().zip(verdicts).map(complete);
    (ranking, explanations.collect())
}

/// The first of the ranking against the second.
pub(crate) fn first_two() -> (Ranking, Contrast) {
    let (ranking, explanations) = explained();
    let contrast = contrast(&explanations[1], &explanations[0]).unwrap();
    (ranking, contrast)
}

#[test]
fn a_contrast_in_words() {
    let (ranking, contrast) = first_two();
    let (ada, eve) = (ranked(&ranking, "ada"), ranked(&ranking, "eve"));
    let (above, below) = (&ada, &eve);
    expect![[r#"
        ada (score 1.040) above eve (score 0.020): +1.020
        For ada:
          +0.400  Required skills that the profile does not name: gaps = 1 against 3
          +0.240  How alike the job and the profile are in meaning: dense = 0.9 against 0.5
          +0.200  Years of experience: years = 6 against 2
          +0.180  How well the job's words match, as a share of the best: bm25 = 1 against 0.4
        Requirements on which they differ:
          required: C++ or Rust
            ada: met, has one
            eve: missing, has one
          preferred: german
            ada: not said, has one
            eve: met, has one
        Closest passages:
          "Rust or C++ in production"
            ada: "Wrote the query parser in Rust." (0.37)
            eve: "<script>alert("1")</script> Rust��[31m & 'C++' in production" (1.00)
          "Judged queries and offline metrics"
            ada: "Kept judged queries and reported metrics" (0.81)
            eve: none
          "Mentoring engineers"
            ada: "Mentoring of two juniors" (0.52)
            eve: none
    "#]]
    .assert_eq(&render::contrast(&contrast, Sides { above, below }));
}

#[test]
fn a_contrast_side_by_side() {
    let (ranking, contrast) = first_two();
    let (ada, eve) = (ranked(&ranking, "ada"), ranked(&ranking, "eve"));
    let (above, below) = (&ada, &eve);
    let section = html::contrast(&contrast, Sides { above, below }, Language::English);
    expect![[r#"
        <section class="contrast"><h2>Why <bdi>1. Search developer</bdi> stands above <bdi>2. eve</bdi></h2>
        <table><caption>What the scores are made of</caption><thead><tr><th scope="col">Feature</th><th scope="col"><bdi>1. Search developer</bdi></th><th scope="col"><bdi>2. eve</bdi></th><th scope="col">Difference</th></tr></thead><tbody>
        <tr><th scope="row"><bdi>gaps</bdi> <small>Required skills that the profile does not name.</small></th><td>−0.200 <small>1</small></td><td>−0.600 <small>3</small></td><td class="plus">+0.400</td></tr>
        <tr><th scope="row">Closeness in meaning <small><bdi>How alike the job and the profile are in meaning.</bdi></small></th><td>+0.540 <small>0.9</small></td><td>+0.300 <small>0.5</small></td><td class="plus">+0.240</td></tr>
        <tr><th scope="row"><bdi>years</bdi> <small>Years of experience.</small></th><td>+0.300 <small>6</small></td><td>+0.100 <small>2</small></td><td class="plus">+0.200</td></tr>
        <tr><th scope="row">The match of the job&#39;s words <small><bdi>How well the job&#39;s words match, as a share of the best.</bdi></small></th><td>+0.300 <small>1</small></td><td>+0.120 <small>0.4</small></td><td class="plus">+0.180</td></tr>
        </tbody><tfoot>
        <tr><th scope="row">Score</th><td>1.040</td><td>0.020</td><td>+1.020</td></tr>
        </tfoot></table>
        <table><caption>Requirements on which they differ</caption><thead><tr><th scope="col">Requirement</th><th scope="col"><bdi>1. Search developer</bdi></th><th scope="col"><bdi>2. eve</bdi></th></tr></thead><tbody>
        <tr><th scope="row"><bdi>C++ or Rust</bdi> <small>required</small></th><td><span class="verdict met">met</span> has one</td><td><span class="verdict unmet">missing</span> has one</td></tr>
        <tr><th scope="row"><bdi>German</bdi> <small>preferred</small></th><td><span class="verdict unsaid">not said</span> has one</td><td><span class="verdict met">met</span> has one</td></tr>
        </tbody></table>
        <table><caption>Closest passages</caption><thead><tr><th scope="col">The job asks</th><th scope="col"><bdi>1. Search developer</bdi></th><th scope="col"><bdi>2. eve</bdi></th></tr></thead><tbody>
        <tr><th scope="row"><bdi>Rust or C++ in production</bdi></th><td><bdi>Wrote the query parser in Rust.</bdi> <small>0.37</small></td><td><bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; Rust��[31m &amp; &#39;C++&#39; in production</bdi> <small>1.00</small></td></tr>
        <tr><th scope="row"><bdi>Judged queries and offline metrics</bdi></th><td><bdi>Kept judged queries and reported metrics</bdi> <small>0.81</small></td><td>none</td></tr>
        <tr><th scope="row"><bdi>Mentoring engineers</bdi></th><td><bdi>Mentoring of two juniors</bdi> <small>0.52</small></td><td>none</td></tr>
        </tbody></table>
        </section>
    "#]].assert_eq(&section);
    assert!(!section.contains("<script") && !section.contains('\u{202e}'));
    for (open, close) in [
        ("<table>", "</table>"),
        ("<tr>", "</tr>"),
        ("<bdi>", "</bdi>"),
    ] {
        assert_eq!(
            section.matches(open).count(),
            section.matches(close).count()
        );
    }
}

#[test]
fn order_does_not_matter_and_equal_scores_go_by_id() {
    let (_, explanations) = explained();
    let [a, b] = [&explanations[0], &explanations[2]];
    assert_eq!(contrast(a, b).unwrap(), contrast(b, a).unwrap());
    let of = |id: &str| {
        let id = CandidateId::new(id).unwrap();
        Explanation::new(id, Score::default(), 0.0, vec![]).unwrap()
    };
    let equal = contrast(&of("z"), &of("a")).unwrap();
    assert_eq!((equal.ids().above.as_str(), equal.gap()), ("a", 0.0));
}

#[test]
fn accounts_that_do_not_belong_together_are_refused() {
    let (_, explanations) = explained();
    let [a, b] = [&explanations[0], &explanations[1]];
    assert!(matches!(contrast(a, a), Err(ContrastError::Same { .. })));
    let parts = a.parts()[1..].to_vec();
    let sum = a.base() + parts.iter().map(|part| part.contribution).sum::<f64>();
    let fewer = Explanation::new(a.id().clone(), Score::new(sum).unwrap(), a.base(), parts);
    let fewer = fewer.unwrap();
    assert!(matches!(
        contrast(&fewer, b),
        Err(ContrastError::OtherFeatures { feature }) if feature == "dense"
    ));
    let unassessed = b.clone().with_assessments(vec![]);
    assert!(matches!(
        contrast(a, &unassessed),
        Err(ContrastError::OtherRequirements)
    ));
    // Each is true within the tolerance of its own; together they are not.
    let off = |id: &str, by: f64| {
        let part = vec![Part::new("x", 1.0, 0.5 + by)];
        let id = CandidateId::new(id).unwrap();
        Explanation::new(id, Score::new(0.5).unwrap(), 0.0, part).unwrap()
    };
    assert!(matches!(
        contrast(&off("a", 0.9e-6), &off("b", -0.9e-6)),
        Err(ContrastError::NotAdditive { .. })
    ));
}

fn account(id: &str, base: f64, adds: &[f64]) -> Explanation {
    let part = |(at, &adds): (usize, &f64)| Part::new(format!("f{at}"), at as f32, adds);
    let score = base + adds.iter().sum::<f64>();
    let parts = adds.iter().enumerate().map(part).collect();
    let (id, score) = (CandidateId::new(id).unwrap(), Score::new(score).unwrap());
    Explanation::new(id, score, base, parts).unwrap()
}

proptest! {
    #[test]
    fn differences_sum_to_the_gap_in_the_order_of_their_size(
        parts in prop::collection::vec((-50.0..50.0_f64, -50.0..50.0_f64), 0..20),
        bases in (-5.0..5.0_f64, -5.0..5.0_f64),
    ) {
        let (one, other): (Vec<f64>, Vec<f64>) = parts.into_iter().unzip();
        let (one, other) = (account("a", bases.0, &one), account("b", bases.1, &other));
        let found = contrast(&one, &other).unwrap();
        let sum: f64 = found.differences().iter().map(|one| one.adds()).sum();
        let gap = (one.score().get() - other.score().get()).abs();
        prop_assert!((found.base() + sum - gap).abs() <= 1e-6 * gap.max(1.0));
        prop_assert!(found.gap() >= 0.0);
        let sizes = found.differences().iter().map(|one| one.adds().abs());
        prop_assert!(sizes.is_sorted_by(|a, b| a >= b));
        prop_assert_eq!(found.differences().len(), one.parts().len());
    }
}
