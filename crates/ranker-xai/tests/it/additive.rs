//! Scores as sums.

use std::sync::Arc;

use ranker_core::{
    ExplainError, Explainer, Explanation, FeatureMatrix, Score, ScoreError, conformance,
};
use ranker_xai::{AdditiveExplainer, Baseline, Shapley};

use crate::case::{Model, ranked, ranking};
use crate::toy::ToyEmbedder;

fn part(explanation: &Explanation, feature: &str) -> f64 {
    let found = explanation
        .parts()
        .iter()
        .find(|part| part.feature == feature);
    found.unwrap().contribution
}

#[test]
fn keeps_the_contract_of_an_explainer() {
    for model in [Model::linear(), Model::with_interaction(0.2)] {
        let ranking = ranking(&model);
        for explainer in [
            AdditiveExplainer::new(),
            AdditiveExplainer::new().with_alignment(Arc::new(ToyEmbedder)),
        ] {
            conformance::explainer(&explainer, &model, ranking.as_slice()).unwrap();
            conformance::explainer(&explainer, &model, &ranking.as_slice()[..1]).unwrap();
        }
    }
}

#[test]
fn an_additive_model_is_believed() {
    let model = Model::linear();
    let ada = ranked(&ranking(&model), "ada");
    let explained = AdditiveExplainer::new().explain(&[ada], &model).unwrap();
    assert_eq!(explained[0].base(), 0.1);
    assert!((part(&explained[0], "dense") - 0.54).abs() < 1e-6);
    assert!((part(&explained[0], "gaps") + 0.2).abs() < 1e-6);
}

#[test]
fn another_model_is_asked_about_sets_of_features() {
    let model = Model::with_interaction(0.2);
    let ranking = ranking(&model);
    let ada = ranked(&ranking, "ada");
    let absent = AdditiveExplainer::new().with_shapley(Shapley::new(Baseline::Absent));
    let alone = AdditiveExplainer::new();
    for explainer in [absent, alone] {
        let explained = explainer
            .explain(std::slice::from_ref(&ada), &model)
            .unwrap();
        // The interaction, 0.2 * 0.9 * 6, is shared equally.
        assert!((part(&explained[0], "dense") - (0.54 + 0.54)).abs() < 1e-6);
        assert!((part(&explained[0], "years") - (0.3 + 0.54)).abs() < 1e-6);
        assert!((explained[0].base() - 0.1).abs() < 1e-9);
    }
    // Among others, the candidate in the middle is compared with itself.
    let together = AdditiveExplainer::new()
        .explain(ranking.as_slice(), &model)
        .unwrap();
    let bob = together.iter().find(|e| e.id().as_str() == "bob").unwrap();
    assert!(
        part(bob, "dense") < 0.0 && part(bob, "years") > 0.0,
        "{bob}"
    );
}

#[test]
fn a_ranking_of_another_model_is_refused() {
    let mut ada = ranked(&ranking(&Model::linear()), "ada");
    ada.score = Score::new(7.0).unwrap();
    for model in [Model::linear(), Model::with_interaction(0.2)] {
        let refused = AdditiveExplainer::new().explain(std::slice::from_ref(&ada), &model);
        assert!(
            matches!(refused, Err(ExplainError::NotAdditive { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn features_must_be_one_row_of_the_models() {
    let model = Model::linear();
    let mut ada = ranked(&ranking(&model), "ada");
    let explain = |ada: &_| AdditiveExplainer::new().explain(std::slice::from_ref(ada), &model);
    let schema = ada.features.schema().clone();
    for rows in [0, 2] {
        ada.features = FeatureMatrix::new(schema.clone(), vec![0.5; rows * 4]).unwrap();
        let refused = explain(&ada);
        let right = matches!(refused, Err(ExplainError::Rows { rows: r, .. }) if r == rows);
        assert!(right, "{refused:?}");
    }
    let other = ranker_core::FeatureSchema::new(schema.columns()[..2].to_vec()).unwrap();
    ada.features = FeatureMatrix::new(Arc::new(other), vec![0.5; 2]).unwrap();
    let refused = explain(&ada);
    assert!(
        matches!(
            refused,
            Err(ExplainError::Scorer(ScoreError::Schema { .. }))
        ),
        "{refused:?}"
    );
}
